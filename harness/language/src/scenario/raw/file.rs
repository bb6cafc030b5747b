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
        /// Version of the language; 1.
        version: Count,
        /// Name, kebab case, unique.
        #[schemars(required)]
        scenario: Text,
        /// One sentence for people: what happens, and what must then be true.
        #[schemars(required)]
        summary: Text,
        /// Requirements that it verifies, as in fixtures/requirements.
        verifies: Vec<Word<RequirementWord>>,
        /// Rows of the seed inventory and recalls that it covers.
        covers: Vec<Word<SeedWord>>,
        /// Words of your own to choose it by, as in `--filter 'tag(slow)'`; kebab case.
        tags: Vec<Text>,
        /// What a rig must be able to do, beyond what the steps show.
        needs: Vec<Word<CapabilityWord>>,
        /// Civil date and time at the begin, such as 2026-12-31 23:30; 2026-01-05 00:00, a Monday, where not given.
        start: Text,
        /// Seed of the simulated physics; 1 where not given.
        seed: Count,
        /// Shared set-ups, relative to this file, inside the scenario folder.
        include: Vec<Text>,
        /// What is programmed before the begin, or `none`.
        prescription: Either<Word<NoneWord>, RawPrescription>,
        /// Volume filled in before the begin; 20 mL where there is a prescription.
        reservoir: Quantity<Vol>,
        /// Interval of the pump's periodic dose entries, 1 min to 1 d; 1 h where not given.
        log_every: Quantity<Time>,
        /// How far the pump's clock may be off the host's, on a rig by the host's clock, 0.01 % to 50 %; as the rig file has it where not given.
        clock_drift: Quantity<Share>,
        /// Parameter table: a case for each row. `${parameter}` stands for its value.
        cases: Table<Table<Scalar>>,
        /// The steps.
        #[schemars(required)]
        timeline: Vec<RawStep>,
        /// Places in memory whose values are noted in the journal whenever they changed, such as `PUMP.state.total`.
        watch: Vec<Text>,
        /// What must hold all the time, such as `delivered <= prescribed + 14.5 %`.
        always: Vec<Text>,
        /// Alarms that may come without an `expect` that names them.
        allow_alarms: Vec<Word<AlarmWord>>,
        /// `allowed` where the firmware itself may fault, such as by a HardFault; else that fails the scenario wherever a probe sees it.
        firmware_faults: Word<AllowedWord>,
        /// How far delivered may be from reported, or `off`; 5 % where not given.
        reconcile: Quantity<ShareOrOff>,
        /// Tolerances of the dose log's snapshot, or `none`.
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
