//! A check of a bench before a run: each part with how it stands, and what to do about it. **It changes nothing**: no verb with an effect is sent, no probe is
//! attached to a board, and no file is written.

use crate::safety::{Marker, Past, Plain, Reach as _, Stopped, state_folder};
use pump_hil_model::case::Request;
use pump_hil_model::event::ReplyFields;
use pump_hil_model::safe_text::safe_path;
use pump_hil_rig::{Finding, Grade, OpenOptions, Rig, RigFile, host_time, look};
use pump_hil_talk::session::{RequestEnd, can_say};
use rustix::fs::Access;
use std::path::{Path, PathBuf};

/// Free bytes of a folder below which a run may not end: the journal of a case may have so many.
const FREE_LEAST: u64 = 256 << 20;
/// The clock of a host whose battery is empty begins at 1970, or at the day on which its system was made.
const YEAR_LEAST: i16 = 2025;
/// Lines that are told of a pump that did not answer.
const LINES_TOLD: usize = 6;
/// Fields of a status that are told.
const STATUS_TOLD: [&str; 5] = ["state", "mode", "alarms", "battery", "reservoir"];

/// What the computer has for any rig; `runs` is the folder of runs.
#[must_use]
pub fn of_host(runs: &Path) -> Vec<Finding> {
    let mut found = look::of_host();
    found.extend(for_any(runs));
    found
}

/// How it stands with a rig. Its line is opened only where `opens` says so.
#[must_use]
pub fn of_rig(file: &RigFile, runs: &Path, opens: bool) -> Vec<Finding> {
    let mut found = vec![
        Finding::fine("rig file", format!("{}: {}", safe_path(&file.path), file.summary)),
        Finding::fine("device", format!("`{}`: {}", file.profile.device, file.profile.summary)),
    ];
    found.extend(look::of_rig(file));
    found.extend(past(file));
    let is_wrong = found.iter().any(|finding| finding.grade == Grade::Wrong);
    match (is_wrong, opens) {
        (true, _) => found.push(Finding::warning(
            "line",
            "it is not opened: first see to what is wrong above",
        )),
        (false, false) => found.push(Finding::warning("line", "it is not opened, as you wish")),
        (false, true) => found.extend(opened(file)),
    }
    found.extend(for_any(runs));
    found
}

/// What every run needs.
fn for_any(runs: &Path) -> Vec<Finding> {
    let mut found = vec![clock(), folder("runs folder", runs)];
    found.push(match state_folder() {
        Some(state) => folder("notes", &state),
        None => {
            let what = "neither PUMP_HIL_STATE, XDG_STATE_HOME nor HOME is set; a run that is killed will not be found by the next one";
            Finding::warning("notes", what)
        }
    });
    found
}

fn clock() -> Finding {
    let now = host_time::utc();
    let told = now.strftime("%Y-%m-%d %H:%M UTC").to_string();
    match now.to_zoned(jiff::tz::TimeZone::UTC).year() < YEAR_LEAST {
        true => Finding::warning(
            "clock",
            format!("this computer says {told}; set its clock, or each record has a wrong date"),
        ),
        false => Finding::fine("clock", told),
    }
}

/// Whether a folder can be made and written into, and how much fits.
fn folder(of: &'static str, path: &Path) -> Finding {
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let is_there = |folder: &&Path| folder.exists();
    let there = whole
        .ancestors()
        .find(is_there)
        .map_or_else(PathBuf::new, Path::to_owned);
    let name = safe_path(path);
    if !there.is_dir() {
        return Finding::wrong(of, format!("{} is no folder; name another one", safe_path(&there)));
    }
    if let Err(error) = rustix::fs::access(&there, Access::WRITE_OK | Access::EXEC_OK) {
        return Finding::wrong(
            of,
            format!("{name}: {} cannot be written into ({error})", safe_path(&there)),
        );
    }
    let free = rustix::fs::statvfs(&there).map(|disk| disk.f_bavail.saturating_mul(disk.f_frsize));
    match free {
        Ok(free) if free < FREE_LEAST => {
            let what = format!("{name}: only {} MiB are free there; a run may need more", free >> 20);
            Finding::warning(of, what)
        }
        Ok(free) => Finding::fine(of, format!("{name}: {} MiB are free", free >> 20)),
        Err(error) => Finding::warning(of, format!("{name}: how much is free is not known ({error})")),
    }
}

