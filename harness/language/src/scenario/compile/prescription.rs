//! Prescriptions: what each mode uses, and what the patient may ask for.

use super::dosing::Dosing;
use super::schedule::schedule;
use super::told::Told;
use super::values::{at_least_0, bits_32, time};
use crate::catalog::Catalog;
use crate::scenario::raw::{RawPatientBolus, RawPrescription, RawTrial, Vol};
use pump_hil_model::case::{Mode, PatientBolus, Prescription, Trial};
use pump_hil_model::mistake::Mistake;
use pump_hil_model::quantity::{Rate, Volume};
use pump_hil_model::words::RX_MODES;
use pump_hil_model::yaml::check::short;
use pump_hil_model::yaml::raw::Quantity;
use pump_hil_model::yaml::{Location, Problem};

/// Compiles a prescription, whose drug is programmed from then on; `first` is the file's own, which may fill the reservoir.
pub(super) fn prescription(
    raw: &RawPrescription,
    first: bool,
    catalog: &Catalog,
    dosing: &mut Dosing,
    told: &mut Told<'_>,
) -> Option<Prescription> {
    if let (false, Some(text)) = (first, &raw.reservoir) {
        let message = "`reservoir` does not belong in a later prescription";
        let problem = Problem::new(Mistake::KeyCombination, text.0.place, message);
        told.tell(problem.help("use `do: refill`"));
    }
    let drug = raw.drug.as_ref().map(|word| word.0.text.clone());
    let known = drug.as_ref().and_then(|id| catalog.drug(id));
    let concentration = known.map(|drug| drug.concentration);
    // An unknown drug was told; its doses in mass cannot be resolved and are left alone.
    dosing.program(concentration);
    // Behind `program`: its doses are of its own drug, and not of the one that it replaces.
    let mode = mode(raw, *dosing, told);
    let patient_bolus = raw.patient_bolus.as_ref().map(|raw| patient_bolus(raw, *dosing, told));
    let mut volume =
        |raw: &Option<Quantity<Vol>>| -> Option<Volume> { raw.as_ref().and_then(|text| at_least_0(text, told)) };
    let (low_reservoir, catheter, tubing) = (volume(&raw.low_reservoir), volume(&raw.catheter), volume(&raw.tubing));
    let prescription = Prescription {
        concentration: concentration.unwrap_or_default(),
        low_reservoir,
        catheter,
        tubing,
        trial: raw.trial.as_ref().map(|raw| trial(raw, *dosing, told)),
        confirm_soft_limits: raw.confirm_soft_limits.is_some_and(|flag| flag.0),
        raw: raw_fields(raw, told),
        // Behind the fields above: `?` leaves at once, and what is wrong in those must have been told before.
        drug: drug?,
        mode: mode?,
        patient_bolus: match patient_bolus {
            // Given, and wrong: that was told. It must not become a prescription without a patient bolus.
            Some(None) => return None,
            Some(some) => some,
            None => None,
        },
    };
    concentration.map(|_| prescription)
}

fn raw_fields(raw: &RawPrescription, told: &mut Told<'_>) -> Vec<(String, String)> {
    let Some(table) = &raw.raw else { return Vec::new() };
    let mut fields = Vec::new();
    for (key, value) in &table.entries {
        let key_fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-');
        // `=` parts key and value on the line, and `*` begins its checksum.
        let value_fits = |c: char| c.is_ascii_graphic() && c != '*' && c != '=';
        for (text, fits) in [
            (key, key.text.chars().all(key_fits)),
            (&value.0, value.0.text.chars().all(value_fits)),
        ] {
            if !fits || text.text.is_empty() || text.text.len() > 100 {
                let message = format!("`{}` cannot be in a line of the pump's protocol", short(&text.text));
                let problem = Problem::new(Mistake::Format, text.place, message);
                told.tell(problem.help("use `send` for bytes that are no field"));
            }
        }
        fields.push((key.text.clone(), value.0.text.clone()));
    }
    fields
}

