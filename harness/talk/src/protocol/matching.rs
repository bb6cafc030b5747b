//! How a reply is known to be one of a request.

/// How a reply is known to be one of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Matching {
    /// A field holds the number of the request.
    Field {
        /// Its name.
        field: String,
        /// The first number.
        from: u64,
        /// The last one, behind which the first comes again.
        to: u64,
        /// What stands there where the device could not read who asked.
        unread: Option<u64>,
    },
    /// By what it is.
    Kind,
    /// What comes next answers what was asked.
    Order,
    /// Nothing is answered.
    Never,
}
