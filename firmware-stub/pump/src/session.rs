//! A programming session: fields are staged, read back, and committed all at once, while the old prescription goes on.

use crate::calendar::DAY_S;
use crate::check;
use crate::command::{Done, Field, Refusal, Reply};
use crate::defects::Defect;
use crate::field_text;
use crate::nv::{Nv, Slot};
use crate::prescription::{IMAGE_MAX, Key, Prescription, Session};
use crate::pump::Pump;
use crate::record::What;
use crate::schedule;
use crate::units::{DAY_MS, Millis, NEVER};
use crate::vocabulary::{AlarmId, BolusEnd, Cause, Code, DoseCause, Mode, RefusedVerb, SessionIs, State};

impl<N: Nv> Pump<N> {
    #[inline(never)] // As for `write_draft`.
    pub(crate) fn session_begin(&mut self) -> Reply {
        if self.session.is_some() {
            return Err(Refusal::new(Code::SessionOpen));
        }
        self.session = Some(Session {
            draft: Prescription::default(),
            touched: self.now,
        });
        self.event(What::Session { is: SessionIs::Open });
        self.wake_up();
        Ok(Done::Ok)
    }

    pub(crate) fn stage(&mut self, field: Field) -> Reply {
        let Some(session) = &mut self.session else {
            return Err(Refusal::new(Code::NoSession));
        };
        session.touched = self.now;
        check::stage(&mut session.draft, field, &self.settings)?;
        self.drop_alarm(AlarmId::SessionIdle);
        self.wake_up();
        Ok(Done::Ok)
    }

    /// Stages the fields of one line: all of them, or none and the first refusal.
    ///
    /// # Errors
    /// The refusal of the first field that is not allowed; nothing of the line is staged then.
    pub fn stage_all(&mut self, now: Millis, fields: &[Field]) -> Reply {
        self.requested(now);
        let reply = self.stage_all_or_none(fields);
        self.log_refusal(RefusedVerb::Stage, &reply);
        self.save_if_needed();
        reply
    }

    #[inline(never)] // The copy of the draft must not lie in the frame that saves the state afterwards.
    fn stage_all_or_none(&mut self, fields: &[Field]) -> Reply {
        let before = self.session.as_ref().map(|session| session.draft.clone());
        let reply = fields.iter().try_fold(Done::Ok, |_, &field| self.stage(field));
        if reply.is_err()
            && let (Some(session), Some(draft)) = (&mut self.session, before)
        {
            session.draft = draft;
        }
        reply
    }

    pub(crate) fn abort(&mut self) -> Reply {
        if self.session.is_none() {
            return Err(Refusal::new(Code::NoSession));
        }
        self.end_session(SessionIs::Aborted);
        Ok(Done::Ok)
    }

    fn end_session(&mut self, is: SessionIs) {
        let Some(session) = self.session.take() else { return };
        if self.defect(Defect::StalePrescriptionAfterAbort)
            && let Some(rate) = session.draft.get(Key::Rate)
            && let Some(in_force) = &mut self.in_force
        {
            in_force.rx.set(Key::Rate, rate);
            self.apply_rate();
        }
        self.event(What::Session { is });
        self.drop_alarm(AlarmId::SessionIdle);
        self.wake_up();
    }

    /// When an idle session is next looked at.
    pub(crate) fn session_due(&self) -> u64 {
        let alerted = self.has_alarm(AlarmId::SessionIdle);
        let after = if alerted {
            self.settings.session_clear_ms
        } else {
            self.settings.session_alert_ms
        };
        self.session
            .as_ref()
            .map_or(NEVER, |session| session.touched.saturating_add(after))
    }

    /// A session that nobody goes on with first complains and is then cleared.
    pub(crate) fn check_session(&mut self) {
        let Some(idle_ms) = self
            .session
            .as_ref()
            .map(|session| self.now.saturating_sub(session.touched))
        else {
            return;
        };
        if idle_ms >= self.settings.session_clear_ms {
            self.end_session(SessionIs::TimedOut);
        } else if idle_ms >= self.settings.session_alert_ms {
            self.raise(AlarmId::SessionIdle);
        }
    }

