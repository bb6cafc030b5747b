//! A prescription: the fields that a session stages, the record that is stored of them, and what of it the pump works by.
//!
//! Only what was staged is there: the read-back of the committed prescription is, byte for byte, the read-back that the commit confirmed.

use crate::bytes::{Coded, Reader, Writer};
use crate::command::{Day, DrugId, Field};
use crate::io::STROKE_NL;
use crate::units::{DAY_MS, NgPerMl, Nl, NlPerDay, Seconds};
use crate::vocabulary::Mode;

/// Steps of one day.
pub const STEPS: usize = 13;
/// Longest stored prescription.
pub(crate) const IMAGE_MAX: usize = 640;
const VERSION: u8 = 1;

/// Room for a stored prescription, which begins with a word: so it is compared with its copies a word at a time.
#[derive(Clone, Debug)]
#[repr(align(4))]
pub(crate) struct Image(pub(crate) [u8; IMAGE_MAX]);

impl Default for Image {
    fn default() -> Self {
        Self([0; IMAGE_MAX])
    }
}

/// The fields that hold one number, in the order of the read-back; the flex schedule stands behind `Rate`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Key {
    Drug,
    Conc,
    Mode,
    Rate,
    Dose,
    Over,
    Interval,
    PtmDose,
    PtmOver,
    PtmLockout,
    PtmCount,
    PtmWindow,
    PtmMax,
    Low,
    Catheter,
    Tubing,
    TrialTime,
    TrialDose,
    Soft,
}

pub(crate) const KEYS: [Key; 19] = [
    Key::Drug,
    Key::Conc,
    Key::Mode,
    Key::Rate,
    Key::Dose,
    Key::Over,
    Key::Interval,
    Key::PtmDose,
    Key::PtmOver,
    Key::PtmLockout,
    Key::PtmCount,
    Key::PtmWindow,
    Key::PtmMax,
    Key::Low,
    Key::Catheter,
    Key::Tubing,
    Key::TrialTime,
    Key::TrialDose,
    Key::Soft,
];

/// One step of a day's schedule. Packed: there are 91 of them, twice.
#[repr(C, packed(2))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) minute: u16,
    pub(crate) rate: u32,
}

/// What was staged, or what is in force.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Prescription {
    values: [u32; KEYS.len()],
    present: u32,
    steps: [[Step; STEPS]; 7],
    /// Bit i of a day: its step i + 1 was staged.
    staged_steps: [u16; 7],
}

impl Prescription {
    pub(crate) fn get(&self, key: Key) -> Option<u32> {
        let at = key as usize;
        (self.present >> at & 1 == 1)
            .then(|| self.values.get(at).copied())
            .flatten()
    }

    pub(crate) fn or(&self, key: Key, default: u32) -> u64 {
        u64::from(self.get(key).unwrap_or(default))
    }

    pub(crate) fn set(&mut self, key: Key, value: u32) {
        let at = key as usize;
        if let Some(place) = self.values.get_mut(at) {
            *place = value;
            self.present |= 1 << at;
        }
    }

    /// Puts back what [`Prescription::get`] gave.
    pub(crate) fn restore(&mut self, key: Key, value: Option<u32>) {
        self.set(key, value.unwrap_or(0));
        if value.is_none() {
            self.present &= !(1 << key as usize);
        }
    }

    pub(crate) fn mode(&self) -> Mode {
        self.get(Key::Mode)
            .and_then(|code| Mode::from_code(code as u8))
            .unwrap_or_default()
    }

    pub(crate) fn drug(&self) -> Option<DrugId> {
        self.get(Key::Drug).map(|at| DrugId(at as u8))
    }

    /// Whether a patient bolus was prescribed.
    pub(crate) fn has_ptm(&self) -> bool {
        self.or(Key::PtmDose, 0) > 0
    }

    /// Length of the rolling window, in seconds; a day where none is prescribed.
    pub(crate) fn window_s(&self) -> u64 {
        self.or(Key::PtmWindow, (DAY_MS / 1000) as u32)
    }

    /// Whether any flex step is there.
    pub(crate) fn has_flex(&self) -> bool {
        self.staged_steps.iter().any(|&steps| steps != 0)
    }

    pub(crate) fn clear_flex(&mut self) {
        self.steps = Default::default();
        self.staged_steps = [0; 7];
    }

    /// Puts a step; `index` counts from 1.
    pub(crate) fn set_step(&mut self, day: Day, index: u8, step: Step) {
        let at = usize::from(index).wrapping_sub(1);
        for weekday in 0..7 {
            let wanted = match day {
                Day::Daily => true,
                Day::On(day) => usize::from(day) == weekday,
            };
            if let (true, Some(place)) = (wanted, self.steps[weekday].get_mut(at)) {
                *place = step;
                self.staged_steps[weekday] |= 1 << at;
            }
        }
    }

    /// The steps of a weekday (0 = Monday) in order, without gaps once the prescription is checked.
    pub(crate) fn day(&self, weekday: u8) -> &[Step] {
        let at = usize::from(weekday % 7);
        &self.steps[at][..self.staged_steps[at].trailing_ones().min(STEPS as u32) as usize]
    }

