//! The configuration of the policy `alerts`: what conditions may speak of, and which rows an alert speaks for.

use std::collections::BTreeMap;

use holdpoint_rules::alerts::{Definition, Known, Measures, Unit, condition};
use holdpoint_rules::names::Names;
use holdpoint_rules::trend::Settings;
use holdpoint_rules::{Millis, Rule, Selector, Span};
use serde::Deserialize;

use crate::{Error, GUIDE, Written, file};

/// The configuration. All of it is optional.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The text of a file of alerts.
    pub alerts: String,
    /// Which rows an alert speaks for, by its name.
    pub rows: BTreeMap<String, Vec<String>>,
    /// Over which time errors and the p95 are measured.
    pub window: Millis,
    /// How the memory's trend is measured.
    pub trend: Trend,
    /// With fewer exchanges in the time that an alert has to last there is no data: two of three that fail are no rate. Ten are half of what a look each half
    /// minute brings in five minutes by itself.
    pub at_least: f64,
    /// Names of series.
    pub series: Names,
}

/// How samples of memory become a trend.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Trend {
    /// Over which time.
    pub window: Millis,
    /// How long each of its points is.
    pub bucket: Millis,
    /// What of an instance's beginning does not count.
    pub warm_up: Millis,
    /// How far a trough reaches.
    pub reach: Millis,
}

impl Default for Config {
    fn default() -> Self {
        let row = |name: &str, row: &str| (name.to_owned(), vec![row.to_owned()]);
        Self {
            alerts: GUIDE.to_owned(),
            rows: BTreeMap::from([
                row("High Error Rate", "ALERT-1"),
                row("Slow Response Time", "ALERT-2"),
                row("Memory Leak Detected", "ALERT-3"),
                row("Request Isolation Failure", "ALERT-4"),
            ]),
            window: Millis(60_000),
            trend: Trend::default(),
            at_least: 10.0,
            series: Names::default(),
        }
    }
}

impl Default for Trend {
    fn default() -> Self {
        let minutes = |count: u32| Millis(count * 60_000);
        Self { window: minutes(180), bucket: minutes(10), warm_up: minutes(30), reach: minutes(2) }
    }
}

/// An alert as it was written, and what it means.
#[derive(Clone, Debug, PartialEq)]
pub struct Alert {
    /// As it stands in its file.
    pub written: Written,
    /// When it fires.
    pub rule: Rule,
    /// What its condition speaks of.
    pub about: String,
    /// In which unit.
    pub unit: Unit,
    /// The rows that it speaks for.
    pub rows: Vec<String>,
}

impl Config {
    /// The alerts, in the order of their file.
    ///
    /// # Errors
    /// If the file is none, or an alert is not understood; then all that are not are told.
    pub fn alerts(&self) -> Result<Vec<Alert>, Error> {
        let written = file::read(&self.alerts).map_err(Error::File)?;
        let definitions: Vec<Definition<'_>> = written.iter().map(definition).collect();
        let rules = self.measures().rules(&definitions).map_err(|mistakes| {
            let all: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
            Error::Alert(all.join("; "))
        })?;
        Ok(written.into_iter().zip(rules).map(|(written, rule)| self.alert(written, rule)).collect())
    }

    fn alert(&self, written: Written, rule: Rule) -> Alert {
        // The condition was read once already, so this finds what it speaks of.
        let (about, unit) = condition(&written.condition)
            .map_or_else(|_| (written.condition.clone(), Unit::Number), |limit| (limit.measure, limit.unit));
        let rows = self.rows.get(&written.name).cloned().unwrap_or_default();
        Alert { written, rule, about, unit, rows }
    }

    /// What conditions may speak of.
    fn measures(&self) -> Measures {
        let Self { series, window, trend, at_least, .. } = self;
        let window = Span::from(*window);
        let settings = Settings {
            warm_up: trend.warm_up.into(),
            bucket: trend.bucket.into(),
            reach: trend.reach.into(),
            baseline: None,
        };
        let of_exchanges = |unit, expression| Known { at_least: *at_least, ..Known::new(unit, expression) };
        let during = Some(Selector::new(&series.isolation_running));
        let mut measures = Measures::default();
        measures.add("error_rate", of_exchanges(Unit::Share, series.errors(window)));
        measures.add("response_time_p95", of_exchanges(Unit::Seconds, series.quantile(0.95, window)));
        let trend = series.memory_trend(trend.window.into(), settings);
        measures.add("memory_usage_trend", Known::new(Unit::SharePerHour, trend));
        let isolated = Known { during, ..Known::new(Unit::Share, series.isolated()) };
        measures.add("isolation_test_success_rate", isolated);
        measures
    }
}

fn definition(written: &Written) -> Definition<'_> {
    let Written { name, condition, duration, severity, .. } = written;
    Definition { name, condition, duration, severity }
}
