//! Types as DWARF describes them, read one at a time as an expression walks into them.

use super::elf::{Dwarf, Elf, Slice};
use super::error::NameError;
use super::names::{At, Effort, Entry, Unit, referred, text};
use gimli::{AttributeValue, DebugInfoOffset, UnitOffset};
use std::collections::HashMap;
use std::rc::Rc;

/// Types that stand for another in a row, or in each other: more are a ring.
const ALIASES_MAX: usize = 32;

/// What a type is made of.
#[derive(Debug)]
pub(super) struct Type {
    /// Its name in the source.
    pub name: String,
    /// Bytes.
    pub size: u64,
    pub shape: Shape,
}

#[derive(Debug)]
pub(super) enum Shape {
    Bool,
    Unsigned,
    Signed,
    Float,
    Char,
    /// Members beside each other, or on top of each other.
    Record(Vec<Member>),
    /// One of several, told apart by a number.
    Choice(Choice),
    /// So many elements in each dimension, the innermost so far apart.
    Array {
        element: At,
        counts: Vec<u64>,
        stride: u64,
    },
    Pointer,
    /// What cannot be read, and why.
    Other(&'static str),
}

#[derive(Debug)]
pub(super) struct Member {
    pub name: String,
    /// Bytes from the begin; `None`: not at a byte of its own.
    pub offset: Option<u64>,
    pub at: At,
}

#[derive(Debug)]
pub(super) struct Choice {
    /// Where the number stands, its bytes, and whether it has a sign. `None`: there is but one variant.
    pub tag: Option<(u64, u64, bool)>,
    pub variants: Vec<Variant>,
}

#[derive(Debug)]
pub(super) struct Variant {
    pub name: String,
    /// The number; `None`: every number that no other has.
    pub tag: Option<i128>,
    /// What it holds; the plain ones of C hold nothing.
    pub holds: Option<Member>,
}

/// Reads types; keeps the units that it has seen.
pub(super) struct Types<'a> {
    dwarf: Dwarf<'a>,
    units: HashMap<usize, Rc<Unit<'a>>>,
    starts: Vec<usize>,
    /// Types that are being read inside each other.
    depth: usize,
    effort: Effort,
}

impl<'a> Types<'a> {
    pub fn of(elf: &'a Elf) -> Result<Self, NameError> {
        let dwarf = elf.dwarf()?;
        let mut starts = Vec::new();
        let mut headers = dwarf.units();
        while let Some(header) = headers.next()? {
            starts.extend(header.debug_info_offset().map(|offset| offset.0));
        }
        Ok(Self {
            dwarf,
            units: HashMap::new(),
            starts,
            depth: 0,
            effort: Effort::new(),
        })
    }

    /// The type that a variable or a member has.
    pub fn type_of(&mut self, of: At) -> Result<Type, NameError> {
        const RING: &str = "the debug information of its type goes round in circles";
        let at = self.type_at(of)?;
        if self.depth >= ALIASES_MAX {
            return Err(NameError::new(RING));
        }
        self.depth += 1;
        let read = self.read(at);
        self.depth -= 1;
        read?.ok_or_else(|| NameError::new(RING))
    }

    /// An entry's type, with what tells whose it is.
    fn type_at(&mut self, of: At) -> Result<At, NameError> {
        let mut of = of;
        // A definition refers to its declaration, which has the type.
        for _ in 0..8 {
            let unit = self.unit(of.unit)?;
            let entry = unit.entry(of.entry)?;
            if let Some(value) = entry.attr_value(gimli::DW_AT_type) {
                return self.target(value, of.unit);
            }
            let keys = [gimli::DW_AT_specification, gimli::DW_AT_abstract_origin];
            let Some(value) = keys.iter().find_map(|key| entry.attr_value(*key)) else {
                break;
            };
            of = self.target(value, of.unit)?;
        }
        Err(NameError::new("the debug information does not say its type"))
    }

