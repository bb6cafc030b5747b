//! What a pump can say in one line, and how a line is read.

use super::crc::crc16;
use super::limits::{KEY_MAX, LINE_MAX};

/// The fields of a status reply, the longest that is asked for often.
const FIELDS_USUAL: usize = 20;

/// The characters of a value.
const IN_VALUE: [bool; 256] = {
    let mut class = [false; 256];
    // A `while`, because a constant cannot be made with an iterator. From 128 on nothing is allowed.
    let mut byte = 0_u8;
    while byte < 128 {
        class[byte as usize] =
            byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b',' | b':' | b'/' | b'+' | b'_' | b'@' | b'-');
        byte += 1;
    }
    class
};

/// Keys and values in the order of the line.
pub type Fields = Vec<(String, String)>;

/// One line of a pump.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// The answer to a request; it ends the exchange.
    Reply {
        /// Number of the request; 0 where the pump could not tell it.
        seq: u16,
        /// `None`: carried out; else the code of the refusal.
        refused: Option<String>,
        /// Fields, without the code.
        fields: Fields,
    },
    /// A data line before a reply.
    Data {
        /// Number of the request.
        seq: u16,
        /// Fields.
        fields: Fields,
    },
    /// Said unasked.
    Event {
        /// Number of the event.
        n: u64,
        /// The pump's milliseconds.
        t_ms: u64,
        /// Kind.
        kind: String,
        /// Fields.
        fields: Fields,
    },
    /// A dose entry, unasked.
    Dose {
        /// Number of the entry.
        n: u64,
        /// The pump's milliseconds.
        t_ms: u64,
        /// Fields.
        fields: Fields,
    },
}

/// Why a line is none. The first check that fails names the fault: length, form, crc, tokens.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Garbled {
    /// Beyond the limit; thrown away up to its end.
    #[error("a line of {len} bytes, beyond the limit of {LINE_MAX}")]
    TooLong {
        /// Bytes without the end.
        len: usize,
    },
    /// A byte that is not printable ASCII.
    #[error("byte {byte:#04x} at {at} is not printable ASCII")]
    Unprintable {
        /// The byte.
        byte: u8,
        /// Its place.
        at: usize,
    },
    /// No ` *` and four hex digits at the end.
    #[error("no ` *` with four hex digits at the end")]
    NoCrc,
    /// The checksum is another one.
    #[error("the line says crc {said:04X}, its bytes give {computed:04X}")]
    Crc {
        /// In the line.
        said: u16,
        /// Of its bytes.
        computed: u16,
    },
    /// The checksum is right and the tokens are not the protocol's.
    #[error("{0}")]
    Tokens(&'static str),
}

/// Reads a pump's line, without its end.
///
/// # Errors
/// The first check that fails.
pub fn parse_line(line: &[u8]) -> Result<Frame, Garbled> {
    if line.len() > LINE_MAX {
        return Err(Garbled::TooLong { len: line.len() });
    }
    if let Some(at) = line.iter().position(|b| !(0x20..=0x7E).contains(b)) {
        return Err(Garbled::Unprintable { byte: line[at], at });
    }
    // Cannot fail: all bytes are printable ASCII.
    let text = std::str::from_utf8(line).map_err(|_| Garbled::NoCrc)?;
    let (body, said) = split_crc(text).ok_or(Garbled::NoCrc)?;
    let computed = crc16(body.as_bytes());
    if said != computed {
        return Err(Garbled::Crc { said, computed });
    }
    parse_body(body).map_err(Garbled::Tokens)
}

fn split_crc(text: &str) -> Option<(&str, u16)> {
    let (body, crc) = text.split_at_checked(text.len().checked_sub(6)?)?;
    let digits = crc.strip_prefix(" *")?;
    // `from_str_radix` alone would take `+9DC` as well.
    if !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    Some((body, u16::from_str_radix(digits, 16).ok()?))
}

