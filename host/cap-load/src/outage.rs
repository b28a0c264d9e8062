//! Outages: from when the first failed iteration was due until the next good one was due. Iterations end in any order; they are looked at in
//! the order in which they were due. Pure.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::Outage;

/// Outages that are told one by one.
const MOST_TOLD: usize = 16;
/// Iterations that may be open while later ones have ended. Beyond, the oldest counts as not good.
const MOST_OPEN: usize = 1 << 16;

/// What became of an iteration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Open,
    Good,
    /// It failed, or was not started.
    Bad,
    /// It says nothing, e.g. because it was cut off by the end of the load.
    Unknown,
}

/// What is known of outages so far.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Outages {
    pub(crate) told: Vec<Outage>,
    pub(crate) count: u32,
    pub(crate) longest_ms: f64,
    /// When the one that goes on began.
    since_ms: Option<f64>,
    /// When the last iteration that has a fate was due.
    last_ms: f64,
    #[serde(skip)]
    queue: VecDeque<(f64, Fate)>,
    /// The ticket of the first in the queue.
    #[serde(skip)]
    first: u64,
}

/// An iteration whose fate will be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ticket(u64);

impl Outages {
    /// An iteration is due; later ones are due later.
    pub(crate) fn due(&mut self, at_ms: f64) -> Ticket {
        if self.queue.len() >= MOST_OPEN
            && let Some((_, fate)) = self.queue.front_mut()
        {
            *fate = Fate::Bad;
            self.settle();
        }
        self.queue.push_back((at_ms, Fate::Open));
        Ticket(self.first + self.queue.len() as u64 - 1)
    }

    pub(crate) fn ended(&mut self, ticket: Ticket, good: bool) {
        self.fate(ticket, if good { Fate::Good } else { Fate::Bad });
    }

    pub(crate) fn unknown(&mut self, ticket: Ticket) {
        self.fate(ticket, Fate::Unknown);
    }

    fn fate(&mut self, Ticket(ticket): Ticket, is: Fate) {
        let place = ticket.checked_sub(self.first).and_then(|place| usize::try_from(place).ok());
        if let Some((_, fate)) = place.and_then(|place| self.queue.get_mut(place)) {
            *fate = is;
            self.settle();
        }
    }

    /// Takes from the front what has a fate.
    fn settle(&mut self) {
        while let Some((at, fate)) = self.queue.front().copied().filter(|(_, fate)| *fate != Fate::Open) {
            self.queue.pop_front();
            self.first += 1;
            if fate != Fate::Unknown {
                self.last_ms = at;
            }
            match (fate, self.since_ms) {
                (Fate::Bad, None) => self.since_ms = Some(at),
                (Fate::Good, Some(from_ms)) => {
                    self.since_ms = None;
                    self.note(Outage { from_ms, length_ms: at - from_ms, over: true });
                }
                _ => {}
            }
        }
    }

    /// Nothing more comes: an outage that goes on is told as one that is not over.
    pub(crate) fn close(&mut self) {
        for (_, fate) in self.queue.iter_mut().filter(|(_, fate)| *fate == Fate::Open) {
            *fate = Fate::Unknown;
        }
        self.settle();
        if let Some(from_ms) = self.since_ms.take() {
            self.note(Outage { from_ms, length_ms: self.last_ms - from_ms, over: false });
        }
    }

    fn note(&mut self, outage: Outage) {
        self.count = self.count.saturating_add(1);
        if self.told.len() < MOST_TOLD {
            self.told.push(outage);
        } else if outage.length_ms > self.longest_ms {
            // The longest is always among those that are told.
            self.told.pop();
            self.told.push(outage);
        }
        self.longest_ms = self.longest_ms.max(outage.length_ms);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Iterations every 100 ms, with these fates, that end in this order.
    fn after(fates: &[bool], order: impl Iterator<Item = usize>) -> Outages {
        let mut outages = Outages::default();
        let tickets: Vec<Ticket> = (0..fates.len()).map(|n| outages.due(100.0 * n as f64)).collect();
        order.for_each(|n| outages.ended(tickets[n], fates[n]));
        outages.close();
        outages
    }

    #[test]
    fn lasts_from_the_first_failed_to_the_next_good_one() {
        let fates = [true, true, false, false, false, true, true, false, true];
        let expected = [
            Outage { from_ms: 200.0, length_ms: 300.0, over: true },
            Outage { from_ms: 700.0, length_ms: 100.0, over: true },
        ];
        for outages in
            [after(&fates, 0..9), after(&fates, (0..9).rev()), after(&fates, [8, 1, 5, 3, 0, 2, 7, 4, 6].into_iter())]
        {
            assert_eq!(outages.told, expected);
            assert_eq!((outages.count, outages.longest_ms), (2, 300.0));
        }
        assert_eq!(after(&[true; 5], 0..5).count, 0);
    }

    #[test]
    fn one_that_does_not_end_is_told_as_far_as_it_was_seen() {
        let outages = after(&[true, false, false, false], 0..4);
        assert_eq!(outages.told, [Outage { from_ms: 100.0, length_ms: 200.0, over: false }]);
    }

    #[test]
    fn what_is_cut_off_says_nothing() {
        let mut outages = Outages::default();
        let tickets: Vec<Ticket> = (0..4).map(|n| outages.due(100.0 * f64::from(n))).collect();
        outages.ended(tickets[0], true);
        outages.unknown(tickets[1]);
        outages.ended(tickets[2], true);
        outages.close();
        assert_eq!(outages.count, 0);
    }

    #[test]
    fn as_many_as_there_are_no_more_is_kept_than_a_bound() {
        let mut outages = Outages::default();
        for n in 0..1_000 {
            let length = if n == 900 { 50.0 } else { 1.0 };
            let failed = outages.due(f64::from(n) * 100.0);
            outages.ended(failed, false);
            let good = outages.due(f64::from(n) * 100.0 + length);
            outages.ended(good, true);
        }
        assert_eq!((outages.count, outages.told.len(), outages.longest_ms), (1_000, MOST_TOLD, 50.0));
        assert!(outages.told.iter().any(|outage| outage.length_ms == 50.0));
        let hung = outages.due(200_000.0);
        for n in 0..2 * MOST_OPEN {
            let ticket = outages.due(200_001.0 + n as f64);
            outages.ended(ticket, true);
        }
        assert!(outages.queue.len() <= MOST_OPEN);
        outages.ended(hung, true);
        assert_eq!(outages.count, 1_001);
    }
}
