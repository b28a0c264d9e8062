//! Whether numbered events came exactly once and in their order. Pure.

use std::collections::BTreeSet;

/// Numbers that can be missing at once. A gap that is wider is one of this width.
const WIDEST: u32 = 1_000;

/// The events of one socket so far, numbered from 1.
#[derive(Debug, Default)]
pub(crate) struct Sequence {
    /// The highest number that came.
    last: u32,
    missing: BTreeSet<u32>,
}

/// What is wrong with an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// It came before.
    Again,
    /// One that belongs behind it came first.
    Late,
}

impl Sequence {
    /// An event with this number came.
    pub(crate) fn came(&mut self, number: u32) -> Option<Wrong> {
        if number > self.last {
            let first = (self.last + 1).max(number.saturating_sub(WIDEST));
            self.missing.extend(first..number);
            while self.missing.len() > WIDEST as usize {
                self.missing.pop_first();
            }
            self.last = number;
            return None;
        }
        Some(if self.missing.remove(&number) { Wrong::Late } else { Wrong::Again })
    }

    /// How many up to this number did not come. They are not waited for any longer.
    pub(crate) fn lost(&mut self, up_to: u32) -> u32 {
        if up_to > self.last {
            self.missing.extend(self.last + 1..=up_to.min(self.last + WIDEST));
            self.last = up_to;
        }
        let later = self.missing.split_off(&(up_to + 1));
        u32::try_from(std::mem::replace(&mut self.missing, later).len()).unwrap_or(u32::MAX)
    }

    /// Whether every one up to this number came.
    pub(crate) fn is_whole(&self, up_to: u32) -> bool {
        self.last >= up_to && self.missing.range(..=up_to).next().is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sequence(numbers: &[u32]) -> (Sequence, Vec<Option<Wrong>>) {
        let mut sequence = Sequence::default();
        let wrong = numbers.iter().map(|number| sequence.came(*number)).collect();
        (sequence, wrong)
    }

    #[test]
    fn in_order_and_once_nothing_is_wrong() {
        let (mut all, wrong) = sequence(&[1, 2, 3, 4, 5]);
        assert_eq!((wrong, all.is_whole(5), all.is_whole(6), all.lost(5)), (vec![None; 5], true, false, 0));
    }

    #[test]
    fn what_comes_twice_late_or_never_is_told_apart() {
        assert_eq!(sequence(&[1, 2, 2, 3]).1, [None, None, Some(Wrong::Again), None]);
        let (mut late, wrong) = sequence(&[1, 3, 2, 4, 2]);
        assert_eq!(wrong, [None, None, Some(Wrong::Late), None, Some(Wrong::Again)]);
        assert_eq!((late.is_whole(4), late.lost(4)), (true, 0));
        let (mut lost, wrong) = sequence(&[1, 3, 5]);
        assert_eq!((wrong, lost.is_whole(5)), (vec![None; 3], false));
        assert_eq!((lost.lost(5), lost.lost(5), lost.is_whole(5)), (2, 0, true), "each is lost once");
    }

    #[test]
    fn what_never_came_at_all_is_lost_and_later_ones_may_still_come() {
        let (mut silent, _) = sequence(&[1, 2]);
        assert_eq!(silent.lost(5), 3);
        assert_eq!((silent.came(4), silent.came(6)), (Some(Wrong::Again), None), "it was given up");
        let (mut ahead, _) = sequence(&[1, 2, 7]);
        assert_eq!((ahead.lost(5), ahead.lost(7)), (3, 1));
    }

    #[test]
    fn a_number_beyond_all_measure_takes_no_room() {
        let (mut sequence, _) = sequence(&[1, u32::MAX]);
        assert!(sequence.missing.len() <= WIDEST as usize);
        assert_eq!(sequence.came(u32::MAX), Some(Wrong::Again));
        assert!(sequence.lost(u32::MAX - 1) <= WIDEST);
    }
}
