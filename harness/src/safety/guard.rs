//! The guard as the run sees it: a second process of this program, which holds the pump's port and is told again and again that the run lives.
//!
//! It is the same program with a hidden command. Its standard input is the pipe of beats, its standard output the port, its standard error says that it is
//! ready. While the run lives it neither reads the port nor writes to it. See [`watch`](super::watch) for what it does then.

use super::stop::Done;
use pump_hil_model::trouble::{Trouble, TroubleCode};
use pump_hil_rig::{LinkAt, Rig, RigFile, Right, host_time};
use serde::{Deserialize, Serialize};
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;
use std::time::Duration;

/// Said again and again: the run lives.
pub(super) const BEAT: u8 = b'.';
/// Said last: the pump is as the run left it, and nothing is to be done.
pub(super) const DISMISSED: u8 = b'q';
/// What it says itself once it stands by.
pub(super) const READY: &str = "ready";
/// Of the time for which a run may be stopped, beats come so often.
const BEATS: u32 = 10;
/// A run is told of at least so often.
const BEAT_MOST: Duration = Duration::from_millis(500);
/// How long a guard may take to end.
const ENDS_WITHIN: Duration = Duration::from_secs(20);
/// How often its report is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// The program that guards: this one. Only who has the command line of this program says so; the program of a test has not.
static PROGRAM: OnceLock<PathBuf> = OnceLock::new();

/// From here on pumps are guarded by this program, whose command line has the command `guard`.
pub(crate) fn by(program: PathBuf) {
    let _ = PROGRAM.set(program);
}

/// What a guard is to know.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Order {
    /// The run's process.
    pub process: i32,
    /// The rig: its file, or its name where it is part of the program.
    pub rig: PathBuf,
    /// The user's own fixtures, in which its device may be.
    pub fixtures: Option<PathBuf>,
    /// The port that it is handed.
    pub port: LinkAt,
    /// The lock file of the right to speak.
    pub right: PathBuf,
    /// The run's journal.
    pub journal: PathBuf,
    /// How long the run may be stopped, ms.
    pub limit_ms: u64,
}

/// How the name of its report ends. It is no journal, and the manifest of a run, which is whole only where the run came to its end, does not tell of it.
const ENDING: &str = "guard.json";

/// Whether this is a guard's report by its name.
pub(crate) fn is_report(path: &Path) -> bool {
    let name = path.file_name().map(std::ffi::OsStr::as_encoded_bytes);
    name.and_then(|name| name.strip_suffix(ENDING.as_bytes()))
        .is_some_and(|case| case.ends_with(b"."))
}

/// What a guard did, beside the journal.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Report {
    /// Number of this form.
    pub pump_hil_guard: u32,
    /// The run's process.
    pub process: i32,
    /// When it took over, UTC.
    pub began: String,
    /// When it was done, UTC.
    pub ended: String,
    /// Why it took over.
    pub why: String,
    /// What it did.
    pub did: Vec<String>,
    /// What it could not make safe.
    pub failed: Vec<String>,
    /// What was said on the line, to and fro.
    pub lines: Vec<String>,
}

impl Report {
    /// Where the guard of the run with this journal writes it.
    pub fn path(journal: &Path) -> PathBuf {
        journal.with_extension(ENDING)
    }

    /// Where it writes it for the next run on this pump, which may find the journal's folder empty: beside the lock file of the right to speak.
    pub fn path_for_next(right: &Path) -> PathBuf {
        right.with_extension(ENDING)
    }

