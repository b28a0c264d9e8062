//! For how long somebody looked. An alert that never fired is good news only if it could have: it was asked, there was data for as long as it
//! takes, and there was never none for as long. What was met beside what nobody saw may have lasted through it, so both count together.

use serde::{Deserialize, Serialize};

use crate::rules::{Span, Time};

/// What there was to see at an evaluation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sight {
    /// There was data, and the condition was not met.
    Seen,
    /// There was data, and the condition was met.
    Met,
    /// There was none, though there should have been.
    Blind,
    /// Nothing was asked: outside of the test, or within a disruption.
    NotAsked,
    /// What was seen before has ended, and its end was seen.
    Ended,
}

/// What was seen of one label set so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Cover {
    asked: bool,
    seen: bool,
    ended: bool,
    /// At which evaluation it was looked at last, and whether there was data.
    last: Option<(i64, bool)>,
    blind_since: Option<i64>,
    /// The longest time without data after there had been some.
    longest_blind: i64,
    /// Since which evaluation the condition was met or may have been.
    #[serde(default)]
    doubtful_since: Option<i64>,
    /// The longest time for which that was so, from evaluation to evaluation.
    #[serde(default)]
    longest_doubt: i64,
    /// How long there was data, from evaluation to evaluation.
    watched: i64,
}

/// Why a rule that never fired is no good news.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gap {
    /// It was never asked.
    NotAsked,
    /// There was never any data.
    Nothing,
    /// There was none for this long, in which it could have fired.
    Blind(Span),
    /// It was met and there was no data, in turn, for this long altogether, in which it could have fired.
    Doubtful(Span),
    /// There was data for this long only, in which it could not have fired.
    TooShort(Span),
}

impl Cover {
    /// Notes what an evaluation saw.
    pub(super) fn note(&mut self, now: Time, sight: Sight) {
        let Time(now) = now;
        // What has ended is no longer waited for; its mark lies outside of later windows.
        let sight = if self.ended && sight == Sight::Blind { Sight::Ended } else { sight };
        let has_data = matches!(sight, Sight::Seen | Sight::Met);
        self.asked |= has_data || sight == Sight::Blind;
        self.ended = sight == Sight::Ended;
        if sight == Sight::Blind && self.seen {
            let before = self.last.map_or(now, |(last, had_data)| if had_data { last } else { now });
            self.blind_since.get_or_insert(before);
        }
        if let Some(since) = self.blind_since {
            self.longest_blind = self.longest_blind.max(now.saturating_sub(since));
        }
        if sight != Sight::Blind {
            self.blind_since = None;
        }
        if sight == Sight::Met || (sight == Sight::Blind && self.seen) {
            let since = *self.doubtful_since.get_or_insert(now);
            self.longest_doubt = self.longest_doubt.max(now.saturating_sub(since));
        } else {
            self.doubtful_since = None;
        }
        if has_data {
            if let Some((last, true)) = self.last {
                self.watched = self.watched.saturating_add(now.saturating_sub(last));
            }
            self.seen = true;
        }
        self.last = Some((now, has_data));
    }

    /// Why nothing was found that takes this long to be found, though it may have been there.
    pub(super) fn gap(&self, hold: Span) -> Option<Gap> {
        if !self.asked {
            Some(Gap::NotAsked)
        } else if !self.seen {
            Some(Gap::Nothing)
        } else if self.longest_blind > 0 && self.longest_blind >= hold.0 {
            Some(Gap::Blind(Span(self.longest_blind)))
        } else if self.longest_doubt > 0 && self.longest_doubt >= hold.0 {
            Some(Gap::Doubtful(Span(self.longest_doubt)))
        } else if self.watched < hold.0 {
            Some(Gap::TooShort(Span(self.watched)))
        } else {
            None
        }
    }

    /// At which evaluation it was looked at last.
    pub(super) fn last(&self) -> Option<Time> {
        self.last.map(|(last, _)| Time(last))
    }

    /// How long there was data.
    pub(super) fn watched(&self) -> Span {
        Span(self.watched)
    }
}

#[cfg(test)]
mod tests {
    use super::Sight::{Blind, Ended, Met, NotAsked, Seen};
    use super::*;

    /// A second each.
    fn after(sights: &[(Sight, usize)]) -> Cover {
        let mut cover = Cover::default();
        let each = sights.iter().flat_map(|(sight, times)| std::iter::repeat_n(*sight, *times));
        for (second, sight) in each.enumerate() {
            cover.note(Time(second as i64 * 1_000), sight);
        }
        cover
    }

    #[test]
    fn only_what_could_have_fired_and_did_not_is_good_news() {
        let hold = Span::seconds(5);
        for (name, sights, gap) in [
            ("seen for as long as it takes", &[(Seen, 6)][..], None),
            ("a second less", &[(Seen, 5)], Some(Gap::TooShort(Span::seconds(4)))),
            ("nothing at all", &[(Blind, 100)], Some(Gap::Nothing)),
            ("never asked", &[(NotAsked, 100)], Some(Gap::NotAsked)),
            ("not yet there for long, then seen", &[(Blind, 100), (Seen, 6)], None),
            ("four seconds without data", &[(Seen, 6), (Blind, 3), (Seen, 2)], None),
            ("five seconds without data", &[(Seen, 6), (Blind, 4), (Seen, 2)], Some(Gap::Blind(Span::seconds(5)))),
            ("without data at the end", &[(Seen, 6), (Blind, 5)], Some(Gap::Blind(Span::seconds(5)))),
            ("not asked for long", &[(Seen, 6), (NotAsked, 100), (Seen, 2)], None),
            ("its end was seen", &[(Seen, 6), (Ended, 1), (Blind, 100)], None),
            (
                "it began anew and vanished",
                &[(Seen, 6), (Ended, 1), (Seen, 1), (Blind, 5)],
                Some(Gap::Blind(Span::seconds(5))),
            ),
            ("met and without data, a second less", &[(Seen, 6), (Met, 2), (Blind, 2), (Met, 1), (Seen, 1)], None),
            (
                "met and without data for as long as it takes",
                &[(Seen, 6), (Met, 2), (Blind, 2), (Met, 2), (Seen, 1)],
                Some(Gap::Doubtful(Span::seconds(5))),
            ),
            (
                "met beside what nobody saw to the end",
                &[(Seen, 6), (Met, 3), (Blind, 3)],
                Some(Gap::Doubtful(Span::seconds(5))),
            ),
            ("well in between", &[(Seen, 6), (Met, 3), (Blind, 2), (Seen, 1), (Met, 3), (Seen, 1)], None),
            ("not asked in between", &[(Seen, 6), (Met, 3), (NotAsked, 1), (Met, 3), (Seen, 1)], None),
            ("not yet there, then met", &[(Blind, 100), (Met, 5), (Seen, 6)], None),
            ("its end was seen in between", &[(Seen, 6), (Met, 3), (Ended, 1), (Met, 3), (Seen, 1)], None),
            ("seen in parts that add up", &[(Seen, 4), (NotAsked, 1), (Seen, 3)], None),
        ] {
            assert_eq!(after(sights).gap(hold), gap, "{name}");
        }
    }

    #[test]
    fn what_fires_at_once_must_always_be_seen() {
        assert_eq!(after(&[(Seen, 1)]).gap(Span::ZERO), None);
        assert_eq!(after(&[(Seen, 1), (Blind, 1)]).gap(Span::ZERO), Some(Gap::Blind(Span::seconds(1))));
    }
}
