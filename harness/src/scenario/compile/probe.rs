//! `send` and `probe`: what reaches past the pump's commands.

use super::Compiler;
use super::clock::Clock;
use crate::capability::Capability;
use crate::diagnostic::suggest;
use crate::scenario::case::{Action, ProbeAction};
use crate::scenario::raw::{RawProbe, RawSend};
use crate::yaml::Problem;
use crate::yaml::check::short;
use crate::yaml::raw::{Scalar, Text};

impl Compiler<'_> {
    /// Bytes for the line.
    pub(super) fn send(&mut self, raw: &RawSend) -> Option<Action> {
        self.needs.insert(Capability::RawSerial);
        let mut bytes = raw
            .text
            .as_ref()
            .map_or_else(Vec::new, |text| text.text.clone().into_bytes());
        if let Some(Scalar(text)) = &raw.hex {
            let digits: Vec<u8> = text.text.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
            let pair = |pair: &[u8]| {
                let (high, low) = (
                    char::from(pair[0]).to_digit(16)?,
                    char::from(*pair.get(1)?).to_digit(16)?,
                );
                u8::try_from(high * 16 + low).ok()
            };
            match digits.chunks(2).map(pair).collect::<Option<Vec<u8>>>() {
                Some(more) => bytes.extend(more),
                None => {
                    let message = format!("`{}` is not bytes in hex", short(&text.text));
                    self.tell(
                        Problem::new(text.place, message)
                            .help("two hex digits a byte, such as `00 ff 0d 0a`; quote them"),
                    );
                }
            }
        }
        if bytes.is_empty() && !self.trouble_in(raw.place) {
            self.tell(Problem::new(raw.place, "`send` sends nothing").help("give `text`, `hex`, or both"));
        }
        Some(Action::Send { bytes })
    }

    /// One thing that the probe does.
    pub(super) fn probe(&mut self, raw: &RawProbe, clock: &mut Clock) -> Option<ProbeAction> {
        self.needs.insert(Capability::Probe);
        let given = [
            ("read", raw.read.is_some()),
            ("write", raw.write.is_some()),
            ("flip", raw.flip.is_some()),
            ("halt", raw.halt.is_some()),
            ("break-at", raw.break_at.is_some()),
        ];
        let names: Vec<&str> = given
            .iter()
            .filter(|(_, given)| *given)
            .map(|(name, _)| *name)
            .collect();
        let [name] = names.as_slice() else {
            if !self.trouble_in(raw.place) {
                let problem = Problem::new(raw.place, "`probe` does one thing");
                self.tell(problem.help("give one of: read, write, flip, halt, break-at; or `probe: reset`"));
            }
            return None;
        };
        self.probe_companions(raw, name);
        if let Some(Scalar(at)) = [&raw.read, &raw.write, &raw.flip, &raw.break_at]
            .into_iter()
            .find_map(Option::as_ref)
        {
            self.address(at);
        }
        let text = |scalar: &Option<Scalar>| scalar.as_ref().map(|s| s.0.text.clone());
        match *name {
            "read" => Some(ProbeAction::Read { at: text(&raw.read)? }),
            "write" => Some(ProbeAction::Write {
                at: text(&raw.write)?,
                value: self.word(raw.value?)?,
            }),
            "flip" => Some(ProbeAction::Flip {
                at: text(&raw.flip)?,
                bit: self.word(raw.bit?)?,
            }),
            "halt" => {
                self.needs.insert(Capability::RunControl);
                let time = self.positive_time(raw.halt.as_ref(), "halt")?;
                clock.pass(time);
                Some(ProbeAction::Halt { time })
            }
            _ => {
                self.needs.insert(Capability::RunControl);
                let within = self.positive_time(raw.within.as_ref(), "within")?;
                clock.up_to(within, raw.within.as_ref()?.0.place);
                Some(ProbeAction::BreakAt {
                    at: text(&raw.break_at)?,
                    within,
                })
            }
        }
    }

    fn probe_companions(&mut self, raw: &RawProbe, name: &str) {
        let rules = [
            ("value", "write", raw.value.map(|v| v.place)),
            ("bit", "flip", raw.bit.map(|v| v.place)),
            ("within", "break-at", raw.within.as_ref().map(|v| v.0.place)),
        ];
        for (key, owner, place) in rules {
            match place {
                Some(place) if owner != name => {
                    self.tell(
                        Problem::new(place, format!("`{key}` does not go with `{name}`"))
                            .help(format!("it goes with `{owner}`")),
                    );
                }
                None if owner == name && !self.trouble_in(raw.place) => {
                    self.tell(Problem::new(raw.place, format!("`{name}` needs `{key}`")));
                }
                _ => {}
            }
        }
    }

    /// A symbol, a symbol with an offset, or a `0x` number.
    pub(super) fn address(&mut self, text: &Text) {
        let hex = |digits: &str| u32::from_str_radix(digits, 16).is_ok();
        if let Some(digits) = text.text.strip_prefix("0x") {
            if !hex(digits) {
                let message = format!("`{}` is no 32-bit address", short(&text.text));
                self.tell(Problem::new(text.place, message));
            }
            return;
        }
        let (symbol, offset) = text.text.split_once('+').unwrap_or((&text.text, "0x0"));
        let offset_fits = offset
            .strip_prefix("0x")
            .map_or_else(|| offset.parse::<u32>().is_ok(), hex);
        if !offset_fits {
            let message = format!("`{}` is no offset", short(offset));
            self.tell(Problem::new(text.place, message).help("write `SYMBOL+0x10`"));
        }
        let symbols = self.catalog.symbols();
        if !symbols.iter().any(|known| known == symbol) {
            let help = suggest(symbol, symbols.iter().map(String::as_str));
            self.tell(Problem::new(text.place, format!("unknown symbol `{}`", short(symbol))).maybe_help(help));
        }
    }
}
