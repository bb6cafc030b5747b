//! The names that DWARF gives: variables that stand at one address all the time, and functions.

use super::elf::{Dwarf, Elf, Slice};
use super::error::NameError;
use gimli::{AttributeValue, DebugInfoOffset, Operation, UnitOffset};
use std::collections::{BTreeMap, HashMap};

pub(super) type Unit<'a> = gimli::Unit<Slice<'a>>;
pub(super) type Entry<'a> = gimli::DebuggingInformationEntry<Slice<'a>>;

/// Names around a name.
const DEPTH_MAX: usize = 64;
/// Bytes of one part of a name; a compiler's longest are of types, whose parameters are cut off.
const PART_MAX: usize = 256;

/// Where an entry of the debug information stands: of its unit, and inside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct At {
    pub unit: usize,
    pub entry: UnitOffset,
}

/// A variable, or a function.
#[derive(Debug, Clone)]
pub(super) struct Named {
    /// With everything around it: `stub_board::hil::run::PUMP`; in C `main.c::counter`.
    pub path: String,
    pub addr: u64,
    pub at: At,
}

/// What can be named, and why the rest cannot.
#[derive(Debug, Default)]
pub(super) struct Names {
    pub variables: Vec<Named>,
    pub functions: Vec<Named>,
    /// By the last part of its name, what has none of the above: why it cannot be used.
    pub without: BTreeMap<String, &'static str>,
}

impl Names {
    /// Of a file with debug information.
    ///
    /// # Errors
    /// It has none, or it is broken.
    pub fn of(elf: &Elf) -> Result<Self, NameError> {
        let mut collector = Collector {
            nodes: Vec::new(),
            node_at: HashMap::new(),
            origin: HashMap::new(),
            found: Vec::new(),
            effort: Effort::new(),
        };
        collector.walk(&elf.dwarf()?)?;
        collector.names()
    }
}

/// What may be looked at, in entries, bytes of names and lines: many times what the largest firmware has, and an end for a file that refers to itself all
/// over again.
#[derive(Debug)]
pub(super) struct Effort(usize);

impl Effort {
    pub fn new() -> Self {
        Self(100 << 20)
    }

    /// Takes from what is left.
    pub fn spend(&mut self, cost: usize) -> Result<(), NameError> {
        self.0 = self
            .0
            .checked_sub(cost)
            .ok_or_else(|| NameError::new("the debug information is beyond all measure: it is no compiler's"))?;
        Ok(())
    }
}

/// A name, and the one around it.
struct Node<'a> {
    around: Option<usize>,
    name: &'a str,
}

/// A variable or a function, whose name may be told elsewhere.
struct Found {
    at: At,
    /// Its offset in the whole section.
    offset: usize,
    function: bool,
    addr: Result<u64, &'static str>,
}

struct Collector<'a> {
    nodes: Vec<Node<'a>>,
    /// Of what is named, and of what is defined elsewhere, by the offset in the section.
    node_at: HashMap<usize, usize>,
    origin: HashMap<usize, usize>,
    found: Vec<Found>,
    effort: Effort,
}

impl<'a> Collector<'a> {
    fn walk(&mut self, dwarf: &Dwarf<'a>) -> Result<(), NameError> {
        let mut headers = dwarf.units();
        while let Some(header) = headers.next()? {
            let Some(start) = header.debug_info_offset() else {
                continue;
            };
            // To open a unit costs much more than an entry, and an empty one takes only a few bytes of the file.
            self.effort.spend(1 << 10)?;
            let unit = dwarf.unit(header)?;
            self.walk_unit(dwarf, &unit, start)?;
        }
        Ok(())
    }

