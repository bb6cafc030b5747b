//! `pump-hil list` and `pump-hil schema`: what there is.

use super::args::{List, Schema, SchemaKind};
use super::chosen::Chosen;
use super::exit::{CliError, Exit};
use super::feasible;
use super::inputs;
use super::listed;
use super::print::{eprint_styled, print, print_fitted, print_hung, print_painted};
use super::project::Project;
use super::width;
use crate::report::counted;
use pump_hil_language::catalog::coverage::{coverage, render};
use pump_hil_language::catalog::{BUILT_IN, Catalog};
use pump_hil_language::plan::unmet;
use pump_hil_language::scenario::schema::{FileKind, schema as scenario_schema};
use pump_hil_language::shown;
use pump_hil_model::case::Case;
use pump_hil_model::fault::{CATALOGUE, Param};
use pump_hil_model::safe_text::{safe, safe_path};
use pump_hil_rig::shelf::{Kind, Shelf};
use pump_hil_rig::{Given, RigFile};
use pump_hil_talk::device::Profile;
use std::fmt::Write;

pub(super) fn list(args: &List, project: &Project) -> Result<Exit, CliError> {
    if args.faults {
        print_hung(&faults(), 60)?;
        return Ok(Exit::Passed);
    }
    // What can be named there is, also where no scenario is yet.
    let chosen = match Chosen::of(&args.select, project) {
        Err(_) if args.sources && args.select.what.is_empty() => Chosen::default(),
        chosen => chosen?,
    };
    let shelf = project.shelf(&chosen.paths)?;
    let rigs = match inputs::rigs(&shelf, &args.rig, &Given::default())? {
        Ok(rigs) => rigs,
        Err(diagnostics) => return Ok(wrong(&diagnostics)),
    };
    let mut catalog = match inputs::catalog(&shelf, &rigs)? {
        Ok(catalog) => catalog,
        Err(diagnostics) => return Ok(wrong(&diagnostics)),
    };
    if args.rig.is_empty() {
        // What a rig of the project names may stand in its scenarios. One that is not right is told where it is used.
        let of_project = project.rigs_as_written();
        let rigs = of_project
            .iter()
            .filter_map(|rig| RigFile::find(&shelf, rig, &Given::default()).ok());
        rigs.for_each(|rig| catalog.add_symbols(rig.profile.symbols.keys().cloned()));
    }
    if args.sources {
        print_fitted(&sources(&catalog, &shelf))?;
        return Ok(Exit::Passed);
    }
    let groups = match chosen.cases(&catalog)? {
        Ok(groups) => groups,
        Err(diagnostics) => return Ok(wrong(&diagnostics)),
    };
    if !args.rig.is_empty() && !args.coverage {
        let tables: Vec<String> = rigs.iter().map(|rig| feasible::table(&groups, rig)).collect();
        print_painted(&tables.join("\n"))?;
        return Ok(Exit::Passed);
    }
    if args.json {
        print(&listed::json(&groups)?)?;
        return Ok(Exit::Passed);
    }
    let cases: Vec<Case> = groups.into_iter().flat_map(|group| group.cases).collect();
    if args.coverage {
        print_fitted(&render(&coverage(&on(cases, &rigs), &catalog)))?;
        return Ok(Exit::Passed);
    }
    let mut text = String::new();
    let width = cases.iter().map(|case| case.name().len()).max().unwrap_or(0);
    // At a terminal a line for each: the whole summary stands in its file.
    let columns = width::columns(std::io::stdout());
    for case in &cases {
        let line = format!("{:<width$}  {}", case.name(), case.summary);
        let _ = writeln!(
            text,
            "{}",
            columns.map_or(line.clone(), |columns| width::cut(&line, columns))
        );
    }
    let _ = writeln!(text, "{}", counted(cases.len(), "case"));
    print(&text)?;
    Ok(Exit::Passed)
}

/// The cases as these rigs show them, without those that they skip; as they are where no rig is named.
fn on(cases: Vec<Case>, rigs: &[RigFile]) -> Vec<Case> {
    if rigs.is_empty() {
        return cases;
    }
    let on = |rig: &RigFile| {
        let can = rig.capabilities();
        let played = cases.iter().filter(|case| unmet(case, &can).is_empty());
        played.map(|case| shown(case, &can).into_owned()).collect::<Vec<_>>()
    };
    rigs.iter().flat_map(on).collect()
}

/// What scenarios and rigs may name, each with the file that it is from.
fn sources(catalog: &Catalog, shelf: &Shelf) -> String {
    let mut rows = Vec::new();
    for (kind, word) in [(Kind::Rig, "rig"), (Kind::Device, "device")] {
        for (name, path) in shelf.names(kind) {
            rows.push((word, name, path.map_or_else(|| BUILT_IN.to_owned(), safe_path)));
        }
    }
    let from = |id: &str| catalog.from(id).unwrap_or(BUILT_IN).to_owned();
    rows.extend(catalog.drugs().map(|drug| ("drug", drug.id.clone(), from(&drug.id))));
    for requirement in catalog.requirements() {
        let word = if requirement.row { "row" } else { "requirement" };
        rows.push((word, requirement.id.clone(), from(&requirement.id)));
    }
    let width = rows.iter().map(|(_, name, _)| name.len()).max().unwrap_or(0);
    let lines = rows.iter();
    let lines = lines.map(|(word, name, from)| format!("{word:<11}  {:<width$}  {}\n", safe(name), safe(from)));
    lines.collect()
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

pub(super) fn schema(args: &Schema, project: &Project) -> Result<Exit, CliError> {
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
    match inputs::catalog(&project.shelf(&[])?, &[])? {
        Ok(catalog) => {
            print(&scenario_schema(kind, &catalog))?;
            Ok(Exit::Passed)
        }
        Err(diagnostics) => Ok(wrong(&diagnostics)),
    }
}
