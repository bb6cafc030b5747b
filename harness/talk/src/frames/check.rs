//! Checks of frames: CRCs of the catalogue or by their parameters, sums, exclusive-ors.

use super::catalogue::CATALOGUE;
use crc::{Algorithm, Crc, Table};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

/// How a check is computed.
#[derive(Clone)]
pub struct Check {
    name: String,
    /// Bits that it has.
    pub bits: u8,
    how: How,
    /// What is done with it, in this order.
    then: Vec<Then>,
}

#[derive(Clone)]
enum How {
    /// Every line goes through one of these: sixteen bytes a step, with tables that stay in the processor's cache.
    Crc16(Arc<Crc<u16, Table<16>>>),
    Crc32(Arc<Crc<u32, Table<16>>>),
    Crc64(Arc<Crc<u64, Table<1>>>),
    Sum,
    Xor,
}

/// What is done with a sum before it is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// Its two's complement.
    Negate,
    /// The rest of a division.
    Mod(u64),
    /// Bits that stay.
    And(u64),
    /// Bits that are set.
    Or(u64),
}

/// Parameters of a CRC that the catalogue does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct CrcParameters {
    /// Bits, 3 to 64.
    pub width: u8,
    /// The polynomial without its highest term.
    pub poly: u64,
    /// What the register begins with.
    pub init: u64,
    /// Bytes are taken with their lowest bit first.
    pub refin: bool,
    /// The register is mirrored at the end.
    pub refout: bool,
    /// What is put over it at the end.
    pub xorout: u64,
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Check")
            .field("name", &self.name)
            .field("then", &self.then)
            .finish_non_exhaustive()
    }
}

impl PartialEq for Check {
    fn eq(&self, other: &Self) -> bool {
        (&self.name, &self.then) == (&other.name, &other.then)
    }
}

impl Eq for Check {}

impl Check {
    /// By its name: `crc-16/modbus` and all others of the catalogue, `sum-8`, `sum-16`, `xor-8`.
    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        let (bits, how) = match name {
            "sum-8" => (8, How::Sum),
            "sum-16" => (16, How::Sum),
            "xor-8" => (8, How::Xor),
            _ => {
                let (_, algorithm) = CATALOGUE.iter().find(|(known, _)| *known == name)?;
                (algorithm.width, engine(algorithm))
            }
        };
        Some(Self {
            name: name.to_owned(),
            bits,
            how,
            then: Vec::new(),
        })
    }

    /// A CRC by its parameters; `None` for a width that is none of 3 to 64 bits.
    #[must_use]
    pub fn of(parameters: CrcParameters) -> Option<Self> {
        if !(3..=64).contains(&parameters.width) {
            return None;
        }
        let algorithm = Algorithm {
            width: parameters.width,
            poly: parameters.poly,
            init: parameters.init,
            refin: parameters.refin,
            refout: parameters.refout,
            xorout: parameters.xorout,
            check: 0,
            residue: 0,
        };
        Some(Self {
            name: format!("{parameters:?}"),
            bits: parameters.width,
            how: engine(&algorithm),
            then: Vec::new(),
        })
    }

    /// With what is done afterwards.
    #[must_use]
    pub fn then(mut self, then: Then) -> Self {
        self.then.push(then);
        self
    }

    /// The check of these bytes.
    #[must_use]
    pub fn compute(&self, bytes: &[u8]) -> u64 {
        let begun = match &self.how {
            How::Crc16(crc) => crc.checksum(bytes).into(),
            How::Crc32(crc) => crc.checksum(bytes).into(),
            How::Crc64(crc) => crc.checksum(bytes),
            How::Sum => bytes.iter().fold(0_u64, |sum, byte| sum.wrapping_add(u64::from(*byte))),
            How::Xor => bytes.iter().fold(0_u64, |sum, byte| sum ^ u64::from(*byte)),
        };
        let done = self.then.iter().fold(begun, |value, then| match then {
            Then::Negate => value.wrapping_neg(),
            Then::Mod(by) => value.checked_rem(*by).unwrap_or(value),
            Then::And(bits) => value & bits,
            Then::Or(bits) => value | bits,
        });
        done & mask(self.bits)
    }

    /// The names that there are.
    pub fn names() -> impl Iterator<Item = &'static str> {
        CATALOGUE
            .iter()
            .map(|(name, _)| *name)
            .chain(["sum-8", "sum-16", "xor-8"])
    }
}

