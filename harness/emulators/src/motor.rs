//! What moves the drug: whole nanolitres by the device's clock, and how it can be out of order.

const MICROS_PER_HOUR: u128 = 3_600_000_000;
const PERCENT: u128 = 100;

/// How a pump is out of order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quirks {
    /// Percent that really leaves it beyond what it believes; -100: nothing does.
    pub over_delivers: i64,
    /// Percent that the motor is too fast; the pump's own total shows it.
    pub runs_fast: u64,
    /// It says that it runs, and nothing moves.
    pub stall_silent: bool,
    /// Nanolitres at which the motor stalls, and the pump finds it.
    pub stalls_at: Option<u64>,
    /// It tells `stopped` for `running`, and `running` for `stopped`.
    pub lies_state: bool,
}

impl Quirks {
    /// What is told of whether it runs.
    #[must_use]
    pub fn told(&self, runs: bool) -> bool {
        runs != self.lies_state
    }
}

/// What came to an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The volume that was asked for has been moved.
    Done,
    /// It cannot move further.
    Stalled,
}

/// A motor.
#[derive(Debug)]
pub struct Motor {
    quirks: Quirks,
    /// Nanolitres an hour while it runs.
    rate: Option<u64>,
    /// Nanolitres still to move; without it it runs until it is stopped.
    left: Option<u64>,
    /// What was moved and does not make a nanolitre yet, in `nL * us / h * percent`.
    rest: u128,
    last: u64,
    moved: u64,
    forward: bool,
    /// Of what was moved, what went towards the patient.
    infused: u64,
}

impl Motor {
    /// One that stands.
    #[must_use]
    pub fn new(quirks: Quirks) -> Self {
        Self {
            quirks,
            rate: None,
            left: None,
            rest: 0,
            last: 0,
            moved: 0,
            forward: true,
            infused: 0,
        }
    }

    /// Whether it runs, as far as the pump knows.
    #[must_use]
    pub fn runs(&self) -> bool {
        self.rate.is_some()
    }

    /// Nanolitres that are still to move.
    #[must_use]
    pub fn left(&self) -> Option<u64> {
        self.left
    }

    /// Nanolitres that it moved towards the patient, as the pump counts.
    #[must_use]
    pub fn infused(&self) -> u64 {
        self.infused
    }

    /// Nanolitres that it drew back.
    #[must_use]
    pub fn withdrawn(&self) -> u64 {
        self.moved.saturating_sub(self.infused)
    }

    /// Nanolitres that really left the pump.
    #[must_use]
    pub fn delivered(&self) -> u64 {
        let percent = self.quirks.over_delivers.saturating_add(100).max(0).unsigned_abs();
        let all = u128::from(self.infused) * u128::from(percent) / PERCENT;
        u64::try_from(all).unwrap_or(u64::MAX)
    }

    /// Runs at this rate (nL/h), until `left` has been moved if it is given.
    pub fn start(&mut self, now: u64, rate: u64, left: Option<u64>, forward: bool) {
        self.last = now;
        self.rate = Some(rate);
        self.left = left;
        self.rest = 0;
        self.forward = forward;
    }

    /// Another rate while it runs.
    pub fn change_rate(&mut self, rate: u64) {
        if self.rate.is_some() {
            self.rate = Some(rate);
        }
    }

    /// Stands; what is left can be asked for still.
    pub fn stop(&mut self) {
        self.rate = None;
    }

    /// Time came on; both kinds of end leave it standing.
    pub fn advance(&mut self, now: u64) -> Option<Ended> {
        let since = now.saturating_sub(std::mem::replace(&mut self.last, now));
        let rate = self.rate?;
        if self.quirks.stall_silent {
            return None;
        }
        let whole = MICROS_PER_HOUR * PERCENT;
        let all = self.rest.saturating_add(self.speed(rate).saturating_mul(since.into()));
        self.rest = all % whole;
        let mut step = u64::try_from(all / whole).unwrap_or(u64::MAX);
        let mut ended = None;
        if let Some(left) = self.left.filter(|left| *left <= step) {
            step = left;
            ended = Some(Ended::Done);
        }
        let room = self.quirks.stalls_at.map(|at| at.saturating_sub(self.moved));
        if let Some(room) = room.filter(|room| *room <= step) {
            step = room;
            ended = Some(Ended::Stalled);
        }
        self.moved = self.moved.saturating_add(step);
        if self.forward {
            self.infused = self.infused.saturating_add(step);
        }
        self.left = self.left.map(|left| left.saturating_sub(step));
        if ended.is_some() {
            self.rate = None;
        }
        ended
    }

    /// Somebody freed it: it does not stall again.
    pub fn free(&mut self) {
        self.quirks.stalls_at = None;
    }

    /// When it ends by itself.
    #[must_use]
    pub fn wake(&self) -> Option<u64> {
        let rate = self.rate.filter(|_| !self.quirks.stall_silent)?;
        let room = self.quirks.stalls_at.map(|at| at.saturating_sub(self.moved));
        let left = self.left.into_iter().chain(room).min()?;
        let todo = (u128::from(left) * MICROS_PER_HOUR * PERCENT).saturating_sub(self.rest);
        let speed = self.speed(rate).max(1);
        Some(
            self.last
                .saturating_add(u64::try_from(todo.div_ceil(speed)).unwrap_or(u64::MAX)),
        )
    }

    fn speed(&self, rate: u64) -> u128 {
        u128::from(rate).saturating_mul(PERCENT + u128::from(self.quirks.runs_fast))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dose_takes_its_time_and_no_nanolitre_is_lost_in_small_steps() {
        // 500 uL at 1 mL/h: half an hour.
        let mut motor = Motor::new(Quirks::default());
        motor.start(0, 1_000_000, Some(500_000), true);
        assert_eq!(motor.wake(), Some(1_800_000_000));
        let ends: Vec<u64> = (1..=1_800_000_000 / 7_919)
            .map(|n| n * 7_919)
            .filter(|now| motor.advance(*now).is_some())
            .collect();
        assert_eq!(ends, Vec::<u64>::new());
        assert_eq!(motor.advance(1_800_000_000), Some(Ended::Done));
        assert_eq!((motor.infused(), motor.runs()), (500_000, false));
    }

    #[test]
    fn one_that_over_delivers_does_not_know_it_and_one_that_stalls_in_silence_moves_nothing() {
        let mut quirks = Quirks {
            over_delivers: 20,
            ..Quirks::default()
        };
        let mut motor = Motor::new(quirks);
        motor.start(0, 3_600_000, None, true);
        assert_eq!(motor.advance(1_000_000), None);
        assert_eq!((motor.infused(), motor.delivered()), (1_000, 1_200));
        quirks.stall_silent = true;
        let mut motor = Motor::new(quirks);
        motor.start(0, 3_600_000, Some(10), true);
        assert_eq!(motor.advance(1_000_000), None);
        assert_eq!((motor.delivered(), motor.runs()), (0, true));
    }

    #[test]
    fn a_stall_is_found_where_it_is() {
        let mut motor = Motor::new(Quirks {
            stalls_at: Some(700),
            ..Quirks::default()
        });
        motor.start(0, 3_600_000, Some(1_000), true);
        assert_eq!(motor.wake(), Some(700_000));
        assert_eq!(motor.advance(700_000), Some(Ended::Stalled));
        assert_eq!((motor.infused(), motor.left()), (700, Some(300)));
    }
}
