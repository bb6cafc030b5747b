//! What a generated case is made of: a prescription, and steps with the time between them.

/// Nanolitres, and nanolitres a day.
pub type Nl = u64;

/// A drug of the pump's library, with the limits that its prescriptions keep.
#[derive(Debug, Clone, Copy)]
pub struct Drug {
    pub name: &'static str,
    pub soft_rate: Nl,
    pub soft_bolus: Nl,
}

pub const DRUGS: [Drug; 4] = [
    Drug {
        name: "morphine-10-mg-per-mL",
        soft_rate: 1_500_000,
        soft_bolus: 100_000,
    },
    Drug {
        name: "baclofen-500-mcg-per-mL",
        soft_rate: 2_000_000,
        soft_bolus: 200_000,
    },
    Drug {
        name: "ziconotide-25-mcg-per-mL",
        soft_rate: 96_000,
        soft_bolus: 48_000,
    },
    Drug {
        name: "saline",
        soft_rate: 24_000_000,
        soft_bolus: 1_000_000,
    },
];

/// A step of a day's schedule: minute of the day and rate.
pub type DayStep = (u16, Nl);

#[derive(Debug, Clone)]
pub enum Mode {
    Continuous {
        rate: Nl,
    },
    /// Workdays, and the weekend where it has steps of its own.
    Flex {
        daily: Vec<DayStep>,
        weekend: Vec<DayStep>,
    },
    Periodic {
        rate: Nl,
        dose: Nl,
        over_s: u64,
        interval_s: u64,
    },
    Minimum,
}

#[derive(Debug, Clone, Copy)]
pub struct Ptm {
    pub dose: Nl,
    pub over_s: u64,
    pub lockout_s: u64,
    pub count: u64,
    pub window_s: u64,
    pub max: Nl,
}

#[derive(Debug, Clone)]
pub struct Rx {
    pub drug: Drug,
    pub mode: Mode,
    pub ptm: Option<Ptm>,
    pub low: Option<Nl>,
    pub catheter: Option<Nl>,
    pub tubing: Option<Nl>,
    pub trial_s: Option<u64>,
    pub trial_nl: Option<Nl>,
}

#[derive(Debug, Clone)]
pub enum What {
    Start,
    Stop,
    Minimum,
    PatientBolus,
    Bolus {
        dose: Nl,
        over_s: u64,
    },
    Prime,
    Bridge {
        volume: Nl,
        rate: Nl,
    },
    Refill {
        added: Nl,
    },
    /// The clock is set so many seconds on or back.
    SetClock {
        by_s: i64,
    },
    Program(Box<Rx>),
    /// Staged, and aborted so many seconds later.
    Aborted(Box<Rx>, u64),
    BrownOut {
        ms: u64,
    },
    /// The battery is gone for so many seconds.
    BatteryOut {
        s: u64,
    },
    /// The debug probe resets the core.
    Reset,
    ClearAlarm(&'static str),
    SelfTest,
    LogEvery {
        s: u64,
    },
    /// Nothing but time.
    Wait,
    /// Lines of YAML as they stand, of a gadget that is about a fault; it lasts so many seconds at most.
    Raw {
        lines: Vec<String>,
        lasts_s: u64,
        about: About,
    },
}

/// What a gadget is about, for the predicates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    Stall,
    Occlusion,
    BatteryLow,
    EmiWake,
    BitFlip,
    Mute,
    WrongCrc,
}

#[derive(Debug, Clone)]
pub struct Timed {
    /// After the begin of the step before it, s.
    pub gap_s: u64,
    pub what: What,
}

#[derive(Debug, Clone)]
pub struct Plan {
    /// Civil time of the begin, s since 2000-01-01; a whole minute.
    pub start_s: i64,
    pub rx: Rx,
    pub reservoir: Nl,
    pub log_every_s: u64,
    pub seed: u32,
    pub steps: Vec<Timed>,
    /// Time behind the last step, s.
    pub tail_s: u64,
}

impl What {
    /// How long it keeps the timeline at most, s.
    pub fn lasts_s(&self) -> u64 {
        match self {
            Self::BatteryOut { s } | Self::Aborted(_, s) => s + 20,
            Self::Raw { lasts_s, .. } => *lasts_s,
            Self::BrownOut { ms } => ms / 1_000 + 10,
            _ => 0,
        }
    }
}

impl Plan {
    /// The steps with the time at which each begins, s after the begin.
    pub fn timed(&self) -> impl Iterator<Item = (u64, &What)> {
        let mut at = 0;
        let mut free = 0;
        self.steps.iter().map(move |step| {
            at = (at + step.gap_s).max(free);
            free = at + step.what.lasts_s();
            (at, &step.what)
        })
    }

    /// When the case ends, s after the begin.
    pub fn end_s(&self) -> u64 {
        let last = self.timed().last().map_or(0, |(at, what)| at + what.lasts_s());
        last + self.tail_s
    }
}
