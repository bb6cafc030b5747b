//! Ctrl-C and `kill`: seen by every running case, which then leaves its pump safe.

use tokio::sync::watch;

/// Tells whether the run was asked to stop. Cheap to clone; every case holds one.
#[derive(Debug, Clone)]
pub struct Interrupt(watch::Receiver<Option<&'static str>>);

/// The other end: stops the run. Dropping it stops nothing.
#[derive(Debug, Clone)]
pub struct Interrupter(std::sync::Arc<watch::Sender<Option<&'static str>>>);

/// A pair of ends.
#[must_use]
pub fn pair() -> (Interrupter, Interrupt) {
    let (sender, receiver) = watch::channel(None);
    (Interrupter(std::sync::Arc::new(sender)), Interrupt(receiver))
}

impl Interrupter {
    /// Stops the run; `by` is `SIGINT`, `SIGTERM` or another word for the journal.
    pub fn interrupt(&self, by: &'static str) {
        self.0.send_replace(Some(by));
    }
}

impl Interrupt {
    /// What stopped the run, if anything did.
    #[must_use]
    pub fn by(&self) -> Option<&'static str> {
        *self.0.borrow()
    }

    /// Waits for it, without an event loop.
    ///
    /// # Errors
    /// When the system gives no event loop to wait in.
    pub fn wait_blocking(&mut self) -> std::io::Result<&'static str> {
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        Ok(runtime.block_on(self.wait()))
    }

    /// Waits for it; for ever, if it never comes.
    pub async fn wait(&mut self) -> &'static str {
        loop {
            if let Some(by) = *self.0.borrow_and_update() {
                return by;
            }
            if self.0.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }
}

/// Turns SIGINT and SIGTERM into an interrupt, on a thread of its own, until the process ends. A second SIGINT changes nothing: leaving a pump
/// safe is bounded in time, and is not skipped.
///
/// # Errors
/// When the system does not let the process handle signals.
pub fn on_signals(interrupter: Interrupter) -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    let (mut int, mut term) = {
        let _context = runtime.enter();
        use tokio::signal::unix::{SignalKind, signal};
        (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?)
    };
    std::thread::Builder::new().name("signals".into()).spawn(move || {
        runtime.block_on(async {
            loop {
                let by = tokio::select! {
                    _ = int.recv() => "SIGINT",
                    _ = term.recv() => "SIGTERM",
                };
                interrupter.interrupt(by);
            }
        });
    })?;
    Ok(())
}
