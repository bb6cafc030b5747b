//! What can be typed behind `learn` and `shell`, the commands for a line that is not known yet.

use super::values::device_name;
use clap::{Args, ValueEnum};
use pump_hil_rig::Address;
use std::path::PathBuf;

/// Arguments of `shell`.
#[derive(Debug, Args)]
pub struct Shell {
    /// Rig: a file, or the name of your own or a built-in one. Default: `sim`.
    #[arg(long, value_name = "RIG")]
    pub rig: Option<PathBuf>,
    /// Reach the pump through this line instead of the one in the rig file: a path, or such as `tcp:HOST:PORT`.
    #[arg(long, value_name = "PATH|ADDRESS", value_parser = |text: &str| Address::parse(text).map(|_| text.to_owned()))]
    pub port: Option<String>,
    /// Let the rig file start programs. They can do on this host what you can: read the rig file first.
    #[arg(long)]
    pub trust_rig: bool,
}

/// Arguments of `learn`.
#[derive(Debug, Args)]
pub struct Learn {
    /// The transcript.
    #[arg(value_name = "TRANSCRIPT")]
    pub transcript: PathBuf,
    /// Name of the device in the profile.
    #[arg(long, value_name = "NAME", default_value = "my-pump", value_parser = device_name)]
    pub device: String,
    /// What the transcript is, where it is not recognised.
    #[arg(long, value_enum)]
    pub form: Option<TranscriptForm>,
}

/// How a transcript is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TranscriptForm {
    /// Lines with `>` and `<` before texts.
    Lines,
    /// Lines with `>` and `<` before bytes in hexadecimal.
    Hex,
    /// Bytes of the pump as they came.
    Capture,
    /// The journal of a run.
    Journal,
}
