//! Values that a scenario keeps of an answer, and uses later.

use super::step::{OwnArg, Request, kept_name};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// How a reply names fields that are a device's own, for which the harness has no word.
const OWN: &str = "said.";

/// A field of a reply or an event. A device's own one is meant by its name alone.
#[must_use]
pub fn field<'f>(fields: &'f BTreeMap<String, String>, name: &str) -> Option<&'f String> {
    fields.get(name).or_else(|| fields.get(&format!("{OWN}{name}")))
}

/// A text in which a kept value stands, with the value; `Err`: the name of one that is not known.
///
/// # Errors
/// The name of a value that was not kept.
pub fn with_kept<'t>(text: &'t str, kept: &BTreeMap<String, String>) -> Result<Cow<'t, str>, String> {
    let Some((name, unit)) = kept_name(text) else {
        return Ok(Cow::Borrowed(text));
    };
    let value = kept.get(name).ok_or_else(|| name.to_owned())?;
    Ok(Cow::Owned(match unit {
        "" => value.clone(),
        unit => format!("{value} {unit}"),
    }))
}

/// A request with the values that answers gave.
///
/// # Errors
/// The name of a value that is not known.
pub fn filled<'r>(request: &'r Request, kept: &BTreeMap<String, String>) -> Result<Cow<'r, Request>, String> {
    let Request::Own { own, with } = request else {
        return Ok(Cow::Borrowed(request));
    };
    if !with.values().any(|arg| matches!(arg, OwnArg::Kept(_))) {
        return Ok(Cow::Borrowed(request));
    }
    let filled = with.iter().map(|(name, arg)| {
        let arg = match arg {
            OwnArg::Kept(text) => OwnArg::written(&in_our_unit(&with_kept(text, kept)?)),
            arg => arg.clone(),
        };
        Ok((name.clone(), arg))
    });
    Ok(Cow::Owned(Request::Own {
        own: own.clone(),
        with: filled.collect::<Result<_, String>>()?,
    }))
}

/// A quantity as the harness tells it of an answer, such as `20000nl`, as a scenario writes it.
fn in_our_unit(text: &str) -> String {
    const UNITS: [(&str, &str); 6] = [
        ("nl/d", "nL/day"),
        ("nl", "nL"),
        ("mv", "mV"),
        ("pa", "Pa"),
        ("ms", "ms"),
        ("min", "min"),
    ];
    let number = |unit: &str| text.strip_suffix(unit).filter(|number| number.parse::<i64>().is_ok());
    let found = UNITS
        .iter()
        .find_map(|(theirs, ours)| Some(format!("{} {ours}", number(theirs)?)));
    found.unwrap_or_else(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantity::Volume;

    #[test]
    fn a_kept_value_is_written_as_a_scenario_writes_it() {
        let kept = BTreeMap::from([
            ("given".to_owned(), "20000nl".to_owned()),
            ("n".to_owned(), "7".to_owned()),
        ]);
        let own = |arg: &str| Request::Own {
            own: "draw".to_owned(),
            with: BTreeMap::from([("dose".to_owned(), OwnArg::written(arg))]),
        };
        let volume = |nl| Request::Own {
            own: "draw".to_owned(),
            with: BTreeMap::from([("dose".to_owned(), OwnArg::Volume(Volume(nl)))]),
        };
        for (arg, becomes) in [
            ("$given", volume(20_000)),
            ("$n uL", volume(7_000)),
            ("5 uL", volume(5_000)),
            ("$n", own("7")),
        ] {
            assert_eq!(filled(&own(arg), &kept).unwrap().into_owned(), becomes, "{arg}");
        }
        assert_eq!(filled(&own("$other"), &kept).unwrap_err(), "other");
        assert_eq!(kept_name("$first uL"), Some(("first", "uL")));
        assert_eq!(kept_name("first"), None);
        assert_eq!(kept_name("$"), None);
    }
}
