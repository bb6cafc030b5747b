//! What can be typed. The help texts teach: each command says what it is for and shows one real use.

use crate::report::Source;
use clap::builder::PossibleValue;
use clap::{Args, Parser, Subcommand, ValueEnum};
use pump_hil_model::quantity::Span;
use std::fmt::Display;
use std::path::PathBuf;
use std::str::FromStr;

/// Hardware-in-the-loop tests for implantable intrathecal drug pumps.
///
/// pump-hil loads YAML scenarios, drives a pump's firmware over its serial line and a debug probe, injects faults, and compares what was
/// delivered with what the prescription allows and with an accepted dose log.
///
/// Exit codes, the first that holds: 1 a pump failed, 2 files or arguments are wrong, 3 the rig broke or a result could not be written,
/// 130 interrupted, 5 a new dose log waits for a review, 4 no case was played (the rig lacks what they need), 0 all that was played passed.
#[derive(Debug, Parser)]
#[command(
    name = "pump-hil",
    bin_name = "pump-hil",
    version,
    max_term_width = 110,
    after_help = "Start with:\n  pump-hil run scenarios\n  pump-hil check scenarios/occlusion-during-basal.yaml\n  pump-hil list --faults"
)]
pub struct Cli {
    /// What the log on standard error tells, as in RUST_LOG: `pump_hil=debug` for every event of a run, `debug` for the probe's work as well.
    #[arg(long, global = true, value_name = "FILTER", display_order = 100)]
    pub log: Option<String>,
    /// Folder with rigs, devices, drugs and requirements of your own; they are added to those that are built in. By default `fixtures`, where there is one.
    #[arg(long, global = true, value_name = "DIR", display_order = 100)]
    pub fixtures: Option<PathBuf>,
    #[command(subcommand)]
    #[allow(missing_docs, reason = "the variants are documented")]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run scenarios on a rig and judge them.
    ///
    /// Every case leaves a journal in the output folder, which `replay` judges again. The pump is left safe however a case ends: after a pass,
    /// a failure, Ctrl-C, SIGTERM or a lost cable.
    #[command(
        after_help = "Examples:\n  pump-hil run\n  pump-hil run flex-day\n  pump-hil run --filter 'covers(SF04) and not tag(slow)'\n  pump-hil run --rerun-failed\n  pump-hil run scenarios/ptm-lockout.yaml --rig fixtures/rigs/sim-realtime.yaml\n  pump-hil run scenarios --rig fixtures/rigs/microbit.yaml --flash pump.elf\n  pump-hil run scenarios --accept        # accept new and changed dose logs, with your name"
    )]
    Run(Run),
    /// Check scenarios without running them: everything that is wrong, at once, with line and column.
    ///
    /// With a rig whose firmware is known, the variables and functions that scenarios name are looked up in it, as a run on that rig does.
    Check(Check),
    /// Make a folder to start in: one scenario, rigs for the simulator and for a serial port, a file for CI.
    #[command(after_help = "Example:\n  pump-hil new our-pump\n  cd our-pump\n  pump-hil run")]
    New(New),
    /// List scenarios, faults, or what is covered.
    List(List),
    /// Judge journals again: the same journal gives the same verdict, byte for byte.
    Replay(Replay),
    /// Show a journal as a time line: the scenario's steps, what the pump said and did between them, and the dose in all as a plot.
    #[command(
        after_help = "Examples:\n  pump-hil show occlusion-during-basal\n  pump-hil show pump-hil-runs/latest/flex-day@sim.jsonl --from 13h --to 15h\n  pump-hil show ptm-lockout --only pump,faults"
    )]
    Show(Show),
    /// List the runs that are kept in pump-hil-runs: when, size, verdicts, rig. `runs prune --keep N` takes old ones away.
    #[command(
        after_help = "Examples:\n  pump-hil runs\n  pump-hil runs prune --keep 20\n\nA run that holds a file named KEEP is never taken away."
    )]
    Runs(Runs),
    /// Look at new and changed dose logs one by one, and accept or reject them.
    #[command(
        after_help = "At a terminal a key answers, without Enter:\n  a  accept    r  reject    s  skip    q  quit\n  t  the whole table        space  all there is to see\nIn a pipe each answer is a line. Where nothing is named, these are the logs of your scenarios, and those of the last run.\n\nExit codes: 0 nothing waits any more, 1 something still waits, 2 a file is damaged or was accepted by nobody, 130 interrupted"
    )]
    Review(Review),
    /// Print a JSON Schema that lets an editor complete and check these files.
    #[command(
        after_help = "In VS Code's settings (with the YAML extension):\n  \"yaml.schemas\": {\"./scenario.schema.json\": \"scenarios/*.yaml\"}\nafter\n  pump-hil schema > scenario.schema.json"
    )]
    Schema(Schema),
    /// Print a script that completes commands and options in your shell.
    #[command(
        after_help = "Example:\n  pump-hil completions bash > ~/.local/share/bash-completion/completions/pump-hil"
    )]
    Completions(Completions),
    /// Print the manual page of this program, or of one of its commands.
    #[command(after_help = "Example:\n  pump-hil man run > pump-hil-run.1 && man ./pump-hil-run.1")]
    Man(Man),
    /// Guard the pump of the run that started this process.
    #[command(hide = true)]
    Guard,
    #[cfg(feature = "sim")]
    /// Serve the simulated pump on a serial port of its own, for a terminal program or another test tool.
    #[command(
        after_help = "Example:\n  pump-hil sim --link /tmp/pump &\n  picocom --echo --omap crlf /tmp/pump   # then type: ?identify"
    )]
    Sim(Sim),
}

