//! Where the texts of `defmt` stand in the sources.

use crate::elf::{Dwarf, Elf};
use crate::names::Unit;
use gimli::AttributeValue;
use pump_hil_model::safe_text::safe;
use std::collections::BTreeMap;

/// Where each text stands in the sources, by the name of its symbol.
pub(super) fn of(elf: &Elf) -> Option<BTreeMap<String, String>> {
    // Without debug information the messages are told all the same, only without their places.
    let dwarf = elf.dwarf().ok()?;
    let mut found = BTreeMap::new();
    let mut units = dwarf.units();
    while let Ok(Some(header)) = units.next() {
        let Ok(unit) = dwarf.unit(header) else { continue };
        let mut entries = unit.entries();
        while let Ok(Some(entry)) = entries.next_dfs() {
            if entry.tag() != gimli::DW_TAG_variable {
                continue;
            }
            let Some(linkage) = entry.attr_value(gimli::DW_AT_linkage_name) else {
                continue;
            };
            let Ok(symbol) = dwarf.attr_string(&unit, linkage) else {
                continue;
            };
            let symbol = symbol.to_string_lossy();
            let line = entry
                .attr_value(gimli::DW_AT_decl_line)
                .and_then(|line| line.udata_value());
            let file = match entry.attr_value(gimli::DW_AT_decl_file) {
                Some(AttributeValue::FileIndex(file)) => Some(file),
                Some(other) => other.udata_value(),
                None => None,
            };
            if let (true, Some(line), Some(file)) = (symbol.starts_with('{'), line, file)
                && let Some(file) = file_name(&dwarf, &unit, file)
            {
                found.insert(symbol.into_owned(), safe(&format!("{file}:{line}")));
            }
        }
    }
    Some(found)
}

fn file_name(dwarf: &Dwarf<'_>, unit: &Unit<'_>, index: u64) -> Option<String> {
    let header = unit.line_program.as_ref()?.header();
    let file = header.file(index)?;
    let name = dwarf.attr_string(unit, file.path_name()).ok()?.to_string_lossy();
    let folder = file
        .directory(header)
        .and_then(|folder| dwarf.attr_string(unit, folder).ok());
    Some(match folder.map(|folder| folder.to_string_lossy()) {
        Some(folder) if !folder.is_empty() && !name.starts_with('/') => format!("{folder}/{name}"),
        _ => name.into_owned(),
    })
}
