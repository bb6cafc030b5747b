//! A rig that scenarios will run on, by what its pump can be told.

use pump_hil_model::capability::Capability;
use pump_hil_model::case::Request;
use pump_hil_model::mistake::Mistake;
use std::collections::BTreeSet;
use std::fmt;

/// A rig, asked before anything runs whether a scenario's requests can be said to its pump. Who knows the pump's line answers.
pub trait Bench: fmt::Debug + Send + Sync {
    /// The rig's name.
    fn name(&self) -> &str;

    /// What it can do: a case that needs more is skipped on it, whatever its pump can be told.
    fn can(&self) -> &BTreeSet<Capability>;

    /// The device of its profile.
    fn device(&self) -> &str;

    /// Whether a symbol has an address there.
    fn has_symbol(&self, symbol: &str) -> bool;

    /// Whether its pump can be asked for this.
    ///
    /// # Errors
    /// Why not.
    fn says(&self, request: &Request) -> Result<(), Unsaid>;

    /// Whether its pump takes this for a request that changes nothing; so it does with one that it does not know.
    fn only_reads(&self, request: &Request) -> bool;
}

/// Why a request cannot be said to a pump.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsaid {
    /// The argument or the key of a prescription that it is about, such as `over` or `patient-bolus.over`.
    pub of: Option<&'static str>,
    /// Its value in base units, where it is about a number.
    pub value: Option<i64>,
    /// What kind of mistake it is.
    pub mistake: Mistake,
    /// Why: about the value `of` in front of it, where there is one, as `is no whole number of 1 s`; else a sentence.
    pub why: String,
}
