//! What a policy asks of its host, and how its findings are given back.

use crate::policy::bindings::exports::holdpoint::policy::judge;
use crate::policy::bindings::holdpoint::evidence::evidence::{self, Comparison};
use crate::policy::{Facts, Finding, SeenCheck, SeenStretch, StretchKind, Verdict, series};
use crate::rules::{Labels, Matcher, Selector, Series, Severity, Time};

/// A moment. One that is none is the beginning of time: what happened then is never mistaken for something new.
fn time(milliseconds: f64) -> Time {
    Time::from_f64(milliseconds).unwrap_or(Time(i64::MIN))
}

pub(crate) fn policy_now() -> f64 {
    evidence::now()
}

pub(crate) fn policy_is_last() -> bool {
    evidence::is_last()
}

pub(crate) fn policy_requirements() -> Option<Vec<String>> {
    Some(evidence::requirements())
}

pub(crate) fn policy_facts() -> Facts {
    let evidence::RunFacts { run, bundle, version, environment, started, scale } = evidence::facts();
    Facts { run, bundle, version, environment, started: time(started), scale }
}

pub(crate) fn policy_checks() -> Vec<SeenCheck> {
    let check = |check: evidence::Check| SeenCheck {
        phase: check.phase,
        requirements: check.requirements,
        name: check.name,
        verdict: check.verdict.into(),
        expected: check.expected,
        observed: check.observed,
        at: time(check.at),
    };
    evidence::checks().into_iter().map(check).collect()
}

pub(crate) fn policy_stretches() -> Vec<SeenStretch> {
    let stretch = |stretch: evidence::Stretch| SeenStretch {
        kind: match stretch.kind {
            evidence::StretchKind::Disrupted => StretchKind::Disrupted,
            evidence::StretchKind::Unobserved => StretchKind::Unobserved,
        },
        from: time(stretch.from),
        to: time(stretch.to),
        why: stretch.why,
    };
    evidence::stretches().into_iter().map(stretch).collect()
}

pub(crate) fn policy_select(selector: &Selector, from: f64, to: f64) -> Result<Vec<Series>, String> {
    let matcher = |(label, matcher): &(String, Matcher)| {
        let (comparison, value) = match matcher {
            Matcher::Is(value) => (Comparison::Is, value),
            Matcher::IsNot(value) => (Comparison::IsNot, value),
            Matcher::StartsWith(value) => (Comparison::StartsWith, value),
        };
        evidence::Matcher { label: label.clone(), comparison, value: value.clone() }
    };
    let matchers = selector.matchers().iter().map(matcher).collect();
    let asked = evidence::Selector { name: selector.metric().to_owned(), matchers };
    let given = evidence::select(&asked, from, to)?;
    let given = given.into_iter().map(|given| {
        let labels = Labels::new(given.labels.iter().map(|label| (label.name.as_str(), label.value.as_str())))?;
        series(&given.name, labels, given.samples.iter().map(|sample| (sample.at, sample.value)), given.ends)
    });
    given.collect::<Result<_, crate::rules::Error>>().map_err(|error| error.to_string())
}

impl From<evidence::Verdict> for Verdict {
    fn from(verdict: evidence::Verdict) -> Self {
        match verdict {
            evidence::Verdict::Pass => Self::Pass,
            evidence::Verdict::Fail => Self::Fail,
            evidence::Verdict::Inconclusive => Self::Inconclusive,
            evidence::Verdict::NotExercised => Self::NotExercised,
            evidence::Verdict::Pending => Self::Pending,
        }
    }
}

impl From<(Vec<Finding>, Vec<u8>)> for judge::Evaluation {
    fn from((findings, state): (Vec<Finding>, Vec<u8>)) -> Self {
        Self { findings: findings.into_iter().map(Into::into).collect(), state }
    }
}

impl From<Finding> for judge::Finding {
    fn from(finding: Finding) -> Self {
        let Finding { name, requirements, verdict, severity, expected, observed, since, firing, action } = finding;
        Self {
            name,
            requirements,
            verdict: match verdict {
                Verdict::Pass => evidence::Verdict::Pass,
                Verdict::Fail => evidence::Verdict::Fail,
                Verdict::Inconclusive => evidence::Verdict::Inconclusive,
                Verdict::NotExercised => evidence::Verdict::NotExercised,
                Verdict::Pending => evidence::Verdict::Pending,
            },
            severity: severity.map(|severity| match severity {
                Severity::Info => judge::Severity::Info,
                Severity::Warning => judge::Severity::Warning,
                Severity::Critical => judge::Severity::Critical,
            }),
            expected,
            observed,
            since: since.map(Time::as_f64),
            firing,
            action,
        }
    }
}
