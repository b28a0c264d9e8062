//! Answers in series, whoever gave them, and why one is none.

use crate::bounds::{MOST_SAMPLES, MOST_SERIES, MOST_WARNINGS};

/// Series as they were at the time of the answer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Answer {
    pub series: Vec<Series>,
    /// What the server says against its own answer.
    pub warnings: Vec<String>,
    /// What it says about the question.
    pub infos: Vec<String>,
}

/// A series.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Name and value, each name once.
    pub labels: Vec<(String, String)>,
    /// In the order of their times.
    pub samples: Vec<Sample>,
}

/// A number at a time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    /// Milliseconds since 1970.
    pub at: f64,
    pub value: f64,
}

/// Why an answer is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unread {
    /// It exceeds a bound.
    #[error("{0}")]
    TooLarge(String),
    /// It can't be read to its end, or says that it failed.
    #[error("{0}")]
    Unreadable(String),
}

impl Answer {
    /// The time of the newest sample, in milliseconds since 1970; none if there is no sample.
    pub fn newest(&self) -> Option<f64> {
        let samples = self.series.iter().flat_map(|series| &series.samples);
        samples.map(|sample| sample.at).max_by(f64::total_cmp)
    }

    /// Checks the bounds, and that samples are in order.
    pub(crate) fn checked(self) -> Result<Self, Unread> {
        most("series", self.series.len(), MOST_SERIES)?;
        most("samples", self.series.iter().map(|series| series.samples.len()).sum(), MOST_SAMPLES)?;
        most("warnings", self.warnings.len().max(self.infos.len()), MOST_WARNINGS)?;
        let ordered = |series: &Series| series.samples.windows(2).all(|two| two[0].at < two[1].at);
        match self.series.iter().all(ordered) {
            true => Ok(self),
            false => Err(Unread::Unreadable("the samples of a series are not in the order of their times".into())),
        }
    }
}

/// Whether there are no more than may be.
pub(crate) fn most(what: &str, count: usize, most: usize) -> Result<(), Unread> {
    if count <= most {
        return Ok(());
    }
    Err(Unread::TooLarge(format!("the answer has {count} {what}, of at most {most}; ask for less")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(samples: usize) -> Series {
        Series { labels: vec![], samples: (0..samples).map(|n| Sample { at: n as f64, value: 1.0 }).collect() }
    }

    fn answer(series: Vec<Series>) -> Answer {
        Answer { series, ..Answer::default() }
    }

    #[test]
    fn more_than_a_bound_is_an_error_and_never_cut() {
        assert!(answer(vec![series(1); MOST_SERIES]).checked().is_ok());
        assert!(
            matches!(answer(vec![series(1); MOST_SERIES + 1]).checked(), Err(Unread::TooLarge(why)) if why.contains("10001 series"))
        );
        let half = MOST_SAMPLES / 2;
        assert!(answer(vec![series(half), series(half)]).checked().is_ok());
        assert!(
            matches!(answer(vec![series(half), series(half + 1)]).checked(), Err(Unread::TooLarge(why)) if why.contains("200001 samples"))
        );
        let warnings = vec![String::new(); MOST_WARNINGS + 1];
        assert!(matches!(Answer { warnings, ..Answer::default() }.checked(), Err(Unread::TooLarge(_))));
    }

    #[test]
    fn times_go_on() {
        let mut backwards = series(3);
        backwards.samples.swap(0, 1);
        assert!(matches!(answer(vec![backwards]).checked(), Err(Unread::Unreadable(_))));
        let mut twice = series(2);
        twice.samples[1].at = 0.0;
        assert!(matches!(answer(vec![twice]).checked(), Err(Unread::Unreadable(_))));
        assert_eq!(answer(vec![series(3), series(2)]).newest(), Some(2.0));
        assert_eq!(answer(vec![series(0)]).newest(), None);
    }
}
