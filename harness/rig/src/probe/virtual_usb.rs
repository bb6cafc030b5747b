//! A USB with virtual probes on it, for tests: everything above the probe itself is what a real one meets.

use super::dap::VirtualProbe;
use super::idle::{Contents, Idle};
use super::{BusFault, CoreBackend, Probes, Selector};
use probe_rs::probe::list::{Accessibility, Lister, ProbeListItem, ProbeLister};
use probe_rs::probe::{
    DebugProbe, DebugProbeError, DebugProbeInfo, DebugProbeSelector, Probe, ProbeCreationError, ProbeFactory,
};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// Makes what stands behind a probe, or says why it does not open.
type Open = dyn Fn() -> Result<Box<dyn CoreBackend>, DebugProbeError> + Send + Sync;

/// A probe that is plugged in.
#[derive(Clone)]
pub struct Plug {
    which: Selector,
    accessibility: Accessibility,
    open: Arc<Open>,
}

impl fmt::Debug for Plug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.which)
    }
}

impl Plug {
    /// With a chip behind it.
    pub fn new<B: CoreBackend + 'static>(which: &str, chip: impl Fn() -> B + Send + Sync + 'static) -> Self {
        Self::opening(which, move || Ok(Box::new(chip())))
    }

    fn opening(
        which: &str,
        open: impl Fn() -> Result<Box<dyn CoreBackend>, DebugProbeError> + Send + Sync + 'static,
    ) -> Self {
        Self {
            which: which.parse().expect("a selector"),
            accessibility: Accessibility::Accessible,
            open: Arc::new(open),
        }
    }

    /// That does not open.
    pub fn closed(which: &str, errno: i32) -> Self {
        Self::opening(which, move || {
            Err(ProbeCreationError::Usb(std::io::Error::from_raw_os_error(errno)).into())
        })
    }

    /// That this user may not open.
    pub fn forbidden(which: &str) -> Self {
        Self {
            accessibility: Accessibility::PermissionDenied,
            ..Self::closed(which, 13)
        }
    }
}

/// These probes and no others.
pub fn usb(plugs: &[Plug]) -> Probes {
    let plugs = plugs.to_vec();
    Probes::with(move || Lister::with_lister(Box::new(Virtual(plugs.clone()))))
}

#[derive(Debug)]
struct Virtual(Vec<Plug>);

impl Virtual {
    fn matching(&self, selector: &DebugProbeSelector) -> Option<&Plug> {
        self.0.iter().find(|plug| selector.matches_probe(&info(plug)))
    }
}

fn info(plug: &Plug) -> DebugProbeInfo {
    let Selector { vid, pid, serial } = plug.which.clone();
    DebugProbeInfo::new("a virtual probe", vid, pid, serial, &Factory, None, false)
}

impl ProbeLister for Virtual {
    fn open(&self, selector: &DebugProbeSelector) -> Result<Probe, DebugProbeError> {
        let plug = self.matching(selector).ok_or(ProbeCreationError::NotFound)?;
        Ok(Probe::new(VirtualProbe::new((plug.open)()?)))
    }

    fn list_with_access(&self, _: Option<&DebugProbeSelector>) -> Vec<ProbeListItem> {
        let item = |plug: &Plug| ProbeListItem {
            info: info(plug),
            accessibility: plug.accessibility,
        };
        // As a probe with two interfaces is listed: twice.
        self.0.iter().flat_map(|plug| [item(plug), item(plug)]).collect()
    }
}

#[derive(Debug)]
struct Factory;

impl fmt::Display for Factory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("virtual")
    }
}

impl ProbeFactory for Factory {
    fn open(&self, _: &DebugProbeSelector) -> Result<Box<dyn DebugProbe>, DebugProbeError> {
        Err(ProbeCreationError::NotFound.into())
    }

    fn list_probes(&self) -> Vec<ProbeListItem> {
        Vec::new()
    }
}

/// A chip that only says what it is. Where nothing is, nothing answers.
#[derive(Debug, Default)]
pub struct Mute {
    words: BTreeMap<u32, u32>,
    dead: bool,
}

impl Mute {
    /// With these words in it.
    pub fn new(words: &[(u32, u32)]) -> Idle<Self> {
        let words = words.iter().copied().collect();
        Idle::new(Self { words, dead: false })
    }

    /// nRF51822 with a Cortex-M0.
    pub fn nrf51() -> Idle<Self> {
        Self::new(&[(0xE000_ED00, 0x410C_C200), (0x1000_005C, 0xFFFF_003C)])
    }

    /// nRF52840 with a Cortex-M4, whose second access port says that it is locked.
    pub fn nrf52840() -> Idle<Self> {
        Self::nrf52(0x0005_2840, 0x4141_4430)
    }

    /// nRF52832, locked likewise.
    pub fn nrf52832() -> Idle<Self> {
        Self::nrf52(0x0005_2832, 0x4141_4230)
    }

    fn nrf52(part: u32, variant: u32) -> Idle<Self> {
        let ficr = [(0x1000_0100, part), (0x1000_0104, variant), (0x1000_005C, u32::MAX)];
        Self::new(&[&ficr[..], &[(0xE000_ED00, 0x410F_C241)]].concat())
    }

    /// Without supply.
    pub fn dead() -> Idle<Self> {
        Idle::new(Self {
            dead: true,
            ..Self::default()
        })
    }
}

impl Contents for Mute {
    fn read(&self, addr: u32, into: &mut [u8]) -> Result<(), BusFault> {
        let word = self.words.get(&addr).ok_or(BusFault)?;
        into.copy_from_slice(word.to_le_bytes().get(..into.len()).ok_or(BusFault)?);
        Ok(())
    }

    fn trouble(&self) -> Option<String> {
        self.dead.then(|| "the target did not acknowledge".to_owned())
    }
}
