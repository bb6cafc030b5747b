//! What the firmware tells a probe (RTT): its channels are emptied whenever granted time stands still, so that the same run gives the same lines, and by
//! the wall clock now and then.
//!
//! **Invariant:** the control block is foreign memory. Whatever stands in it, a look takes a bounded number of reads, a run gives a bounded number of
//! lines, and what cannot be read is told once. A firmware without RTT costs nothing.

use super::probe::{Debug, UpChannels, UpError};
use pump_hil_firmware::Image;
use pump_hil_model::event::{Body, Log};
use pump_hil_model::safe_text::{safe, safe_bytes};
use std::sync::Arc;
use std::time::Duration;

/// The symbol of the control block, in every implementation of RTT.
const CONTROL_BLOCK: &str = "_SEGGER_RTT";
/// A channel whose name has this speaks `defmt`.
const DEFMT: &str = "defmt";
/// Bytes that one look takes from a channel at a time, and how often.
const PIECE: usize = 1024;
const PIECES_MAX: usize = 8;
/// A line is told at the latest when it has so many bytes.
const LINE_MAX: usize = 512;
/// Bytes that a run keeps; behind them channels are emptied still, for a firmware may wait for that.
const KEPT_MAX: usize = 4 << 20;
/// How often channels are emptied by the wall clock.
pub(super) const EVERY: Duration = Duration::from_millis(100);

/// The firmware's log.
#[derive(Debug)]
pub(super) struct Logs {
    place: Place,
    image: Option<Arc<Image>>,
    channels: Option<UpChannels>,
    /// What was read of each, by its place in the list.
    heard: Vec<Heard>,
    kept: usize,
    /// What was told of a control block that is not sound; told again only once it was sound.
    trouble: Option<String>,
}

/// Where the control block is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    At(u64),
    /// Somewhere in the RAM.
    Sought,
    /// Nowhere: nothing is read.
    Nowhere,
}

/// What came of a channel.
#[derive(Debug)]
struct Heard {
    channel: u32,
    name: String,
    /// The beginning of a line, or of a `defmt` frame.
    rest: Vec<u8>,
    /// It speaks `defmt`, with the texts of this image.
    defmt: Option<Arc<Image>>,
}

impl Logs {
    /// Of a firmware that has none, or that no probe reaches.
    pub fn none() -> Self {
        Self {
            place: Place::Nowhere,
            image: None,
            channels: None,
            heard: Vec::new(),
            kept: 0,
            trouble: None,
        }
    }

    /// Of a firmware with this image; of an unknown one the RAM is searched, once.
    pub fn of(image: Option<Arc<Image>>) -> Self {
        let place = match &image {
            Some(image) => image
                .symbol(CONTROL_BLOCK)
                .map_or(Place::Nowhere, |symbol| Place::At(symbol.addr)),
            None => Place::Sought,
        };
        Self {
            place,
            image,
            ..Self::none()
        }
    }

    /// Whether there may be anything to read.
    pub fn any(&self) -> bool {
        self.place != Place::Nowhere
    }

    /// Takes everything that was said since the last look.
    pub fn look(&mut self, debug: &mut Debug) -> Vec<Body> {
        let mut told = Vec::new();
        // A firmware that started again has made its control block anew: once more from there.
        for _ in 0..2 {
            match self.open(debug).and_then(|()| self.empty(debug, &mut told)) {
                // A control block that is not there may still come; a lost probe is told by whoever needs it next.
                Ok(()) | Err(UpError::Absent | UpError::Lost) => {}
                Err(UpError::Restarted) => {
                    self.close(&mut told);
                    continue;
                }
                Err(UpError::Unsound(why)) => {
                    self.close(&mut told);
                    // Once: the same garbage stands there at every later look.
                    if self.trouble.is_none() {
                        let did = format!(
                            "RTT: its control block is not sound, nothing is read from it: {}",
                            safe(&why)
                        );
                        told.push(Body::Probe { did });
                    }
                    self.trouble = Some(why);
                }
            }
            break;
        }
        told
    }

    /// Tells lines that have no end, and looks no further.
    pub fn end(&mut self) -> Vec<Body> {
        let mut told = Vec::new();
        self.close(&mut told);
        self.place = Place::Nowhere;
        told
    }

