//! JSON for people: numbers that need not be written, and what a reader found wrong, in words for those who know no Rust.

/// Whether a number need not be written: a journal leaves out those that are 0.
#[must_use]
pub fn is_zero<T: Default + PartialEq>(number: &T) -> bool {
    *number == T::default()
}

/// The message of such a reader without the names of Rust's types and without its own place, which counts in a text that nobody sees.
#[must_use]
pub fn in_words(error: &impl ToString) -> String {
    let text = error.to_string();
    let text = text.split(" at line ").next().unwrap_or(&text);
    let named = |rest: &str| rest.split('`').nth(1).unwrap_or_default().to_owned();
    if let Some(rest) = text.strip_prefix("missing field ") {
        return format!("`{}` is missing", named(rest));
    }
    if let Some(rest) = text.strip_prefix("duplicate field ") {
        return format!("`{}` is given twice", named(rest));
    }
    for unknown in ["unknown variant ", "unknown field "] {
        if let Some(rest) = text.strip_prefix(unknown) {
            return format!("`{}` is not known here", named(rest));
        }
    }
    if let Some(rest) = text.strip_prefix("invalid value: ") {
        return format!("{} is not allowed there", found(rest));
    }
    if let Some(rest) = text.strip_prefix("invalid type: ") {
        return format!("{} is where something else must be", found(rest));
    }
    if text.starts_with("invalid length") || text.starts_with("data did not match") {
        return "a value has another form than it must have".to_owned();
    }
    // What serde_json says of bytes that are no JSON.
    let no_json = [
        "EOF ",
        "expected ",
        "trailing ",
        "key must be",
        "invalid escape",
        "control character",
        "lone ",
        "number out",
        "invalid number",
        "invalid unicode",
        "recursion limit",
        "unexpected end",
    ];
    if no_json.iter().any(|begin| text.starts_with(begin)) {
        return "it is not JSON, or it is cut off".to_owned();
    }
    text.to_owned()
}

/// What was found: `integer `7`` is the number `7`.
fn found(rest: &str) -> String {
    let found = rest.split(", expected").next().unwrap_or(rest);
    let (kind, value) = found.split_once(' ').unwrap_or((found, ""));
    match kind {
        "integer" | "floating" => format!("the number `{}`", value.trim_start_matches("point ").trim_matches('`')),
        "string" => format!("the text {value}"),
        "boolean" => value.to_owned(),
        "null" | "unit" => "nothing".to_owned(),
        "map" => "a map".to_owned(),
        "sequence" => "a list".to_owned(),
        _ => "another value".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::in_words;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "kebab-case", deny_unknown_fields)]
    #[allow(dead_code, reason = "only their errors are looked at")]
    struct Thing {
        port: u16,
        #[serde(default)]
        kind: Option<Kind>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "kebab-case")]
    enum Kind {
        Serial,
        Sim,
    }

    #[test]
    fn no_type_of_rust_is_named() {
        for (text, words) in [
            ("{}", "`port` is missing"),
            (r#"{"port": 70000}"#, "the number `70000` is not allowed there"),
            (r#"{"port": -1}"#, "the number `-1` is not allowed there"),
            (r#"{"port": "a"}"#, "the text \"a\" is where something else must be"),
            (r#"{"port": null}"#, "nothing is where something else must be"),
            (r#"{"port": []}"#, "a list is where something else must be"),
            (r#"{"port": 1.5}"#, "the number `1.5` is where something else must be"),
            (r#"{"port": 1, "prot": 2}"#, "`prot` is not known here"),
            (r#"{"port": 1, "port": 2}"#, "`port` is given twice"),
            (r#"{"port": 1, "kind": "smi"}"#, "`smi` is not known here"),
            (r#"{"port": 1"#, "it is not JSON, or it is cut off"),
            ("", "it is not JSON, or it is cut off"),
            ("{]", "it is not JSON, or it is cut off"),
            (r#"{"port": 1} x"#, "it is not JSON, or it is cut off"),
        ] {
            let error = serde_json::from_str::<Thing>(text).expect_err(text);
            assert_eq!(in_words(&error), words, "{text}");
        }
    }
}