/// The smallest table engine that holds so many bits.
fn engine(algorithm: &Algorithm<u64>) -> How {
    match algorithm.width {
        ..=16 => How::Crc16(Arc::new(Crc::<u16, Table<16>>::new(kept16(algorithm)))),
        17..=32 => How::Crc32(Arc::new(Crc::<u32, Table<16>>::new(kept32(algorithm)))),
        _ => How::Crc64(Arc::new(Crc::<u64, Table<1>>::new(kept64(algorithm)))),
    }
}

/// A table engine keeps its parameters for good. Each set is kept once, however often its profile is read.
macro_rules! kept {
    ($name:ident, $width:ty) => {
        fn $name(of: &Algorithm<u64>) -> &'static Algorithm<$width> {
            type Kept = Mutex<BTreeMap<CrcParameters, &'static Algorithm<$width>>>;
            static KEPT: LazyLock<Kept> = LazyLock::new(Mutex::default);
            // Nothing is cut: no parameter has more bits than the check.
            let narrow = |value: u64| <$width>::try_from(value & mask(of.width)).unwrap_or(0);
            let key = CrcParameters {
                width: of.width,
                poly: of.poly,
                init: of.init,
                refin: of.refin,
                refout: of.refout,
                xorout: of.xorout,
            };
            let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
            kept.entry(key).or_insert_with(|| {
                Box::leak(Box::new(Algorithm {
                    width: of.width,
                    poly: narrow(of.poly),
                    init: narrow(of.init),
                    refin: of.refin,
                    refout: of.refout,
                    xorout: narrow(of.xorout),
                    check: 0,
                    residue: 0,
                }))
            })
        }
    };
}

kept!(kept16, u16);
kept!(kept32, u32);
kept!(kept64, u64);

/// The lowest bits.
fn mask(bits: u8) -> u64 {
    u64::MAX.checked_shr(u32::from(64_u8.saturating_sub(bits))).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_crc_has_its_catalogued_check_value() {
        assert!(CATALOGUE.len() > 100, "only {}", CATALOGUE.len());
        for (name, algorithm) in CATALOGUE {
            let check = Check::find(name).unwrap();
            assert_eq!(check.compute(b"123456789"), algorithm.check, "{name}");
            let same = Check::of(CrcParameters {
                width: algorithm.width,
                poly: algorithm.poly,
                init: algorithm.init,
                refin: algorithm.refin,
                refout: algorithm.refout,
                xorout: algorithm.xorout,
            });
            assert_eq!(
                same.unwrap().compute(b"123456789"),
                algorithm.check,
                "{name} by its parameters"
            );
        }
    }

    #[test]
    fn known_checks() {
        let of = |name: &str| Check::find(name).unwrap();
        assert_eq!(of("crc-16/ibm-3740").compute(b"123456789"), 0x29B1);
        assert_eq!(of("crc-16/modbus").compute(b"123456789"), 0x4B37);
        // LCUS-1 relay: A0 01 01 A2.
        assert_eq!(of("sum-8").compute(&[0xA0, 0x01, 0x01]), 0xA2);
        assert_eq!(of("sum-8").then(Then::Negate).compute(&[0xA0, 0x01, 0x01]), 0x5E);
        assert_eq!(of("xor-8").compute(&[0x12, 0x34]), 0x26);
        assert_eq!(of("sum-16").then(Then::Mod(100)).compute(&[200, 250]), 50);
        assert_eq!(
            of("sum-8").then(Then::And(0x3F)).then(Then::Or(0x40)).compute(&[0xFF]),
            0x7F
        );
        assert!(Check::find("crc-16").is_none());
    }
}
