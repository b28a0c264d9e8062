//! A run of base64 as the bytes that it may stand for. Nobody knows where the encoded text began, so it is read from each of four
//! characters: three of these readings are noise, one has the text, wherever in it the canary stands.

use crate::code::NONE;
use crate::index::Index;
use crate::window::{Match, Window};

/// For each byte its six bits, in either alphabet.
static SEXTETS: [u8; 256] = sextets();

const fn sextets() -> [u8; 256] {
    let mut sextets = [NONE; 256];
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut value = 0;
    while value < alphabet.len() {
        sextets[alphabet[value] as usize] = value as u8;
        value += 1;
    }
    sextets[b'-' as usize] = 62;
    sextets[b'_' as usize] = 63;
    sextets
}

/// Whether a byte may stand within a canary in base64. Letters and digits are encoded as letters and digits; of the other characters one
/// can only be at the end, where it is shared with whatever follows.
#[inline]
pub(crate) fn is_inner(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
}

/// The four readings of a run.
#[derive(Debug, Clone, Default)]
pub(crate) struct Readings {
    windows: [Window; 4],
    /// The six bits before, if the run has begun.
    before: Option<u8>,
    /// Which window takes the next byte.
    next: usize,
}

impl Readings {
    #[inline]
    pub(crate) fn push(&mut self, byte: u8, end: u64, index: &Index, mut found: impl FnMut(Match)) {
        let sextet = SEXTETS[usize::from(byte)];
        if sextet == NONE {
            // Lines are broken anywhere, so a break is as if it were not there.
            if !matches!(byte, b'\r' | b'\n') {
                self.close(found);
            }
            return;
        }
        if let Some(before) = self.before {
            // Twelve bits; a byte ends in each of three readings.
            let bits = u16::from(before) << 6 | u16::from(sextet);
            for shift in [4, 2, 0] {
                self.windows[self.next].push((bits >> shift) as u8, false, end, index, &mut found);
                self.next = (self.next + 1) % 4;
            }
        }
        self.before = Some(sextet);
        if !is_inner(byte) {
            self.close(found);
        }
    }

    /// Takes many inner characters, of which the first ends at `end`.
    pub(crate) fn push_all(&mut self, bytes: &[u8], end: u64, index: &Index, mut found: impl FnMut(Match)) {
        let [first, .., last] = bytes else {
            bytes.iter().for_each(|byte| self.push(*byte, end, index, &mut found));
            return;
        };
        self.push(*first, end, index, &mut found);
        // Three bytes end between every two characters, each in the next of the four readings.
        let all = (bytes.len() - 1) * 3;
        for (ahead, window) in (0..4).map(|ahead| (ahead, (self.next + ahead) % 4)) {
            let place = |at: usize| ((ahead + 4 * at) / 3, (ahead + 4 * at) % 3);
            let byte = |at: usize| {
                let (pair, part) = place(at);
                let sextet = |at: usize| u16::from(SEXTETS[usize::from(bytes[at])]);
                ((sextet(pair) << 6 | sextet(pair + 1)) >> (4 - 2 * part)) as u8
            };
            let end = |at: usize| end + 1 + place(at).0 as u64;
            self.windows[window].push_all(all.saturating_sub(ahead).div_ceil(4), byte, end, index, &mut found);
        }
        self.next = (self.next + all) % 4;
        self.before = Some(SEXTETS[usize::from(*last)]);
    }

    pub(crate) fn close(&mut self, mut found: impl FnMut(Match)) {
        for window in &mut self.windows {
            window.close(&mut found);
        }
        (self.before, self.next) = (None, 0);
    }

    pub(crate) fn fork(&mut self) -> Self {
        let windows = self.windows.each_mut().map(Window::fork);
        Self { windows, ..*self }
    }

    pub(crate) fn leave_to(&mut self, other: &Self) {
        // The other run may have begun elsewhere, so that its readings stand in another order.
        for window in &mut self.windows {
            other.windows.iter().for_each(|there| window.leave_to(there));
        }
    }
}