    fn target(&mut self, value: AttributeValue<Slice<'a>>, unit: usize) -> Result<At, NameError> {
        let offset = referred(value, unit).ok_or_else(|| {
            NameError::new("its type stands in a section of its own")
                .help("build the firmware without `-fdebug-types-section` and `-gsplit-dwarf`")
        })?;
        // A reference may lead into another unit (`DW_FORM_ref_addr`): the last that begins before it.
        let before = self.starts.partition_point(|start| *start <= offset);
        let start = before.checked_sub(1).and_then(|at| self.starts.get(at).copied());
        let start = start.ok_or_else(|| NameError::new("the debug information refers to nowhere"))?;
        Ok(At {
            unit: start,
            entry: UnitOffset(offset - start),
        })
    }

    fn unit(&mut self, start: usize) -> Result<Rc<Unit<'a>>, NameError> {
        if let Some(unit) = self.units.get(&start) {
            return Ok(Rc::clone(unit));
        }
        let header = self.dwarf.debug_info.header_from_offset(DebugInfoOffset(start));
        let unit = header.and_then(|header| self.dwarf.unit(header));
        let unit = Rc::new(unit?);
        self.units.insert(start, Rc::clone(&unit));
        Ok(unit)
    }

    /// `None`: a ring of names.
    fn read(&mut self, at: At) -> Result<Option<Type>, NameError> {
        let mut at = at;
        let mut name = None;
        for _ in 0..ALIASES_MAX {
            let unit = self.unit(at.unit)?;
            let entry = unit.entry(at.entry)?;
            let own = entry.attr_value(gimli::DW_AT_name);
            let own = own.and_then(|value| text(&self.dwarf, &unit, value));
            name = name.or_else(|| own.map(short));
            let alias = matches!(
                entry.tag(),
                gimli::DW_TAG_typedef
                    | gimli::DW_TAG_const_type
                    | gimli::DW_TAG_volatile_type
                    | gimli::DW_TAG_atomic_type
                    | gimli::DW_TAG_restrict_type
                    | gimli::DW_TAG_immutable_type
            );
            if alias {
                at = match entry.attr_value(gimli::DW_AT_type) {
                    Some(value) => self.target(value, at.unit)?,
                    None => return Err(NameError::new("it has the type `void`")),
                };
                continue;
            }
            let size = entry
                .attr_value(gimli::DW_AT_byte_size)
                .and_then(|value| value.udata_value());
            // The shape before the size: that of an array comes from its element, not from its entry.
            let shape = self.shape(at, &unit, &entry)?;
            let size = match (&shape, size) {
                (Shape::Array { counts, stride, .. }, _) => {
                    counts.iter().fold(*stride, |size, n| size.saturating_mul(*n))
                }
                // A pointer's size may be left out; Cortex-M addresses have 32 bits.
                (Shape::Pointer, None) => 4,
                (_, size) => size.unwrap_or(0),
            };
            let name = name.unwrap_or_else(|| kind(&shape).to_owned());
            return Ok(Some(Type { name, size, shape }));
        }
        Ok(None)
    }

    fn shape(&mut self, at: At, unit: &Unit<'a>, entry: &Entry<'a>) -> Result<Shape, NameError> {
        if matches!(
            entry.attr_value(gimli::DW_AT_declaration),
            Some(AttributeValue::Flag(true))
        ) {
            return Ok(Shape::Other(
                "its type is only declared where it is used, and described nowhere",
            ));
        }
        Ok(match entry.tag() {
            gimli::DW_TAG_base_type => match entry.attr_value(gimli::DW_AT_encoding) {
                Some(AttributeValue::Encoding(encoding)) => match encoding {
                    gimli::DW_ATE_boolean => Shape::Bool,
                    gimli::DW_ATE_unsigned | gimli::DW_ATE_unsigned_char | gimli::DW_ATE_address => Shape::Unsigned,
                    gimli::DW_ATE_signed | gimli::DW_ATE_signed_char => Shape::Signed,
                    gimli::DW_ATE_float => Shape::Float,
                    gimli::DW_ATE_UTF => Shape::Char,
                    _ => Shape::Other("its type is of a kind that is not read"),
                },
                _ => Shape::Other("the debug information does not say how its type is encoded"),
            },
            gimli::DW_TAG_structure_type | gimli::DW_TAG_class_type | gimli::DW_TAG_union_type => {
                self.record(at, unit, entry)?
            }
            gimli::DW_TAG_enumeration_type => self.enumeration(at, unit, entry)?,
            gimli::DW_TAG_array_type => self.array(at, unit)?,
            gimli::DW_TAG_pointer_type | gimli::DW_TAG_reference_type => Shape::Pointer,
            _ => Shape::Other("its type is of a kind that is not read"),
        })
    }

    /// Entries right below one.
    fn children(&mut self, unit: &Unit<'a>, of: UnitOffset) -> Result<Vec<Entry<'a>>, NameError> {
        let mut entries = unit.entries_at_offset(of)?;
        let top = entries.next_dfs()?.map_or(0, gimli::DebuggingInformationEntry::depth);
        let mut found = Vec::new();
        while let Some(entry) = entries.next_dfs()? {
            self.effort.spend(64)?;
            match entry.depth() - top {
                ..=0 => break,
                // Deeper ones belong to the children. Each is paid for, for it was read on the way.
                1 => found.push(entry.clone()),
                _ => {}
            }
        }
        Ok(found)
    }

    fn named(&self, unit: &Unit<'a>, entry: &Entry<'a>) -> String {
        let name = entry.attr_value(gimli::DW_AT_name);
        let name = name
            .and_then(|value| text(&self.dwarf, unit, value))
            .unwrap_or_default();
        // A tuple's members are `__0`, `__1`.
        let number = name
            .strip_prefix("__")
            .filter(|rest| rest.bytes().all(|b| b.is_ascii_digit()) && !rest.is_empty());
        short(number.unwrap_or(name))
    }

    fn member(&self, at: At, unit: &Unit<'a>, entry: &Entry<'a>) -> Member {
        // A bit field (DWARF 5, 5.7.6) has no byte of its own, whatever else its entry says.
        let bits = entry.has_attr(gimli::DW_AT_bit_size);
        let offset = match entry.attr_value(gimli::DW_AT_data_member_location) {
            _ if bits => None,
            Some(value) => value.udata_value(),
            // All members of a union begin where it does.
            None => Some(0),
        };
        Member {
            name: self.named(unit, entry),
            offset,
            at: At {
                entry: entry.offset(),
                ..at
            },
        }
    }

    fn record(&mut self, at: At, unit: &Unit<'a>, entry: &Entry<'a>) -> Result<Shape, NameError> {
        let children = self.children(unit, entry.offset())?;
        if let Some(part) = children.iter().find(|child| child.tag() == gimli::DW_TAG_variant_part) {
            return self.choice(at, unit, part).map(Shape::Choice);
        }
        let members = children.iter().filter(|child| {
            // One of C++ that is static stands elsewhere.
            child.tag() == gimli::DW_TAG_member && !child.has_attr(gimli::DW_AT_external)
        });
        Ok(Shape::Record(
            members.map(|child| self.member(at, unit, child)).collect(),
        ))
    }

    /// An enum of Rust whose variants may hold something.
    fn choice(&mut self, at: At, unit: &Unit<'a>, part: &Entry<'a>) -> Result<Choice, NameError> {
        let children = self.children(unit, part.offset())?;
        let tag = part
            .attr_value(gimli::DW_AT_discr)
            .and_then(|value| referred(value, at.unit));
        let tag = tag.and_then(|tag| {
            children
                .iter()
                .find(|child| at.unit.checked_add(child.offset().0) == Some(tag))
        });
        let tag = match tag {
            Some(tag) => {
                let offset = self.member(at, unit, tag).offset.unwrap_or(0);
                let ty = self.type_of(At {
                    entry: tag.offset(),
                    ..at
                })?;
                Some((offset, ty.size, matches!(ty.shape, Shape::Signed)))
            }
            None => None,
        };
        let mut variants = Vec::new();
        for child in children.iter().filter(|child| child.tag() == gimli::DW_TAG_variant) {
            let inside = self.children(unit, child.offset())?;
            let Some(holds) = inside.iter().find(|entry| entry.tag() == gimli::DW_TAG_member) else {
                continue;
            };
            let value = child.attr_value(gimli::DW_AT_discr_value);
            let signed = tag.is_some_and(|(.., signed)| signed);
            variants.push(Variant {
                name: self.named(unit, holds),
                tag: value.and_then(|value| whole(&value, signed, tag.map_or(8, |(_, size, _)| size))),
                holds: Some(self.member(at, unit, holds)),
            });
        }
        Ok(Choice { tag, variants })
    }

    fn enumeration(&mut self, at: At, unit: &Unit<'a>, entry: &Entry<'a>) -> Result<Shape, NameError> {
        let size = entry
            .attr_value(gimli::DW_AT_byte_size)
            .and_then(|value| value.udata_value());
        let underlying = match entry.attr_value(gimli::DW_AT_type) {
            Some(_) => Some(self.type_of(At {
                entry: entry.offset(),
                ..at
            })?),
            None => None,
        };
        // The size may stand in the type below instead; without both it is taken for an `int`, which has 4 bytes on Arm (AAPCS32).
        let size = size.or(underlying.as_ref().map(|ty| ty.size)).unwrap_or(4);
        let children = self.children(unit, entry.offset())?;
        let names = children.iter().filter(|child| child.tag() == gimli::DW_TAG_enumerator);
        let value = |child: &Entry<'a>| child.attr_value(gimli::DW_AT_const_value);
        // Without a type below (older C) only the constants show the sign: compilers write a negative one as `sdata`.
        let negative =
            |child: &Entry<'a>| value(child).is_some_and(|v| matches!(v, AttributeValue::Sdata(number) if number < 0));
        let signed = match &underlying {
            Some(ty) => matches!(ty.shape, Shape::Signed),
            None => names.clone().any(negative),
        };
        let variants = names.map(|child| Variant {
            name: self.named(unit, child),
            tag: value(child).and_then(|value| whole(&value, signed, size)),
            holds: None,
        });
        Ok(Shape::Choice(Choice {
            variants: variants.collect(),
            tag: Some((0, size, signed)),
        }))
    }

    fn array(&mut self, at: At, unit: &Unit<'a>) -> Result<Shape, NameError> {
        let children = self.children(unit, at.entry)?;
        let ranges = children
            .iter()
            .filter(|child| child.tag() == gimli::DW_TAG_subrange_type);
        let counts: Option<Vec<u64>> = ranges.map(count).collect();
        let Some(counts) = counts.filter(|counts| !counts.is_empty()) else {
            return Ok(Shape::Other("the debug information does not say how long the array is"));
        };
        let element = self.type_of(at)?;
        Ok(Shape::Array {
            element: at,
            counts,
            stride: element.size,
        })
    }
}