    fn walk_unit(&mut self, dwarf: &Dwarf<'a>, unit: &Unit<'a>, start: DebugInfoOffset) -> Result<(), NameError> {
        let mut entries = unit.entries();
        // Of each depth on the way: which name is around what stands in it.
        let mut around: Vec<(isize, usize)> = Vec::new();
        while let Some(entry) = entries.next_dfs()? {
            while around.last().is_some_and(|(depth, _)| *depth >= entry.depth()) {
                around.pop();
            }
            self.effort.spend(1)?;
            let kind = Kind::of(entry.tag());
            if kind == Kind::Other {
                continue;
            }
            let at = At {
                unit: start.0,
                entry: entry.offset(),
            };
            let offset = start.0.saturating_add(entry.offset().0);
            let outer = around.last().map(|(_, node)| *node);
            let name = entry.attr_value(gimli::DW_AT_name);
            let name = name.and_then(|value| text(dwarf, unit, value)).unwrap_or_default();
            self.effort.spend(name.len())?;
            if let Some(name) = part(name, entry, kind) {
                self.nodes.push(Node { around: outer, name });
                self.node_at.insert(offset, self.nodes.len() - 1);
                if kind != Kind::Variable && around.len() < DEPTH_MAX {
                    around.push((entry.depth(), self.nodes.len() - 1));
                }
            }
            let of = [gimli::DW_AT_specification, gimli::DW_AT_abstract_origin];
            let of = of.iter().find_map(|key| referred(entry.attr_value(*key)?, start.0));
            if let Some(of) = of {
                self.origin.insert(offset, of);
            }
            let addr = match kind {
                Kind::Variable => location(dwarf, unit, entry),
                Kind::Function => begin(dwarf, unit, entry),
                _ => continue,
            };
            let function = kind == Kind::Function;
            self.found.push(Found {
                at,
                offset,
                function,
                addr,
            });
        }
        Ok(())
    }

    fn names(self) -> Result<Names, NameError> {
        let mut names = Names::default();
        // A new one: what `walk` spent says nothing of the paths, which can be longer than the file that they come from.
        let mut effort = Effort::new();
        for found in &self.found {
            let Some(node) = self.node_of(found) else { continue };
            let addr = match found.addr {
                Ok(addr) => addr,
                Err(why) => {
                    let name = self.nodes[node].name;
                    effort.spend(name.len())?;
                    // The first reason stays: which of several copies of a name is meant nobody can tell.
                    names.without.entry(name.to_owned()).or_insert(why);
                    continue;
                }
            };
            let path = self.path(node);
            effort.spend(path.len())?;
            let named = Named {
                path,
                addr,
                at: found.at,
            };
            if found.function {
                names.functions.push(named)
            } else {
                names.variables.push(named)
            }
        }
        for list in [&mut names.variables, &mut names.functions] {
            list.sort_by(|a, b| (&a.path, a.addr).cmp(&(&b.path, b.addr)));
            list.dedup_by(|a, b| a.path == b.path && a.addr == b.addr);
        }
        Ok(names)
    }

    /// The name of what was found: its own, or that of what it defines.
    fn node_of(&self, found: &Found) -> Option<usize> {
        let mut at = found.offset;
        // An instance names its origin, and that its declaration: two steps. A file that refers to itself ends here as well.
        for _ in 0..8 {
            if let Some(node) = self.node_at.get(&at) {
                return Some(*node);
            }
            at = *self.origin.get(&at)?;
        }
        None
    }