/// Arguments of `run`.
#[derive(Debug, Args)]
pub struct Run {
    #[command(flatten)]
    #[allow(missing_docs, reason = "flattened")]
    pub select: Select,
    /// Rig: a file, or the name of one of your own or of a built-in one; may be given several times, and every scenario then runs on each.
    #[arg(long, value_name = "RIG")]
    pub rig: Vec<PathBuf>,
    /// Bring this firmware into the chip's flash first, unless it is there already; it is then the rig's firmware, and its symbols count.
    #[arg(long, value_name = "ELF", requires = "rig")]
    pub flash: Option<PathBuf>,
    /// Only the cases that did not pass in the run before: the one in `--out` where a run is there, else `pump-hil-runs/latest`.
    #[arg(long)]
    pub rerun_failed: bool,
    /// Begin no more cases once one did not pass.
    #[arg(long)]
    pub fail_fast: bool,
    /// Play each case so often, to see whether it comes out the same each time.
    #[arg(long, value_name = "N", conflicts_with = "accept", value_parser = |text: &str| whole_number(text, 1, 10_000_u32))]
    pub repeat: Option<u32>,
    /// Go on until Ctrl-C: when a file is saved, play again the cases that it is part of.
    #[arg(long, conflicts_with_all = ["shard", "rerun_failed", "accept"])]
    pub watch: bool,
    /// Only the K-th of N equal parts, for several machines in CI.
    #[arg(long, value_name = "K/N")]
    pub shard: Option<String>,
    /// Play nothing: say which cases would be played, how long each takes, and which are skipped for want of what.
    #[arg(long)]
    pub dry_run: bool,
    /// Accept every dose log that is new or differs; who and when is recorded. Refused in CI.
    #[arg(long)]
    pub accept: bool,
    /// Why what comes is right; it is kept in ACCEPTED.jsonl.
    #[arg(long, value_name = "TEXT", requires = "accept")]
    pub reason: Option<String>,
    /// Folder for journals, results.json, junit.xml and manifest.json, by default a new one under pump-hil-runs. One run at a time writes into a
    /// folder, and takes away there what an earlier one left.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Cases that run at the same time; by default one a processor on a simulated rig, one on any other.
    #[arg(long, short, value_name = "N", value_parser = |text: &str| whole_number(text, 1, u16::MAX))]
    pub jobs: Option<u16>,
    /// Also the cases that passed, with their time and the pump's, and all that is to be said of those that did not.
    #[arg(long, short)]
    pub verbose: bool,
    /// Progress while it runs.
    #[arg(long, value_enum, default_value_t = Progress::Auto)]
    pub progress: Progress,
    #[command(flatten)]
    #[allow(missing_docs, reason = "flattened")]
    pub defect: Defect,
}

/// Arguments of `check`.
#[derive(Debug, Args)]
pub struct Check {
    #[command(flatten)]
    #[allow(missing_docs, reason = "flattened")]
    pub select: Select,
    /// Rig, which is checked as well: a file or a name; may be given several times, and every name of a scenario must be found on each.
    #[arg(long, value_name = "RIG")]
    pub rig: Vec<PathBuf>,
}

