//! What can be typed for the commands of a person who adapts the program to a pump.

use clap::{Args, ValueEnum};
use pump_hil_rig::Address;
use std::path::PathBuf;

/// Arguments of `new`.
#[derive(Debug, Args)]
pub struct New {
    /// The folder. It must be empty, or not exist yet.
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// For a pump of your own: how it is reached. Makes a rig file, a profile, a scenario, a file for CI and a README.
    #[arg(long, value_enum, requires = "device")]
    pub link: Option<Link>,
    /// The profile to begin with: a copy of this device (a name, or a path), or `learn`: a beginner's profile with comments.
    #[arg(long, value_name = "DEVICE|learn", requires = "link")]
    pub device: Option<PathBuf>,
    /// With `--link qemu`: the firmware. It is copied into the folder.
    #[arg(long, value_name = "ELF", requires = "link", required_if_eq("link", "qemu"))]
    pub elf: Option<PathBuf>,
}

/// How a pump of one's own is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Link {
    /// A serial port of this computer.
    Serial,
    /// A server on the network that hands on the bytes of its line.
    Tcp,
    /// Its firmware in QEMU.
    Qemu,
    /// The simulated pump, which talks as the device `stub`.
    Sim,
}

/// Arguments of `decode`.
#[derive(Debug, Args)]
pub struct Decode {
    /// The journal (`.jsonl`) of a run.
    #[arg(value_name = "JOURNAL")]
    pub journal: PathBuf,
    /// The device: its name, or the path of its profile.
    #[arg(long, value_name = "DEVICE")]
    pub device: String,
}

/// Arguments of `doctor`.
#[derive(Debug, Args)]
pub struct Doctor {
    /// Rig: a file, or the name of your own or a built-in one.
    #[arg(long, value_name = "RIG")]
    pub rig: Option<PathBuf>,
    /// Reach the pump through this line instead of the one in the rig file: a path, or such as `tcp:HOST:PORT`.
    #[arg(long, value_name = "PATH|ADDRESS", requires = "rig", value_parser = |text: &str| Address::parse(text).map(|_| text.to_owned()))]
    pub port: Option<String>,
    /// Let the rig file start programs. They can do on this host what you can: read the rig file first.
    #[arg(long, requires = "rig")]
    pub trust_rig: bool,
    /// Do not open the line, and ask the pump nothing.
    #[arg(long, requires = "rig")]
    pub no_open: bool,
    /// Print JSON for other programs: each of its `parts` has `of`, `grade` (ok, warning, wrong) and `told`.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `explain`.
#[derive(Debug, Args)]
pub struct Explain {
    /// Words and codes; without any, all of them are listed.
    #[arg(value_name = "WORD")]
    pub words: Vec<String>,
    /// The words that only this device has, too: by its name, or by the path of its profile.
    #[arg(long, value_name = "DEVICE")]
    pub device: Option<String>,
}
