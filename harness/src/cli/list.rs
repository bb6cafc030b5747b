//! `pump-hil list` and `pump-hil schema`: what there is.

use super::args::{List, Schema, SchemaKind};
use super::chosen::Chosen;
use super::exit::{CliError, Exit};
use super::inputs;
use super::listed;
use super::print::{eprint_styled, print};
use crate::report::counted;
use pump_hil_language::catalog::coverage::{coverage, render};
use pump_hil_language::scenario::schema::{FileKind, schema as scenario_schema};
use pump_hil_model::case::Case;
use pump_hil_model::fault::{CATALOGUE, Param};
use pump_hil_rig::RigFile;
use pump_hil_talk::device::Profile;
use std::fmt::Write;
use std::path::Path;

pub(super) fn list(args: &List, fixtures: Option<&Path>) -> Result<Exit, CliError> {
    if args.faults {
        print(&faults())?;
        return Ok(Exit::Passed);
    }
    let chosen = Chosen::of(&args.select)?;
    let fixtures = inputs::fixtures(fixtures, &chosen.paths)?;
    let catalog = match inputs::catalog(&fixtures, &[])? {
        Ok(catalog) => catalog,
        Err(diagnostics) => return Ok(wrong(&diagnostics)),
    };
    let groups = match chosen.cases(&catalog)? {
        Ok(groups) => groups,
        Err(diagnostics) => return Ok(wrong(&diagnostics)),
    };
    if args.json {
        print(&listed::json(&groups)?)?;
        return Ok(Exit::Passed);
    }
    let cases: Vec<Case> = groups.into_iter().flat_map(|group| group.cases).collect();
    if args.coverage {
        print(&render(&coverage(&cases, &catalog)))?;
        return Ok(Exit::Passed);
    }
    let mut text = String::new();
    let width = cases.iter().map(|case| case.name().len()).max().unwrap_or(0);
    for case in &cases {
        let _ = writeln!(text, "{:<width$}  {}", case.name(), case.summary);
    }
    let _ = writeln!(text, "{}", counted(cases.len(), "case"));
    print(&text)?;
    Ok(Exit::Passed)
}

fn wrong(diagnostics: &str) -> Exit {
    eprint_styled(diagnostics);
    Exit::Usage
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

pub(super) fn schema(args: &Schema, fixtures: Option<&Path>) -> Result<Exit, CliError> {
    let kind = match args.kind {
        SchemaKind::Rig => {
            print(&RigFile::schema())?;
            return Ok(Exit::Passed);
        }
        SchemaKind::Device => {
            print(&Profile::schema())?;
            return Ok(Exit::Passed);
        }
        SchemaKind::Scenario => FileKind::Scenario,
        SchemaKind::Setup => FileKind::Setup,
        SchemaKind::Drugs => FileKind::Drugs,
        SchemaKind::Requirements => FileKind::Requirements,
    };
    let fixtures = inputs::fixtures(fixtures, &[])?;
    match inputs::catalog(&fixtures, &[])? {
        Ok(catalog) => {
            print(&scenario_schema(kind, &catalog))?;
            Ok(Exit::Passed)
        }
        Err(diagnostics) => Ok(wrong(&diagnostics)),
    }
}
