//! From a variable along the fields of its types to a place.
//!
//! A wrapper around one value is seen through, as is an enum in which only one variant holds something (`Option`): what is read then is the value, or `none`.
//! No pointer is followed, so a place stands where it stands; only whether it holds anything at this moment must be looked at each time.

use super::error::NameError;
use super::names::Named;
use super::place::{Guard, Kind, MemoryPlace, Tag};
use super::types::{Choice, Member, Shape, Type, Types, Variant};
use pump_hil_model::diagnostic::suggest;

/// Fields that are named where none is near to the one that was written.
const FIELDS_SHOWN: usize = 12;

/// Wrappers that are seen through in a row.
const WRAPPERS_MAX: usize = 64;

/// On the way into a variable.
pub(super) struct Walk<'a> {
    types: Types<'a>,
    addr: u64,
    guards: Vec<Guard>,
    /// As far as it came, for messages.
    at: String,
}

impl<'a> Walk<'a> {
    /// At the begin of a variable, and the type that it has.
    pub fn into_variable(types: Types<'a>, variable: &Named, path: &str) -> Result<(Self, Type), NameError> {
        let mut walk = Self {
            types,
            addr: variable.addr,
            guards: Vec::new(),
            at: path.to_owned(),
        };
        let ty = walk.types.type_of(variable.at)?;
        Ok((walk, ty))
    }

    /// Into the field `name`, through whatever is wrapped around it.
    pub fn field(&mut self, ty: Type, name: &str) -> Result<Type, NameError> {
        let mut ty = ty;
        for _ in 0..WRAPPERS_MAX {
            match &ty.shape {
                Shape::Record(members) => {
                    if let Some(member) = members.iter().find(|member| member.name == name) {
                        self.at = format!("{}.{name}", self.at);
                        return self.enter(member);
                    }
                }
                Shape::Choice(choice) => {
                    let held = |variant: &&Variant| variant.name == name && variant.holds.is_some();
                    if let Some(variant) = choice.variants.iter().find(held) {
                        self.at = format!("{}.{name}", self.at);
                        return self.choose(choice, variant);
                    }
                }
                // `.3` is an element as well: `[` needs quotes in YAML.
                Shape::Array { .. } if name.bytes().all(|b| b.is_ascii_digit()) => {
                    // A number beyond 64 bits is an element that no array has, and is told as one.
                    return self.index(ty, name.parse().unwrap_or(u64::MAX));
                }
                Shape::Pointer => {
                    return Err(
                        NameError::new(format!("`{}` is a pointer, which is not followed", self.at))
                            .help("name the variable that it points to"),
                    );
                }
                _ => {}
            }
            ty = match self.unwrapped(&ty)? {
                Some(inner) => inner,
                None => return Err(self.no_field(&ty, name)),
            };
        }
        Err(self.no_field(&ty, name))
    }

    fn no_field(&self, ty: &Type, name: &str) -> NameError {
        let known = fields(ty);
        let problem = NameError::new(format!("`{}`, of type `{}`, has no field `{name}`", self.at, ty.name));
        let some = || {
            let some: Vec<String> = known
                .iter()
                .take(FIELDS_SHOWN)
                .map(|name| format!("`{name}`"))
                .collect();
            // Where all would fit, `suggest` has listed them already.
            let more = known.len() - some.len();
            (more > 0).then(|| format!("known here: {}, and {more} more", some.join(", ")))
        };
        problem.maybe_help(suggest(name, known.iter().map(String::as_str)).or_else(some))
    }

    pub fn index(&mut self, ty: Type, index: u64) -> Result<Type, NameError> {
        let mut ty = ty;
        for _ in 0..WRAPPERS_MAX {
            if let Shape::Array {
                element,
                counts,
                stride,
            } = &ty.shape
            {
                let (count, inner) = counts.split_first().unwrap_or((&0, &[]));
                if index >= *count {
                    let last = count
                        .checked_sub(1)
                        .map_or("it has none".to_owned(), |last| format!("its last is [{last}]"));
                    return Err(NameError::new(format!(
                        "`{}` has no element [{index}]: {last}",
                        self.at
                    )));
                }
                let size = inner.iter().fold(*stride, |size, count| size.saturating_mul(*count));
                self.go(index.checked_mul(size))?;
                self.at = format!("{}[{index}]", self.at);
                if inner.is_empty() {
                    return self.types.type_of(*element);
                }
                let (element, counts, stride) = (*element, inner.to_vec(), *stride);
                return Ok(Type {
                    name: ty.name,
                    size,
                    shape: Shape::Array {
                        element,
                        counts,
                        stride,
                    },
                });
            }
            ty = match self.unwrapped(&ty)? {
                Some(inner) => inner,
                None => break,
            };
        }
        Err(NameError::new(format!(
            "`{}`, of type `{}`, is not an array",
            self.at, ty.name
        )))
    }

