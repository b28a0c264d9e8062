//! A text read as it is and as base64.

use crate::base64::Readings;
use crate::index::Index;
use crate::window::{Match, Window};

/// Both readings of a text.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lane {
    plain: Window,
    base64: Readings,
}

/// What was seen, and whether in base64.
pub(crate) type Sighting = (Match, bool);

impl Lane {
    #[inline]
    pub(crate) fn push(&mut self, byte: u8, escaped: bool, end: u64, index: &Index, found: &mut Vec<Sighting>) {
        self.plain.push(byte, escaped, end, index, |seen| found.push((seen, false)));
        self.base64.push(byte, end, index, |seen| found.push((seen, true)));
    }

    /// Takes many bytes, all of them inner characters of base64, of which the first ends at `end`.
    pub(crate) fn push_all(&mut self, bytes: &[u8], end: u64, index: &Index, found: &mut Vec<Sighting>) {
        let end_of = |at: usize| end + at as u64;
        self.plain.push_all(bytes.len(), |at| bytes[at], end_of, index, |seen| found.push((seen, false)));
        self.base64.push_all(bytes, end, index, |seen| found.push((seen, true)));
    }

    pub(crate) fn close(&mut self, found: &mut Vec<Sighting>) {
        self.plain.close(|seen| found.push((seen, false)));
        self.base64.close(|seen| found.push((seen, true)));
    }

    /// Another reading that goes on from here with what is open; this one lets go of it.
    pub(crate) fn fork(&mut self) -> Self {
        Self { plain: self.plain.fork(), base64: self.base64.fork() }
    }

    /// Lets go of what goes on in the other lane.
    pub(crate) fn leave_to(&mut self, other: &Self) {
        self.plain.leave_to(&other.plain);
        self.base64.leave_to(&other.base64);
    }
}
