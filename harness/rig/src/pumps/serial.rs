//! A pump on a serial line, here or over a network, and, where there is one, a probe on USB: a real board.
//!
//! Only where line and probe come from is a board's own; time, faults and memory go by the test block, as in QEMU.

use super::kind::{Contradiction, Keys, Opened, Order, Pump, PumpKind, is_other, lacks_block, let_go};
use crate::agree;
use crate::boot::QUIET;
use crate::clock::ClockKind;
use crate::error::RigError;
use crate::finding::Finding;
use crate::link::{self, Address, Kind, Line, LinkAt, Patience, Settings};
use crate::listed::WrongKey;
use crate::probe::{Behind, Debug, ProbeAt, Selector};
use crate::test_block::TestBlock;
use async_trait::async_trait;
use pump_hil_model::mistake::Mistake;
use pump_hil_model::safe_text::safe;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub static KIND: PumpKind = PumpKind {
    word: "serial",
    keys: &[
        "elf",
        "port",
        "program",
        "baud",
        "data-bits",
        "parity",
        "stop-bits",
        "flow",
        "dtr",
        "rts",
        "break",
    ],
    described,
};

/// The longest break.
const BREAK_MAX: Duration = Duration::from_secs(5);

/// Instead of a port's path: the port on the same USB plug as the probe.
const OF_THE_PROBE: &str = "of-the-probe";

#[derive(Debug)]
struct Serial {
    /// Its line; the path of the port may be [`OF_THE_PROBE`].
    at: LinkAt,
    /// Its firmware.
    elf: Option<PathBuf>,
}

fn described(keys: Keys) -> Result<Box<dyn Pump>, WrongKey> {
    let settings = keys.settings;
    let address = address(keys.port, keys.program);
    let kind = address.as_ref().ok().map(Address::kind);
    let not_serial = kind.filter(|kind| !kind.is_serial());
    let foreign = not_serial.into_iter().flat_map(|kind| {
        let what = move |key| format!("{} has no `{key}`: whoever has the port sets it", kind.words());
        let said = settings.said().into_iter();
        said.map(move |key| WrongKey::new(Mistake::KeyCombination, key, what(key)))
    });
    let ranges = out_of_range(&settings).filter(|_| not_serial.is_none());
    let ranges = ranges.map(|(key, what)| WrongKey::new(Mistake::Range, key, what));
    let missing = (kind == Some(Kind::Serial) && settings.baud.is_none()).then(|| {
        WrongKey::new(
            Mistake::MissingKey,
            "kind",
            "a serial port needs its `baud`, such as `port: /dev/ttyUSB0, baud: 115200`",
        )
    });
    let more = foreign.chain(ranges).chain(missing);
    match address {
        Ok(address) => match WrongKey::all(more) {
            Some(wrong) => Err(wrong),
            None => Ok(Box::new(Serial {
                at: LinkAt { address, settings },
                elf: keys.elf,
            })),
        },
        Err(wrong) => Err(wrong.and(more)),
    }
}

/// Where the line leads to.
fn address(port: Option<String>, program: Option<Vec<String>>) -> Result<Address, WrongKey> {
    match (port, program) {
        (Some(port), None) => Address::parse(&port).map_err(|why| {
            let mistake = if port.trim().is_empty() {
                Mistake::Empty
            } else {
                Mistake::Format
            };
            WrongKey::new(mistake, "port", why)
        }),
        (None, Some(words)) if words.first().is_none_or(|program| program.trim().is_empty()) => {
            let what = "`program` is empty: write the program and its arguments, such as `[pump-emulator, --stdio]`";
            Err(WrongKey::new(Mistake::Empty, "program", what))
        }
        (None, Some(words)) => Ok(Address::Program(words)),
        (Some(_), Some(_)) => {
            let what = "a pump has one line: take `port` or `program`";
            Err(WrongKey::new(Mistake::KeyCombination, "program", what))
        }
        (None, None) => Err(WrongKey::new(
            Mistake::MissingKey,
            "kind",
            "a pump of kind `serial` needs its `port` and `baud`, such as `port: /dev/ttyUSB0, baud: 115200`; or another line, such as \
             `port: tcp:bench-3:4000`",
        )),
    }
}

/// Numbers that no port can be set to.
fn out_of_range(settings: &Settings) -> impl Iterator<Item = (&'static str, String)> {
    let wrong =
        |key: &'static str, is_wrong: bool, what: &str| is_wrong.then(|| (key, format!("`{key}` must be {what}")));
    let bits = |bits: Option<u8>, right: [u8; 2]| bits.is_some_and(|bits| !right.contains(&bits));
    [
        wrong("baud", settings.baud == Some(0), "more than 0"),
        wrong("data-bits", bits(settings.data_bits, [7, 8]), "7 or 8"),
        wrong("stop-bits", bits(settings.stop_bits, [1, 2]), "1 or 2"),
        wrong(
            "break",
            settings
                .break_for
                .is_some_and(|time| time.is_zero() || time > BREAK_MAX),
            "from 1 ms to 5 s",
        ),
    ]
    .into_iter()
    .flatten()
}

#[async_trait]
impl Pump for Serial {
    fn is_simulated(&self) -> bool {
        false
    }

    fn starts(&self) -> Option<String> {
        match &self.at.address {
            Address::Program(words) => Some(safe(&words.join(" "))),
            _ => None,
        }
    }

