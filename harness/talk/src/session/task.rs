//! What waits to be done on the line.

use super::exchange::Exchange;
use super::hear::Missing;
use super::job::Job;
use super::request::RequestId;
use crate::device::Profile;
use std::collections::VecDeque;

/// Jobs of the session's own that wait at most: for each thing that a pump counts one that reads back what was jumped over, which takes in what else is
/// missing until it begins, and one that catches up.
const RECOVERIES_MAX: usize = 4;

/// A job and who waits for it; `None`: the session itself.
#[derive(Debug)]
pub(super) struct Task {
    pub id: Option<RequestId>,
    pub job: Job,
    /// It is asked every so often: it is said once, and what comes of it belongs to no step.
    pub is_poll: bool,
}

impl Task {
    /// One of the session itself.
    fn own(job: Job) -> Self {
        Self {
            id: None,
            job,
            is_poll: false,
        }
    }

    /// Whether what is in flight of it may be said once more. What is asked every so often is not: it has its next time.
    pub fn may_say_again(&self, exchange: &mut Exchange, profile: &Profile) -> bool {
        !self.is_poll && exchange.may_be_said_again(self.job.is_harmless(), profile)
    }
}

/// Jobs that wait, those of the session itself among them.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    tasks: VecDeque<Task>,
    last_id: u64,
}

impl Waiting {
    /// How many wait.
    pub fn len(&self) -> usize {
        self.tasks.len()
    }

    /// Those that somebody asked for come in their order, behind all others.
    pub fn ask(&mut self, job: Job, is_poll: bool) -> RequestId {
        self.last_id = self.last_id.saturating_add(1);
        let id = RequestId(self.last_id);
        debug_assert!(self.tasks.iter().all(|task| task.id < Some(id)), "ids grow");
        let id = Some(id);
        self.tasks.push_back(Task { id, job, is_poll });
        RequestId(self.last_id)
    }

    /// Whether there is room to catch up.
    pub fn can_catch_up(&self) -> bool {
        self.own() <= RECOVERIES_MAX.saturating_sub(2)
    }

    /// Jobs that catch up come behind what was asked for.
    pub fn catch_up(&mut self, jobs: impl Iterator<Item = Job>) {
        self.tasks.extend(jobs.map(Task::own));
    }

    /// Takes more missing numbers into a recovery that has not begun; `false`: none waits.
    pub fn widen(&mut self, missing: &Missing) -> bool {
        let mut own = self.tasks.iter_mut().filter(|task| task.id.is_none());
        own.any(|task| task.job.widen(missing))
    }

    /// Before the requests that wait: their steps are judged by what is missing.
    pub fn recover(&mut self, job: Job) {
        self.tasks.push_front(Task::own(job));
        debug_assert!(
            self.own() <= RECOVERIES_MAX,
            "what is missing while a recovery waits widens it"
        );
    }

    /// The next one.
    pub fn next(&mut self) -> Option<Task> {
        self.tasks.pop_front()
    }

    /// Whether one of the session itself waits.
    pub fn has_own(&self) -> bool {
        self.own() > 0
    }

    fn own(&self) -> usize {
        self.tasks.iter().filter(|task| task.id.is_none()).count()
    }
}
