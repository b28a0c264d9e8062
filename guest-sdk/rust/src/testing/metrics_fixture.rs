//! Questions for metrics as fixtures have them.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::metrics::{Numbers, denied_numbers, failed_numbers, histories, late_numbers, page};
use crate::Millis;
use crate::metrics::{Exposed, Family, MetricKind};

/// A question, in the words that the report has for it, and what is told: series, a page, or an error.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Told {
    ask: String,
    series: Option<Vec<Series>>,
    page: Option<Vec<Metric>>,
    #[serde(default)]
    age: Millis,
    #[serde(default)]
    warnings: Vec<String>,
    error: Option<Lost>,
    /// Why it failed.
    #[serde(default)]
    says: String,
}

/// One value as of now, or samples, each so long before the answer.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Series {
    #[serde(default)]
    labels: BTreeMap<String, String>,
    value: Option<Number>,
    samples: Option<Vec<(Millis, Number)>>,
}

/// A number, or `"NaN"`, `"+Inf"`, `"-Inf"`.
#[derive(Clone, Copy, Deserialize)]
#[serde(try_from = "Value")]
struct Number(f64);

impl TryFrom<Value> for Number {
    type Error = String;

    fn try_from(value: Value) -> Result<Self, String> {
        let number = match &value {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => text.parse().ok(),
            _ => None,
        };
        number.map(Self).ok_or_else(|| format!("`{value}` is neither a number nor NaN, +Inf or -Inf"))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Metric {
    name: String,
    #[serde(default)]
    kind: MetricKind,
    samples: Vec<Line>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    name: String,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    value: Number,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Lost {
    Denied,
    Timeout,
    Failed,
}

impl Told {
    /// The question with its answer. It is checked that the two fit, that the samples of a series are in order, and that a page has one; names, and what
    /// fits the type of a metric, only where the host runs the same file.
    pub(super) fn scripted(self) -> Result<(String, Numbers), String> {
        let Self { ask, series, page: families, age, warnings, error, says } = self;
        let told = match (ask.split(' ').next(), series, families, error) {
            (Some("query" | "query-range"), Some(series), None, None) => of_series(&ask, series)?,
            (Some("scrape"), None, Some(families), None) if warnings.is_empty() => of_page(&ask, families)?,
            (Some("query" | "query-range" | "scrape"), None, None, Some(error)) => match error {
                Lost::Denied => denied_numbers(),
                Lost::Timeout => late_numbers(),
                Lost::Failed => failed_numbers(&says),
            },
            (Some("query" | "query-range" | "scrape"), ..) => {
                return Err(format!("`{ask}` has one of series (of a page: page) and error"));
            }
            _ => return Err(format!("`{ask}` begins with none of query, query-range and scrape")),
        };
        Ok((ask, warnings.iter().fold(told.age(age), |told, warning| told.warning(warning))))
    }
}

fn of_series(ask: &str, series: Vec<Series>) -> Result<Numbers, String> {
    let series = series.into_iter().map(|series| {
        let samples = match (series.value, series.samples) {
            (Some(value), None) => vec![(Millis(0), value.0)],
            (None, Some(samples)) => samples.into_iter().map(|(ago, value)| (ago, value.0)).collect(),
            _ => return Err(format!("a series of `{ask}` has one of value and samples")),
        };
        if samples.windows(2).any(|two| two[0].0 <= two[1].0) {
            return Err(format!("`{ask}`: the samples of a series are not in the order of their times"));
        }
        Ok((series.labels, samples))
    });
    let series = series.collect::<Result<Vec<(BTreeMap<String, String>, _)>, _>>()?;
    let labels: Vec<Vec<(&str, &str)>> = series
        .iter()
        .map(|(labels, _)| labels.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect())
        .collect();
    Ok(histories(labels.iter().zip(&series).map(|(labels, (_, samples))| (&labels[..], &samples[..]))))
}

fn of_page(ask: &str, families: Vec<Metric>) -> Result<Numbers, String> {
    if families.iter().all(|family| family.samples.is_empty()) {
        return Err(format!("`{ask}`: the page has no sample"));
    }
    let line = |line: Line| Exposed {
        name: line.name,
        labels: line.labels.into_iter().collect(),
        value: line.value.0,
        at: None,
    };
    Ok(page(families.into_iter().map(|family| Family {
        name: family.name,
        kind: family.kind,
        samples: family.samples.into_iter().map(line).collect(),
        ..Family::default()
    })))
}
