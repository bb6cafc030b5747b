//! `pump-hil sim`: the simulated pump on a serial port, for a terminal program or another test tool.

use super::args::Sim;
use super::exit::{CliError, Exit};
use super::print::print;
use crate::interrupt;
use pump_hil_model::safe_text::safe_path;
use pump_hil_rig::{OpenOptions, ServeOptions};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

pub(super) fn serve(args: &Sim) -> Result<Exit, CliError> {
    if let Some(parent) = args.with_parent {
        // Where the harness dies, its pump dies with it; a link that is left is replaced by the next one.
        let _ = rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::TERM));
        // It may have died before this was asked for.
        if rustix::process::getppid().map(|pid| pid.as_raw_nonzero().get()) != Some(parent) {
            return Ok(Exit::Passed);
        }
    }
    let options = ServeOptions {
        pump: OpenOptions {
            seed: args.seed,
            start_s: args.start,
            defect: args.defect.name(),
            ..OpenOptions::default()
        },
        scale: args.scale,
        link: args.link.clone(),
    };
    let stop = Arc::new(AtomicBool::new(false));
    let (interrupter, mut interrupt) = interrupt::pair();
    interrupt::on_signals(interrupter).map_err(|e| CliError::rig(format!("cannot handle signals: {e}")))?;
    let flag = Arc::clone(&stop);
    std::thread::spawn(move || {
        let _ = interrupt.wait_blocking();
        flag.store(true, Ordering::Release);
    });
    let mut printed = Ok(());
    pump_hil_rig::serve(&options, &stop, |port| {
        printed = print(&format!(
            "the simulated pump is at {}; Ctrl-C ends it\n",
            safe_path(port)
        ));
        // A pump whose port nobody was told serves nobody.
        stop.fetch_or(printed.is_err(), Ordering::AcqRel);
    })
    .map_err(CliError::rig)?;
    printed?;
    Ok(Exit::Passed)
}
