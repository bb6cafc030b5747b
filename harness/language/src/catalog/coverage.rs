//! Which scenarios cover which requirement, and which requirement none covers.

use super::known::{Catalog, Requirement};
use pump_hil_model::case::Case;
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
            // A scenario that covers it wins over a reason that none can.
            _ if !by.is_empty() => Covered::By(by),
            Some(reason) => Covered::NotTestable(reason.clone()),
            None => Covered::No,
        };
        CoverageLine { requirement, covered }
    };
    catalog.requirements().iter().map(line).collect()
}

/// The table as text: a line for each requirement, then how many are covered, not testable, and open.
#[must_use]
pub fn render(table: &[CoverageLine<'_>]) -> String {
    let width = table.iter().map(|line| line.requirement.id.len()).max().unwrap_or(0);
    let (mut covered, mut not_testable, mut open) = (0, 0, 0);
    let mut text = String::new();
    for line in table {
        let says = match &line.covered {
            Covered::By(scenarios) => {
                covered += 1;
                scenarios.iter().cloned().collect::<Vec<_>>().join(", ")
            }
            Covered::NotTestable(reason) => {
                not_testable += 1;
                format!("not testable: {reason}")
            }
            Covered::No => {
                open += 1;
                "UNCOVERED".to_owned()
            }
        };
        text.push_str(&format!("{:width$}  {says}\n", line.requirement.id));
    }
    text.push_str(&format!(
        "\n{covered} covered, {not_testable} not testable, {open} uncovered\n"
    ));
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::load::Loader;

    fn catalog() -> Catalog {
        let rows = "source: s\nkind: row\nrequirements:\n  - {id: SF01, text: t}\n  - {id: SF13, text: t, not-testable: no firmware shows it}\n  - {id: SF02, text: t}\n";
        let mut loader = Loader::new();
        loader.requirements("rows.yaml", rows.to_owned());
        loader.finish().unwrap()
    }

    #[test]
    fn a_row_is_covered_or_has_a_reason_or_is_shouted() {
        let catalog = catalog();
        let mut case = crate::plan::tests::case(Vec::new());
        case.covers = vec!["SF01".to_owned()];
        // A requirement of the same name in `verifies` covers no row.
        case.verifies = vec!["SF02".to_owned()];
        let text = render(&coverage(&[case], &catalog));
        let expected = "SF01  c\nSF13  not testable: no firmware shows it\nSF02  UNCOVERED\n\n1 covered, 1 not testable, 1 uncovered\n";
        assert_eq!(text, expected);
    }
}
