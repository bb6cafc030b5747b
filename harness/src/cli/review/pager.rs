//! Lines that are more than a screen holds, a screen at a time.

use super::terminal::{Key, Terminal};
use crate::snapshot::Line;
use std::io::Result;

/// What is paged: lines that stay at the top, and those that move.
pub(super) struct Pages {
    pub head: Vec<Line>,
    pub lines: Vec<Line>,
}

/// How the person left it.
pub(super) enum Left {
    /// Back to the question; whether the end was seen.
    Back { end_seen: bool },
    /// Asked to stop.
    Stopped,
}

/// Shows what `pages` makes for a width, until the person has enough.
pub(super) fn page(terminal: &mut Terminal, colour: bool, pages: &dyn Fn(usize) -> Pages) -> Result<Left> {
    terminal.other_screen(true)?;
    let left = pages_shown(terminal, colour, pages);
    terminal.other_screen(false)?;
    left
}

fn pages_shown(terminal: &mut Terminal, colour: bool, pages: &dyn Fn(usize) -> Pages) -> Result<Left> {
    let (mut top, mut end_seen) = (0, false);
    loop {
        let (columns, rows) = terminal.size();
        let Pages { mut head, lines } = pages(columns);
        // On a screen that is too low for it the head does not move.
        head.truncate(rows.saturating_sub(2) / 2);
        let room = rows.saturating_sub(head.len() + 1).max(1);
        let most = lines.len().saturating_sub(room);
        top = top.min(most);
        end_seen |= top == most;
        let shown = &lines[top..lines.len().min(top + room)];
        let mut screen = "\u{1b}[H".to_owned();
        let blank = Line::default();
        let all = head
            .iter()
            .chain(shown)
            .chain(std::iter::repeat(&blank))
            .take(head.len() + room);
        all.for_each(|line| screen.push_str(&format!("{}\u{1b}[K\r\n", line.shown(colour))));
        let at = format!("lines {}-{} of {}", top + 1, top + shown.len(), lines.len());
        let keys = "space, b, arrows: move; q: back to the question";
        let status: String = format!("{at}   {keys}")
            .chars()
            .take(columns.saturating_sub(1))
            .collect();
        screen.push_str(&format!("\u{1b}[7m{status}\u{1b}[0m\u{1b}[K"));
        terminal.write(&screen)?;
        top = match terminal.key() {
            Key::Char(' ' | 'f') | Key::PageDown => top + room,
            Key::Char('b') | Key::PageUp => top.saturating_sub(room),
            Key::Down | Key::Enter | Key::Char('j') => top + 1,
            Key::Up | Key::Char('k') => top.saturating_sub(1),
            Key::Home | Key::Char('g') => 0,
            Key::End | Key::Char('G') => most,
            Key::Char('q') | Key::Escape => return Ok(Left::Back { end_seen }),
            Key::Stop => return Ok(Left::Stopped),
            _ => top,
        };
    }
}
