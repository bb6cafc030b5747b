//! Slips that one line shows by itself, wherever the parser stumbles over it.

use super::lines::{Line, Slip};
use super::short::short;

/// The slip within a line, where one is found.
pub(super) fn within(line: &Line<'_>) -> Option<Slip> {
    no_item(line)
        .or_else(|| in_parentheses(line))
        .or_else(|| closed_twice(line))
        .or_else(|| two_keys(line))
}

/// `-at: 1 h`, or an item behind a sign that only looks like a `-`.
fn no_item(line: &Line<'_>) -> Option<Slip> {
    let text = line.text.trim_start();
    let sign = text
        .chars()
        .next()
        .filter(|c| "-*\u{2013}\u{2014}\u{2022}".contains(*c))?;
    let rest = &text[sign.len_utf8()..];
    // A number may be negative, and two of them begin a document.
    let item = rest.trim_start();
    let is_key = item.starts_with(|c: char| c.is_ascii_lowercase()) && item.contains(':');
    if !is_key || (sign == '-' && rest != item) {
        return None;
    }
    let message = match sign {
        '-' => "a space is missing after `-`".to_owned(),
        other => format!("`{other}` is where an item begins with `- `"),
    };
    Some(Slip {
        start: line.start + line.text.len() - text.len(),
        len: text.trim_end().len(),
        message,
        help: format!("write `- {}`", short(item.trim_end())),
    })
}

/// The value behind a key.
fn value<'a>(line: &Line<'a>) -> Option<(&'a str, &'a str)> {
    let word = line.word()?;
    let value = line.body()[word.len()..].strip_prefix(": ")?.trim();
    Some((word, value))
}

/// `expect: (alarm: occlusion)`.
fn in_parentheses(line: &Line<'_>) -> Option<Slip> {
    let (word, value) = value(line)?;
    let inside = value.strip_prefix('(')?.strip_suffix(')')?;
    let help = format!("write `{}`", short(&format!("{word}: {{{inside}}}")));
    let told = "several keys stand in `{...}`, not in `(...)`".to_owned();
    inside.contains(": ").then(|| line.slip(line.body().len(), told, help))
}

/// `expect: {state: running}}`.
fn closed_twice(line: &Line<'_>) -> Option<Slip> {
    let (_, value) = value(line)?;
    if !value.starts_with(['{', '[']) || value.contains(['"', '\'']) {
        return None;
    }
    let mut open = Vec::new();
    for (at, c) in value.char_indices() {
        match c {
            '{' | '[' => open.push(c),
            '}' | ']' if open.pop().is_none() => {
                let before = line.text.len() - line.text[line.content..].len() + line.body().find(value)?;
                return Some(Slip {
                    start: line.start + before + at,
                    len: 1,
                    message: format!("this `{c}` closes nothing that is open"),
                    help: "delete it".to_owned(),
                });
            }
            _ => {}
        }
    }
    None
}

/// `expect: state: running`.
fn two_keys(line: &Line<'_>) -> Option<Slip> {
    let (word, value) = value(line)?;
    let (inner, rest) = value.split_once(": ")?;
    let is_key = !inner.is_empty() && inner.chars().all(|c| c.is_ascii_lowercase() || c == '-');
    let help = format!(
        "write `{}`; a text with `: ` in it needs quotes",
        short(&format!("{word}: {{{inner}: {rest}}}"))
    );
    let told = format!(
        "there is a `: ` where no key can be: `{}` is a second key in one line",
        short(inner)
    );
    (is_key && !rest.is_empty()).then(|| line.slip(line.body().len(), told, help))
}
