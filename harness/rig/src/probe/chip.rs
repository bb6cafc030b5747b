//! Which chip is it: by name in probe-rs's tables, and by what the chip says of itself.

use super::backend::CoreBackend;
use probe_rs::CoreType;
use probe_rs::config::{Registry, RegistryError, Target};
use probe_rs_target::MemoryRegion;
use pump_hil_firmware::Segment;
use std::ops::Range;
use std::sync::OnceLock;

/// Any chip with a Cortex-M core, for a look at what it is.
pub(super) const ANY: &str = "Cortex-M0";
const CPUID: u32 = 0xE000_ED00;
/// Most names that are told.
const TOLD_MAX: usize = 5;

/// Every chip that probe-rs knows; read once a process.
pub(super) fn registry() -> &'static Registry {
    static REGISTRY: OnceLock<Registry> = OnceLock::new();
    REGISTRY.get_or_init(Registry::from_builtin_families)
}

/// A chip's description.
pub(super) fn target(name: &str) -> Result<Target, RegistryError> {
    registry().get_target_by_name(name)
}

/// Whether there is such a chip.
///
/// # Errors
/// Says which names are near.
pub fn is_chip(name: &str) -> Result<(), String> {
    let names = || registry().families().iter().flat_map(|family| &family.variants);
    if names().any(|chip| chip.name.eq_ignore_ascii_case(name)) {
        return Ok(());
    }
    let near = pump_hil_model::diagnostic::nearest(name, names().map(|chip| chip.name.as_str()));
    let begin = name.to_ascii_lowercase();
    let beginning = names().filter(|chip| !begin.is_empty() && chip.name.to_ascii_lowercase().starts_with(&begin));
    let mut told: Vec<&str> = beginning.map(|chip| chip.name.as_str()).take(TOLD_MAX).collect();
    told.extend(near.filter(|_| told.is_empty()));
    Err(match told.as_slice() {
        [] => format!("probe-rs knows no chip `{name}`; `probe-rs chip list` shows them"),
        told => format!(
            "probe-rs knows no chip `{name}` (did you mean `{}`?)",
            told.join("`, `")
        ),
    })
}

/// What a chip says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// Part number of its core.
    core: u32,
    /// Its name, where its vendor wrote it into it.
    name: Option<String>,
}

/// Whether a chip lets itself be attached to, and then shows nothing of its memory: the readback protection of an nRF51, as UICR.RBPCONF says it. The
/// nRF52 keeps a probe out altogether.
pub(super) fn is_read_protected<E>(chip: &str, read: impl FnOnce(u64) -> Result<u32, E>) -> bool {
    const RBPCONF: u64 = 0x1000_1004;
    const PALL: u32 = 0xFF00;
    let nrf51 = chip.get(..5).is_some_and(|begin| begin.eq_ignore_ascii_case("nrf51"));
    nrf51 && read(RBPCONF).is_ok_and(|word| word & PALL == 0)
}

/// What an emulated chip is, in words, where it cannot be `wanted`. To attach to the wrong one would take another vendor's way in.
pub fn is_not(backend: &mut dyn CoreBackend, wanted: &str) -> Option<String> {
    let found = look_with(|addr| {
        let mut word = [0; 4];
        backend.read(addr, &mut word).map(|()| u32::from_le_bytes(word))
    });
    // An emulator that does not answer at all is told when it is attached to.
    found.ok()?.contradicts(wanted)
}

/// The first address of an image at which `chip` has no memory.
pub fn misplaced(chip: &str, image: &[Segment<'_>]) -> Option<u64> {
    let target = target(chip).ok()?;
    let fits = |segment: &&Segment<'_>| holds(&target, segment.addr..segment.addr + segment.bytes.len() as u64);
    image.iter().find(|segment| !fits(segment)).map(|segment| segment.addr)
}

/// What a chip says of itself to somebody who reads words of it.
pub(super) fn look_with<E>(mut read: impl FnMut(u32) -> Result<u32, E>) -> Result<Found, E> {
    // PARTNO (Armv7-M Architecture Reference Manual, B3.2.3).
    let core = read(CPUID)? >> 4 & 0xFFF;
    let mut word = |addr: u32| read(addr).ok();
    let methods = || registry().families().iter().flat_map(|family| &family.chip_detection);
    // The whole words of the nRF52 first: sixteen bits may be anything.
    let nrf52 = methods().filter_map(|method| method.as_nordic_ficr()).find_map(|ficr| {
        let part = word(ficr.part_address).filter(|part| *part == ficr.part)?;
        let known = ficr.variants.get(&word(ficr.variant_address)?).cloned();
        Some(known.unwrap_or_else(|| format!("nRF{part:x}")))
    });
    let name = nrf52.or_else(|| {
        let ids = methods().filter_map(|method| method.as_nordic_configid());
        ids.into_iter()
            .find_map(|id| id.hwid.get(&(word(id.configid_address)? & 0xFFFF)).cloned())
    });
    Ok(Found { core, name })
}

impl Found {
    /// What it is, in words, where it cannot be `wanted`.
    pub fn contradicts(&self, wanted: &str) -> Option<String> {
        let target = target(wanted).ok()?;
        let core = core_name(self.core);
        if let Some(core) = core
            && !target.cores.iter().any(|have| fits(have.core_type, self.core))
        {
            let of = self.name.as_ref().map_or(String::new(), |name| format!(" ({name})"));
            return Some(format!("a chip with a {core}{of}"));
        }
        let name = self.name.as_ref()?;
        // A memory that happens to hold such a number is no nRF.
        let nordic = |name: &str| name.get(..3).is_some_and(|begin| begin.eq_ignore_ascii_case("nrf"));
        let same = name.eq_ignore_ascii_case(wanted);
        (nordic(wanted) && !same && !is_as_large(name, &target)).then(|| name.clone())
    }
}

/// A sibling that differs in its package, or has more memory, does as well.
fn is_as_large(name: &str, wanted: &Target) -> bool {
    let Ok(found) = target(name) else {
        // Its vendor's next revision, which the tables do not have yet.
        return wanted.name.to_ascii_lowercase().starts_with(&name.to_ascii_lowercase());
    };
    let inside = |region: &MemoryRegion| holds(&found, region.address_range());
    found.name.get(..5) == wanted.name.get(..5) && wanted.memory_map.iter().all(inside)
}

/// Whether a chip has all of `range` in one of its memories.
fn holds(chip: &Target, range: Range<u64>) -> bool {
    let mut memories = chip.memory_map.iter().map(MemoryRegion::address_range);
    memories.any(|have| have.start <= range.start && range.end <= have.end)
}

/// Part numbers of the cores that there are.
const CORES: &[(u32, CoreType, &str)] = &[
    (0xC20, CoreType::Armv6m, "Cortex-M0"),
    (0xC21, CoreType::Armv6m, "Cortex-M1"),
    (0xC60, CoreType::Armv6m, "Cortex-M0+"),
    (0xC23, CoreType::Armv7m, "Cortex-M3"),
    (0xC24, CoreType::Armv7em, "Cortex-M4"),
    (0xC27, CoreType::Armv7em, "Cortex-M7"),
    (0xD20, CoreType::Armv8m, "Cortex-M23"),
    (0xD21, CoreType::Armv8m, "Cortex-M33"),
];

fn core_name(part: u32) -> Option<&'static str> {
    CORES.iter().find(|(known, ..)| *known == part).map(|(.., name)| *name)
}

fn fits(wanted: CoreType, part: u32) -> bool {
    CORES.iter().any(|(known, core, _)| *known == part && *core == wanted)
}
