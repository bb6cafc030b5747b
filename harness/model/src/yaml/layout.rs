//! Where a text is no YAML: the slip is often on the line before the one that the parser stumbles over. It is looked for there, and told there.

use super::lines::{Line, Slip, lines};
use super::on_a_line::within;
use super::short::short;

/// The slip behind an error at the byte `at`, where one is found.
pub(super) fn slip(text: &str, at: usize) -> Option<Slip> {
    let lines = lines(text);
    let here = lines.iter().rposition(|line| line.start <= at)?;
    let before = here.checked_sub(1).map(|before| &lines[before]);
    // A line that goes on with the text of the one above it needs no colon.
    let begins = before.filter(|before| here.checked_sub(2).is_none_or(|above| !goes_on(&lines[above], before)));
    tab(&lines[here..])
        .or_else(|| within(&lines[here]))
        .or_else(|| before.and_then(within))
        .or_else(|| lines.first().and_then(|first| first_deeper(first, &lines[here])))
        // Before the brackets: those of an item below a key without its colon are whole.
        .or_else(|| begins.and_then(|before| key_alone(before, &lines[here])))
        .or_else(|| open_bracket(text, at))
        .or_else(|| needs_quotes(&lines[here]))
        .or_else(|| no_dash(&lines[..=here]))
        .or_else(|| begins.and_then(missing_colon))
        .or_else(|| outdented(&lines[..=here]))
        .or_else(|| before.and_then(|before| deeper(before, &lines[here])))
        .or_else(|| missing_colon(&lines[here]))
        // At the end of the file the last line is the one that is meant.
        .or_else(|| text[at..].trim().is_empty().then(|| alone(&lines[here])).flatten())
        .or_else(|| other_depth(&lines[..here], &lines[here]))
}

/// Whether a line is more of the plain text that stands behind the key above it.
fn goes_on(above: &Line<'_>, line: &Line<'_>) -> bool {
    let value = above
        .word()
        .and_then(|word| above.body()[word.len()..].strip_prefix(": "));
    let plain = value.is_some_and(|value| !value.trim().is_empty() && !value.trim().starts_with(['"', '\'', '{', '[']));
    plain && line.content > above.content && !line.text.trim_start().starts_with("- ")
}

