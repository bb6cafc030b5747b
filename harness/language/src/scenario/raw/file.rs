//! A whole file.

use super::kinds::{
    AlarmWord, AllowedWord, CapabilityWord, NoneWord, RequirementWord, SeedWord, Share, ShareOrOff, Vol,
};
use super::prescription::RawPrescription;
use super::step::RawStep;
use pump_hil_model::raw_struct;
use pump_hil_model::yaml::raw::{Count, Either, Quantity, Scalar, Table, Text, Time, Word};

raw_struct! {
    /// A scenario: one file, one or more cases.
    #[schemars(extend("x-name" = "a scenario"))]
    RawFile {
        /// Version of the language. Default: 1.
        version: Count,
        /// Name: lower-case words joined by `-`. No two scenarios have the same one.
        #[schemars(required)]
        scenario: Text,
        /// One sentence for people: what happens, and what must then be true.
        #[schemars(required)]
        summary: Text,
        /// Requirements that it tests, from fixtures/requirements.
        verifies: Vec<Word<RequirementWord>>,
        /// Hazards and recalls that it stands for, from fixtures/requirements.
        covers: Vec<Word<SeedWord>>,
        /// The device that it is for, by the name of its profile: its own verbs, states and alarms may be used then. Default: any.
        device: Text,
        /// Words of your own to choose it by, as in `--filter 'tag(slow)'`. Lower-case words joined by `-`.
        tags: Vec<Text>,
        /// Extra rig features that this scenario needs. What the steps need is found by itself.
        needs: Vec<Word<CapabilityWord>>,
        /// Date and time at the begin, such as 2026-12-31 23:30. Default: 2026-01-05 00:00, a Monday.
        start: Text,
        /// Seed of the simulated physics. Default: 1.
        seed: Count,
        /// Shared set-ups, relative to this file, inside the scenario folder.
        include: Vec<Text>,
        /// What is programmed before the begin, or `none`.
        prescription: Either<Word<NoneWord>, RawPrescription>,
        /// Volume filled in before the begin. Default: 20 mL, if there is a prescription.
        reservoir: Quantity<Vol>,
        /// Interval of the pump's periodic dose entries, 1 min to 1 d. Default: 1 h.
        log_every: Quantity<Time>,
        /// How far the pump's clock may differ from the host's, 0.01 % to 50 %, on a rig by the host's clock. Default: that of the rig file.
        clock_drift: Quantity<Share>,
        /// Parameter table: one case for each row. `${parameter}` is replaced by its value.
        cases: Table<Table<Scalar>>,
        /// The steps.
        #[schemars(required)]
        timeline: Vec<RawStep>,
        /// Places in memory, such as `PUMP.state.total`. Their values are written into the journal when they have changed.
        watch: Vec<Text>,
        /// Rules that must hold all the time, such as `delivered <= prescribed + 14.5 %`.
        always: Vec<Text>,
        /// Alarms that may come without an `expect` that names them.
        allow_alarms: Vec<Word<AlarmWord>>,
        /// `allowed`: a crash of the firmware, such as a HardFault, does not fail the scenario. Default: a crash that a probe sees fails it.
        firmware_faults: Word<AllowedWord>,
        /// Largest allowed difference between delivered and reported volume, or `off` if your fault makes them differ. Default: 5 %.
        reconcile: Quantity<ShareOrOff>,
        /// Tolerances of the dose log, or `none`.
        snapshot: Either<Word<NoneWord>, RawTolerance>,
    }
}

raw_struct! {
    /// Tolerances of a snapshot.
    #[schemars(extend("x-name" = "a snapshot's tolerances"))]
    RawTolerance {
        /// Share of a volume.
        volume: Quantity<Share>,
        /// A volume below which differences do not count.
        volume_floor: Quantity<Vol>,
        /// Of a time.
        time: Quantity<Time>,
    }
}
