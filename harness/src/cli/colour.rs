//! Whether what is printed is coloured, and how: as `check` colours what is wrong with a file.

use clap::ColorChoice;
use std::borrow::Cow;
use std::sync::OnceLock;

static CHOICE: OnceLock<ColorChoice> = OnceLock::new();

const RED: &str = "\u{1b}[1;31m";
const GREEN: &str = "\u{1b}[32m";
const YELLOW: &str = "\u{1b}[1;33m";
const CYAN: &str = "\u{1b}[1;36m";
const BLUE: &str = "\u{1b}[1;94m";
const PLAIN: &str = "\u{1b}[0m";

/// Words with which a line begins.
const WORDS: [(&str, &str); 9] = [
    ("FAILED", RED),
    ("NOT SAFE", RED),
    ("INCONCLUSIVE", YELLOW),
    ("NEW", CYAN),
    ("passed", GREEN),
    ("skipped", YELLOW),
    ("skipped:", YELLOW),
    ("error:", RED),
    ("warning:", YELLOW),
];

/// What `--color` says.
pub(super) fn choose(choice: ColorChoice) {
    let _ = CHOICE.set(choice);
}

/// Whether a stream that is a terminal, or is none, takes colours.
pub(super) fn wanted(is_terminal: bool) -> bool {
    match CHOICE.get() {
        Some(ColorChoice::Always) => true,
        Some(ColorChoice::Never) => false,
        _ => by_environment(|name| std::env::var(name).ok(), is_terminal),
    }
}

/// <https://no-color.org> and <https://bixense.com/clicolors>: the first that says something holds.
fn by_environment(variable: impl Fn(&str) -> Option<String>, is_terminal: bool) -> bool {
    let says = |name: &str| variable(name).filter(|value| !value.is_empty());
    if says("NO_COLOR").is_some() {
        return false;
    }
    if says("CLICOLOR_FORCE").is_some_and(|value| value != "0") {
        return true;
    }
    is_terminal && says("CLICOLOR").is_none_or(|value| value != "0") && says("TERM").is_none_or(|value| value != "dumb")
}

/// Colours a text, each line by how it begins. What a pump said stands at the begin of none.
pub(super) fn paint(text: &str) -> String {
    text.split_inclusive('\n').map(line).collect()
}

fn line(line: &str) -> Cow<'_, str> {
    let (text, end) = line.strip_suffix('\n').map_or((line, ""), |text| (text, "\n"));
    for (word, colour) in WORDS {
        if let Some(rest) = text.strip_prefix(word)
            && (rest.is_empty() || rest.starts_with(' '))
        {
            // Nobody may overlook the whole of what is not safe.
            let (word, rest) = if word == "NOT SAFE" { (text, "") } else { (word, rest) };
            return format!("{colour}{word}{PLAIN}{rest}{end}").into();
        }
    }
    if let Some((gutter, rest)) = text.split_once('|')
        && gutter.starts_with(' ')
        && gutter.trim().bytes().all(|byte| byte.is_ascii_digit())
    {
        let marked = rest.trim_start().starts_with('^');
        let rest = if marked {
            format!("{RED}{rest}{PLAIN}")
        } else {
            rest.to_owned()
        };
        return format!("{BLUE}{gutter}|{PLAIN}{rest}{end}").into();
    }
    if let Some(counts) = counts(text) {
        return (counts + end).into();
    }
    if let Some((name, why)) = text.split_once("  skipped: ") {
        return format!("{name}  {YELLOW}skipped:{PLAIN} {why}{end}").into();
    }
    match text.split_once(" = got ") {
        Some((gap, rest)) if gap.trim().is_empty() => format!("{gap} {BLUE}={PLAIN} got {rest}{end}").into(),
        _ => line.into(),
    }
}

/// How many cases of a run passed, failed and so on, each in the colour of its verdict; `None` of any other line.
fn counts(text: &str) -> Option<String> {
    let is_count = |number: &str| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let words: Vec<&str> = text.split(' ').collect();
    let passed = words.iter().position(|word| word.trim_end_matches(',') == "passed")?;
    if !text.starts_with(|c: char| c.is_ascii_digit()) || !is_count(words.get(passed.checked_sub(1)?)?) {
        return None;
    }
    let painted = words.iter().enumerate().map(|(at, word)| {
        let number = at
            .checked_sub(1)
            .and_then(|before| words.get(before))
            .filter(|number| is_count(number));
        let bare = word.trim_end_matches([',', ';']);
        let colour = WORDS.iter().find(|(known, _)| known.eq_ignore_ascii_case(bare));
        match (number, colour) {
            (Some(number), Some((_, colour))) if **number != *"0" => {
                format!("{colour}{bare}{PLAIN}{}", &word[bare.len()..])
            }
            _ => (*word).to_owned(),
        }
    });
    Some(painted.collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_says_something_first_holds() {
        let by = |set: &[(&str, &str)], is_terminal| {
            let value = |name: &str| set.iter().find(|(known, _)| *known == name);
            by_environment(|name| value(name).map(|(_, value)| (*value).to_owned()), is_terminal)
        };
        assert!(by(&[], true) && !by(&[], false));
        assert!(!by(&[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")], true));
        assert!(by(&[("NO_COLOR", ""), ("CLICOLOR_FORCE", "1")], false));
        assert!(!by(&[("CLICOLOR_FORCE", "0")], false));
        assert!(!by(&[("CLICOLOR", "0")], true) && by(&[("CLICOLOR", "1")], true));
        assert!(!by(&[("TERM", "dumb")], true));
    }

    #[test]
    fn a_line_is_coloured_by_how_it_begins() {
        let painted = [
            ("FAILED a on sim\n", format!("{RED}FAILED{PLAIN} a on sim\n")),
            ("NOT SAFE after a", format!("{RED}NOT SAFE after a{PLAIN}")),
            ("  7 | expect: {}\n", format!("{BLUE}  7 |{PLAIN} expect: {{}}\n")),
            (
                "    |   ^^ expected x",
                format!("{BLUE}    |{PLAIN}{RED}   ^^ expected x{PLAIN}"),
            ),
            ("    = got y", format!("    {BLUE}={PLAIN} got y")),
            (
                "3 cases on sim: 2 passed, 1 failed, 0 inconclusive, 0 skipped; 1 s\n",
                format!(
                    "3 cases on sim: 2 {GREEN}passed{PLAIN}, 1 {RED}failed{PLAIN}, 0 inconclusive, 0 skipped; 1 s\n"
                ),
            ),
            (
                "a-case  skipped: the rig cannot do probe",
                format!("a-case  {YELLOW}skipped:{PLAIN} the rig cannot do probe"),
            ),
        ];
        for (text, expected) in painted {
            assert_eq!(paint(text), expected);
        }
        for plain in [
            "it passed 3 times",
            "7 of them passed",
            "FAILEDLY\n",
            "  pump: FAILED | x\n",
            "a | b",
            "it = got x",
        ] {
            assert_eq!(paint(plain), plain);
        }
    }
}
