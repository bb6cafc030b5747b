//! What is kept of a journal's file, to prove later that it is the same.

/// What a journal's file was when it was judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// Bytes.
    pub bytes: u64,
    /// SHA-256 of the whole file, hex.
    pub sha256: String,
    /// The last hash of its chain, hex; `None` where it breaks off in the middle of a line.
    pub chain: Option<String>,
}