/// Elements of one dimension of an array.
fn count(range: &Entry<'_>) -> Option<u64> {
    let number = |key| range.attr_value(key)?.udata_value();
    // An upper bound is the last index, not the count; a lower one is 0 in C, C++ and Rust (DWARF 5, 5.13 and table 7.17).
    number(gimli::DW_AT_count).or_else(|| number(gimli::DW_AT_upper_bound)?.checked_add(1))
}

/// The number of a variant, as a field of `size` bytes with or without sign holds it.
fn whole(value: &AttributeValue<Slice<'_>>, signed: bool, size: u64) -> Option<i128> {
    let bits = match value {
        AttributeValue::Sdata(number) => i128::from(*number),
        other => i128::from(other.udata_value()?),
    };
    let width = u32::try_from(size.clamp(1, 8) * 8).ok()?;
    // A constant may be written with a sign or wider than its field: only the field's own bits are compared with memory.
    let low = bits & ((1 << width) - 1);
    Some(if signed && low >> (width - 1) == 1 {
        low - (1 << width)
    } else {
        low
    })
}

/// A name, cut where it is longer than anybody reads.
fn short(name: &str) -> String {
    name.chars().take(120).collect()
}

/// What a type without a name is.
fn kind(shape: &Shape) -> &'static str {
    match shape {
        Shape::Pointer => "pointer",
        Shape::Array { .. } => "array",
        Shape::Choice(_) => "enum",
        Shape::Record(_) => "struct",
        _ => "unknown",
    }
}
