//! Firmware that panics. On a chip its processor stops for good, and a probe shows where; here the panic is caught, and kept with its place in the source.

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, PanicHookInfo};
use std::sync::Once;

/// The firmware panicked: the pump that it was in is no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Panicked {
    /// What it said.
    pub what: String,
    /// Its source file.
    pub file: String,
    /// Line in it.
    pub line: u32,
}

thread_local! {
    /// Firmware runs on this thread.
    static RUNS: Cell<bool> = const { Cell::new(false) };
    /// What its panic said.
    static SAID: RefCell<Option<Panicked>> = const { RefCell::new(None) };
}

/// Runs firmware up to its end, or to its panic.
///
/// # Errors
/// It panicked.
pub fn catch<T>(firmware: impl FnOnce() -> T) -> Result<T, Panicked> {
    static HOOK: Once = Once::new();
    // The place of a panic is told to a hook alone; whoever set one before hears of every panic but the firmware's.
    HOOK.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| match RUNS.get() {
            true => SAID.set(Some(told(panic))),
            false => before(panic),
        }));
    });
    RUNS.set(true);
    let came = std::panic::catch_unwind(AssertUnwindSafe(firmware));
    RUNS.set(false);
    came.map_err(|_| {
        let lost = || Panicked {
            what: "a panic".to_owned(),
            file: String::new(),
            line: 0,
        };
        SAID.take().unwrap_or_else(lost)
    })
}

/// The words of a panic. `payload_as_str` does this from Rust 1.91 on.
fn words(payload: &dyn std::any::Any) -> Option<&str> {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| payload.downcast_ref::<&str>().copied())
}

fn told(panic: &PanicHookInfo<'_>) -> Panicked {
    let place = panic.location();
    Panicked {
        what: words(panic.payload()).unwrap_or("a panic").to_owned(),
        file: place.map_or_else(String::new, |place| place.file().to_owned()),
        line: place.map_or(0, std::panic::Location::line),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_kept_with_its_place_and_other_panics_are_the_callers() {
        let panicked = catch(|| -> u8 { panic!("no dose of {}", 7) }).unwrap_err();
        assert_eq!(panicked.what, "no dose of 7");
        assert!(panicked.file.ends_with("panicked.rs"), "{panicked:?}");
        assert_eq!(catch(|| 7), Ok(7));
        assert!(!RUNS.get());
    }
}