/// Test only.
#[derive(Debug, Args)]
pub struct Defect {
    /// Build the simulated pump with this defect.
    #[cfg(feature = "seeded-defects")]
    #[arg(long, hide = true)]
    defect: Option<String>,
}

impl Defect {
    /// The defect's name; never one in a build without them.
    #[must_use]
    pub fn name(&self) -> Option<String> {
        #[cfg(feature = "seeded-defects")]
        return self.defect.clone();
        #[cfg(not(feature = "seeded-defects"))]
        return None;
    }
}

/// How progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Progress {
    /// A bar on a terminal, plain lines elsewhere.
    Auto,
    /// A bar.
    Bar,
    /// A line for each case.
    Plain,
    /// Nothing.
    None,
}

/// Which cases: said in one way to every command that takes some.
#[derive(Debug, Args)]
pub struct Select {
    /// Scenarios by name (`flex-day`, `eri-then-eos[summer]`), files of them, or folders; by default the folder `scenarios`. Folders named
    /// `rejected` and `shared` are left out.
    #[arg(value_name = "WHAT")]
    pub what: Vec<PathBuf>,
    /// Only these of them: `name(/flex/) or tag(slow)`, with `and`, `or`, `not` and parentheses. To ask for: name, file, tag, verifies, covers, fault,
    /// needs; a word alone is a part of the name. In the parentheses stands a word, one with `*` in it, or a `/pattern/`.
    #[arg(long, short = 'E', value_name = "EXPR")]
    pub filter: Option<String>,
}

/// Arguments of `list`.
#[derive(Debug, Args)]
pub struct List {
    #[command(flatten)]
    #[allow(missing_docs, reason = "flattened")]
    pub select: Select,
    /// As JSON, for other programs: each case with its file, tags, requirements and needs.
    #[arg(long, conflicts_with_all = ["coverage", "faults"])]
    pub json: bool,
    /// The faults that can be injected, with their parameters.
    #[arg(long, conflicts_with = "coverage")]
    pub faults: bool,
    /// Each row of the seed inventory, recalls and requirements, with the scenarios that cover it or the reason why none does.
    #[arg(long)]
    pub coverage: bool,
    /// What this rig can play: each case with how long it takes there, or for want of what it is skipped. With `--coverage`: what it covers there.
    #[arg(long, value_name = "RIG", conflicts_with_all = ["faults", "sources"])]
    pub rig: Vec<PathBuf>,
    /// All rigs, devices, drugs, requirements and rows that can be named, with the file that each is from.
    #[arg(long, conflicts_with_all = ["coverage", "faults"])]
    pub sources: bool,
}

/// Arguments of `new`.
#[derive(Debug, Args)]
pub struct New {
    /// The folder: one that is not there yet, or an empty one.
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
}

/// Arguments of `schema`.
#[derive(Debug, Args)]
pub struct Schema {
    /// Which files it is for.
    #[arg(value_enum, default_value_t = SchemaKind::Scenario)]
    pub kind: SchemaKind,
}

/// Kinds of files that have a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SchemaKind {
    /// Scenarios.
    Scenario,
    /// Shared set-ups, which scenarios include.
    Setup,
    /// Drugs.
    Drugs,
    /// Requirements and rows of the inventory.
    Requirements,
    /// Rig files.
    Rig,
    /// Device profiles.
    Device,
}

/// Arguments of `completions`.
#[derive(Debug, Args)]
pub struct Completions {
    /// The shell.
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}

/// Arguments of `man`.
#[derive(Debug, Args)]
pub struct Man {
    /// The command, such as `run`.
    #[arg(value_name = "COMMAND")]
    pub of: Option<String>,
}

/// Arguments of `replay`.
#[derive(Debug, Args)]
pub struct Replay {
    /// Journals (`.jsonl`), or folders of them; a run's folder is held to its manifest.json.
    #[arg(required = true, value_name = "JOURNAL")]
    pub journals: Vec<PathBuf>,
}

