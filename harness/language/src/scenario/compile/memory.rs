//! Names of the pump's memory and code: looked up before anything runs, where the image of a rig is known.

use super::told::Told;
use super::values::each_once;
use crate::catalog::Catalog;
use pump_hil_firmware::{MemoryPlace, NameError, is_expression};
use pump_hil_model::diagnostic::suggest;
use pump_hil_model::mistake::Mistake;
use pump_hil_model::value::needs_image;
use pump_hil_model::yaml::check::short;
use pump_hil_model::yaml::raw::Text;
use pump_hil_model::yaml::{Location, Problem};

/// Places that a scenario may watch: each is read whenever time stands.
const WATCHED_MAX: usize = 32;

/// A place in memory. Where the image of a rig is known it must be there, and what stands at `whole` must fit it.
pub(super) fn place(
    text: &Text,
    whole: Location,
    fits: impl Fn(&MemoryPlace) -> Result<(), NameError>,
    catalog: &Catalog,
    told: &mut Told<'_>,
) {
    let named = needs_image(&text.text);
    if named {
        if let Err(error) = is_expression(&text.text) {
            return wrong_name(text.place, None, error, told);
        }
    } else if !address(text, catalog, told) {
        return;
    }
    let images = catalog.images();
    let mut places: Vec<_> = images
        .iter()
        .map(|(rig, image)| (Some(rig.as_str()), image.place(&text.text)))
        .collect();
    if images.is_empty() && !named {
        // Without an image an address or a symbol is still a 32-bit word (LANGUAGE.md, Memory), so a value can be held to that. A variable has no
        // known type.
        places.push((None, Ok(MemoryPlace::word(&text.text, 0))));
    }
    for (rig, place) in places {
        match place {
            Err(error) if named => wrong_name(text.place, rig, error, told),
            place => {
                // The catalogue has this symbol. An image that lacks it says no type, and then it is a 32-bit word.
                let place = place.unwrap_or_else(|_| MemoryPlace::word(&text.text, 0));
                if let Err(error) = fits(&place) {
                    wrong_name(whole, rig, error, told);
                }
            }
        }
    }
}

/// A place in the code.
pub(super) fn code(text: &Text, catalog: &Catalog, told: &mut Told<'_>) {
    if !needs_image(&text.text) {
        address(text, catalog, told);
        return;
    }
    for (rig, image) in catalog.images() {
        if let Err(error) = image.code(&text.text) {
            wrong_name(text.place, Some(rig), error, told);
        }
    }
}

/// Places that are watched.
pub(super) fn watch(raw: &[Text], catalog: &Catalog, told: &mut Told<'_>) -> Vec<String> {
    if let Some(text) = raw.get(WATCHED_MAX) {
        let message = format!("more than {WATCHED_MAX} places are watched");
        told.tell(Problem::new(Mistake::Limit, text.place, message));
    }
    each_once(raw, told);
    for text in raw.iter().take(WATCHED_MAX) {
        place(text, text.place, |_| Ok(()), catalog, told);
    }
    raw.iter().map(|text| text.text.clone()).collect()
}

fn wrong_name(place: Location, rig: Option<&str>, error: NameError, told: &mut Told<'_>) {
    let message = match rig {
        None => error.message,
        Some(rig) => format!("on rig `{rig}`: {}", error.message),
    };
    told.tell(Problem::new(Mistake::FirmwareName, place, message).maybe_help(error.help));
}

/// A symbol, a symbol with an offset, or a `0x` number; else that was told.
fn address(text: &Text, catalog: &Catalog, told: &mut Told<'_>) -> bool {
    let hex = |digits: &str| u32::from_str_radix(digits, 16).is_ok();
    if let Some(digits) = text.text.strip_prefix("0x") {
        let fits = hex(digits);
        if !fits {
            let message = format!("`{}` is not a 32-bit address", short(&text.text));
            told.tell(Problem::new(Mistake::FirmwareName, text.place, message));
        }
        return fits;
    }
    let (symbol, offset) = text.text.split_once('+').unwrap_or((&text.text, "0x0"));
    let offset_fits = offset
        .strip_prefix("0x")
        .map_or_else(|| offset.parse::<u32>().is_ok(), hex);
    if !offset_fits {
        let message = format!("`{}` is not an offset", short(offset));
        told.tell(Problem::new(Mistake::FirmwareName, text.place, message).help("write `SYMBOL+0x10`"));
    }
    let symbols = catalog.symbols();
    let known = symbols.iter().any(|known| known == symbol);
    if !known {
        let help = suggest(symbol, symbols.iter().map(String::as_str)).unwrap_or_else(|| {
            "write a name of the firmware's source with a part of its path, such as `module::NAME` or `NAME.field`; the symbols of a rig are known if `--rig` names it".to_owned()
        });
        let message = format!("unknown symbol `{}`", short(symbol));
        told.tell(Problem::new(Mistake::FirmwareName, text.place, message).help(help));
    }
    for (at, bench) in catalog.benches().iter().enumerate() {
        if known && !bench.has_symbol(symbol) {
            let message = format!("on rig `{}`: there is no symbol `{}`", bench.name(), short(symbol));
            let problem = Problem::new(Mistake::FirmwareName, text.place, message);
            told.tell_on_rig(
                at,
                problem.help("its device profile, or its firmware, says where its symbols are"),
            );
        }
    }
    known && offset_fits
}
