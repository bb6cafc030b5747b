//! `pump-hil list --json`: the cases, for other programs.

use super::exit::CliError;
use super::inputs::Group;
use pump_hil_language::plan;
use pump_hil_model::case::Case;
use pump_hil_model::safe_text::safe;
use serde::Serialize;
use std::path::Path;

/// Version of this form; `docs/formats.md` says what changed.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Listed {
    pump_hil_list: u32,
    cases: Vec<One>,
}

#[derive(Serialize)]
struct One {
    name: String,
    scenario: String,
    row: Option<String>,
    file: String,
    summary: String,
    tags: Vec<String>,
    verifies: Vec<String>,
    covers: Vec<String>,
    needs: Vec<String>,
    /// How long it lasts at most, on the pump's clock.
    lasts_ms: i64,
}

pub(super) fn json(groups: &[Group]) -> Result<String, CliError> {
    let all = groups
        .iter()
        .flat_map(|group| group.cases.iter().map(|case| one(case, &group.folder)));
    let listed = Listed {
        pump_hil_list: VERSION,
        cases: all.collect(),
    };
    let text = serde_json::to_string_pretty(&listed).map_err(CliError::rig)?;
    Ok(format!("{text}\n"))
}

fn one(case: &Case, folder: &Path) -> One {
    let texts = |all: &[String]| all.iter().map(|text| safe(text)).collect();
    One {
        name: safe(&case.name()),
        scenario: safe(&case.scenario),
        row: case.case.as_deref().map(safe),
        file: safe(&folder.join(&case.file).to_string_lossy()),
        summary: safe(&case.summary),
        tags: texts(&case.tags),
        verifies: texts(&case.verifies),
        covers: texts(&case.covers),
        needs: case.needs.iter().map(ToString::to_string).collect(),
        lasts_ms: plan::length(case).0,
    }
}
