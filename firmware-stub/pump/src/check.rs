//! What makes a prescription safe: each field's own limits when it is staged, and how the fields go together when they are committed.

use crate::bytes::Coded;
use crate::command::{Day, DrugId, Field, Refusal};
use crate::io::STROKE_NL;
use crate::library::Drug;
use crate::prescription::{Key, Prescription, STEPS, Step};
use crate::settings::{Range, Settings};
use crate::vocabulary::{Code, Mode};

type Checked = Result<(), Refusal>;

impl Refusal {
    /// A refusal that has nothing to say but its reason.
    pub const fn new(code: Code) -> Self {
        Self {
            code,
            field: None,
            limit: None,
            wait: None,
            alarm: None,
        }
    }

    pub(crate) const fn of(code: Code, field: &'static str) -> Self {
        Self {
            code,
            field: Some(field),
            limit: None,
            wait: None,
            alarm: None,
        }
    }

    pub(crate) const fn limit(code: Code, field: &'static str, limit: u64, unit: &'static str) -> Self {
        Self {
            code,
            field: Some(field),
            limit: Some((limit, unit)),
            wait: None,
            alarm: None,
        }
    }
}

/// Checks one number against a range. What does not even fit 32 bits wrapped around somewhere: no volume, rate or time of this pump is so large.
pub(crate) fn in_range(field: &'static str, value: u64, range: Range, unit: &'static str) -> Result<u32, Refusal> {
    let Ok(small) = u32::try_from(value) else {
        return Err(Refusal::limit(Code::Wrap, field, u64::from(range.max), unit));
    };
    if small < range.min {
        Err(Refusal::limit(Code::OutOfRange, field, u64::from(range.min), unit))
    } else if small > range.max {
        Err(Refusal::limit(Code::OutOfRange, field, u64::from(range.max), unit))
    } else {
        Ok(small)
    }
}

fn zero_or(field: &'static str, value: u64, range: Range, unit: &'static str) -> Result<u32, Refusal> {
    if value == 0 {
        Ok(0)
    } else {
        in_range(field, value, range, unit)
    }
}

/// Stages one field if its value is possible by itself and within the hard limits of the drug, where that is already staged.
pub(crate) fn stage(draft: &mut Prescription, field: Field, settings: &Settings) -> Checked {
    let limits = &settings.limits;
    let name = field.key();
    let (key, value) = match field {
        Field::Drug(DrugId(at)) if usize::from(at) < settings.library.len() => (Key::Drug, u32::from(at)),
        Field::Drug(_) => return Err(Refusal::of(Code::UnknownDrug, name)),
        Field::Conc(conc) => (
            Key::Conc,
            u32::try_from(conc.0).map_err(|_| Refusal::of(Code::Wrap, name))?,
        ),
        Field::Mode(Mode::None) => return Err(Refusal::of(Code::OutOfRange, name)),
        Field::Mode(mode) => (Key::Mode, u32::from(mode.code())),
        Field::Rate(rate) => (Key::Rate, zero_or(name, rate.0, limits.rate, "nl/d")?),
        Field::Flex {
            day,
            index,
            minute,
            rate,
        } => return stage_step(draft, day, index, minute, rate.0, settings),
        Field::FlexClear => {
            draft.clear_flex();
            return Ok(());
        }
        Field::Dose(dose) => (Key::Dose, in_range(name, dose.0, limits.dose, "nl")?),
        Field::Over(over) => (Key::Over, in_range(name, over.0, limits.over, "s")?),
        Field::Interval(interval) => (Key::Interval, in_range(name, interval.0, limits.interval, "s")?),
        Field::PtmDose(dose) => (Key::PtmDose, zero_or(name, dose.0, limits.ptm_dose, "nl")?),
        Field::PtmOver(over) => (Key::PtmOver, in_range(name, over.0, limits.ptm_over, "s")?),
        Field::PtmLockout(lockout) => (Key::PtmLockout, in_range(name, lockout.0, limits.ptm_lockout, "s")?),
        Field::PtmCount(count) => (Key::PtmCount, in_range(name, count, limits.ptm_count, "")?),
        Field::PtmWindow(window) => (Key::PtmWindow, in_range(name, window.0, limits.ptm_window, "s")?),
        Field::PtmMax(max) => (Key::PtmMax, in_range(name, max.0, limits.ptm_max, "nl")?),
        Field::Low(low) => (Key::Low, in_range(name, low.0, limits.low, "nl")?),
        Field::Catheter(volume) => (Key::Catheter, in_range(name, volume.0, limits.catheter, "nl")?),
        Field::Tubing(volume) => (Key::Tubing, in_range(name, volume.0, limits.tubing, "nl")?),
        Field::TrialTime(time) => (Key::TrialTime, in_range(name, time.0, limits.trial_time, "s")?),
        Field::TrialDose(dose) => (Key::TrialDose, in_range(name, dose.0, limits.trial_dose, "nl")?),
        Field::SoftConfirm => (Key::Soft, 1),
    };
    // Fields come in any order, so each is held against the drug as soon as both are there, and is taken back if they do not fit.
    let before = draft.get(key);
    draft.set(key, value);
    check_drug(draft, settings).inspect_err(|_| draft.restore(key, before))
}

