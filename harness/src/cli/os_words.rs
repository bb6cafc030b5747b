//! What the operating system says of a file, in words that say what to do.
//!
//! Only messages are told so. What stands in a journal or a report is shown as it stands there: one is found by the other.

use std::borrow::Cow;

/// By the system's number (`errno`, as on Linux): what it says, and what is told instead.
const WORDS: &[(u32, &str, &str)] = &[
    (2, "No such file or directory", "it is not there"),
    (13, "Permission denied", "permission denied; `ls -l` shows the owner"),
    (16, "Device or resource busy", "another program uses it"),
    (17, "File exists", "it is there already"),
    (20, "Not a directory", "a part of its path is a file, not a folder"),
    (21, "Is a directory", "it is a folder, not a file"),
    (
        24,
        "Too many open files",
        "Too many open files: raise the limit (`ulimit -n`), or use `--jobs 1`",
    ),
    (
        27,
        "File too large",
        "it became larger than is allowed here (`ulimit -f`)",
    ),
    (28, "No space left on device", "the disk is full: make room on it"),
    (
        30,
        "Read-only file system",
        "nothing can be written there: choose another place",
    ),
    (36, "File name too long", "its name is too long for this disk"),
    (40, "Too many levels of symbolic links", "its links lead in a circle"),
    (
        122,
        "Disk quota exceeded",
        "your part of the disk is full: make room on it",
    ),
];

/// What stands before the number.
const BEFORE: &str = " (os error ";

/// A text in which errors of the system are told in these words, and the others without their number.
pub(super) fn told(text: &str) -> Cow<'_, str> {
    if !text.contains(BEFORE) {
        return Cow::Borrowed(text);
    }
    let (mut told, mut rest) = (String::new(), text);
    while let Some((before, behind)) = rest.split_once(BEFORE) {
        let digits = behind.bytes().take_while(u8::is_ascii_digit).count();
        let Some(after) = behind[digits..].strip_prefix(')').filter(|_| digits > 0) else {
            told.extend([before, BEFORE]);
            rest = behind;
            continue;
        };
        let known = WORDS.iter().find(|(number, ..)| behind[..digits] == number.to_string());
        match known.and_then(|(_, says, words)| Some((before.strip_suffix(says)?, words))) {
            Some((before, words)) => told.extend([before, words]),
            None => told.push_str(before),
        }
        rest = after;
    }
    told.push_str(rest);
    Cow::Owned(told)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_system_says_is_told_with_what_to_do() {
        for (number, says, _) in WORDS {
            let number = i32::try_from(*number).unwrap();
            let error = std::io::Error::from_raw_os_error(number);
            assert_eq!(error.to_string(), format!("{says} (os error {number})"));
        }
        let error = |number| std::io::Error::from_raw_os_error(number);
        let text = format!("cannot read `a`: {}; cannot write: {}\n", error(2), error(28));
        assert_eq!(
            told(&text),
            "cannot read `a`: it is not there; cannot write: the disk is full: make room on it\n"
        );
        assert_eq!(told("Something else (os error 9999)"), "Something else");
        for whole in ["nothing", "a (os error", "a (os error x)"] {
            assert_eq!(told(whole), whole);
        }
    }
}
