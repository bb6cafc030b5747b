//! Events to rows, in one pass and in bounded memory.
//!
//! Ten years of therapy have 90,000 entries, which nobody reviews. So rows fall in three ranks: alarms, faults, starts, stops and whatever
//! else is out of the ordinary are always shown; of boluses that went as planned and of schedule changes, and of periodic entries, one of N,
//! where N grows along a fixed ladder (1, 2, 6, 12, 24, 168, ...) as the run grows. Volumes are cumulative, so a row left out hides no volume.

use super::late::Late;
use super::log::{DoseLog, Row};
use super::sampled::Sampler;
use super::thinning::Thinning;
use super::volumes::{STROKE_NL, actuated_delivered, since, totals};
use pump_hil_model::event::{Body, DoseEntry, Event, Said, Sample};
use pump_hil_model::quantity::Span;

/// Most rows of the periodic rank.
const PERIODIC_MAX: usize = 96;
/// Most rows of the routine rank.
const ROUTINE_MAX: usize = 96;
/// Rows at least of which more may be told.
const RECENT: usize = 8;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rank {
    Always,
    Routine(u64),
    Periodic(u64),
}

#[derive(Debug, Clone)]
struct Ranked {
    rank: Rank,
    row: Row,
    /// The pump's own time of it.
    pump_t: Option<Span>,
    /// Waits for a sample of the test block.
    unsampled: bool,
    /// Made from an event that a dose entry of the same instant completes.
    wants_entry: bool,
}

impl Ranked {
    /// Whether `at` is its instant. The pump's own time decides where there is one: by the wall clock two lines of one instant arrive apart.
    fn is_of(&self, at: Instant) -> bool {
        match (self.pump_t, at.pump_t) {
            (Some(own), Some(other)) => own == other,
            _ => self.row.t == at.t,
        }
    }
}

/// When something was told, and when it was by the pump's own time.
#[derive(Debug, Clone, Copy)]
struct Instant {
    t: Span,
    pump_t: Option<Span>,
}

/// Makes a [`DoseLog`] from a stream of events.
#[derive(Debug, Clone)]
pub struct Builder {
    name: String,
    begun: bool,
    /// The pump had a past.
    past: bool,
    /// Its firmware was started during set-up, and carries no part of a stroke.
    started: bool,
    read_back: bool,
    /// Volumes at the begin.
    entry_base: [i64; 6],
    sample_base: (i64, i64),
    state: String,
    mode: String,
    rows: Vec<Ranked>,
    /// Rows from here on may still wait for a sample.
    open_from: usize,
    periodic: Thinning,
    routine: Thinning,
    last_entry: Option<Row>,
    last_sample: Option<(i64, i64)>,
    sampler: Sampler,
    late: Late,
}

