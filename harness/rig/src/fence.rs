//! Time that somebody else keeps and the harness grants.

use pump_hil_model::crash::Crash;

/// Why granted time came to a stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// It is where it may go.
    Fence,
    /// The pump sent bytes.
    Output,
    /// The core is halted: by a breakpoint, or before.
    Halted,
}

/// What a grant came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Advance {
    /// The pump's time.
    pub now_ms: u64,
    /// Bytes that the pump has sent in all.
    pub tx_total: u64,
    /// Why it stopped.
    pub stop: Stop,
}

/// Granted time does not pass.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FenceError {
    /// The simulated pump is gone.
    #[error("the simulated pump has ended; open the rig again")]
    Gone,
    /// Its firmware panicked, as by a fault a processor stops for good.
    #[error("the pump's firmware ended: {}", .0.place())]
    Panicked(Box<Crash>),
    /// The pump does not come back from granted time.
    #[error(
        "the pump did not reach its fence within {limit_ms} ms of host time; where a step is that much to compute, raise `fence` in the rig file"
    )]
    Timeout {
        /// The limit.
        limit_ms: u64,
    },
}

impl FenceError {
    /// Its stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Gone => "rig-pump-gone",
            Self::Panicked(_) => "rig-firmware-panicked",
            Self::Timeout { .. } => "rig-fence-timeout",
        }
    }
}

/// Somebody whose time the harness grants.
pub trait Fence: Send + std::fmt::Debug {
    /// Lets time pass until `until_ms`, or until something is sent or the core halts; but first all of `rx_total` bytes must have arrived. `done` is
    /// called from another thread; it is dropped uncalled where the pump is gone.
    ///
    /// # Errors
    /// The pump is gone.
    fn advance(&self, until_ms: u64, rx_total: u64, done: Box<dyn FnOnce(Advance) + Send>) -> Result<(), FenceError>;

    /// Why a pump that is gone is.
    fn gone(&self) -> FenceError {
        FenceError::Gone
    }

    /// Takes back what was granted and is not over: nobody waits for it any more, and its `done` is dropped uncalled.
    fn take_back(&self);

    /// Where the pump's time is, though what was granted is not over.
    fn now_ms(&self) -> u64;

    /// Bytes that were taken and bytes that were sent, in all; the latter are counted before they can be received.
    fn progress(&self) -> (u64, u64);
}