    /// Whether the steps of that weekday have no gap and begin at step 1.
    pub(crate) fn day_is_whole(&self, weekday: u8) -> bool {
        let steps = self.staged_steps[usize::from(weekday % 7)];
        steps & 1 == 1 && steps.trailing_ones() == steps.count_ones()
    }

    /// Whole strokes that priming takes.
    pub(crate) fn prime_strokes(&self) -> u64 {
        (self.or(Key::Catheter, 0) + self.or(Key::Tubing, 0)).div_ceil(STROKE_NL)
    }

    /// All fields in the order of the read-back; a flex schedule gives seven days of steps.
    pub(crate) fn fields(&self) -> impl Iterator<Item = Field> + '_ {
        let before = KEYS.iter().take(Key::Rate as usize + 1);
        let after = KEYS.iter().skip(Key::Rate as usize + 1);
        let steps = (0..7).flat_map(move |day| {
            (1..=STEPS as u8).filter_map(move |index| {
                let at = usize::from(index) - 1;
                let step = self.steps[usize::from(day)][at];
                (self.staged_steps[usize::from(day)] >> at & 1 == 1).then_some(Field::Flex {
                    day: Day::On(day),
                    index,
                    minute: step.minute,
                    rate: NlPerDay(u64::from(step.rate)),
                })
            })
        });
        before
            .filter_map(|&key| self.field(key))
            .chain(steps)
            .chain(after.filter_map(|&key| self.field(key)))
    }

    fn field(&self, key: Key) -> Option<Field> {
        let value = u64::from(self.get(key)?);
        Some(match key {
            Key::Drug => Field::Drug(DrugId(value as u8)),
            Key::Conc => Field::Conc(NgPerMl(value)),
            Key::Mode => Field::Mode(self.mode()),
            Key::Rate => Field::Rate(NlPerDay(value)),
            Key::Dose => Field::Dose(Nl(value)),
            Key::Over => Field::Over(Seconds(value)),
            Key::Interval => Field::Interval(Seconds(value)),
            Key::PtmDose => Field::PtmDose(Nl(value)),
            Key::PtmOver => Field::PtmOver(Seconds(value)),
            Key::PtmLockout => Field::PtmLockout(Seconds(value)),
            Key::PtmCount => Field::PtmCount(value),
            Key::PtmWindow => Field::PtmWindow(Seconds(value)),
            Key::PtmMax => Field::PtmMax(Nl(value)),
            Key::Low => Field::Low(Nl(value)),
            Key::Catheter => Field::Catheter(Nl(value)),
            Key::Tubing => Field::Tubing(Nl(value)),
            Key::TrialTime => Field::TrialTime(Seconds(value)),
            Key::TrialDose => Field::TrialDose(Nl(value)),
            Key::Soft => Field::SoftConfirm,
        })
    }

    /// The stored record, `seq` telling which of two copies is newer.
    pub(crate) fn encode(&self, seq: u32, into: &mut [u8; IMAGE_MAX]) -> Option<usize> {
        let mut out = Writer::new(into);
        out.u8(VERSION);
        out.u32(seq);
        out.u32(self.present);
        for &key in &KEYS {
            if let Some(value) = self.get(key) {
                out.u32(value);
            }
        }
        if self.has_flex() {
            for (steps, staged) in self.steps.iter().zip(self.staged_steps) {
                out.u16(staged);
                for (at, step) in steps.iter().enumerate() {
                    if staged >> at & 1 == 1 {
                        out.u16(step.minute);
                        out.u32(step.rate);
                    }
                }
            }
        }
        out.seal()
    }

    /// Reads a stored record in place, for want of stack, and gives its sequence number; `None` for whatever fails its seal or its form, and then what
    /// stands here means nothing.
    pub(crate) fn decode(&mut self, record: &[u8]) -> Option<u32> {
        let mut input = Reader::unseal(record)?;
        if input.u8()? != VERSION {
            return None;
        }
        let seq = input.u32()?;
        let present = input.u32()?;
        let rx = self;
        rx.present = 0;
        rx.clear_flex();
        for &key in &KEYS {
            if present >> key as usize & 1 == 1 {
                rx.set(key, input.u32()?);
            }
        }
        if !input.is_empty() {
            for day in 0..7 {
                let staged = input.u16()?;
                // A bit for each of the `STEPS`.
                rx.staged_steps[day] = staged & 0x1FFF;
                for at in 0..STEPS {
                    if staged >> at & 1 == 1 {
                        rx.steps[day][at] = Step {
                            minute: input.u16()?,
                            rate: input.u32()?,
                        };
                    }
                }
            }
        }
        Some(seq)
    }
}

/// The prescription in force and the bytes that are stored of it.
#[derive(Default)]
pub(crate) struct InForce {
    pub(crate) rx: Prescription,
    pub(crate) image: Image,
    pub(crate) len: usize,
    pub(crate) seq: u32,
    /// CRC-32 of the read-back text.
    pub(crate) crc32: u32,
    /// The most that basal and periodic boluses give in any rolling window.
    pub(crate) most_programmed_nl: u64,
}

impl InForce {
    /// The bytes that both copies must hold.
    pub(crate) fn stored(&self) -> &[u8] {
        self.image.0.get(..self.len).unwrap_or_default()
    }
}

/// What a session holds.
pub(crate) struct Session {
    pub(crate) draft: Prescription,
    /// When the clinician last did something with it.
    pub(crate) touched: u64,
}