/// Arguments of `show`.
#[derive(Debug, Args)]
pub struct Show {
    /// A journal (`.jsonl`), or the name of a case of the run.
    #[arg(value_name = "JOURNAL|CASE")]
    pub journal: String,
    /// The run whose case is meant; by default the newest of the project, or in pump-hil-runs.
    #[arg(long, value_name = "DIR")]
    pub run: Option<PathBuf>,
    /// From this time since the begin on, such as `13h`, `13:30:00` or `1+02:00:00` (days before the `+`).
    #[arg(long, value_name = "TIME")]
    pub from: Option<Instant>,
    /// Up to this time.
    #[arg(long, value_name = "TIME")]
    pub to: Option<Instant>,
    /// Only what comes of these: pump, host (what was sent), probe, faults, lines (from the pump, as they came). All but lines by default.
    #[arg(long, value_name = "WHAT", value_delimiter = ',')]
    pub only: Vec<ShownSource>,
    /// Without the plot.
    #[arg(long)]
    pub no_plot: bool,
}

/// An instant of a scenario, since its begin.
#[derive(Debug, Clone, Copy)]
pub struct Instant(pub Span);

impl FromStr for Instant {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let span = Span::from_clock(text).or_else(|| text.parse().ok());
        let example = "give a time since the begin, such as `13h`, `13:30:00` or `1+02:00:00`";
        span.map(Self).ok_or_else(|| example.to_owned())
    }
}

/// A source of what a journal holds.
#[derive(Debug, Clone, Copy)]
pub struct ShownSource(pub Source);

impl ValueEnum for ShownSource {
    fn value_variants<'a>() -> &'a [Self] {
        &[
            Self(Source::Pump),
            Self(Source::Host),
            Self(Source::Probe),
            Self(Source::Faults),
            Self(Source::Lines),
        ]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.0.word()))
    }
}

/// Arguments of `runs`.
#[derive(Debug, Args)]
pub struct Runs {
    /// Where the runs are; by default those of the project, or in pump-hil-runs.
    #[arg(long, global = true, value_name = "DIR")]
    pub folder: Option<PathBuf>,
    #[command(subcommand)]
    #[allow(missing_docs, reason = "the variants are documented")]
    pub to_do: Option<RunsDo>,
}

/// What is done with the runs.
#[derive(Debug, Subcommand)]
pub enum RunsDo {
    /// Take the oldest runs away.
    Prune(Prune),
}

/// Arguments of `runs prune`.
#[derive(Debug, Args)]
pub struct Prune {
    /// How many of the newest stay.
    #[arg(long, value_name = "N", value_parser = |text: &str| whole_number(text, 0, u16::MAX))]
    pub keep: u16,
    /// Only say which ones would be taken away.
    #[arg(long)]
    pub dry_run: bool,
}

/// Arguments of `review`.
#[derive(Debug, Args)]
pub struct Review {
    #[command(flatten)]
    #[allow(missing_docs, reason = "flattened")]
    pub select: Select,
    /// Accept all of them without asking.
    #[arg(long)]
    pub all: bool,
    /// Why they are right, for all that are accepted; else each is asked for. It is kept in ACCEPTED.jsonl.
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
}

/// The last second of 2099, after which a pump's calendar has no day.
#[cfg(feature = "sim")]
const START_MAX: i64 = 3_155_759_999;

/// A whole number between two others. What is none is told without the names of Rust's types and ranges.
fn whole_number<N>(text: &str, low: N, high: N) -> Result<N, String>
where
    N: FromStr + PartialOrd + Display + Copy,
{
    let number = text.parse().ok().filter(|number| (low..=high).contains(number));
    number.ok_or_else(|| format!("it must be a whole number from {low} to {high}"))
}

/// Arguments of `sim`.
#[cfg(feature = "sim")]
#[derive(Debug, Args)]
pub struct Sim {
    /// Make this path a link to the serial port, so that its name is known beforehand.
    #[arg(long, value_name = "PATH")]
    pub link: Option<PathBuf>,
    /// How many times faster than the wall clock the pump's time runs.
    #[arg(long, default_value_t = 1, value_parser = |text: &str| whole_number(text, 1, 100_000_u32))]
    pub scale: u32,
    /// Seed of the physics.
    #[arg(long, default_value_t = 1, value_parser = |text: &str| whole_number(text, 0, u64::MAX))]
    pub seed: u64,
    /// Civil time at first power, in seconds since 2000-01-01T00:00:00.
    #[arg(long, default_value_t = 0, value_name = "SECONDS", value_parser = |text: &str| whole_number(text, 0, START_MAX))]
    pub start: i64,
    /// End when this process, which started this one, ends.
    #[arg(long, hide = true, value_name = "PID")]
    pub with_parent: Option<i32>,
    #[command(flatten)]
    #[allow(missing_docs, reason = "flattened")]
    pub defect: Defect,
}
