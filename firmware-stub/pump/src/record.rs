//! What the pump writes down: events and dose entries.

use crate::io::{ResetReason, Tone};
use crate::units::{Millis, Nl, NlPerDay, Seconds};

/// Whether the pump delivers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum State {
    /// No therapy.
    #[default]
    Stopped,
    /// Therapy by the prescription.
    Running,
    /// The safe trickle.
    MinimumRate,
}

/// The prescription's way to deliver.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// No prescription.
    #[default]
    None,
    /// Simple continuous.
    Continuous,
    /// Flex day schedule.
    Flex,
    /// Periodic bolus, over a basal rate that may be 0.
    Periodic,
    /// Minimum rate.
    Minimum,
}

/// Kinds of bolus, each counted apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum BolusKind {
    Patient,
    Periodic,
    Clinician,
    Prime,
    Bridge,
}

/// Alarms; the first fourteen are critical.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "PROTOCOL.md names them")]
#[repr(u8)]
pub enum AlarmId {
    ReservoirEmpty,
    EndOfService,
    EndOfLife,
    BatteryReset,
    MotorStall,
    RepeatedStall,
    Occlusion,
    CatheterDisconnection,
    Stopped48h,
    MemoryError,
    WatchdogReset,
    OverTemperature,
    TrialEnded,
    SelfTest,
    ReservoirLow,
    Eri,
    MemoryRepaired,
    PressureCreep,
    DoseLimit,
    SessionIdle,
    RefillDiscrepancy,
    ClockJump,
    Magnet,
    LogWriteFailed,
}

/// Why the state changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "PROTOCOL.md names them")]
pub enum Cause {
    Command,
    Boot,
    Occlusion,
    CatheterDisconnection,
    MotorStall,
    ReservoirEmpty,
    EndOfService,
    EndOfLife,
    BatteryReset,
    MemoryError,
    Watchdog,
    Trial,
    DoseLimit,
    DoseLimitOver,
    OverTemperature,
    Heartbeat,
    Prescription,
    SelfTest,
}

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
        code: crate::command::Code,
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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum SessionIs {
    Open,
    Committed,
    Aborted,
    TimedOut,
}
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum BolusEnd {
    Complete,
    Stopped,
    Alarm,
    Reset,
}
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum RefusedVerb {
    Start,
    PatientBolus,
    Bolus,
    Prime,
    Bridge,
    Commit,
    Stage,
    Refill,
    ClearAlarm,
}
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum PressureIs {
    High,
    Creeping,
    Ambient,
    Normal,
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

/// Why a dose entry was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum DoseCause {
    Start,
    Stop,
    Rate,
    BolusStart,
    BolusEnd,
    Periodic,
    Reset,
    Refill,
    State,
}
