//! The command line, and the device that it asks for.

use crate::device::Device;
use crate::devices::balance::Balance;
use crate::devices::binary::Binary;
use crate::devices::console::Console;
use crate::devices::drip::Drip;
use crate::devices::json_lines::JsonLines;
use crate::devices::modbus_rtu::ModbusRtu;
use crate::devices::slip_registers::SlipRegisters;
use crate::devices::syringe_line::Syringes;
use crate::mischief::{self, Word};
use clap::{Parser, ValueEnum};
use std::path::PathBuf;

/// Which device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Name {
    /// New Era's frames.
    Syringe,
    /// Binary, with signs of life.
    Binary,
    /// Prompt and echo.
    Console,
    /// Registers in SLIP.
    SlipRegisters,
    /// Modbus RTU.
    ModbusRtu,
    /// JSON, an object a line.
    JsonLines,
    /// Nothing on the line stops it.
    Drip,
    /// MT-SICS; weighs what a pump delivers.
    Balance,
    /// Two syringe pumps behind one line.
    TwoPumps,
}

/// A serial device, emulated.
#[derive(Clone, Debug, Parser)]
#[command(name = "emulator")]
pub struct Options {
    /// The device.
    pub device: Name,
    /// Waits for one peer on a TCP port of this machine: `tcp:PORT`, 0 for any free one. The address is printed.
    #[arg(long, value_name = "tcp:PORT", value_parser = port, conflicts_with_all = ["pty", "stdio"])]
    pub listen: Option<u16>,
    /// With `--listen`: takes the next peer when one is gone, in the state that the device is in.
    #[arg(long, requires = "listen")]
    pub again: bool,
    /// Makes a pseudo-terminal, and a link to it with this name. `ready` is printed when it is there. It serves whoever opens it, until it is ended.
    #[arg(long, value_name = "PATH", conflicts_with = "stdio")]
    pub pty: Option<PathBuf>,
    /// Speaks on standard input and output, until its input ends (this is so without an option).
    #[arg(long)]
    pub stdio: bool,
    /// What goes wrong; may stand several times. Pump: over-delivers:PERCENT, runs-fast:PERCENT, stall-silent, stalls-at:MICROLITRES, lies-state.
    /// Line (N: every Nth): no-answer:N, silent-after:ANSWERS, late:MS, garbage:BYTES, flip:N, twice:N, drop-byte:N, wrong-check:N, dies-after:ANSWERS, no-heartbeat.
    #[arg(long, value_name = "WORD")]
    pub misbehave: Vec<Word>,
    /// Seconds of the device in a second of the host.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    pub speed: u64,
    /// The address of a pump that has one (syringe: 0, registers: 1).
    #[arg(long)]
    pub address: Option<u8>,
    /// A syringe pump begins with its reset alarm, as it does when its power comes back.
    #[arg(long)]
    pub power_on_alarm: bool,
    /// A pump adds to this file what it really delivers, in micrograms, a number a line.
    #[arg(long, value_name = "FILE")]
    pub delivers_to: Option<PathBuf>,
    /// Milligrams of a millilitre (water at 20 degrees: 998).
    #[arg(long, default_value_t = 998)]
    pub density: u64,
    /// The file that a balance weighs.
    #[arg(long, value_name = "FILE", required_if_eq("device", "balance"))]
    pub weighs: Option<PathBuf>,
    /// Decimals of a gram that a balance shows.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(0..=6))]
    pub decimals: u32,
}

fn port(text: &str) -> Result<u16, String> {
    let port = text.strip_prefix("tcp:").and_then(|port| port.parse().ok());
    port.ok_or_else(|| "tcp: and the number of a port, as tcp:0".to_owned())
}

impl Options {
    /// The device, as it is when its power comes.
    #[must_use]
    pub fn build(&self) -> Box<dyn Device> {
        let quirks = mischief::quirks(&self.misbehave);
        let syringes = |count| Syringes::new(count, self.address.unwrap_or(0), quirks, self.power_on_alarm);
        let address = self.address.unwrap_or(1);
        match self.device {
            Name::Syringe => Box::new(syringes(1)),
            Name::TwoPumps => Box::new(syringes(2)),
            Name::Binary => Box::new(Binary::new(quirks)),
            Name::Console => Box::new(Console::new(quirks)),
            Name::SlipRegisters => Box::new(SlipRegisters::new(address, quirks)),
            Name::ModbusRtu => Box::new(ModbusRtu::new(address, quirks)),
            Name::JsonLines => Box::new(JsonLines::new(quirks)),
            Name::Drip => Box::new(Drip::new(quirks)),
            Name::Balance => Box::new(Balance::new(self.weighs.clone().unwrap_or_default(), self.decimals)),
        }
    }
}
