//! Ending therapy: by the line, else by the probe. *Stopped* is a fact, not a reply: afterwards the pump is asked for its state, and for as long as a stroke
//! took neither the strokes that the probe counts nor the volume that it reports may move.

use super::heard::number;
use super::reach::Reach;
use super::stopped::Stopped;
use pump_hil_model::case::{Request, Verb};
use pump_hil_model::event::Body;
use pump_hil_model::lack::Lack;
use pump_hil_model::quantity::{Span, Volume};
use pump_hil_rig::RigError;
use pump_hil_talk::session::RequestEnd;
use pump_hil_verdict::dose::{CLASSES, STROKE_NL};

/// What a stroke itself may take, beside the time until it is due.
const STROKE_MOVES: Span = Span(2_000);
/// Tries to reach a pump: once as it is, once without a probe that is gone, once on a line that came back.
const TRIES: usize = 3;

/// A pump that cannot be asked how it is answered that it stops.
const NOT_READ_BACK: &str = "whether it stands is not read back: it cannot be asked";

/// What was done, and what could not be.
#[derive(Debug, Default)]
pub(crate) struct Done {
    /// What was done.
    pub did: Vec<String>,
    /// What is not safe; empty is good.
    pub failed: Vec<String>,
}

/// Ends therapy, and sees that it is ended.
pub(crate) async fn end_therapy(pump: &mut impl Reach) -> Done {
    let mut way = Way {
        stroke: pump.heard().stroke(),
        pump,
        done: Done::default(),
    };
    way.go().await;
    way.done
}

/// What the pump made of `stop`.
enum Asked {
    /// It carried this out, in the firmware's word.
    Did(String),
    /// It refused all that would make it safe.
    Refused(String),
    /// Nothing came of it.
    Nothing(String),
    /// Nothing on the line ends its therapy: it was not asked.
    NoWay(String),
}

/// What is seen of a pump that was told to stop.
enum Seen {
    /// It stands, and how that is known.
    Stands(String),
    /// It goes on.
    GoesOn(String),
    /// It cannot be told.
    Unknown(String),
}

/// What can be looked at.
#[derive(Default)]
struct Look {
    state: Option<String>,
    /// What it reports to have given in all, nL; else what it computes to be left.
    reported: Option<i64>,
    /// Strokes, by the probe.
    strokes: Option<u64>,
}

struct Way<'p, P> {
    pump: &'p mut P,
    /// What a stroke took at the rate that ran.
    stroke: Option<Span>,
    done: Done,
}

