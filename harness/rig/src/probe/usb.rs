//! Real probes: which one on USB is meant, and whether the chip behind it is the one that the rig file names.
//!
//! **Invariant:** nothing is guessed. Two probes that match, or another chip than the one named, are told with everything that was found, before anything
//! is written to either.

use super::chip::{self, Found};
use super::debug::Debug;
use super::error::{ProbeError, UsbError, chain};
use super::selector::{Selector, UsbAt};
use crate::finding::Finding;
use probe_rs::architecture::arm::ArmError;
use probe_rs::probe::list::{Accessibility, Lister, ProbeListItem};
use probe_rs::probe::{DebugProbeSelector, Probe};
use probe_rs::{Permissions, Session};
use std::fmt;
use std::sync::Arc;

/// Where probes are looked for: on this host's USB, or where a test has its own.
#[derive(Clone, Default)]
pub struct Probes(Option<Arc<dyn Fn() -> Lister + Send + Sync>>);

impl fmt::Debug for Probes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "a test's probes" } else { "USB" })
    }
}

impl Probes {
    /// Where a test has its own.
    #[cfg(any(test, feature = "for-tests"))]
    pub fn with(lister: impl Fn() -> Lister + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(lister)))
    }

    /// Attaches to the chip at the end of a probe on USB, and looks at what chip it is. To attach is intrusive (the core is halted, stepped and
    /// resumed): once a run.
    ///
    /// # Errors
    /// [`UsbError`]; nothing was written to the chip then.
    pub fn attach(&self, at: &UsbAt) -> Result<(Debug, Selector), ProbeError> {
        let lister = self.lister();
        let which = choose(&lister.list_all_with_access(), at.selector.as_ref())?;
        let attached = attach(&lister, &which, at.speed_khz, &at.chip);
        let mut debug = match attached {
            Ok(session) => Debug::new(session),
            Err(Refused::Probe(error)) => return Err(error.into()),
            // Nobody is there: a second look would only take the same five seconds.
            Err(Refused::Chip(error @ probe_rs::Error::Arm(ArmError::NoTargetResponse { .. }))) => {
                return Err(no_way_in(which, &at.chip, &error).into());
            }
            // What a chip does that is not the one named can be anything, and looks like a lock or a loose wire.
            Err(Refused::Chip(error)) => {
                let found = attach(&lister, &which, at.speed_khz, chip::ANY).ok();
                let found = found.and_then(|session| look(&mut Debug::new(session)).ok());
                return Err(match found.and_then(|found| found.contradicts(&at.chip)) {
                    Some(found) => wrong_chip(which, &at.chip, found),
                    None => no_way_in(which, &at.chip, &error),
                }
                .into());
            }
        };
        let found: Found = look(&mut debug)?;
        match found.contradicts(&at.chip) {
            Some(found) => Err(wrong_chip(which, &at.chip, found).into()),
            None if chip::is_read_protected(&at.chip, |addr| debug.read_word(addr)) => {
                let chip = at.chip.clone();
                Err(UsbError::Locked { which, chip }.into())
            }
            None => Ok((debug, which)),
        }
    }

    /// Which of those that are there a selector means. It is not attached.
    ///
    /// # Errors
    /// [`UsbError`]: none, several, or this user may not open it.
    pub fn which(&self, wanted: Option<&Selector>) -> Result<Selector, UsbError> {
        choose(&self.lister().list_all_with_access(), wanted)
    }

    /// All that are there, each with whether this user may open it.
    #[must_use]
    pub fn look_at_all(&self) -> Vec<Finding> {
        let there = there(&self.lister().list_all_with_access());
        if there.is_empty() {
            return vec![Finding::fine("probe", "there is no debug probe on USB")];
        }
        let told = |(which, allowed)| match allowed {
            true => Finding::fine("probe", format!("{which}: this user may open it")),
            false => Finding::warning("probe", UsbError::Forbidden { which }.to_string()),
        };
        there.into_iter().map(told).collect()
    }

    fn lister(&self) -> Lister {
        self.0.as_ref().map_or_else(Lister::new, |lister| lister())
    }
}

