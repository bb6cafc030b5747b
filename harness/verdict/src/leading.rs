//! The number at the front of a value, such as of `1650nl`.

use pump_hil_model::event::BEYOND;

/// The number in front of a value such as `500000nl/d`.
pub(crate) fn leading_number(value: &str) -> Option<i64> {
    let end = value
        .char_indices()
        .find(|(i, c)| !(c.is_ascii_digit() || (*i == 0 && *c == '-')))
        .map_or(value.len(), |(i, _)| i);
    value[..end]
        .parse()
        .ok()
        .filter(|number| (-BEYOND..BEYOND).contains(number))
}
