//! The stub pump as a process of its own: `pump-hil sim`.

use super::host_time::{self, Waited};
use super::options::OpenOptions;
use pump_hil_model::safe_text::safe_path;
use std::io::ErrorKind;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::process::{Child, Command};

/// How often a process that starts is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(2);

/// Names of folders that are tried: each that is taken was taken by somebody who guessed this process's number.
const NAMES_TRIED: u32 = 1_000;

static NEXT: AtomicU32 = AtomicU32::new(0);

/// The simulated pump's process does not start.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the simulated pump's process: {what}")]
pub struct ProcessError {
    /// What.
    pub what: String,
}

/// A running process; it is killed when this is dropped.
#[derive(Debug)]
pub(super) struct Pump {
    child: Child,
    /// A folder that is only this user's: where everybody may write, another's link could stand in for the pump.
    folder: PathBuf,
    link: PathBuf,
}

impl Pump {
    /// Starts the process and waits until its port is there. It knows the drugs of the user's folder `own`.
    pub async fn start(
        scale: u32,
        options: &OpenOptions,
        own: Option<&Path>,
        limit: Duration,
    ) -> Result<Self, ProcessError> {
        let wrong = |what: String| ProcessError { what };
        let exe = match &options.exe {
            Some(exe) => exe.clone(),
            None => std::env::current_exe().map_err(|e| wrong(format!("this program cannot be found: {e}")))?,
        };
        let folder = private_folder().map_err(|e| wrong(format!("it gets no folder of its own: {e}")))?;
        let link = folder.join("port");
        let mut command = Command::new(&exe);
        command
            // So that the pump ends even where this process is killed: nothing is dropped then.
            .args(["sim", "--with-parent", &std::process::id().to_string()])
            .args(["--scale", &scale.to_string()])
            .args(["--seed", &options.seed.to_string()])
            .args(["--start", &options.start_s.to_string()])
            .arg("--link")
            .arg(&link);
        if let Some(own) = own {
            command.arg("--fixtures").arg(own);
        }
        if let Some(defect) = &options.defect {
            command.args(["--defect", defect]);
        }
        let child = command
            .stdin(Stdio::null())
            // It prints where its port is, which the link says already.
            .stdout(Stdio::null())
            .kill_on_drop(true)
            // Ctrl-C in a terminal reaches the whole group: the pump must live until it was made safe.
            .process_group(0)
            .spawn()
            .map_err(|e| wrong(format!("{} does not start: {e}", safe_path(&exe))));
        let mut pump = match child {
            Ok(child) => Self { child, folder, link },
            Err(error) => {
                let _ = std::fs::remove_dir(&folder);
                return Err(error);
            }
        };
        let mut waited = Waited::of(limit);
        while !pump.link.exists() {
            if let Ok(Some(status)) = pump.child.try_wait() {
                return Err(wrong(format!("`{} sim` ended at once: {status}", safe_path(&exe))));
            }
            if waited.so_far() > limit {
                return Err(wrong(format!(
                    "`{} sim` gave no port within {} ms",
                    safe_path(&exe),
                    limit.as_millis()
                )));
            }
            host_time::sleep(LOOK_EVERY).await;
        }
        Ok(pump)
    }

    /// Path of the port.
    pub fn port(&self) -> &str {
        self.link.to_str().unwrap_or_default()
    }
}

impl Drop for Pump {
    fn drop(&mut self) {
        // Process and link may be gone already, which is what is wanted.
        let _ = self.child.start_kill();
        let _ = std::fs::remove_file(&self.link);
        let _ = std::fs::remove_dir(&self.folder);
    }
}

/// Makes a folder that only this user can look into. Whoever may write beside it can take a name, and it is made by the next one.
fn private_folder() -> std::io::Result<PathBuf> {
    for _ in 0..NAMES_TRIED {
        // Cases run side by side in one process, and each needs a folder of its own. Nothing else depends on the order.
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("pump-hil-{}-{number}", std::process::id()));
        match std::fs::DirBuilder::new().mode(0o700).create(&folder) {
            Err(e) if e.kind() == ErrorKind::AlreadyExists => {}
            made => return made.map(|()| folder),
        }
    }
    Err(ErrorKind::AlreadyExists.into())
}
