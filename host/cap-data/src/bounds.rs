//! Bounds of what is asked and of what is read.

/// Bytes of a key. It is a part of a key of Redis, and stands in the answers of people's tools.
pub(crate) const KEY_BYTES: usize = 128;
/// Bytes of the value of an entry.
pub(crate) const VALUE_BYTES: usize = 64 << 10;
/// Parameters of a text of SQL.
pub(crate) const MOST_PARAMETERS: usize = 32;
/// Bytes of one of them.
pub(crate) const PARAMETER_BYTES: usize = 4 << 10;
/// Rows of an answer.
pub(crate) const MOST_ROWS: usize = 1_000;
/// Columns of a row.
pub(crate) const MOST_COLUMNS: usize = 100;
/// Bytes of all cells of an answer.
pub(crate) const ANSWER_BYTES: usize = 1 << 20;
/// Bytes that a server may send over one connection, whatever they say.
pub(crate) const WIRE_BYTES: u64 = 4 << 20;
/// Milliseconds of one call.
pub(crate) const LONGEST_TIMEOUT: u32 = 60_000;
/// Characters of what a server says about an error.
pub(crate) const SAID: usize = 500;
/// Seconds after which an entry of Redis is gone by itself.
pub(crate) const LIFETIME_SECONDS: u32 = 3_600;
