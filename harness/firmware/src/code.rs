//! Where code stands: functions by name, and lines of the source.

use super::elf::Elf;
use super::error::NameError;
use super::expression::one_of;
use super::names::{Effort, Names, text};

/// Where the code of a function begins, or of a line of the source (`main.rs:42`).
///
/// # Errors
/// There is no such code, or there are several pieces of it; what to do about it.
pub(super) fn code<'a>(
    elf: &Elf,
    names: impl FnOnce() -> Result<&'a Names, NameError>,
    name: &str,
) -> Result<u64, NameError> {
    if let Some((file, number)) = line_of(name) {
        return line(elf, name, file, number);
    }
    let names = names()?;
    match one_of(&names.functions, name, "function", &names.without) {
        Ok(function) => Ok(function.addr),
        // Assembler has no debug information.
        Err(error) => elf.symbol(name).map(|symbol| symbol.addr).ok_or(error),
    }
}

fn line(elf: &Elf, name: &str, file: &str, line: u64) -> Result<u64, NameError> {
    let dwarf = elf.dwarf()?;
    let mut found = Vec::new();
    let mut effort = Effort::new();
    let mut collect = || -> Result<bool, NameError> {
        let mut known = false;
        let mut headers = dwarf.units();
        while let Some(header) = headers.next()? {
            let unit = dwarf.unit(header)?;
            let Some(program) = unit.line_program.clone() else {
                continue;
            };
            let mut rows = program.rows();
            let mut last = None;
            while let Some((header, row)) = rows.next_row()? {
                // A row is dearer than an entry: a line program of a few bytes can make very many rows.
                effort.spend(16)?;
                let this =
                    // `is_stmt` marks where a debugger should break (DWARF 5, 6.2.2); an end of a sequence is behind the code.
                    row.line().map(std::num::NonZeroU64::get) == Some(line) && row.is_stmt() && !row.end_sequence();
                let at = (row.file_index(), row.line());
                // A line goes on over several rows: only its first is a begin. At 0 the linker left what it removed.
                if this && last != Some(at) && row.address() != 0 {
                    let path = row.file(header).map(gimli::FileEntry::path_name);
                    let path = path.and_then(|path| text(&dwarf, &unit, path));
                    if path.is_some_and(|path| ends_with(path, file)) {
                        found.push(row.address());
                    }
                }
                last = Some(at);
            }
            let header = unit.line_program.as_ref().map(gimli::IncompleteLineProgram::header);
            let files = header.map_or(&[][..], |header| header.file_names());
            let mut paths = files.iter().filter_map(|entry| text(&dwarf, &unit, entry.path_name()));
            known |= paths.any(|path| ends_with(path, file));
        }
        Ok(known)
    };
    let known = collect()?;
    found.sort_unstable();
    found.dedup();
    match found.as_slice() {
        [one] => Ok(*one),
        [] if known => Err(NameError::new(format!("no code of the firmware begins at `{name}`"))
            .help("name a line with a statement that the compiler kept, or a function")),
        [] => Err(NameError::new(format!("no file of the firmware is called `{file}`"))),
        many => {
            let shown: Vec<String> = many.iter().take(8).map(|addr| format!("{addr:#010x}")).collect();
            let more = if many.len() > shown.len() { ", ..." } else { "" };
            Err(
                NameError::new(format!("the code of `{name}` begins at {} places", many.len()))
                    .help(format!("name one by its address: {}{more}", shown.join(", "))),
            )
        }
    }
}

/// `file.rs:123`.
pub(super) fn line_of(name: &str) -> Option<(&str, u64)> {
    let (file, line) = name.rsplit_once(':')?;
    // `Pump::7` is a path, not a line of the file `Pump:`.
    (!file.is_empty() && !file.ends_with(':')).then_some(())?;
    Some((file, line.parse().ok()?))
}

/// Whether a file is the one that is meant, by its last parts.
fn ends_with(path: &str, file: &str) -> bool {
    let rest = path.strip_suffix(file);
    rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
}
