//! `defmt`: a firmware sends the number of a text and its values, and the texts stand in its elf.
//!
//! Format strings are taken apart by `defmt-parser`, which is light. `defmt-decoder`, which would do the rest, takes memory by what a frame says (four bytes
//! of garbage ask for gigabytes) and changes how `serde_json` reads numbers in the whole program; so values are read here, within bounds.
//!
//! **Invariant:** a frame is foreign: it takes at most `VALUES_MAX` values, `DEPTH_MAX` deep, or it is none.

mod places;

use super::elf::Elf;
use defmt_parser::{DisplayHint, Fragment, ParserMode, TimePrecision, Type, parse};
use pump_hil_model::safe_text::safe;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::Range;

/// Values of one frame.
const VALUES_MAX: u32 = 4_096;
/// How deep values lie in values.
const DEPTH_MAX: u32 = 16;
/// Columns that a number is filled up to.
const COLUMNS_MAX: usize = 64;

/// The texts of an elf.
#[derive(Debug, Default)]
pub struct Table {
    entries: BTreeMap<u16, Entry>,
    stamp: Option<String>,
}

#[derive(Debug)]
struct Entry {
    format: String,
    level: Option<String>,
    at: Option<String>,
}

/// A decoded frame, harmless.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// `trace` to `error`; `None`: it has none.
    pub level: Option<String>,
    /// The firmware's own time stamp.
    pub stamp: Option<String>,
    /// What it says.
    pub text: String,
    /// `file:line`.
    pub at: Option<String>,
}

/// Name of a symbol of the section `.defmt`.
#[derive(Deserialize)]
struct Name {
    tag: String,
    data: String,
}

impl Table {
    /// The texts of a file; `None` where it has none, or frames of a kind that is not read here.
    pub(super) fn of(elf: &Elf) -> Option<Self> {
        elf.symbol("_defmt_encoding_ = rzcobs")?;
        let places = places::of(elf).unwrap_or_default();
        let mut table = Self::default();
        for (symbol, place) in elf.symbols() {
            let Some(name) = name(symbol) else { continue };
            // The address of such a symbol is no place in memory but the number of its text, which frames send with 16 bits.
            let (Ok(number), Some(tag)) = (u16::try_from(place.addr), name.tag.strip_prefix("defmt_")) else {
                continue;
            };
            if tag == "timestamp" {
                table.stamp = Some(name.data);
                continue;
            }
            let leveled = matches!(tag, "trace" | "debug" | "info" | "warn" | "error");
            let entry = Entry {
                format: name.data,
                level: leveled.then(|| tag.to_owned()),
                at: places.get(symbol).cloned(),
            };
            table.entries.insert(number, entry);
        }
        Some(table)
    }

    /// A frame as it came, without the zeros around it; `None`: it is none.
    #[must_use]
    pub fn message(&self, frame: &[u8]) -> Option<Message> {
        let bytes = rzcobs::decode(frame).ok()?;
        let mut reader = Reader {
            table: self,
            bytes: &bytes,
            left: VALUES_MAX,
            depth: 0,
        };
        let entry = self.entries.get(&reader.number(2)?.try_into().ok()?)?;
        let stamp = self.stamp.as_deref().map(|format| reader.text(format));
        let stamp = match stamp {
            Some(text) => Some(safe(&text?)),
            None => None,
        };
        Some(Message {
            level: entry.level.clone(),
            stamp,
            text: safe(&reader.text(&entry.format)?),
            at: entry.at.clone(),
        })
    }
}

fn name(symbol: &str) -> Option<Name> {
    symbol
        .starts_with('{')
        .then(|| serde_json::from_str(symbol).ok())
        .flatten()
}

/// What is left of a frame.
struct Reader<'a> {
    table: &'a Table,
    bytes: &'a [u8],
    left: u32,
    depth: u32,
}

/// A value of a frame.
enum Value {
    Signed(i128),
    Unsigned(u128),
    Plain(String),
    Str(String),
    Bytes(Vec<u8>),
    /// Values with texts of their own: one, or a list.
    Texts {
        texts: Vec<Text>,
        list: bool,
    },
}

/// A format string and its values by their index.
struct Text {
    format: String,
    values: BTreeMap<usize, Value>,
}

