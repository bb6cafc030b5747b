//! The virtual probe of the simulated chip.

use super::kind::{Behind, Probe, ProbeKind};
use crate::probe::debug::Debug;
use crate::probe::error::ProbeError;
use crate::probe::selector::Selector;
use std::sync::Arc;

pub static KIND: ProbeKind = ProbeKind {
    word: "sim",
    keys: &[],
    described: |_| Ok(Arc::new(OfTheSim)),
};

#[derive(Debug)]
struct OfTheSim;

impl Probe for OfTheSim {
    fn word(&self) -> &'static str {
        KIND.word
    }

    fn runs_firmware(&self) -> bool {
        false
    }

    fn attach(&self, behind: Behind<'_>) -> Result<(Debug, Option<Selector>), ProbeError> {
        Ok((Debug::attach_virtual(behind.core()?)?, None))
    }
}
