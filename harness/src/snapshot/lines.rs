//! A person who reviews by lines: in a pipe, or at a terminal that can do no more.

use super::review::{Choice, Person, Reason};
use super::shown::Shown;
use pump_hil_model::safe_text::{safe, safe_lines};
use std::io::{BufRead, Result, Write};

/// Width for which tables are made where nobody knows it.
const WIDTH: usize = 200;

/// Reads answers line by line, and shows all of each log at once.
#[derive(Debug)]
pub struct Lines<I, O> {
    input: I,
    output: O,
    colour: bool,
}

impl<I: BufRead, O: Write> Lines<I, O> {
    /// By these two; with colours where they are wanted.
    pub fn new(input: I, output: O, colour: bool) -> Self {
        Self { input, output, colour }
    }

    /// The answer; `None` where nobody is there any more.
    fn ask(&mut self, question: &str) -> Result<Option<String>> {
        self.output.write_all(question.as_bytes())?;
        self.output.flush()?;
        let mut line = String::new();
        let read = self.input.read_line(&mut line)?;
        Ok((read > 0).then(|| line.trim().to_owned()))
    }
}

impl<I: BufRead, O: Write> Person for Lines<I, O> {
    fn tell(&mut self, text: &str) -> Result<()> {
        self.output.write_all(safe_lines(text).as_bytes())
    }

    fn show(&mut self, shown: &Shown) -> Result<()> {
        let lines = [shown.head(usize::MAX), shown.body(WIDTH)].concat();
        let text: String = lines.iter().map(|line| line.shown(self.colour) + "\n").collect();
        self.output.write_all(format!("\n{text}").as_bytes())
    }

    fn choose(&mut self, shown: &Shown) -> Result<Choice> {
        self.show(shown)?;
        loop {
            match self.ask("[a]ccept, [r]eject, [s]kip, [q]uit? ")?.as_deref() {
                Some("a" | "accept") => return Ok(Choice::Accept),
                Some("r" | "reject") => return Ok(Choice::Reject),
                Some("s" | "skip") => return Ok(Choice::Skip),
                Some("q" | "quit") | None => return Ok(Choice::Quit),
                Some(_) => self.tell("type a, r, s or q, and Enter\n")?,
            }
        }
    }

    fn reason(&mut self) -> Result<Reason> {
        loop {
            match self
                .ask("why is it right (a change request, what changed)? ")?
                .as_deref()
            {
                None => return Ok(Reason::Nobody),
                Some("") => self.tell("it is kept with your name: say it in a few words\n")?,
                Some(reason) => return Ok(Reason::Given(safe(reason))),
            }
        }
    }
}
