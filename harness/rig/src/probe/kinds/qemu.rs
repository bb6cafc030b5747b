//! The virtual probe of a chip in QEMU.

use super::kind::{Behind, Keys, Probe, ProbeKind};
use crate::listed::WrongKey;
use crate::probe::chip;
use crate::probe::debug::Debug;
use crate::probe::error::ProbeError;
use crate::probe::selector::Selector;
use pump_hil_model::mistake::Mistake;
use std::sync::Arc;

pub static KIND: ProbeKind = ProbeKind {
    word: "qemu",
    keys: &["chip"],
    described,
};

#[derive(Debug)]
struct InQemu {
    /// Its name in probe-rs, which the machine is held to, and by which its flash is programmed; `None`: any.
    chip: Option<String>,
}

fn described(keys: Keys) -> Result<Arc<dyn Probe>, WrongKey> {
    if let Some(name) = &keys.chip {
        chip::is_chip(name).map_err(|what| WrongKey::new(Mistake::UnknownWord, "chip", what))?;
    }
    Ok(Arc::new(InQemu { chip: keys.chip }))
}

impl Probe for InQemu {
    fn word(&self) -> &'static str {
        KIND.word
    }

    fn chip(&self) -> Option<&str> {
        self.chip.as_deref()
    }

    fn attach(&self, behind: Behind<'_>) -> Result<(Debug, Option<Selector>), ProbeError> {
        let debug = match &self.chip {
            // By its own name, for its flash.
            Some(chip) if behind.programs => Debug::attach_virtual_as(behind.core()?, chip)?,
            _ => Debug::attach_virtual(behind.core()?)?,
        };
        Ok((debug, None))
    }
}
