//! The document `input`, built value by value, so that no text of the evidence is read as anything else.
//!
//! - `tick`: how many evaluations there were before; `last`: nothing is observed after this one.
//! - `elapsed`, `unobserved`: seconds since the run was started, and of those in which nobody watched.
//! - `run`: `bundle`, `version`, `environment`, and `scale`, which is 1 outside of rehearsals.
//! - `checks`: what phases have stated, each with `phase`, `rows`, `name`, `verdict`, `expected`, `observed`, `at`.
//! - `series.NAME`: numbers, each with `labels`, `value`, `low`, `high`, `seen` (of how many observations) and `age` in seconds. Absent without any.
//! - `missing.NAME`: of which `labels` there is no number, and `why`. Absent if there is one of each.

use std::collections::BTreeMap;

use holdpoint::policy::prelude::{Context, Labels, Span, Time};
use holdpoint::policy::{SeenCheck, StretchKind};
use holdpoint::rules::Missing;
use regorus::Value;

use crate::numbers::Seen;

/// How long nobody watched, up to now.
pub(crate) fn unobserved(cx: &Context) -> Span {
    let (mut all, mut until) = (Span::ZERO, cx.facts().started);
    for stretch in cx.stretches_of(StretchKind::Unobserved) {
        let (from, to) = (stretch.from.max(until), stretch.to.min(cx.now()));
        if from < to {
            (all, until) = (all + (to - from), to);
        }
    }
    all
}

pub(crate) fn document(cx: &Context, numbers: &BTreeMap<String, Seen>, unobserved: Span, ticks: u32) -> Value {
    let (facts, now) = (cx.facts(), cx.now());
    let seconds = |at: Time| (at - facts.started).as_seconds();
    let run = object([
        ("bundle", facts.bundle.as_str().into()),
        ("version", facts.version.as_str().into()),
        ("environment", facts.environment.as_str().into()),
        ("scale", facts.scale.into()),
    ]);
    let checks: Vec<Value> = cx.checks().iter().map(|check| self::check(check, seconds(check.at))).collect();
    let values = named(numbers, |seen| {
        seen.values.iter().map(|(labels, value)| {
            object([
                ("labels", self::labels(labels)),
                ("value", value.estimate.into()),
                ("low", value.bounds.low.into()),
                ("high", value.bounds.high.into()),
                ("seen", value.seen.into()),
                ("age", (now - value.newest).as_seconds().into()),
            ])
        })
    });
    let missing = named(numbers, |seen| {
        let lacking = |(labels, why): &(Labels, Missing)| {
            object([("labels", self::labels(labels)), ("why", why.to_string().into())])
        };
        seen.missing.iter().map(lacking)
    });
    object([
        ("tick", ticks.into()),
        ("last", cx.is_last().into()),
        ("elapsed", seconds(now).into()),
        ("unobserved", unobserved.as_seconds().into()),
        ("run", run),
        ("checks", checks.into()),
        ("series", values),
        ("missing", missing),
    ])
}

fn check(check: &SeenCheck, at: f64) -> Value {
    let rows: Vec<Value> = check.requirements.iter().map(|row| row.as_str().into()).collect();
    object([
        ("phase", check.phase.as_str().into()),
        ("rows", rows.into()),
        ("name", check.name.as_str().into()),
        ("verdict", check.verdict.to_string().into()),
        ("expected", check.expected.as_str().into()),
        ("observed", check.observed.as_str().into()),
        ("at", at.into()),
    ])
}

fn labels(labels: &Labels) -> Value {
    object(labels.iter().map(|(name, value)| (name, value.into())))
}

/// The names that have anything, each with a list.
fn named<'a, I: Iterator<Item = Value>>(numbers: &'a BTreeMap<String, Seen>, of: impl Fn(&'a Seen) -> I) -> Value {
    let lists = numbers.iter().map(|(name, seen)| (name.as_str(), of(seen).collect::<Vec<Value>>()));
    object(lists.filter(|(_, list)| !list.is_empty()).map(|(name, list)| (name, list.into())))
}

fn object<'a>(fields: impl IntoIterator<Item = (&'a str, Value)>) -> Value {
    let fields: BTreeMap<Value, Value> = fields.into_iter().map(|(name, value)| (name.into(), value)).collect();
    fields.into()
}
