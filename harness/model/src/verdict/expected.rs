//! What was expected of a pump, as data. The words are in [`words`](super::words).

use crate::case::{Check, Verb};
use crate::quantity::{Percent, Rate, Span, Volume};

/// What should have been. [`Display`](std::fmt::Display) says it with units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expected {
    /// A check of a step.
    Check(Check),
    /// The checks of a step hold within this time.
    Within(Span),
    /// The core comes to this place.
    CoreAt(String),
    /// A rule that always holds, as the scenario has it.
    Always(String),
    /// A request is answered so.
    Answer(Answer),
    /// A request is answered at all.
    Reply {
        /// Its verb.
        verb: String,
    },
    /// The pump takes what the scenario begins with.
    SetUp {
        /// The verb of the request.
        verb: String,
    },
    /// No alarm that the scenario does not name.
    NamedAlarmsOnly,
    /// The pump's records are as they must be.
    Records(Records),
    /// The pump's clock goes as the host's does, but for this share.
    Clock {
        /// Of a span.
        drift: Percent,
    },
    /// The firmware runs as it must.
    Firmware(Firmware),
    /// What the oracle allows, or holds to be due.
    Oracle(Allowed),
    /// Two of the three accounts agree.
    Agree {
        /// The one.
        what: Account,
        /// The other.
        with: Account,
        /// How far they may be apart.
        tolerance: Volume,
    },
    /// A dose log that somebody accepted.
    AcceptedLog,
    /// The dose log that was accepted for this case.
    LogOf {
        /// Name of the case.
        case: String,
    },
}

/// The answer to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The request's verb.
    pub verb: String,
    /// `None`: carried out; else the code it is refused with, where `any` is each, and `allowed` besides none.
    pub refused: Option<String>,
}

/// What holds of every pump's records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Records {
    /// None is missing.
    All {
        /// `event` or `dose`.
        of: String,
    },
    /// They come in their order, and say what can be.
    InOrder,
    /// A later one has no earlier time.
    NotBefore {
        /// Number of the later one.
        number: u64,
        /// Number of the earlier one.
        after: u64,
        /// The pump's time of the earlier one.
        time: Span,
    },
    /// Their numbers are such as a pump can have.
    Possible,
    /// A dose entry is written at least so often.
    Every(Span),
    /// A message that must come by itself comes.
    Promised {
        /// Its name.
        message: String,
        /// Within this time.
        after: Span,
    },
    /// A pump that is asked so often answers.
    Samples {
        /// The verb.
        verb: String,
        /// How often.
        every: Span,
    },
}

/// What holds of every firmware.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Firmware {
    /// It does not fault, where the scenario does not allow it.
    NoFault,
    /// Nothing stops its processor for good: no fault in its fault handler, and in the simulator no panic.
    NoLockup,
    /// It does not start again unasked.
    NoUnaskedStart,
    /// It does not hang.
    Runs,
    /// It delivers no therapy once it was told to stop.
    Stops,
}

/// One of the three accounts of what was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Account {
    /// What the pump says.
    Reported,
    /// What its motor moved, by the probe.
    Actuated,
    /// What left the catheter, by plant or balance.
    Delivered,
}

/// What the oracle allows, or holds to be due. Kinds of a bolus and classes of a volume are by their names in a dose log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Allowed {
    /// The prescription stays in force until somebody commits another.
    PrescriptionStays,
    /// The pump stays so until somebody starts therapy.
    StaysUntilStart {
        /// The state.
        state: &'static str,
    },
    /// Therapy that was granted starts.
    TherapyStarts,
    /// A volume class, since the begin.
    Volume {
        /// Which.
        class: &'static str,
        /// At least.
        least: Volume,
        /// At most.
        most: Volume,
    },
    /// All classes, in the last day.
    Day {
        /// Nominal.
        given: Volume,
        /// How far from that it may be.
        tolerance: Volume,
    },
    /// The basal rate.
    Rate {
        /// It.
        rate: Rate,
        /// The mode that gives it.
        mode: &'static str,
    },
    /// The reservoir, as the pump computes it.
    Reservoir(Volume),
    /// The strokes that the pump counts are those of this volume, since the begin.
    Strokes(Volume),
    /// What the motor moves, since the begin, at most.
    Actuated {
        /// At most.
        most: Volume,
    },
    /// A bolus of this size.
    Bolus {
        /// Which.
        kind: String,
        /// Its volume.
        dose: Volume,
    },
    /// A periodic bolus as prescribed.
    Periodic {
        /// Its volume.
        dose: Volume,
        /// Its time.
        over: Span,
    },
    /// No periodic bolus is prescribed.
    NoPeriodic,
    /// Two periodic boluses are so far apart.
    PeriodicApart(Span),
    /// A periodic bolus is due every so often.
    PeriodicEvery(Span),
    /// A bolus that was granted begins.
    Begins {
        /// Which.
        kind: &'static str,
    },
    /// No bolus begins that nobody asked for.
    NoneUnasked {
        /// Which.
        kind: &'static str,
    },
    /// A bolus is refused.
    Refused {
        /// Who asked.
        by: Asker,
        /// Why it must be.
        why: Forbids,
    },
    /// A bolus is granted.
    Granted {
        /// Who asked.
        by: Asker,
    },
    /// A request that the scenario lets the pump refuse is carried out: nothing forbids it.
    CarriedOut {
        /// Which.
        verb: Verb,
    },
    /// Such a request is refused.
    RefusedFor {
        /// Which.
        verb: Verb,
        /// The code of what stands against it.
        why: &'static str,
    },
    /// An alarm in its time: neither before nor long after.
    Alarm(DueAlarm),
}