/// What the runs before left of this pump.
fn past(file: &RigFile) -> Option<Finding> {
    match Marker::look(file, state_folder().as_deref()) {
        Past::Nothing => None,
        Past::InUse(who) => Some(Finding::wrong("use", who)),
        Past::Left(what) => Some(Finding::warning(
            "use",
            format!("{what}; the next run makes it safe first"),
        )),
    }
}

/// Opens the line, asks what only reads, and closes it.
fn opened(file: &RigFile) -> Vec<Finding> {
    if let Some(untrusted) = file.untrusted() {
        return vec![Finding::warning("line", format!("it is not opened: {untrusted}"))];
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    match runtime {
        Ok(runtime) => runtime.block_on(talk(file)),
        Err(error) => vec![Finding::wrong("line", error)],
    }
}

async fn talk(file: &RigFile) -> Vec<Finding> {
    let options = OpenOptions {
        at_once: true,
        line_alone: true,
        ..OpenOptions::default()
    };
    let (rig, how) = match file.is_emulated() {
        true => (
            Rig::open(file, &options).await,
            "the pump was started for this, and ends now",
        ),
        false => (
            Rig::start(file, &options).await,
            "it opens; a board that starts anew when its port is opened (DTR) did so now",
        ),
    };
    let mut rig = match rig {
        Ok(rig) => rig,
        Err(error) => return vec![Finding::wrong("line", error)],
    };
    let mut found = vec![Finding::fine("line", how)];
    if file.clock.is_granted() && !file.is_emulated() {
        let what = "not asked: its time is granted by the probe, and stands without it";
        found.push(Finding::fine("pump", what));
        return found;
    }
    found.extend(asked(&mut rig, file).await);
    found
}

/// What the pump says to what only reads. The first that it does not answer ends it.
async fn asked(rig: &mut Rig, file: &RigFile) -> Vec<Finding> {
    let of = |request: &Request| can_say(request, &file.profile).is_ok() && request.verb().only_reads();
    let mut requests: Vec<Request> = [Request::Identify, Request::Status].into_iter().filter(of).collect();
    if requests.is_empty() {
        requests.extend(Some(Request::Totals).filter(of));
    }
    if requests.is_empty() {
        let what = "not asked: its profile has no `identify`, `status` or `totals`";
        return vec![Finding::warning("pump", what)];
    }
    let mut found = Vec::new();
    let mut pump = Plain::new(rig);
    for request in requests {
        let finding = match pump.ask(&request).await {
            Ok(RequestEnd::Ok { fields }) => match pump.rig().agrees(&fields) {
                Err(error) if request == Request::Identify => Finding::wrong("pump", error),
                _ => told(&request, &fields),
            },
            end => {
                // What came and made no line is told as well.
                pump.close();
                no_answer(&request, end, &pump.lines)
            }
        };
        let failed = finding.grade == Grade::Wrong;
        found.push(finding);
        if failed {
            break;
        }
    }
    found
}

/// Why it is no answer, or none that was wished for.
fn no_answer(request: &Request, end: Result<RequestEnd, Stopped>, lines: &[String]) -> Finding {
    let why = match end {
        Ok(RequestEnd::Refused { reason, .. }) => {
            let what = format!("it answers, and refuses `{}`: {reason}", request.verb());
            return Finding::warning("pump", what);
        }
        Ok(RequestEnd::NoReply { tries }) => {
            format!("no answer to {tries} tries; is it switched on, is it this device, and are speed and cable right?")
        }
        Ok(RequestEnd::NotSent { why }) => why.to_string(),
        Ok(_) => "its time stands, so that it answers nothing".to_owned(),
        Err(error) => error.to_string(),
    };
    let said = lines.iter().rev().take(LINES_TOLD).rev().cloned().collect::<Vec<_>>();
    Finding::wrong(
        "pump",
        format!("`{}`: {why} On the line: {}", request.verb(), said.join("  ")),
    )
}

/// What it says of itself.
fn told(request: &Request, fields: &ReplyFields) -> Finding {
    let shown = fields
        .iter()
        .filter(|(key, _)| *request != Request::Status || STATUS_TOLD.contains(&&***key));
    let shown = shown
        .map(|(key, value)| format!("{key} {value}"))
        .collect::<Vec<_>>()
        .join(", ");
    let told = format!("it answers `{}`: {shown}", request.verb());
    match fields.get("state").map(String::as_str) {
        Some("running") => Finding::warning("pump", format!("{told}; THERAPY RUNS: a run begins by stopping it")),
        _ => Finding::fine("pump", told),
    }
}
