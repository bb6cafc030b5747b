//! Why bytes are no frame.

use super::number::Number;

/// Why bytes are no frame, or no message. The first that does not hold is told: length, bytes, form, check, and then what the message says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    /// Beyond the limit; thrown away up to its end.
    #[error("a line of {len} bytes, beyond the limit of {max}")]
    TooLong {
        /// Bytes without the end.
        len: usize,
        /// The limit of the profile.
        max: usize,
    },
    /// A byte that is not printable ASCII.
    #[error("byte {byte:#04x} at {at} is not printable ASCII")]
    Unprintable {
        /// The byte.
        byte: u8,
        /// Its place.
        at: usize,
    },
    /// A part is missing, or is another.
    #[error("{0}")]
    Form(String),
    /// Something stands where nothing may.
    #[error("more bytes than the frame has parts")]
    Behind,
    /// The length cannot be.
    #[error("its length says {said}, which cannot be")]
    Length {
        /// What it says.
        said: i128,
    },
    /// The check is another one.
    #[error("the check says {said:04X}, its bytes give {computed:04X}")]
    Check {
        /// In the frame.
        said: u64,
        /// Of its bytes.
        computed: u64,
    },
    /// What stands for other bytes does not.
    #[error("{0}")]
    Stuffing(&'static str),
    /// Nothing more came of it.
    #[error("the rest of it did not come in time")]
    Unfinished,
    /// None of what frames begin with.
    #[error("bytes that begin no frame")]
    NoBegin,
    /// A field of the header has no value.
    #[error("`{0}` has no value")]
    Open(String),
    /// The frame is whole, and no message of the profile says this.
    #[error("{0}")]
    Message(String),
}

impl Wrong {
    /// What should be a number is none, or does not fit.
    pub(super) fn number(what: &str, number: &Number) -> Self {
        Self::Form(format!("{what} is not {}", number.what()))
    }
}
