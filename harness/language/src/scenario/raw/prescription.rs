//! What the pump is programmed with.

use super::kinds::{DayWord, Dose, DrugWord, Flow, RxModeWord, Vol};
use pump_hil_model::raw_struct;
use pump_hil_model::yaml::raw::{Count, Either, Flag, Quantity, Scalar, Table, Text, Time, Word};

raw_struct! {
    /// What the pump is programmed with.
    #[schemars(extend("x-name" = "a prescription"))]
    RawPrescription {
        /// Id of a drug of fixtures/drugs.
        #[schemars(required)]
        drug: Word<DrugWord>,
        /// How therapy is delivered.
        #[schemars(required)]
        mode: Word<RxModeWord>,
        /// Basal rate, as volume or mass a day (continuous, periodic).
        rate: Quantity<Flow>,
        /// Steps of a flex schedule.
        schedule: Vec<RawScheduleStep>,
        /// Periodic bolus: volume or mass.
        dose: Quantity<Dose>,
        /// Periodic bolus: time that it takes.
        over: Quantity<Time>,
        /// Periodic bolus: time from start to start.
        interval: Quantity<Time>,
        /// What the patient may ask for.
        patient_bolus: RawPatientBolus,
        /// Volume filled in before the begin.
        reservoir: Quantity<Vol>,
        /// Threshold of the low-reservoir alarm.
        low_reservoir: Quantity<Vol>,
        /// Catheter volume.
        catheter: Quantity<Vol>,
        /// Internal tubing volume.
        tubing: Quantity<Vol>,
        /// Limits of a trial.
        trial: RawTrial,
        /// The clinician confirmed values beyond the soft limits.
        confirm_soft_limits: Flag,
        /// Fields that are sent as they are, after the others.
        raw: Table<Scalar>,
    }
}

raw_struct! {
    /// A step of a flex schedule.
    #[schemars(extend("x-name" = "a schedule step"))]
    RawScheduleStep {
        /// `daily`, a day, or a list of days.
        #[schemars(required)]
        day: Either<Word<DayWord>, Vec<Word<DayWord>>>,
        /// Time of the day, such as "08:00".
        #[schemars(required)]
        at: Text,
        /// The rate from then on.
        #[schemars(required)]
        rate: Quantity<Flow>,
    }
}

raw_struct! {
    /// What the patient may ask for.
    #[schemars(extend("x-name" = "a patient bolus"))]
    RawPatientBolus {
        /// Volume or mass of one.
        #[schemars(required)]
        dose: Quantity<Dose>,
        /// Time that it takes.
        #[schemars(required)]
        over: Quantity<Time>,
        /// Time from start to start.
        #[schemars(required)]
        lockout: Quantity<Time>,
        /// How many in the window.
        #[schemars(required)]
        count: Count,
        /// The rolling window.
        #[schemars(required)]
        window: Quantity<Time>,
        /// The most of everything in the window.
        #[schemars(required)]
        max: Quantity<Dose>,
    }
}

raw_struct! {
    /// A trial's limits: one or both.
    #[schemars(extend("x-name" = "a trial"))]
    RawTrial {
        /// Longest time.
        time: Quantity<Time>,
        /// Largest total dose.
        dose: Quantity<Dose>,
    }
}
