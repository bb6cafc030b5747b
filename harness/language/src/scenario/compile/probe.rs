//! `send` and `probe`: what reaches past the pump's commands.

use super::clock::Clock;
use super::memory::{code, place};
use super::told::Told;
use super::values::{bits_32, positive_time};
use crate::catalog::Catalog;
use crate::scenario::raw::{RawProbe, RawSend};
use pump_hil_firmware::MemoryPlace;
use pump_hil_model::case::{Action, ProbeAction};
use pump_hil_model::mistake::Mistake;
use pump_hil_model::quantity::Span;
use pump_hil_model::value::MemoryValue;
use pump_hil_model::yaml::Problem;
use pump_hil_model::yaml::check::short;
use pump_hil_model::yaml::raw::Scalar;

/// Bytes for the line.
pub(super) fn send(raw: &RawSend, clock: &mut Clock, told: &mut Told<'_>) -> Option<Action> {
    let mut bytes = raw
        .text
        .as_ref()
        .map_or_else(Vec::new, |text| text.text.clone().into_bytes());
    if let Some(Scalar(text)) = &raw.hex {
        match from_hex(&text.text) {
            Some(more) => bytes.extend(more),
            None => {
                let message = format!("`{}` is not bytes in hex", short(&text.text));
                let problem = Problem::new(Mistake::Format, text.place, message);
                told.tell(problem.help("two hex digits a byte, such as `00 ff 0d 0a`; quote them"));
            }
        }
    }
    if bytes.is_empty() && !told.inside(raw.place) {
        let problem = Problem::new(Mistake::Empty, raw.place, "`send` sends nothing");
        told.tell(problem.help("give `text`, `hex`, or both"));
    }
    let pace = positive_time(raw.pace.as_ref(), "pace", told);
    if let Some(pace) = pace {
        let gaps = i64::try_from(bytes.len().saturating_sub(1)).unwrap_or(i64::MAX);
        clock.pass(Span(pace.0.saturating_mul(gaps)));
    }
    Some(Action::Send { bytes, pace })
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
    let byte = |pair: &[u8]| {
        let (high, low) = (
            char::from(pair[0]).to_digit(16)?,
            char::from(*pair.get(1)?).to_digit(16)?,
        );
        u8::try_from(high * 16 + low).ok()
    };
    digits.chunks(2).map(byte).collect()
}

/// One thing that the probe does.
pub(super) fn probe(raw: &RawProbe, clock: &mut Clock, catalog: &Catalog, told: &mut Told<'_>) -> Option<ProbeAction> {
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
        if !told.inside(raw.place) {
            let problem = Problem::new(Mistake::KeyCombination, raw.place, "`probe` does one thing");
            told.tell(problem.help("give one of: read, write, flip, halt, break-at; or `probe: reset`"));
        }
        return None;
    };
    companions(raw, name, told);
    let text = |scalar: &Option<Scalar>| scalar.as_ref().map(|s| s.0.text.clone());
    match *name {
        "read" => {
            let at = &raw.read.as_ref()?.0;
            place(at, at.place, |_| Ok(()), catalog, told);
            Some(ProbeAction::Read { at: text(&raw.read)? })
        }
        "write" => {
            let (Scalar(at), Scalar(value)) = (raw.write.as_ref()?, raw.value.as_ref()?);
            let written = MemoryValue::written(&value.text);
            place(
                at,
                value.place,
                |place| place.bytes_of(&written).map(drop),
                catalog,
                told,
            );
            let (at, value) = (at.text.clone(), written);
            Some(ProbeAction::Write { at, value })
        }
        "flip" => {
            let bit = raw.bit.and_then(|bit| bits_32(bit, told));
            let at = &raw.flip.as_ref()?.0;
            let fits = |place: &MemoryPlace| bit.map_or(Ok(()), |bit| place.has_bit(bit));
            place(at, raw.bit?.place, fits, catalog, told);
            let at = at.text.clone();
            Some(ProbeAction::Flip { at, bit: bit? })
        }
        "halt" => {
            let time = positive_time(raw.halt.as_ref(), "halt", told)?;
            // By the wall clock a halt lasts as long as it says (LANGUAGE.md, `probe`), so that much is planned for it.
            clock.pass(time);
            Some(ProbeAction::Halt { time })
        }
        _ => {
            code(&raw.break_at.as_ref()?.0, catalog, told);
            let within = positive_time(raw.within.as_ref(), "within", told)?;
            clock.up_to(within, raw.within.as_ref()?.0.place);
            Some(ProbeAction::BreakAt {
                at: text(&raw.break_at)?,
                within,
            })
        }
    }
}

/// Keys that go with another action than this one, or are missing with it.
fn companions(raw: &RawProbe, name: &str, told: &mut Told<'_>) {
    let rules = [
        ("value", "write", raw.value.as_ref().map(|v| v.0.place)),
        ("bit", "flip", raw.bit.map(|v| v.place)),
        ("within", "break-at", raw.within.as_ref().map(|v| v.0.place)),
    ];
    for (key, owner, place) in rules {
        match place {
            Some(place) if owner != name => {
                let message = format!("`{key}` does not go with `{name}`");
                let problem = Problem::new(Mistake::KeyCombination, place, message);
                told.tell(problem.help(format!("it goes with `{owner}`")));
            }
            None if owner == name && !told.inside(raw.place) => {
                let message = format!("`{name}` needs `{key}`");
                told.tell(Problem::new(Mistake::MissingKey, raw.place, message));
            }
            _ => {}
        }
    }
}