    /// What a guard wrote here, if it acted.
    pub fn at(path: &Path) -> Option<Self> {
        let text = std::fs::read(path).ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// Waits for it, as long as a guard may take.
    pub async fn awaited(journal: &Path, limit: Duration) -> Done {
        let begun = host_time::now();
        loop {
            if let Some(report) = Self::at(&Self::path(journal)) {
                let why = format!("its guard took over: {}", report.why);
                let did = std::iter::once(why).chain(report.did).collect();
                return Done {
                    did,
                    failed: report.failed,
                };
            }
            if begun.elapsed() > limit {
                let what = "its guard took over, and does not tell what it did: SWITCH THE PUMP OFF BY HAND".to_owned();
                return Done {
                    did: Vec::new(),
                    failed: vec![what],
                };
            }
            host_time::sleep(LOOK_EVERY).await;
        }
    }
}

/// A guard that stands by.
#[derive(Debug)]
pub(crate) struct Guard {
    child: Child,
    /// Open as long as it stands by: it must not be told that nobody listens.
    _said: BufReader<ChildStderr>,
    beats: Option<(Sender<()>, JoinHandle<()>)>,
    gone: Arc<AtomicBool>,
}

impl Guard {
    /// Starts the guard of an open rig, before anything is asked of its pump; `None` where this program has no command for it.
    ///
    /// # Errors
    /// It does not start.
    pub fn start(file: &RigFile, rig: &mut Rig, right: &Path, journal: &Path) -> Result<Option<Self>, Trouble> {
        let Some(program) = PROGRAM.get() else {
            return Ok(None);
        };
        let cannot = |what: &dyn std::fmt::Display| {
            let what = format!("the guard of the pump does not start: {what}");
            Trouble::told(TroubleCode::of("rig-no-guard"), what)
        };
        let mut out = rig.way_out();
        let Some(port) = out.port() else { return Ok(None) };
        for path in [Report::path(journal), Report::path_for_next(right)] {
            // An older one would be taken for what this one does.
            let _ = std::fs::remove_file(path);
        }
        let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let order = Order {
            process: i32::try_from(std::process::id()).map_err(|e| cannot(&e))?,
            rig: match file.is_built_in {
                true => PathBuf::from(&file.name),
                false => absolute(&file.path),
            },
            fixtures: file.shelf.own().map(absolute),
            port,
            right: right.to_owned(),
            journal: absolute(journal),
            limit_ms: host_time::ms(file.limits.guard),
        };
        let started = out.port_for_guard().and_then(|port| start(program, port, &order));
        let mut guard = started.map_err(|e| cannot(&e))?;
        out.speak_with(Right::at(right).map_err(|e| cannot(&e))?);
        guard.beat(file.limits.guard);
        Ok(Some(guard))
    }

    /// Tells it again and again that this run lives.
    fn beat(&mut self, limit: Duration) {
        let Some(mut pipe) = self.child.stdin.take() else {
            return;
        };
        let every = limit.checked_div(BEATS).map_or(BEAT_MOST, |every| every.min(BEAT_MOST));
        let gone = Arc::clone(&self.gone);
        let (stop, stopped) = channel();
        let beats = std::thread::spawn(move || {
            while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(every) {
                if pipe.write_all(&[BEAT]).is_err() {
                    gone.store(true, Ordering::Release);
                    return;
                }
            }
            // Dropped behind it: without this word the end of the pipe is the end of the run.
            let _ = pipe.write_all(&[DISMISSED]);
        });
        self.beats = Some((stop, beats));
    }

    /// The pump is left as it is: the guard ends. Tells what is wrong with it.
    pub fn dismiss(mut self) -> Option<Trouble> {
        if let Some((stop, beats)) = self.beats.take() {
            let _ = stop.send(());
            let _ = beats.join();
        }
        let begun = host_time::now();
        while matches!(self.child.try_wait(), Ok(None)) && begun.elapsed() < ENDS_WITHIN {
            std::thread::park_timeout(Duration::from_millis(1));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
        let what = "the guard of the pump ended before its run: a run that was killed would have left it running";
        self.gone
            .load(Ordering::Acquire)
            .then(|| Trouble::told(TroubleCode::of("rig-no-guard"), what))
    }
}

fn start(program: &Path, port: std::os::fd::OwnedFd, order: &Order) -> std::io::Result<Guard> {
    let mut child = Command::new(program)
        .arg("guard")
        .stdin(Stdio::piped())
        .stdout(Stdio::from(port))
        .stderr(Stdio::piped())
        // Ctrl-C and Ctrl-Z in a terminal reach the whole group: the guard must not end or stop with the run.
        .process_group(0)
        .spawn()?;
    let mut line = serde_json::to_vec(order)?;
    line.push(b'\n');
    let said = child
        .stderr
        .take()
        .ok_or_else(|| std::io::Error::other("it has no standard error"))?;
    let mut said = BufReader::new(said);
    if let Some(pipe) = &mut child.stdin {
        pipe.write_all(&line)?;
    }
    let mut first = String::new();
    said.read_line(&mut first)?;
    if first.trim() != READY {
        let _ = child.kill();
        let _ = child.wait();
        return Err(std::io::Error::other(format!("it says `{}`", first.trim())));
    }
    Ok(Guard {
        child,
        _said: said,
        beats: None,
        gone: Arc::new(AtomicBool::new(false)),
    })
}