/// A tab in the indentation of the line where the parser stands, or of the next.
fn tab(lines: &[Line<'_>]) -> Option<Slip> {
    let indented = |line: &&Line<'_>| line.text.trim_start_matches([' ', '-']).starts_with('\t');
    let line = lines.iter().take(2).find(indented)?;
    Some(Slip {
        start: line.start + line.text.find('\t')?,
        len: 1,
        message: "there is a tab where only spaces can be".to_owned(),
        help: "indent with spaces, not with tabs".to_owned(),
    })
}

/// A value that begins with a sign of YAML's own, such as `> 2 mL`.
fn needs_quotes(line: &Line<'_>) -> Option<Slip> {
    let word = line.word()?;
    let value = line.body()[word.len()..].strip_prefix(": ")?.trim();
    let sign = value.chars().next().filter(|c| ">|%@`".contains(*c))?;
    let has_more = value[1..].contains(|c: char| c.is_ascii_alphanumeric()) && !value.contains('"');
    has_more.then(|| Slip {
        start: line.start + line.content + line.body().find(value).unwrap_or(0),
        len: value.len(),
        message: format!("a text that begins with `{sign}` needs quotes"),
        help: format!("write `{}`", short(&format!("{word}: \"{value}\""))),
    })
}

/// The innermost `{` or `[` that is open at a place: it is not closed, or a `,` is missing in it.
fn open_bracket(text: &str, at: usize) -> Option<Slip> {
    let (mut open, mut quote, mut comment, mut before) = (Vec::new(), None, false, '\n');
    // The last sign that is no blank: a bracket in the middle of a text opens nothing.
    let mut last = '\n';
    for (place, c) in text[..at].char_indices() {
        let begins_word = before.is_whitespace() || "[{,:-".contains(before);
        match (c, quote) {
            ('\n', _) => comment = false,
            _ if comment => {}
            (_, Some(end)) => quote = (c != end).then_some(end),
            ('"' | '\'', None) if begins_word => quote = Some(c),
            ('#', None) if before.is_whitespace() => comment = true,
            ('{' | '[', None) if "\n:-".contains(last) => open.push((place, c)),
            ('{' | '[', None) if !open.is_empty() && "[{,".contains(last) => open.push((place, c)),
            ('}' | ']', None) => drop(open.pop()),
            _ => {}
        }
        before = c;
        if c == '\n' || !c.is_whitespace() {
            last = c;
        }
    }
    let &(start, bracket) = open.last()?;
    // Braces around a placeholder are told by the parser's own place.
    if text[..start].ends_with('$') || text[start..].starts_with("{$") || quote.is_some() {
        return None;
    }
    let line = text[at..].lines().next().unwrap_or("");
    let closed = line.contains(if bracket == '{' { '}' } else { ']' });
    let word = text[start..at]
        .trim_end()
        .rsplit([' ', ',', bracket])
        .next()
        .filter(|word| !word.is_empty());
    match word.filter(|_| closed && line.starts_with(':')) {
        Some(word) => Some(Slip {
            start: at - word.len(),
            len: word.len(),
            message: format!("a `,` is missing before `{}`", short(word)),
            help: "write a `,` between two keys in `{...}`".to_owned(),
        }),
        None if closed => None,
        None => Some(Slip {
            start,
            len: 1,
            message: format!("this `{bracket}` is not closed"),
            help: format!(
                "write a `{}` after its last value",
                if bracket == '{' { '}' } else { ']' }
            ),
        }),
    }
}

/// A list whose first item has no `- `, where one that has it stands below.
fn no_dash(lines: &[Line<'_>]) -> Option<Slip> {
    let (here, above) = lines.split_last()?;
    let column = |line: &Line<'_>| line.text.len() - line.text.trim_start_matches(' ').len();
    let is_item = |line: &Line<'_>| line.text.trim_start().starts_with("- ");
    if !is_item(here) {
        return None;
    }
    let list = above.iter().rposition(|line| column(line) < column(here))?;
    let (key, first) = (above[list].body().strip_suffix(':')?, above.get(list + 1)?);
    let word = first
        .word()
        .filter(|word| first.body()[word.len()..].starts_with(':'))?;
    (!is_item(&above[list]) && !is_item(first)).then(|| {
        let help = format!(
            "each item of `{}` begins with `- `: write `- {}`",
            short(key),
            short(first.body())
        );
        first.slip(word.len(), format!("`- ` is missing before `{word}`"), help)
    })
}

/// A key without `:`, whose values, or the next key, stand below it.
fn key_alone(before: &Line<'_>, here: &Line<'_>) -> Option<Slip> {
    let item = here.text.trim_start().starts_with("- ");
    (item || here.content >= before.content)
        .then(|| alone(before))
        .flatten()
}

/// A line that is a key and nothing else.
fn alone(line: &Line<'_>) -> Option<Slip> {
    let word = line.word().filter(|word| *word == line.body())?;
    let message = format!("a `:` is missing after `{word}`");
    Some(line.slip(word.len(), message, format!("write `{word}:`")))
}

/// `within 30 min`, `within:30 min`, `rate = 5 mg/day`.
fn missing_colon(line: &Line<'_>) -> Option<Slip> {
    let (body, word) = (line.body(), line.word()?);
    let rest = &body[word.len()..];
    let told = |message: String, value: &str| {
        let value = value.trim();
        let help = format!("write `{}`", short(format!("{word}: {value}").trim_end()));
        Some(line.slip(body.len(), message, help))
    };
    if let Some(value) = rest
        .strip_prefix(':')
        .filter(|value| !value.is_empty() && !value.starts_with([' ', '\t']))
    {
        return told(format!("a space is missing after `{word}:`"), value);
    }
    let value = rest.strip_prefix([' ', '\t'])?.trim_start();
    if let Some(value) = value.strip_prefix("= ") {
        return told(format!("`=` stands behind `{word}` in the place of a `:`"), value);
    }
    // What stands in braces has colons of its own.
    let own = value.split(['{', '[', '"', '\'']).next().unwrap_or(value);
    (!own.contains(':')).then(|| told(format!("a `:` is missing after `{word}`"), value))?
}

/// A key below `at: 2 h` that stands further right than `at`: it is read as more of the text `2 h`.
fn deeper(before: &Line<'_>, here: &Line<'_>) -> Option<Slip> {
    let (above, word) = (before.word()?, here.word()?);
    let value = before.body()[above.len()..].strip_prefix(": ")?.trim();
    let plain = !value.is_empty() && !value.starts_with(['"', '\'', '{', '[', '|', '>']);
    let is_key = here.body()[word.len()..].starts_with(':') && !here.text.trim_start().starts_with("- ");
    if !plain || !is_key || here.content <= before.content {
        return None;
    }
    let message = format!("`{word}` is indented further than `{above}` above it, and `{above}` has its value already");
    Some(here.slip(word.len(), message, column(before, above)))
}

/// Where a key, or the `-` of an item, stands in a line.
struct Depth<'a> {
    column: usize,
    item: bool,
    line: &'a Line<'a>,
}

/// The depths of a line, from the left.
fn depths<'a>(line: &'a Line<'a>) -> Vec<Depth<'a>> {
    let lead = line.text[..line.content].match_indices('-');
    let mut all: Vec<Depth<'a>> = lead
        .map(|(column, _)| Depth {
            column,
            item: true,
            line,
        })
        .collect();
    if line.word().is_some() {
        let column = line.content;
        all.push(Depth {
            column,
            item: false,
            line,
        });
    }
    all
}

/// A line that stands further left than its neighbours: what comes below it goes on with the list or map that is open above it.
fn outdented(lines: &[Line<'_>]) -> Option<Slip> {
    let (here, above) = lines.split_last()?;
    let own = depths(here).into_iter().next()?;
    // What stands deeper belongs to the line that is looked for; beside something of this depth that line begins a list or map of its own.
    let column = |line: &Line<'_>| depths(line).first().map(|first| first.column);
    let at = above
        .iter()
        .rposition(|line| column(line).is_some_and(|column| column <= own.column))?;
    let line = above.get(at).filter(|line| column(line) < Some(own.column))?;
    // Below a key behind the `-` this one stands where it should.
    if depths(line)
        .iter()
        .any(|depth| depth.column == own.column && depth.item == own.item)
    {
        return None;
    }
    let word = line.word()?;
    let open = open_behind(&above[..at]);
    let near = open
        .iter()
        .find(|depth| depth.column == own.column && depth.item == own.item)?;
    // Which of the two was meant to stand where it does, only the writer knows.
    let other = if own.item { "-" } else { here.word()? };
    let message = format!("`{word}` begins further left than the lines above and below it");
    let help = format!(
        "begin it in column {}, as in line {}; if it is right, begin `{other}` in line {} in column {}",
        near.line.content + 1,
        near.line.number,
        here.number,
        line.content + 1
    );
    Some(line.slip(word.len(), message, help))
}

/// The lists and maps that are open behind these lines, from the left.
fn open_behind<'a>(lines: &'a [Line<'a>]) -> Vec<Depth<'a>> {
    let mut open: Vec<Depth<'_>> = Vec::new();
    for line in lines {
        let all = depths(line);
        let Some(first) = all.first() else { continue };
        let column = first.column;
        open.retain(|depth| depth.column < column || (depth.column == column && depth.item && !first.item));
        open.extend(all);
    }
    open
}

/// The first key of a file begins further right than those below it.
fn first_deeper(first: &Line<'_>, here: &Line<'_>) -> Option<Slip> {
    let (word, _) = (first.word()?, here.word()?);
    if first.content == 0 || here.content > 0 || first.text.trim_start().starts_with("- ") {
        return None;
    }
    let message = format!("`{word}` is indented, and the keys below it are not");
    Some(first.slip(word.len(), message, "begin it in column 1".to_owned()))
}

/// A key or an item between two depths: it belongs to none of the lines above.
fn other_depth(above: &[Line<'_>], here: &Line<'_>) -> Option<Slip> {
    let word = here.word().filter(|word| here.body()[word.len()..].starts_with(':'))?;
    let own = depths(here).into_iter().next()?;
    // Below a key without a value a new depth begins.
    let begins = above
        .last()
        .is_some_and(|above| above.body().ends_with(':') && above.content < own.column);
    if begins {
        return None;
    }
    // What is open behind the line before; what this line would end with its depth stands in `ended`.
    let (mut open, mut ended) = (open_behind(above), Vec::new());
    while open.last().is_some_and(|depth| depth.column > own.column) {
        ended.extend(open.pop());
    }
    if open
        .iter()
        .any(|depth| depth.column == own.column && depth.item == own.item)
    {
        return None;
    }
    // The nearest of its kind.
    let alike = ended.iter().chain(&open).filter(|depth| depth.item == own.item);
    let off = |depth: &Depth<'_>| depth.column.abs_diff(own.column);
    let near = alike.clone().min_by_key(|depth| off(depth))?;
    let message = format!("`{word}` is not indented like the lines above it");
    // One too few or one too many: only the writer knows.
    let other = alike
        .rev()
        .find(|depth| (off(depth), off(near)) == (1, 1) && depth.column != near.column);
    let other = other.and_then(|depth| Some(format!("; or {}", column(depth.line, depth.line.word()?))));
    let help = match near.line.word() {
        Some(key) if !own.item => column(near.line, key) + &other.unwrap_or_default(),
        _ => format!(
            "begin the `-` in column {}, as in line {}",
            near.column + 1,
            near.line.number
        ),
    };
    Some(here.slip(word.len(), message, help))
}

fn column(line: &Line<'_>, word: &str) -> String {
    format!(
        "begin it in column {}, as `{word}` in line {}",
        line.content + 1,
        line.number
    )
}
