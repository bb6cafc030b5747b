//! Serial devices that are unlike each other, for the tests of the harness: it drives them by profiles in YAML which somebody else wrote.
//!
//! `emulator DEVICE` is one of them on a TCP port, a pseudo-terminal, or standard input and output; [`program::path`] is where it is, and [`serve::Running`] is one in a thread. Each moves
//! whole nanolitres by a clock of its own ([`motor`]), and misbehaves where it is asked to ([`mischief`]).
//!
//! **This crate must never** use a crate of the harness, or be used by one but for tests: checks, escapes and numbers are written again here, else a
//! mistake in them would be on both ends of the line, and no test would find it.
//!
//! # Traps
//! What trying the profile language on unlike devices found, and which device does it:
//!
//! 1. A number of four digits, so that what is sent must be rounded: `syringe` (`RAT12.345UH` is out of range).
//! 2. A frame without a state that means one: `binary` (a heartbeat: it runs; silence: it does not).
//! 3. A reply that has the state of before: `syringe` (RUN is answered by `S`), `console` (RUN is answered by `:`).
//! 4. Silence is success, and a refusal may come: `console` (`!RATE 900`).
//! 5. A reply that takes as long as the dose, and a device that is deaf meanwhile: `console` (`BOL 50`).
//! 6. RUN resumes after a pause and begins anew after a stop: `syringe` (one STP, or two).
//! 7. A sign of life that comes only while it runs: `binary`.
//! 8. Replies that look alike, and mean what the request asked: `syringe` (`DIA`, `SAF`, `ADR`, `DIS`).
//! 9. A volume that is the integral of a flow: `drip`, `json-lines`; negative: `drip`, `console` (`BACK 2`); a counter that begins anew at each start:
//!    `modbus-rtu`; `1e-05`, and a number that fits in no field: `json-lines`.
//! 10. Sending without an end: `drip`, `console`; a banner glued to a row that was cut: `console` (`RST`).
//! 11. "The same as last", and a download in parts: `slip-registers`.
//! 12. Literal braces: `json-lines`.
//! 13. Nothing on the line makes it safe: `drip`.
//! 14. A frame that is a refusal after one verb and an alarm otherwise, and whose end is never told: `console` (`ERR STALL`, with `stalls-at:N`).
//! 15. Several pumps behind one line, and one frame in which each has its place: `two-pumps` (`*DIS`).
//! 16. A prompt that is no state, and one with a line glued to it: `console` (`?`, and `>END 0.500 mL`).
//! 17. Several requests in one write, each with its reply: all but `modbus-rtu`, for which they are one frame.

pub mod checks;
pub mod clock;
pub mod decimal;
pub mod device;
pub mod devices;
pub mod firmware;
pub mod mischief;
pub mod motor;
pub mod options;
pub mod peers;
pub mod program;
pub mod registers;
pub mod serve;
pub mod slip;
