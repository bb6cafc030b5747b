//! Parameter tables: the rows of `cases`, and the filling in of placeholders.
//!
//! Invariant: a row times the file's size is bounded, and so is a value, so that filling in cannot grow without limit.

use pump_hil_model::diagnostic::suggest;
use pump_hil_model::mistake::Mistake;
use pump_hil_model::yaml::check::short;
use pump_hil_model::yaml::tree::{Content, Kind, Node, kind_of};
use pump_hil_model::yaml::{Location, Problem, gather};
use std::collections::{BTreeMap, BTreeSet};

/// Most rows of a table.
const ROWS_MAX: usize = 1_000;
/// Most values of a file times its rows.
const FILLED_MAX: usize = 2_000_000;
/// What a filled placeholder counts as, so that the text of all rows is bounded too.
const FILLED_AS: usize = 16;
/// Longest value of a parameter, in bytes.
const VALUE_MAX: usize = 256;

/// A row of a table: its name, and what its parameters stand for.
#[derive(Debug, Clone, Default)]
pub(super) struct Row {
    /// `None` where the file has no table.
    pub name: Option<String>,
    values: BTreeMap<String, (String, Kind)>,
}

/// The rows of the main document, which is the last; checked against the placeholders of all of them.
pub(super) fn rows(documents: &[&Node], problems: &mut Vec<Problem>) -> Vec<Row> {
    let mut used = BTreeMap::new();
    for document in documents {
        for (key, value) in document.entries() {
            // A row's value is text and is not filled in: a `${` in it stands as it is.
            if key.text != "cases" {
                placeholders(value, &mut used, problems);
            }
        }
    }
    let cases = documents.last().and_then(|main| main.get("cases"));
    let Some(cases) = cases.filter(|cases| matches!(cases.value, Content::Map(_))) else {
        if cases.is_none() {
            for (name, place) in &used {
                let message = format!("`${{{}}}` has no value: there is no `cases` table", short(name));
                gather(problems, Problem::new(Mistake::Reference, *place, message));
            }
        }
        // One empty row, so that the rest of the file is checked all the same.
        return vec![Row::default()];
    };
    let rows = cases.entries();
    let size: usize = documents.iter().map(|document| count(document)).sum();
    if rows.is_empty() {
        gather(
            problems,
            Problem::new(Mistake::Empty, cases.place, "the `cases` table has no row"),
        );
        return vec![Row::default()];
    }
    if rows.len() > ROWS_MAX || rows.len() * size > FILLED_MAX {
        let message = format!("a table of {} rows is too large for this file", rows.len());
        gather(
            problems,
            Problem::new(Mistake::Limit, rows[0].0.place, message)
                .help(format!("at most {ROWS_MAX} rows; split the file")),
        );
        return Vec::new();
    }
    let mut seen: BTreeMap<Vec<(String, String)>, String> = BTreeMap::new();
    let mut list = Vec::new();
    for (key, value) in rows {
        let row = row(&key.text, value, problems);
        check_name(&key.text, key.place, problems);
        check_row(&row, key.place, value, &used, problems);
        let content: Vec<_> = row.values.iter().map(|(k, (v, _))| (k.clone(), v.clone())).collect();
        if let Some(first) = seen.insert(content, key.text.clone()) {
            let message = format!("the case `{}` is the same as `{}`", short(&key.text), short(&first));
            gather(
                problems,
                Problem::new(Mistake::Twice, key.place, message).help("remove it, or give it other values"),
            );
        }
        list.push(row);
    }
    list
}

fn check_name(name: &str, place: Location, problems: &mut Vec<Problem>) {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.');
    if name.is_empty() || name.len() > 60 || !name.chars().all(fits) || name.starts_with('.') {
        let message = format!("`{}` is not a name for a case", short(name));
        gather(
            problems,
            Problem::new(Mistake::Name, place, message).help("lower-case letters, digits, `-` and `.`"),
        );
    }
}

