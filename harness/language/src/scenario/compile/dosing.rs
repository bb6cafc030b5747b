//! Doses and rates, as volume or as mass of the drug that is programmed.
//!
//! Invariant: a mass that is no whole number of nanolitres is told, and never rounded.

use super::told::Told;
use super::values::not_negative;
use crate::scenario::raw::{Dose, Flow};
use pump_hil_model::mistake::Mistake;
use pump_hil_model::quantity::{Concentration, Mass, MassRate, QuantityError, Rate, Unit, Volume};
use pump_hil_model::yaml::Problem;
use pump_hil_model::yaml::check::short;
use pump_hil_model::yaml::quantity::quantity_problem;
use pump_hil_model::yaml::raw::{Quantity, Text};

/// The drug that is programmed where the timeline stands.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Dosing {
    /// Its concentration; `None` where none is programmed, or one that is unknown.
    concentration: Option<Concentration>,
    /// It may be another: the pump was allowed to refuse it.
    maybe: bool,
}

impl Dosing {
    /// This drug or that, as the pump decides; a mass can be told where both are the same.
    pub fn either(self, other: Self) -> Self {
        Self {
            maybe: self.maybe || other.maybe || self.concentration != other.concentration,
            ..self
        }
    }

    /// Another drug is programmed.
    pub fn program(&mut self, concentration: Option<Concentration>) {
        *self = Self {
            concentration,
            maybe: false,
        };
    }

    /// A dose.
    pub fn dose(self, raw: &Quantity<Dose>, told: &mut Told<'_>) -> Option<Volume> {
        let text = &raw.0;
        // Mass first: its units are never those of a volume, so the order decides only which error is told.
        match text.text.parse::<Mass>() {
            Ok(mass) => return self.resolve(text, mass.0, "nL", told).map(Volume),
            Err(error) => out_of_range(text, &error, told)?,
        }
        let volume: Volume = both_units(text, text.text.parse(), Mass::UNITS, told)?;
        not_negative(text, volume, told)
    }

    /// A rate.
    pub fn flow(self, raw: &Quantity<Flow>, told: &mut Told<'_>) -> Option<Rate> {
        let text = &raw.0;
        match text.text.parse::<MassRate>() {
            Ok(mass) => return self.resolve(text, mass.0, "nL/day", told).map(Rate),
            Err(error) => out_of_range(text, &error, told)?,
        }
        let rate: Rate = both_units(text, text.text.parse(), MassRate::UNITS, told)?;
        not_negative(text, rate, told)
    }

    /// Nanograms to nanolitres, exactly.
    fn resolve(self, text: &Text, nanograms: i64, unit: &str, told: &mut Told<'_>) -> Option<i64> {
        let nanograms = not_negative(text, nanograms, told)?;
        let no_mass = |why: &str| {
            let message = format!("`{}` is a mass, but {why}", short(&text.text));
            Problem::new(Mistake::Mass, text.place, message).help("give it as a volume")
        };
        if self.maybe {
            told.tell(no_mass("the pump may have refused the drug"));
            return None;
        }
        let Some(Concentration(concentration)) = self.concentration else {
            // That the drug is unknown was told; that its concentration is missing only follows from it.
            if !told.unknown_drug() {
                told.tell(no_mass("no drug is programmed here"));
            }
            return None;
        };
        if concentration == 0 {
            told.tell(no_mass("the drug has none in it"));
            return None;
        }
        // Nanograms by nanograms a millilitre, which is a million nanolitres.
        let scaled = i128::from(nanograms) * 1_000_000;
        let (whole, rest) = (scaled / i128::from(concentration), scaled % i128::from(concentration));
        if rest != 0 {
            let shown = Concentration(concentration);
            let message = format!("`{}` at {shown} is not a whole number of nanolitres", short(&text.text));
            let help = format!("the nearest that are: `{whole} {unit}` and `{} {unit}`", whole + 1);
            told.tell(Problem::new(Mistake::Precision, text.place, message).help(help));
            return None;
        }
        i64::try_from(whole).ok()
    }
}

/// `None`, and told, where the unit is right and the number is beyond it.
fn out_of_range(text: &Text, error: &QuantityError, told: &mut Told<'_>) -> Option<()> {
    if matches!(error, QuantityError::Range { .. }) {
        told.tell(quantity_problem(text, error));
        return None;
    }
    Some(())
}

/// Adds the units of mass to what is known in an error about the unit.
fn both_units<Q>(text: &Text, parsed: Result<Q, QuantityError>, more: &[Unit], told: &mut Told<'_>) -> Option<Q> {
    let error = match parsed {
        Ok(value) => return Some(value),
        Err(QuantityError::Unit { text, unit, known }) => {
            let more: Vec<&str> = more.iter().map(|unit| unit.0).collect();
            QuantityError::Unit {
                text,
                unit,
                known: format!("{known}, {}", more.join(", ")),
            }
        }
        Err(error) => error,
    };
    told.tell(quantity_problem(text, &error));
    None
}
