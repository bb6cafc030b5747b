//! `pump-hil show`: a journal as a person reads it.

use super::args::Show;
use super::exit::{CliError, Exit};
use super::played::Run;
use super::print::{eprint, print, print_hung, print_painted};
use super::project::Project;
use super::scenario_lines::ScenarioLines;
use super::values::ShownSource;
use super::width;
use crate::journal;
use crate::manifest;
use crate::report::{Part, Point, Points, ScenarioResult, Source, Timeline, quoted, terminal};
use crate::runs::{self, RunFolder};
use pump_hil_model::case::Measure;
use pump_hil_model::event::{Body, Said};
use pump_hil_model::quantity::Span;
use pump_hil_model::safe_text::{safe, safe_path};
use pump_hil_verdict::journal::Header;
use pump_hil_verdict::judge::Judge;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// What is shown where nothing is asked for: raw lines say the same again.
const USUAL: &[Source] = &[Source::Pump, Source::Host, Source::Probe, Source::Faults];

/// Where the words of an event begin: behind its time, and what it is from.
const BEHIND_SOURCE: usize = 28;

/// Text that is printed at once: a journal may be large.
const CHUNK: usize = 64 << 10;

pub(super) fn show(args: &Show, project: &Project) -> Result<Exit, CliError> {
    if args.from.zip(args.to).is_some_and(|(from, to)| from.0 > to.0) {
        return Err(CliError::usage(
            "`--from` is later than `--to`, so there is nothing between them",
        ));
    }
    match meant(args, project)? {
        Meant::One(path, round) => timeline(args, project, &path, round),
        Meant::Several(told) => {
            // Nothing is shown, and a script must not take the list for a time line.
            eprint(&told);
            Err(CliError::told())
        }
    }
}

/// What is to be shown.
enum Meant {
    /// A journal, and which time its case was played.
    One(PathBuf, Option<u32>),
    /// How to choose one.
    Several(String),
}

/// The journal that is meant: a file, or the only case of a run that was named; else how to choose one.
fn meant(args: &Show, project: &Project) -> Result<Meant, CliError> {
    let is_scenario = |path: &Path| {
        path.extension()
            .is_some_and(|ending| ending == "yaml" || ending == "yml")
    };
    if let ([one], None) = (&args.what[..], &args.filter)
        && one.is_file()
        && !is_scenario(one)
    {
        return Ok(Meant::One(one.clone(), None));
    }
    if let Some(journal) = args.what.iter().find(|what| journal::is_one(what) && !what.exists()) {
        return Err(CliError::usage(format!("there is no file `{}`", safe_path(journal))));
    }
    // The folder of a run can be named as it is for the other commands.
    let is_run = |path: &PathBuf| path.join(manifest::NAME).is_file();
    let (what, named) = match (&args.what[..], &args.run) {
        ([one], None) if is_run(one) => (&args.what[1..], Some(one)),
        (what, run) => (what, run.as_ref()),
    };
    let folder = named.cloned().unwrap_or_else(|| project.runs().join("latest"));
    let run = Run::read(&folder, named.is_some())?;
    let chosen = run.chosen(what, args.filter.as_deref());
    let chosen = chosen.map_err(|error| match (what, named) {
        ([one], None) => older(one, project).unwrap_or(error),
        _ => error,
    })?;
    match &chosen[..] {
        [one] => Ok(Meant::One(one.journal.clone(), one.round)),
        several => Ok(Meant::Several(run.to_choose(several))),
    }
}

/// That a case did not run in the last run, but in one before it; `None` where it ran in none.
fn older(what: &Path, project: &Project) -> Option<CliError> {
    let name = what.to_str()?;
    let case = name.split('@').next().filter(|case| !case.is_empty())?;
    let ran_in = |run: &&RunFolder| {
        let entries = std::fs::read_dir(&run.path).into_iter().flatten().flatten();
        let mut names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
        names.any(|file| file.strip_prefix(case).is_some_and(|rest| rest.starts_with('@')) && file.ends_with(".jsonl"))
    };
    let runs = runs::list(&project.runs()).ok()?;
    let run = runs.iter().rev().find(ran_in)?;
    // Where it ran in the last one, what is wrong is told already.
    let last = project.runs().join("latest").canonicalize().ok();
    if run.path.canonicalize().ok() == last {
        return None;
    }
    Some(CliError::usage(format!(
        "`{}` did not run in the last run, but in an earlier one: pump-hil show {} --run {}",
        safe(name),
        quoted(name),
        quoted(&run.path.to_string_lossy())
    )))
}