fn row(name: &str, node: &Node, problems: &mut Vec<Problem>) -> Row {
    let mut values = BTreeMap::new();
    for (key, value) in node.entries() {
        // What is no scalar is told by the structural check.
        let Content::Scalar { kind, text, .. } = &value.value else {
            continue;
        };
        if text.len() > VALUE_MAX {
            gather(
                problems,
                Problem::new(
                    Mistake::Limit,
                    value.place,
                    format!("a parameter has at most {VALUE_MAX} bytes"),
                ),
            );
        } else {
            values.insert(key.text.clone(), (text.clone(), *kind));
        }
    }
    Row {
        name: Some(name.to_owned()),
        values,
    }
}

fn check_row(row: &Row, at: Location, node: &Node, used: &BTreeMap<String, Location>, problems: &mut Vec<Problem>) {
    let name = row.name.as_deref().unwrap_or("");
    // With placeholders in the file an empty row lacks parameters, which is told below.
    if used.is_empty() && node.entries().is_empty() {
        gather(
            problems,
            Problem::new(
                Mistake::Unused,
                at,
                format!("the case `{}` is unused: it changes nothing", short(name)),
            ),
        );
    }
    let given: BTreeSet<&str> = node.entries().iter().map(|(key, _)| key.text.as_str()).collect();
    for (key, _) in node.entries() {
        if !used.contains_key(&key.text) {
            let message = format!("the parameter `{}` is never used", short(&key.text));
            let problem = Problem::new(Mistake::Unused, key.place, message)
                .label(format!("there is no `${{{}}}` in the file", short(&key.text)));
            let open = used.keys().map(String::as_str).filter(|name| !given.contains(name));
            gather(problems, problem.maybe_help(suggest(&key.text, open)));
        }
    }
    for (name_used, place) in used {
        if !given.contains(name_used.as_str()) {
            let message = format!(
                "the case `{}` does not give the parameter `{}`",
                short(name),
                short(name_used)
            );
            let problem =
                Problem::new(Mistake::Reference, *place, message).label(format!("the row is on line {}", at.line));
            gather(problems, problem.maybe_help(suggest(name_used, given.iter().copied())));
        }
    }
}

/// Finds the `${names}` of a tree, each at its first place.
fn placeholders(node: &Node, used: &mut BTreeMap<String, Location>, problems: &mut Vec<Problem>) {
    match &node.value {
        Content::Scalar { text, .. } => {
            for piece in pieces(text) {
                match piece {
                    Piece::Name(name) => {
                        used.entry(name.to_owned()).or_insert(node.place);
                    }
                    Piece::Open => gather(
                        problems,
                        Problem::new(Mistake::Format, node.place, "a `${` is not closed").help("write `${name}`"),
                    ),
                    Piece::Text(_) => {}
                }
            }
        }
        Content::List(items) => items.iter().for_each(|item| placeholders(item, used, problems)),
        Content::Map(entries) => entries
            .iter()
            .for_each(|(_, value)| placeholders(value, used, problems)),
    }
}

enum Piece<'a> {
    Text(&'a str),
    Name(&'a str),
    Open,
}

fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut rest = text;
    let mut list = Vec::new();
    while let Some(at) = rest.find("${") {
        list.push(Piece::Text(&rest[..at]));
        rest = &rest[at + 2..];
        let Some(end) = rest.find('}') else {
            list.push(Piece::Open);
            return list;
        };
        list.push(Piece::Name(rest[..end].trim()));
        rest = &rest[end + 1..];
    }
    list.push(Piece::Text(rest));
    list
}

/// The tree with a row's values in the place of its placeholders.
pub(super) fn substitute(node: &Node, row: &Row) -> Node {
    let value = match &node.value {
        Content::Scalar { kind, text, plain } => {
            if text.contains("${") {
                filled(text, *plain, row)
            } else {
                Content::Scalar {
                    kind: *kind,
                    text: text.clone(),
                    plain: *plain,
                }
            }
        }
        Content::List(items) => Content::List(items.iter().map(|item| substitute(item, row)).collect()),
        Content::Map(entries) => Content::Map(
            entries
                .iter()
                .map(|(key, value)| {
                    (
                        key.clone(),
                        if key.text == "cases" {
                            value.clone()
                        } else {
                            substitute(value, row)
                        },
                    )
                })
                .collect(),
        ),
    };
    Node {
        place: node.place,
        value,
    }
}

