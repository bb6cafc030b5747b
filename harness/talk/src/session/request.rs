//! What a session takes, tells and refuses.

use crate::device::UnitError;
use crate::protocol::EncodeError;
use pump_hil_model::event::{Body, Polled, ReplyFields};
use std::sync::Arc;

/// A request that was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub(super) u64);

/// What a session has to tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionEvent {
    /// For the journal, in order.
    Journal(Body),
    /// A request is over.
    Done {
        /// Which.
        id: RequestId,
        /// How it ended.
        end: RequestEnd,
    },
}

/// How a request ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequestEnd {
    /// Carried out.
    Ok {
        /// Reply fields with their units.
        fields: ReplyFields,
    },
    /// Refused by the pump, or by the harness because what was read back is not what was meant (`read-back-differs`, `log-differs`).
    Refused {
        /// Why.
        reason: String,
        /// Reply fields with their units.
        fields: ReplyFields,
    },
    /// Every try went unanswered.
    NoReply {
        /// How often it was sent.
        tries: u32,
    },
    /// Broken off after so many bytes, as was asked.
    CutOff {
        /// Bytes that were sent.
        sent: u32,
    },
    /// Given up because the pump had to be made safe at once.
    Abandoned,
    /// The harness could not say it.
    NotSent {
        /// Why.
        why: RequestError,
    },
}

impl RequestEnd {
    /// What the journal has of it, where it has anything: of what was cut off, given up or not sent the caller knows.
    pub(super) fn body(&self, verb: &str, request: Option<u64>, is_poll: bool) -> Option<Body> {
        let verb = verb.to_owned();
        let (refused, fields) = match self {
            Self::Ok { fields } => (None, Arc::clone(fields)),
            Self::Refused { reason, fields } => (Some(reason.clone()), Arc::clone(fields)),
            Self::NoReply { .. } if is_poll => return Some(Body::PollLost { verb }),
            Self::NoReply { tries } => return Some(Body::NoReply { verb, tries: *tries }),
            Self::CutOff { .. } | Self::Abandoned | Self::NotSent { .. } => return None,
        };
        Some(if is_poll {
            Body::Polled(Polled {
                verb,
                refused,
                fields,
                request,
            })
        } else {
            Body::Reply {
                verb,
                refused,
                fields,
                request,
            }
        })
    }
}

/// Why a request cannot be said to this pump.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// The profile has no such verb.
    #[error("device `{device}` has no `{verb}`: its profile does not list it under `requests`")]
    NotInProfile {
        /// The device.
        device: String,
        /// The verb.
        verb: &'static str,
    },
    /// An argument has no value.
    #[error("`{verb}` needs `{key}`, and the request leaves it open")]
    Open {
        /// The verb.
        verb: &'static str,
        /// The firmware's key.
        key: String,
    },
    /// A value does not fit the firmware's unit.
    #[error("`{verb}`, `{key}`: {why}")]
    Unit {
        /// The verb.
        verb: &'static str,
        /// The firmware's key.
        key: String,
        /// Why.
        why: UnitError,
    },
    /// The codec cannot carry it.
    #[error("`{verb}`: {why}")]
    Encode {
        /// The verb.
        verb: &'static str,
        /// Why.
        why: EncodeError,
    },
    /// A request with messages of its own cannot be written.
    #[error("`{verb}`: {why}")]
    Say {
        /// The verb.
        verb: String,
        /// Why.
        why: EncodeError,
    },
    /// The profile has no verb of its own with this name.
    #[error("device `{device}` has no `{verb}`: its profile does not list it under `own: verbs`")]
    NotOwn {
        /// The device.
        device: String,
        /// The verb.
        verb: String,
    },
    /// Too many requests wait.
    #[error("{limit} requests wait already, the limit of the device profile; wait for them first")]
    QueueFull {
        /// The limit.
        limit: usize,
    },
}
