//! A pump that was not powered anew has a past: therapy may run, a session be open, an alarm sound, a lockout count. Set-up finds out, ends what it can, waits for
//! what passes, and says in the journal what it found.
//!
//! Invariant: before this is over nothing is asked of the pump that a scenario could take for its own. What cannot be settled ends the case as inconclusive.

use super::exchange::Exchange;
use crate::safety::{Reach as _, Stopped, end_therapy, number};
use pump_hil_model::capability::Capability;
use pump_hil_model::case::{Action, Case, Mode, Prescription, Request, Step};
use pump_hil_model::event::{Body, ReplyFields};
use pump_hil_model::lack::Lack;
use pump_hil_model::quantity::{Span, Volume};
use pump_hil_model::trouble::TroubleCode;
use pump_hil_talk::session::{RequestEnd, can_say};

/// Tries to clear an alarm whose cause may pass, and to stop a pump, are so far apart.
const AGAIN: Span = Span(60_000);
/// Longest between two tries: each is a line in the pump's log.
const AGAIN_MOST: Span = Span(4 * 3_600_000);
/// A stroke that was begun ends in it, and where time is granted a catheter comes to rest.
const REST: Span = Span(10_000);
const REST_GRANTED: Span = Span(600_000);
/// What a pump does each minute or each hour of its own time comes when it would come on a new one.
const WHOLE: i64 = 3_600_000;
/// Entries are not wanted while nothing but time passes.
const SELDOM: Span = DAY;
/// For a day a pump may count what earlier prescriptions gave, whatever its window.
const DAY: Span = Span(86_400_000);
/// A wait ends so long behind what it waits for: pump and harness round differently.
const BEHIND: Span = Span(60_000);

/// What the pump says of itself.
#[derive(Debug, Clone, Default)]
struct Known(ReplyFields);

impl Known {
    fn word(&self, key: &str) -> &str {
        self.0.get(key).map_or("", String::as_str)
    }

    fn is(&self, key: &str, words: &[&str]) -> bool {
        self.0.get(key).is_none_or(|word| words.contains(&word.as_str()))
    }

    fn number(&self, key: &str) -> Option<i64> {
        number(&self.0, key)
    }

    fn alarms(&self) -> Vec<String> {
        let none = |id: &&str| !["", "none", "more"].contains(id);
        self.word("alarms").split(',').filter(none).map(str::to_owned).collect()
    }

    fn delivers(&self) -> bool {
        !self.is("state", &["stopped"]) || !self.is("bolus", &["none"])
    }

    /// What is left of the past, in words.
    fn left(&self) -> Vec<String> {
        let mut left = Vec::new();
        let mut note = |key: &str, usual: &[&str]| {
            if !self.is(key, usual) {
                left.push(format!("{key} {}", self.word(key)));
            }
        };
        note("state", &["stopped"]);
        note("bolus", &["none"]);
        note("mode", &["none"]);
        note("session", &["none"]);
        note("alarms", &["none"]);
        note("muted", &["no"]);
        note("life", &["ok"]);
        note("lockout", &["0s"]);
        note("stalls", &["0"]);
        note("reservoir", &["0nl"]);
        left
    }
}

/// Settles a pump's past; gives what its reservoir holds by its own count. A pump that was powered just now has none.
pub(super) async fn settle(pump: &mut Exchange<'_>, case: &Case) -> Result<Volume, Stopped> {
    let can_say = |pump: &mut Exchange<'_>, request: &Request| can_say(request, pump.rig().profile()).is_ok();
    if pump.rig().is_new || pump.lacks().is_plain() {
        return Ok(Volume(0));
    }
    if !can_say(pump, &Request::Status) {
        // Whether it runs it does not say: it is told to stop, which harms none that stands.
        if !pump.lacks().is_empty() && !pump.lacks().has(Lack::MAKE_SAFE) {
            pump.ask_to_stop().await?;
        }
        return Ok(Volume(0));
    }
    let began = pump.now();
    let limit = pump.rig().limits.settle;
    let mut past = Past {
        deadline: pump.after(limit),
        case,
        found: Vec::new(),
        did: Vec::new(),
        pump,
    };
    let found = past.status().await?;
    past.found = found.left();
    past.can_be_settled(&found)?;
    past.stop(&found).await?;
    past.start_anew().await?;
    past.bring_to_begin().await?;
    past.clear_alarms().await?;
    past.stop_anew(&found).await?;
    let waited = past.wait_out().await?;
    past.clear_alarms().await?;
    past.start_anew().await?;
    // The time in which it was stopped is a part of what was waited for.
    if !waited {
        past.stop_anew(&found).await?;
    }
    let left = past.status().await?;
    if let Some(why) = unsettled(&left) {
        return Err(past.cannot(&why)?);
    }
    let waited = Span(past.pump.now().0.saturating_sub(began.0));
    if waited.0 >= AGAIN.0 {
        past.did.push(format!("{waited} passed"));
    }
    past.note()?;
    // From here on volumes count: the first dose entry may be hours away.
    if can_say(pump, &Request::Totals) {
        pump.request(&Request::Totals).await?;
    }
    Ok(Volume(left.number("reservoir").unwrap_or(0)))
}