    /// What a wrapper is wrapped around: the only member that takes room, or what the only variant with contents holds.
    fn unwrapped(&mut self, ty: &Type) -> Result<Option<Type>, NameError> {
        match &ty.shape {
            Shape::Record(members) => {
                let Some(member) = self.only_one(members)? else {
                    return Ok(None);
                };
                self.enter(member).map(Some)
            }
            Shape::Choice(choice) => match self.optional(choice)? {
                Some(variant) => self.choose(choice, variant).map(Some),
                None => Ok(None),
            },
            _ => Ok(None),
        }
    }

    /// The only member that takes room.
    fn only_one<'m>(&mut self, members: &'m [Member]) -> Result<Option<&'m Member>, NameError> {
        let mut only = None;
        for member in members {
            if self.types.type_of(member.at)?.size > 0 && only.replace(member).is_some() {
                return Ok(None);
            }
        }
        Ok(only)
    }

    /// The one variant that holds something, where there is just one beside one that holds nothing.
    fn optional<'c>(&mut self, choice: &'c Choice) -> Result<Option<&'c Variant>, NameError> {
        let mut only = None;
        for variant in &choice.variants {
            let Some(member) = &variant.holds else { return Ok(None) };
            let inside = self.types.type_of(member.at)?;
            let Shape::Record(members) = &inside.shape else {
                return Ok(None);
            };
            if self.only_one(members)?.is_some() && only.replace(variant).is_some() {
                return Ok(None);
            }
        }
        // With a third variant `none` would stand for two, and which one is in force would be lost.
        Ok(only.filter(|_| choice.variants.len() <= 2))
    }

    fn enter(&mut self, member: &Member) -> Result<Type, NameError> {
        let offset = member.offset.ok_or_else(|| {
            NameError::new(format!("`{}` is a bit field, which is not read", self.at))
                .help("name its word by the address")
        })?;
        self.go(Some(offset))?;
        self.types.type_of(member.at)
    }

    /// Into what a variant holds, which is there only while the variant is in force.
    fn choose(&mut self, choice: &Choice, variant: &Variant) -> Result<Type, NameError> {
        if let Some(tag) = self.tag(choice) {
            let other = |other: &&Variant| other.name != variant.name;
            let others: Vec<i128> = choice
                .variants
                .iter()
                .filter(other)
                .filter_map(|other| other.tag)
                .collect();
            // With more than two nobody can say which of the others `none` is, so it cannot be written.
            let none = (choice.variants.len() == 2).then(|| others.first().copied()).flatten();
            self.guards.push(Guard {
                tag,
                is: variant.tag,
                others,
                none,
            });
        }
        match &variant.holds {
            Some(member) => self.enter(member),
            None => Err(NameError::new(format!("`{}` holds nothing", self.at))),
        }
    }

    fn tag(&self, choice: &Choice) -> Option<Tag> {
        let (offset, size, signed) = choice.tag?;
        let addr = self.addr.checked_add(offset)?;
        Some(Tag { addr, size, signed })
    }

    fn go(&mut self, offset: Option<u64>) -> Result<(), NameError> {
        let addr = offset
            .and_then(|offset| self.addr.checked_add(offset))
            // A Cortex-M has no address beyond 32 bits.
            .filter(|addr| *addr <= u64::from(u32::MAX));
        self.addr = addr.ok_or_else(|| {
            NameError::new(format!(
                "`{}` lies beyond 32 bits: the debug information is broken",
                self.at
            ))
        })?;
        Ok(())
    }

    /// The value that a type is, through whatever is wrapped around it.
    pub fn settle(mut self, ty: Type, text: &str) -> Result<MemoryPlace, NameError> {
        let type_name = ty.name.clone();
        // Rust keeps an `AtomicBool` in a `u8`: seen through, it would read as a number. Newer compilers call it `Atomic<bool>`.
        let atomic_bool = type_name == "AtomicBool" || type_name.starts_with("Atomic<bool");
        // What is pushed from here on is the value's own: `none` can be written to it. A variant on the way cannot be chosen by a write.
        let on_the_way = self.guards.len();
        let mut ty = ty;
        for _ in 0..WRAPPERS_MAX {
            let kind = match &ty.shape {
                Shape::Bool => Kind::Bool,
                Shape::Unsigned if atomic_bool => Kind::Bool,
                Shape::Unsigned | Shape::Pointer => Kind::Unsigned,
                Shape::Signed => Kind::Signed,
                Shape::Float => Kind::Float,
                Shape::Char => Kind::Char,
                Shape::Other(why) => return Err(NameError::new(format!("`{text}`: {why}"))),
                Shape::Array { counts, .. } => {
                    let count = counts.first().unwrap_or(&0);
                    return Err(NameError::new(format!("`{text}` is an array of {count}"))
                        .help(format!("name an element: `{text}[0]`")));
                }
                Shape::Record(_) | Shape::Choice(_) => match self.unwrapped_if_scalar(&ty)? {
                    Some(inner) => {
                        ty = inner;
                        continue;
                    }
                    None => self.names_of(&ty, text)?,
                },
            };
            let size = match &kind {
                Kind::Names { tag, .. } => tag.size,
                _ => ty.size,
            };
            if !matches!(size, 1 | 2 | 4 | 8) {
                return Err(NameError::new(format!(
                    "`{text}` has {size} bytes; what is read as a number has 1, 2, 4 or 8"
                )));
            }
            let addr = if let Kind::Names { tag, .. } = &kind {
                tag.addr
            } else {
                self.addr
            };
            return Ok(MemoryPlace {
                text: text.to_owned(),
                addr,
                size,
                type_name,
                kind,
                optional: self.guards.len() - on_the_way,
                guards: self.guards,
            });
        }
        Err(NameError::new(format!("`{text}` is wrapped in too many types")))
    }

    /// A wrapper's inside; of an `Option` only where that is one value, for else its variant's name says more.
    fn unwrapped_if_scalar(&mut self, ty: &Type) -> Result<Option<Type>, NameError> {
        let (addr, guards) = (self.addr, self.guards.len());
        let Some(inner) = self.unwrapped(ty)? else {
            return Ok(None);
        };
        if let (Shape::Choice(_), Shape::Record(members)) = (&ty.shape, &inner.shape) {
            // The variant's own struct.
            let Some(member) = self.only_one(members)? else {
                return Ok(None);
            };
            let held = self.types.type_of(member.at)?;
            if !self.is_scalar(&held, 0)? {
                // `unwrapped` went into it already: back to where it was.
                (self.addr, _) = (addr, self.guards.truncate(guards));
                return Ok(None);
            }
        }
        Ok(Some(inner))
    }

    fn is_scalar(&mut self, ty: &Type, depth: usize) -> Result<bool, NameError> {
        Ok(match &ty.shape {
            Shape::Record(members) if depth < WRAPPERS_MAX => match self.only_one(members)? {
                Some(member) => {
                    let inner = self.types.type_of(member.at)?;
                    self.is_scalar(&inner, depth + 1)?
                }
                None => false,
            },
            Shape::Record(_) | Shape::Array { .. } | Shape::Other(_) => false,
            _ => true,
        })
    }

    fn names_of(&self, ty: &Type, text: &str) -> Result<Kind, NameError> {
        let Shape::Choice(choice) = &ty.shape else {
            let known = fields(ty);
            let shown = known
                .iter()
                .take(30)
                .map(|name| format!("`{name}`"))
                .collect::<Vec<_>>()
                .join(", ");
            let problem = NameError::new(format!("`{text}` is a `{}`, which is more than one value", ty.name));
            return Err(if known.is_empty() {
                problem
            } else {
                problem.help(format!("name one of its fields: {shown}"))
            });
        };
        let tag = self
            .tag(choice)
            .ok_or_else(|| NameError::new(format!("`{text}` can only be one thing")))?;
        // As where what an `Option` holds is one value.
        let option = ty.name.starts_with("Option<");
        let names = choice.variants.iter().map(|variant| match variant.name.as_str() {
            "None" if option => ("none".to_owned(), variant.tag),
            name => (name.to_owned(), variant.tag),
        });
        Ok(Kind::Names {
            tag,
            names: names.collect(),
        })
    }
}

fn fields(ty: &Type) -> Vec<String> {
    match &ty.shape {
        Shape::Record(members) => members.iter().map(|member| member.name.clone()).collect(),
        Shape::Choice(choice) => choice.variants.iter().map(|variant| variant.name.clone()).collect(),
        _ => Vec::new(),
    }
}
