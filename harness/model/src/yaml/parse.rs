//! From a text to a tree, event by event of the parser.

use super::layout::slip;
use super::location::Location;
use super::problem::{Problem, gather};
use super::spaces::odd_spaces;
use super::syntax::in_words;
use super::tree::{Content, DEPTH_MAX, Key, Kind, NODES_MAX, Node, kind_of};
use crate::mistake::Mistake;
use saphyr_parser::{Event, Parser, ScalarStyle, Span as ParserSpan};

/// Reads a document. What could be read comes back with everything that is wrong with it; without a tree there is at least one problem.
#[must_use]
pub fn parse(text: &str, file: u16) -> (Option<Node>, Vec<Problem>) {
    let mut builder = Builder {
        offsets: Offsets::new(text),
        file,
        nodes: 0,
        stack: Vec::new(),
        root: None,
        problems: Vec::new(),
        documents: 0,
    };
    // The parser takes a NUL for the end of its input: what stands behind it would be left out without a word.
    if let Some(at) = text.find('\0') {
        let place = builder.place_at(at, 1);
        return (
            None,
            vec![Problem::new(Mistake::Syntax, place, "the file holds a NUL byte").help("save it as plain UTF-8 text")],
        );
    }
    // Where a blank is none, nothing that follows from it needs to be told.
    let spaces = odd_spaces(text, |start, len| builder.place_at(start, len));
    if !spaces.is_empty() {
        return (None, spaces);
    }
    let mut parser = Parser::new_from_str(text);
    while let Some(next) = parser.next_event() {
        match next {
            Ok((event, span)) => {
                let place = builder.place(span);
                if let Err(problem) = builder.event(event, place) {
                    builder.problems.push(problem);
                    return (None, builder.problems);
                }
            }
            Err(error) => {
                let at = builder.offsets.byte(error.marker().index());
                let place = builder.place_at(at, 1);
                // The scanner looks ahead, and gives up by itself beyond its own depth.
                if error.info().contains("recursion limit") {
                    builder.problems.push(too_deep(place));
                    return (None, builder.problems);
                }
                builder
                    .problems
                    .push(syntax_error(text, at, error.info(), |start, len| {
                        builder.place_at(start, len)
                    }));
                return (None, builder.problems);
            }
        }
    }
    if builder.root.is_none() {
        let place = builder.place_at(0, 0);
        builder
            .problems
            .push(Problem::new(Mistake::Empty, place, "the file is empty"));
    }
    (builder.root, builder.problems)
}

/// The slip that the parser stumbled over, else the place where it did.
fn syntax_error(text: &str, at: usize, theirs: &str, place: impl Fn(usize, usize) -> Location) -> Problem {
    // Where a quote is open, lines are not what they look like.
    let quoted = theirs.contains("quoted") || theirs.contains("escape");
    match slip(text, at).filter(|_| !quoted) {
        Some(slip) => {
            let message = format!("not valid YAML: {}", slip.message);
            Problem::new(Mistake::Syntax, place(slip.start, slip.len), message).help(slip.help)
        }
        None => {
            let message = format!("not valid YAML: {}", in_words(theirs));
            Problem::new(Mistake::Syntax, place(at, 1), message).help(advice(text, at))
        }
    }
}

/// Advice for the syntax errors that people make most.
fn advice(text: &str, at: usize) -> &'static str {
    let line_start = text[..at].rfind('\n').map_or(0, |i| i + 1);
    let line = text[line_start..].lines().next().unwrap_or("");
    if line.contains("${") {
        return "inside `{...}` and `[...]` a placeholder needs quotes: \"${name}\"";
    }
    // `- at: 2 h, do: stop`
    let behind = line.split_once(": ").and_then(|(_, rest)| rest.split_once(','));
    let key = behind
        .and_then(|(_, rest)| rest.split_once(':'))
        .map(|(key, _)| key.trim());
    let is_key = |key: &str| !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
    if !line.contains(['{', '[', '"']) && key.is_some_and(is_key) {
        return "each key has a line of its own, or all of them stand in braces: `{at: 2 h, do: stop}`";
    }
    if line.contains(": \"") || line.contains('"') || line.contains('\'') {
        "check that every quote is closed and nothing follows it"
    } else {
        "check the indentation, and put quotes around a text that holds `: `, ` #`, or begins with `>`, `<`, `%`, `@`, `*`, `&` or `!`"
    }
}

/// Byte offsets of characters: the parser counts characters.
struct Offsets {
    /// Empty for ASCII, where the two are the same.
    bytes: Vec<u32>,
    /// Line starts, in bytes.
    lines: Vec<u32>,
    len: usize,
}

impl Offsets {
    fn new(text: &str) -> Self {
        let small = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let bytes = if text.is_ascii() {
            Vec::new()
        } else {
            text.char_indices().map(|(at, _)| small(at)).collect()
        };
        let lines = std::iter::once(0)
            .chain(text.match_indices('\n').map(|(at, _)| small(at + 1)))
            .collect();
        Self {
            bytes,
            lines,
            len: text.len(),
        }
    }

    fn byte(&self, character: usize) -> usize {
        if self.bytes.is_empty() {
            character.min(self.len)
        } else {
            self.bytes.get(character).map_or(self.len, |at| *at as usize)
        }
    }

    fn line(&self, byte: usize) -> u32 {
        let line = self.lines.partition_point(|start| *start as usize <= byte);
        u32::try_from(line).unwrap_or(u32::MAX)
    }
}

