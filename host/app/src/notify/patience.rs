//! How often and how long a notification is tried. Pure.

use std::time::Duration;

/// Most attempts.
const TRIES: u32 = 5;
/// Longest time from the first attempt to the beginning of the last.
const WITHIN: Duration = Duration::from_secs(50);
/// The first pause; each is twice as long as the one before.
const FIRST: Duration = Duration::from_millis(500);

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Attempt {
    Delivered,
    /// It makes no sense to try it again.
    Refused(String),
    /// It may do so later: when the other side says, if it does.
    Failed {
        why: String,
        after: Option<Duration>,
    },
}

/// The pause before the next attempt; none if there is to be no other. `passed` is the time since the first one began.
pub(crate) fn pause(tries: u32, passed: Duration, asked: Option<Duration>) -> Option<Duration> {
    let own = FIRST * 2_u32.pow(tries.saturating_sub(1).min(10));
    let pause = asked.map_or(own, |asked| asked.max(own));
    (tries < TRIES && passed + pause <= WITHIN).then_some(pause)
}

/// What an answer of a webhook means. `after` is its `Retry-After`, which counts in seconds only.
pub(crate) fn of_status(status: u16, after: Option<&str>) -> Attempt {
    match status {
        200..=299 => Attempt::Delivered,
        408 | 425 | 429 | 500..=599 => {
            let after = after.and_then(|text| text.trim().parse().ok()).map(Duration::from_secs);
            Attempt::Failed { why: format!("it was answered with {status}"), after }
        }
        _ => Attempt::Refused(format!("it was answered with {status}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_end() {
        let mut passed = Duration::ZERO;
        let mut pauses = Vec::new();
        while let Some(next) = pause(pauses.len() as u32 + 1, passed, None) {
            passed += next;
            pauses.push(next.as_millis());
        }
        assert_eq!(pauses, [500, 1_000, 2_000, 4_000]);
        assert_eq!(pause(1, Duration::from_secs(50), None), None, "attempts that last are counted too");
    }

    #[test]
    fn the_other_side_may_ask_for_more_time_within_the_bound() {
        let asked = |seconds| pause(1, Duration::ZERO, Some(Duration::from_secs(seconds)));
        assert_eq!(asked(0), Some(FIRST), "and never for less");
        assert_eq!(asked(50), Some(Duration::from_secs(50)));
        assert_eq!(asked(51), None);
    }

    #[test]
    fn an_answer_is_taken_at_its_word() {
        assert_eq!(of_status(204, None), Attempt::Delivered);
        for status in [429, 500, 503] {
            let after = Some(Duration::from_secs(7));
            assert!(matches!(of_status(status, Some(" 7 ")), Attempt::Failed { after: said, .. } if said == after));
        }
        let date = of_status(503, Some("Fri, 01 Jan 2027 00:00:00 GMT"));
        assert!(matches!(date, Attempt::Failed { after: None, .. }));
        for status in [301, 400, 403, 404, 410] {
            assert!(matches!(of_status(status, None), Attempt::Refused(_)), "{status}");
        }
    }
}
