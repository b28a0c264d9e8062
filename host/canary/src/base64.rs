//! A run of base64 as the bytes that it may stand for. Nobody knows where the encoded text began, so it is read from each of four
//! characters: three of these readings are noise, one has the text, wherever in it the canary stands.

use crate::code::NONE;
use crate::index::Index;
use crate::window::{Match, Window};

/// The shortest line of base64 that is broken because it is full. MIME has 76 characters, PEM 64.
const LINE: usize = 60;

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

/// Whether a byte is a character of either alphabet.
#[inline]
pub(crate) fn has(byte: u8) -> bool {
    SEXTETS[usize::from(byte)] != NONE
}

/// The four readings of a run.
#[derive(Debug, Clone, Default)]
pub(crate) struct Readings {
    windows: [Window; 4],
    /// The six bits before, if the run has begun.
    before: Option<u8>,
    /// Which window takes the next byte.
    next: usize,
    /// Characters in this line, and bytes of the break before it.
    line: usize,
    breaks: usize,
}

impl Readings {
    #[inline]
    pub(crate) fn push(&mut self, byte: u8, end: u64, index: &Index, mut found: impl FnMut(Match)) {
        let sextet = SEXTETS[usize::from(byte)];
        if sextet == NONE {
            self.interrupt(byte, found);
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
        self.line = self.line.saturating_add(1);
        self.breaks = 0;
    }

    /// Takes many characters, all of base64, of which the first ends at `end`.
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
        self.line = self.line.saturating_add(bytes.len() - 1);
    }

    /// A break after a full line is as if it were not there. Anything else ends the run.
    fn interrupt(&mut self, byte: u8, found: impl FnMut(Match)) {
        let full = self.line >= LINE;
        if matches!(byte, b'\r' | b'\n') && (full || self.line == 0 && self.breaks == 1) {
            self.breaks += 1;
            self.line = 0;
        } else {
            self.close(found);
        }
    }

    pub(crate) fn close(&mut self, mut found: impl FnMut(Match)) {
        for window in &mut self.windows {
            window.close(&mut found);
        }
        (self.before, self.next, self.line, self.breaks) = (None, 0, 0, 0);
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

    /// Whether a run goes on.
    pub(crate) fn is_running(&self) -> bool {
        self.before.is_some()
    }
}
