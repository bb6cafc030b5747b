//! What the YAML parser stumbled over, in words for those who only write scenarios. It speaks of scanners, scalars and flow mappings.

/// A part of the parser's message, and what it means. The first that is found counts.
const WORDS: &[(&str, &str)] = &[
    ("quoted scalar, found unexpected end of stream", "a quote is not closed"),
    (
        "quoted scalar, found unexpected document indicator",
        "a quote is not closed",
    ),
    (
        "unknown escape character",
        "a `\\` in double quotes begins something that is not known; write `\\\\`, or use single quotes",
    ),
    (
        "hexadecimal number",
        "a `\\` in double quotes begins something that is not known; write `\\\\`, or use single quotes",
    ),
    (
        "Unicode character escape",
        "a `\\` in double quotes begins something that is not known; write `\\\\`, or use single quotes",
    ),
    (
        "trailing content after double-quoted",
        "there is more text after a closed quote",
    ),
    (
        "indentation in quoted",
        "a quote is not closed, or its text continues too far to the left",
    ),
    ("flow mapping", "a `{` is not closed, or a `,` is missing after it"),
    ("flow sequence", "a `[` is not closed, or a `,` is missing after it"),
    ("misplaced bracket", "a `]` or `}` closes nothing that is open"),
    (
        "indentation in flow",
        "the text in `{...}` or `[...]` continues too far to the left",
    ),
    ("mapping values are not allowed", "there is a `: ` where no key can be"),
    ("mapping keys are not allowed", "there is a key where none can be"),
    ("illegal placement of ':'", "there is a `: ` where no key can be"),
    ("simple key expect", "a `:` is missing after a key"),
    (
        "block sequence entries are not allowed",
        "there is a `- ` where no list can be",
    ),
    ("block collection", "a line is not indented like the list before it"),
    ("block mapping", "a line is not indented like the keys before it"),
    (
        "block scalar, did not find",
        "a `|` or `>` begins a text of several lines, and something follows it on its own line",
    ),
    (
        "block scalar",
        "the lines of a text after `|` or `>` are not indented as the first one",
    ),
    ("plain scalar cannot start", "a text begins with `-` and a sign"),
    ("multiline text", "there is a comment in the middle of a text"),
    ("plain scalar", "there is a text where none can be"),
    ("tab", "there is a tab where only spaces can be"),
    (
        "byte order mark",
        "there is a byte order mark in the middle of the file",
    ),
    ("unprintable", "there is a character that no file may have"),
    ("unexpected character", "there is a character that is not allowed there"),
    (
        "document",
        "there is a mark of a second document (`---`, `...`, `%`) where none can be",
    ),
    (
        "directive",
        "there is a mark of a second document (`---`, `...`, `%`) where none can be",
    ),
    ("unknown anchor", "aliases (`*name`) are not allowed"),
    ("anchor", "anchors (`&name`) are not allowed"),
    ("tag", "tags (`!name`) are not allowed"),
    ("handle", "tags (`!name`) are not allowed"),
    ("node content", "a value is missing"),
    ("invalid indentation", "a line is indented where nothing can be"),
    ("eof", "the file ends in the middle of something"),
];

/// What the parser's message means.
pub(super) fn in_words(message: &str) -> &'static str {
    let found = WORDS.iter().find(|(part, _)| message.contains(part));
    found.map_or("it cannot be read from here on", |(_, means)| means)
}

#[cfg(test)]
mod tests {
    use crate::yaml::parse;

    #[test]
    fn a_syntax_error_is_told_without_the_parser_s_words() {
        for (text, words) in [
            ("a: \"x\n", "a quote is not closed"),
            ("a: 'x\n", "a quote is not closed"),
            ("a: \"\\q\"\n", "a `\\` in double quotes"),
            ("a: \"x\" y\n", "there is more text after a closed quote"),
            ("a: {b: 1\nc: 2\n", "`{"),
            ("a: [1, 2\n", "this `[` is not closed"),
            ("a: ]\n", ""),
            ("a: b: c\n", "there is a `: ` where no key can be"),
            ("a:\n\tb: 1\n", "tab"),
            ("a:\n  b: 1\n c: 2\n", ""),
            ("- a\nb: 1\n", ""),
            ("a: @x\n", ""),
            ("a: %x\n", ""),
            ("a: - b\n", ""),
            ("a: 1\nb\n", "a `:` is missing after `b`"),
        ] {
            let (_, problems) = parse(text, 0);
            let told: Vec<&str> = problems.iter().map(|problem| problem.message.as_str()).collect();
            let [told] = told[..] else { panic!("{text:?}: {told:?}") };
            assert!(told.contains(words), "{text:?}: {told}");
            for theirs in [
                "scalar", "mapping", "flow", "sequence", "scan", "pars", "token", "stream", "expect",
            ] {
                assert!(!told.contains(theirs), "{text:?}: {told}");
            }
        }
    }
}