fn parse_body(body: &str) -> Result<Frame, &'static str> {
    let mut rest = Tokens(Some(body));
    let head = rest.next().unwrap_or_default();
    let number = head.get(1..).unwrap_or_default();
    match head.as_bytes().first() {
        // 0: the pump could not read who asked (PROTOCOL.md, `=0 err`). The numbers of events and dose entries begin with 1.
        Some(b'=') => {
            let seq = number_of(number, 0, 65_535).ok_or("a reply without a sequence number in 0..=65535")?;
            parse_reply(narrow(seq), rest)
        }
        Some(b'+') => {
            let seq = number_of(number, 0, 65_535).ok_or("a data line without a sequence number in 0..=65535")?;
            Ok(Frame::Data {
                seq: narrow(seq),
                fields: fields_of(rest)?,
            })
        }
        Some(b'!') => {
            let n = number_of(number, 1, 4_294_967_295).ok_or("an event without a number in 1..=4294967295")?;
            let t_ms = time_of(rest.next()).ok_or("an event without its time `t=<ms>ms`")?;
            let kind = rest.next().filter(|k| is_word(k)).ok_or("an event without a kind")?;
            Ok(Frame::Event {
                n,
                t_ms,
                kind: kind.to_owned(),
                fields: fields_of(rest)?,
            })
        }
        Some(b'$') => {
            let n = number_of(number, 1, 4_294_967_295).ok_or("a dose entry without a number in 1..=4294967295")?;
            let t_ms = time_of(rest.next()).ok_or("a dose entry without its time `t=<ms>ms`")?;
            Ok(Frame::Dose {
                n,
                t_ms,
                fields: fields_of(rest)?,
            })
        }
        _ => Err("none of the signs `=` `+` `!` `$` that a pump's line begins with"),
    }
}

fn parse_reply(seq: u16, mut rest: Tokens<'_>) -> Result<Frame, &'static str> {
    match rest.next() {
        Some("ok") => Ok(Frame::Reply {
            seq,
            refused: None,
            fields: fields_of(rest)?,
        }),
        Some("err") => {
            let mut fields = fields_of(rest)?;
            if fields.first().is_none_or(|(key, _)| key != "code") {
                return Err("a refusal whose first key is not `code`");
            }
            let (_, code) = fields.remove(0);
            Ok(Frame::Reply {
                seq,
                refused: Some(code),
                fields,
            })
        }
        _ => Err("a reply that is neither `ok` nor `err`"),
    }
}

/// What single spaces part. Byte by byte: the tokens are too short for a search to pay.
struct Tokens<'a>(Option<&'a str>);

impl<'a> Iterator for Tokens<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let (token, rest) = match self.0?.split_once(' ') {
            Some((token, rest)) => (token, Some(rest)),
            None => (self.0?, None),
        };
        self.0 = rest;
        Some(token)
    }
}

fn fields_of(tokens: Tokens<'_>) -> Result<Fields, &'static str> {
    let mut fields: Fields = Vec::with_capacity(FIELDS_USUAL);
    for token in tokens {
        let (key, value) = token.split_once('=').ok_or("a token that is not `key=value`")?;
        if !is_key(key) {
            return Err("a key outside `[a-z0-9.-]` or of no or more than 32 bytes");
        }
        if !is_value(value) {
            return Err("a value that is empty or has a character outside `[A-Za-z0-9.,:/+_@-]`");
        }
        // The first byte tells most keys apart already; each is compared with all before it.
        let begins = key.as_bytes().first();
        if fields
            .iter()
            .any(|(known, _)| known.as_bytes().first() == begins && known == key)
        {
            return Err("a key that is given twice");
        }
        fields.push((key.to_owned(), value.to_owned()));
    }
    Ok(fields)
}

/// A plain decimal in `min..=max`, without sign or leading zero.
fn number_of(text: &str, min: u64, max: u64) -> Option<u64> {
    // `parse` alone would take `+5` and `007`; the protocol has neither sign nor leading zero.
    let plain =
        !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) && (text.len() == 1 || !text.starts_with('0'));
    if !plain {
        return None;
    }
    text.parse().ok().filter(|n| (min..=max).contains(n))
}

fn narrow(seq: u64) -> u16 {
    // Cannot fail: `number_of` held it to 65535.
    u16::try_from(seq).unwrap_or(0)
}

fn time_of(token: Option<&str>) -> Option<u64> {
    number_of(token?.strip_prefix("t=")?.strip_suffix("ms")?, 0, u64::MAX)
}

/// Whether `text` can be a verb or an event kind.
pub(super) fn is_word(text: &str) -> bool {
    text.bytes().next().is_some_and(|b| b.is_ascii_lowercase())
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// Whether `text` can be a key.
pub(super) fn is_key(text: &str) -> bool {
    (1..=KEY_MAX).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'-'))
}

/// Whether `text` can be a value.
pub(super) fn is_value(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| IN_VALUE[usize::from(b)])
}
