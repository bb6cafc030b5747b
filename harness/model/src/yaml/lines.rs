//! The lines of a text that is no YAML, as a person sees them, and what is told of one.

/// A slip: the bytes that are meant, what is wrong with them, and what to write instead.
pub(super) struct Slip {
    pub start: usize,
    pub len: usize,
    pub message: String,
    pub help: String,
}

/// A line with what stands in it: keys and values begin behind the indentation and the `- ` of a list.
pub(super) struct Line<'a> {
    /// Where it begins, and its number.
    pub start: usize,
    pub number: usize,
    pub text: &'a str,
    /// Where its key or text begins, from the begin of the line.
    pub content: usize,
}

impl<'a> Line<'a> {
    pub fn body(&self) -> &'a str {
        let body = &self.text[self.content..];
        body.split(" #").next().unwrap_or(body).trim_end()
    }

    /// A first word as keys are written.
    pub fn word(&self) -> Option<&'a str> {
        let body = self.body();
        let end = body.find(|c: char| !is_key(c)).unwrap_or(body.len());
        // A longer one is no key, and would fill a terminal.
        let fits = (1..=64).contains(&end) && body.starts_with(|c: char| c.is_ascii_lowercase());
        fits.then(|| &body[..end])
    }

    pub fn slip(&self, len: usize, message: String, help: String) -> Slip {
        let start = self.start + self.content;
        Slip {
            start,
            len,
            message,
            help,
        }
    }
}

fn is_key(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-' || c == '_'
}

/// The lines that say something.
pub(super) fn lines(text: &str) -> Vec<Line<'_>> {
    let mut lines = Vec::new();
    let mut start = 0;
    for (at, line) in text.split_inclusive('\n').enumerate() {
        let shown = line.trim_end_matches(['\n', '\r']);
        let mut content = shown.len() - shown.trim_start_matches(' ').len();
        while let Some(rest) = shown[content..].strip_prefix("- ") {
            content = shown.len() - rest.trim_start_matches(' ').len();
        }
        if !shown[content..].is_empty() && !shown[content..].starts_with('#') {
            lines.push(Line {
                start,
                number: at + 1,
                text: shown,
                content,
            });
        }
        start += line.len();
    }
    lines
}