    fn identity(&self, rig: &str) -> Option<String> {
        match &self.at.address {
            Address::Path(port) if port == OF_THE_PROBE => Some(format!("{OF_THE_PROBE} {rig}")),
            Address::Path(port) => identity_of(port),
            // By its path, where it is there: another rig may name it by that.
            Address::Usb(which) => match link::of_usb(Path::new("/sys"), which) {
                Ok(port) => identity_of(&port),
                Err(_) => Some(self.at.address.to_string()),
            },
            // One server, however it is spoken to.
            Address::Tcp(server) | Address::Rfc2217(server) => Some(format!("tcp:{server}").to_lowercase()),
            Address::Unix(path) => {
                let path = std::fs::canonicalize(path)
                    .or_else(|_| std::path::absolute(path))
                    .ok()?;
                Some(format!("unix:{}", path.to_string_lossy()))
            }
            Address::Program(words) => Some(format!("program:{}", words.join("\0"))),
        }
    }

    fn look_ahead(&self) {
        if let Address::Path(port) = &self.at.address {
            link::look_ahead(port);
        }
    }

    fn contradicts(&self, clock: ClockKind, probe: Option<&ProbeAt>) -> Option<Contradiction> {
        if is_other(probe, "usb") {
            return Some((
                ["probe", "kind"],
                "a pump of kind `serial` has the probe `usb`, or none",
            ));
        }
        if self.is_of_the_probe() && probe.is_none() {
            let what = "there is no probe whose port it could be; name the port's path, or add `probe`";
            return Some((["pump", "port"], what));
        }
        lacks_block(clock, probe)
    }

    fn elf(&self) -> Option<&Path> {
        self.elf.as_deref()
    }

    fn look(&self) -> Vec<Finding> {
        // Which port that is, the probe says.
        match self.is_of_the_probe() {
            true => Vec::new(),
            false => link::look(&self.at.address),
        }
    }

    /// Probe, chip, line, firmware, and then, by the test block, its first power.
    async fn open(&self, order: &Order<'_>) -> Result<Opened, RigError> {
        let attach = |at: &ProbeAt| {
            at.probe().attach(Behind {
                core: None,
                usb: order.usb,
                programs: order.firmware.is_some_and(|firmware| firmware.flash),
            })
        };
        let (mut debug, which) = match order.probe {
            Some(at) if order.options.line_alone => (None, Some(at.probe().which(order.usb)?)),
            probe => probe.map(attach).transpose()?.unzip(),
        };
        let mut limits = order.limits;
        if order.options.at_once {
            limits.open = Duration::ZERO;
        }
        let port = self.port(which.flatten().as_ref(), limits.open).await?;
        let mut line = port.open(limits).await?;
        let clock = order.chip_clock();
        let mut firmware = None;
        let mut on_a_wire = false;
        if let Some(debug) = &mut debug {
            if let Some(own) = order.firmware {
                firmware = Some(agree::look_into_flash(debug, own, order.build)?);
            }
            match order.block {
                Some(addr) if order.clock.is_granted() => {
                    first_power(debug, &mut line, addr, order)?;
                    on_a_wire = true;
                }
                _ => let_go(debug)?,
            }
        }
        Ok(Opened {
            line,
            clock,
            debug,
            port: Some(port),
            firmware,
            new: on_a_wire,
            on_a_wire,
            power: Box::new(()),
        })
    }
}

impl Serial {
    fn is_of_the_probe(&self) -> bool {
        self.at.address == Address::Path(OF_THE_PROBE.to_owned())
    }

    /// The line. A port that is on a probe's plug is waited for: it comes a moment after the plug.
    async fn port(&self, probe: Option<&Selector>, limit: Duration) -> Result<LinkAt, RigError> {
        let mut at = self.at.clone();
        if let Some(probe) = probe.filter(|_| self.is_of_the_probe()) {
            // Linux tells there of all USB devices, and which of them share a plug.
            let mut patience = Patience::of(limit);
            at.address = Address::Path(loop {
                match link::beside(Path::new("/sys"), probe) {
                    Ok(path) => break path,
                    Err(error) => patience.after(error).await?,
                }
            });
        }
        Ok(at)
    }
}

/// What names a port of this host. One may have several names. That of a pseudo-terminal is another's once it is closed: there the link to it is the better
/// name, and where there is none it takes the time at which it was made.
fn identity_of(port: &str) -> Option<String> {
    let link = std::path::absolute(port).ok()?;
    let real = std::fs::canonicalize(&link).unwrap_or_else(|_| link.clone());
    let (name, made) = match real.starts_with("/dev/pts") {
        false => (real, None),
        true if real == link => (real, std::fs::metadata(&link).ok()),
        true => (link, None),
    };
    let made = made.map_or(String::new(), |of| format!(" {}.{}", of.ctime(), of.ctime_nsec()));
    Some(name.to_string_lossy().into_owned() + &made)
}

/// Lets the pump find that it was never powered before: no block, no records, and time that goes by the fence only.
fn first_power(debug: &mut Debug, line: &mut Line, addr: u64, order: &Order<'_>) -> Result<(), RigError> {
    // Firmware that runs would write into its block while it is prepared.
    debug.halt()?;
    TestBlock::prepare_first_power(debug, addr, order.options, true)?;
    // What the pump said before is nobody's, and the interface chip on the board may hold some of it still.
    line.drain(QUIET)?;
    // Before the reset: a fault of its first instruction is caught as well.
    debug.catch_faults(true)?;
    debug.reset()?;
    debug.run_if_halted()?;
    Ok(())
}
