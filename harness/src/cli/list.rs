//! `pump-hil list` and `pump-hil schema`: what there is.

use super::args::List;
use super::{CliError, Exit, eprint, inputs, print};
use crate::catalog::coverage::{Covered, coverage};
use crate::fault::{CATALOGUE, Param};
use crate::scenario::schema::{FileKind, schema as scenario_schema};
use std::fmt::Write;
use std::path::Path;

pub(super) fn list(args: &List, fixtures: Option<&Path>) -> Result<Exit, CliError> {
    if args.faults {
        print(&faults());
        return Ok(Exit::Passed);
    }
    let fixtures = inputs::fixtures(fixtures, &args.paths)?;
    let (cases, catalog) = match (inputs::cases(&args.paths, &fixtures)?, inputs::catalog(&fixtures)?) {
        (Ok(cases), Ok(catalog)) => (cases, catalog),
        (Err(diagnostics), _) | (_, Err(diagnostics)) => {
            eprint(&diagnostics);
            return Ok(Exit::Usage);
        }
    };
    let mut text = String::new();
    if args.coverage {
        let mut open = 0;
        for line in coverage(&cases, &catalog) {
            let by = match &line.covered {
                Covered::By(scenarios) => scenarios.iter().map(String::as_str).collect::<Vec<_>>().join(", "),
                Covered::NotTestable(reason) => format!("- {reason}"),
                Covered::No => {
                    open += 1;
                    "NOT COVERED".to_owned()
                }
            };
            let _ = writeln!(
                text,
                "{:<13} {:<60.60} {by}",
                line.requirement.id, line.requirement.text
            );
        }
        let _ = writeln!(text, "{open} not covered");
    } else {
        let width = cases.iter().map(|case| case.name().len()).max().unwrap_or(0);
        for case in &cases {
            let _ = writeln!(text, "{:<width$}  {}", case.name(), case.summary);
        }
        let _ = writeln!(text, "{} cases", cases.len());
    }
    print(&text);
    Ok(Exit::Passed)
}

fn faults() -> String {
    let mut text = String::new();
    for fault in CATALOGUE {
        let takes = match fault.param {
            Param::None => String::new(),
            Param::Count(key, low, high) => format!("{key}: {low}..{high}"),
            Param::Percent(key, low, high) => format!("{key}: {low} %..{high} %"),
            Param::Hours(key) | Param::Millis(key, _) => format!("{key}: TIME"),
            Param::Volume(key) => format!("{key}: VOLUME"),
            Param::Voltage(key) => format!("{key}: VOLTAGE"),
            Param::Resistance(key) => format!("{key}: RESISTANCE"),
            Param::Pressure(key) => format!("{key}: PRESSURE"),
            Param::Current(key) => format!("{key}: CURRENT"),
            Param::Temperature(key) => format!("{key}: TEMPERATURE"),
        };
        let optional = if fault.default.is_some() && !takes.is_empty() {
            " (optional)"
        } else {
            ""
        };
        let _ = writeln!(
            text,
            "{:<28} {:<30} {}",
            fault.name,
            format!("{takes}{optional}"),
            fault.summary
        );
    }
    text
}

pub(super) fn schema(fixtures: Option<&Path>) -> Result<Exit, CliError> {
    let fixtures = inputs::fixtures(fixtures, &[])?;
    match inputs::catalog(&fixtures)? {
        Ok(catalog) => {
            print(&scenario_schema(FileKind::Scenario, &catalog));
            Ok(Exit::Passed)
        }
        Err(diagnostics) => {
            eprint(&diagnostics);
            Ok(Exit::Usage)
        }
    }
}
