//! Reads the files of `fixtures/requirements` and `fixtures/drugs`.

use super::known::{Catalog, Drug, Requirement, fixed_words};
use super::raw::{RawDrug, RawDrugFile, RawRequirementFile};
use pump_hil_model::diagnostic::Diagnostic;
use pump_hil_model::mistake::{Mistake, Subject};
use pump_hil_model::quantity::QuantityError;
use pump_hil_model::yaml::quantity::quantity_problem;
use pump_hil_model::yaml::raw::{FromNode, Quantity, Text};
use pump_hil_model::yaml::schema::structural;
use pump_hil_model::yaml::{FileText, Problem, check, diagnose, parse};
use schemars::JsonSchema;
use std::collections::BTreeMap;
use std::str::FromStr;

macro_rules! built_in {
    ($($path:literal),* $(,)?) => {
        &[$(($path, include_str!(concat!("../../../../fixtures/", $path)))),*]
    };
}

/// The requirements that are part of the program, so that it runs without its source tree. A list that a test holds against the folder: a build script
/// or a crate would do no more.
const REQUIREMENTS: &[(&str, &str)] = built_in![
    "requirements/fda.yaml",
    "requirements/gip.yaml",
    "requirements/opca.yaml",
    "requirements/seed.yaml",
];
/// Likewise the drugs.
const DRUGS: &[(&str, &str)] = built_in!["drugs/library.yaml"];

/// Where a thing is from that is part of the program.
pub const BUILT_IN: &str = "built in";

/// The catalogue of what is part of the program.
///
/// # Errors
/// Never in a build whose tests passed: what is wrong with the fixtures.
pub fn shipped() -> Result<Catalog, Vec<Diagnostic>> {
    let mut loader = Loader::new();
    loader.built_in(&|_| false);
    loader.finish()
}

/// The names of the files of requirements and drugs that are part of the program, such as `drugs/library.yaml`.
pub fn shipped_files() -> impl Iterator<Item = &'static str> {
    REQUIREMENTS.iter().chain(DRUGS).map(|(name, _)| *name)
}

/// Gathers files, then makes a catalogue of them.
#[derive(Debug, Default)]
pub struct Loader {
    files: Vec<FileText>,
    problems: Vec<Problem>,
    requirements: Vec<Requirement>,
    drugs: BTreeMap<String, Drug>,
    /// Where each id stands.
    lines: BTreeMap<String, Stands>,
}

/// Where an id stands.
#[derive(Debug)]
struct Stands {
    file: String,
    line: u32,
}

impl Loader {
    /// With nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds what is part of the program, but for the files that a user's own replace, such as `drugs/library.yaml`. Comes before all others: what they
    /// define goes before it, id by id.
    pub fn built_in(&mut self, replaced: &dyn Fn(&str) -> bool) {
        let kept = |files: &'static [(&'static str, &'static str)]| {
            let kept = files.iter().filter(|(name, _)| !replaced(name));
            kept.collect::<Vec<_>>()
        };
        for (_, text) in kept(REQUIREMENTS) {
            self.requirements(BUILT_IN, (*text).to_owned());
        }
        for (_, text) in kept(DRUGS) {
            self.drugs(BUILT_IN, (*text).to_owned());
        }
    }

    /// Adds a file of requirements.
    pub fn requirements(&mut self, name: &str, text: String) {
        let Some(raw) = self.read::<RawRequirementFile>(Subject::Requirement, name, text) else {
            return;
        };
        let source = raw.source.map_or_else(String::new, |t| t.text);
        let row = raw.kind.is_some_and(|kind| kind.0.text == "row");
        for raw in raw.requirements.unwrap_or_default() {
            let (Some(id), Some(text)) = (raw.id, raw.text) else {
                continue;
            };
            if self.is_new(name, &id) {
                // One that is part of the program, and that this one stands for.
                self.requirements.retain(|other| other.id != id.text);
                self.requirements.push(Requirement {
                    id: id.text,
                    text: text.text,
                    value: raw.value.map(|t| t.text),
                    hazard: raw.hazard.map(|t| t.text),
                    source: source.clone(),
                    row,
                    not_testable: raw.not_testable.map(|t| t.text),
                });
            }
        }
    }

    /// Adds a file of drugs.
    pub fn drugs(&mut self, name: &str, text: String) {
        let Some(raw) = self.read::<RawDrugFile>(Subject::Drug, name, text) else {
            return;
        };
        for raw in raw.drugs.unwrap_or_default() {
            if let Some(drug) = self.drug(name, &raw) {
                self.drugs.insert(drug.id.clone(), drug);
            }
        }
    }

    /// The catalogue, if nothing is wrong.
    ///
    /// # Errors
    /// All that is wrong with all files.
    pub fn finish(self) -> Result<Catalog, Vec<Diagnostic>> {
        if self.problems.is_empty() {
            let from = self.lines.into_iter().map(|(id, stands)| (id, stands.file));
            Ok(Catalog::new(self.requirements, self.drugs, from.collect()))
        } else {
            Err(diagnose(self.problems, &self.files))
        }
    }

    fn read<T: FromNode + JsonSchema>(&mut self, subject: Subject, name: &str, text: String) -> Option<T> {
        let index = u16::try_from(self.files.len()).unwrap_or(u16::MAX);
        let (node, problems) = parse(&text, index);
        self.problems.extend(problems);
        self.files.push(FileText {
            subject,
            name: name.to_owned(),
            text,
        });
        let node = node?;
        check::check(&node, &structural::<T>(&fixed_words), &mut self.problems);
        T::from_node(&node)
    }

    fn is_new(&mut self, file: &str, id: &Text) -> bool {
        if let Some(first) = self.lines.get(&id.text)
            && (first.file != BUILT_IN || file == BUILT_IN)
        {
            let message = format!("the id `{}` is given twice", id.text);
            let first = format!("first in {}:{}", first.file, first.line);
            self.problems
                .push(Problem::new(Mistake::Twice, id.place, message).label(first));
            return false;
        }
        let stands = Stands {
            file: file.to_owned(),
            line: id.place.line,
        };
        self.lines.insert(id.text.clone(), stands);
        true
    }

    fn drug(&mut self, file: &str, raw: &RawDrug) -> Option<Drug> {
        let id = raw.id.clone()?;
        // Before the other fields: a twin is told even where something else in it is wrong, so that all mistakes come at once.
        let new = self.is_new(file, &id);
        let drug = Drug {
            name: raw.name.clone()?.text,
            concentration: self.quantity(raw.concentration.as_ref())?,
            route: raw.route.clone()?.0.text,
            soft_rate: self.quantity(raw.soft_rate.as_ref())?,
            hard_rate: self.quantity(raw.hard_rate.as_ref())?,
            soft_bolus: self.quantity(raw.soft_bolus.as_ref())?,
            hard_bolus: self.quantity(raw.hard_bolus.as_ref())?,
            source: raw.source.clone()?.text,
            id: id.text,
        };
        if drug.soft_rate > drug.hard_rate || drug.soft_bolus > drug.hard_bolus {
            self.problems.push(Problem::new(
                Mistake::SoftLimit,
                id.place,
                format!("a soft limit of `{}` lies beyond the hard one", drug.id),
            ));
        }
        new.then_some(drug)
    }

    fn quantity<D, Q: FromStr<Err = QuantityError>>(&mut self, raw: Option<&Quantity<D>>) -> Option<Q> {
        let text = &raw?.0;
        match text.text.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                self.problems.push(quantity_problem(text, &error));
                None
            }
        }
    }
}