    /// Commits the staged fields. The write of copy A is the instant at which the new prescription holds: cut off before it, the old one is whole in both
    /// copies; cut off after it, boot finds A newer and completes B.
    pub(crate) fn commit(&mut self, crc32: u32) -> Reply {
        let Some(session) = &self.session else {
            return Err(Refusal::new(Code::NoSession));
        };
        let staged = field_text::crc32(session.draft.fields(), self.settings.library);
        if staged != crc32 && !self.defect(Defect::CommitWithoutCrcCheck) {
            return Err(Refusal::new(Code::CrcMismatch));
        }
        check::whole(&session.draft, &self.settings)?;
        let seq = self
            .in_force
            .as_ref()
            .map_or(0, |in_force| in_force.seq)
            .wrapping_add(1);
        let window_s = session.draft.window_s();
        self.write_draft(seq)?;
        if self.degraded {
            self.raise(AlarmId::LogWriteFailed);
        }
        // Under the old prescription, so that its last entry names the rate and the mode that it ran beside.
        self.end_bolus(BolusEnd::Stopped);
        self.rebuild_window(window_s);
        // Into its place by reference: a copy of a prescription on the stack is a tenth of a small processor's stack.
        self.make_room();
        if let (Some(session), Some(in_force)) = (&self.session, &mut self.in_force) {
            in_force.rx.clone_from(&session.draft);
        }
        self.come_into_force(seq);
        self.session = None;
        self.event(What::Session {
            is: SessionIs::Committed,
        });
        self.drop_alarm(AlarmId::SessionIdle);
        self.event(What::Rx { crc32: staged });
        self.resume_after_commit();
        Ok(Done::Ok)
    }

    /// Stores the staged fields in both copies; the old ones stay where the first refuses.
    #[inline(never)] // Its buffer must not lie in the frame of all other commands.
    fn write_draft(&mut self, seq: u32) -> Result<(), Refusal> {
        let Some(session) = &self.session else { return Ok(()) };
        let mut image = [0; IMAGE_MAX];
        let Some(len) = session.draft.encode(seq, &mut image) else {
            return Err(Refusal::new(Code::NoSpace));
        };
        let record = image.get(..len).unwrap_or_default();
        if self.nv.write(Slot::PrescriptionA, record).is_err() {
            return Err(Refusal::new(Code::WriteFailed));
        }
        self.degraded = self.nv.write(Slot::PrescriptionB, record).is_err();
        Ok(())
    }

    /// What is decoded in `in_force` is what to work by from now on.
    pub(crate) fn come_into_force(&mut self, seq: u32) {
        let Some(in_force) = &mut self.in_force else { return };
        in_force.seq = seq;
        in_force.len = in_force.rx.encode(seq, &mut in_force.image.0).unwrap_or(0);
        in_force.crc32 = field_text::crc32(in_force.rx.fields(), self.settings.library);
        in_force.most_programmed_nl = schedule::most_programmed_nl(&in_force.rx, in_force.rx.window_s());
    }

    /// The window of a new prescription: one of the same length goes on, another starts with the most that can have been given in it.
    fn rebuild_window(&mut self, window_s: u64) {
        let (now, state) = (self.now, &mut self.state);
        let mut before = self.programmed.sum_nl(now);
        if let Some(old) = &self.in_force {
            let idle = state.stopped_since.is_some_and(|since| since + DAY_MS <= now);
            if state.strokes > 0 && !idle {
                let most = schedule::most_programmed_nl(&old.rx, DAY_S) as u32;
                state.earlier_nl = state.earlier_nl(now).saturating_add(most);
                state.earlier_until = Some(now + DAY_MS);
            }
            if window_s == old.rx.window_s() {
                return;
            }
            if before > 0 {
                before = before.max(schedule::most_programmed_nl(&old.rx, window_s));
            }
        }
        self.programmed.begin(window_s, now);
        if before > 0 {
            self.programmed.assume(now, before);
        }
        self.window_unsure = true;
    }

    /// A new prescription ends what hung on the old one and restarts the basal if it ran.
    fn resume_after_commit(&mut self) {
        self.state.trial_start = None;
        self.state.trial_nl = 0;
        self.state.trial_spent = false;
        self.state.carry = [0; 5];
        self.drop_alarm(AlarmId::TrialEnded);
        self.unsaved = true;
        let by_prescription = matches!(self.state.minimum_cause, Some(Cause::DoseLimit | Cause::Prescription));
        match self.state.state {
            State::Stopped => {
                if self.state.stopped_since.is_none() {
                    self.state.stopped_since = Some(self.now);
                }
            }
            State::MinimumRate if !by_prescription => {}
            State::Running | State::MinimumRate => {
                self.state.trial_start = Some(self.now);
                self.drop_alarm(AlarmId::DoseLimit);
                self.go_by_prescription(Cause::Prescription);
                self.apply_rate();
                if self.mode() != Mode::None {
                    self.entry(DoseCause::Rate);
                }
            }
        }
        self.wake_up();
    }
}
