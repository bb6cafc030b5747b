//! `PUMP.state.total`, `queue[3].length`: from an expression to a place in memory with a type.

use super::elf::Elf;
use super::error::NameError;
use super::names::{Named, Names};
use super::place::MemoryPlace;
use super::types::Types;
use super::walk::Walk;

use pump_hil_model::diagnostic::suggest;
use std::collections::BTreeMap;

/// Parts of one expression.
const PARTS_MAX: usize = 64;
/// Candidates of a name that are listed.
const LISTED: usize = 8;

/// A part of an expression behind the variable's name.
#[derive(Debug, Clone)]
enum Part<'a> {
    Field(&'a str),
    Index(u64),
}

/// The place that an expression names.
///
/// # Errors
/// There is no such name, or nothing that could be read as one value; what to do about it.
pub(super) fn place<'a>(
    elf: &Elf,
    names: impl FnOnce() -> Result<&'a Names, NameError>,
    text: &str,
) -> Result<MemoryPlace, NameError> {
    let (path, parts) = split(text)?;
    let names = names()?;
    let variable = one_of(&names.variables, path, "variable", &names.without)?;
    let (mut walk, mut ty) = Walk::into_variable(Types::of(elf)?, &variable, path)?;
    for part in parts {
        ty = match part {
            Part::Field(name) => walk.field(ty, name)?,
            Part::Index(index) => walk.index(ty, index)?,
        };
    }
    walk.settle(ty, text)
}

/// Whether a text is written as an expression, whatever it names.
///
/// # Errors
/// What is wrong with it.
pub fn is_expression(text: &str) -> Result<(), NameError> {
    split(text).map(drop)
}

/// The one that has this name, or the last parts of its name.
pub(super) fn one_of(
    list: &[Named],
    path: &str,
    what: &str,
    without: &BTreeMap<String, &'static str>,
) -> Result<Named, NameError> {
    let mut found: Vec<&Named> = list.iter().filter(|named| named.path == path).collect();
    // A whole path wins: else `a::X` could not be named where `b::a::X` is there too.
    if found.is_empty() {
        found = list.iter().filter(|named| is_named(named, path)).collect();
    }
    // One variable may be told by several units, each with the same address: that is not ambiguous.
    found.dedup_by_key(|named| named.addr);
    match found.as_slice() {
        [one] => Ok((*one).clone()),
        [] => {
            let last = path.rsplit("::").next().unwrap_or(path);
            if let Some(why) = without.get(last) {
                return Err(NameError::new(format!("`{path}` cannot be used: {why}")));
            }
            // `{impl#0}` and `{closure_env#1}` are the compiler's: nobody means to write them.
            let list = list.iter().filter(|named| !named.path.contains('{'));
            let near = suggest(
                last,
                list.clone()
                    .map(|named| named.path.rsplit("::").next().unwrap_or_default()),
            );
            let help = near.or_else(|| suggest(path, list.map(|named| named.path.as_str())));
            Err(NameError::new(format!("the firmware has no {what} `{path}`")).maybe_help(help))
        }
        many => {
            let shown = many
                .iter()
                .take(LISTED)
                .map(|named| format!("`{}` at {:#010x}", named.path, named.addr));
            let more = if many.len() > LISTED { ", ..." } else { "" };
            let shown = shown.collect::<Vec<_>>().join(", ");
            Err(
                NameError::new(format!("`{path}` names {} {what}s of the firmware", many.len()))
                    .help(format!("write more of the path: {shown}{more}")),
            )
        }
    }
}

fn is_named(named: &Named, path: &str) -> bool {
    let rest = named.path.strip_suffix(path);
    rest.is_some_and(|rest| rest.is_empty() || rest.ends_with("::"))
}

/// The variable's path, and what is to be found in it.
fn split(text: &str) -> Result<(&str, Vec<Part<'_>>), NameError> {
    let wrong = |what: &str| {
        NameError::new(format!("`{text}` {what}")).help("write it as `PUMP.state.total` or `queue[3].length`")
    };
    // A dot before the last `::` belongs to a file's name, as in `main.c::counter`.
    let last = text.rfind("::").map_or(0, |at| at + 2);
    let end = text[last..].find(['.', '[']).map_or(text.len(), |at| last + at);
    let (path, mut rest) = text.split_at(end);
    // Also what only the compiler writes: messages show such paths, and whoever copies one must not be refused.
    let fits = |c: char| c.is_alphanumeric() || "_:{}#<>.".contains(c);
    if path.is_empty() || path.len() > 500 || !path.chars().all(fits) {
        return Err(wrong("begins with no name"));
    }
    let mut parts = Vec::new();
    while !rest.is_empty() {
        if parts.len() >= PARTS_MAX {
            return Err(wrong("has too many parts"));
        }
        if let Some(inside) = rest.strip_prefix('[') {
            let (index, after) = inside.split_once(']').ok_or_else(|| wrong("has a `[` without `]`"))?;
            let index = index
                .trim()
                .parse()
                .map_err(|_| wrong("has an index that is not a number"))?;
            parts.push(Part::Index(index));
            rest = after;
            continue;
        }
        let after = rest
            .strip_prefix('.')
            .ok_or_else(|| wrong("has something after a `]`"))?;
        let end = after.find(['.', '[']).unwrap_or(after.len());
        let (name, after) = after.split_at(end);
        let fits = |c: char| c.is_alphanumeric() || c == '_';
        if name.is_empty() || !name.chars().all(fits) {
            return Err(wrong("has a field without a name"));
        }
        parts.push(Part::Field(name));
        rest = after;
    }
    Ok((path, parts))
}
