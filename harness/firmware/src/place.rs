//! A place in memory with a type: between its bytes and values.

use super::error::NameError;
use pump_hil_model::diagnostic::suggest;
use pump_hil_model::value::{MemoryValue, Number, Wanted, needs_image};

/// A place in memory, and how its bytes are a value.
#[derive(Debug, Clone)]
pub struct MemoryPlace {
    /// As it was written.
    pub text: String,
    /// Its first byte.
    pub addr: u64,
    /// Bytes.
    pub size: u64,
    /// Its type in the source.
    pub type_name: String,
    pub(super) kind: Kind,
    /// What must be so for there to be anything.
    pub(super) guards: Vec<Guard>,
    /// So much of that is the value's own doing: it is optional.
    pub(super) optional: usize,
}

#[derive(Debug, Clone)]
pub(super) enum Kind {
    Bool,
    Unsigned,
    Signed,
    Float,
    Char,
    /// Names of numbers; of an enum in which variants hold something only the name is read.
    Names {
        tag: Tag,
        names: Vec<(String, Option<i128>)>,
    },
}

/// The number that tells variants apart.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tag {
    pub addr: u64,
    pub size: u64,
    pub signed: bool,
}

/// A variant that must be the one in force.
#[derive(Debug, Clone)]
pub(super) struct Guard {
    pub tag: Tag,
    /// Its number; `None`: any number but the others'.
    pub is: Option<i128>,
    pub others: Vec<i128>,
    /// Number of the one variant that holds nothing.
    pub none: Option<i128>,
}

impl Tag {
    fn read<E>(&self, read: &mut impl FnMut(u64, &mut [u8]) -> Result<(), E>) -> Result<i128, E> {
        let mut bytes = [0; 8];
        let bytes = &mut bytes[..len(self.size)];
        read(self.addr, bytes)?;
        Ok(number(bytes, self.signed))
    }
}

/// Bytes of a number.
fn len(size: u64) -> usize {
    // `Walk::settle` lets nothing larger than 8 bytes through; the tag of an enum comes from the file unchecked.
    usize::try_from(size.min(8)).unwrap_or(8)
}

