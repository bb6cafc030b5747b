//! `pump-hil doctor`: how it stands with a bench, a line for each part.

use super::adapt_args::Doctor;
use super::exit::{CliError, Exit};
use super::inputs::render;
use super::print::{eprint_styled, print, print_hung};
use super::project::Project;
use crate::doctor::{of_host, of_rig};
use crate::report::counted;
use pump_hil_model::safe_text::safe;
use pump_hil_rig::{Finding, Given, Grade, RigError, RigFile};
use serde_json::json;
use std::fmt::Write as _;

/// Version of what is printed for other programs; `docs/formats.md` says what changed.
const FORMAT: u32 = 1;
/// Where the words of a line begin.
const BEHIND_PART: usize = 24;

pub(super) fn doctor(args: &Doctor, project: &Project) -> Result<Exit, CliError> {
    let Some(rig) = &args.rig else {
        return told(args, &of_host(&project.runs()), Exit::Rig);
    };
    let given = Given {
        port: args.port.clone(),
        trusted: args.trust_rig,
        ..Given::default()
    };
    match RigFile::find(&project.shelf(&[])?, rig, &given) {
        Ok(file) => told(args, &of_rig(&file, &project.runs(), !args.no_open), Exit::Rig),
        Err(error) => {
            let what = match &error {
                RigError::Wrong(wrong) => {
                    eprint_styled(&render(&wrong.0));
                    let first = wrong
                        .0
                        .first()
                        .map(|first| format!("{}: {}", first.code, first.message));
                    format!(
                        "{}; no more of the rig can be checked until it is right",
                        first.unwrap_or_default()
                    )
                }
                error => error.to_string(),
            };
            let mut found = vec![Finding::wrong("rig file", what)];
            found.extend(of_host(&project.runs()));
            told(args, &found, Exit::Usage)
        }
    }
}

/// Tells what was found; `wrong` is how it ends where something is wrong.
fn told(args: &Doctor, found: &[Finding], wrong: Exit) -> Result<Exit, CliError> {
    if args.json {
        let rows = found.iter();
        let rows = rows.map(|found| json!({"of": found.of, "grade": found.grade.word(), "told": found.told}));
        let told = json!({"pump_hil_doctor": FORMAT, "parts": rows.collect::<Vec<_>>()});
        print(&format!("{told:#}\n"))?;
    } else {
        let mut text = String::new();
        for found in found {
            // Writing to a text cannot fail.
            let _ = writeln!(text, "{:<8} {:<14} {}", found.grade.word(), found.of, safe(&found.told));
        }
        let of = |grade: Grade| found.iter().filter(|found| found.grade == grade).count();
        let (fine, warnings, wrong) = (of(Grade::Fine), of(Grade::Warning), of(Grade::Wrong));
        let _ = writeln!(
            text,
            "{fine} ok, {}, {wrong} wrong; nothing was changed",
            counted(warnings, "warning")
        );
        print_hung(&text, BEHIND_PART)?;
    }
    let is_wrong = found.iter().any(|found| found.grade == Grade::Wrong);
    Ok(if is_wrong { wrong } else { Exit::Passed })
}