/// Who asked for a bolus.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asker {
    /// The patient.
    Patient,
    /// The clinician.
    Clinician,
}

/// What forbids a bolus.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Forbids {
    /// No patient bolus is prescribed.
    NotAllowed,
    /// Therapy is stopped.
    Stopped,
    /// Another bolus is in progress.
    BolusActive,
    /// The lockout.
    Lockout {
        /// Time since the last bolus.
        since: Span,
        /// The lockout.
        lockout: Span,
    },
    /// The number of boluses in a window.
    Count {
        /// Those in it.
        count: u32,
        /// The window.
        window: Span,
        /// So many may be.
        allowed: u32,
    },
    /// The rolling maximum.
    MaxDose {
        /// What was given in the window, at least.
        given: Volume,
        /// The window.
        window: Span,
        /// The bolus.
        dose: Volume,
        /// The maximum.
        max: Volume,
    },
}

impl Forbids {
    /// The code with which a pump refuses for it.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotAllowed => "not-allowed",
            Self::Stopped => "stopped",
            Self::BolusActive => "bolus-active",
            Self::Lockout { .. } => "lockout",
            Self::Count { .. } => "count",
            Self::MaxDose { .. } => "max-dose",
        }
    }
}

/// An alarm that is due at a time that the oracle can work out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DueAlarm {
    /// Two days without therapy.
    Stopped,
    /// Ninety days after the replacement indicator.
    EndOfService,
    /// The reservoir is down to this.
    ReservoirLow(Volume),
    /// The trial's limit.
    TrialEnded,
}

impl Expected {
    /// A stable name of what was expected: by this programs and documents name it, whatever its words are.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Check(check) => of_check(check),
            Self::Within(_) => "expect-within",
            Self::CoreAt(_) => "expect-breakpoint",
            Self::Always(_) => "always",
            Self::Answer(_) => "refusal",
            Self::Reply { .. } => "no-reply",
            Self::SetUp { .. } => "set-up-refused",
            Self::NamedAlarmsOnly => "unexpected-alarm",
            Self::Records(Records::All { .. }) => "record-gap",
            Self::Records(Records::InOrder) => "record-order",
            Self::Records(Records::NotBefore { .. }) => "record-time",
            Self::Records(Records::Possible) => "record-number",
            Self::Records(Records::Every(_)) => "record-lacking",
            Self::Records(Records::Promised { .. }) => "unasked-lacking",
            Self::Records(Records::Samples { .. }) => "samples-lacking",
            Self::Clock { .. } => "clock-drift",
            Self::Firmware(Firmware::NoFault) => "firmware-fault",
            Self::Firmware(Firmware::NoLockup) => "firmware-lockup",
            Self::Firmware(Firmware::NoUnaskedStart) => "firmware-start",
            Self::Firmware(Firmware::Runs) => "firmware-hang",
            Self::Firmware(Firmware::Stops) => "not-stopped",
            Self::Oracle(allowed) => of_oracle(allowed),
            Self::Agree { what, with, .. } => match (what, with) {
                (Account::Actuated, _) => "reconcile-actuated",
                (_, Account::Actuated) => "reconcile-unmoved",
                _ => "reconcile-delivered",
            },
            Self::AcceptedLog => "snapshot-missing",
            Self::LogOf { .. } => "snapshot-differs",
        }
    }
}

fn of_check(check: &Check) -> &'static str {
    match check {
        Check::Alarm { .. } => "expect-alarm",
        Check::NoAlarm { .. } => "expect-no-alarm",
        Check::AlarmCleared { .. } => "expect-alarm-cleared",
        Check::State(_) => "expect-state",
        Check::Mode(_) => "expect-mode",
        Check::Bolus(_) => "expect-bolus",
        Check::Event { .. } => "expect-event",
        Check::NoEvent { .. } => "expect-no-event",
        Check::Silence => "expect-none",
        Check::Reply { .. } => "expect-reply",
        Check::Measure { .. } => "expect-measure",
        Check::Memory { .. } => "expect-memory",
    }
}

fn of_oracle(allowed: &Allowed) -> &'static str {
    match allowed {
        Allowed::PrescriptionStays => "oracle-prescription",
        Allowed::StaysUntilStart { .. } | Allowed::TherapyStarts => "oracle-start",
        Allowed::Volume { .. } => "oracle-volume",
        Allowed::Day { .. } => "oracle-day",
        Allowed::Rate { .. } => "oracle-rate",
        Allowed::Reservoir(_) => "oracle-reservoir",
        Allowed::Strokes(_) => "oracle-strokes",
        Allowed::Actuated { .. } => "oracle-actuated",
        Allowed::Bolus { .. } => "oracle-bolus",
        Allowed::Periodic { .. } | Allowed::NoPeriodic | Allowed::PeriodicApart(_) | Allowed::PeriodicEvery(_) => {
            "oracle-periodic"
        }
        Allowed::Begins { .. } => "oracle-bolus-begin",
        Allowed::NoneUnasked { .. } => "oracle-unasked-bolus",
        Allowed::Refused { .. } | Allowed::RefusedFor { .. } => "oracle-granted",
        Allowed::Granted { .. } | Allowed::CarriedOut { .. } => "oracle-refused",
        Allowed::Alarm(_) => "oracle-alarm",
    }
}
