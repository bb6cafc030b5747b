//! The steps of a timeline.

use super::expect::RawExpect;
use super::kinds::{FaultWord, Moment, RefusalWord, ResetWord, VerbWord};
use super::prescription::RawPrescription;
use pump_hil_model::raw_struct;
use pump_hil_model::yaml::raw::{Count, Either, Quantity, Scalar, Table, Text, Time, Word};

raw_struct! {
    /// Bytes to send.
    #[schemars(extend("x-name" = "`send`"))]
    RawSend {
        /// As text; nothing is added.
        text: Text,
        /// As hex digits; spaces are ignored.
        hex: Scalar,
        /// The time between two bytes. Default: all are sent at once.
        pace: Quantity<Time>,
    }
}

raw_struct! {
    /// That nothing comes.
    #[schemars(extend("x-name" = "`expect-none`"))]
    RawExpectNone {
        /// For how long, counted from now.
        within: Quantity<Time>,
    }
}

raw_struct! {
    /// What the probe does: one of `read`, `write`, `flip`, `halt`, `break-at`.
    #[schemars(extend("x-name" = "`probe`"))]
    RawProbe {
        /// Reads the value: of a variable of the firmware (`PUMP.state.total`), or the 32-bit word of a symbol or address.
        read: Scalar,
        /// Writes a value there.
        write: Scalar,
        /// With `write`: the value. The type of the variable must be able to hold it.
        value: Scalar,
        /// Flips a bit of the memory or the peripheral, counted from there.
        flip: Scalar,
        /// With `flip`: the number of the bit.
        bit: Count,
        /// Halts the core for this long, then lets it run on.
        halt: Quantity<Time>,
        /// Runs until the core reaches this place, then lets it run on: a function of the firmware, a line of its source (`main.rs:42`), a symbol, or an address.
        break_at: Scalar,
        /// With `break-at`: longest time.
        within: Quantity<Time>,
    }
}

raw_struct! {
    /// One step: at most one time, and exactly one action.
    #[schemars(extend("x-name" = "a step"))]
    RawStep {
        /// This long after the begin; in a repeat, after the begin of the round. If the file has a `start`, also a time of the first day (`14:00`), or a date and time.
        at: Quantity<Moment>,
        /// This long after the step before it ended.
        after: Quantity<Time>,
        /// With `expect`: it must become true in this time, counted from now.
        within: Quantity<Time>,
        /// With `expect`: it must be true now, and stay true for this long.
        r#for: Quantity<Time>,
        /// Asks the pump for something.
        r#do: Word<VerbWord>,
        /// Arguments of `do` or `poll`, or parameter of `inject`.
        with: Table<Scalar>,
        /// With `do` or `program`: the reason with which the pump must refuse, or `any`; `allowed`: it may refuse.
        refused: Word<RefusalWord>,
        /// Programs a prescription.
        program: RawPrescription,
        /// With `program`: break the session off after this many bytes.
        cut_after: Count,
        /// Begins a session and stages these fields.
        stage: RawPrescription,
        /// Starts a fault, and confirms that it is in effect.
        inject: Word<FaultWord>,
        /// Ends a fault.
        clear: Word<FaultWord>,
        /// All of these must be true.
        expect: RawExpect,
        /// Nothing may come on the line, but for answers to what is asked.
        expect_none: RawExpectNone,
        /// With `expect` and `within`: this verb, which only reads, is asked each time before it is looked.
        poll: Word<VerbWord>,
        /// With `do`: keeps fields of the answer, each under a name (`keep: {first: id}`). Later steps use them as `$first`.
        keep: Table<Text>,
        /// Sends bytes as they are.
        send: RawSend,
        /// Uses the debug probe.
        probe: Either<Word<ResetWord>, RawProbe>,
        /// Lets time pass.
        wait: Quantity<Time>,
        /// Names this moment, for `since`.
        mark: Text,
        /// Repeats `steps` this many times.
        repeat: Count,
        /// With `poll`: the time between two requests. With `repeat`: time from the begin of a round to the begin of the next.
        every: Quantity<Time>,
        /// With `repeat`: the steps of a round.
        steps: Vec<RawStep>,
    }
}