/// Prints a journal.
fn timeline(args: &Show, project: &Project, path: &Path, round: Option<u32>) -> Result<Exit, CliError> {
    let cannot = |error: &dyn std::fmt::Display| CliError::rig(error.to_string());
    let judged = journal::judge_file(path).map_err(|e| cannot(&e))?;
    let mut result = ScenarioResult::new(&judged.header.case, &judged.header.rig, Duration::ZERO, judged.outcome);
    // The events stand in the time line.
    result.outcome.last_events.clear();
    result.journal = Some(safe_path(path));
    result.round = round;
    let lines = ScenarioLines::of(path, &judged.header.case, &project.scenarios(&[]));
    if let Some(lines) = &lines {
        result.file = safe_path(&lines.file);
    }
    let line_of = |_: &str, line: u32| lines.as_ref().and_then(|lines| lines.line(line));
    let width = width::columns(std::io::stdout()).unwrap_or(width::OF_FILES);
    print_painted(&head(
        &judged.header,
        &result,
        &terminal::in_full(&result, &line_of, width),
    ))?;
    if !args.no_plot {
        print(&points(path, args)?.plot(&judged.header.case.units))?;
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
    let (header, mut events) = journal::open(path).map_err(|e| cannot(&e))?.into_parts();
    let mut timeline = Timeline::new(&header.case, part);
    let (mut text, mut last) = (String::new(), Span(0));
    for event in events.by_ref() {
        last = event.t;
        text.push_str(&timeline.lines(&event));
        if text.len() >= CHUNK {
            print_hung(&std::mem::take(&mut text), BEHIND_SOURCE)?;
        }
    }
    events.finish().map_err(|e| cannot(&e))?;
    if let Some(from) = args.from.filter(|from| from.0 > last) {
        text.push_str(&format!(
            "there is nothing from {} on: the last event is at {}\n",
            from.0.clock(),
            last.clock()
        ));
    }
    if timeline.outside() > 0 {
        text.push_str(&format!(
            "{} events are outside of --from and --to\n",
            timeline.outside()
        ));
    }
    if timeline.left_out() > 0 {
        text.push_str(&format!(
            "{} events are not shown; `--only pump,host,probe,faults,lines` shows all\n",
            timeline.left_out()
        ));
    }
    print_hung(&text, BEHIND_SOURCE)?;
    // It shows; what is judged, `replay` says.
    Ok(Exit::Passed)
}

/// What ran, on what, and what came of it.
fn head(header: &Header, result: &ScenarioResult, told: &str) -> String {
    let (_, why) = told.split_once('\n').unwrap_or_default();
    format!(
        "{} {} on {}, {}, {}\n  {}\n{why}",
        result.word(),
        safe(&result.shown()),
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

/// What was prescribed, and what the pump reported and the probe saw, at each of its entries in the part that is asked for.
fn points(path: &Path, args: &Show) -> Result<Points, CliError> {
    let cannot = |error: &dyn std::fmt::Display| CliError::rig(error.to_string());
    let (header, mut events) = journal::open(path).map_err(|e| cannot(&e))?.into_parts();
    let (from, to) = (args.from.map(|from| from.0), args.to.map(|to| to.0));
    let is_shown = |t: Span| from.is_none_or(|from| t >= from) && to.is_none_or(|to| t <= to);
    let mut judge = Judge::new(&header.case);
    let mut points = match from.or(to) {
        Some(_) => Points::of_part(),
        None => Points::default(),
    };
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
        if is_entry && observed.begun && observed.reported.is_some() && is_shown(event.t) {
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
