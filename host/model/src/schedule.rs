//! Times of day at which phases start, in UTC, and what becomes of a time that nobody was there for.

use std::{fmt, time::Duration};

use crate::{PhaseId, Timestamp, grant::format_duration};

const MINUTE: f64 = 60_000.0;
const DAY: f64 = 1_440.0 * MINUTE;

/// A minute that every day has, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeOfDay {
    /// Since midnight.
    minutes: u16,
}

/// What becomes of a phase whose time has passed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum MissedRun {
    /// It is not exercised.
    #[default]
    Skip,
    /// It starts as soon as it can.
    Run,
    /// It waits for the same time of the next day.
    Next,
}

/// When a phase starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhaseSchedule {
    pub at: TimeOfDay,
    /// How long after its time it still starts; then the time is missed.
    pub within: Duration,
    pub missed: MissedRun,
}

/// The moment that a phase waits for.
#[derive(Debug, Clone, PartialEq)]
pub struct ScheduledStart {
    pub phase: PhaseId,
    pub at: Timestamp,
    /// From this moment on it is missed.
    pub until: Timestamp,
}

impl TimeOfDay {
    /// Reads `09:00`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let number = |text: &str, below: u16| match text.as_bytes() {
            [tens @ b'0'..=b'9', ones @ b'0'..=b'9'] => {
                Some(u16::from(tens - b'0') * 10 + u16::from(ones - b'0')).filter(|number| *number < below)
            }
            _ => None,
        };
        let parts = text.split_once(':').and_then(|(hours, minutes)| Some((number(hours, 24)?, number(minutes, 60)?)));
        match parts {
            Some((hours, minutes)) => Ok(Self { minutes: hours * 60 + minutes }),
            None => Err(format!("`{text}` is no time of day: write hours and minutes in UTC, as in 09:00")),
        }
    }

    /// The first such moment that has not passed.
    pub fn next(self, now: Timestamp) -> Timestamp {
        let today = (now.0 / DAY).floor() * DAY + f64::from(self.minutes) * MINUTE;
        Timestamp(if today < now.0 { today + DAY } else { today })
    }
}

/// `09:00 UTC`
impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02} UTC", self.minutes / 60, self.minutes % 60)
    }
}

impl MissedRun {
    /// As a bundle writes it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Skip => "skip",
            Self::Run => "run",
            Self::Next => "next",
        }
    }

    pub fn parse(text: &str) -> Result<Self, String> {
        let known = [Self::Skip, Self::Run, Self::Next];
        known
            .into_iter()
            .find(|rule| rule.word() == text)
            .ok_or_else(|| format!("`{text}` is no rule for a missed time: write skip, run or next"))
    }
}

impl PhaseSchedule {
    /// How long after its time a phase still starts if nothing else is said.
    pub const WITHIN: Duration = Duration::from_secs(30 * 60);
    /// Longer, and a time would reach into the next one.
    pub const LONGEST: Duration = Duration::from_secs(12 * 3_600);

    /// What a phase waits for that could start now.
    pub fn next_start(&self, phase: &PhaseId, now: Timestamp) -> ScheduledStart {
        let at = self.at.next(now);
        ScheduledStart { phase: phase.clone(), at, until: Timestamp(at.0 + self.within.as_secs_f64() * 1_000.0) }
    }
}

/// `09:00 UTC, within 30m; if it is missed: skip`
impl fmt::Display for PhaseSchedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, within {}; if it is missed: {}", self.at, format_duration(self.within), self.missed.word())
    }
}

impl ScheduledStart {
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.at.since(now) <= 0.0
    }

    pub fn is_missed(&self, now: Timestamp) -> bool {
        self.until.since(now) <= 0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_of_day_is_two_numbers() {
        for (text, shown) in [("00:00", "00:00 UTC"), ("09:05", "09:05 UTC"), ("23:59", "23:59 UTC")] {
            assert_eq!(TimeOfDay::parse(text).unwrap().to_string(), shown);
        }
        for wrong in
            ["", ":", "9:00", "24:00", "12:60", "12:5", "12:005", "1é:00", "+9:00", "09:00:00", "noon", " 09:00"]
        {
            assert!(TimeOfDay::parse(wrong).unwrap_err().contains("as in 09:00"), "{wrong}");
        }
    }

    #[test]
    fn the_next_one_is_today_until_it_has_passed() {
        let nine = TimeOfDay::parse("09:00").unwrap();
        // 2026-11-30.
        let midnight = 20_787.0 * DAY;
        for (now, next) in [(0.0, 9.0), (8.99, 9.0), (9.0, 9.0), (9.001, 33.0), (23.99, 33.0)] {
            let hour = 60.0 * MINUTE;
            assert_eq!(nine.next(Timestamp(midnight + now * hour)), Timestamp(midnight + next * hour), "{now}");
        }
        assert_eq!(nine.next(Timestamp(midnight)).to_string(), "2026-11-30T09:00:00.000Z");
    }

    #[test]
    fn a_scheduled_start_is_missed_when_its_time_to_start_is_over() {
        let within = PhaseSchedule::WITHIN;
        let schedule = PhaseSchedule { at: TimeOfDay::parse("00:10").unwrap(), within, missed: MissedRun::Skip };
        assert_eq!(schedule.to_string(), "00:10 UTC, within 30m; if it is missed: skip");
        let start = schedule.next_start(&PhaseId::parse("a").unwrap(), Timestamp(0.0));
        let at = |minutes: f64| {
            let now = Timestamp(minutes * MINUTE);
            (start.is_due(now), start.is_missed(now))
        };
        assert_eq!(
            [at(9.9), at(10.0), at(39.9), at(40.0)],
            [(false, false), (true, false), (true, false), (true, true)]
        );
    }

    #[test]
    fn a_rule_is_one_of_three_words() {
        for word in ["skip", "run", "next"] {
            assert_eq!(MissedRun::parse(word).unwrap().word(), word);
        }
        assert!(MissedRun::parse("later").unwrap_err().contains("skip, run or next"));
    }
}
