//! One way to open a line, whatever kind it is; and to wait for one that is not there: a plug, a board that starts again, a server.

use super::address::Address;
use super::error::LinkError;
use super::line::Line;
use super::port::Inherited;
use super::program::program;
use super::rfc2217::rfc2217;
use super::serial::serial;
use super::settings::Settings;
use super::tcp::tcp;
use super::telnet::Telnet;
use super::tty;
use super::unix::unix;
use crate::host_time::{self, Waited};
use crate::options::RigLimits;
use serde::{Deserialize, Serialize};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::time::Duration;

/// A far end that is not there is looked for after this, then after twice as long each time, up to the longest.
const LOOK_FIRST: Duration = Duration::from_millis(20);
const LOOK_LONGEST: Duration = Duration::from_millis(320);

/// A far end that is there answers within it, even where it was waited for just now.
const LOOK_LEAST: Duration = Duration::from_secs(1);

/// A line that can be opened, and opened again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkAt {
    /// Where it leads to.
    pub(crate) address: Address,
    /// How a serial port is set.
    pub(crate) settings: Settings,
}

impl LinkAt {
    /// Opens it, and waits for a far end that is not there.
    ///
    /// # Errors
    /// [`LinkError::Open`]: it is another's, or cannot be opened so; [`LinkError::Absent`] once `limits.open` is over.
    pub async fn open(&self, limits: RigLimits) -> Result<Line, LinkError> {
        let mut patience = Patience::of(limits.open);
        loop {
            match self.open_once(patience.left(), limits.write).await {
                Ok(line) => return Ok(line),
                Err(error) => patience.after(error).await?,
            }
        }
    }

    async fn open_once(&self, left: Duration, write: Duration) -> Result<Line, LinkError> {
        let name = &self.address.to_string();
        match &self.address {
            Address::Path(path) => serial(path, &self.settings, write).await,
            // Linux tells there of all USB devices. An adapter that comes back may have another path.
            Address::Usb(which) => serial(&tty::of_usb(Path::new("/sys"), which)?, &self.settings, write).await,
            Address::Tcp(server) => tcp(server, name, left, write).await,
            Address::Rfc2217(server) => rfc2217(server, &self.settings, name, left, write).await,
            Address::Unix(path) => unix(path, name, left, write).await,
            Address::Program(words) => program(words, name, write),
        }
    }

    /// The same line through a descriptor that another process opened, and handed over; settings and lock are as that left them.
    ///
    /// # Errors
    /// [`LinkError::Open`]: it is none that can be waited on.
    pub fn adopt(&self, port: OwnedFd, write_limit: Duration) -> Result<Line, LinkError> {
        let name = self.address.to_string();
        let opened = port.try_clone().and_then(|watch| Ok((Inherited::new(port)?, watch)));
        let (wire, watch) = opened.map_err(|e| LinkError::Open {
            port: name.clone(),
            why: e.to_string(),
        })?;
        let line = Line::new(Box::new(wire), watch, &name, write_limit);
        Ok(match self.address {
            Address::Rfc2217(_) => line.through(Telnet::amid(), Vec::new()),
            _ => line,
        })
    }
}

/// Waits for a far end that is not there: whoever looks asks it after each look.
#[derive(Debug)]
pub struct Patience {
    limit: Duration,
    waited: Waited,
    next: Duration,
}

impl Patience {
    /// At most so long.
    pub fn of(limit: Duration) -> Self {
        Self {
            limit,
            waited: Waited::of(limit),
            next: LOOK_FIRST,
        }
    }

    /// How long a look may take.
    fn left(&mut self) -> Duration {
        self.limit.saturating_sub(self.waited.so_far()).max(LOOK_LEAST)
    }

    /// Waits a moment after a look that found nobody.
    ///
    /// # Errors
    /// It is another error, or nobody came in time.
    pub async fn after(&mut self, error: LinkError) -> Result<(), LinkError> {
        if matches!(error, LinkError::Absent { .. }) && self.waited.so_far() < self.limit {
            host_time::sleep(self.next).await;
            self.next = LOOK_LONGEST.min(2 * self.next);
            return Ok(());
        }
        Err(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_who_is_not_there_is_waited_for_and_no_longer_than_the_limit() {
        let absent = || LinkError::Absent {
            port: "ttyUSB0".to_owned(),
            there: String::new(),
        };
        let other = LinkError::Open {
            port: "ttyUSB0".to_owned(),
            why: String::new(),
        };
        assert_eq!(Patience::of(Duration::ZERO).after(absent()).await, Err(absent()));
        let mut patience = Patience::of(Duration::from_secs(60));
        assert_eq!(patience.after(absent()).await, Ok(()));
        assert_eq!(patience.after(other.clone()).await, Err(other));
    }
}
