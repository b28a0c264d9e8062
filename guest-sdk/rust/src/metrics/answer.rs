//! Answers in series, and whether they say anything.

use std::collections::BTreeMap;

use crate::rules::{self, counter};
use crate::{Context, Evidence, Millis, Time};

/// A number at a time. It may be NaN or infinite.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// When.
    pub at: Time,
    /// What.
    pub value: f64,
}

/// A series of an answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series {
    /// Name and value, each name once. `__name__` is the metric, where the answer says it.
    pub labels: Vec<(String, String)>,
    /// In the order of their times.
    pub samples: Vec<Sample>,
}

/// An answer in series.
#[derive(Clone, Debug, PartialEq)]
pub struct Answered {
    pub(crate) call: u32,
    pub(crate) series: Vec<Series>,
    pub(crate) warnings: Vec<String>,
    pub(crate) infos: Vec<String>,
    pub(crate) age: Option<f64>,
}

/// How old the evidence of a selector is.
#[derive(Clone, Debug, PartialEq)]
pub struct EvidenceAge {
    call: u32,
    milliseconds: Option<f64>,
    /// The first of what the server says against its answer.
    warning: Option<String>,
}

impl Series {
    /// The value of a label, if it has that.
    pub fn label(&self, name: &str) -> Option<&str> {
        self.labels.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The newest sample.
    pub fn last(&self) -> Option<Sample> {
        self.samples.last().copied()
    }

    /// How much a counter grew from a time to another, as `increase()` of Prometheus has it: one that begins anew counts from zero, and what lies between
    /// samples and the ends of the window is extrapolated. `None` with fewer than two samples there.
    pub fn increase(&self, from: Time, to: Time) -> Option<f64> {
        let (from, to) = (rules::Time::from_f64(from.0)?, rules::Time::from_f64(to.0)?);
        let within: Vec<_> = self.counted().filter(|sample| from <= sample.at && sample.at <= to).collect();
        counter::increase(&within, from, to)
    }

    /// How often a counter began anew.
    pub fn resets(&self) -> usize {
        counter::resets(&self.counted().collect::<Vec<_>>())
    }

    /// The samples as rules have them; without those whose time is none.
    fn counted(&self) -> impl Iterator<Item = rules::Sample> {
        self.samples
            .iter()
            .filter_map(|sample| rules::Time::from_f64(sample.at.0).map(|at| rules::Sample { at, value: sample.value }))
    }

    /// States the newest sample for policies, with its [`stated_labels`](Self::stated_labels). Says whether it did: not without a finite number, nor where
    /// labels fall together. Whether two series are stated with the same labels, so that one hides the other, is for whoever has both.
    pub fn sample(&self, cx: &Context, name: &str) -> bool {
        let sample = self.last().filter(|sample| sample.value.is_finite());
        let (Some(sample), Ok(labels)) = (sample, self.stated_labels()) else { return false };
        cx.sample(name, labels, sample.value);
        true
    }

    /// The labels that its samples are stated with: those of the series but the metric's name. Characters that labels of samples do not have become `_`, and
    /// `phase`, which is the host's, becomes `exported_phase`. An error says which two become the same.
    pub fn stated_labels(&self) -> Result<BTreeMap<String, String>, String> {
        let mut stated = BTreeMap::new();
        for (label, value) in self.labels.iter().filter(|(label, _)| label != "__name__") {
            let plain = match &**label {
                "phase" => "exported_phase".to_owned(),
                label => label.replace(|c: char| !c.is_ascii_alphanumeric() && c != '_', "_"),
            };
            if stated.contains_key(&plain) {
                return Err(format!("the label {label} and another of a series are both stated as {plain}"));
            }
            stated.insert(plain, value.clone());
        }
        Ok(stated)
    }
}

impl Answered {
    /// All series, whatever they are worth.
    pub fn series(&self) -> &[Series] {
        &self.series
    }

    /// What the server says against its own answer.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// What it says about the question.
    pub fn infos(&self) -> &[String] {
        &self.infos
    }

    /// Milliseconds from the newest sample to the answer; less than 0 where the server's clock is ahead. `None`: there is no sample.
    pub fn age(&self) -> Option<f64> {
        self.age
    }

    /// The series, if something can be judged by all of them; else why not: there is no sample, one of them has none, the newest of one is older
    /// than this (or as far in the future), or the server warns.
    pub fn sound(&self, at_most_age: Millis) -> Result<&[Series], String> {
        undoubted(self.warnings.first())?;
        young(self.age, at_most_age)?;
        let came = self.came();
        for one in &self.series {
            let last = one.last().ok_or("a series of the answer has no sample")?;
            young(came.map(|came| came - last.at.0), at_most_age)?;
        }
        Ok(&self.series)
    }

    /// When it came, in milliseconds since 1970, by the clock that `age` is reckoned by. `None`: there is no sample.
    fn came(&self) -> Option<f64> {
        let newest = self.series.iter().filter_map(Series::last).map(|sample| sample.at.0).max_by(f64::total_cmp);
        self.age.zip(newest).map(|(age, newest)| age + newest)
    }

    /// The number of the call, from 0.
    pub fn seq(&self) -> u32 {
        self.call
    }
}

fn undoubted(warning: Option<&String>) -> Result<(), String> {
    warning.map_or(Ok(()), |warning| Err(format!("the server warns: {warning}")))
}

fn young(age: Option<f64>, at_most: Millis) -> Result<(), String> {
    match age {
        None => Err("the answer is empty".to_owned()),
        Some(age) if age > at_most.as_f64() => {
            Err(format!("the evidence is {} old, and {at_most} are taken", Millis::from_f64(age)))
        }
        Some(age) if -age > at_most.as_f64() => {
            Err(format!("the evidence is {} in the future, so a clock is wrong", Millis::from_f64(-age)))
        }
        Some(_) => Ok(()),
    }
}

impl EvidenceAge {
    /// Of an answer whose value is a time, in seconds since 1970.
    pub(crate) fn of(answer: &Answered) -> Self {
        let newest = answer.series.first().and_then(Series::last).map(|sample| sample.value * 1_000.0);
        let milliseconds = answer.came().zip(newest.filter(|at| at.is_finite())).map(|(came, newest)| came - newest);
        Self { call: answer.call, milliseconds, warning: answer.warnings.first().cloned() }
    }

    /// Milliseconds; less than 0 where the server's clock is ahead. `None`: the selector has no series.
    pub fn milliseconds(&self) -> Option<f64> {
        self.milliseconds
    }

    /// Whether it is at most so old; else why it says nothing. Nor does it where the server warns: the oldest series may be what is missing.
    pub fn at_most(&self, age: Millis) -> Result<(), String> {
        undoubted(self.warning.as_ref())?;
        young(self.milliseconds, age)
    }
}

impl Evidence for Answered {
    fn calls(&self) -> Vec<u32> {
        vec![self.call]
    }
}

impl Evidence for EvidenceAge {
    fn calls(&self) -> Vec<u32> {
        vec![self.call]
    }
}
