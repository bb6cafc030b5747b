//! Seeded defects: each is one branch of the firmware that does the wrong thing on purpose, so that the scenarios can be shown to catch it.
//!
//! Without the feature `seeded-defects` the settings have no place for one, `Settings::has` is a constant false, and the branches vanish.

macro_rules! defects {
    ($($variant:ident $name:literal $doc:literal)*) => {
        /// A defect that a test plants.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Defect { $(#[doc = $doc] $variant,)* }

        impl Defect {
            /// The names, in the order of the variants.
            pub const NAMES: &[&str] = &[$($name),*];
            /// All defects.
            pub const ALL: &[Defect] = &[$(Defect::$variant),*];

            /// The defect of that name.
            pub fn from_name(name: &str) -> Option<Self> {
                Self::NAMES.iter().position(|&known| known == name).and_then(|at| Self::ALL.get(at)).copied()
            }

            /// Its name.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

defects! {
    LockoutOffByOne "lockout-off-by-one" "The patient bolus lockout ends a minute too early."
    RollingWindowForgetsBasal "rolling-window-forgets-basal" "The rolling maximum counts boluses alone."
    RollingWindowForgetsBolusInProgress "rolling-window-forgets-bolus-in-progress" "The rolling maximum forgets a bolus that runs or was cut short."
    SilentStall "silent-stall" "A stall is retried without event or alarm."
    StallCountedAsDelivered "stall-counted-as-delivered" "A stroke without encoder edges counts as delivered."
    RemainderRoundedAway "remainder-rounded-away" "The part of a stroke that is left over is dropped at every hour."
    EosThreeMonths "eos-three-months" "End of service comes three calendar months after the elective replacement indicator."
    StalePrescriptionAfterAbort "stale-prescription-after-abort" "An aborted session leaves its staged values in force."
    CommitWithoutCrcCheck "commit-without-crc-check" "A commit goes through whatever its CRC says."
    MuteNeverRearms "mute-never-rearms" "A muted alarm stays muted."
    ReservoirNotDecrementedByBolus "reservoir-not-decremented-by-bolus" "Boluses do not count against the reservoir."
    PrimeCountedAsTherapy "prime-counted-as-therapy" "The priming bolus is booked as basal therapy."
    OcclusionAlarmLate "occlusion-alarm-late" "The downstream pressure limit is six times too high."
    No48hAlarm "no-48h-alarm" "A pump that stays stopped never says so."
    StoppedAfterEmiWake "stopped-after-emi-wake" "A telemetry wake-up while an alarm is active holds the infusion until somebody interrogates."
    BolusRetriedTwice "bolus-retried-twice" "A clinician's bolus is given twice."
    FlexMidnightSkipped "flex-midnight-skipped" "The schedule's step at midnight is missed."
    BrownOutResumesFullRate "brown-out-resumes-full-rate" "After a brown-out the pump goes on at the full rate."
    MemoryFlipUnnoticed "memory-flip-unnoticed" "The stored prescription is not verified before a stroke."
    LowReservoirLate "low-reservoir-late" "The low-reservoir alarm comes at half its threshold."
    PeriodicIntervalInMinutes "periodic-interval-in-minutes" "The periodic interval is taken as a sixtieth of what was programmed."
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_leads_to_its_defect() {
        for (&name, &defect) in Defect::NAMES.iter().zip(Defect::ALL) {
            assert_eq!(Defect::from_name(name), Some(defect));
            assert_eq!(defect.name(), name);
        }
        assert_eq!(Defect::from_name("no-such-defect"), None);
        assert!(Defect::ALL.len() >= 16);
    }
}
