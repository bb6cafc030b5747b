//! The test block (`firmware-stub/TEST-BLOCK.md`): the harness's own copy of its layout.

#![deny(
    clippy::arithmetic_side_effects,
    reason = "what is computed here comes from a pump's memory, and must neither wrap nor end a run"
)]

use super::options::OpenOptions;
use super::probe::{Debug, ProbeError};
use pump_hil_model::event::Sample;
use pump_hil_model::fault::{CATALOGUE, FaultName};
use pump_hil_model::quantity::{Span, Volume};

const MAGIC: &[u8; 8] = b"PUMPHIL1";
const VERSION: u32 = 1;
const NOW: u64 = 0x10;
const FENCE: u64 = 0x18;
/// Bytes from [`NOW`] to the end of the two counts of the line.
const STAND: usize = 24;
const ASK: u64 = 0x280;
const ASK_RUN: u64 = 0x284;
const ASK_RX: u64 = 0x288;
const DONE: u64 = 0x28C;
/// What is prepared for the first power.
const FIRST: u64 = 0x298;
const REQUESTS_END: u32 = 0x2A8;
/// TASKS_START of TIMER2, at the same place on nRF51 and nRF52 (their product specifications, "Instantiation"): its interrupt wakes a core that sleeps.
const BELL: u64 = 0x4000_A000;
/// Bytes before the fault slots.
const HEAD: usize = 0x80;
const TX_COUNT: u64 = 0x20;
const RX_COUNT: u64 = 0x24;
const HEARTBEAT: u64 = 0x28;
const HEARTBEAT_LIMIT: u64 = 0x2C;
const GO_SAFE: u64 = 0x30;
const FAULT_SLOTS: usize = 0x34;
const FAULTS: u64 = 0x80;
const SLOT: u64 = 16;
const SLOTS_MAX: u32 = 256;

/// A test block is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("test block at {addr:#010x}: {what}")]
pub struct WrongBlock {
    /// Where it should be.
    pub addr: u64,
    /// What.
    pub what: String,
}

/// Why something cannot be had of a test block.
#[derive(Debug, thiserror::Error)]
pub enum BlockError {
    /// The probe did not do it.
    #[error(transparent)]
    Probe(#[from] ProbeError),
    /// The block is not as it should be.
    #[error(transparent)]
    Wrong(#[from] WrongBlock),
}

/// A test block that was found.
#[derive(Debug, Clone)]
pub struct TestBlock {
    addr: u64,
    slots: u32,
    beats: u32,
    /// It takes requests by memory: a chip's block, whose pump no call reaches.
    takes_requests: bool,
    asked: u32,
}

/// Where a pump stands that has done what it was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stand {
    /// ms since first power.
    pub now_ms: u64,
    /// Bytes sent since power-on, wrapping.
    pub tx: u32,
}

/// A fault's slot, read back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FaultState {
    /// The switch is on.
    pub armed: bool,
    /// Its parameter.
    pub param: i32,
    /// It is in effect.
    pub in_effect: bool,
    /// How often it acted.
    pub count: u32,
}

impl TestBlock {
    /// The block at `addr`, after a look at its magic, version and size.
    ///
    /// # Errors
    /// There is none, or one of another version.
    pub fn at(debug: &mut Debug, addr: u64) -> Result<Self, BlockError> {
        let wrong = |what: String| BlockError::from(WrongBlock { addr, what });
        let mut head = [0; HEAD];
        debug.read(addr, &mut head)?;
        // First of all: the magic is written when the pump stands at its first instant (TEST-BLOCK.md, "On a chip"). Before that nothing else in here
        // counts.
        if head[..8] != MAGIC[..] {
            return Err(wrong(
                "its magic `PUMPHIL1` is not there; is this firmware built for test?".to_owned(),
            ));
        }
        let (version, size, slots) = (word(&head, 8), word(&head, 12), word(&head, FAULT_SLOTS));
        if version != VERSION {
            return Err(wrong(format!("version {version}; this harness knows {VERSION}")));
        }
        // These numbers are a chip's memory, whatever it holds, and buffers are made by them.
        if slots > SLOTS_MAX || u64::from(size) < offset_of_slot(slots) {
            return Err(wrong(format!("{size} bytes cannot hold {slots} fault slots")));
        }
        // Only the size says whether a block has the handshake (TEST-BLOCK.md, "On a chip").
        let takes_requests = size >= REQUESTS_END;
        // What a run before this one asked last: to ask that again would be no change, and its `done` stands there.
        let asked = if takes_requests {
            debug.read_word(addr.saturating_add(ASK))?
        } else {
            0
        };
        Ok(Self {
            addr,
            slots,
            // Any change is a beat: the first one must differ from what stands there.
            beats: word(&head, 0x28),
            takes_requests,
            asked,
        })
    }

