//! What was told of a scenario while it is compiled: the sink of its problems, and the memory that keeps what only follows from one from being
//! told as well.

use pump_hil_model::mistake::Mistake;
use pump_hil_model::yaml::{GATHERED_MAX, Location, Problem, gather};

/// The problems of one file and row.
pub(super) struct Told<'a>(&'a mut Vec<Problem>, Vec<(usize, Problem)>);

impl<'a> Told<'a> {
    /// Goes on with what the structural check told.
    pub fn new(problems: &'a mut Vec<Problem>) -> Self {
        Self(problems, Vec::new())
    }

    /// Tells a problem.
    pub fn tell(&mut self, problem: Problem) {
        gather(self.0, problem);
    }

    /// Keeps what is wrong on one rig alone, by its place in the catalogue, until it is known whether the case runs on that rig.
    pub fn tell_on_rig(&mut self, rig: usize, problem: Problem) {
        if self.1.len() < GATHERED_MAX {
            self.1.push((rig, problem));
        }
    }

    /// Tells what was kept of the rigs that the case runs on.
    pub fn tell_kept(&mut self, runs_on: impl Fn(usize) -> bool) {
        for (rig, problem) in std::mem::take(&mut self.1) {
            if runs_on(rig) {
                self.tell(problem);
            }
        }
    }

    /// Whether nothing more is gathered.
    pub fn is_full(&self) -> bool {
        self.0.len() >= GATHERED_MAX
    }

    /// Whether something was told about a value inside this place, so that what seems to be missing may be it.
    pub fn inside(&self, place: Location) -> bool {
        let inside = |p: &Problem| {
            p.place.file == place.file && (place.start..place.end.max(place.start + 1)).contains(&p.place.start)
        };
        self.0.iter().any(inside)
    }

    /// Whether a wrong kind of value, a misspelling, or a wrong place was told for this key: then it is not missing as well.
    pub fn about_key(&self, key: &str) -> bool {
        // By the words, because a problem carries no key: these three are all that can hide one.
        let (wrong, meant) = (format!("`{key}` must be"), format!("did you mean `{key}`?"));
        let displaced = format!("unknown key `{key}` in ");
        let told = |p: &Problem| {
            let help = p.help.as_deref().unwrap_or_default();
            p.message.starts_with(&wrong)
                || help == meant
                || (p.message.starts_with(&displaced) && help.starts_with("it belongs in"))
        };
        self.0.iter().any(told)
    }

    /// Whether a drug is unknown: then nobody can tell what a mass of it is.
    pub fn unknown_drug(&self) -> bool {
        let told = |p: &Problem| p.mistake == Mistake::UnknownWord && p.message.starts_with("unknown drug");
        self.0.iter().any(told)
    }

    /// Whether it was told of rounds that they take too long: then the whole timeline does, too.
    pub fn rounds_too_long(&self) -> bool {
        let told = |p: &Problem| p.mistake == Mistake::Limit && p.message.starts_with("the rounds take longer");
        self.0.iter().any(told)
    }
}