fn mode(raw: &RawPrescription, dosing: Dosing, told: &mut Told<'_>) -> Option<Mode> {
    let mode = raw.mode.as_ref().map(|word| word.0.text.as_str());
    let Some(mode) = mode.filter(|mode| RX_MODES.contains(mode)) else {
        without_mode(raw, dosing, told);
        return None;
    };
    unused_keys(raw, mode, told);
    let needs = Needs {
        mode,
        place: raw.place,
        quiet: told.inside(raw.place),
    };
    match mode {
        "continuous" => {
            let rate = needs.key("rate", raw.rate.as_ref(), told)?;
            dosing.flow(rate, told).map(|rate| Mode::Continuous { rate })
        }
        "flex" => {
            let steps = needs.key("schedule", raw.schedule.as_ref(), told)?;
            Some(Mode::Flex {
                steps: schedule(steps, raw.place, dosing, told),
            })
        }
        "periodic" => {
            // Only a periodic prescription may have no basal (PROTOCOL.md, `rate`).
            let rate = raw.rate.as_ref().map_or(Some(Rate(0)), |text| dosing.flow(text, told));
            let dose = needs.key("dose", raw.dose.as_ref(), told);
            let dose = dose.and_then(|text| dosing.dose(text, told));
            let over = needs.key("over", raw.over.as_ref(), told);
            let over = over.and_then(|text| time(text, told));
            let interval = needs.key("interval", raw.interval.as_ref(), told);
            let interval = interval.and_then(|text| time(text, told));
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
fn without_mode(raw: &RawPrescription, dosing: Dosing, told: &mut Told<'_>) {
    let _ = raw.rate.as_ref().and_then(|text| dosing.flow(text, told));
    let _ = raw.dose.as_ref().and_then(|text| dosing.dose(text, told));
    for text in [&raw.over, &raw.interval].into_iter().flatten() {
        let _ = time(text, told);
    }
    if let Some(steps) = &raw.schedule {
        let _ = schedule(steps, raw.place, dosing, told);
    }
}

/// The keys that a mode needs.
struct Needs<'a> {
    mode: &'a str,
    /// Of the prescription.
    place: Location,
    /// Whether something was told before, which may be about the key that seems to be missing.
    quiet: bool,
}

impl Needs<'_> {
    /// The value of a key, which is told where there is none.
    fn key<'r, T>(&self, key: &str, value: Option<&'r T>, told: &mut Told<'_>) -> Option<&'r T> {
        if value.is_none() && !self.quiet && !told.about_key(key) {
            let message = format!("the mode `{}` needs the key `{key}`", self.mode);
            told.tell(Problem::new(Mistake::MissingKey, self.place, message));
        }
        value
    }
}

fn unused_keys(raw: &RawPrescription, mode: &str, told: &mut Told<'_>) {
    let schedule = raw
        .schedule
        .as_ref()
        .map(|steps| steps.first().map_or(raw.place, |step| step.place));
    let given: [(&str, Option<Location>, &[&str]); 5] = [
        (
            "rate",
            raw.rate.as_ref().map(|q| q.0.place),
            &["continuous", "periodic"],
        ),
        ("schedule", schedule, &["flex"]),
        ("dose", raw.dose.as_ref().map(|q| q.0.place), &["periodic"]),
        ("over", raw.over.as_ref().map(|q| q.0.place), &["periodic"]),
        ("interval", raw.interval.as_ref().map(|q| q.0.place), &["periodic"]),
    ];
    for (key, place, modes) in given {
        let Some(place) = place.filter(|_| !modes.contains(&mode)) else {
            continue;
        };
        let message = format!("the mode `{mode}` does not use `{key}`");
        let problem = Problem::new(Mistake::KeyCombination, place, message);
        told.tell(problem.help(format!(
            "`{key}` belongs to {}; `raw` sends any field",
            modes.join(", ")
        )));
    }
}

fn patient_bolus(raw: &RawPatientBolus, dosing: Dosing, told: &mut Told<'_>) -> Option<PatientBolus> {
    let dose = raw.dose.as_ref().and_then(|text| dosing.dose(text, told));
    let over = raw.over.as_ref().and_then(|text| time(text, told));
    let lockout = raw.lockout.as_ref().and_then(|text| time(text, told));
    let window = raw.window.as_ref().and_then(|text| time(text, told));
    let max = raw.max.as_ref().and_then(|text| dosing.dose(text, told));
    let count = raw.count.and_then(|count| bits_32(count, told));
    Some(PatientBolus {
        dose: dose?,
        over: over?,
        lockout: lockout?,
        count: count?,
        window: window?,
        max: max?,
    })
}

fn trial(raw: &RawTrial, dosing: Dosing, told: &mut Told<'_>) -> Trial {
    if raw.time.is_none() && raw.dose.is_none() && !told.inside(raw.place) {
        let problem = Problem::new(Mistake::MissingKey, raw.place, "a trial without a limit");
        told.tell(problem.help("give `time`, `dose`, or both"));
    }
    Trial {
        time: raw.time.as_ref().and_then(|text| time(text, told)),
        dose: raw.dose.as_ref().and_then(|text| dosing.dose(text, told)),
    }
}
