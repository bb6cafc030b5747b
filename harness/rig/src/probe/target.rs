//! The simulated chip, as probe-rs wants it described.

use super::error::ProbeError;
use probe_rs::CoreType;
use probe_rs::config::{Registry, Target};
use probe_rs_target::{
    ArmCoreAccessOptions, Chip, ChipFamily, Core as ChipCore, CoreAccessOptions, MemoryRegion, NvmRegion, RamRegion,
    TargetDescriptionSource,
};
use std::sync::OnceLock;

/// Name of the simulated chip: its own, for a vendor's prefix would choose a vendor's sequences.
const CHIP: &str = "pump-hil-sim";
const FLASH: std::ops::Range<u64> = 0x0000_0000..0x0004_0000;
const RAM: std::ops::Range<u64> = 0x2000_0000..0x2001_0000;

/// The simulated chip, described once a process.
pub(super) fn virtual_target() -> Result<Target, ProbeError> {
    static TARGET: OnceLock<Target> = OnceLock::new();
    if let Some(target) = TARGET.get() {
        return Ok(target.clone());
    }
    let described = |why: String| ProbeError::Refused {
        doing: format!("describing the chip {CHIP}"),
        why,
    };
    let mut registry = Registry::new();
    registry
        .add_target_family(family())
        .map_err(|e| described(e.to_string()))?;
    let target = registry
        .get_target_by_name(CHIP)
        .map_err(|e| described(e.to_string()))?;
    Ok(TARGET.get_or_init(|| target).clone())
}

fn family() -> ChipFamily {
    let cores = vec!["main".to_owned()];
    let flash = NvmRegion {
        name: Some("flash".to_owned()),
        range: FLASH,
        cores: cores.clone(),
        is_alias: false,
        access: None,
    };
    let ram = RamRegion {
        name: Some("ram".to_owned()),
        range: RAM,
        cores,
        is_alias: false,
        access: None,
    };
    let chip = Chip {
        cores: vec![ChipCore {
            name: "main".to_owned(),
            core_type: CoreType::Armv7em,
            core_access_options: CoreAccessOptions::Arm(ArmCoreAccessOptions::default()),
        }],
        memory_map: vec![MemoryRegion::Nvm(flash), MemoryRegion::Ram(ram)],
        ..Chip::generic_arm(CHIP, CoreType::Armv7em)
    };
    ChipFamily {
        name: "pump-hil simulated chips".to_owned(),
        manufacturer: None,
        chip_detection: Vec::new(),
        generated_from_pack: false,
        pack_file_release: None,
        variants: vec![chip],
        flash_algorithms: Vec::new(),
        source: TargetDescriptionSource::External,
    }
}