/// Where nobody waits for it, a case begins at a whole hour of the pump's own time: on a new pump behind a slow line as well, so that what the pump does each hour
/// comes at the same time of every run.
pub(super) async fn come_to_whole_hour(pump: &mut Exchange<'_>) -> Result<(), Stopped> {
    let now = pump.now();
    let is_granted = pump.rig().timing.0.is_none();
    let (true, Some(pump_t)) = (is_granted, pump.listening().pump_time(now)) else {
        return Ok(());
    };
    let rest = WHOLE - pump_t.0.rem_euclid(WHOLE);
    pump.pass_time(pump.after(Span(rest % WHOLE))).await
}

/// A past that is being settled.
struct Past<'p, 'a> {
    pump: &'p mut Exchange<'a>,
    case: &'p Case,
    /// Until then, scenario time, what passes by itself is waited for.
    deadline: Span,
    found: Vec<String>,
    did: Vec<String>,
}

impl Past<'_, '_> {
    async fn status(&mut self) -> Result<Known, Stopped> {
        match self.pump.request(&Request::Status).await? {
            RequestEnd::Ok { fields } => Ok(Known(fields)),
            _ => Err(self.cannot("the pump does not say how it is")?),
        }
    }

    fn note(&mut self) -> Result<(), Stopped> {
        let (found, did) = (std::mem::take(&mut self.found), std::mem::take(&mut self.did));
        Ok(self.pump.note(Body::Past { found, did })?)
    }

    /// Notes what was done, and why the case cannot begin.
    fn cannot(&mut self, why: &str) -> Result<Stopped, Stopped> {
        self.note()?;
        self.pump.note(Body::RigTrouble {
            code: Some(TroubleCode::of("pump-past")),
            what: format!("set-up: {why}"),
        })?;
        Ok(Stopped::Setup(why.to_owned()))
    }

    /// Asks for something that may be refused where nothing is to be done.
    async fn ask(&mut self, request: &Request, did: &str) -> Result<(), Stopped> {
        if can_say(request, self.pump.rig().profile()).is_ok()
            && matches!(self.pump.request(request).await?, RequestEnd::Ok { .. })
        {
            self.did.push(did.to_owned());
        }
        Ok(())
    }

    /// Some cases are for a new pump alone.
    fn can_be_settled(&mut self, found: &Known) -> Result<(), Stopped> {
        let why = if self.case.prescription.is_none() && !found.is("mode", &["none"]) {
            "the case begins without a prescription, and the pump has one, which it does not give up: take a pump that was never programmed"
        } else if self.case.steps.iter().any(Step::is_by_chance) {
            "a fault of this case acts on one stroke or byte in so many, and which ones depends on all that happened since the pump's first power: take a new pump"
        } else {
            return Ok(());
        };
        Err(self.cannot(why)?)
    }

    /// Therapy is stopped before anything else, and a session closed.
    async fn stop(&mut self, found: &Known) -> Result<(), Stopped> {
        if found.delivers() {
            // The pump answers from memory what it takes for the last request of a run before this one, sent again.
            self.pump.line_is_back();
            let done = end_therapy(self.pump).await;
            self.did.extend(done.did);
            // An interrupt shows here.
            self.status().await?;
            if !done.failed.is_empty() {
                return Err(self.cannot(&done.failed.join("; "))?);
            }
        }
        // As above: what comes first changes nothing that stays.
        let seldom = Request::LogEvery { interval: SELDOM };
        for request in [seldom, Request::ReportTones { on: false }] {
            if can_say(&request, self.pump.rig().profile()).is_ok() {
                self.pump.request(&request).await?;
            }
        }
        if !found.is("session", &["none"]) {
            self.ask(&Request::Abort, "session aborted").await?;
        }
        if found.word("mode") == "none" {
            // It never had a prescription, and so nothing moves.
            return Ok(());
        }
        let rest = if self.is_granted() { REST_GRANTED } else { REST };
        self.pump.pass_time(self.pump.after(rest)).await
    }

    fn is_granted(&mut self) -> bool {
        self.pump.rig().timing.0.is_none()
    }

    /// Where nobody waits for it, and a probe can, the firmware starts at a whole hour of the pump's own time, as on a new pump: with it ends what is under way
    /// and stands in no lasting memory, such as part of a stroke, a minute, a stall. What lasts is left to the line.
    async fn start_anew(&mut self) -> Result<(), Stopped> {
        come_to_whole_hour(self.pump).await?;
        if self.is_granted() && self.pump.rig().capabilities().contains(&Capability::RunControl) {
            self.pump.rig().reset()?;
            self.did.push("core reset by the probe".to_owned());
            self.pump.settle().await?;
        }
        Ok(())
    }

    /// The time for which a pump was stopped counts as well, and ends only where it delivers. One that never had a prescription was not stopped yet.
    async fn stop_anew(&mut self, found: &Known) -> Result<(), Stopped> {
        if found.word("mode") != "none" {
            self.ask(&Request::MinimumRate, "minimum rate").await?;
            self.ask(&Request::Stop, "stopped anew").await?;
        }
        Ok(())
    }

