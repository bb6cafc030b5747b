//! Sets of characters, such as `a-z0-9.-`.

/// The bytes that a word may have.
#[derive(Clone, PartialEq, Eq)]
pub struct Class {
    holds: [bool; 256],
    text: String,
}

impl std::fmt::Debug for Class {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "[{}]", self.text)
    }
}

impl Class {
    /// From its text: single characters, and ranges of them.
    ///
    /// # Errors
    /// Where it is empty, not ASCII, or a range runs backwards.
    pub fn new(text: &str) -> Result<Self, String> {
        let mut holds = [false; 256];
        if text.is_empty() || !text.is_ascii() {
            return Err(format!("`[{text}]` must name characters of ASCII, such as `[a-z0-9-]`"));
        }
        let bytes = text.as_bytes();
        let mut rest = bytes;
        while let Some((&first, after)) = rest.split_first() {
            let (last, after) = match after {
                [b'-', last, after @ ..] => (*last, after),
                _ => (first, after),
            };
            if last < first {
                return Err(format!(
                    "the range `{}-{}` runs backwards",
                    char::from(first),
                    char::from(last)
                ));
            }
            for byte in first..=last {
                if let Some(held) = holds.get_mut(usize::from(byte)) {
                    *held = true;
                }
            }
            rest = after;
        }
        let text = text.to_owned();
        Ok(Self { holds, text })
    }

    /// Whether it has this byte.
    #[must_use]
    pub fn has(&self, byte: u8) -> bool {
        self.holds[usize::from(byte)]
    }

    /// The bytes of it at the front of a text, one at least, and the rest.
    #[must_use]
    pub fn take<'a>(&self, text: &'a str) -> Option<(&'a str, &'a str)> {
        let end = text.bytes().position(|byte| !self.has(byte)).unwrap_or(text.len());
        // It holds ASCII alone, so that no character is split.
        text.split_at_checked(end).filter(|_| end > 0)
    }

    /// Its text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_and_characters() {
        let class = Class::new("a-z0-9.,-").unwrap();
        for byte in *b"az09.,-" {
            assert!(class.has(byte), "{byte}");
        }
        for byte in *b"AZ_ /\x00\xff" {
            assert!(!class.has(byte), "{byte}");
        }
        assert!(Class::new("z-a").is_err() && Class::new("").is_err() && Class::new("ä").is_err());
    }
}
