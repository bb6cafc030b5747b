//! The chain of hashes that runs through a journal.

use sha2::{Digest, Sha256};

/// SHA-256 of `bytes` as lower-case hex: how files are named in headers.
#[must_use]
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes).into())
}

/// A SHA-256 as lower-case hex.
#[must_use]
pub fn hex(hash: &[u8; 32]) -> String {
    let mut out = String::with_capacity(64);
    push_hex(&mut out, hash);
    out
}

pub(super) type Hash = [u8; 32];

pub(super) const MARK: &str = ",\"chain\":\"";
/// What stands between an event and its number.
pub(super) const SEQ: &str = ",\"seq\":";
/// What stands between an event and the line of the pump that says it.
pub(super) const RECEIVED: &str = ",\"received\":";
/// Mark, 64 digits, quote and brace.
pub(super) const SUFFIX: usize = MARK.len() + 64 + 2;

pub(super) fn link(before: &Hash, body: &[u8]) -> Hash {
    let mut hasher = Sha256::new();
    // It needs no mark behind it: its length is fixed, so the two parts cannot be shifted against each other.
    hasher.update(before);
    hasher.update(body);
    hasher.finalize().into()
}

pub(super) fn push_hex(out: &mut String, hash: &Hash) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for byte in hash {
        out.push(char::from(DIGITS[usize::from(byte >> 4)]));
        out.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
}
