//! What waits to be done on the line.

use super::job::Job;
use super::request::RequestId;

/// Jobs of the session's own that wait at most: for each thing that a pump counts one that reads back what was jumped over, which takes in what else is
/// missing until it begins, and one that catches up.
pub(super) const RECOVERIES_MAX: usize = 4;

/// A job and who waits for it; `None`: the session itself.
#[derive(Debug)]
pub(super) struct Task {
    pub id: Option<RequestId>,
    pub job: Job,
}
