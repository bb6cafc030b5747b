//! Which scenarios cover which requirement, and which requirement none covers.

use super::BUILT_IN;
use super::known::{Catalog, Requirement};
use crate::shown::checks;
use pump_hil_model::case::Case;
use std::collections::BTreeSet;

/// Whether a requirement or row is covered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Covered {
    /// By these scenarios.
    By(BTreeSet<String>),
    /// By these alone, of whose checks the rig shows none.
    NotShown(BTreeSet<String>),
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
    /// It is one of the user's own.
    pub own: bool,
    /// Whether it is covered.
    pub covered: Covered,
}

/// The table: each requirement and row of the catalogue with the scenarios that name it in `verifies` or `covers`; the user's own first.
#[must_use]
pub fn coverage<'a>(cases: &[Case], catalog: &'a Catalog) -> Vec<CoverageLine<'a>> {
    let line = |requirement: &'a Requirement| {
        let named = |case: &&Case| {
            let ids = if requirement.row { &case.covers } else { &case.verifies };
            ids.contains(&requirement.id)
        };
        // Where a rig shows nothing that a case checks, its pass verifies nothing.
        let (blind, by): (Vec<&Case>, Vec<&Case>) = cases
            .iter()
            .filter(named)
            .partition(|case| !case.not_shown.is_empty() && checks(case) == 0);
        let names = |cases: Vec<&Case>| cases.into_iter().map(name).collect();
        let covered = match &requirement.not_testable {
            // A scenario that covers it wins over a reason that none can.
            _ if !by.is_empty() => Covered::By(names(by)),
            _ if !blind.is_empty() => Covered::NotShown(names(blind)),
            Some(reason) => Covered::NotTestable(reason.clone()),
            None => Covered::No,
        };
        let own = catalog.from(&requirement.id).is_some_and(|from| from != BUILT_IN);
        CoverageLine {
            requirement,
            own,
            covered,
        }
    };
    let mut table: Vec<CoverageLine<'_>> = catalog.requirements().iter().map(line).collect();
    // It is stable: among each other they keep their order.
    table.sort_by_key(|line| !line.own);
    table
}

/// A scenario, and how many of its checks are not shown.
fn name(case: &Case) -> String {
    match case.not_shown.len() {
        0 => case.scenario.clone(),
        1 => format!("{} (1 check not shown)", case.scenario),
        number => format!("{} ({number} checks not shown)", case.scenario),
    }
}

/// The table as text: a line for each requirement, then how many are covered, not testable, and open.
#[must_use]
pub fn render(table: &[CoverageLine<'_>]) -> String {
    let width = table.iter().map(|line| line.requirement.id.len()).max().unwrap_or(0);
    let (mut covered, mut not_testable, mut open, mut not_shown) = (0, 0, 0, 0);
    let mut text = String::new();
    // Only where there are both.
    let built_in = table.iter().position(|line| !line.own).filter(|first| *first > 0);
    for (at, line) in table.iter().enumerate() {
        match built_in {
            Some(_) if at == 0 => text.push_str("your own:\n"),
            Some(first) if at == first => text.push_str("\nbuilt in:\n"),
            _ => {}
        }
        let says = match &line.covered {
            Covered::By(scenarios) => {
                covered += 1;
                scenarios.iter().cloned().collect::<Vec<_>>().join(", ")
            }
            Covered::NotShown(scenarios) => {
                not_shown += 1;
                let scenarios = scenarios.iter().cloned().collect::<Vec<_>>().join(", ");
                format!("NOT SHOWN by this rig: {scenarios}")
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
    let not_shown = match not_shown {
        0 => String::new(),
        number => format!(", {number} not shown"),
    };
    text.push_str(&format!(
        "\n{covered} covered, {not_testable} not testable, {open} uncovered{not_shown}\n"
    ));
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::load::Loader;
    use pump_hil_model::case::{Invariant, Measure, Op, Operand, Rule};
    use pump_hil_model::quantity::Percent;

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

    #[test]
    fn the_users_own_come_first() {
        let mut loader = Loader::new();
        let file = |id: &str| format!("source: s\nkind: row\nrequirements:\n  - {{id: {id}, text: t}}\n");
        loader.requirements(BUILT_IN, file("A1"));
        loader.requirements("ours.yaml", file("Z9"));
        let catalog = loader.finish().unwrap();
        let text = render(&coverage(&[], &catalog));
        let expected =
            "your own:\nZ9  UNCOVERED\n\nbuilt in:\nA1  UNCOVERED\n\n0 covered, 0 not testable, 2 uncovered\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn a_requirement_that_only_checks_hold_which_are_not_shown_is_not_covered() {
        let catalog = catalog();
        let mut case = crate::plan::tests::case(Vec::new());
        case.covers = vec!["SF01".to_owned()];
        case.always = vec![Invariant {
            line: 3,
            text: "delivered <= 1 mL".to_owned(),
            rule: Rule::Compare {
                left: Measure::Delivered,
                op: Op::AtMost,
                right: Operand::Value(1_000_000),
                percent: Percent(0),
                absolute: 0,
            },
        }];
        let here = crate::shown::shown(&case, &BTreeSet::new()).into_owned();
        let text = render(&coverage(&[here], &catalog));
        assert!(
            text.starts_with("SF01  NOT SHOWN by this rig: c (1 check not shown)\n"),
            "{text}"
        );
        assert!(
            text.ends_with("\n0 covered, 1 not testable, 1 uncovered, 1 not shown\n"),
            "{text}"
        );
        case.always.push(Invariant {
            line: 4,
            text: "no alarm".to_owned(),
            rule: Rule::NoAlarm { id: None },
        });
        let here = crate::shown::shown(&case, &BTreeSet::new()).into_owned();
        let text = render(&coverage(&[here], &catalog));
        assert!(text.starts_with("SF01  c (1 check not shown)\n"), "{text}");
    }
}