    /// Makes the next boot of a chip's pump its first power: no block, and granted time from its first instant on; no records either with `erased`, else
    /// those that are in its flash.
    ///
    /// # Errors
    /// A probe that cannot write.
    pub(super) fn prepare_first_power(
        debug: &mut Debug,
        addr: u64,
        options: &OpenOptions,
        erased: bool,
    ) -> Result<(), ProbeError> {
        let start_s = u32::try_from(options.start_s).unwrap_or(0);
        let mut first = [0; 16];
        // 0x2057454E and 0x434E4546 of TEST-BLOCK.md, as they lie in memory.
        first[..4].copy_from_slice(if erased { b"NEW " } else { b"FENC" });
        first[4..8].copy_from_slice(&start_s.to_le_bytes());
        first[8..].copy_from_slice(&options.seed.to_le_bytes());
        debug.write(addr.saturating_add(FIRST), &first)?;
        // RAM keeps what was in it over a reset: the block of the start before must not be taken for this one's.
        debug.write(addr, &[0; MAGIC.len()])
    }

    /// Bytes that the pump has sent on the line since power-on.
    ///
    /// # Errors
    /// A probe that cannot read.
    pub(super) fn said(&self, debug: &mut Debug) -> Result<u32, ProbeError> {
        debug.read_word(self.at_offset(TX_COUNT))
    }

    /// Bytes that the pump has taken from the line since power-on.
    ///
    /// # Errors
    /// A probe that cannot read.
    pub(super) fn taken(&self, debug: &mut Debug) -> Result<u32, ProbeError> {
        debug.read_word(self.at_offset(RX_COUNT))
    }

    /// Whether its pump acts on requests in it; another is reached by a call, and never stale.
    pub(super) fn takes_requests(&self) -> bool {
        self.takes_requests
    }

    /// Asks the pump to look at its switches and to refresh the block once `rx` bytes in all have arrived, and then, with `until_ms`, to let time run up
    /// to there, or to the end of the first instant in which it sends something. The number comes last: what it asks for stands before it.
    ///
    /// # Errors
    /// A probe that cannot write.
    pub(super) fn ask(&mut self, debug: &mut Debug, rx: u32, until_ms: Option<u64>) -> Result<(), ProbeError> {
        if let Some(until_ms) = until_ms {
            let mut fence = [0; 8];
            fence.copy_from_slice(&until_ms.to_le_bytes());
            debug.write(self.at_offset(FENCE), &fence)?;
        }
        debug.write_word(self.at_offset(ASK_RUN), u32::from(until_ms.is_some()))?;
        debug.write_word(self.at_offset(ASK_RX), rx)?;
        // Any change asks: a number that wraps does no harm.
        self.asked = self.asked.wrapping_add(1);
        debug.write_word(self.at_offset(ASK), self.asked)?;
        // The pump looks by itself every millisecond; the bell is for whom that is long.
        debug.write_word(BELL, 1)
    }

    /// Whether the pump has done what it was asked, and where it is now.
    ///
    /// # Errors
    /// A probe that cannot read.
    pub(super) fn done(&self, debug: &mut Debug) -> Result<Option<Stand>, ProbeError> {
        // `done` is written last: until it is there the counts are not final, and reading them would be for nothing.
        if debug.read_word(self.at_offset(DONE))? != self.asked {
            return Ok(None);
        }
        let mut stand = [0; STAND];
        debug.read(self.at_offset(NOW), &mut stand)?;
        Ok(Some(Stand {
            now_ms: double(&stand, 0),
            tx: word(&stand, 16),
        }))
    }

    /// Whether the pump has done what it was asked.
    ///
    /// # Errors
    /// A probe that cannot read.
    #[cfg(feature = "for-tests")]
    pub fn is_done(&self, debug: &mut Debug) -> Result<bool, ProbeError> {
        Ok(self.done(debug)?.is_some())
    }

    /// The pump's time, kept up at every instant of a run.
    ///
    /// # Errors
    /// A probe that cannot read.
    pub(super) fn now(&self, debug: &mut Debug) -> Result<u64, ProbeError> {
        let mut now = [0; 8];
        debug.read(self.at_offset(NOW), &mut now)?;
        Ok(u64::from_le_bytes(now))
    }

