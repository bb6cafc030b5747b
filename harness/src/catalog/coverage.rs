//! Which scenarios cover which requirement, and which requirement none covers.

use super::{Catalog, Requirement};
use crate::scenario::case::Case;
use std::collections::BTreeSet;

/// Whether a requirement or row is covered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Covered {
    /// By these scenarios.
    By(BTreeSet<String>),
    /// No firmware can show it, for this reason.
    NotTestable(String),
    /// By none.
    No,
}

/// A line of the table.
#[derive(Debug, Clone)]
pub struct CoverageLine<'a> {
    /// The requirement or row.
    pub requirement: &'a Requirement,
    /// Whether it is covered.
    pub covered: Covered,
}

/// The table: each requirement and row of the catalogue with the scenarios that name it in `verifies` or `covers`.
#[must_use]
pub fn coverage<'a>(cases: &[Case], catalog: &'a Catalog) -> Vec<CoverageLine<'a>> {
    let line = |requirement: &'a Requirement| {
        let named = |case: &&Case| {
            let ids = if requirement.row { &case.covers } else { &case.verifies };
            ids.contains(&requirement.id)
        };
        let by: BTreeSet<String> = cases.iter().filter(named).map(|case| case.scenario.clone()).collect();
        let covered = match &requirement.not_testable {
            _ if !by.is_empty() => Covered::By(by),
            Some(reason) => Covered::NotTestable(reason.clone()),
            None => Covered::No,
        };
        CoverageLine { requirement, covered }
    };
    catalog.requirements().iter().map(line).collect()
}
