//! What a line is, for journals from before that stood with it: numbers 1 and 2. All of these are of one protocol (`firmware-stub/PROTOCOL.md`, Lines).

use pump_hil_model::event::{Body, Says};

/// Adds what later journals say of what was sent and what came.
pub(super) fn complete(body: &mut Body) {
    match body {
        Body::Sent { bytes, request } => {
            // A line that was left open is spoilt first, so that this request stands on one of its own.
            let text = bytes.strip_prefix("~\\n").unwrap_or(bytes);
            *request = text.strip_prefix('#').and_then(number_at);
        }
        Body::Received { bytes, says } => *says = says_of(bytes),
        _ => {}
    }
}

/// By the signs and numbers that a line begins with.
fn says_of(text: &str) -> Option<Says> {
    let (sign, rest) = text.split_at_checked(1)?;
    // A data line was one whatever its number.
    if sign == "+" {
        return Some(Says::Data(number_at(rest).unwrap_or_default()));
    }
    let number = number_at(rest)?;
    let time = || {
        let (_, rest) = rest.split_once(' ')?;
        // A time beyond 63 bits is left out of what is read as well.
        rest.strip_prefix("t=")?.split_once("ms")?.0.parse().ok()
    };
    match sign {
        "=" => Some(Says::Reply(number)),
        "!" => Some(Says::Event(number, time())),
        "$" => Some(Says::Dose(number, time())),
        _ => None,
    }
}

/// The number that a text begins with.
fn number_at(text: &str) -> Option<u64> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text[..end].parse().ok()
}