    /// Where a pump is whose core is held in the middle of what it was asked; what is left of that is taken back, so that it ends at this instant.
    ///
    /// # Errors
    /// A probe that cannot read or write.
    pub(super) fn hold(&self, debug: &mut Debug) -> Result<u64, ProbeError> {
        let now = self.now(debug)?;
        debug.write(self.at_offset(FENCE), &now.to_le_bytes())?;
        Ok(now)
    }

    /// Everything that is measured, in one read.
    ///
    /// # Errors
    /// The probe could not read it.
    pub fn sample(&self, debug: &mut Debug) -> Result<Sample, ProbeError> {
        let mut head = [0; HEAD];
        debug.read(self.addr, &mut head)?;
        let signed = |offset| word(&head, offset).cast_signed();
        let nl = |offset| double(&head, offset).cast_signed();
        Ok(Sample {
            strokes: double(&head, 0x38),
            edges: double(&head, 0x40),
            delivered_nl: nl(0x48),
            displaced_nl: nl(0x50),
            reservoir_nl: nl(0x58),
            catheter_pa: signed(0x60),
            battery_mv: signed(0x68),
            battery_loaded_mv: signed(0x6C),
            resets: word(&head, 0x74),
            // Mod 2^32 nl, which is 4.3 l: more than 200 of the plant's reservoirs, which hold 20 ml.
            lost_nl: i64::from(word(&head, 0x7C)),
        })
    }