/// Places where a placeholder of this row stands for nothing; that was told, and what follows from it need not be.
pub(super) fn unfilled(documents: &[&Node], row: &Row) -> BTreeSet<(u16, u32)> {
    fn search(node: &Node, row: &Row, found: &mut BTreeSet<(u16, u32)>) {
        match &node.value {
            Content::Scalar { text, .. } => {
                let open = |piece: Piece<'_>| match piece {
                    Piece::Text(_) => false,
                    Piece::Name(name) => !row.values.contains_key(name),
                    Piece::Open => true,
                };
                if text.contains("${") && pieces(text).into_iter().any(open) {
                    found.insert((node.place.file, node.place.start));
                }
            }
            Content::List(items) => items.iter().for_each(|item| search(item, row, found)),
            Content::Map(entries) => entries.iter().for_each(|(_, value)| search(value, row, found)),
        }
    }
    let mut found = BTreeSet::new();
    for document in documents {
        search(document, row, &mut found);
    }
    found
}

fn filled(text: &str, plain: bool, row: &Row) -> Content {
    let pieces = pieces(text);
    // A placeholder alone takes the kind of its value too: `stalls: "${n}"` is a number.
    if let [Piece::Text(""), Piece::Name(name), Piece::Text("")] = pieces.as_slice()
        && let Some((text, kind)) = row.values.get(*name)
    {
        return Content::Scalar {
            kind: *kind,
            text: text.clone(),
            plain,
        };
    }
    let mut out = String::new();
    for piece in pieces {
        match piece {
            Piece::Text(text) => out.push_str(text),
            Piece::Name(name) => out.push_str(row.values.get(name).map_or("", |(text, _)| text)),
            Piece::Open => {}
        }
    }
    // A quoted value stays text, as YAML has it.
    let kind = if plain { kind_of(&out) } else { Kind::Text };
    Content::Scalar { kind, text: out, plain }
}

/// Values of a tree, and what a row's values add to them.
fn count(node: &Node) -> usize {
    1 + match &node.value {
        // A value fills as much room as many values do.
        Content::Scalar { text, .. } => FILLED_AS * text.matches("${").count(),
        Content::List(items) => items.iter().map(count).sum(),
        Content::Map(entries) => entries.iter().map(|(_, value)| count(value)).sum(),
    }
}

/// The problems of all rows: what is wrong in each is told once, what is wrong in some names the first of them.
pub(super) fn merge_problems(rows: Vec<(Option<String>, Vec<Problem>)>) -> Vec<Problem> {
    let all = rows.len();
    let mut merged: Vec<(Problem, usize, Option<String>)> = Vec::new();
    let mut index: BTreeMap<(u16, u32, String), usize> = BTreeMap::new();
    for (name, problems) in rows {
        let mut own = BTreeSet::new();
        for problem in problems {
            let key = (problem.place.file, problem.place.start, problem.message.clone());
            if !own.insert(key.clone()) {
                continue;
            }
            if let Some(at) = index.get(&key) {
                merged[*at].1 += 1;
            } else {
                index.insert(key, merged.len());
                merged.push((problem, 1, name.clone()));
            }
        }
    }
    let label = |(problem, times, name): (Problem, usize, Option<String>)| match name {
        // What is wrong in every row is wrong with the file, and no row is to blame.
        Some(name) if times < all && problem.label.is_empty() => {
            let more = if times > 1 {
                format!(" and {} more", times - 1)
            } else {
                String::new()
            };
            problem.label(format!("in case `{}`{more}", short(&name)))
        }
        _ => problem,
    };
    merged.into_iter().map(label).collect()
}
