//! What the pump must not forget over a reset: state, totals, reservoir, battery dates, alarms, bolus history. Stored in two copies with a CRC each.
//!
//! It is stored with every dose entry, at every change of state, alarm or history, and at least every `Settings::save_ms`; never for a single stroke. What
//! was delivered since then is found again from the encoder's own count, which outlives a reset of the processor; where that is lost too, the pump takes
//! the most that can have been delivered (less in the reservoir, more in the window), so that a reset can never lead to more dose.

use crate::bytes::{Coded, Reader, Writer};
use crate::demand::Demand;
use crate::vocabulary::{AlarmId, BolusKind, Cause, Life, State};

/// Longest stored state.
pub(crate) const STATE_MAX: usize = 1000;
const VERSION: u8 = 2;
/// Alarms that there are.
pub(crate) const ALARMS: usize = 24;

/// Delivered volumes since first power, in nl.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Volumes {
    pub(crate) basal: u64,
    pub(crate) bolus: [u64; 5],
}

impl Volumes {
    /// Of all classes.
    pub(crate) fn sum(&self) -> u64 {
        self.bolus.iter().fold(self.basal, |sum, &nl| sum.saturating_add(nl))
    }

    pub(crate) const fn of(&self, kind: BolusKind) -> u64 {
        self.bolus[kind as usize]
    }
}

/// A bolus that runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Running {
    pub(crate) kind: BolusKind,
    /// When its first nanolitre began; moved on by every time that the motor was held.
    pub(crate) start: u64,
    pub(crate) over_ms: u64,
    /// Whole strokes that it is to give.
    pub(crate) strokes: u64,
    /// Strokes given.
    pub(crate) given: u64,
}

impl Running {
    /// Time from one stroke to the next.
    pub(crate) const fn pace_ms(&self) -> u64 {
        self.over_ms.div_ceil(if self.strokes == 0 { 1 } else { self.strokes })
    }

    /// When its next stroke is due; strokes are spread evenly, the last one ends the bolus.
    pub(crate) fn due(&self) -> u64 {
        let after = (self.given + 1)
            .saturating_mul(self.over_ms)
            .div_ceil(self.strokes.max(1));
        self.start.saturating_add(after)
    }
}

/// The lasting state.
#[derive(Clone, Debug)]
pub(crate) struct Durable {
    pub(crate) state: State,
    /// Why the pump is at minimum rate.
    pub(crate) minimum_cause: Option<Cause>,
    pub(crate) life: Life,
    pub(crate) volumes: Volumes,
    pub(crate) strokes: u64,
    pub(crate) reservoir: u64,
    /// What a bolus of each kind left over of its last stroke, in nl.
    pub(crate) carry: [u16; 5],
    pub(crate) first_rtc: Option<u64>,
    pub(crate) eri_at: Option<u64>,
    pub(crate) stopped_since: Option<u64>,
    pub(crate) periodic_last: Option<u64>,
    pub(crate) trial_start: Option<u64>,
    pub(crate) trial_nl: u64,
    pub(crate) trial_spent: bool,
    pub(crate) stalls: u32,
    pub(crate) log_every_s: u32,
    pub(crate) alarms: u32,
    pub(crate) alarm_since: [u64; ALARMS],
    pub(crate) bolus: Option<Running>,
    /// Basal rate in force when this was stored.
    pub(crate) rate: u32,
    pub(crate) saved_at: u64,
    pub(crate) saved_edges: u32,
    /// The most that the prescriptions before can have given by themselves in a day, in nl; it counts until a day went by without a new one.
    pub(crate) earlier_nl: u32,
    pub(crate) earlier_until: Option<u64>,
    pub(crate) demand: Demand,
}

impl Durable {
    /// A pump that was never powered.
    pub(crate) const fn new(log_every_s: u32) -> Self {
        Self {
            state: State::Stopped,
            minimum_cause: None,
            life: Life::Ok,
            volumes: Volumes {
                basal: 0,
                bolus: [0; 5],
            },
            strokes: 0,
            reservoir: 0,
            carry: [0; 5],
            first_rtc: None,
            eri_at: None,
            stopped_since: None,
            periodic_last: None,
            trial_start: None,
            trial_nl: 0,
            trial_spent: false,
            stalls: 0,
            log_every_s,
            alarms: 0,
            alarm_since: [0; ALARMS],
            bolus: None,
            rate: 0,
            saved_at: 0,
            saved_edges: 0,
            earlier_nl: 0,
            earlier_until: None,
            demand: Demand::new(),
        }
    }

    /// What of it counts now.
    pub(crate) fn earlier_nl(&self, now: u64) -> u32 {
        match self.earlier_until {
            Some(until) if now < until => self.earlier_nl,
            _ => 0,
        }
    }