impl Reader<'_> {
    fn take(&mut self, count: usize) -> Option<&[u8]> {
        let (taken, rest) = self.bytes.split_at_checked(count)?;
        self.bytes = rest;
        Some(taken)
    }

    /// A little-endian number of so many bytes.
    fn number(&mut self, len: usize) -> Option<u128> {
        let mut bytes = [0; 16];
        bytes.get_mut(..len)?.copy_from_slice(self.take(len)?);
        Some(u128::from_le_bytes(bytes))
    }

    fn signed(&mut self, len: usize) -> Option<i128> {
        // Shifted up and down again: the second shift copies the sign.
        let unused = 128 - 8 * u32::try_from(len).ok()?;
        Some((self.number(len)? << unused).cast_signed() >> unused)
    }

    fn len(&mut self) -> Option<usize> {
        self.number(4)?.try_into().ok()
    }

    /// The values of `format`, as text.
    fn text(&mut self, format: &str) -> Option<String> {
        self.values(format)?.shown(None)
    }

    fn values(&mut self, format: &str) -> Option<Text> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return None;
        }
        let mut wanted: BTreeMap<usize, Type> = BTreeMap::new();
        for fragment in parse(format, ParserMode::ForwardsCompatible).ok()? {
            let Fragment::Parameter(parameter) = fragment else {
                continue;
            };
            // Bits of one value are sent once, with all the bits that are asked for.
            let ty = match (wanted.remove(&parameter.index), parameter.ty) {
                (Some(Type::BitField(a)), Type::BitField(b)) => Type::BitField(a.start.min(b.start)..a.end.max(b.end)),
                (_, ty) => ty,
            };
            wanted.insert(parameter.index, ty);
        }
        let mut values = BTreeMap::new();
        for (index, ty) in wanted {
            self.left = self.left.checked_sub(1)?;
            values.insert(index, self.value(&ty)?);
        }
        self.depth -= 1;
        Some(Text {
            format: format.to_owned(),
            values,
        })
    }

    fn value(&mut self, ty: &Type) -> Option<Value> {
        Some(match ty {
            Type::I8 => Value::Signed(self.signed(1)?),
            Type::I16 => Value::Signed(self.signed(2)?),
            Type::I32 | Type::Isize => Value::Signed(self.signed(4)?),
            Type::I64 => Value::Signed(self.signed(8)?),
            Type::I128 => Value::Signed(self.signed(16)?),
            Type::U8 => Value::Unsigned(self.number(1)?),
            Type::U16 => Value::Unsigned(self.number(2)?),
            Type::U32 | Type::Usize => Value::Unsigned(self.number(4)?),
            Type::U64 => Value::Unsigned(self.number(8)?),
            Type::U128 => Value::Unsigned(self.number(16)?),
            Type::F32 => Value::Plain(f32::from_bits(self.number(4)?.try_into().ok()?).to_string()),
            Type::F64 => Value::Plain(f64::from_bits(self.number(8)?.try_into().ok()?).to_string()),
            Type::Bool => Value::Plain((self.number(1)? != 0).to_string()),
            Type::Char => Value::Plain(char::from_u32(self.number(4)?.try_into().ok()?)?.to_string()),
            Type::Str => {
                let len = self.len()?;
                Value::Str(String::from_utf8_lossy(self.take(len)?).into_owned())
            }
            Type::IStr => Value::Str(self.format()?),
            Type::U8Slice => {
                let len = self.len()?;
                Value::Bytes(self.take(len)?.to_vec())
            }
            Type::U8Array(len) => Value::Bytes(self.take(*len)?.to_vec()),
            Type::BitField(bits) => Value::Unsigned(self.bits(bits)?),
            Type::Debug | Type::Display => {
                let end = self.bytes.iter().position(|byte| *byte == 0xFF)?;
                let text = String::from_utf8_lossy(self.take(end)?).into_owned();
                self.take(1)?;
                Value::Plain(text)
            }
            Type::Format => Value::Texts {
                texts: vec![self.nested()?],
                list: false,
            },
            Type::FormatSlice => {
                let len = self.len()?;
                self.list(len)?
            }
            Type::FormatArray(len) => self.list(*len)?,
            Type::FormatSequence => {
                let mut texts = Vec::new();
                loop {
                    let number: u16 = self.number(2)?.try_into().ok()?;
                    if number == 0 {
                        break Value::Texts { texts, list: false };
                    }
                    let format = self.table.entries.get(&number)?.format.clone();
                    texts.push(self.values(&format)?);
                }
            }
        })
    }

    /// The text with the number that is next.
    fn format(&mut self) -> Option<String> {
        let number: u16 = self.number(2)?.try_into().ok()?;
        Some(self.table.entries.get(&number)?.format.clone())
    }

    fn nested(&mut self) -> Option<Text> {
        let format = self.format()?;
        self.variant(&format)
    }

    /// One of `A|B|C`, whose number is next; a text without variants has no number.
    fn variant(&mut self, format: &str) -> Option<Text> {
        let variants = format.split('|').count();
        if variants == 1 {
            return self.values(format);
        }
        // `defmt` sends the smallest number that can tell them apart.
        let len = if variants <= 256 { 1 } else { 2 };
        let number = self.number(len)?.try_into().ok()?;
        self.values(format.split('|').nth(number)?)
    }

    /// Values that share their text.
    fn list(&mut self, len: usize) -> Option<Value> {
        let format = self.format()?;
        let mut texts = Vec::new();
        for _ in 0..len {
            // Elements may take no bytes at all: a length alone, which the frame claims, must not make work.
            self.left = self.left.checked_sub(1)?;
            texts.push(self.variant(&format)?);
        }
        Some(Value::Texts { texts, list: true })
    }

    /// A value of which only the bytes are sent that hold the bits which are asked for.
    fn bits(&mut self, bits: &Range<u8>) -> Option<u128> {
        let (first, last) = (bits.start / 8, bits.end.checked_sub(1)? / 8);
        // `defmt` sends an integer type that holds the bytes: of 3 bytes a `u32`.
        let len = usize::from(last.checked_sub(first)? + 1).next_power_of_two();
        self.number(len)?.checked_shl(u32::from(first) * 8)
    }
}

