//! A person who reviews at a terminal: what is most to be known on one screen, all of it on a key, and answers without Enter.

use super::pager::{Left, Pages, page};
use super::terminal::{Key, Terminal};
use crate::report::counted;
use crate::snapshot::{Choice, Line, Person, Reason, Shown, Table};
use pump_hil_model::safe_text::{safe, safe_lines};
use std::io::Result;

/// The question, and its keys.
const QUESTION: &str = "[a]ccept, [r]eject, [s]kip, [t]able, [space] all of it, [q]uit? ";
/// What to press, where something else was.
const KEYS: &str = "press a, r, s, t, space or q";
/// What is asked of one who accepts.
const WHY: &str = "why is it right (a change request, what changed)? Esc: back\n";
/// Longest reason, in characters.
const REASON_MAX: usize = 500;
/// Lines of the table that stand before the first difference where not all of them have room.
const BEFORE: usize = 2;

/// The person at a terminal.
pub(super) struct AtTerminal {
    terminal: Terminal,
    colour: bool,
    /// They asked to stop, by Ctrl-C or a signal, or closed the terminal.
    pub stopped: bool,
}

impl AtTerminal {
    pub fn new(terminal: Terminal, colour: bool) -> Self {
        Self {
            terminal,
            colour,
            stopped: false,
        }
    }

    /// Pages through what this makes for a width; gives whether the end was seen.
    fn page(&mut self, pages: &dyn Fn(usize) -> Pages) -> Result<bool> {
        match page(&mut self.terminal, self.colour, pages)? {
            Left::Back { end_seen } => Ok(end_seen),
            Left::Stopped => {
                self.stopped = true;
                Ok(false)
            }
        }
    }

    fn lines(&self, lines: &[Line]) -> Result<()> {
        let text: String = lines.iter().map(|line| line.shown(self.colour) + "\n").collect();
        self.terminal.write(&text)
    }

    /// The question, in lines.
    fn question(&self) -> Vec<Line> {
        Line::from(QUESTION).wrapped(self.terminal.size().0)
    }

    fn ask(&self) -> Result<()> {
        let lines: Vec<String> = self.question().iter().map(Line::text).collect();
        self.terminal.write(&format!("{} ", lines.join("\n").trim_end()))
    }

    /// What fits on the screen with the question below it; gives whether that is all.
    fn first_screen(&self, shown: &Shown) -> Result<bool> {
        let (columns, rows) = self.terminal.size();
        // A line before it, what is told to be left out, and the question.
        let room = rows.saturating_sub(2 + self.question().len()).max(1);
        let mut lines = shown.head(columns);
        lines.push(Line::default());
        let Table {
            notes,
            head,
            rows,
            first,
        } = shown.table(columns);
        lines.extend([notes, head].concat());
        let left = room.saturating_sub(lines.len());
        let top = match rows.len() <= left {
            true => 0,
            false => first.saturating_sub(BEFORE).min(rows.len().saturating_sub(left)),
        };
        let below = rows.len().saturating_sub(top + left);
        lines.extend(rows.into_iter().skip(top).take(left));
        let cut = lines.len().saturating_sub(room);
        lines.truncate(room);
        self.terminal.write("\n")?;
        self.lines(&lines)?;
        let more = [
            (shown.others(), "other difference", "in words"),
            (top, "line", "above"),
            (below + cut, "line", "below"),
        ];
        let more = more.into_iter().filter(|(count, ..)| *count > 0);
        let more: Vec<String> = more
            .map(|(count, what, at)| format!("{} {at}", counted(count, what)))
            .collect();
        if !more.is_empty() {
            let told = format!("-- not shown here: {}", more.join(", "));
            self.lines(&Line::from(told.as_str()).wrapped(columns))?;
        }
        // Each difference is marked in the table.
        Ok(top + below + cut == 0)
    }

    /// The keys of the question. Who did not see all of it is told so before it is accepted.
    fn answer(&mut self, shown: &Shown, mut seen: bool) -> Result<Choice> {
        self.ask()?;
        loop {
            let (choice, word) = match self.terminal.key() {
                Key::Char('a') if !seen => {
                    seen = true;
                    self.terminal
                        .write("\nnot all of it was shown yet: space shows it; a once more accepts\n")?;
                    self.ask()?;
                    continue;
                }
                Key::Char('a') => (Choice::Accept, "accept"),
                Key::Char('r') => (Choice::Reject, "reject"),
                Key::Char('s') => (Choice::Skip, "skip"),
                Key::Char('q') => (Choice::Quit, "quit"),
                key @ (Key::Char('t' | ' ') | Key::PageDown | Key::Down) => {
                    seen |= match key {
                        Key::Char('t') => self.page(&|width| table(shown, width))?,
                        _ => self.page(&|width| all(shown, width))?,
                    };
                    if !self.stopped {
                        continue;
                    }
                    (Choice::Quit, "")
                }
                Key::Stop => {
                    self.stopped = true;
                    (Choice::Quit, "")
                }
                Key::Resized => continue,
                _ => {
                    self.terminal.write(&format!("\n{KEYS}\n"))?;
                    self.ask()?;
                    continue;
                }
            };
            self.terminal.write(&format!("{word}\n"))?;
            return Ok(choice);
        }
    }

    /// A line that is typed; `None`: the person wants back, or to stop.
    fn typed(&mut self) -> Result<Option<String>> {
        let mut text = String::new();
        loop {
            // As much of its end as there is room for: it is all there.
            let room = self.terminal.size().0.saturating_sub(4);
            let skip = text.chars().count().saturating_sub(room);
            let end: String = text.chars().skip(skip).collect();
            self.terminal.write(&format!("\r> {}\u{1b}[K", safe(&end)))?;
            match self.terminal.key() {
                Key::Char(c) if text.chars().count() < REASON_MAX => text.push(c),
                Key::Backspace => drop(text.pop()),
                Key::Enter => {
                    self.terminal.write("\n")?;
                    return Ok(Some(text.trim().to_owned()));
                }
                key @ (Key::Escape | Key::Stop) => {
                    self.stopped |= key == Key::Stop;
                    self.terminal.write("\n")?;
                    return Ok(None);
                }
                _ => {}
            }
        }
    }
}

fn table(shown: &Shown, width: usize) -> Pages {
    let Table { notes, head, rows, .. } = shown.table(width);
    Pages {
        head: [notes, head].concat(),
        lines: rows,
    }
}

fn all(shown: &Shown, width: usize) -> Pages {
    Pages {
        head: Vec::new(),
        lines: [shown.head(width), shown.body(width)].concat(),
    }
}

impl Person for AtTerminal {
    fn tell(&mut self, text: &str) -> Result<()> {
        self.terminal.write(&safe_lines(text))
    }

    fn show(&mut self, shown: &Shown) -> Result<()> {
        let width = self.terminal.size().0;
        self.lines(&[shown.head(width), shown.body(width)].concat())
    }

    fn choose(&mut self, shown: &Shown) -> Result<Choice> {
        if self.stopped {
            return Ok(Choice::Quit);
        }
        let seen = self.first_screen(shown)?;
        self.terminal.forget_keys();
        self.answer(shown, seen)
    }

    fn reason(&mut self) -> Result<Reason> {
        self.terminal.write(WHY)?;
        loop {
            match self.typed()?.as_deref() {
                None => return Ok(Reason::Back),
                Some("") => self
                    .terminal
                    .write("it is kept with your name: say it in a few words\n")?,
                Some(reason) => return Ok(Reason::Given(safe(reason))),
            }
        }
    }
}
