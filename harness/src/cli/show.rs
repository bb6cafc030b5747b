//! `pump-hil show`: a journal as a person reads it.

use super::args::{Show, ShownSource};
use super::exit::{CliError, Exit};
use super::print::print;
use super::project::Project;
use crate::journal;
use crate::report::{Part, Point, Points, ScenarioResult, Source, Timeline, terminal};
use pump_hil_model::case::Measure;
use pump_hil_model::diagnostic::suggest;
use pump_hil_model::event::{Body, Said};
use pump_hil_model::safe_text::{safe, safe_path};
use pump_hil_verdict::journal::Header;
use pump_hil_verdict::judge::Judge;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// What is shown where nothing is asked for: raw lines say the same again.
const USUAL: &[Source] = &[Source::Pump, Source::Host, Source::Probe, Source::Faults];

/// Text that is printed at once: a journal may be large.
const CHUNK: usize = 64 << 10;

pub(super) fn show(args: &Show, project: &Project) -> Result<Exit, CliError> {
    if args.from.zip(args.to).is_some_and(|(from, to)| from.0 > to.0) {
        return Err(CliError::usage(
            "`--from` is later than `--to`, so there is nothing between them",
        ));
    }
    let run = args.run.clone().unwrap_or_else(|| project.runs().join("latest"));
    let path = journal_of(args, &run)?;
    let cannot = |error: &dyn std::fmt::Display| CliError::rig(error.to_string());
    let judged = journal::judge_file(&path).map_err(|e| cannot(&e))?;
    let mut result = ScenarioResult::new(&judged.header.case, &judged.header.rig, Duration::ZERO, judged.outcome);
    // The events stand in the time line.
    result.outcome.last_events.clear();
    result.journal = Some(safe_path(&path));
    print(&head(&judged.header, &result))?;
    if !args.no_plot {
        print(&points(&path)?.plot(&judged.header.case.units))?;
    }
    print("\n")?;
    let sources = if args.only.is_empty() {
        USUAL.iter().copied().collect()
    } else {
        args.only.iter().map(|ShownSource(source)| *source).collect()
    };
    let part = Part {
        from: args.from.map(|from| from.0),
        to: args.to.map(|to| to.0),
        sources,
    };
    let (header, mut events) = journal::open(&path).map_err(|e| cannot(&e))?.into_parts();
    let mut timeline = Timeline::new(&header.case, part);
    let mut text = String::new();
    for event in events.by_ref() {
        text.push_str(&timeline.lines(&event));
        if text.len() >= CHUNK {
            print(&std::mem::take(&mut text))?;
        }
    }
    events.finish().map_err(|e| cannot(&e))?;
    if timeline.left_out() > 0 {
        text.push_str(&format!(
            "{} events are not shown; `--only pump,host,probe,faults,lines` shows all\n",
            timeline.left_out()
        ));
    }
    print(&text)?;
    // It shows; what is judged, `replay` says.
    Ok(Exit::Passed)
}

/// What ran, on what, and what came of it.
fn head(header: &Header, result: &ScenarioResult) -> String {
    let told = terminal::result(result);
    let (_, why) = told.split_once('\n').unwrap_or_default();
    format!(
        "{} {} on {}, {}, {}\n  {}\n{why}",
        result.word(),
        safe(&result.name),
        safe(&header.rig),
        started(&header.started),
        safe(&header.harness),
        safe(&header.case.summary),
    )
}

/// To the second, as people write it.
fn started(at: &str) -> String {
    let text = at.parse::<jiff::Timestamp>();
    text.map_or_else(|_| safe(at), |at| at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string())
}

/// What was prescribed, and what the pump reported and the probe saw, at each of its entries.
fn points(path: &Path) -> Result<Points, CliError> {
    let cannot = |error: &dyn std::fmt::Display| CliError::rig(error.to_string());
    let (header, mut events) = journal::open(path).map_err(|e| cannot(&e))?.into_parts();
    let (mut judge, mut points) = (Judge::new(&header.case), Points::default());
    let mut entry = None;
    for event in events.by_ref() {
        let event = Arc::new(event);
        if let Some(point) = entry.take_if(|point: &mut Point| point.t < event.t) {
            points.push(with_probe(point, &judge));
        }
        judge.on_event(Arc::clone(&event));
        let is_entry = matches!(
            event.body,
            Body::Pump {
                said: Said::Dose(_),
                ..
            }
        );
        let observed = judge.observed();
        if is_entry && observed.begun && observed.reported.is_some() {
            entry = Some(Point {
                t: event.t,
                prescribed: judge.prescribed_nl(),
                reported: observed.measure(Measure::Reported, None).unwrap_or(0),
                actuated: None,
                delivered: None,
            });
        }
    }
    events.finish().map_err(|e| cannot(&e))?;
    if let Some(point) = entry {
        points.push(with_probe(point, &judge));
    }
    Ok(points)
}

/// With what the probe saw at that instant, which stands behind what the pump said then.
fn with_probe(point: Point, judge: &Judge) -> Point {
    let measure = |what| judge.observed().measure(what, None);
    Point {
        actuated: measure(Measure::Actuated),
        delivered: measure(Measure::Delivered),
        ..point
    }
}

/// The journal that is meant: a file, or a case of a run.
fn journal_of(args: &Show, run: &Path) -> Result<PathBuf, CliError> {
    let named = Path::new(&args.journal);
    if named.is_file() {
        return Ok(named.to_owned());
    }
    let mut found = Vec::new();
    let mut others = Vec::new();
    let entries = std::fs::read_dir(run).map_err(|e| {
        let run = safe_path(run);
        CliError::usage(format!(
            "there is no file `{}`, and no run in `{run}` to look for a case of that name: {e}; name a journal, or `--run DIR`",
            safe(&args.journal)
        ))
    })?;
    for entry in entries.flatten() {
        let path = entry.path();
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if !journal::is_one(&path) {
            continue;
        }
        match name.rsplit_once('@') {
            Some((case, _)) if case == args.journal => found.push(path),
            Some((case, _)) => others.push(case.to_owned()),
            None => {}
        }
    }
    found.sort();
    match found.as_slice() {
        [one] => Ok(one.clone()),
        [] => Err(CliError::usage(none_found(args, run, &others))),
        several => {
            let names: Vec<String> = several.iter().map(|path| format!("`{}`", safe_path(path))).collect();
            Err(CliError::usage(format!(
                "`{}` ran on several rigs: name one of {}",
                safe(&args.journal),
                names.join(", ")
            )))
        }
    }
}

/// That there is none, and which name is near.
fn none_found(args: &Show, run: &Path, others: &[String]) -> String {
    let (named, run) = (safe(&args.journal), safe_path(run));
    let near = suggest(&args.journal, others.iter().map(String::as_str));
    let near = near.map_or(String::new(), |near| format!("; {near}"));
    format!("there is no file `{named}`, and no journal of a case `{named}` in `{run}`{near}")
}
