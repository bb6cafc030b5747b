//! Two texts beside each other name a quantity in one unit: that of the first, which is the scenario's.

use pump_hil_model::quantity::{Pressure, Rate, Unit, Voltage, Volume};

/// Dimensions whose units may differ between two texts.
const DIMENSIONS: &[&[Unit]] = &[Volume::UNITS, Rate::UNITS, Pressure::UNITS, Voltage::UNITS];

/// `text` with its quantities in the unit that `model` names first of their dimension; a quantity that does not fit that unit in six places stays.
#[must_use]
pub fn in_unit_of(model: &str, text: &str) -> String {
    let mut words: Vec<String> = text.split(' ').map(str::to_owned).collect();
    for at in 1..words.len() {
        let (word, tail) = unit_of(&words[at]);
        let Some((units, unit)) = find(word) else { continue };
        let wanted = model.split(' ').filter_map(|word| find(unit_of(word).0));
        let Some((_, wanted)) = wanted.into_iter().find(|(of, _)| std::ptr::eq(*of, units)) else {
            continue;
        };
        if wanted.0 == unit.0 {
            continue;
        }
        let tail = tail.to_owned();
        if let Some(number) = converted(&words[at - 1], unit, wanted) {
            words[at - 1] = number;
            words[at] = format!("{}{tail}", wanted.0);
        }
    }
    words.join(" ")
}

/// A unit, without what stands behind it.
fn unit_of(word: &str) -> (&str, &str) {
    let end = word.find([',', ';', ')', ':']).unwrap_or(word.len());
    word.split_at(end)
}

fn find(word: &str) -> Option<(&'static [Unit], &'static Unit)> {
    let of = |units: &'static [Unit]| Some((units, units.iter().find(|unit| unit.0 == word)?));
    DIMENSIONS.iter().find_map(|units| of(units))
}

/// A decimal number in another unit, exactly.
fn converted(number: &str, from: &Unit, to: &Unit) -> Option<String> {
    const PLACES: u32 = 6;
    let (negative, digits) = number.strip_prefix('-').map_or((false, number), |rest| (true, rest));
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let is_number = !whole.is_empty() && whole.bytes().chain(part.bytes()).all(|byte| byte.is_ascii_digit());
    if !is_number || part.len() > 9 {
        return None;
    }
    let scale = 10_i128.checked_pow(u32::try_from(part.len()).ok()?)?;
    let value: i128 = format!("{whole}{part}").parse().ok()?;
    // value / scale, in `from`, is so many of `to`, in millionths.
    let above = value
        .checked_mul(i128::from(from.1))?
        .checked_mul(i128::from(to.2))?
        .checked_mul(10_i128.pow(PLACES))?;
    let below = scale.checked_mul(i128::from(from.2))?.checked_mul(i128::from(to.1))?;
    if above % below != 0 {
        return None;
    }
    let millionths = above / below;
    let text = format!(
        "{}.{:06}",
        millionths / 10_i128.pow(PLACES),
        millionths % 10_i128.pow(PLACES)
    );
    let text = text.trim_end_matches('0').trim_end_matches('.');
    Some(format!("{}{text}", if negative { "-" } else { "" }))
}

#[cfg(test)]
mod tests {
    use super::in_unit_of;

    #[test]
    fn what_came_is_told_in_the_unit_of_what_was_expected() {
        for (model, text, told) in [
            ("delivered <= 0.2 mL", "delivered 294.5 uL", "delivered 0.2945 mL"),
            (
                "rate 0.5 mL/day",
                "rate 48 uL/day by mode flex",
                "rate 0.048 mL/day by mode flex",
            ),
            (
                "basal volume between 99 uL and 101 uL",
                "1.0005 mL reported",
                "1000.5 uL reported",
            ),
            ("pressure <= 75 kPa", "pressure 71000 Pa, told", "pressure 71 kPa, told"),
            // What does not fit, and what is no number, stays.
            ("volume 1 mL", "volume 1 nL", "volume 0.000001 mL"),
            ("state running", "reservoir 20 mL", "reservoir 20 mL"),
            ("volume 1 mL", "about many uL", "about many uL"),
            ("1 mL", "-3 uL", "-0.003 mL"),
        ] {
            assert_eq!(in_unit_of(model, text), told, "{model}");
        }
    }
}
