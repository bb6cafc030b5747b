//! Marks: instants that a step names, and from which later ones count.

use super::told::Told;
use pump_hil_model::diagnostic::suggest;
use pump_hil_model::mistake::Mistake;
use pump_hil_model::yaml::check::short;
use pump_hil_model::yaml::raw::Text;
use pump_hil_model::yaml::{Location, Problem};
use std::collections::BTreeMap;

/// The marks that were set so far, where, and whether an `expect` used them.
#[derive(Debug, Default)]
pub(super) struct Marks(BTreeMap<String, (Location, bool)>);

impl Marks {
    /// Sets a mark; its name.
    pub fn set(&mut self, text: &Text, told: &mut Told<'_>) -> Option<String> {
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        if text.text.is_empty() || text.text.len() > 60 || !text.text.chars().all(fits) {
            let message = format!("`{}` is not a name for a mark", short(&text.text));
            told.tell(Problem::new(Mistake::Name, text.place, message));
            return None;
        }
        // By the text and not by the run: a mark in a repeat is set once in the file, and each round moves it.
        if let Some((first, _)) = self.0.get(&text.text) {
            let message = format!("the mark `{}` is set twice", text.text);
            let label = format!("first on line {}", first.line);
            told.tell(Problem::new(Mistake::Twice, text.place, message).label(label));
            return None;
        }
        self.0.insert(text.text.clone(), (text.place, false));
        Some(text.text.clone())
    }

    /// Uses a mark that an earlier step has set; its name.
    pub fn used(&mut self, text: &Text, told: &mut Told<'_>) -> Option<String> {
        if let Some((_, used)) = self.0.get_mut(&text.text) {
            *used = true;
            return Some(text.text.clone());
        }
        let message = format!("unknown mark `{}`", short(&text.text));
        let help = suggest(&text.text, self.0.keys().map(String::as_str));
        let help = help.unwrap_or_else(|| "a step before this one must set it: `mark: NAME`".to_owned());
        told.tell(Problem::new(Mistake::Reference, text.place, message).help(help));
        None
    }

    /// Tells those that nothing used.
    pub fn tell_unused(self, told: &mut Told<'_>) {
        for (name, (place, used)) in self.0 {
            if !used {
                let message = format!("the mark `{}` is never used", short(&name));
                let problem = Problem::new(Mistake::Unused, place, message);
                told.tell(problem.help("an `expect` names it with `since`"));
            }
        }
    }
}
