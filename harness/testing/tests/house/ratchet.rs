//! What is over a limit already may stay until somebody mends it, and gets no worse: `ratchet.txt` lists it, and its lines only go.

use std::fmt;

/// What is over a limit, or stands in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Which limit.
    pub rule: Rule,
    /// How much it is.
    pub size: usize,
    /// What it is; of modules their crate and, after a colon, their names.
    pub what: String,
    /// What helps to mend it, in lines; a list has it not.
    pub more: String,
}

/// A rule with exceptions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// Lines of a function.
    Function,
    /// Lines of a file.
    File,
    /// Files of an object.
    Object,
    /// Modules that reach one another.
    Circle,
    /// Modules that reach one another with those under them.
    Rooms,
}

impl Rule {
    const ALL: [Self; 5] = [Self::Function, Self::File, Self::Object, Self::Circle, Self::Rooms];

    fn word(self) -> &'static str {
        match self {
            Self::Function => "function",
            Self::File => "file",
            Self::Object => "object",
            Self::Circle => "circle",
            Self::Rooms => "rooms",
        }
    }

    /// What to do about one that is new.
    fn mended_by(self) -> &'static str {
        match self {
            Self::Function => "a function has 70 lines at most: give a part of it a name of its own",
            Self::File => "a file has 450 lines at most: it does more than one thing",
            Self::Object => "the methods of a type stand in one file: find the part that has a state of its own",
            Self::Circle => "modules import one way: what both need goes into a module below them",
            Self::Rooms => "rooms import one way: what both need goes into one below them",
        }
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.rule.word(), self.size, self.what)
    }
}

/// Reads a list: a line for each entry, `#` before a comment.
pub fn read(text: &str) -> Vec<Entry> {
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| entry(line).unwrap_or_else(|| panic!("no entry: {line:?}")))
        .collect()
}

fn entry(line: &str) -> Option<Entry> {
    let (word, rest) = line.split_once(' ')?;
    let (size, what) = rest.split_once(' ')?;
    Some(Entry {
        rule: Rule::ALL.into_iter().find(|rule| rule.word() == word)?,
        size: size.parse().ok()?,
        what: what.to_owned(),
        more: String::new(),
    })
}

/// What is wrong where `found` is over the limits of some rules and `listed` is what the list has of them.
pub fn complaints(found: &[Entry], listed: &[Entry]) -> Vec<String> {
    let same = |a: &Entry, b: &Entry| a.rule == b.rule && a.what == b.what;
    let mut wrong = Vec::new();
    for entry in found {
        let advice = entry.rule.mended_by();
        let why = match listed.iter().find(|l| same(l, entry)).map(|l| l.size) {
            Some(size) if entry.size == size => continue,
            Some(size) if entry.size < size => format!("it was {size}: write this in its line of ratchet.txt"),
            Some(size) => format!("it was {size}: {advice}\n{}", entry.more),
            None if listed.iter().any(|l| is_part(entry, l)) => {
                "a part of what is listed: write this in its place in ratchet.txt".to_owned()
            }
            None => format!("new: {advice}; the list takes no new line\n{}", entry.more),
        };
        wrong.push(format!("{entry}\n    {why}"));
    }
    for entry in listed.iter().filter(|l| !found.iter().any(|f| same(l, f))) {
        wrong.push(format!("{entry}\n    not so any more: delete this line of ratchet.txt"));
    }
    wrong
}

/// Whether these modules are some of those, in the same crate.
fn is_part(entry: &Entry, of: &Entry) -> bool {
    let (Some((part_crate, part)), Some((whole_crate, whole))) =
        (entry.what.split_once(": "), of.what.split_once(": "))
    else {
        return false;
    };
    let whole: Vec<&str> = whole.split(' ').collect();
    entry.rule == of.rule && part_crate == whole_crate && part.split(' ').all(|module| whole.contains(&module))
}
