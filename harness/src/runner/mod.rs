//! Plays one case on one rig: performs the steps, lets time pass, writes down everything that happens, and leaves the pump safe.
//!
//! The runner decides nothing about the pump. It asks the [`Judge`](pump_hil_verdict::judge::Judge) when a waiting `expect` has come true, so that it knows when
//! to go on; the verdict is made afterwards from the journal alone.
//!
//! Each part knows those before it: `record` (the one door of events), `refusal` (what a pump says of a prescription that it refuses), `recorded` (the rig with its record), `post_mortem` and `watched` (what is looked
//! at in the pump), `listen` (what the pump must say unasked), `polls` (what it is asked every so often), `promises` (what must come by itself, and when it is looked for), `weigher` (a balance beside the pump), `unprompted` (all of these), `standstill`, `exchange` (bytes to and fro while time passes), `armed` (faults), `at_rest` (what is read beside the line before it is compared), `past`, `setup`, `steps` and `leave_safe`.

mod armed;
mod at_rest;
mod exchange;
mod leave_safe;
mod listen;
mod past;
mod polls;
mod post_mortem;
mod promises;
mod record;
mod recorded;
mod refusal;
mod setup;
mod standstill;
mod steps;
mod unprompted;
mod watched;
mod weigher;

pub use crate::safety::Stopped;
pub use leave_safe::Left;
pub use past::remembered;

use crate::interrupt::Interrupt;
use crate::journal;
use armed::Armed;
use exchange::Exchange;
use leave_safe::WayToSafety;
use pump_hil_model::case::{Case, Request};
use pump_hil_model::event::{Body, Event};
use pump_hil_model::lack::Lack;
use pump_hil_rig::{InstrumentAt, Rig};
use record::Record;
use recorded::RecordedRig;
use std::collections::BTreeMap;
use std::path::Path;
use steps::Steps;

/// One case on one rig.
pub struct Runner<'a> {
    case: &'a Case,
    pump: Exchange<'a>,
    armed: Armed,
    /// What an earlier run left.
    earlier: Option<String>,
    /// The journal, beside which a guard writes what it did.
    guarded: Option<&'a Path>,
    balance: Option<InstrumentAt>,
}

impl<'a> Runner<'a> {
    /// A runner that has not begun yet. `accepted` is what the journal's header has; `onward` hears each event once journal and judge have it.
    pub fn new(
        case: &'a Case,
        accepted: Option<String>,
        rig: Rig,
        journal: journal::Writer,
        interrupt: Interrupt,
        onward: &'a mut dyn FnMut(&Event),
    ) -> Self {
        let record = Record::new(case, accepted, journal, onward);
        Self {
            case,
            pump: Exchange::new(RecordedRig::new(rig, record), interrupt),
            armed: Armed::default(),
            earlier: None,
            guarded: None,
            balance: None,
        }
    }

    /// An earlier run on this rig did not come to its end; a guard writes what it does beside this journal; and a balance weighs what leaves the pump.
    pub fn after(&mut self, earlier: Option<String>, guarded: Option<&'a Path>, balance: Option<InstrumentAt>) {
        (self.earlier, self.guarded, self.balance) = (earlier, guarded, balance);
    }

    /// Plays the case from set-up to its last step. However it ends, call [`Runner::leave_safe`] next.
    ///
    /// # Errors
    /// [`Stopped`] when the case could not be played to its end.
    pub async fn play(&mut self) -> Result<(), Stopped> {
        let played = match self.play_through().await {
            Err(Stopped::Rig(error)) => Err(Stopped::Rig(self.pump.rig().explain(error))),
            other => other,
        };
        match &played {
            Ok(()) => self.pump.note(Body::Played)?,
            Err(Stopped::Journal(_) | Stopped::Setup(_) | Stopped::Unfit) => {}
            Err(Stopped::Rig(error)) => {
                let (post_mortem, at) = self.pump.post_mortem();
                post_mortem.note_trouble(at, error)?;
            }
            Err(Stopped::Interrupted(by)) => self.pump.note(Body::Interrupted { by: (*by).to_owned() })?,
        }
        played
    }

    async fn play_through(&mut self) -> Result<(), Stopped> {
        if let Some(what) = self.earlier.take() {
            setup::make_safe_first(&mut self.pump, what).await?;
        }
        setup::set_up(&mut self.pump, self.case, self.balance.take()).await?;
        self.pump.watch(&self.case.watch)?;
        let steps = Steps {
            case: self.case,
            pump: &mut self.pump,
            armed: &mut self.armed,
            kept: BTreeMap::new(),
        };
        steps.play().await?;
        self.armed.mend_line(&mut self.pump).await?;
        at_rest::weigh(&mut self.pump).await?;
        // By the host's clock lines may be lost without a fault of the scenario's: the last ones show no gap, and the pump's clock is compared once more.
        let asks = !self.pump.lacks().is_plain();
        if self.pump.rig().timing.0.is_some() && self.pump.listening().answers() && asks {
            if !self.pump.lacks().has(Lack::STATUS) {
                self.pump.request(&Request::Status).await?;
            }
            self.pump.catch_up().await?;
        }
        // Where no entry tells of the dose, what it gave in all is the last word on it.
        let sums = !self.pump.lacks().tells_entries() && !self.pump.lacks().has(Lack::TOTALS);
        if sums && !self.pump.judge().silence_is_excused() {
            self.pump.request(&Request::Totals).await?;
        }
        // What truly happened up to the very end.
        self.pump.at().sample()
    }

    /// Clears faults, stops therapy (by line, else by probe), notes what was done, closes the rig and the journal. Bounded by the session's and the
    /// rig's own limits. `panic` is what the harness said where it broke off in the middle of a step: from there on nothing is judged.
    pub async fn leave_safe(mut self, panic: Option<String>) -> Left {
        let way = WayToSafety::new(self.case, &mut self.pump, self.armed);
        let not_safe = way.go(panic, self.guarded).await;
        Left {
            not_safe,
            journaled: self.pump.close(),
        }
    }
}