    fn path(&self, node: usize) -> String {
        let mut parts = Vec::new();
        let mut next = Some(node);
        while let Some(node) = next.filter(|_| parts.len() <= DEPTH_MAX) {
            let node = &self.nodes[node];
            parts.push(node.name);
            next = node.around;
        }
        parts.reverse();
        parts.join("::")
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Unit,
    /// A namespace, or a type that has functions.
    Around,
    Function,
    Variable,
    Other,
}

impl Kind {
    fn of(tag: gimli::DwTag) -> Self {
        match tag {
            gimli::DW_TAG_compile_unit => Self::Unit,
            gimli::DW_TAG_namespace
            | gimli::DW_TAG_structure_type
            | gimli::DW_TAG_class_type
            | gimli::DW_TAG_union_type
            | gimli::DW_TAG_enumeration_type => Self::Around,
            gimli::DW_TAG_subprogram => Self::Function,
            gimli::DW_TAG_variable => Self::Variable,
            _ => Self::Other,
        }
    }
}

/// The part of a name that `entry` has, without parameters of a type. Of a unit in C it is the file's: C has no other names around its own.
fn part<'a>(name: &'a str, entry: &Entry<'a>, kind: Kind) -> Option<&'a str> {
    let name = match kind {
        Kind::Unit => {
            let language = entry.attr_value(gimli::DW_AT_language);
            let c = [
                gimli::DW_LANG_C,
                gimli::DW_LANG_C89,
                gimli::DW_LANG_C99,
                gimli::DW_LANG_C11,
                gimli::DW_LANG_C17,
            ];
            let is_c = matches!(language, Some(AttributeValue::Language(language)) if c.contains(&language));
            name.rsplit(['/', '\\']).next().filter(|_| is_c)?
        }
        // Not of `{impl#2}`, `<` or `operator<`.
        _ => match name.find('<') {
            Some(at) if at > 0 => &name[..at],
            _ => name,
        },
    };
    (!name.is_empty() && name.len() <= PART_MAX).then_some(name)
}

pub(super) fn text<'a>(dwarf: &Dwarf<'a>, unit: &Unit<'a>, value: AttributeValue<Slice<'a>>) -> Option<&'a str> {
    let text = dwarf.attr_string(unit, value).ok()?;
    std::str::from_utf8(text.slice()).ok()
}

/// An entry that an attribute refers to, as offset in the section.
pub(super) fn referred(value: AttributeValue<Slice<'_>>, unit: usize) -> Option<usize> {
    match value {
        AttributeValue::UnitRef(offset) => unit.checked_add(offset.0),
        AttributeValue::DebugInfoRef(offset) => Some(offset.0),
        _ => None,
    }
}

/// Where a variable stands all the time.
fn location(dwarf: &Dwarf<'_>, unit: &Unit<'_>, entry: &Entry<'_>) -> Result<u64, &'static str> {
    const LOCAL: &str = "it lives in a register or on the stack of its function; only a static variable can be named";
    let Some(value) = entry.attr_value(gimli::DW_AT_location) else {
        return Err(if entry.has_attr(gimli::DW_AT_const_value) {
            "the compiler made a constant of it; make it volatile or an atomic to have it in memory"
        } else {
            "the compiler optimised it away; mark it `#[used]` (in C `volatile`), or name what it is a copy of"
        });
    };
    let AttributeValue::Exprloc(expression) = value else {
        return Err(LOCAL);
    };
    let mut operations = expression.operations(unit.encoding());
    let base = match operations.next() {
        Ok(Some(Operation::Address { address })) => address,
        Ok(Some(Operation::AddressIndex { index })) => dwarf.address(unit, index).map_err(|_| LOCAL)?,
        _ => return Err(LOCAL),
    };
    let further = match operations.next() {
        Ok(None) => 0,
        Ok(Some(Operation::PlusConstant { value })) if matches!(operations.next(), Ok(None)) => value,
        _ => return Err("the compiler keeps it in another form than the source; mark it `#[used]` (in C `volatile`)"),
    };
    match base.checked_add(further) {
        // gimli knows the marks -1 and -2 of what a linker removed, but cannot know about 0, which other linkers write. No variable of a
        // Cortex-M stands there.
        Some(0) | None => Err("the linker removed it, because nothing uses it; mark it `#[used]`"),
        Some(addr) if unit.header.is_tombstone_address(base) || addr > u64::from(u32::MAX) => {
            Err("the linker removed it, because nothing uses it; mark it `#[used]`")
        }
        Some(addr) => Ok(addr),
    }
}

/// Where a function's code begins.
fn begin(dwarf: &Dwarf<'_>, unit: &Unit<'_>, entry: &Entry<'_>) -> Result<u64, &'static str> {
    const INLINED: &str = "every call of it was inlined, so that it has no code of its own; mark it `#[inline(never)]`";
    let low = entry.attr_value(gimli::DW_AT_low_pc).ok_or(INLINED)?;
    let low = dwarf.attr_address(unit, low).ok().flatten().ok_or(INLINED)?;
    // As for a variable: linkers mark what they removed with 0, -1 or -2.
    if low == 0 || unit.header.is_tombstone_address(low) {
        return Err("the linker removed it, because nothing calls it");
    }
    Ok(low & !1)
}
