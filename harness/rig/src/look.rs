//! A look at a bench that changes nothing: no port is opened, no probe attached, and nothing is sent.

use super::file::RigFile;
use super::finding::Finding;
use super::link::{may_open, ports};
use super::probe::{ProbeAt, Probes};
use super::qemu;
use pump_hil_model::safe_text::safe_path;

/// What of a rig can be seen from outside.
#[must_use]
pub fn of_rig(file: &RigFile) -> Vec<Finding> {
    let mut found = Vec::new();
    found.extend(firmware(file));
    found.extend(file.probe.iter().flat_map(|at| at.probe().look(&file.probes)));
    found.extend(file.pump.look());
    found
}

/// The firmware that is known, and what of it a run makes use of.
fn firmware(file: &RigFile) -> Vec<Finding> {
    let Some(image) = &file.image else {
        let without = |_: &ProbeAt| {
            let what = "no `elf` is named, so scenarios can name no variable or function of it";
            Finding::warning("firmware", what)
        };
        let runs = |at: &&ProbeAt| at.probe().runs_firmware();
        return file.probe.as_ref().filter(runs).map(without).into_iter().collect();
    };
    let name = match &file.firmware {
        Some(firmware) => safe_path(&firmware.elf),
        None => "the `elf` of the device profile".to_owned(),
    };
    let mut found = vec![match image.symbols().count() {
        0 => Finding::warning("firmware", format!("{name} has no symbols; build it without `strip`")),
        symbols => Finding::fine("firmware", format!("{name}, with {symbols} symbols")),
    }];
    let symbol = file.probe.as_ref().and_then(ProbeAt::test_block);
    found.extend(
        symbol.map(|symbol| match (file.block_is_of_the_image(), file.block_addr()) {
            (true, Some(addr)) => Finding::fine("test block", format!("`{symbol}` at {addr:#010x}")),
            (false, Some(addr)) => {
                let what =
                    format!("`{symbol}` at {addr:#010x} by the device profile; the firmware's file has no such symbol");
                Finding::warning("test block", what)
            }
            (_, None) => Finding::wrong("test block", format!("there is no symbol `{symbol}`")),
        }),
    );
    found
}

/// What this host has for rigs of any kind. Nothing of it is wrong in itself: who has no probe may need none.
#[must_use]
pub fn of_host() -> Vec<Finding> {
    let mut found = vec![match cfg!(feature = "sim") {
        true => Finding::fine("simulator", "it is part of this program"),
        false => Finding::warning("simulator", "this build has none; build it with the feature `sim`"),
    }];
    let ports = ports();
    found.extend(ports.iter().map(|port| match may_open(&port.to_string_lossy()) {
        Ok(()) => Finding::fine("port", format!("{}: this user may open it", safe_path(port))),
        Err(error) => Finding::warning("port", error.to_string()),
    }));
    if ports.is_empty() {
        found.push(Finding::fine("port", "there is no serial port on USB"));
    }
    found.extend(Probes::default().look_at_all());
    found.push(match qemu::version() {
        Ok(version) => Finding::fine("QEMU", version),
        Err(error) => Finding::warning("QEMU", format!("{error}; only rigs of the kind `qemu` need it")),
    });
    found
}
