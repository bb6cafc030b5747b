//! What the pump writes down: events and dose entries.

use crate::io::{ResetReason, Tone};
use crate::units::{Millis, Nl, NlPerDay, Seconds};
use crate::vocabulary::{
    AlarmId, BolusEnd, BolusKind, Cause, Code, DoseCause, Mode, PressureIs, RefusedVerb, SessionIs, State,
};

/// An event record: number, time, what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// Number; never restarts.
    pub n: u32,
    /// When.
    pub t: Millis,
    /// What.
    pub what: What,
}

/// What happened; the protocol's event kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "PROTOCOL.md has a row for each")]
pub enum What {
    Boot {
        reason: ResetReason,
    },
    State {
        from: State,
        to: State,
        cause: Cause,
    },
    Rx {
        crc32: u32,
    },
    Session {
        is: SessionIs,
    },
    Rate {
        rate: NlPerDay,
    },
    BolusStart {
        kind: BolusKind,
        dose: Nl,
        over: Seconds,
    },
    BolusEnd {
        kind: BolusKind,
        given: Nl,
        cause: BolusEnd,
    },
    Refused {
        verb: RefusedVerb,
        code: Code,
    },
    Alarm {
        id: AlarmId,
    },
    AlarmClear {
        id: AlarmId,
    },
    Muted,
    Unmuted,
    Tone {
        kind: Tone,
    },
    Stall {
        strokes: u32,
    },
    StallEnd {
        lost: Millis,
    },
    Magnet {
        on: bool,
    },
    Wake,
    Eri {
        eos: Seconds,
    },
    Refill {
        expected: Nl,
        residual: Nl,
        added: Nl,
    },
    Memory {
        copy_b: bool,
        lost: bool,
    },
    Clock {
        by_ms: i64,
    },
    LogGap {
        lost: u32,
    },
    Pressure {
        is: PressureIs,
    },
}

/// A dose entry: the cumulative volumes at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "PROTOCOL.md, dose entries")]
pub struct DoseEntry {
    pub n: u32,
    pub t: Millis,
    pub cause: DoseCause,
    pub mode: Mode,
    pub rate: NlPerDay,
    pub basal: Nl,
    pub patient: Nl,
    pub periodic: Nl,
    pub clinician: Nl,
    pub prime: Nl,
    pub bridge: Nl,
    pub strokes: u64,
    pub reservoir: Nl,
}
