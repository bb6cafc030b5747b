//! The words that orders, records and the line have in common: closed lists of states, causes and reasons, each with a name in `PROTOCOL.md`.

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

/// Kinds of bolus, each counted apart. Their order is that of the stored volumes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum BolusKind {
    Patient,
    Periodic,
    Clinician,
    Prime,
    Bridge,
}

/// How a bolus ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum BolusEnd {
    Complete,
    Stopped,
    Alarm,
    Reset,
}

/// Alarms; the first fourteen are critical. Their order is that of the bits in the stored state, and that of the `alarms` in a status.
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

/// What happened to a programming session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum SessionIs {
    Open,
    Committed,
    Aborted,
    TimedOut,
}

/// Verbs whose refusals are logged.
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

/// What the outlet pressure is found to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum PressureIs {
    High,
    Creeping,
    Ambient,
    Normal,
}

/// How much life the battery has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    /// Enough.
    Ok,
    /// Elective replacement indicator: 90 days to go.
    Eri,
    /// End of service: therapy stopped.
    Eos,
    /// Hard end of life.
    Eol,
}

/// Reasons of a refusal, as the protocol names them (kebab case).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "PROTOCOL.md names them")]
pub enum Code {
    OutOfRange,
    Wrap,
    HardLimit,
    SoftLimit,
    UnknownDrug,
    WrongConcentration,
    NotUsed,
    Missing,
    Order,
    NoSession,
    SessionOpen,
    CrcMismatch,
    WriteFailed,
    NoPrescription,
    ReservoirEmpty,
    EndOfService,
    AlarmActive,
    NotStopped,
    Stopped,
    Lockout,
    Count,
    MaxDose,
    BolusActive,
    NotAllowed,
    StillPresent,
    NoSuchAlarm,
    Busy,
    NoSpace,
    SelfTest,
}