fn stage_step(draft: &mut Prescription, day: Day, index: u8, minute: u16, rate: u64, settings: &Settings) -> Checked {
    in_range("flex", u64::from(index), Range::new(1, STEPS as u32), "")?;
    in_range("flex", u64::from(minute), Range::new(0, 1439), "min")?;
    if let Day::On(day) = day {
        in_range("flex", u64::from(day), Range::new(0, 6), "")?;
    }
    if index == 1 && minute != 0 {
        return Err(Refusal::limit(Code::OutOfRange, "flex", 0, "min"));
    }
    let rate = in_range("flex", rate, settings.limits.rate, "nl/d")?;
    if let Some(drug) = drug_of(draft, settings) {
        at_most(Code::HardLimit, "flex", u64::from(rate), drug.hard_rate.0, "nl/d")?;
    }
    draft.set_step(day, index, Step { minute, rate });
    Ok(())
}

pub(crate) fn drug_of<'a>(rx: &Prescription, settings: &'a Settings) -> Option<&'a Drug> {
    settings.library.get(usize::from(rx.drug()?.0))
}

fn at_most(code: Code, field: &'static str, value: u64, limit: u64, unit: &'static str) -> Checked {
    if value > limit {
        Err(Refusal::limit(code, field, limit, unit))
    } else {
        Ok(())
    }
}

/// Hard limits and concentration of the drug, as far as it and the values are there.
fn check_drug(rx: &Prescription, settings: &Settings) -> Checked {
    let Some(drug) = drug_of(rx, settings) else {
        return Ok(());
    };
    if rx.get(Key::Conc).is_some_and(|conc| u64::from(conc) != drug.conc.0) {
        return Err(Refusal::limit(Code::WrongConcentration, "conc", drug.conc.0, "ng/ml"));
    }
    doses_at_most(rx, Code::HardLimit, drug.hard_rate.0, drug.hard_bolus.0)
}

/// Rates, boluses and the day's sum against one pair of limits.
fn doses_at_most(rx: &Prescription, code: Code, rate: u64, bolus: u64) -> Checked {
    at_most(code, "rate", rx.or(Key::Rate, 0), rate, "nl/d")?;
    for day in 0..7 {
        for step in rx.day(day) {
            at_most(code, "flex", u64::from(step.rate), rate, "nl/d")?;
        }
    }
    at_most(code, "dose", rx.or(Key::Dose, 0), bolus, "nl")?;
    at_most(code, "ptm-dose", rx.or(Key::PtmDose, 0), bolus, "nl")?;
    // An interval typed too short gives an overdose though every number is possible by itself (recall R01).
    if let (Some(dose), Some(interval)) = (rx.get(Key::Dose), rx.get(Key::Interval)) {
        let interval = u64::from(interval);
        let left = rate.saturating_sub(rx.or(Key::Rate, 0));
        if u64::from(dose) * 86_400 > left * interval {
            let shortest = if left == 0 {
                0
            } else {
                (u64::from(dose) * 86_400).div_ceil(left)
            };
            return Err(Refusal::limit(code, "interval", shortest, "s"));
        }
    }
    Ok(())
}

