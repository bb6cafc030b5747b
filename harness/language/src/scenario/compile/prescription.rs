//! Prescriptions: what each mode uses, doses in mass, and day schedules.

use super::Compiler;
use crate::catalog::load::quantity_problem;
use crate::scenario::raw::{Dose, Flow, RawPatientBolus, RawPrescription, RawTrial};
use pump_hil_model::case::{Mode, PatientBolus, Prescription, Trial};
use pump_hil_model::quantity::{Concentration, Mass, MassRate, QuantityError, Rate, Volume};
use pump_hil_model::yaml::Problem;
use pump_hil_model::yaml::check::short;
use pump_hil_model::yaml::raw::{Quantity, Text};
use pump_hil_model::yaml::tree::Place;

impl Compiler<'_> {
    /// Compiles a prescription; `first` is the file's own, which may fill the reservoir.
    pub(super) fn prescription(&mut self, raw: &RawPrescription, first: bool) -> Option<Prescription> {
        if let (false, Some(text)) = (first, &raw.reservoir) {
            let problem = Problem::new(text.0.place, "`reservoir` does not belong in a later prescription");
            self.tell(problem.help("use `do: refill`"));
        }
        let drug = raw.drug.as_ref().map(|word| word.0.text.clone());
        let known = drug.as_ref().and_then(|id| self.catalog.drug(id));
        let concentration = known.map(|drug| drug.concentration);
        // An unknown drug was told; its doses in mass cannot be resolved and are left alone.
        self.concentration = concentration;
        let mode = self.mode(raw);
        let patient_bolus = raw.patient_bolus.as_ref().map(|raw| self.patient_bolus(raw));
        let volume =
            |this: &mut Self, raw: &Option<Quantity<_>>| raw.as_ref().and_then(|q| this.at_least_0::<_, Volume>(q));
        let prescription = Prescription {
            concentration: concentration.unwrap_or_default(),
            low_reservoir: volume(self, &raw.low_reservoir),
            catheter: volume(self, &raw.catheter),
            tubing: volume(self, &raw.tubing),
            trial: raw.trial.as_ref().and_then(|raw| self.trial(raw)),
            confirm_soft_limits: raw.confirm_soft_limits.is_some_and(|flag| flag.0),
            raw: self.raw_fields(raw),
            drug: drug?,
            mode: mode?,
            patient_bolus: match patient_bolus {
                Some(None) => return None,
                Some(some) => some,
                None => None,
            },
        };
        concentration.map(|_| prescription)
    }

    fn raw_fields(&mut self, raw: &RawPrescription) -> Vec<(String, String)> {
        let Some(table) = &raw.raw else { return Vec::new() };
        let mut fields = Vec::new();
        for (key, value) in &table.entries {
            let key_fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-');
            let value_fits = |c: char| c.is_ascii_graphic() && c != '*' && c != '=';
            for (text, fits) in [
                (key, key.text.chars().all(key_fits)),
                (&value.0, value.0.text.chars().all(value_fits)),
            ] {
                if !fits || text.text.is_empty() || text.text.len() > 100 {
                    let message = format!("`{}` cannot stand in a line of the pump's protocol", short(&text.text));
                    self.tell(Problem::new(text.place, message).help("use `send` for bytes that are no field"));
                }
            }
            fields.push((key.text.clone(), value.0.text.clone()));
        }
        fields
    }

    fn mode(&mut self, raw: &RawPrescription) -> Option<Mode> {
        let mode = raw.mode.as_ref().map(|word| word.0.text.as_str());
        let Some(mode) = mode.filter(|mode| pump_hil_model::words::RX_MODES.contains(mode)) else {
            self.without_mode(raw);
            return None;
        };
        self.unused_keys(raw, mode);
        // What was told before may be about the key that seems to be missing.
        let quiet = self.trouble_in(raw.place);
        match mode {
            "continuous" => {
                let rate = self.required(raw.rate.as_ref(), "rate", mode, raw.place, quiet);
                rate.and_then(|text| self.flow(text))
                    .map(|rate| Mode::Continuous { rate })
            }
            "flex" => {
                let schedule = self.required(raw.schedule.as_ref(), "schedule", mode, raw.place, quiet)?;
                Some(Mode::Flex {
                    steps: self.schedule(schedule, raw.place),
                })
            }
            "periodic" => {
                let rate = raw.rate.as_ref().map_or(Some(Rate(0)), |text| self.flow(text));
                let dose = self.required(raw.dose.as_ref(), "dose", mode, raw.place, quiet);
                let dose = dose.and_then(|text| self.dose(text));
                let over = self.required(raw.over.as_ref(), "over", mode, raw.place, quiet);
                let over = over.and_then(|text| self.time(text));
                let interval = self.required(raw.interval.as_ref(), "interval", mode, raw.place, quiet);
                let interval = interval.and_then(|text| self.time(text));
                Some(Mode::Periodic {
                    rate: rate?,
                    dose: dose?,
                    over: over?,
                    interval: interval?,
                })
            }
            "minimum" => Some(Mode::Minimum),
            _ => None,
        }
    }

    /// What belongs to an unknown mode nobody can tell; what is wrong in itself is told all the same.
    fn without_mode(&mut self, raw: &RawPrescription) {
        let _ = raw.rate.as_ref().and_then(|text| self.flow(text));
        let _ = raw.dose.as_ref().and_then(|text| self.dose(text));
        for text in [&raw.over, &raw.interval].into_iter().flatten() {
            let _ = self.time(text);
        }
        if let Some(schedule) = &raw.schedule {
            let _ = self.schedule(schedule, raw.place);
        }
    }

    fn required<'r, T>(
        &mut self,
        value: Option<&'r T>,
        key: &str,
        mode: &str,
        place: Place,
        quiet: bool,
    ) -> Option<&'r T> {
        if value.is_none() && !quiet {
            self.tell(Problem::new(place, format!("the mode `{mode}` needs the key `{key}`")));
        }
        value
    }

    /// Whether something was told about a value inside this place, so that what seems to be missing may be it.
    pub(super) fn trouble_in(&self, place: Place) -> bool {
        let inside = |p: &Problem| {
            p.place.file == place.file && (place.start..place.end.max(place.start + 1)).contains(&p.place.start)
        };
        self.problems.iter().any(inside)
    }

    fn unused_keys(&mut self, raw: &RawPrescription, mode: &str) {
        let text = |q: &Option<Quantity<_>>| q.as_ref().map(|q| q.0.place);
        let time = |q: &Option<Quantity<_>>| q.as_ref().map(|q| q.0.place);
        let schedule = raw
            .schedule
            .as_ref()
            .map(|steps| steps.first().map_or(raw.place, |step| step.place));
        let given: [(&str, Option<Place>, &[&str]); 5] = [
            (
                "rate",
                raw.rate.as_ref().map(|q| q.0.place),
                &["continuous", "periodic"],
            ),
            ("schedule", schedule, &["flex"]),
            ("dose", text(&raw.dose), &["periodic"]),
            ("over", time(&raw.over), &["periodic"]),
            ("interval", time(&raw.interval), &["periodic"]),
        ];
        for (key, place, modes) in given {
            let Some(place) = place.filter(|_| !modes.contains(&mode)) else {
                continue;
            };
            let problem = Problem::new(place, format!("the mode `{mode}` does not use `{key}`"));
            self.tell(problem.help(format!(
                "`{key}` belongs to {}; `raw` sends any field",
                modes.join(", ")
            )));
        }
    }

    fn patient_bolus(&mut self, raw: &RawPatientBolus) -> Option<PatientBolus> {
        let dose = raw.dose.as_ref().and_then(|text| self.dose(text));
        let over = raw.over.as_ref().and_then(|text| self.time(text));
        let lockout = raw.lockout.as_ref().and_then(|text| self.time(text));
        let window = raw.window.as_ref().and_then(|text| self.time(text));
        let max = raw.max.as_ref().and_then(|text| self.dose(text));
        let count = raw.count.and_then(|count| self.word(count));
        Some(PatientBolus {
            dose: dose?,
            over: over?,
            lockout: lockout?,
            count: count?,
            window: window?,
            max: max?,
        })
    }

    fn trial(&mut self, raw: &RawTrial) -> Option<Trial> {
        if raw.time.is_none() && raw.dose.is_none() && !self.trouble_in(raw.place) {
            self.tell(Problem::new(raw.place, "a trial without a limit").help("give `time`, `dose`, or both"));
        }
        Some(Trial {
            time: raw.time.as_ref().and_then(|text| self.time(text)),
            dose: raw.dose.as_ref().and_then(|text| self.dose(text)),
        })
    }

    /// A dose, as volume or as mass of the drug that is programmed.
    pub(super) fn dose(&mut self, raw: &Quantity<Dose>) -> Option<Volume> {
        let text = &raw.0;
        match text.text.parse::<Mass>() {
            Ok(mass) => return self.resolve(text, mass.0, "nL").map(Volume),
            Err(error) => self.out_of_range(text, &error)?,
        }
        self.both_units(text, text.text.parse::<Volume>(), Mass::UNITS)
            .map(|volume| volume.0)
            .and_then(|nl| self.positive(text, nl))
            .map(Volume)
    }

    /// A rate, as volume or as mass a day of the drug that is programmed.
    pub(super) fn flow(&mut self, raw: &Quantity<Flow>) -> Option<Rate> {
        let text = &raw.0;
        match text.text.parse::<MassRate>() {
            Ok(mass) => return self.resolve(text, mass.0, "nL/day").map(Rate),
            Err(error) => self.out_of_range(text, &error)?,
        }
        self.both_units(text, text.text.parse::<Rate>(), MassRate::UNITS)
            .map(|rate| rate.0)
            .and_then(|nl| self.positive(text, nl))
            .map(Rate)
    }

    /// `None`, and told, where the unit is right and the number is beyond it.
    fn out_of_range(&mut self, text: &Text, error: &QuantityError) -> Option<()> {
        if matches!(error, QuantityError::Range { .. }) {
            self.tell(quantity_problem(text, error));
            return None;
        }
        Some(())
    }

    fn positive(&mut self, text: &Text, value: i64) -> Option<i64> {
        if value < 0 {
            self.tell(Problem::new(text.place, format!("`{}` is negative", short(&text.text))));
            return None;
        }
        Some(value)
    }

    /// Adds the units of mass to what is known in an error about the unit.
    fn both_units<Q>(
        &mut self,
        text: &Text,
        parsed: Result<Q, QuantityError>,
        more: &[pump_hil_model::quantity::Unit],
    ) -> Option<Q> {
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
        self.tell(quantity_problem(text, &error));
        None
    }

    /// Nanograms to nanolitres, exactly.
    fn resolve(&mut self, text: &Text, nanograms: i64, unit: &str) -> Option<i64> {
        let nanograms = self.positive(text, nanograms)?;
        let Some(Concentration(concentration)) = self.concentration else {
            if !self.drug_is_unknown() {
                let message = format!("`{}` is a mass, but no drug is programmed here", short(&text.text));
                self.tell(Problem::new(text.place, message).help("give it as a volume"));
            }
            return None;
        };
        if concentration == 0 {
            let message = format!("`{}` is a mass, but the drug has none in it", short(&text.text));
            self.tell(Problem::new(text.place, message).help("give it as a volume"));
            return None;
        }
        let scaled = i128::from(nanograms) * 1_000_000;
        let (whole, rest) = (scaled / i128::from(concentration), scaled % i128::from(concentration));
        if rest != 0 {
            let shown = Concentration(concentration);
            let message = format!("`{}` at {shown} is not a whole number of nanolitres", short(&text.text));
            let help = format!("the nearest that are: `{whole} {unit}` and `{} {unit}`", whole + 1);
            self.tell(Problem::new(text.place, message).help(help));
            return None;
        }
        i64::try_from(whole).ok()
    }

    fn drug_is_unknown(&self) -> bool {
        self.problems.iter().any(|p| p.message.starts_with("unknown drug"))
    }
}