impl Text {
    /// With its values put in; `outer` is what the text around it asks for.
    fn shown(&self, outer: Option<&DisplayHint>) -> Option<String> {
        let mut out = String::new();
        for fragment in parse(&self.format, ParserMode::ForwardsCompatible).ok()? {
            match fragment {
                Fragment::Literal(text) => out.push_str(&text),
                Fragment::Parameter(parameter) => {
                    let hint = parameter.hint.as_ref().or(outer);
                    match (self.values.get(&parameter.index)?, &parameter.ty) {
                        (Value::Unsigned(value), Type::BitField(bits)) => {
                            let len = u32::from(bits.end.checked_sub(bits.start)?);
                            // `None` for 0 bits, by which nothing could be shown.
                            let mask = u128::MAX.checked_shr(128_u32.checked_sub(len)?)?;
                            push_number(&mut out, value.checked_shr(bits.start.into())? & mask, false, hint);
                        }
                        (value, _) => value.push(&mut out, hint)?,
                    }
                }
            }
        }
        Some(out)
    }
}

impl Value {
    fn push(&self, out: &mut String, hint: Option<&DisplayHint>) -> Option<()> {
        match self {
            Self::Signed(value) => push_number(out, value.unsigned_abs(), *value < 0, hint),
            Self::Unsigned(value) => push_number(out, *value, false, hint),
            Self::Str(text) if hint == Some(&DisplayHint::Debug) => {
                let _ = write!(out, "{text:?}");
            }
            Self::Plain(text) | Self::Str(text) => out.push_str(text),
            Self::Bytes(bytes) if hint == Some(&DisplayHint::Ascii) => {
                let _ = write!(out, "b\"{}\"", bytes.escape_ascii());
            }
            Self::Bytes(bytes) => push_list(out, bytes, |out, byte| {
                push_number(out, (*byte).into(), false, hint);
                Some(())
            })?,
            Self::Texts { texts, list: true } => push_list(out, texts, |out, text| {
                out.push_str(&text.shown(hint)?);
                Some(())
            })?,
            Self::Texts { texts, list: false } => {
                for text in texts {
                    out.push_str(&text.shown(hint)?);
                }
            }
        }
        Some(())
    }
}

fn push_list<T>(out: &mut String, items: &[T], mut push: impl FnMut(&mut String, &T) -> Option<()>) -> Option<()> {
    out.push('[');
    for (place, item) in items.iter().enumerate() {
        if place > 0 {
            out.push_str(", ");
        }
        push(out, item)?;
    }
    out.push(']');
    Some(())
}

fn push_number(out: &mut String, value: u128, negative: bool, hint: Option<&DisplayHint>) {
    if negative {
        out.push('-');
    }
    let columns = |zero_pad: &usize| (*zero_pad).min(COLUMNS_MAX);
    let _ = match hint {
        Some(DisplayHint::NoHint { zero_pad }) => write!(out, "{value:0w$}", w = columns(zero_pad)),
        Some(DisplayHint::Hexadecimal {
            alternate,
            uppercase,
            zero_pad,
        }) => match (alternate, uppercase) {
            (false, false) => write!(out, "{value:0w$x}", w = columns(zero_pad)),
            (false, true) => write!(out, "{value:0w$X}", w = columns(zero_pad)),
            (true, false) => write!(out, "{value:#0w$x}", w = columns(zero_pad)),
            (true, true) => write!(out, "{value:#0w$X}", w = columns(zero_pad)),
        },
        Some(DisplayHint::Octal { zero_pad, .. }) => write!(out, "{value:0w$o}", w = columns(zero_pad)),
        Some(DisplayHint::Binary { alternate, zero_pad }) if *alternate => {
            write!(out, "{value:#0w$b}", w = columns(zero_pad))
        }
        Some(DisplayHint::Binary { zero_pad, .. }) => write!(out, "{value:0w$b}", w = columns(zero_pad)),
        Some(DisplayHint::Seconds(precision) | DisplayHint::Time(precision)) => {
            let (unit, digits) = match precision {
                TimePrecision::Micros => (1_000_000, 6),
                TimePrecision::Millis => (1_000, 3),
                TimePrecision::Seconds => (1, 0),
            };
            match digits {
                0 => write!(out, "{value}"),
                _ => write!(out, "{}.{:0digits$}", value / unit, value % unit),
            }
        }
        _ => write!(out, "{value}"),
    };
}

#[cfg(test)]
mod tests;
