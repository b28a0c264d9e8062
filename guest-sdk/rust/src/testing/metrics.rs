//! What a script answers to questions for metrics.

use super::answer::denial;
use crate::metrics::{Answered, Family, Page, PageFormat, Sample, Series};
use crate::{Cause, Millis, Time};

/// An answer of a script to a question for metrics. Its times are counted back from when it is given.
#[derive(Clone, Debug)]
pub struct Numbers {
    outcome: Outcome,
    warnings: Vec<String>,
    age: Millis,
}

#[derive(Clone, Debug)]
enum Outcome {
    Series(Vec<(Labels, Vec<(Millis, f64)>)>),
    Page(Vec<Family>),
    Failed(Cause),
}

type Labels = Vec<(String, String)>;

/// A series of a script: its labels, and how long before the answer each sample was, in the order of time.
pub type Past<'a> = (&'a [(&'a str, &'a str)], &'a [(Millis, f64)]);

/// One number for each series, as of now: `numbers([(&[("instance", "a")][..], 0.5)])`. None at all is an answer without series.
pub fn numbers<'a>(series: impl IntoIterator<Item = (&'a [(&'a str, &'a str)], f64)>) -> Numbers {
    let series = series.into_iter().map(|(labels, value)| (owned(labels), vec![(Millis(0), value)]));
    Numbers::of(Outcome::Series(series.collect()))
}

/// Series with their samples, as a range has them.
pub fn histories<'a>(series: impl IntoIterator<Item = Past<'a>>) -> Numbers {
    let series = series.into_iter().map(|(labels, samples)| (owned(labels), samples.to_vec()));
    Numbers::of(Outcome::Series(series.collect()))
}

/// A page of metrics.
pub fn page(families: impl IntoIterator<Item = Family>) -> Numbers {
    Numbers::of(Outcome::Page(families.into_iter().collect()))
}

/// No grant covers the question.
pub fn denied_numbers() -> Numbers {
    Numbers::of(Outcome::Failed(Cause::Denied(denial("metrics"))))
}

/// The question fails, for this reason.
pub fn failed_numbers(why: &str) -> Numbers {
    Numbers::of(Outcome::Failed(Cause::Failed(why.to_owned())))
}

/// The answer, or what the phase has left, exceeds a bound.
pub fn exhausted_numbers(why: &str) -> Numbers {
    Numbers::of(Outcome::Failed(Cause::Exhausted(why.to_owned())))
}

/// There is no answer within its limit.
pub fn late_numbers() -> Numbers {
    Numbers::of(Outcome::Failed(Cause::Timeout(Millis(30_000))))
}

fn owned(labels: &[(&str, &str)]) -> Labels {
    labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

impl Numbers {
    fn of(outcome: Outcome) -> Self {
        Self { outcome, warnings: Vec::new(), age: Millis(0) }
    }

    /// As of so long ago, all of it.
    #[must_use]
    pub fn age(mut self, age: Millis) -> Self {
        self.age = age;
        self
    }

    /// The server warns of its own answer.
    #[must_use]
    pub fn warning(mut self, text: &str) -> Self {
        self.warnings.push(text.to_owned());
        self
    }

    pub(super) fn series(&self, call: u32, now: f64) -> Result<Answered, Cause> {
        let series = match &self.outcome {
            Outcome::Series(series) => series,
            Outcome::Failed(cause) => return Err(cause.clone()),
            Outcome::Page(_) => panic!("a page of metrics is scripted for a question that is answered in series"),
        };
        let series: Vec<Series> = series
            .iter()
            .map(|(labels, samples)| {
                let at = |ago: Millis| Time(now - self.age.as_f64() - ago.as_f64());
                let samples = samples.iter().map(|(ago, value)| Sample { at: at(*ago), value: *value });
                Series { labels: labels.clone(), samples: samples.collect() }
            })
            .collect();
        let newest = series.iter().filter_map(Series::last).map(|sample| sample.at.0).max_by(f64::total_cmp);
        let age = newest.map(|newest| now - newest);
        Ok(Answered { call, series, warnings: self.warnings.clone(), infos: Vec::new(), age })
    }

    pub(super) fn page(&self, call: u32) -> Result<Page, Cause> {
        match &self.outcome {
            Outcome::Page(families) => {
                Ok(Page { call, format: PageFormat::OpenMetrics, families: families.clone(), age: None })
            }
            Outcome::Failed(cause) => Err(cause.clone()),
            Outcome::Series(_) => panic!("series are scripted for a question that is answered by a page"),
        }
    }
}