/// A list or map that is being read.
struct Open {
    place: Location,
    /// A list has no keys.
    map: bool,
    key: Option<Key>,
    list: Vec<Node>,
    entries: Vec<(Key, Node)>,
    // With a map of its own: looking through `entries` for each key would take time that grows with their square.
    keys: std::collections::BTreeMap<String, u32>,
}

struct Builder {
    offsets: Offsets,
    file: u16,
    nodes: usize,
    stack: Vec<Open>,
    root: Option<Node>,
    problems: Vec<Problem>,
    documents: usize,
}

impl Builder {
    fn place(&self, span: ParserSpan) -> Location {
        let start = self.offsets.byte(span.start.index());
        let end = self.offsets.byte(span.end.index()).max(start);
        self.place_at(start, end - start)
    }

    fn place_at(&self, start: usize, len: usize) -> Location {
        let end = (start + len).min(self.offsets.len.max(start));
        Location {
            file: self.file,
            start: u32::try_from(start).unwrap_or(u32::MAX),
            end: u32::try_from(end).unwrap_or(u32::MAX),
            line: self.offsets.line(start),
        }
    }

    fn event(&mut self, event: Event<'_>, place: Location) -> Result<(), Problem> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                refuse_anchor(anchor, place)?;
                refuse_tag(tag.as_deref(), place)?;
                // YAML 1.2 resolves plain scalars only: what stands in quotes is a text, even `"5"`.
                let plain = style == ScalarStyle::Plain;
                let kind = if plain { kind_of(&text) } else { Kind::Text };
                let text = text.into_owned();
                self.add(Node {
                    place,
                    value: Content::Scalar { kind, text, plain },
                })
            }
            Event::SequenceStart(anchor, tag) => {
                refuse_anchor(anchor, place)?;
                refuse_tag(tag.as_deref(), place)?;
                self.open(place, false)
            }
            Event::MappingStart(anchor, tag) => {
                refuse_anchor(anchor, place)?;
                refuse_tag(tag.as_deref(), place)?;
                self.open(place, true)
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(place),
            Event::Alias(_) => Err(
                Problem::new(Mistake::YamlFeature, place, "aliases (`*name`) are not allowed")
                    .help("write the value out, or put what is shared into a file and `include` it"),
            ),
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents > 1 {
                    return Err(
                        Problem::new(Mistake::YamlFeature, place, "a second YAML document begins here")
                            .help("one file, one document"),
                    );
                }
                Ok(())
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Ok(()),
        }
    }

    fn open(&mut self, place: Location, map: bool) -> Result<(), Problem> {
        if self.stack.len() >= DEPTH_MAX {
            return Err(too_deep(place));
        }
        self.stack.push(Open {
            place,
            map,
            key: None,
            list: Vec::new(),
            entries: Vec::new(),
            keys: std::collections::BTreeMap::new(),
        });
        Ok(())
    }

    fn close(&mut self, end: Location) -> Result<(), Problem> {
        let Some(open) = self.stack.pop() else {
            return Ok(());
        };
        let mut place = open.place;
        // The parser's place of a map or list is its begin alone.
        place.end = place.end.max(end.start);
        let value = if open.map {
            Content::Map(open.entries)
        } else {
            Content::List(open.list)
        };
        self.add(Node { place, value })
    }

    fn add(&mut self, node: Node) -> Result<(), Problem> {
        self.nodes += 1;
        if self.nodes > NODES_MAX {
            return Err(Problem::new(
                Mistake::Limit,
                node.place,
                format!("more than {NODES_MAX} values in one file"),
            )
            .help("use `repeat` or a `cases` table"));
        }
        let in_item = self.stack.iter().nth_back(1).is_some_and(|around| !around.map);
        let Some(open) = self.stack.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        if !open.map {
            open.list.push(node);
            return Ok(());
        }
        let Some(key) = open.key.take() else {
            let Content::Scalar { text, .. } = node.value else {
                return Err(
                    Problem::new(Mistake::Syntax, node.place, "a key must be a plain text").help(
                        "put quotes around a text that begins with `[` or `{`, such as a `${placeholder}` in braces",
                    ),
                );
            };
            open.key = Some(Key {
                text,
                place: node.place,
            });
            return Ok(());
        };
        // The second value is left out and reading goes on, so that all other mistakes are told at once.
        if let Some(line) = open.keys.get(&key.text) {
            let message = format!("the key `{}` is given twice", key.text);
            let problem = Problem::new(Mistake::Twice, key.place, message).label(format!("first on line {line}"));
            // Two steps without a `-` between them are one.
            let problem =
                problem.maybe_help(in_item.then(|| "begin a new item with `- `, or remove one of them".to_owned()));
            gather(&mut self.problems, problem);
            return Ok(());
        }
        open.keys.insert(key.text.clone(), key.place.line);
        open.entries.push((key, node));
        Ok(())
    }
}

fn too_deep(place: Location) -> Problem {
    Problem::new(
        Mistake::Limit,
        place,
        format!("nested more than {DEPTH_MAX} levels deep"),
    )
}

fn refuse_anchor(anchor: usize, place: Location) -> Result<(), Problem> {
    // The parser numbers anchors from 1.
    if anchor == 0 {
        return Ok(());
    }
    Err(
        Problem::new(Mistake::YamlFeature, place, "anchors (`&name`) are not allowed")
            .help("write the value out, or put what is shared into a file and `include` it"),
    )
}

fn refuse_tag(tag: Option<&saphyr_parser::Tag>, place: Location) -> Result<(), Problem> {
    match tag {
        None => Ok(()),
        Some(tag) => Err(Problem::new(
            Mistake::YamlFeature,
            place,
            format!("tags (`{tag}`) are not allowed"),
        )),
    }
}
