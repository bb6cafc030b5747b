//! The pages of `docs` in which a person looks a word up. They are part of the program, so that an installed one has them too.
//!
//! Such a page is a list. An entry begins with its names, up to the first `: `; then comes what they mean, and below it a list of further facts:
//!
//! ```text
//! - `rig-elf`, `rig-file`: What it means, which
//!   may take several lines.
//!   - what to do: More about it.
//! ```

/// Words of this program and of its field.
pub const GLOSSARY: &str = include_str!("../../docs/glossary.md");
/// What can be wrong with a file, by code.
pub const DIAGNOSTICS: &str = include_str!("../../docs/diagnostics.md");
/// What can break a run, by code.
pub const TROUBLES: &str = include_str!("../../docs/troubles.md");

/// One entry of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its names as they stand there, such as `` `rig-elf`, `rig-file` ``.
    pub head: String,
    /// What they mean, on one line; may be empty.
    pub means: String,
    /// The list below it, each item on one line.
    pub more: Vec<String>,
}

impl Entry {
    /// Its names, without `` ` `` and `*`.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.head.split(',').map(|name| name.trim().trim_matches(['`', '*']))
    }

    /// Whether this is one of its names. Case, and a blank in the place of `-`, make no difference.
    #[must_use]
    pub fn is(&self, word: &str) -> bool {
        self.names().any(|name| same(name) == same(word))
    }
}

/// A name as it is compared.
fn same(name: &str) -> String {
    name.trim().to_lowercase().replace(' ', "-")
}

/// All entries of a page.
#[must_use]
pub fn entries(page: &str) -> Vec<Entry> {
    let (mut found, mut open): (Vec<Vec<String>>, bool) = (Vec::new(), false);
    for line in page.lines() {
        if let Some(first) = line.strip_prefix("- ") {
            found.push(vec![first.to_owned()]);
            open = true;
        } else if let Some(entry) = found.last_mut().filter(|_| open && line.starts_with("  ")) {
            match (line.strip_prefix("  - "), entry.last_mut()) {
                (Some(item), _) => entry.push(item.to_owned()),
                (None, Some(item)) => *item = format!("{item} {}", line.trim()),
                (None, None) => {}
            }
        } else {
            open = false;
        }
    }
    found.into_iter().filter_map(entry).collect()
}

/// An entry of its lines.
fn entry(mut lines: Vec<String>) -> Option<Entry> {
    let more = lines.split_off(1);
    let first = lines.pop()?;
    // A `: ` inside of `...` ends no head.
    let in_code = |at: usize| first[..at].matches('`').count() % 2 == 1;
    let colon = first.match_indices(": ").find(|(at, _)| !in_code(*at));
    let (head, means) = colon.map_or((&*first, ""), |(at, _)| (&first[..at], &first[at + 2..]));
    Some(Entry {
        head: head.to_owned(),
        means: means.to_owned(),
        more,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_has_names_a_meaning_and_more() {
        let page = "# Page\n- `one: 1`, **Two Words**: It means\n  this: that.\n  - what to do: Mend\n    it.\n\nA text.\n- no entry\n- x: y\n";
        let found = entries(page);
        assert_eq!(found.len(), 3, "{found:?}");
        assert_eq!(found[0].names().collect::<Vec<_>>(), ["one: 1", "Two Words"]);
        assert_eq!(found[0].means, "It means this: that.");
        assert_eq!(found[0].more, ["what to do: Mend it."]);
        assert!(found[0].is("two-words") && found[0].is("ONE: 1") && !found[0].is("on"));
    }
}
