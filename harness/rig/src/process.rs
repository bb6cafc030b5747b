//! The stub pump as a process of its own: `pump-hil sim`.

use super::host_time::{self, Waited};
use super::options::OpenOptions;
use pump_hil_model::safe_text::safe_path;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::process::{Child, Command};

/// How often a process that starts is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(2);

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
    link: PathBuf,
}

impl Pump {
    /// Starts the process and waits until its port is there.
    pub async fn start(scale: u32, options: &OpenOptions, limit: Duration) -> Result<Self, ProcessError> {
        let wrong = |what: String| ProcessError { what };
        let exe = match &options.exe {
            Some(exe) => exe.clone(),
            None => std::env::current_exe().map_err(|e| wrong(format!("this program cannot be found: {e}")))?,
        };
        // Cases run side by side in one process, and each needs a link of its own. Nothing else depends on the order.
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let link = std::env::temp_dir().join(format!("pump-hil-{}-{number}", std::process::id()));
        let mut command = Command::new(&exe);
        command
            // So that the pump ends even where this process is killed: nothing is dropped then.
            .args(["sim", "--with-parent", &std::process::id().to_string()])
            .args(["--scale", &scale.to_string()])
            .args(["--seed", &options.seed.to_string()])
            .args(["--start", &options.start_s.to_string()])
            .arg("--link")
            .arg(&link);
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
            .map_err(|e| wrong(format!("{} does not start: {e}", safe_path(&exe))))?;
        let mut pump = Self { child, link };
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
    }
}
