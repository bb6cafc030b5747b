//! `pump-hil sim`: the simulated pump on a serial port, or on its standard input and output, for a terminal program or another test tool.

use super::args::Sim;
use super::exit::{CliError, Exit};
use super::inputs::{self, own_drugs};
use super::print::{eprint_styled, print};
use crate::interrupt;
use pump_hil_model::safe_text::safe_path;
use pump_hil_rig::{OpenOptions, ServeOptions, Shelf};
use rustix::fs::OFlags;
use rustix::io::dup;
use rustix::stdio::{stdin, stdout};
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

pub(super) fn serve(args: &Sim, shelf: &Shelf) -> Result<Exit, CliError> {
    if let Some(parent) = args.with_parent {
        // Where the harness dies, its pump dies with it; a link that is left is replaced by the next one.
        let _ = rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::TERM));
        // It may have died before this was asked for.
        if rustix::process::getppid().map(|pid| pid.as_raw_nonzero().get()) != Some(parent) {
            return Ok(Exit::Passed);
        }
    }
    let drugs = match inputs::catalog(shelf, &[])? {
        Ok(catalog) => own_drugs(&catalog),
        Err(diagnostics) => {
            eprint_styled(&diagnostics);
            return Ok(Exit::Usage);
        }
    };
    let options = ServeOptions {
        drugs,
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
        if args.stdio {
            printed = carry(port, &stop).map_err(|e| CliError::rig(format!("{}: {e}", safe_path(port))));
            stop.fetch_or(printed.is_err(), Ordering::AcqRel);
            return;
        }
        let told = print(&format!(
            "the simulated pump is at {}; Ctrl-C ends it\n",
            safe_path(port)
        ));
        printed = told.map_err(CliError::from);
        // A pump whose port nobody was told serves nobody.
        stop.fetch_or(printed.is_err(), Ordering::AcqRel);
    })
    .map_err(CliError::rig)?;
    printed?;
    Ok(Exit::Passed)
}

/// Carries what comes on standard input to the pump's port, and what the pump says to standard output, until either ends.
fn carry(port: &Path, stop: &Arc<AtomicBool>) -> std::io::Result<()> {
    let flags = (OFlags::NOCTTY | OFlags::CLOEXEC).bits().cast_signed();
    let far = File::options().read(true).write(true).custom_flags(flags).open(port)?;
    // Past the buffers of the standard streams: each piece goes on as it came.
    let (input, output) = (dup(stdin())?, dup(stdout())?);
    for (mut from, mut to) in [(File::from(input), far.try_clone()?), (far, File::from(output))] {
        let stop = Arc::clone(stop);
        std::thread::spawn(move || {
            let mut piece = [0; 4096];
            while let Ok(count @ 1..) = from.read(&mut piece)
                && to.write_all(&piece[..count]).is_ok()
            {}
            stop.store(true, Ordering::Release);
        });
    }
    Ok(())
}
