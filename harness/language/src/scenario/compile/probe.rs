//! `send` and `probe`: what reaches past the pump's commands.

use super::Compiler;
use super::clock::Clock;
use crate::scenario::raw::{RawProbe, RawSend};
use pump_hil_firmware::{NameError, Place, is_expression};
use pump_hil_model::capability::Capability;
use pump_hil_model::case::{Action, ProbeAction};
use pump_hil_model::diagnostic::suggest;
use pump_hil_model::value::{Value, needs_image};
use pump_hil_model::yaml::Problem;
use pump_hil_model::yaml::check::short;
use pump_hil_model::yaml::raw::{Scalar, Text};
use pump_hil_model::yaml::tree::Place as TreePlace;

/// Places that a scenario may watch: each is read whenever time stands.
const WATCHED_MAX: usize = 32;

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
        let text = |scalar: &Option<Scalar>| scalar.as_ref().map(|s| s.0.text.clone());
        match *name {
            "read" => {
                let at = &raw.read.as_ref()?.0;
                self.place(at, at.place, |_| Ok(()));
                Some(ProbeAction::Read { at: text(&raw.read)? })
            }
            "write" => {
                let (Scalar(at), Scalar(value)) = (raw.write.as_ref()?, raw.value.as_ref()?);
                let written = Value::written(&value.text);
                self.place(at, value.place, |place| place.bytes_of(&written).map(drop));
                let (at, value) = (at.text.clone(), written);
                Some(ProbeAction::Write { at, value })
            }
            "flip" => {
                let bit = raw.bit.and_then(|bit| self.word(bit));
                let at = &raw.flip.as_ref()?.0;
                self.place(at, raw.bit?.place, |place| bit.map_or(Ok(()), |bit| place.has_bit(bit)));
                let at = at.text.clone();
                Some(ProbeAction::Flip { at, bit: bit? })
            }
            "halt" => {
                self.needs.insert(Capability::RunControl);
                let time = self.positive_time(raw.halt.as_ref(), "halt")?;
                clock.pass(time);
                Some(ProbeAction::Halt { time })
            }
            _ => {
                self.needs.insert(Capability::RunControl);
                self.code(&raw.break_at.as_ref()?.0);
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
            ("value", "write", raw.value.as_ref().map(|v| v.0.place)),
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

    /// A place in memory. Where the image of a rig is known it must be there, and what stands at `whole` must fit it.
    pub(super) fn place(&mut self, text: &Text, whole: TreePlace, fits: impl Fn(&Place) -> Result<(), NameError>) {
        let named = needs_image(&text.text);
        if named {
            self.needs.insert(Capability::Symbols);
            if let Err(error) = is_expression(&text.text) {
                return self.wrong_name(text.place, None, error);
            }
        } else if !self.address(text) {
            return;
        }
        let images = self.catalog.images();
        let mut places: Vec<_> = images
            .iter()
            .map(|(rig, image)| (Some(rig.as_str()), image.place(&text.text)))
            .collect();
        if images.is_empty() && !named {
            places.push((None, Ok(Place::word(&text.text, 0))));
        }
        for (rig, place) in places {
            match place {
                Err(error) if named => self.wrong_name(text.place, rig, error),
                place => {
                    let place = place.unwrap_or_else(|_| Place::word(&text.text, 0));
                    if let Err(error) = fits(&place) {
                        self.wrong_name(whole, rig, error);
                    }
                }
            }
        }
    }

    /// A place in the code.
    fn code(&mut self, text: &Text) {
        if !needs_image(&text.text) {
            self.address(text);
            return;
        }
        self.needs.insert(Capability::Symbols);
        let catalog = self.catalog;
        for (rig, image) in catalog.images() {
            if let Err(error) = image.code(&text.text) {
                self.wrong_name(text.place, Some(rig), error);
            }
        }
    }

    /// Places that are watched.
    pub(super) fn watch(&mut self, raw: &[Text]) -> Vec<String> {
        if let Some(text) = raw.get(WATCHED_MAX) {
            let message = format!("more than {WATCHED_MAX} places are watched");
            self.tell(Problem::new(text.place, message));
        }
        if !raw.is_empty() {
            self.needs.insert(Capability::Probe);
        }
        self.twice(raw);
        for text in raw.iter().take(WATCHED_MAX) {
            self.place(text, text.place, |_| Ok(()));
        }
        raw.iter().map(|text| text.text.clone()).collect()
    }

    fn wrong_name(&mut self, place: TreePlace, rig: Option<&str>, error: NameError) {
        let message = match rig {
            None => error.message,
            Some(rig) => format!("on rig `{rig}`: {}", error.message),
        };
        self.tell(Problem::new(place, message).maybe_help(error.help));
    }

    /// A symbol, a symbol with an offset, or a `0x` number; else that was told.
    fn address(&mut self, text: &Text) -> bool {
        let hex = |digits: &str| u32::from_str_radix(digits, 16).is_ok();
        if let Some(digits) = text.text.strip_prefix("0x") {
            let fits = hex(digits);
            if !fits {
                let message = format!("`{}` is no 32-bit address", short(&text.text));
                self.tell(Problem::new(text.place, message));
            }
            return fits;
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
        let known = symbols.iter().any(|known| known == symbol);
        if !known {
            let help = suggest(symbol, symbols.iter().map(String::as_str)).unwrap_or_else(|| {
                "a name of the firmware's source is written with something of its path, as `module::NAME` or `NAME.field`".to_owned()
            });
            self.tell(Problem::new(text.place, format!("unknown symbol `{}`", short(symbol))).help(help));
        }
        known && offset_fits
    }
}
