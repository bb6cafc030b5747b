//! What can be typed. The help texts teach: each command says what it is for and shows one real use.

use super::adapt_args::{Decode, Doctor, Explain, New};
use super::examples;
use super::line_args::{Learn, Shell};
use super::values::{Instant, ShownSource, reason, whole_number};
use clap::{Args, ColorChoice, Parser, Subcommand, ValueEnum};
use pump_hil_rig::Address;
use std::path::PathBuf;

/// Hardware-in-the-loop tests for implantable intrathecal drug pumps.
///
/// pump-hil runs test scenarios that are written in YAML. It talks to a pump's firmware over the serial line and a debug probe, injects
/// faults, and compares the delivered dose with the prescription and with an accepted dose log.
///
/// Exit codes, the first that holds: 1 a pump failed, 2 files or arguments are wrong, 3 the rig broke or a result could not be written,
/// 130 interrupted, 5 a new dose log waits for a review, 4 no case was run (the rig lacks what they need), 0 all that was run passed.
#[derive(Debug, Parser)]
#[command(
    name = "pump-hil",
    bin_name = "pump-hil",
    version,
    max_term_width = 110,
    after_help = examples::ALL
)]
pub struct Cli {
    /// What to log on standard error, as in RUST_LOG: `pump_hil=debug` for every event of a run, `debug` for the probe's work too.
    #[arg(long, global = true, value_name = "FILTER", display_order = 100)]
    pub log: Option<String>,
    /// Folder with your own rigs, devices, drugs and requirements. They are added to the built-in ones. Default: `fixtures`, if there is one.
    #[arg(long, global = true, value_name = "DIR", display_order = 100)]
    pub fixtures: Option<PathBuf>,
    /// Colours: by default on a terminal, if `NO_COLOR`, `CLICOLOR` and `CLICOLOR_FORCE` say nothing else.
    #[arg(long, global = true, value_name = "WHEN", default_value_t = ColorChoice::Auto, display_order = 100)]
    pub color: ColorChoice,
    #[command(subcommand)]
    #[allow(missing_docs, reason = "the variants are documented")]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run scenarios on a rig and judge them.
    ///
    /// Every case writes a journal into the output folder. `replay` can judge it again. The pump is left safe, however a case ends: after a
    /// pass, a failure, Ctrl-C, SIGTERM or a lost cable.
    #[command(after_help = examples::RUN)]
    Run(Run),
    /// Check scenarios without running them. All mistakes are told at once, with line and column.
    ///
    /// If the firmware of the rig is known, the variables and functions that scenarios name are looked up in it, as in a run on that rig.
    #[command(after_help = examples::CHECK)]
    Check(Check),
    /// Make a folder to start in, with one scenario, a rig for the simulator, one for a serial port, and a file for CI.
    ///
    /// With `--link` and `--device`: a folder for a pump of your own, with its rig file, its profile, a scenario and a file for CI.
    #[command(after_help = examples::NEW)]
    New(New),
    /// List scenarios, faults, or which requirements are tested.
    #[command(after_help = examples::LIST)]
    List(List),
    /// Judge journals again. The same journal gives the same verdict, byte for byte.
    #[command(after_help = examples::REPLAY)]
    Replay(Replay),
    /// Show a journal as a time line: the steps of the scenario, what the pump said and did between them, and a plot of the dose.
    #[command(after_help = examples::SHOW)]
    Show(Show),
    /// List the runs that are kept in pump-hil-runs: when, size, verdicts, rig. `runs prune --keep N` deletes old ones.
    #[command(after_help = examples::RUNS)]
    Runs(Runs),
    /// Look at new and changed dose logs one by one, and accept or reject them.
    #[command(after_help = examples::REVIEW)]
    Review(Review),
    /// Read the bytes of a journal again by a device profile: each frame with its fields, and what nobody knows. This is no verdict.
    ///
    /// Mend a profile, and see what it would have understood. Both directions are shown, with what a message says of the pump (`gives`).
    #[command(after_help = examples::DECODE)]
    Decode(Decode),
    /// Check a bench before a run: rig file, port, QEMU, probe, firmware, pump. It changes nothing.
    ///
    /// Each part has a line: ok, warning or wrong, with what to do about it. Without `--rig` it tells what this computer has for any rig. Of a pump
    /// only its identity and its status are asked, and no probe is attached. To ask, the port is opened, which starts some boards anew (DTR).
    #[command(after_help = examples::DOCTOR)]
    Doctor(Doctor),
    /// Explain a word: a verb, a fault, an alarm, a measure, a key of a file, a word of this program, or the code of a mistake.
    #[command(after_help = examples::EXPLAIN)]
    Explain(Explain),
    /// Propose a device profile from a transcript of what went over a line.
    ///
    /// It finds where frames begin and end, a length, a check (the whole catalogue of CRCs, sums, exclusive-ors), escapes, and which parts of
    /// messages vary, each with the number of frames that show it. The profile goes to standard output; what cannot be known stands in it as TODO.
    /// It never says what a message does to the pump: that is for you to state.
    ///
    /// A transcript is one of these, and is recognised: lines with `>` before what was sent and `<` before what the pump said, as texts with
    /// \r, \n and \xNN (in quotes if they hold two blanks in a row), or as bytes such as `02 41 03`; what stands two blanks behind is a comment.
    /// Or the bytes of the pump, as a serial port gave them. Or the journal of a run.
    #[command(after_help = examples::LEARN)]
    Learn(Learn),
    /// Print a JSON Schema, with which an editor completes and checks these files.
    #[command(after_help = examples::SCHEMA)]
    Schema(Schema),
    /// Talk to the pump of a rig: type its verbs or bytes, and see each frame with its fields and the bytes that they were read from.
    ///
    /// A verb is typed as a scenario has it: `status`, or `single-bolus! dose=50uL over=3s`. What may make the pump deliver needs the `!`. Bytes are
    /// typed as `"STAT\r"`, as `0x02 41 03`, or as both. What the pump says unasked is shown as it comes. When the profile is saved, it is read
    /// again, and shows the session so far. `save FILE` writes what was done as a scenario. Lines may come from a pipe.
    ///
    /// However the session ends, if something with an effect was sent, the pump is made safe, as after a run.
    #[command(after_help = examples::SHELL)]
    Shell(Shell),
    /// Print a script that completes commands and options in your shell.
    #[command(after_help = examples::COMPLETIONS)]
    Completions(Completions),
    /// Print the manual page of this program, or of one of its commands.
    #[command(after_help = examples::MAN)]
    Man(Man),
    /// Guard the pump of the run that started this process.
    #[command(hide = true)]
    Guard,
    #[cfg(feature = "sim")]
    /// Run the simulated pump on a serial port of its own, for a terminal program or another test tool.
    #[command(after_help = examples::SIM)]
    Sim(Sim),
}