    pub(crate) fn encode(&self, seq: u32, into: &mut [u8; STATE_MAX]) -> Option<usize> {
        let mut out = Writer::new(into);
        out.u8(VERSION);
        out.u32(seq);
        out.u8(self.state.code());
        out.u8(self.minimum_cause.map_or(u8::MAX, Coded::code));
        out.u8(self.life.code());
        out.u64(self.volumes.basal);
        for volume in self.volumes.bolus {
            out.u64(volume);
        }
        out.u64(self.strokes);
        out.u64(self.reservoir);
        for carry in self.carry {
            out.u16(carry);
        }
        for time in [
            self.first_rtc,
            self.eri_at,
            self.stopped_since,
            self.periodic_last,
            self.trial_start,
            self.earlier_until,
        ] {
            out.option(time);
        }
        out.u64(self.trial_nl);
        out.u8(u8::from(self.trial_spent));
        out.u32(self.stalls);
        out.u32(self.log_every_s);
        out.u32(self.alarms);
        for (at, since) in self.alarm_since.iter().enumerate() {
            if self.alarms >> at & 1 == 1 {
                out.u64(*since);
            }
        }
        out.u8(self.bolus.map_or(u8::MAX, |bolus| bolus.kind.code()));
        if let Some(bolus) = self.bolus {
            for number in [bolus.start, bolus.over_ms, bolus.strokes, bolus.given] {
                out.u64(number);
            }
        }
        out.u32(self.rate);
        out.u64(self.saved_at);
        out.u32(self.saved_edges);
        out.u32(self.earlier_nl);
        self.demand.put(&mut out);
        out.seal()
    }

    /// Reads a stored record in place, for want of stack, and gives its sequence number; `None` for whatever fails its seal or its form, and then what
    /// stands here means nothing.
    pub(crate) fn decode(&mut self, record: &[u8]) -> Option<u32> {
        let mut input = Reader::unseal(record)?;
        let input = &mut input;
        if input.u8()? != VERSION {
            return None;
        }
        let seq = input.u32()?;
        let state = self;
        state.state = Coded::from_code(input.u8()?)?;
        state.minimum_cause = Coded::from_code(input.u8()?);
        state.life = Coded::from_code(input.u8()?)?;
        state.volumes.basal = input.u64()?;
        for volume in &mut state.volumes.bolus {
            *volume = input.u64()?;
        }
        state.strokes = input.u64()?;
        state.reservoir = input.u64()?;
        for carry in &mut state.carry {
            *carry = input.u16()?;
        }
        state.first_rtc = input.option()?;
        state.eri_at = input.option()?;
        state.stopped_since = input.option()?;
        state.periodic_last = input.option()?;
        state.trial_start = input.option()?;
        state.earlier_until = input.option()?;
        state.trial_nl = input.u64()?;
        state.trial_spent = input.u8()? != 0;
        state.stalls = input.u32()?;
        state.log_every_s = input.u32()?;
        state.alarms = input.u32()?;
        for (at, since) in state.alarm_since.iter_mut().enumerate() {
            *since = if state.alarms >> at & 1 == 1 { input.u64()? } else { 0 };
        }
        state.bolus = match Coded::from_code(input.u8()?) {
            Some(kind) => Some(Running {
                kind,
                start: input.u64()?,
                over_ms: input.u64()?,
                strokes: input.u64()?,
                given: input.u64()?,
            }),
            None => None,
        };
        state.rate = input.u32()?;
        state.saved_at = input.u64()?;
        state.saved_edges = input.u32()?;
        state.earlier_nl = input.u32()?;
        state.demand.get(input)?;
        Some(seq)
    }
}

// The codes of stored enums are places in lists; a list that lost a variant would misread old records.
const _: () = assert!(AlarmId::LIST.len() == ALARMS);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demand::{Given, REMEMBERED};

    #[test]
    fn the_fullest_state_fits_its_record() {
        let mut state = Durable::new(u32::MAX);
        let most = Some(u64::MAX);
        (state.first_rtc, state.eri_at, state.stopped_since) = (most, most, most);
        (state.periodic_last, state.trial_start, state.earlier_until) = (most, most, most);
        state.alarms = (1 << ALARMS) - 1;
        state.bolus = Some(Running {
            kind: BolusKind::Bridge,
            start: u64::MAX,
            over_ms: u64::MAX,
            strokes: u64::MAX,
            given: u64::MAX,
        });
        for n in 0..REMEMBERED as u64 {
            state.demand.push(Given {
                start: n,
                end: n + 1,
                nl: 500,
                patient: 1,
            });
        }
        let mut record = [0; STATE_MAX];
        let len = state.encode(7, &mut record).unwrap();
        let mut read = Durable::new(0);
        let seq = read.decode(&record[..len]).unwrap();
        assert_eq!((seq, read.alarms, read.bolus), (7, state.alarms, state.bolus));
        assert_eq!(read.demand.count(0, 1_000_000), REMEMBERED);
    }
}