impl<P: Reach> Way<'_, P> {
    async fn go(&mut self) {
        let asked = self.ask().await;
        if let Asked::NoWay(why) = asked {
            return self.by_probe(why, true).await;
        }
        let by_line = !matches!(asked, Asked::Nothing(_));
        // Of one that knows no `stop` the minimum rate is all that it can be told.
        let minimum = matches!(&asked, Asked::Refused(_)) || self.knows_no_stop();
        let seen = self.seen(by_line, minimum).await;
        let why = match (&asked, seen) {
            (Asked::Did(_), Seen::Stands(how)) => {
                self.done.did.push("stopped therapy".to_owned());
                return self.done.did.push(how);
            }
            (Asked::Refused(_), Seen::Stands(how)) => {
                self.done.did.push("therapy was stopped already".to_owned());
                return self.done.did.push(how);
            }
            // A core that stands, or a motor that waits for its next stroke: the probe can still do something about it.
            (Asked::Nothing(why) | Asked::NoWay(why), Seen::Stands(_) | Seen::Unknown(_)) => why.clone(),
            (Asked::Did(verb), Seen::Unknown(what)) => format!("the pump answered `{verb}`, and {what}"),
            (Asked::Refused(reason), Seen::Unknown(what)) => {
                format!("the pump refused to stop ({reason}), and {what}")
            }
            (asked, Seen::GoesOn(saw)) => self.went_on(asked, saw),
        };
        self.by_probe(why, by_line).await;
    }

    fn knows_no_stop(&mut self) -> bool {
        let lacks = &self.pump.rig().profile().lacks;
        lacks.has(Lack::MAKE_SAFE) || lacks.has_named(Verb::Stop.word())
    }

    /// It was told to stop and goes on: that is a finding, whatever else can be done about it.
    fn went_on(&mut self, asked: &Asked, saw: String) -> String {
        let told = match asked {
            Asked::Did(verb) => format!("the pump answered `{verb}`"),
            Asked::Refused(reason) => format!("the pump refused to stop ({reason})"),
            Asked::Nothing(why) | Asked::NoWay(why) => why.clone(),
        };
        let why = format!("{told}, and {saw}");
        // Of one that said nothing nobody knows that it heard.
        if !matches!(asked, Asked::Nothing(_) | Asked::NoWay(_)) {
            self.pump.take_down(Body::WentOn { told, saw });
        }
        why
    }

    /// Asks it to stop. A probe that is gone, or a line that comes back, does not keep it from being asked.
    async fn ask(&mut self) -> Asked {
        let lacks = &self.pump.rig().profile().lacks;
        if lacks.has(Lack::MAKE_SAFE) {
            return Asked::NoWay(format!("this pump has {}", lacks.told(Lack::MAKE_SAFE)));
        }
        let mut why = String::new();
        for _ in 0..TRIES {
            match self.pump.ask_to_stop().await {
                Ok(RequestEnd::Ok { fields }) => {
                    return Asked::Did(fields.get("did").cloned().unwrap_or_default());
                }
                Ok(RequestEnd::Refused { reason, .. }) => return Asked::Refused(reason),
                Ok(_) => return Asked::Nothing("the pump did not answer `stop`".to_owned()),
                Err(Stopped::Rig(RigError::Probe(error))) => {
                    self.pump.rig().way_out().forget_probe();
                    self.done.did.push(format!("went on without the probe ({error})"));
                    why = error.to_string();
                }
                Err(Stopped::Rig(error @ RigError::Link(_))) => match self.is_back().await {
                    Ok(()) => why = error.to_string(),
                    Err(absent) => {
                        why = self.broke(Stopped::Rig(error)) + &absent;
                        break;
                    }
                },
                Err(error) => {
                    why = self.broke(error);
                    break;
                }
            }
        }
        Asked::Nothing(format!("`stop` could not be sent: {why}"))
    }

    /// Waits for the line to be back; else why it is not, where there is more to be told than that it is gone. Not where this program may not speak any more.
    async fn is_back(&mut self) -> Result<(), String> {
        let mut out = self.pump.rig().way_out();
        if out.may_speak().is_err() {
            return Err(String::new());
        }
        match out.line_back().await {
            Ok(gone) => {
                self.pump.line_is_back();
                self.done.did.push(format!("waited {gone} for the line, which is back"));
                Ok(())
            }
            Err(error @ RigError::Link(_)) => Err(format!("; and it did not come back ({error})")),
            Err(_) => Err(String::new()),
        }
    }

    /// What broke. QEMU that ends over it leaves no hazard, but no verdict either.
    fn broke(&mut self, stopped: Stopped) -> String {
        let Stopped::Rig(error) = stopped else {
            return stopped.to_string();
        };
        let error = self.pump.rig().explain(error);
        if self.pump.rig().is_gone() {
            self.pump.rig_broke(&error);
        }
        error.to_string()
    }

    /// What the line could not do, the probe may.
    async fn by_probe(&mut self, why: String, by_line: bool) {
        let (did, failed) = self.pump.rig().go_safe();
        let seen = if did.is_empty() {
            None
        } else {
            Some(self.seen(by_line, true).await)
        };
        match seen {
            Some(Seen::Stands(how)) => {
                self.done.did.push(why);
                self.done.did.extend(did);
                self.done.did.push(how);
            }
            // The probe has done it, and nothing is left that could tell.
            Some(Seen::Unknown(_)) if failed.is_empty() => {
                self.done.did.push(why);
                self.done.did.extend(did);
            }
            Some(Seen::GoesOn(saw)) => self.not_safe(&format!("{why}; by the probe: {}; {saw}", did.join(", "))),
            Some(Seen::Unknown(_)) | None => self.not_safe(&format!("{why}, and no probe could make it safe")),
        }
        self.done.failed.extend(failed);
    }

    fn not_safe(&mut self, why: &str) {
        let heard = self.pump.heard().state.as_deref();
        let heard = heard.map_or(String::new(), |state| format!(" (last heard of: {state})"));
        let emulated = self.pump.rig().way_out().is_emulated();
        if emulated && self.pump.rig().profile().lacks.has(Lack::MAKE_SAFE) {
            // Nobody expected that it could be told to stop.
            return self
                .done
                .did
                .push(format!("{why}; it is emulated, and ends with this run"));
        }
        let what = if emulated {
            format!("{why}; it is emulated, and ends with this run{heard}")
        } else {
            format!("{why}: SWITCH THE PUMP OFF BY HAND{heard}")
        };
        self.done.failed.push(what);
    }

    /// Watches the pump for as long as a stroke took. `minimum`: it may be at its minimum rate.
    async fn seen(&mut self, by_line: bool, minimum: bool) -> Seen {
        match self.watch(by_line, minimum).await {
            Ok(seen) => seen,
            Err(error) => Seen::Unknown(format!("then the rig broke: {error}")),
        }
    }

    async fn watch(&mut self, by_line: bool, minimum: bool) -> Result<Seen, Stopped> {
        let limit = self.pump.rig().way_out().watch();
        let due = self.stroke.map(|stroke| Span(stroke.0.saturating_add(STROKE_MOVES.0)));
        let span = due.map_or(limit, |due| due.min(limit));
        // A rate that is the least it has is two strokes at most in a time in which one is due.
        let most = if self.knows_no_stop() { 2 * STROKE_NL } else { STROKE_NL };
        let tells = by_line && self.pump.rig().profile().requests.contains_key(&Verb::Status);
        let mut before = self.look(by_line).await?;
        if !by_line && before.strokes.is_none() {
            return Ok(Seen::Unknown("nothing shows whether it has stopped".to_owned()));
        }
        // Twice at most: a stroke that was under way when the pump was told to stop is finished, and none comes behind it.
        for last in [false, true] {
            if let Some(seen) = wrong_state(&before, tells, minimum) {
                return Ok(seen);
            }
            self.pump.pass(span).await?;
            let after = self.look(by_line).await?;
            if let Some(seen) = wrong_state(&after, tells, minimum) {
                return Ok(seen);
            }
            match moved(&before, &after) {
                None if tells => return Ok(Seen::Stands(words(&after, "it tells no volume"))),
                // That it answered is all that there is; one that refused did not even say that it would.
                None if by_line && !minimum => return Ok(Seen::Stands(NOT_READ_BACK.to_owned())),
                None => return Ok(Seen::Unknown("nothing shows whether it has stopped".to_owned())),
                Some(0) => return Ok(Seen::Stands(words(&after, &not_shown(span, due)))),
                Some(nl) if nl <= STROKE_NL && !last => before = after,
                Some(nl) if nl <= most && at_minimum(&after, by_line && !tells && minimum) => {
                    return Ok(Seen::Stands(words(&after, &not_shown(span, due))));
                }
                Some(nl) => return Ok(Seen::GoesOn(format!("moved {} within {span}", Volume(nl)))),
            }
        }
        Ok(Seen::Unknown("nothing shows whether it has stopped".to_owned()))
    }

    async fn look(&mut self, by_line: bool) -> Result<Look, Stopped> {
        let mut look = Look::default();
        if by_line {
            let says = self.pump.rig().profile().requests.contains_key(&Verb::Status);
            if says && let RequestEnd::Ok { fields } = self.pump.ask(&Request::Status).await? {
                look.state = fields.get("state").cloned();
                look.reported = number(&fields, "reservoir");
            }
            let tells = self.pump.rig().profile().requests.contains_key(&Verb::Totals);
            if tells && let RequestEnd::Ok { fields } = self.pump.ask(&Request::Totals).await? {
                let classes = CLASSES.iter().map(|class| number(&fields, class));
                let sum = classes.into_iter().try_fold(0_i64, |sum, nl| sum.checked_add(nl?));
                look.reported = sum.or(look.reported);
            }
        }
        look.strokes = match self.pump.rig().sample() {
            Ok(sample) => sample.map(|sample| sample.strokes),
            // Here and now only the line is left to tell.
            Err(_) => None,
        };
        Ok(look)
    }
}

