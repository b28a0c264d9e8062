//! The last characters of one reading of a text, and the canaries that they may be part of.

use crate::code::{self, BITS, CAPITAL, DIGITS, GROUP, GROUP_MASK, LENGTH, NONE, PART};
use crate::index::Index;
use crate::run;

/// How many characters are remembered.
const REMEMBERED: u32 = (u128::BITS as usize / BITS) as u32;

/// One reading of a text.
#[derive(Debug, Clone, Default)]
pub(crate) struct Window {
    /// Five bits a character, the last one lowest.
    recent: u128,
    /// One bit a character: whether it was a capital, and whether it was behind an escape.
    capitals: u32,
    escaped: u32,
    /// How many characters of the alphabet stood here without another between them, up to what is remembered.
    run: u32,
    /// Canaries of which at least one group has been seen, and that go on so far.
    open: Vec<Match>,
}

/// Characters of a canary that were seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Match {
    /// The number of the canary in the index.
    pub(crate) number: u32,
    /// The places of its characters.
    pub(crate) first: usize,
    pub(crate) behind: usize,
    /// One bit a place.
    pub(crate) capitals: u32,
    pub(crate) escaped: bool,
    /// How many bytes had been fed with the last character.
    pub(crate) end: u64,
}

impl Match {
    pub(crate) fn length(&self) -> usize {
        self.behind - self.first
    }
}

impl Window {
    /// Takes a byte of the reading, which ends at `end` of what was fed. Gives out what has ended before it.
    #[inline]
    pub(crate) fn push(&mut self, byte: u8, escaped: bool, end: u64, index: &Index, mut found: impl FnMut(Match)) {
        let digit = DIGITS[usize::from(byte)];
        if digit == NONE {
            self.close(found);
            return;
        }
        self.recent = self.recent << BITS | u128::from(digit & !CAPITAL);
        self.capitals = self.capitals << 1 | u32::from(digit & CAPITAL != 0);
        self.escaped = self.escaped << 1 | u32::from(escaped);
        self.run = (self.run + 1).min(REMEMBERED);
        if !self.open.is_empty() {
            self.advance(digit, escaped, end, index, &mut found);
        }
        let group = self.recent as u64 & GROUP_MASK;
        if self.run >= GROUP as u32 && index.may_hold(group) {
            self.look(group, end, index);
        }
    }

    /// Takes many bytes of the reading, as [`push`](Self::push) would one after another. What the bytes are and where they end is asked
    /// only of those that may be part of a canary.
    pub(crate) fn push_all(
        &mut self,
        places: usize,
        byte: impl Fn(usize) -> u8,
        end: impl Fn(usize) -> u64,
        index: &Index,
        mut found: impl FnMut(Match),
    ) {
        let mut at = 0;
        while at < places {
            if self.run == 0 {
                let fits = |place: usize| DIGITS[usize::from(byte(place))] != NONE;
                let Some(start) = run::next(at, places, fits) else { return };
                at = start;
            }
            self.push(byte(at), false, end(at), index, &mut found);
            at += 1;
        }
    }

    /// Something stood here that is no character of a canary.
    #[inline]
    pub(crate) fn close(&mut self, found: impl FnMut(Match)) {
        self.run = 0;
        if !self.open.is_empty() {
            self.open.drain(..).filter(|open| open.length() >= PART).for_each(found);
        }
    }

    /// Takes along what is open, so that it can go on in another reading and ends here without a word.
    pub(crate) fn fork(&mut self) -> Self {
        let open = std::mem::take(&mut self.open);
        Self { open, ..self.clone() }
    }

    /// Lets go of what goes on in another reading of the same bytes.
    pub(crate) fn leave_to(&mut self, other: &Self) {
        if self.open.is_empty() {
            return;
        }
        // The other reading may have taken the first characters for an escape's.
        let goes_on = |open: &Match, there: &Match| {
            there.number == open.number && there.end == open.end && there.length() >= open.length()
        };
        self.open.retain(|open| !other.open.iter().any(|there| goes_on(open, there)));
    }

    #[cold]
    fn advance(&mut self, digit: u8, escaped: bool, end: u64, index: &Index, found: &mut impl FnMut(Match)) {
        self.open.retain_mut(|open| {
            let groups = &index.canary(open.number).0;
            let goes_on = open.behind < LENGTH && code::digit(groups, open.behind) == digit & !CAPITAL;
            if goes_on {
                open.capitals |= u32::from(digit & CAPITAL != 0) << open.behind;
                open.escaped |= escaped;
                open.behind += 1;
                open.end = end;
            } else if open.length() >= PART {
                found(open.clone());
            }
            goes_on
        });
    }

    /// Opens the canaries that have this group, with what stood before it.
    #[cold]
    fn look(&mut self, group: u64, end: u64, index: &Index) {
        for (number, place) in index.places(group) {
            let (start, behind) = (place * GROUP, (place + 1) * GROUP);
            if self.open.iter().any(|open| open.number == number && open.behind == behind) {
                continue;
            }
            let groups = &index.canary(number).0;
            let before = (self.run as usize - GROUP).min(start);
            let same = |back: &usize| {
                let stood = (self.recent >> (BITS * (GROUP - 1 + back))) as u8 & 31;
                stood == code::digit(groups, start - back)
            };
            let length = GROUP + (1..=before).take_while(same).count();
            let of_length = u32::MAX >> (u32::BITS as usize - length);
            // The last character's bit is lowest; the place of the first character's is `first`.
            let first = behind - length;
            let capitals = (self.capitals & of_length).reverse_bits() >> (u32::BITS as usize - length) << first;
            let escaped = self.escaped & of_length != 0;
            self.open.push(Match { number, first, behind, capitals, escaped, end });
        }
    }
}