/// Arguments of `run`.
#[derive(Debug, Args)]
pub struct Run {
    #[command(flatten)]
    #[allow(missing_docs, reason = "flattened")]
    pub select: Select,
    /// Rig: a file, or the name of your own or a built-in one. With several `--rig`, every scenario runs on each.
    #[arg(long, value_name = "RIG")]
    pub rig: Vec<PathBuf>,
    /// Write this firmware into the flash of the chip first, unless it is there already. Its symbols are then used.
    #[arg(long, value_name = "ELF", requires = "rig")]
    pub flash: Option<PathBuf>,
    /// Reach the pump through this line instead of the one in the rig file: a path or an address, such as `tcp:HOST:PORT`.
    #[arg(long, value_name = "PATH|ADDRESS", value_parser = |text: &str| Address::parse(text).map(|_| text.to_owned()))]
    pub port: Option<String>,
    /// Let the rig file start programs. They can do on this host what you can: read the rig file first.
    #[arg(long)]
    pub trust_rig: bool,
    /// Only the cases that did not pass in the run before: the run in `--out` if there is one, else `pump-hil-runs/latest`.
    #[arg(long)]
    pub rerun_failed: bool,
    /// Start no more cases after the first one that does not pass.
    #[arg(long)]
    pub fail_fast: bool,
    /// Run each case N times, to see if the result is the same each time.
    #[arg(long, value_name = "N", conflicts_with = "accept", value_parser = |text: &str| whole_number(text, 1, 10_000_u32))]
    pub repeat: Option<u32>,
    /// Each time a file is saved, run the cases again that use it. Ctrl-C ends it.
    #[arg(long, conflicts_with_all = ["shard", "rerun_failed", "accept"])]
    pub watch: bool,
    /// Only the K-th of N equal parts, for several machines in CI.
    #[arg(long, value_name = "K/N")]
    pub shard: Option<String>,
    /// Run also what takes longer than an hour by the clock, and let set-up wait for lockouts and windows as long as the cases need it. Without
    /// it, a run at a terminal ends with an error that names the case.
    #[arg(long, short)]
    pub yes: bool,
    /// Run nothing. Say which cases would run, how long each takes, and what the rig lacks for the others.
    #[arg(long)]
    pub dry_run: bool,
    /// Accept every dose log that is new or different, and say what it was. Your name and the time are recorded. Not allowed in CI.
    #[arg(long)]
    pub accept: bool,
    /// Why these dose logs are right. The reason is kept in ACCEPTED.jsonl. Without it none is kept, and that is told.
    #[arg(long, value_name = "TEXT", requires = "accept", value_parser = reason)]
    pub reason: Option<String>,
    /// Folder for journals, results.json, junit.xml and manifest.json. Default: a new one in pump-hil-runs. Only one run at a time writes into
    /// a folder, and it deletes there what an earlier run wrote.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// How many cases run at the same time. Default: one for each processor on a simulated rig, one on any other.
    #[arg(long, short, value_name = "N", value_parser = |text: &str| whole_number(text, 1, u16::MAX))]
    pub jobs: Option<u16>,
    /// Show the cases that passed too, with their times, and all details of those that did not.
    #[arg(long, short)]
    pub verbose: bool,
    /// How progress is shown.
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
    /// Rig that is checked too: a file or a name. With several `--rig`, every name in a scenario must be found on each.
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

/// Which cases: the same for every command that takes some.
#[derive(Debug, Args)]
pub struct Select {
    /// Scenarios by name (`flex-day`, `'flex*'`, `eri-then-eos[summer]`), files, or folders. Default: the folder `scenarios`. Folders named
    /// `rejected` and `shared` are left out.
    #[arg(value_name = "WHAT")]
    pub what: Vec<PathBuf>,
    /// Only the cases that match, such as `name(/flex/) or tag(slow)`. Use `and`, `or`, `not` and parentheses with name, file, tag, verifies,
    /// covers, fault, needs. A word alone is a part of the name. In the parentheses is a word, one with `*` in it, or a `/pattern/`.
    #[arg(long, short = 'E', value_name = "EXPR")]
    pub filter: Option<String>,
}

/// Arguments of `list`.
#[derive(Debug, Args)]
pub struct List {
    #[command(flatten)]
    #[allow(missing_docs, reason = "flattened")]
    pub select: Select,
    /// Print JSON for other programs: each case with its file, tags, requirements and needs.
    #[arg(long, conflicts_with_all = ["coverage", "faults", "sources", "rig"])]
    pub json: bool,
    /// The faults that can be injected, with their parameters.
    #[arg(long, conflicts_with = "coverage")]
    pub faults: bool,
    /// Each hazard, recall and requirement, with the scenarios that test it, or the reason why none does.
    #[arg(long)]
    pub coverage: bool,
    /// What this rig can run: how long each case takes there, or what the rig lacks for it. With `--coverage`: what is tested there.
    #[arg(long, value_name = "RIG", conflicts_with_all = ["faults", "sources"])]
    pub rig: Vec<PathBuf>,
    /// All rigs, devices, drugs, requirements and hazards that can be named, each with its file.
    #[arg(long, conflicts_with_all = ["coverage", "faults"])]
    pub sources: bool,
}

/// Arguments of `schema`.
#[derive(Debug, Args)]
pub struct Schema {
    /// The kind of file.
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
    /// Requirements and hazards.
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
    /// Journals (`.jsonl`), or folders of them. The folder of a run is compared with its manifest.json.
    #[arg(required = true, value_name = "JOURNAL")]
    pub journals: Vec<PathBuf>,
}

/// Arguments of `show`.
#[derive(Debug, Args)]
pub struct Show {
    /// A journal (`.jsonl`); or a case of the run, as `run` takes it: a name (`flex-day`, `'flex*'`), a file, a folder. `flex-day@sim` is the
    /// case on that rig, `flex-day@sim~2` its second time there. If several are meant, they are listed.
    #[arg(value_name = "JOURNAL|WHAT")]
    pub what: Vec<PathBuf>,
    /// Only the cases that match, such as `name(/flex/) or tag(slow)`, as for `run`.
    #[arg(long, short = 'E', value_name = "EXPR")]
    pub filter: Option<String>,
    /// The run that the case is taken from. Default: the newest one of the project, or in pump-hil-runs.
    #[arg(long, value_name = "DIR")]
    pub run: Option<PathBuf>,
    /// Begin at this time since the begin of the case, such as `13h`, `13:30:00` or `1+02:00:00` (days before the `+`).
    #[arg(long, value_name = "TIME")]
    pub from: Option<Instant>,
    /// End at this time.
    #[arg(long, value_name = "TIME")]
    pub to: Option<Instant>,
    /// Only events from these: pump, host (what was sent), probe, faults, lines (the pump's lines, as received). Default: all but lines.
    #[arg(long, value_name = "WHAT", value_delimiter = ',')]
    pub only: Vec<ShownSource>,
    /// Without the plot.
    #[arg(long)]
    pub no_plot: bool,
}

/// Arguments of `runs`.
#[derive(Debug, Args)]
pub struct Runs {
    /// The folder of the runs. Default: that of the project, or pump-hil-runs.
    #[arg(long, global = true, value_name = "DIR")]
    pub folder: Option<PathBuf>,
    #[command(subcommand)]
    #[allow(missing_docs, reason = "the variants are documented")]
    pub to_do: Option<RunsDo>,
}

/// What is done with the runs.
#[derive(Debug, Subcommand)]
pub enum RunsDo {
    /// Delete the oldest runs.
    Prune(Prune),
}

/// Arguments of `runs prune`.
#[derive(Debug, Args)]
pub struct Prune {
    /// How many of the newest runs stay.
    #[arg(long, value_name = "N", value_parser = |text: &str| whole_number(text, 0, u16::MAX))]
    pub keep: u16,
    /// Delete nothing. Say which runs would be deleted.
    #[arg(long)]
    pub dry_run: bool,
}

/// Arguments of `review`.
#[derive(Debug, Args)]
pub struct Review {
    #[command(flatten)]
    #[allow(missing_docs, reason = "flattened")]
    pub select: Select,
    /// Accept all of them, without questions.
    #[arg(long)]
    pub all: bool,
    /// Why they are right, for all that are accepted. Without it, each reason is asked for, but not with `--all`. It is kept in ACCEPTED.jsonl.
    #[arg(long, value_name = "TEXT", value_parser = reason)]
    pub reason: Option<String>,
}

/// The last second of 2099, after which a pump's calendar has no day.
#[cfg(feature = "sim")]
const START_MAX: i64 = 3_155_759_999;

/// Arguments of `sim`.
#[cfg(feature = "sim")]
#[derive(Debug, Args)]
pub struct Sim {
    /// Make a link with this path to the serial port, so that you know its name beforehand.
    #[arg(long, value_name = "PATH")]
    pub link: Option<PathBuf>,
    /// Talk on standard input and output instead, until the input ends: for a rig file's `program`.
    #[arg(long, conflicts_with = "link")]
    pub stdio: bool,
    /// How many times faster than the host's clock the pump's time runs.
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
