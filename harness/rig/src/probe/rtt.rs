//! RTT as probe-rs reads it: ring buffers in a firmware's memory, emptied while it runs.

use super::debug::Debug;
use super::error::{ProbeError, failed};
use probe_rs::rtt::{Error, Rtt, ScanRegion};

/// Channels that are looked at: a block that claims more is garbage rather than a log.
const CHANNELS_MAX: usize = 16;

/// The channels upon which a firmware tells something.
#[derive(Debug)]
pub struct UpChannels(Rtt);

/// Why a channel gives nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UpError {
    /// There is no control block (yet).
    Absent,
    /// The firmware made its control block anew.
    Restarted,
    /// The probe is lost, which whoever needs it next tells.
    Lost,
    /// What stands there cannot be, or cannot be read.
    Unsound(String),
}

impl From<Error> for UpError {
    fn from(error: Error) -> Self {
        match error {
            Error::ControlBlockNotFound | Error::NoControlBlockLocation => Self::Absent,
            // Only the reader moves the read pointer of an up channel: another value is a block that was made anew.
            Error::ReadPointerChanged => Self::Restarted,
            Error::Probe(error) => match failed("reading it", &error) {
                ProbeError::Lost { .. } => Self::Lost,
                other => Self::Unsound(other.to_string()),
            },
            other => Self::Unsound(other.to_string()),
        }
    }
}

impl UpChannels {
    /// The channels of the control block at `addr`; without it the whole RAM is searched for one, which takes its time.
    ///
    /// # Errors
    /// [`UpError`].
    pub fn find(debug: &mut Debug, addr: Option<u64>) -> Result<Self, UpError> {
        let region = addr.map_or(ScanRegion::Ram, ScanRegion::Exact);
        let mut core = debug.session.core(0).map_err(Error::from)?;
        Ok(Self(Rtt::attach_region(&mut core, &region)?))
    }

    /// Takes what stands in the channel at `place` of the list, as much as fits; tells how many bytes those were. Where there is nothing it costs one read.
    ///
    /// # Errors
    /// [`UpError`].
    pub fn take(&mut self, debug: &mut Debug, place: usize, into: &mut [u8]) -> Result<usize, UpError> {
        let Some(channel) = self.0.up_channels.get_mut(place) else {
            return Ok(0);
        };
        let mut core = debug.session.core(0).map_err(Error::from)?;
        Ok(channel.read(&mut core, into)?)
    }

    /// Where their control block stands.
    pub fn addr(&self) -> u64 {
        self.0.ptr()
    }

    /// Number and name of each.
    pub fn names(&self) -> impl Iterator<Item = (usize, &str)> {
        let channels = self.0.up_channels.iter().take(CHANNELS_MAX);
        channels.map(|channel| (channel.number(), channel.name().unwrap_or_default()))
    }
}
