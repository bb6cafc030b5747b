//! What a programmer or a patient asks of the pump, and what the pump answers; the line protocol is one way to say it.

use crate::io::Tone;
use crate::units::{Millis, NgPerMl, Nl, NlPerDay, Seconds};
use crate::vocabulary::{AlarmId, BolusKind, Code, Life, Mode, State};

/// One request, already checked for syntax and units; values are not yet checked for range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Opens a programming session.
    SessionBegin,
    /// Stages one field of a prescription.
    Stage(Field),
    /// Commits the staged fields if this is their CRC-32.
    Commit {
        /// CRC-32 over the read-back text.
        crc32: u32,
    },
    /// Drops the staged fields.
    Abort,
    /// Starts therapy.
    Start,
    /// Finishes the stroke and stops.
    Stop,
    /// Goes to minimum rate.
    MinimumRate,
    /// The patient asks for a bolus.
    PatientBolus,
    /// The clinician's single bolus.
    Bolus {
        /// Volume to give.
        dose: Nl,
        /// Time to give it in.
        over: Seconds,
    },
    /// Fills tubing and catheter.
    Prime,
    /// Delivers the old concentration left in tubing and catheter at its own rate.
    Bridge {
        /// Volume of the old concentration.
        volume: Nl,
        /// Rate that suits it.
        rate: NlPerDay,
    },
    /// The reservoir was emptied and filled again.
    Refill {
        /// Volume drawn out.
        removed: Nl,
        /// Volume put in.
        added: Nl,
    },
    /// Clears an alarm whose condition is gone.
    ClearAlarm(AlarmId),
    /// Mutes the tone for two minutes.
    Mute,
    /// Plays a tone once, [`Tone::Critical`] or [`Tone::NonCritical`].
    TestAlarm(Tone),
    /// Sets the real-time clock.
    ClockSet(Seconds),
    /// Interval of the periodic dose entries.
    LogEvery(Seconds),
    /// Whether each tone is an event.
    ReportTones(bool),
    /// Runs the periodic self-test now.
    SelfTest,
    /// A programmer talks: ends a spurious telemetry wake-up. Every request counts as one.
    Interrogate,
}

/// One staged prescription field; see `PROTOCOL.md` for the meanings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "PROTOCOL.md has a row for each")]
pub enum Field {
    Drug(DrugId),
    Conc(NgPerMl),
    Mode(Mode),
    Rate(NlPerDay),
    Flex {
        day: Day,
        index: u8,
        minute: u16,
        rate: NlPerDay,
    },
    FlexClear,
    Dose(Nl),
    Over(Seconds),
    Interval(Seconds),
    PtmDose(Nl),
    PtmOver(Seconds),
    PtmLockout(Seconds),
    PtmCount(u64),
    PtmWindow(Seconds),
    PtmMax(Nl),
    Low(Nl),
    Catheter(Nl),
    Tubing(Nl),
    TrialTime(Seconds),
    TrialDose(Nl),
    SoftConfirm,
}

/// A drug of the library, by its place there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DrugId(pub u8);

/// The days that a flex step is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Day {
    /// Every day of the week.
    Daily,
    /// One weekday, 0 = Monday.
    On(u8),
}

/// What came of a command.
pub type Reply = Result<Done, Refusal>;

/// What a carried-out command has to say beyond "ok".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// Nothing more.
    Ok,
    /// A bolus was accepted.
    Bolus {
        /// Volume.
        dose: Nl,
        /// Time that it takes.
        over: Seconds,
    },
    /// A refill was booked.
    Refill {
        /// What should have been left.
        expected: Nl,
        /// What was left.
        residual: Nl,
    },
}

/// Why a command was not carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The reason.
    pub code: Code,
    /// Name of the offending prescription field or key, where there is one.
    pub field: Option<&'static str>,
    /// The limit that was broken, as number and unit.
    pub limit: Option<(u64, &'static str)>,
    /// How long to wait, for a lockout.
    pub wait: Option<Seconds>,
    /// The alarm that stands in the way.
    pub alarm: Option<AlarmId>,
}

/// What `status` tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "PROTOCOL.md has a row for each")]
pub struct Status {
    pub state: State,
    pub mode: Mode,
    pub rate: NlPerDay,
    pub bolus: Option<BolusKind>,
    pub battery_mv: u16,
    pub life: Life,
    pub reservoir: Nl,
    pub session_open: bool,
    pub tone: Tone,
    pub muted: bool,
    pub lockout: Seconds,
    pub stalls: u32,
    pub rtc: Seconds,
    pub now: Millis,
}

/// Delivered volumes since first power, as counted by the encoder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "PROTOCOL.md has a row for each")]
pub struct Totals {
    pub basal: Nl,
    pub patient: Nl,
    pub periodic: Nl,
    pub clinician: Nl,
    pub prime: Nl,
    pub bridge: Nl,
    pub total: Nl,
    pub strokes: u64,
    pub reservoir: Nl,
}
