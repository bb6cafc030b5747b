//! A line that renames: the stub's protocol at one end, another one at the other.

use pump_hil_model::quantity::Span;
use pump_hil_rig::{Between, Way};
use pump_hil_talk::wire::Crc32;
use pump_hil_testing::stub_line::crc16;
use std::collections::BTreeMap;

/// The signs that lines begin with: the stub's, and what stands for them.
const SIGNS: [(char, char); 5] = [('#', '~'), ('=', '<'), ('+', '>'), ('!', '%'), ('$', '&')];

/// What is known of the conversation.
#[derive(Debug, Clone, Default)]
pub struct Translator {
    /// Data lines of the answer that is being given, as they went on.
    page: String,
    /// Checksums of prescriptions: of the renamed text, of the stub's.
    checksums: BTreeMap<String, String>,
}

impl Between for Translator {
    fn plugged(&self) -> Box<dyn Between> {
        Box::new(Self::default())
    }

    fn take(&mut self, way: Way, line: Vec<u8>, now: Span, onward: &mut Vec<(Way, Span, Vec<u8>)>) {
        let text = String::from_utf8_lossy(&line);
        let text = text.trim_end_matches(['\r', '\n']);
        let translated = match way {
            Way::ToPump => self.asked(text),
            Way::FromPump => self.said(text),
        };
        onward.push((way, now, translated.map_or(line, String::into_bytes)));
    }
}

impl Translator {
    /// A request as the stub reads it; `None` where it is none.
    fn asked(&self, text: &str) -> Option<String> {
        if text == "`" {
            return Some("~\n".to_owned());
        }
        let (body, check) = text.rsplit_once(" ^")?;
        assert_eq!(check, format!("{:04X}", xmodem(body.as_bytes())), "{text}");
        let (number, rest) = body.strip_prefix('~')?.split_once('/')?;
        let mut words = rest.split(';');
        let mut out = format!("#{number} {}", rot13(words.next()?));
        for pair in words {
            let (key, value) = pair.split_once('|')?;
            let value = self.checksums.get(value).map_or(value, String::as_str);
            out.push_str(&format!(" {}={value}", rot13(key)));
        }
        Some(format!("{out} *{:04X}\n", crc16(out.as_bytes())))
    }

    /// What the stub says, renamed; `None` where it is no line of it.
    fn said(&mut self, text: &str) -> Option<String> {
        let (body, check) = text.rsplit_once(" *")?;
        if check != format!("{:04X}", crc16(body.as_bytes())) {
            return None;
        }
        let sign = body.chars().next()?;
        let (_, ours) = SIGNS.into_iter().find(|(stub, _)| *stub == sign)?;
        let mut words = body[1..].split(' ');
        let mut out = format!("{ours}{}", words.next()?);
        match sign {
            '=' => {
                let word = words.next()?;
                out.push_str(&format!(" {}", rot13(word)));
                if word == "err" {
                    let (key, code) = words.next()?.split_once('=')?;
                    out.push_str(&format!(" {}|{code}", rot13(key)));
                }
            }
            '!' | '$' => {
                let ms = words.next()?.strip_prefix("t=")?.strip_suffix("ms")?;
                out.push_str(&format!(" g|{ms}zf"));
                if sign == '!' {
                    out.push_str(&format!(" {}", rot13(words.next()?)));
                }
            }
            _ => {}
        }
        for pair in words {
            let (key, value) = pair.split_once('=')?;
            let (key, value) = (rot13(key), self.value(sign, key, value));
            if sign == '+' {
                self.page.push_str(&format!("{key}|{value};"));
            }
            out.push_str(&format!(";{key}|{value}"));
        }
        if sign == '=' {
            self.page.clear();
        }
        Some(format!("{out} ^{:04X}\r\n", xmodem(out.as_bytes())))
    }

    /// A value is what it was, but for the names and the checksums in it.
    fn value(&mut self, sign: char, key: &str, value: &str) -> String {
        match key {
            // In a log the kind of an event is a value.
            "event" => rot13(value),
            "crc32" => {
                if sign == '=' && !self.page.is_empty() {
                    let mut crc = Crc32::default();
                    crc.feed(self.page.as_bytes());
                    self.checksums.insert(format!("{:08X}", crc.value()), value.to_owned());
                }
                let known = self.checksums.iter().find(|(_, stub)| *stub == value);
                known.map_or_else(|| value.to_owned(), |(renamed, _)| renamed.clone())
            }
            _ => value.to_owned(),
        }
    }
}

fn rot13(text: &str) -> String {
    let turned = |c: char| match c {
        'a'..='z' => char::from((c as u8 - b'a' + 13) % 26 + b'a'),
        _ => c,
    };
    text.chars().map(turned).collect()
}

/// CRC-16/XMODEM: as the stub's, from another begin.
fn xmodem(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc: u16, byte| {
        let begun = crc ^ (u16::from(*byte) << 8);
        (0..8).fold(begun, |crc, _| {
            if crc & 0x8000 == 0 {
                crc << 1
            } else {
                (crc << 1) ^ 0x1021
            }
        })
    })
}