    /// The reason of the last reset, and everything else that the block holds, in words.
    ///
    /// # Errors
    /// The probe could not read it.
    pub fn words(&self, debug: &mut Debug) -> Result<(String, Vec<(String, String)>), ProbeError> {
        let mut block = vec![0; offset_of_slot(self.slots) as usize];
        debug.read(self.addr, &mut block)?;
        let reason = match word(&block, 0x78) {
            0 => "power-on".to_owned(),
            1 => "watchdog".to_owned(),
            2 => "brown-out".to_owned(),
            3 => "software".to_owned(),
            4 => "debug".to_owned(),
            other => format!("unknown ({other})"),
        };
        // A crash record shows whatever a broken pump has there, but no time before its first power.
        let ms = |offset| Span(double(&block, offset).min(i64::MAX as u64).cast_signed()).to_string();
        let nl = |offset| Volume(double(&block, offset).cast_signed()).to_string();
        let pa = |offset| format!("{} Pa", word(&block, offset).cast_signed());
        let count = |offset| word(&block, offset).to_string();
        let mut words = vec![
            ("now", ms(0x10)),
            ("fence", ms(0x18)),
            ("bytes sent", count(0x20)),
            ("bytes taken", count(0x24)),
            ("strokes", double(&block, 0x38).to_string()),
            ("encoder edges", double(&block, 0x40).to_string()),
            ("delivered", nl(0x48)),
            ("displaced", nl(0x50)),
            ("reservoir", nl(0x58)),
            ("catheter pressure", pa(0x60)),
            ("reservoir pressure", pa(0x64)),
            ("battery", format!("{} mV", count(0x68))),
            ("battery under load", format!("{} mV", count(0x6C))),
            ("tone", count(0x70)),
            ("resets", count(0x74)),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect::<Vec<_>>();
        for fault in CATALOGUE {
            if fault.slot >= self.slots {
                continue;
            }
            let slot = &block[offset_of_slot(fault.slot) as usize..];
            let [switch, param, effect, acted] = [0, 4, 8, 12].map(|at| word(slot, at));
            if switch != 0 || effect != 0 {
                let switch = if switch == 0 { "off" } else { "on" };
                let param = param.cast_signed();
                let value = format!("{switch}, parameter {param}, effect {effect}, acted {acted} times");
                words.push((format!("fault {}", fault.name), value));
            }
        }
        Ok((reason, words))
    }

    /// Sets a fault's parameter, then its switch.
    ///
    /// # Errors
    /// A parameter beyond 32 bits, a slot that the firmware lacks, or a probe that cannot write.
    pub fn arm(&self, debug: &mut Debug, fault: FaultName, param: i64) -> Result<(), BlockError> {
        let slot = self.slot(fault)?;
        let param = i32::try_from(param).map_err(|_| WrongBlock {
            addr: slot,
            what: format!("{param} as the parameter of `{fault}` is beyond 32 bits"),
        })?;
        // The switch acts at once when it comes on, with the parameter that it finds (TEST-BLOCK.md).
        debug.write_word(slot.saturating_add(4), param.cast_unsigned())?;
        Ok(debug.write_word(slot, 1)?)
    }

    /// Reads a fault's slot back.
    ///
    /// # Errors
    /// A slot that the firmware lacks, or a probe that cannot read.
    pub fn fault(&self, debug: &mut Debug, fault: FaultName) -> Result<FaultState, BlockError> {
        let mut slot = [0; 16];
        debug.read(self.slot(fault)?, &mut slot)?;
        Ok(FaultState {
            armed: word(&slot, 0) != 0,
            param: word(&slot, 4).cast_signed(),
            in_effect: word(&slot, 8) != 0,
            count: word(&slot, 12),
        })
    }

    /// Takes a fault's switch back.
    ///
    /// # Errors
    /// As [`TestBlock::arm`].
    pub fn clear(&self, debug: &mut Debug, fault: FaultName) -> Result<(), BlockError> {
        Ok(debug.write_word(self.slot(fault)?, 0)?)
    }

    /// Takes every switch back that is on; tells how many were.
    ///
    /// # Errors
    /// A probe that cannot read or write.
    pub fn clear_all(&self, debug: &mut Debug) -> Result<u32, ProbeError> {
        let mut block = vec![0; offset_of_slot(self.slots) as usize];
        debug.read(self.addr, &mut block)?;
        let mut cleared = 0_u32;
        for offset in (0..self.slots).map(offset_of_slot) {
            if word(&block, offset as usize) != 0 {
                debug.write_word(self.at_offset(offset), 0)?;
                cleared = cleared.saturating_add(1);
            }
        }
        Ok(cleared)
    }

    /// Asks the pump to go to its safe state; it does when it runs next.
    ///
    /// # Errors
    /// A probe that cannot write.
    pub fn go_safe(&self, debug: &mut Debug) -> Result<(), ProbeError> {
        debug.write_word(self.at_offset(GO_SAFE), 1)
    }

    /// Beats the heart.
    ///
    /// # Errors
    /// A probe that cannot write.
    pub fn beat(&mut self, debug: &mut Debug) -> Result<(), ProbeError> {
        self.beats = self.beats.wrapping_add(1);
        debug.write_word(self.at_offset(HEARTBEAT), self.beats)
    }

    /// Pump time without a beat after which the pump goes safe; zero: off.
    ///
    /// # Errors
    /// A time beyond 32 bits of milliseconds, or a probe that cannot write.
    pub fn heartbeat_limit(&self, debug: &mut Debug, limit: Span) -> Result<(), BlockError> {
        let ms = u32::try_from(limit.0).map_err(|_| WrongBlock {
            addr: self.at_offset(HEARTBEAT_LIMIT),
            what: format!("a heartbeat limit of {limit} is beyond 32 bits of milliseconds"),
        })?;
        Ok(debug.write_word(self.at_offset(HEARTBEAT_LIMIT), ms)?)
    }

    /// No beat is waited for from here on.
    ///
    /// # Errors
    /// A probe that cannot write.
    pub fn no_heartbeat(&self, debug: &mut Debug) -> Result<(), ProbeError> {
        debug.write_word(self.at_offset(HEARTBEAT_LIMIT), 0)
    }

    fn slot(&self, fault: FaultName) -> Result<u64, WrongBlock> {
        let slot = fault.fault().slot;
        if slot >= self.slots {
            return Err(WrongBlock {
                addr: self.addr,
                what: format!(
                    "fault `{fault}` has slot {slot}, and this firmware has {} slots",
                    self.slots
                ),
            });
        }
        Ok(self.at_offset(offset_of_slot(slot)))
    }

    fn at_offset(&self, offset: u64) -> u64 {
        self.addr.saturating_add(offset)
    }
}

/// Where a slot begins in the block.
fn offset_of_slot(slot: u32) -> u64 {
    u64::from(slot).saturating_mul(SLOT).saturating_add(FAULTS)
}

fn word(bytes: &[u8], offset: usize) -> u32 {
    u32::from_le_bytes(std::array::from_fn(|at| bytes[offset.saturating_add(at)]))
}

fn double(bytes: &[u8], offset: usize) -> u64 {
    u64::from_le_bytes(std::array::from_fn(|at| bytes[offset.saturating_add(at)]))
}