const PTM: [(Key, &str); 5] = [
    (Key::PtmOver, "ptm-over"),
    (Key::PtmLockout, "ptm-lockout"),
    (Key::PtmCount, "ptm-count"),
    (Key::PtmWindow, "ptm-window"),
    (Key::PtmMax, "ptm-max"),
];

/// Whether the staged fields make a prescription.
pub(crate) fn whole(rx: &Prescription, settings: &Settings) -> Checked {
    let mode = rx.mode();
    need(
        rx,
        true,
        &[(Key::Drug, "drug"), (Key::Conc, "conc"), (Key::Mode, "mode")],
    )?;
    need(
        rx,
        matches!(mode, Mode::Continuous | Mode::Periodic),
        &[(Key::Rate, "rate")],
    )?;
    if mode == Mode::Continuous && rx.or(Key::Rate, 0) == 0 {
        return Err(Refusal::limit(
            Code::OutOfRange,
            "rate",
            u64::from(settings.limits.rate.min),
            "nl/d",
        ));
    }
    check_flex(rx, mode)?;
    need(
        rx,
        mode == Mode::Periodic,
        &[(Key::Dose, "dose"), (Key::Over, "over"), (Key::Interval, "interval")],
    )?;
    if mode == Mode::Minimum && rx.get(Key::PtmDose).is_some() {
        return Err(Refusal::of(Code::NotUsed, "ptm-dose"));
    }
    need(rx, rx.has_ptm(), &PTM)?;
    check_order(rx, settings)?;
    check_drug(rx, settings)?;
    match (drug_of(rx, settings), rx.get(Key::Soft)) {
        (Some(drug), None) => doses_at_most(rx, Code::SoftLimit, drug.soft_rate.0, drug.soft_bolus.0),
        _ => Ok(()),
    }
}

/// Fields that are needed must be there, and where they are not used they must not.
fn need(rx: &Prescription, used: bool, keys: &[(Key, &'static str)]) -> Checked {
    for &(key, name) in keys {
        match (used, rx.get(key)) {
            (true, None) => return Err(Refusal::of(Code::Missing, name)),
            (false, Some(_)) => return Err(Refusal::of(Code::NotUsed, name)),
            _ => {}
        }
    }
    Ok(())
}

fn check_flex(rx: &Prescription, mode: Mode) -> Checked {
    if mode != Mode::Flex {
        return if rx.has_flex() {
            Err(Refusal::of(Code::NotUsed, "flex"))
        } else {
            Ok(())
        };
    }
    for day in 0..7 {
        if !rx.day_is_whole(day) {
            return Err(Refusal::of(Code::Missing, "flex"));
        }
        if rx
            .day(day)
            .windows(2)
            .any(|pair| matches!(pair, [a, b] if a.minute >= b.minute))
        {
            return Err(Refusal::of(Code::Order, "flex"));
        }
    }
    Ok(())
}

fn check_order(rx: &Prescription, settings: &Settings) -> Checked {
    if let (Some(over), Some(interval)) = (rx.get(Key::Over), rx.get(Key::Interval))
        && over >= interval
    {
        return Err(Refusal::limit(Code::Order, "over", u64::from(interval), "s"));
    }
    if let Some(dose) = rx.get(Key::Dose) {
        fits_motor("over", u64::from(dose), rx.or(Key::Over, 0), settings)?;
    }
    if rx.has_ptm() {
        let dose = rx.or(Key::PtmDose, 0);
        fits_motor("ptm-over", dose, rx.or(Key::PtmOver, 0), settings)?;
        if rx.or(Key::PtmOver, 0) > rx.or(Key::PtmLockout, 0) {
            return Err(Refusal::limit(Code::Order, "ptm-over", rx.or(Key::PtmLockout, 0), "s"));
        }
        if rx.or(Key::PtmMax, 0) < dose {
            return Err(Refusal::limit(Code::Order, "ptm-max", dose, "nl"));
        }
    }
    Ok(())
}

/// The motor makes only so many strokes a second.
pub(crate) fn fits_motor(field: &'static str, dose_nl: u64, over_s: u64, settings: &Settings) -> Checked {
    let shortest = settings.shortest_ms(dose_nl.div_ceil(STROKE_NL)).div_ceil(1000);
    if over_s < shortest {
        Err(Refusal::limit(Code::OutOfRange, field, shortest, "s"))
    } else {
        Ok(())
    }
}
