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
/// The language of scenarios: its keys, and the words of its lists.
pub const LANGUAGE: &str = include_str!("../../scenarios/LANGUAGE.md");
/// A user's own repository: the keys of its `pump-hil.toml`.
pub const REPOSITORY: &str = include_str!("../../docs/own-repository.md");

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
    /// An entry of its first line and of the list below it.
    #[must_use]
    pub fn of(first: &str, more: Vec<String>) -> Self {
        // A `: ` inside of `...` ends no head.
        let in_code = |at: usize| first[..at].matches('`').count() % 2 == 1;
        let colon = first.match_indices(": ").find(|(at, _)| !in_code(*at));
        let (head, means) = colon.map_or((first, ""), |(at, _)| (&first[..at], &first[at + 2..]));
        Self {
            head: head.to_owned(),
            means: means.to_owned(),
            more,
        }
    }

    /// Its names, without `` ` `` and `*`: what stands so marked in its head, but for what is in brackets.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let named = self.head.split_once(" (").map_or(&*self.head, |(names, _)| names);
        let marked = |mark: &'static str| named.split(mark).skip(1).step_by(2);
        let plain = named.split(',').map(str::trim).filter(|_| !named.contains(['`', '*']));
        marked("`").chain(marked("**")).chain(plain)
    }

    /// Whether this is one of its names. Case, and a blank in the place of `-`, make no difference.
    #[must_use]
    pub fn is(&self, word: &str) -> bool {
        self.names().any(|name| same(name) == same(word))
    }

    /// Those of the list below it that have names of their own.
    pub fn inside(&self) -> impl Iterator<Item = Self> {
        let marked = self.more.iter().filter(|item| item.starts_with('`'));
        marked.map(|item| Self::of(item, Vec::new()))
    }
}

/// A name as it is compared.
#[must_use]
pub fn same(name: &str) -> String {
    name.trim().to_lowercase().replace(' ', "-")
}

/// All entries of a page.
#[must_use]
pub fn entries(page: &str) -> Vec<Entry> {
    under_headings(page).into_iter().map(|(_, entry)| entry).collect()
}

/// All entries of a page, each with the heading that it stands under; of a heading without its marks.
#[must_use]
pub fn under_headings(page: &str) -> Vec<(String, Entry)> {
    let (mut found, mut open): (Vec<(String, Vec<String>)>, bool) = (Vec::new(), false);
    let (mut heading, mut fenced) = (String::new(), false);
    for line in page.lines() {
        fenced ^= line.starts_with("```");
        if fenced {
            open = false;
            continue;
        }
        if let Some(first) = line.strip_prefix("- ") {
            found.push((heading.clone(), vec![first.to_owned()]));
            open = true;
        } else if let Some((_, entry)) = found.last_mut().filter(|_| open && line.starts_with("  ")) {
            match (line.strip_prefix("  - "), entry.last_mut()) {
                (Some(item), _) => entry.push(item.to_owned()),
                (None, Some(item)) => *item = format!("{item} {}", line.trim()),
                (None, None) => {}
            }
        } else {
            open = false;
            if line.starts_with('#') {
                heading = line.trim_start_matches('#').replace('`', "").trim().to_owned();
            }
        }
    }
    let entry = |(heading, mut lines): (String, Vec<String>)| {
        let more = lines.split_off(1);
        Some((heading, Entry::of(&lines.pop()?, more)))
    };
    found.into_iter().filter_map(entry).collect()
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
        assert_eq!(found[2].names().collect::<Vec<_>>(), ["x"]);
    }

    #[test]
    fn an_entry_knows_its_heading_and_what_is_inside_of_it() {
        let page = "## A `step`\n- `every` `steps` (`not-me`): so\n  - `inside`, `too`: that\n  - what to do: nothing\n### Next\n```\n- `n`: o\n# no\n```\n- `y`: z\n";
        let found = under_headings(page);
        let headings: Vec<&str> = found.iter().map(|(heading, _)| &**heading).collect();
        assert_eq!(headings, ["A step", "Next"]);
        let first = &found[0].1;
        assert_eq!(first.names().collect::<Vec<_>>(), ["every", "steps"]);
        let inside: Vec<Entry> = first.inside().collect();
        assert_eq!(inside.len(), 1, "{inside:?}");
        assert_eq!(inside[0].names().collect::<Vec<_>>(), ["inside", "too"]);
        assert_eq!(inside[0].means, "that");
    }
}