/// What is wrong with what the pump says of its state; nothing where it may be so.
fn wrong_state(look: &Look, by_line: bool, minimum: bool) -> Option<Seen> {
    match look.state.as_deref() {
        Some("stopped") => None,
        Some("minimum-rate") if minimum => None,
        Some(state) => Some(Seen::GoesOn(format!("says that its state is {state}"))),
        None if by_line => Some(Seen::Unknown("does not say its state".to_owned())),
        None => None,
    }
}

/// Whether what moves may be the minimum rate: the pump says so, or it cannot, and that is all that it may be at.
fn at_minimum(look: &Look, may_be: bool) -> bool {
    look.state.as_deref() == Some("minimum-rate") || (may_be && look.state.is_none())
}

/// Volume that was moved in between, whoever tells of more; `None` where nobody tells.
fn moved(before: &Look, after: &Look) -> Option<i64> {
    let reported = before.reported.zip(after.reported);
    let reported = reported.map(|(before, after)| after.saturating_sub(before).saturating_abs());
    let strokes = before.strokes.zip(after.strokes);
    let strokes = strokes.map(|(before, after)| {
        let count = i64::try_from(after.abs_diff(before)).unwrap_or(i64::MAX);
        count.saturating_mul(STROKE_NL)
    });
    reported.max(strokes)
}

/// For how long it was watched, and what that could not show.
fn not_shown(span: Span, due: Option<Span>) -> String {
    match due {
        Some(due) if due <= span => format!("nothing moved within {span}"),
        Some(due) => format!("nothing moved within {span}, but at the rate that ran a stroke takes {due}"),
        None => format!("nothing moved within {span}, but no rate was heard of"),
    }
}

fn words(look: &Look, watched: &str) -> String {
    match &look.state {
        Some(state) => format!("it says {state}, and {watched}"),
        None if look.strokes.is_some() => format!("by the probe {watched}"),
        None => watched.to_owned(),
    }
}