    fn open(&mut self, debug: &mut Debug) -> Result<(), UpError> {
        if self.channels.is_some() {
            return Ok(());
        }
        let channels = match self.place {
            Place::Nowhere => return Err(UpError::Absent),
            Place::At(addr) => UpChannels::find(debug, Some(addr))?,
            Place::Sought => {
                // Before the search, which reads the whole RAM: one that finds nothing is not tried again.
                self.place = Place::Nowhere;
                let found = UpChannels::find(debug, None)?;
                self.place = Place::At(found.addr());
                found
            }
        };
        let speaks = self.image.as_ref().filter(|image| image.defmt().is_some());
        let heard = |(number, name): (usize, &str)| Heard {
            channel: u32::try_from(number).unwrap_or(u32::MAX),
            name: safe(name),
            rest: Vec::new(),
            defmt: speaks.filter(|_| name.contains(DEFMT)).cloned(),
        };
        self.heard = channels.names().map(heard).collect();
        self.channels = Some(channels);
        self.trouble = None;
        Ok(())
    }

    fn close(&mut self, told: &mut Vec<Body>) {
        self.channels = None;
        for mut heard in self.heard.drain(..) {
            heard.tell_rest(told);
        }
    }

    fn empty(&mut self, debug: &mut Debug, told: &mut Vec<Body>) -> Result<(), UpError> {
        let Some(channels) = &mut self.channels else {
            return Ok(());
        };
        let mut piece = [0; PIECE];
        for (place, heard) in self.heard.iter_mut().enumerate() {
            for _ in 0..PIECES_MAX {
                let count = channels.take(debug, place, &mut piece)?;
                // No underflow: each piece adds at most what is left.
                let kept = count.min(KEPT_MAX - self.kept);
                self.kept += kept;
                heard.take(&piece[..kept], told);
                if kept < count && self.trouble.is_none() {
                    let did = format!("RTT: {KEPT_MAX} bytes were said, what follows is not kept");
                    told.push(Body::Probe { did: did.clone() });
                    // It is remembered as a trouble, so that it is told once.
                    self.trouble = Some(did);
                }
                // Less than was asked for: the channel is empty, and a further look would cost a read for nothing.
                if count < PIECE {
                    break;
                }
            }
        }
        Ok(())
    }
}

impl Heard {
    /// Takes bytes, and tells the lines or messages that they complete.
    fn take(&mut self, bytes: &[u8], told: &mut Vec<Body>) {
        // A `defmt` frame is encoded (rzCOBS) so that no zero byte stands in it: a zero ends it.
        let end = if self.defmt.is_some() { 0 } else { b'\n' };
        for &byte in bytes {
            if byte == end {
                self.whole(told);
                continue;
            }
            self.rest.push(byte);
            // The end may never come: what waits for it is bounded.
            if self.rest.len() == LINE_MAX {
                self.tell(told);
            }
        }
    }

    /// A line, or a frame of which there may be empty ones.
    fn whole(&mut self, told: &mut Vec<Body>) {
        let Some(image) = &self.defmt else {
            if self.rest.last() == Some(&b'\r') {
                self.rest.pop();
            }
            return self.tell(told);
        };
        match image.defmt().and_then(|table| table.message(&self.rest)) {
            Some(message) => {
                told.push(Body::Log(Log {
                    channel: self.channel,
                    name: self.name.clone(),
                    level: message.level,
                    stamp: message.stamp,
                    text: message.text,
                    at: message.at,
                }));
                self.rest.clear();
            }
            // What is no frame is shown as it came.
            None => self.tell_rest(told),
        }
    }

    fn tell_rest(&mut self, told: &mut Vec<Body>) {
        if !self.rest.is_empty() {
            self.tell(told);
        }
    }

    fn tell(&mut self, told: &mut Vec<Body>) {
        told.push(Body::Log(Log {
            channel: self.channel,
            name: self.name.clone(),
            level: None,
            stamp: None,
            text: safe_bytes(&self.rest),
            at: None,
        }));
        self.rest.clear();
    }
}

#[cfg(any(test, feature = "for-tests"))]
pub mod ram;
#[cfg(test)]
mod tests;