impl Builder {
    /// An empty log of the case `name`.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            begun: false,
            past: false,
            started: false,
            read_back: false,
            entry_base: [0; 6],
            sample_base: (0, 0),
            state: "-".to_owned(),
            mode: "-".to_owned(),
            rows: Vec::new(),
            open_from: 0,
            periodic: Thinning::new(PERIODIC_MAX),
            routine: Thinning::new(ROUTINE_MAX),
            last_entry: None,
            last_sample: None,
            sampler: Sampler::default(),
            late: Late::default(),
        }
    }

    /// An empty log of the same run, whose set-up is past.
    #[must_use]
    pub fn behind_a_past(&self) -> Self {
        Self {
            past: true,
            started: self.started,
            ..Self::new(&self.name)
        }
    }

    /// Takes the next event of the run.
    pub fn on_event(&mut self, event: &Event) {
        let t = event.t;
        self.late.on_event(event);
        for volume in self.sampler.on_event(&event.body, self.begun) {
            let row = Row {
                reported: Some(volume),
                ..self.blank(t, "reported", "-")
            };
            let rank = self.rank("reported", "-");
            self.push(rank, row, None, false);
        }
        match &event.body {
            Body::Begun => {
                self.begun = true;
                // What was told last depends on how it was set up: it is told as of a new pump, which has no prescription yet when it is filled.
                let mode = if self.mode == "-" { "-" } else { "none" };
                (self.state, self.mode) = ("-".to_owned(), mode.to_owned());
            }
            Body::Sample(sample) => self.sample(sample),
            Body::FaultConfirmed { fault } => self.note(t, "fault", fault.as_str()),
            Body::FaultCleared { fault } => self.note(t, "fault-clear", fault.as_str()),
            Body::Pump {
                said,
                pump_t,
                read_back,
                ..
            } => {
                self.read_back |= *read_back;
                self.said(Instant { t, pump_t: *pump_t }, said);
            }
            body if let Some((_, fields)) = body.answer() => {
                // Only before the begin: a `totals` later on would move the zero that the rows count from.
                if !self.begun
                    && let Some(totals) = totals(fields)
                {
                    self.entry_base = totals;
                }
                for (key, kept) in [("state", &mut self.state), ("mode", &mut self.mode)] {
                    if let Some(value) = fields.get(key) {
                        *kept = token(value);
                    }
                }
            }
            Body::Played | Body::Ended => self.end(t),
            _ => {}
        }
    }

    /// By how much a volume may be apart from what another run shows at the same time, nL: by a stroke, where strokes fall elsewhere because the line was late.
    #[must_use]
    pub fn slack_nl(&self) -> i64 {
        if self.late.is_slow() { STROKE_NL } else { 0 }
    }

    /// The log so far.
    #[must_use]
    pub fn finish(self) -> DoseLog {
        let kept = self.periodic.kept.saturating_add(self.routine.kept);
        let seen = self.periodic.seen.saturating_add(self.routine.seen);
        debug_assert!(kept as u64 <= seen, "no row is shown that never was: {kept} of {seen}");
        DoseLog {
            name: self.name,
            periodic_stride: self.periodic.stride,
            routine_stride: self.routine.stride,
            left_out: seen.saturating_sub(kept as u64),
            sampled: self.sampler.of,
            rows: self.rows.into_iter().map(|r| r.row).collect(),
            late: self.late.sum(),
            read_back: self.read_back,
            carried: self.past && !self.started,
        }
    }

    fn said(&mut self, at: Instant, said: &Said) {
        let t = at.t;
        match said {
            Said::Boot { .. } if !self.begun => self.started = true,
            Said::Boot { reason } => self.note(t, "boot", reason),
            Said::State { to, cause, .. } => {
                self.state = token(to);
                if !self.complete_entry(at, &["start", "stop", "state", "reset"], cause) {
                    self.announce(at, "state", cause);
                }
            }
            Said::Alarm { id, priority } => self.note(t, "alarm", &format!("{id}/{priority}")),
            Said::AlarmClear { id } => self.note(t, "alarm-clear", id),
            Said::BolusStart { kind, .. } => {
                if !self.complete_entry(at, &["bolus-start"], kind) {
                    self.announce(at, "bolus-start", kind);
                }
            }
            Said::BolusEnd { kind, cause, .. } => {
                let detail = format!("{kind}/{cause}");
                if !self.complete_entry(at, &["bolus-end"], &detail) {
                    self.announce(at, "bolus-end", &detail);
                }
            }
            Said::Dose(entry) => self.entry(at, entry),
            Said::Other { .. } => {}
        }
    }

    fn blank(&self, t: Span, what: &str, detail: &str) -> Row {
        // What it was when a sample was taken, or one before, depends on the time of that.
        let seen = |word: &str| if self.sampler.of.is_some() { "-" } else { word }.to_owned();
        Row {
            t,
            what: what.to_owned(),
            detail: token(detail),
            state: seen(&self.state),
            mode: seen(&self.mode),
            rate: None,
            classes: None,
            reported: None,
            actuated: None,
            delivered: None,
            reservoir: None,
        }
    }

    fn note(&mut self, t: Span, what: &str, detail: &str) {
        if self.begun {
            let row = self.blank(t, what, detail);
            self.push(Rank::Always, row, None, false);
        }
    }

    /// A row that the dose entry of the same instant will fill.
    fn announce(&mut self, at: Instant, what: &str, detail: &str) {
        if self.begun {
            let row = self.blank(at.t, what, detail);
            let rank = self.rank(what, &row.detail);
            self.push(rank, row, at.pump_t, true);
        }
    }

    /// Adds what an event says to the dose entry of the same instant that came before it.
    fn complete_entry(&mut self, at: Instant, causes: &[&str], detail: &str) -> bool {
        debug_assert!(
            self.open_from <= self.rows.len(),
            "only rows that there are wait for a sample"
        );
        let state = self.state.clone();
        let Some(found) = self
            .recent()
            .iter_mut()
            .rev()
            // A row with a detail was completed already, by another event of this instant.
            .find(|r| r.is_of(at) && r.row.detail == "-" && causes.contains(&r.row.what.as_str()))
        else {
            return false;
        };
        found.row.detail = token(detail);
        found.row.state = state;
        true
    }

    fn entry(&mut self, at: Instant, entry: &DoseEntry) {
        self.mode = token(&entry.mode);
        if !self.begun {
            self.entry_base = entry.classes();
            return;
        }
        let volumes = since(entry.classes(), self.entry_base);
        let what = token(&entry.cause);
        let fill = |row: &mut Row, mode: &str| {
            row.mode = mode.to_owned();
            row.rate = Some(entry.rate_nl_per_day);
            row.classes = Some(volumes);
            row.reservoir = Some(entry.reservoir_nl);
        };
        let mode = self.mode.clone();
        let waiting = self
            .recent()
            .iter_mut()
            .find(|r| r.wants_entry && r.is_of(at) && tells_of(&what, &r.row.what));
        if let Some(found) = waiting {
            found.wants_entry = false;
            // The entry's cause says more than the event: a `state` becomes `start`, `stop` or `reset`.
            what.clone_into(&mut found.row.what);
            fill(&mut found.row, &mode);
            self.last_entry = Some(found.row.clone());
            return;
        }
        let mut row = self.blank(at.t, &what, "-");
        fill(&mut row, &mode);
        self.last_entry = Some(row.clone());
        let rank = self.rank(&what, "-");
        self.push(rank, row, at.pump_t, false);
    }

    /// The rows of which more may be told: a sample may come between two lines of one instant, while one of them is read back.
    fn recent(&mut self) -> &mut [Ranked] {
        let from = self.open_from.min(self.rows.len().saturating_sub(RECENT));
        &mut self.rows[from..]
    }

    fn rank(&mut self, what: &str, detail: &str) -> Rank {
        let ordinary = match what {
            "periodic" | "reported" => {
                return Rank::Periodic(self.periodic.see());
            }
            "bolus-start" | "rate" => true,
            // An entry does not say how the bolus ended, so it is taken as planned until an event completes it.
            "bolus-end" => detail == "-" || detail.ends_with("/complete"),
            _ => false,
        };
        if !ordinary {
            return Rank::Always;
        }
        Rank::Routine(self.routine.see())
    }

    fn push(&mut self, rank: Rank, row: Row, pump_t: Option<Span>, wants_entry: bool) {
        // On a rig without samples nothing else closes rows.
        if [&self.periodic, &self.routine].into_iter().any(Thinning::is_crowded) {
            self.thin();
        }
        let (thinning, index) = match rank {
            Rank::Always => (None, 0),
            Rank::Routine(i) => (Some(&mut self.routine), i),
            Rank::Periodic(i) => (Some(&mut self.periodic), i),
        };
        if let Some(thinning) = thinning {
            // By the row's place among all that were seen, not among those kept: so the same run gives the same rows whenever it is thinned.
            if !index.is_multiple_of(thinning.stride) {
                return;
            }
            thinning.kept = thinning.kept.saturating_add(1);
        }
        self.rows.push(Ranked {
            rank,
            row,
            pump_t,
            unsampled: true,
            wants_entry,
        });
    }

    fn sample(&mut self, sample: &Sample) {
        let (actuated, delivered) = actuated_delivered(sample);
        if !self.begun {
            self.sample_base = (actuated, delivered);
            return;
        }
        let since = (
            actuated.saturating_sub(self.sample_base.0),
            delivered.saturating_sub(self.sample_base.1),
        );
        self.last_sample = Some(since);
        for open in &mut self.rows[self.open_from..] {
            // The first sample after it is the one of its instant; a later one would tell of volumes that came afterwards.
            if std::mem::take(&mut open.unsampled) {
                open.row.actuated = Some(since.0);
                open.row.delivered = Some(since.1);
            }
        }
        self.open_from = self.rows.len();
        self.thin();
    }

    /// Widens the stride of a rank that has too many rows. Only between samples, when no row is open.
    fn thin(&mut self) {
        while self.periodic.kept > self.periodic.max {
            self.periodic.widen();
            let stride = self.periodic.stride;
            self.rows
                .retain(|r| !matches!(r.rank, Rank::Periodic(i) if !i.is_multiple_of(stride)));
            self.periodic.kept = self.rows.iter().filter(|r| matches!(r.rank, Rank::Periodic(_))).count();
        }
        while self.routine.kept > self.routine.max {
            self.routine.widen();
            let stride = self.routine.stride;
            self.rows
                .retain(|r| !matches!(r.rank, Rank::Routine(i) if !i.is_multiple_of(stride)));
            self.routine.kept = self.rows.iter().filter(|r| matches!(r.rank, Rank::Routine(_))).count();
        }
        self.open_from = self.rows.len();
    }

    /// The last row: where everything stood when the run was over, even where the last entries were left out.
    fn end(&mut self, t: Span) {
        // Once: at the end of the steps, or where the run broke off.
        if !std::mem::take(&mut self.begun) {
            return;
        }
        let mut row = self.blank(t, "end", "-");
        if let Some(last) = &self.last_entry {
            row.rate = last.rate;
            row.classes = last.classes;
            row.reservoir = last.reservoir;
        }
        if self.sampler.of.is_some() {
            row.reported = self.sampler.given;
        }
        (row.actuated, row.delivered) = self.last_sample.unzip();
        self.push(Rank::Always, row, None, false);
    }
}

/// Whether a dose entry of this cause says the volumes for an event row.
pub(crate) fn tells_of(cause: &str, event: &str) -> bool {
    match event {
        "state" => matches!(cause, "start" | "stop" | "state" | "reset"),
        other => cause == other,
    }
}

/// Text from the pump as one word of a table: printable ASCII without spaces, at most 48 bytes, never empty.
fn token(text: &str) -> String {
    let word: String = text
        .chars()
        .take(48)
        // A blank would part the columns when the table is read back, and a control byte would reach a person's terminal.
        .map(|c| if c.is_ascii_graphic() { c } else { '?' })
        .collect();
    if word.is_empty() { "-".to_owned() } else { word }
}