/// What the chip behind a probe says of itself; nothing is written.
fn look(debug: &mut Debug) -> Result<Found, ProbeError> {
    chip::look_with(|addr| debug.read_word(addr.into()))
}

fn wrong_chip(which: Selector, wanted: &str, found: String) -> UsbError {
    UsbError::WrongChip {
        which,
        wanted: wanted.to_owned(),
        found,
    }
}

fn no_way_in(which: Selector, chip: &str, error: &probe_rs::Error) -> UsbError {
    let (chip, why) = (chip.to_owned(), chain(error));
    match error {
        // To unlock it probe-rs asks for the permission to erase, which it is never given here.
        probe_rs::Error::Arm(ArmError::MissingPermissions(_)) => UsbError::Locked { which, chip },
        _ => UsbError::Silent { which, chip, why },
    }
}

/// The probes of a list, each with whether this user may open it.
fn there(listed: &[ProbeListItem]) -> Vec<(Selector, bool)> {
    // One plug may have several interfaces that are probes.
    let mut there: Vec<(Selector, bool)> = Vec::new();
    for item in listed {
        let selector = Selector {
            vid: item.info.vendor_id,
            pid: item.info.product_id,
            serial: item.info.serial_number.clone().filter(|serial| !serial.is_empty()),
        };
        let allowed = item.accessibility == Accessibility::Accessible;
        match there.iter_mut().find(|(known, _)| *known == selector) {
            Some((_, also)) => *also |= allowed,
            None => there.push((selector, allowed)),
        }
    }
    there
}

/// The one probe that is meant.
fn choose(listed: &[ProbeListItem], wanted: Option<&Selector>) -> Result<Selector, UsbError> {
    let there = there(listed);
    let meant = |(selector, _): &&(Selector, bool)| {
        wanted.is_none_or(|w| {
            (w.vid, w.pid) == (selector.vid, selector.pid) && (w.serial.is_none() || w.serial == selector.serial)
        })
    };
    let matching: Vec<_> = there.iter().filter(meant).collect();
    match (matching.as_slice(), wanted) {
        ([(which, true)], _) => Ok(which.clone()),
        ([(which, false)], _) => Err(UsbError::Forbidden { which: which.clone() }),
        ([], Some(wanted)) if !there.is_empty() => Err(UsbError::NoMatch {
            wanted: wanted.clone(),
            there: there.into_iter().map(|(selector, _)| selector).collect(),
        }),
        ([], _) => Err(UsbError::None),
        (several, _) => Err(UsbError::Several {
            there: several.iter().map(|(selector, _)| selector.clone()).collect(),
        }),
    }
}

/// Why there is no session: for the probe's sake, or for the chip's.
enum Refused {
    Probe(UsbError),
    Chip(probe_rs::Error),
}

fn attach(lister: &Lister, which: &Selector, khz: Option<u32>, chip: &str) -> Result<Session, Refused> {
    let mut probe: Probe = lister
        .open(DebugProbeSelector {
            vendor_id: which.vid,
            product_id: which.pid,
            interface: None,
            serial_number: which.serial.clone(),
        })
        .map_err(|error| Refused::Probe(unopened(which, &error)))?;
    if let Some(khz) = khz {
        probe.set_speed(khz).map_err(|error| {
            Refused::Probe(UsbError::Speed {
                which: which.clone(),
                khz,
                why: chain(&error),
            })
        })?;
    }
    let target = chip::target(chip).map_err(|error| Refused::Chip(error.into()))?;
    probe
        .attach_with_registry(target, Permissions::default(), chip::registry())
        .map_err(Refused::Chip)
}

/// A probe that is listed and does not open.
fn unopened(which: &Selector, error: &(dyn std::error::Error + 'static)) -> UsbError {
    let which = which.clone();
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(io) = error.downcast_ref::<std::io::Error>()
            && io.kind() == std::io::ErrorKind::PermissionDenied
        {
            return UsbError::Forbidden { which };
        }
        cause = error.source();
    }
    UsbError::Closed {
        which,
        why: chain(error),
    }
}
