//! What a policy is told about its run, and series as the host gives them.

use super::Verdict;
use crate::rules::{Error, Labels, Series, Span, Time};

/// What is known of the run before its first phase.
#[derive(Clone, Debug, PartialEq)]
pub struct Facts {
    /// The id of the run.
    pub run: String,
    /// The name of the bundle.
    pub bundle: String,
    /// Its version.
    pub version: String,
    /// E.g. `staging`.
    pub environment: String,
    /// When the run was started.
    pub started: Time,
    /// How many times faster waits pass than they say; 1 outside of rehearsals.
    pub scale: f64,
}

/// What a phase has stated.
#[derive(Clone, Debug, PartialEq)]
pub struct SeenCheck {
    /// The id of the phase.
    pub phase: String,
    /// The rows that it speaks for.
    pub requirements: Vec<String>,
    /// What was checked.
    pub name: String,
    /// What came of it.
    pub verdict: Verdict,
    /// What should have been seen.
    pub expected: String,
    /// What was seen.
    pub observed: String,
    /// When it was stated.
    pub at: Time,
}

/// Why a stretch of time is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StretchKind {
    /// Something was broken on purpose.
    Disrupted,
    /// Nobody watched.
    Unobserved,
}

/// From a moment to just before another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenStretch {
    /// Why it is told.
    pub kind: StretchKind,
    /// Its first moment.
    pub from: Time,
    /// The first moment after it.
    pub to: Time,
    /// E.g. the phase that disrupted.
    pub why: String,
}

/// A series from what the host gives: samples in the order of time, and ends in theirs. Times are cut off to the millisecond. What would then be no
/// later than what stands before it is put a millisecond after that, so that no sample is lost; at one moment an end comes after a sample. What has a
/// time that is none is left out.
///
/// # Errors
/// If there is more than a series may hold.
pub(crate) fn series(
    name: &str,
    labels: Labels,
    samples: impl IntoIterator<Item = (f64, f64)>,
    ends: impl IntoIterator<Item = f64>,
) -> Result<Series, Error> {
    let mut series = Series::new(name, labels);
    let mut last: Option<Time> = None;
    let mut later = |at: f64| {
        let at = Time::from_f64(at)?;
        let at = last.map_or(at, |last| at.max(last + Span(1)));
        last = Some(at);
        Some(at)
    };
    let mut ends = ends.into_iter().peekable();
    for (at, value) in samples {
        while let Some(end) = ends.next_if(|end| *end < at) {
            if let Some(end) = later(end) {
                series.end(end)?;
            }
        }
        if let Some(at) = later(at) {
            series.push(at, value)?;
        }
    }
    for end in ends {
        if let Some(end) = later(end) {
            series.end(end)?;
        }
    }
    Ok(series)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_sample_is_lost_when_times_are_cut_off() {
        let samples = [(0.2, 1.0), (0.7, 2.0), (1.0, 3.0), (50.0, 4.0)];
        let series = series("m", Labels::default(), samples, [20.0, 60.5]).unwrap();
        let seen: Vec<(i64, f64)> = series.samples().iter().map(|s| (s.at.0, s.value)).collect();
        assert_eq!(seen, [(0, 1.0), (1, 2.0), (2, 3.0), (50, 4.0)]);
        assert_eq!(series.ends(), [Time(20), Time(60)]);
    }
}
