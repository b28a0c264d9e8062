//! What the store of one evaluation holds, and how it answers. Everything is counted; nothing is recorded, for the answers follow from the run.

use std::sync::Arc;

use holdpoint_model::{
    Verdict,
    policy::{self, Comparison, Evidence, MOST_CHECKS, MOST_MATCHERS, MOST_STRETCHES, Matcher, StretchKind},
};

use super::{PolicyLimits, bindings::holdpoint::evidence::evidence as wit};
use crate::limits::Limits;

/// Bytes of a name, a label, or what a label is compared with.
const LONGEST_TEXT: usize = 1_024;

/// The state of one evaluation's store.
pub(crate) struct PolicyState {
    evidence: Arc<dyn Evidence>,
    bounds: PolicyLimits,
    questions: u32,
    samples: usize,
    pub(super) limits: Limits,
}

/// A bound that ends the policy. It travels through the guest as a trap.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Ended(pub(super) String);

impl PolicyState {
    pub(super) fn new(evidence: Arc<dyn Evidence>, bounds: PolicyLimits) -> Self {
        Self { evidence, bounds, questions: 0, samples: 0, limits: Limits::new(bounds.memory) }
    }

    fn asked(&mut self) -> wasmtime::Result<&dyn Evidence> {
        self.questions = self.questions.saturating_add(1);
        if self.questions > self.bounds.questions {
            return Err(ended(format!("limit of {} questions for evidence reached", self.bounds.questions)));
        }
        Ok(&*self.evidence)
    }

    /// The series, or the bound that keeps them from being given.
    fn selected(&mut self, selector: &policy::Selector, from: f64, to: f64) -> Result<Vec<policy::Series>, String> {
        let most = self.bounds.samples;
        let texts = selector.matchers.iter().flat_map(|Matcher { label, value, .. }| [label, value]);
        if texts.chain([&selector.name]).any(|text| text.len() > LONGEST_TEXT) {
            return Err(format!("a text of the selector is longer than {LONGEST_TEXT} bytes"));
        }
        if selector.matchers.len() > MOST_MATCHERS {
            return Err(format!("the selector has more than {MOST_MATCHERS} matchers"));
        }
        // Neither holds for what is no number.
        if from.is_nan() || to.is_nan() || from > to {
            return Ok(Vec::new());
        }
        let beyond = || format!("samples of all answers are more than {most}; ask for less time, or for fewer series");
        // Who was refused once is not looked up for again: looking takes time, and no fuel.
        if self.samples > most {
            return Err(beyond());
        }
        let series = self.evidence.select(selector, from, to).map_err(|too_many| too_many.to_string())?;
        let samples: usize = series.iter().map(|series| series.samples.len() + series.ends.len()).sum();
        self.samples = self.samples.saturating_add(samples);
        if self.samples > most {
            return Err(beyond());
        }
        Ok(series)
    }
}

fn ended(why: String) -> wasmtime::Error {
    wasmtime::Error::new(Ended(why))
}

fn bounded<T>(what: &str, most: usize, all: Vec<T>) -> wasmtime::Result<Vec<T>> {
    if all.len() > most { Err(ended(format!("the run has more than {most} {what}"))) } else { Ok(all) }
}

impl wit::Host for PolicyState {
    fn facts(&mut self) -> wasmtime::Result<wit::RunFacts> {
        let policy::Facts { run, bundle, version, environment, started, scale } = self.asked()?.facts();
        Ok(wit::RunFacts { run: run.to_string(), bundle, version, environment, started: started.0, scale })
    }

    fn now(&mut self) -> wasmtime::Result<f64> {
        Ok(self.asked()?.now().0)
    }

    fn is_last(&mut self) -> wasmtime::Result<bool> {
        Ok(self.asked()?.is_last())
    }

    fn requirements(&mut self) -> wasmtime::Result<Vec<String>> {
        Ok(self.asked()?.requirements().iter().map(ToString::to_string).collect())
    }

    fn checks(&mut self) -> wasmtime::Result<Vec<wit::Check>> {
        let checks = bounded("checks", MOST_CHECKS, self.asked()?.checks())?;
        Ok(checks.into_iter().map(Into::into).collect())
    }

    fn select(
        &mut self,
        selector: wit::Selector,
        from: f64,
        to: f64,
    ) -> wasmtime::Result<Result<Vec<wit::Series>, String>> {
        self.asked()?;
        let series = self.selected(&selector.into(), from, to);
        Ok(series.map(|series| series.into_iter().map(Into::into).collect()))
    }

    fn stretches(&mut self) -> wasmtime::Result<Vec<wit::Stretch>> {
        let stretches = bounded("stretches", MOST_STRETCHES, self.asked()?.stretches())?;
        Ok(stretches.into_iter().map(Into::into).collect())
    }
}

impl From<wit::Selector> for policy::Selector {
    fn from(selector: wit::Selector) -> Self {
        let matchers = selector.matchers.into_iter().map(|wit::Matcher { label, comparison, value }| Matcher {
            label,
            comparison: match comparison {
                wit::Comparison::Is => Comparison::Is,
                wit::Comparison::IsNot => Comparison::IsNot,
                wit::Comparison::StartsWith => Comparison::StartsWith,
            },
            value,
        });
        Self { name: selector.name, matchers: matchers.collect() }
    }
}

impl From<policy::Series> for wit::Series {
    fn from(series: policy::Series) -> Self {
        let policy::Series { name, labels, samples, ends } = series;
        Self {
            name,
            labels: labels.into_iter().map(|(name, value)| wit::Label { name, value }).collect(),
            samples: samples.into_iter().map(|policy::Sample { at, value }| wit::Sample { at, value }).collect(),
            ends,
        }
    }
}

impl From<policy::SeenCheck> for wit::Check {
    fn from(check: policy::SeenCheck) -> Self {
        let policy::SeenCheck { phase, requirements, name, verdict, expected, observed, at } = check;
        Self {
            phase: phase.to_string(),
            requirements: requirements.iter().map(ToString::to_string).collect(),
            name,
            verdict: verdict.into(),
            expected,
            observed,
            at: at.0,
        }
    }
}

impl From<policy::Stretch> for wit::Stretch {
    fn from(stretch: policy::Stretch) -> Self {
        let policy::Stretch { kind, from, to, why } = stretch;
        let kind = match kind {
            StretchKind::Disrupted => wit::StretchKind::Disrupted,
            StretchKind::Unobserved => wit::StretchKind::Unobserved,
        };
        Self { kind, from: from.0, to: to.0, why }
    }
}

impl From<Verdict> for wit::Verdict {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Pass => Self::Pass,
            Verdict::Fail => Self::Fail,
            Verdict::Inconclusive => Self::Inconclusive,
            Verdict::NotExercised => Self::NotExercised,
            Verdict::Pending => Self::Pending,
        }
    }
}

impl From<wit::Verdict> for Verdict {
    fn from(verdict: wit::Verdict) -> Self {
        match verdict {
            wit::Verdict::Pass => Self::Pass,
            wit::Verdict::Fail => Self::Fail,
            wit::Verdict::Inconclusive => Self::Inconclusive,
            wit::Verdict::NotExercised => Self::NotExercised,
            wit::Verdict::Pending => Self::Pending,
        }
    }
}
