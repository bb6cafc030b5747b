//! What a kind of probe is to a rig: a word and keys in its file, and a way to attach.

use crate::finding::Finding;
use crate::listed::WrongKey;
use crate::probe::backend::CoreBackend;
use crate::probe::debug::Debug;
use crate::probe::error::ProbeError;
use crate::probe::selector::Selector;
use crate::probe::usb::Probes;
use std::fmt;
use std::sync::Arc;

/// A kind of probe.
#[derive(Debug)]
pub struct ProbeKind {
    /// Its word in rig files.
    pub word: &'static str,
    /// Those of [`Keys`] that it has.
    pub keys: &'static [&'static str],
    /// Makes a probe of its keys; else which key is wrong, and how.
    pub described: fn(Keys) -> Result<Arc<dyn Probe>, WrongKey>,
}

/// The keys that only some kinds have, as a rig file gives them.
#[derive(Debug, Default)]
pub struct Keys {
    /// The chip, by its name in probe-rs.
    pub chip: Option<String>,
    /// Which probe on USB.
    pub selector: Option<String>,
    /// kHz of its clock line.
    pub speed: Option<u32>,
}

/// A probe that is not attached yet.
pub trait Probe: fmt::Debug + Send + Sync {
    /// Its kind's word.
    fn word(&self) -> &'static str;

    /// Its chip by name, by which flash is programmed; `None`: that cannot be.
    fn chip(&self) -> Option<&str> {
        None
    }

    /// Whether the chip runs an image, which may have a log and may fault.
    fn runs_firmware(&self) -> bool {
        true
    }

    /// Which device on USB it is, where it is one. It is not attached.
    ///
    /// # Errors
    /// It is not there, or could be several.
    fn which(&self, _usb: &Probes) -> Result<Option<Selector>, ProbeError> {
        Ok(None)
    }

    /// What can be seen of it without attaching.
    fn look(&self, _usb: &Probes) -> Vec<Finding> {
        Vec::new()
    }

    /// Attaches to the chip; tells which device on USB the probe is, where it is one.
    ///
    /// # Errors
    /// Probe or chip are not there, or are others than the rig file says.
    fn attach(&self, behind: Behind<'_>) -> Result<(Debug, Option<Selector>), ProbeError>;
}

/// Where a probe finds its chip.
pub struct Behind<'a> {
    /// The core of an emulated chip.
    pub core: Option<Box<dyn CoreBackend>>,
    /// The devices on USB.
    pub usb: &'a Probes,
    /// Its flash is going to be programmed.
    pub programs: bool,
}

impl Behind<'_> {
    /// The core, which a virtual probe needs.
    pub fn core(self) -> Result<Box<dyn CoreBackend>, ProbeError> {
        self.core.ok_or_else(|| ProbeError::Refused {
            doing: "attaching".to_owned(),
            why: "a virtual probe needs an emulated chip".to_owned(),
        })
    }
}

/// The debug probe of a rig.
#[derive(Debug, Clone)]
pub struct ProbeAt {
    probe: Arc<dyn Probe>,
    test_block: Option<String>,
}

impl ProbeAt {
    /// A probe; `test_block` is the symbol of the test block in the device profile or the firmware.
    #[must_use]
    pub fn new(probe: Arc<dyn Probe>, test_block: Option<String>) -> Self {
        Self { probe, test_block }
    }

    /// The probe itself.
    #[must_use]
    pub fn probe(&self) -> &dyn Probe {
        &*self.probe
    }

    /// Symbol of the test block; `None`: there is none.
    #[must_use]
    pub fn test_block(&self) -> Option<&str> {
        self.test_block.as_deref()
    }
}