    /// Prescription and content of the case, without which alarms and what counts by a prescription do not end; it is brought once more behind the past, for the
    /// case's own books. The content is never below what the prescription in force calls low, if it can be avoided: more is filled in before
    /// it is programmed, and less after it.
    async fn bring_to_begin(&mut self) -> Result<(), Stopped> {
        let held = self.status().await?.number("reservoir").unwrap_or(0);
        let refill = self.case.reservoir.map(|added| Request::Refill {
            removed: Some(Volume(held)),
            added,
        });
        let program = self.case.prescription.as_ref().map(|prescription| Request::Program {
            prescription: Box::new(prescription.clone()),
            cut_after: None,
        });
        let more = self.case.reservoir.is_some_and(|added| added.0 >= held);
        let order = if more { [refill, program] } else { [program, refill] };
        for request in order.into_iter().flatten() {
            let did = format!("`{}` carried out", request.verb());
            self.ask(&request, &did).await?;
        }
        Ok(())
    }

    /// Waits for what the pump remembers of boluses: their lockout, and their share of a window. Tells whether it did.
    async fn wait_out(&mut self) -> Result<bool, Stopped> {
        let need = memory_of(self.case);
        if need.0 == 0 || !self.has_given().await? {
            return Ok(false);
        }
        let until = self.pump.after(Span(need.0.saturating_add(BEHIND.0)));
        if until > self.deadline {
            let limit = self.pump.rig().limits.settle;
            let why = format!(
                "what the pump gave before still counts for {need} (lockout, window or interval of the case), and `settle` in the rig file is {limit}; wait, power the pump anew, raise `settle`, or leave it out and add `--yes`"
            );
            return Err(self.cannot(&why)?);
        }
        self.pump.pass_time(until).await?;
        self.did.push(format!("waited {need} for lockout, window or interval"));
        Ok(true)
    }

    /// Whether it ever gave anything.
    async fn has_given(&mut self) -> Result<bool, Stopped> {
        if can_say(&Request::Totals, self.pump.rig().profile()).is_err() {
            return Ok(true);
        }
        let RequestEnd::Ok { fields } = self.pump.request(&Request::Totals).await? else {
            return Ok(true);
        };
        let total = Known(fields);
        Ok(total.number("total") != Some(0))
    }

    /// Clears what sounds, also what must pass first: at the minimum rate, since a stall ends with a stroke that moves.
    async fn clear_alarms(&mut self) -> Result<(), Stopped> {
        let mut apart = AGAIN;
        loop {
            for alarm in self.status().await?.alarms() {
                let did = format!("alarm {alarm} cleared");
                self.ask(&Request::ClearAlarm { alarm }, &did).await?;
            }
            let known = self.status().await?;
            let again = self.pump.after(apart);
            // A battery that is at its end stays so.
            if known.alarms().is_empty() || again > self.deadline || !known.is("life", &["ok"]) {
                return match known.delivers() {
                    true => self.ask(&Request::Stop, "stopped").await,
                    false => Ok(()),
                };
            }
            if !known.delivers() {
                self.ask(&Request::MinimumRate, "minimum rate").await?;
            }
            self.pump.pass_time(again).await?;
            apart = Span(apart.0.saturating_mul(2)).min(AGAIN_MOST);
        }
    }
}

/// Why the case cannot begin.
fn unsettled(left: &Known) -> Option<String> {
    let alarms = left.alarms().join(", ");
    if left.delivers() {
        Some("the pump does not stay stopped".to_owned())
    } else if !left.is("life", &["ok"]) {
        let life = left.word("life");
        Some(format!(
            "the pump's battery is at its end (life {life}): take another pump"
        ))
    } else if !alarms.is_empty() {
        Some(format!(
            "old alarms stay: {alarms}; remove their cause, or power the pump anew"
        ))
    } else {
        None
    }
}

/// For how long set-up waits at most, until what a pump gave before counts no more for this case.
#[must_use]
pub fn remembered(case: &Case) -> Span {
    match memory_of(case) {
        Span(0) => Span(0),
        need => Span(need.0.saturating_add(BEHIND.0)),
    }
}

/// For how long a pump remembers what the case asks it to hold itself to.
fn memory_of(case: &Case) -> Span {
    let of_steps = case.steps.iter().map(memory_of_step);
    let own = case.prescription.iter().map(memory_of_rx);
    of_steps.chain(own).max().unwrap_or(Span(0))
}

fn memory_of_step(step: &Step) -> Span {
    match &step.action {
        Action::Do {
            request: Request::Program { prescription, .. } | Request::Stage { prescription },
            ..
        } => memory_of_rx(prescription),
        Action::Repeat { steps, .. } => steps.iter().map(memory_of_step).max().unwrap_or(Span(0)),
        _ => Span(0),
    }
}

fn memory_of_rx(rx: &Prescription) -> Span {
    let patient = rx
        .patient_bolus
        .map_or(Span(0), |bolus| bolus.lockout.max(bolus.window).max(DAY));
    match rx.mode {
        Mode::Periodic { interval, .. } => patient.max(interval),
        _ => patient,
    }
}