fn are_met<E>(guards: &[Guard], read: &mut impl FnMut(u64, &mut [u8]) -> Result<(), E>) -> Result<bool, E> {
    for guard in guards {
        let tag = guard.tag.read(read)?;
        // A variant without a number is the one of all numbers that no other has (DWARF 5, 5.7.10): Rust's niches are told so.
        if guard.is.map_or(guard.others.contains(&tag), |is| is != tag) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn number(bytes: &[u8], signed: bool) -> i128 {
    let mut wide = [0; 16];
    wide[..bytes.len()].copy_from_slice(bytes);
    let number = i128::from_le_bytes(wide);
    let bits = 8 * bytes.len();
    // Of no bytes there is no sign; a shift by -1 would be none.
    if signed && bits > 0 && number >> (bits - 1) == 1 {
        number - (1 << bits)
    } else {
        number
    }
}

impl MemoryPlace {
    /// A word of 32 bits at an address, of which nothing else is known.
    #[must_use]
    pub fn word(text: &str, addr: u64) -> Self {
        Self {
            text: text.to_owned(),
            addr,
            size: 4,
            type_name: "u32".to_owned(),
            kind: Kind::Unsigned,
            guards: Vec::new(),
            optional: 0,
        }
    }

    /// Reads the value, by what reads memory; `none` where there is nothing at this moment.
    ///
    /// # Errors
    /// Those of `read`.
    pub fn read<E>(&self, mut read: impl FnMut(u64, &mut [u8]) -> Result<(), E>) -> Result<MemoryValue, E> {
        if !are_met(&self.guards, &mut read)? {
            return Ok(MemoryValue::Text("none".to_owned()));
        }
        let mut bytes = [0; 8];
        let bytes = &mut bytes[..len(self.size)];
        read(self.addr, bytes)?;
        Ok(self.value(bytes))
    }

    /// Whether there is anything to write to at this moment: whether every enum on the way has the variant in force that holds it.
    ///
    /// # Errors
    /// Those of `read`.
    pub fn is_there<E>(&self, mut read: impl FnMut(u64, &mut [u8]) -> Result<(), E>) -> Result<bool, E> {
        are_met(&self.guards[..self.guards.len() - self.optional], &mut read)
    }

    fn value(&self, bytes: &[u8]) -> MemoryValue {
        let plain = number(bytes, false);
        let whole = |number| MemoryValue::whole(number).unwrap_or_else(|| MemoryValue::real(number));
        match &self.kind {
            Kind::Bool if plain <= 1 => MemoryValue::Bool(plain == 1),
            // A byte that is neither 0 nor 1 is no `bool` of Rust or C: the number is shown, because something overwrote it.
            Kind::Bool | Kind::Unsigned => whole(plain),
            Kind::Signed => whole(number(bytes, true)),
            Kind::Float if bytes.len() == 4 => MemoryValue::real(f32::from_bits(plain as u32)),
            Kind::Float => MemoryValue::real(f64::from_bits(plain as u64)),
            Kind::Char => {
                let c = u32::try_from(plain).ok().and_then(char::from_u32);
                // Memory may hold what is no Unicode scalar value, such as a surrogate.
                c.map_or_else(|| whole(plain), |c| MemoryValue::Text(c.to_string()))
            }
            Kind::Names { tag, names } => {
                let came = number(bytes, tag.signed);
                // Its own number first: the variant that stands for all others would take every one.
                let exact = names.iter().find(|(_, number)| *number == Some(came));
                let found = exact.or_else(|| names.iter().find(|(_, number)| number.is_none()));
                found.map_or_else(|| whole(came), |(name, _)| MemoryValue::Text(name.clone()))
            }
        }
    }

    /// What to write for `value`, and where.
    ///
    /// # Errors
    /// The type cannot hold it.
    pub fn bytes_of(&self, value: &MemoryValue) -> Result<Vec<(u64, Vec<u8>)>, NameError> {
        let bytes = |number: i128, size: u64| number.to_le_bytes()[..len(size)].to_vec();
        let own = &self.guards[self.guards.len() - self.optional..];
        // The outermost of the value's own options: where that is `none`, no inner one counts.
        if let (MemoryValue::Text(word), Some(guard)) = (value, own.first())
            && word == "none"
        {
            let none = guard.none.ok_or_else(|| self.no_number("none"))?;
            return Ok(vec![(guard.tag.addr, bytes(none, guard.tag.size))]);
        }
        let mut all = vec![(self.addr, bytes(self.number_of(value)?, self.size))];
        // Where the value itself does not say that it is there.
        let tags = own
            .iter()
            .filter_map(|guard| Some((guard.tag.addr, bytes(guard.is?, guard.tag.size))));
        all.extend(tags);
        Ok(all)
    }

    fn no_number(&self, word: &str) -> NameError {
        NameError::new(format!(
            "`{word}` cannot be written to `{}`: it has no number of its own",
            self.text
        ))
    }

    /// The bits of a value, as a number.
    fn number_of(&self, value: &MemoryValue) -> Result<i128, NameError> {
        let wrong = |takes: String| {
            NameError::new(format!(
                "`{}`, a `{}`, cannot be `{value}`: it takes {takes}",
                self.text, self.type_name
            ))
        };
        // 128 bits hold the bounds of both signs without an overflow.
        let bits = u32::try_from(self.size.min(8) * 8).unwrap_or(64);
        let (low, high) = match self.kind {
            Kind::Signed => (-(1_i128 << (bits - 1)), (1_i128 << (bits - 1)) - 1),
            _ => (0, (1_i128 << bits) - 1),
        };
        match (&self.kind, value, value.number()) {
            (Kind::Bool, MemoryValue::Bool(truth), _) => Ok(i128::from(*truth)),
            (Kind::Bool, ..) => Err(wrong("`true` or `false`".to_owned())),
            (Kind::Unsigned | Kind::Signed, _, Some(Number::Whole(number))) if (low..=high).contains(&number) => {
                Ok(number)
            }
            (Kind::Unsigned | Kind::Signed, ..) => Err(wrong(format!("whole numbers from {low} to {high}"))),
            (Kind::Float, _, Some(number)) if bits == 32 => Ok(i128::from((number.real() as f32).to_bits())),
            (Kind::Float, _, Some(number)) => Ok(i128::from(number.real().to_bits())),
            (Kind::Float, ..) => Err(wrong("numbers".to_owned())),
            (Kind::Char, MemoryValue::Text(text), _) if text.chars().count() == 1 => {
                Ok(text.chars().next().map_or(0, |c| i128::from(u32::from(c))))
            }
            (Kind::Char, ..) => Err(wrong("one character".to_owned())),
            (Kind::Names { names, .. }, MemoryValue::Text(word), _) => {
                match names.iter().find(|(name, _)| name == word) {
                    Some((_, Some(number))) => Ok(*number),
                    Some((_, None)) => Err(self.no_number(word)),
                    None => {
                        let help = suggest(word, names.iter().map(|(name, _)| name.as_str()));
                        Err(
                            NameError::new(format!("`{}`, a `{}`, is never `{word}`", self.text, self.type_name))
                                .maybe_help(help),
                        )
                    }
                }
            }
            (Kind::Names { names, .. }, ..) => {
                let known: Vec<String> = names.iter().take(30).map(|(name, _)| format!("`{name}`")).collect();
                Err(wrong(known.join(", ")))
            }
        }
    }

    /// Whether a bit, counted from the first byte on, belongs to it; of a bare word nobody knows.
    ///
    /// # Errors
    /// It does not.
    pub fn has_bit(&self, bit: u32) -> Result<(), NameError> {
        let bits = self.size * 8;
        // At a bare address there may be a register or an array: how long it is nobody says.
        if needs_image(&self.text) && u64::from(bit) >= bits {
            let what = format!(
                "`{}`, a `{}`, has no bit {bit}: it has {bits}",
                self.text, self.type_name
            );
            return Err(NameError::new(what));
        }
        Ok(())
    }

    /// Whether `wanted` can ever be said of this place.
    ///
    /// # Errors
    /// Why not.
    pub fn can_be(&self, wanted: &Wanted) -> Result<(), NameError> {
        let (exactly, bounded) = wanted.named();
        let numeric = matches!(self.kind, Kind::Unsigned | Kind::Signed | Kind::Float);
        if bounded && !numeric {
            return Err(NameError::new(format!(
                "`{}`, a `{}`, is no number that could be compared",
                self.text, self.type_name
            )));
        }
        match exactly {
            // Every guard counts here, not the last ones alone: what lies in another variant reads as `none` too.
            Some(MemoryValue::Text(word)) if word == "none" && !self.guards.is_empty() => Ok(()),
            Some(MemoryValue::Text(word)) if matches!(&self.kind, Kind::Names { names, .. } if names.iter().any(|(name, _)| name == word)) => {
                Ok(())
            }
            Some(value) => self.number_of(value).map(drop),
            None => self.can_differ(wanted),
        }
    }

    /// Whether this place can be anything but `wanted`, which bounds it.
    fn can_differ(&self, wanted: &Wanted) -> Result<(), NameError> {
        let bits = u32::try_from(self.size.min(8) * 8).unwrap_or(64);
        let (low, high) = match self.kind {
            Kind::Unsigned => (0, (1_i128 << bits) - 1),
            Kind::Signed => (-(1_i128 << (bits - 1)), (1_i128 << (bits - 1)) - 1),
            _ => return Ok(()),
        };
        // Bounds leave no gap: what holds at both ends of the type holds for all between.
        let holds = |number| MemoryValue::whole(number).is_some_and(|value| wanted.holds(&value));
        // What lies in a variant reads as `none` while another is in force.
        if self.guards.is_empty() && holds(low) && holds(high) {
            let what = format!(
                "`{}`, a `{}`, can be nothing else than `{wanted}`",
                self.text, self.type_name
            );
            return Err(NameError::new(what).maybe_help(Some("give a bound inside its type".to_owned())));
        }
        Ok(())
    }
}
