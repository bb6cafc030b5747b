//! Keys with values in one text, such as ` rate=500000nl/d flex=daily,1`.

use super::class::Class;

/// How keys and values stand in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PairsForm {
    /// What stands before each pair.
    pub before: String,
    /// What stands between a key and its value.
    pub between: String,
    /// What a key may have.
    pub keys: Class,
    /// Bytes that a key may have at most.
    pub key_max: usize,
    /// What a value may have.
    pub values: Class,
}

/// Why a text holds no pairs, or a pair cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PairsError {
    /// A part of the text is no pair.
    #[error("`{0}` is not a key with a value")]
    NoPair(String),
    /// The key is none.
    #[error("`{key}` cannot be a key: it must be 1 to {max} of `{class}`")]
    Key {
        /// What should be the key.
        key: String,
        /// The most bytes.
        max: usize,
        /// What it may have.
        class: String,
    },
    /// The value is none.
    #[error("`{value}` cannot be the value of `{key}`: it must be one or more of `{class}`")]
    Value {
        /// Its key.
        key: String,
        /// What should be the value.
        value: String,
        /// What it may have.
        class: String,
    },
    /// A key stands twice.
    #[error("`{0}` is given twice")]
    Twice(String),
}

impl PairsForm {
    /// Whether all of a text is pairs, and no key stands twice.
    ///
    /// # Errors
    /// The first that is wrong.
    pub fn check(&self, text: &str) -> Result<(), PairsError> {
        // A line with more keys than this is none that is asked for often.
        let mut few = [""; KEYS_USUAL];
        let mut more: Vec<&str> = Vec::new();
        let mut place = 0_usize;
        let mut twice = None;
        let whole = self.scan(text, |key, _| {
            // The first byte tells most keys apart already; each is compared with all before it.
            let begins = key.as_bytes().first();
            let same = |known: &&str| known.as_bytes().first() == begins && *known == key;
            let known = few.get(..place.min(KEYS_USUAL)).unwrap_or_default();
            if known.iter().any(same) || more.iter().any(same) {
                twice.get_or_insert(key);
            }
            match few.get_mut(place) {
                Some(room) => *room = key,
                None => more.push(key),
            }
            place = place.saturating_add(1);
        });
        if !whole {
            return Err(self.why_not(text));
        }
        twice.map_or(Ok(()), |key| Err(PairsError::Twice(key.to_owned())))
    }

    /// Gives each pair of a text; `false` where it is not pairs alone. One look at each byte.
    pub fn scan<'a>(&self, text: &'a str, mut each: impl FnMut(&'a str, &'a str)) -> bool {
        let mut rest = text;
        while !rest.is_empty() {
            let Some(after) = rest.strip_prefix(self.before.as_str()) else {
                return false;
            };
            let Some((key, after)) = self.keys.take(after) else {
                return false;
            };
            let Some(after) = after.strip_prefix(self.between.as_str()) else {
                return false;
            };
            let Some((value, after)) = self.values.take(after) else {
                return false;
            };
            if key.len() > self.key_max {
                return false;
            }
            each(key, value);
            rest = after;
        }
        true
    }

    /// What is wrong with a text that is not pairs.
    fn why_not(&self, text: &str) -> PairsError {
        let Some(after) = text.strip_prefix(self.before.as_str()) else {
            return PairsError::NoPair(text.to_owned());
        };
        for token in after.split(self.before.as_str()) {
            let pair = token.split_once(self.between.as_str());
            let Some((key, value)) = pair else {
                return PairsError::NoPair(token.to_owned());
            };
            if let Err(why) = self.check_pair(key, value) {
                return why;
            }
        }
        PairsError::NoPair(text.to_owned())
    }

    /// Appends pairs.
    ///
    /// # Errors
    /// What cannot stand so.
    pub fn write(&self, pairs: &[(&str, &str)], out: &mut Vec<u8>) -> Result<(), PairsError> {
        for (place, (key, value)) in pairs.iter().enumerate() {
            self.check_pair(key, value)?;
            if pairs
                .get(..place)
                .unwrap_or_default()
                .iter()
                .any(|(known, _)| known == key)
            {
                return Err(PairsError::Twice((*key).to_owned()));
            }
            for part in [&self.before, *key, &self.between, *value] {
                out.extend_from_slice(part.as_bytes());
            }
        }
        Ok(())
    }

    /// Bytes that a pair takes.
    #[must_use]
    pub fn len_of(&self, key: &str, value: &str) -> usize {
        let parts = [self.before.len(), key.len(), self.between.len(), value.len()];
        parts.into_iter().fold(0, usize::saturating_add)
    }

    fn check_pair(&self, key: &str, value: &str) -> Result<(), PairsError> {
        if key.is_empty() || key.len() > self.key_max || !key.bytes().all(|byte| self.keys.has(byte)) {
            return Err(PairsError::Key {
                key: key.to_owned(),
                max: self.key_max,
                class: self.keys.text().to_owned(),
            });
        }
        if value.is_empty() || !value.bytes().all(|byte| self.values.has(byte)) {
            return Err(PairsError::Value {
                key: key.to_owned(),
                value: value.to_owned(),
                class: self.values.text().to_owned(),
            });
        }
        Ok(())
    }
}

/// Keys of the longest line that is asked for often.
const KEYS_USUAL: usize = 24;

#[cfg(test)]
mod tests {
    use super::*;

    fn form() -> PairsForm {
        PairsForm {
            before: " ".to_owned(),
            between: "=".to_owned(),
            keys: Class::new("a-z0-9.-").unwrap(),
            key_max: 8,
            values: Class::new("A-Za-z0-9,/").unwrap(),
        }
    }

    #[test]
    fn what_is_written_reads_back() {
        let pairs = [("rate", "5nl/d"), ("flex", "daily,1")];
        let mut out = Vec::new();
        form().write(&pairs, &mut out).unwrap();
        assert_eq!(out, b" rate=5nl/d flex=daily,1");
        let text = String::from_utf8(out).unwrap();
        assert_eq!(form().check(&text), Ok(()));
        let form = form();
        let mut read = Vec::new();
        assert!(form.scan(&text, |key, value| read.push((key, value))));
        assert_eq!(read, pairs);
        assert_eq!(text.len(), pairs.iter().map(|(k, v)| form.len_of(k, v)).sum::<usize>());
        assert_eq!(form.check(""), Ok(()));
    }

    #[test]
    fn what_is_no_pairs_is_told() {
        let wrong = |text: &str| form().check(text).expect_err(text).to_string();
        assert!(wrong("a=1").contains("`a=1` is not a key"));
        assert!(wrong(" a").contains("`a` is not a key"));
        assert!(wrong(" a=1 ").contains("`` is not a key"));
        assert!(wrong(" A=1").contains("`A` cannot be a key"));
        assert!(wrong(" abcdefghi=1").contains("1 to 8"));
        assert!(wrong(" a=").contains("cannot be the value of `a`"));
        assert!(wrong(" a=1 b=2 a=1").contains("`a` is given twice"));
    }
}
