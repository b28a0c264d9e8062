//! The hash chain: every row's hash covers the row and the hash before it, so that no row can be altered, removed or moved unnoticed.
//!
//! `hash(n) = sha256(hash(n-1), position, at, kind, guest, number, capability, version, class, attempt, digest, summary, outcome, request,
//! answer, bodies)`, every part preceded by its length as 64 bits, numbers little-endian, `hash(0)` 32 zero bytes. Bodies that stand apart are covered by
//! their digest in `bodies`.

use holdpoint_model::Digest;

use crate::Row;

/// The hash before the first row.
pub const START: Digest = Digest([0; 32]);

/// The hash of a row that follows on `before`. `bodies` is the content of the `bodies` column.
pub fn link(before: &Digest, position: u64, row: &Row, bodies: &[u8]) -> Digest {
    Digest::of_parts(&[
        &before.0,
        &position.to_le_bytes(),
        &row.at.to_bits().to_le_bytes(),
        row.kind.word().as_bytes(),
        row.guest.as_bytes(),
        &row.number.to_le_bytes(),
        row.capability.as_bytes(),
        &row.version.to_le_bytes(),
        row.class.map_or("", |class| class.word()).as_bytes(),
        &row.attempt.to_le_bytes(),
        row.digest.as_ref().map_or(&[], |digest| digest.0.as_slice()),
        row.summary.as_bytes(),
        row.outcome.map_or("", |outcome| outcome.word()).as_bytes(),
        row.request.json.as_bytes(),
        row.answer.json.as_bytes(),
        bodies,
    ])
}
