//! The guard as the run sees it: a second process of this program, which holds the pump's port and is told again and again that the run lives.
//!
//! It is the same program with a hidden command. Its standard input is a socket to the run: what is said there are messages ([`wire`](super::wire)). One
//! guard serves all cases of a run, one after the other; between them it has no port. While the run lives it neither reads the port nor writes to it. See
//! [`watch`](super::watch) for what it does then.

use super::stop::Done;
use super::wire::{self, Call, FREE, Order, READY};
use pump_hil_model::trouble::{Trouble, TroubleCode};
use pump_hil_rig::{Rig, RigFile, Right, host_time};
use serde::{Deserialize, Serialize};
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;
use std::time::Duration;

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

/// A guard: a process that stands by while a case is played, and waits for the next case between them.
#[derive(Debug)]
pub(crate) struct Guard {
    child: Child,
    run: Arc<OwnedFd>,
    /// It stands by for a case.
    is_on_duty: bool,
    beats: Option<(Sender<()>, JoinHandle<()>)>,
    gone: Arc<AtomicBool>,
}

impl Guard {
    /// Starts a guard for the pumps of this rig file; `None` where this program has no command for it, or where no pump lives on without this program.
    ///
    /// # Errors
    /// It does not start.
    pub fn call(file: &RigFile) -> Result<Option<Self>, Trouble> {
        let Some(program) = PROGRAM.get().filter(|_| file.lives_on().is_some()) else {
            return Ok(None);
        };
        let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let call = Call {
            process: i32::try_from(std::process::id()).map_err(|e| does_not_start(&e))?,
            rig: match file.is_built_in {
                true => PathBuf::from(&file.name),
                false => absolute(&file.path),
            },
            fixtures: file.shelf.own().map(absolute),
        };
        let mut guard = start(program, &call).map_err(|e| does_not_start(&e))?;
        guard.beat(file.limits.guard);
        Ok(Some(guard))
    }

    /// Has it stand by for the pump of an open rig, before anything is asked of it. Tells whether it does: not where the line is none that can be handed
    /// over.
    ///
    /// # Errors
    /// It cannot.
    pub fn stand_by(&mut self, file: &RigFile, rig: &mut Rig, right: &Path, journal: &Path) -> Result<bool, Trouble> {
        let mut out = rig.way_out();
        let Some(port) = out.port() else { return Ok(false) };
        for path in [Report::path(journal), Report::path_for_next(right)] {
            // An older one would be taken for what this one does.
            let _ = std::fs::remove_file(path);
        }
        let order = Order {
            port,
            right: right.to_owned(),
            journal: std::path::absolute(journal).unwrap_or_else(|_| journal.to_owned()),
            limit_ms: host_time::ms(file.limits.guard),
        };
        let ready = out.port_for_guard().and_then(|port| {
            wire::say_with(&self.run, &serde_json::to_vec(&order)?, port.as_fd())?;
            self.heard(READY)
        });
        ready.map_err(|e| does_not_start(&e))?;
        self.is_on_duty = true;
        out.speak_with(Right::at(right).map_err(|e| does_not_start(&e))?);
        Ok(true)
    }

    /// Whether its process is over: of a case in which it took over.
    pub fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// The pump is left as it is: the guard gives its port back. Tells what is wrong with it.
    pub fn dismiss(&mut self) -> Option<Trouble> {
        if !std::mem::take(&mut self.is_on_duty) {
            return None;
        }
        let freed = wire::say(&self.run, wire::DISMISSED).and_then(|()| self.heard(FREE));
        let what = "the guard of the pump ended before its run: a run that was killed would have left it running";
        (freed.is_err() || self.gone.load(Ordering::Acquire))
            .then(|| Trouble::told(TroubleCode::of("rig-no-guard"), what))
    }

    /// Waits for this word of it.
    fn heard(&self, word: &str) -> std::io::Result<()> {
        let said = wire::hear(&self.run, ENDS_WITHIN)?.ok_or_else(|| std::io::Error::other("it does not answer"))?;
        let said = String::from_utf8_lossy(&said).into_owned();
        match said.as_str() {
            said if said == word => Ok(()),
            "" => Err(std::io::Error::other("it has ended")),
            other => Err(std::io::Error::other(other.to_owned())),
        }
    }

    /// Tells it again and again that this run lives.
    fn beat(&mut self, limit: Duration) {
        let every = limit.checked_div(BEATS).map_or(BEAT_MOST, |every| every.min(BEAT_MOST));
        let (run, gone) = (Arc::clone(&self.run), Arc::clone(&self.gone));
        let (stop, stopped) = channel();
        let beats = std::thread::spawn(move || {
            while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(every) {
                if wire::say(&run, wire::BEAT).is_err() {
                    gone.store(true, Ordering::Release);
                    return;
                }
            }
        });
        self.beats = Some((stop, beats));
    }
}

/// Between two cases it has nothing to do: it is told to go, and waited for.
impl Drop for Guard {
    fn drop(&mut self) {
        if let Some((stop, beats)) = self.beats.take() {
            let _ = stop.send(());
            let _ = beats.join();
        }
        if self.is_on_duty {
            // A panic on the way to safety: the guard sees to the pump when this program is gone.
            return;
        }
        let _ = wire::say(&self.run, wire::GO);
        // The end of the socket is the end of the process.
        if !matches!(wire::hear(&self.run, ENDS_WITHIN), Ok(Some(said)) if said.is_empty()) {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}

fn does_not_start(what: &dyn std::fmt::Display) -> Trouble {
    let what = format!("the guard of the pump does not start: {what}");
    Trouble::told(TroubleCode::of("rig-no-guard"), what)
}

fn start(program: &Path, call: &Call) -> std::io::Result<Guard> {
    let (run, guard) = wire::pair()?;
    let child = Command::new(program)
        .arg("guard")
        .stdin(Stdio::from(guard))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // Ctrl-C and Ctrl-Z in a terminal reach the whole group: the guard must not end or stop with the run.
        .process_group(0)
        .spawn()?;
    let guard = Guard {
        child,
        run: Arc::new(run),
        is_on_duty: false,
        beats: None,
        gone: Arc::new(AtomicBool::new(false)),
    };
    wire::say(&guard.run, &serde_json::to_vec(call)?)?;
    Ok(guard)
}
