//! A real probe, on USB.

use super::kind::{Behind, Keys, Probe, ProbeKind};
use crate::finding::Finding;
use crate::listed::WrongKey;
use crate::probe::chip;
use crate::probe::debug::Debug;
use crate::probe::error::ProbeError;
use crate::probe::selector::{Selector, UsbAt};
use crate::probe::usb::Probes;
use pump_hil_model::mistake::Mistake;
use std::sync::Arc;

pub static KIND: ProbeKind = ProbeKind {
    word: "usb",
    keys: &["chip", "selector", "speed"],
    described,
};

fn described(keys: Keys) -> Result<Arc<dyn Probe>, WrongKey> {
    let Some(chip) = keys.chip else {
        let what = "a probe of kind `usb` needs its `chip`, such as `chip: nRF51822_xxAA`";
        return Err(WrongKey::new(Mistake::MissingKey, "kind", what));
    };
    chip::is_chip(&chip).map_err(|what| WrongKey::new(Mistake::UnknownWord, "chip", what))?;
    if keys.speed == Some(0) {
        return Err(WrongKey::new(Mistake::Range, "speed", "`speed` must be more than 0"));
    }
    let selector = keys.selector.map(|text| text.parse::<Selector>()).transpose();
    Ok(Arc::new(UsbAt {
        chip,
        selector: selector.map_err(|what| WrongKey::new(Mistake::Format, "selector", what))?,
        speed_khz: keys.speed,
    }))
}

impl Probe for UsbAt {
    fn word(&self) -> &'static str {
        KIND.word
    }

    fn chip(&self) -> Option<&str> {
        Some(&self.chip)
    }

    fn which(&self, usb: &Probes) -> Result<Option<Selector>, ProbeError> {
        Ok(usb.which(self.selector.as_ref()).map(Some)?)
    }

    fn look(&self, usb: &Probes) -> Vec<Finding> {
        vec![match usb.which(self.selector.as_ref()) {
            Ok(which) => Finding::fine(
                "probe",
                format!(
                    "{which} is there, and this user may open it; it is not attached here, for that halts the chip"
                ),
            ),
            Err(error) => Finding::wrong("probe", error),
        }]
    }

    fn attach(&self, behind: Behind<'_>) -> Result<(Debug, Option<Selector>), ProbeError> {
        let (debug, which) = behind.usb.attach(self)?;
        Ok((debug, Some(which)))
    }
}
