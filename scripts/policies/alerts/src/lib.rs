//! Alerts over a run, in the words of the deployment guide: `error_rate > 2%` for `5 minutes` (ALERT-1 to ALERT-4).
//!
//! An alert that fires fails its row. It passes at the end of the run only if it was looked at for as long as it takes to fire, and never for so long
//! without data. Formulas and `for` are those of Prometheus 2.42; a tick without data interrupts what was pending, as there.
//!
//! Configuration, all of it optional:
//! - `alerts`: the text of a file of alerts; without it, the guide's four. An alert may have an `action`, which its findings carry.
//! - `rows`: which rows an alert speaks for, by its name; without it, those of the guide's alerts.
//! - `window`: over which time errors and the p95 are measured, `1m`.
//! - `trend`: `window`, `bucket`, `warm_up` and `reach` of the memory's trend.
//! - `at_least`: with fewer exchanges in a window there is no data, 1.
//! - `series`: names of series ([`Names`]).
//!
//! Measures: `error_rate` (a share), `response_time_p95` (a time), `memory_usage_trend` (a growth, of each instance), and while a test of isolation goes
//! on `isolation_test_success_rate` (a share).

mod file;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use holdpoint::policy::Names;
use holdpoint::policy::prelude::*;
use holdpoint::rules::alerts::{Definition, Known, Measures};
use holdpoint::rules::trend::Settings;

/// The guide's file as it stands.
const GUIDE: &str = include_str!("../alerts.yaml");

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Config {
    alerts: String,
    rows: BTreeMap<String, Vec<String>>,
    window: Millis,
    trend: Trend,
    at_least: f64,
    series: Names,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Trend {
    window: Millis,
    bucket: Millis,
    warm_up: Millis,
    reach: Millis,
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
            at_least: 1.0,
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

#[holdpoint::policy]
fn judge(cx: &mut Context, config: Config) -> Result<()> {
    let written = file::read(&config.alerts).map_err(Error::new)?;
    let measures = measures(&config);
    let definitions: Vec<Definition<'_>> = written.iter().map(definition).collect();
    let rules = measures.rules(&definitions).map_err(|mistakes| {
        let all: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
        Error::new(all.join("; "))
    })?;
    let alarms: Vec<Alarm> = written.iter().zip(rules).map(|(written, rule)| alarm(&config, written, rule)).collect();
    cx.watch(&alarms)
}

fn definition(written: &file::Written) -> Definition<'_> {
    let file::Written { name, condition, duration, severity, .. } = written;
    Definition { name, condition, duration, severity }
}

/// What conditions may speak of.
fn measures(config: &Config) -> Measures {
    let Config { series, window, trend, at_least, .. } = config;
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

fn alarm(config: &Config, written: &file::Written, rule: Rule) -> Alarm {
    // The condition was read once already, so this finds what it speaks of.
    let (about, unit) = holdpoint::rules::alerts::condition(&written.condition)
        .map_or_else(|_| (written.condition.clone(), Unit::Number), |limit| (limit.measure, limit.unit));
    let rows = config.rows.get(&written.name).cloned().unwrap_or_default();
    let alarm = Alarm::of(rule).measured(&about, unit).rows(rows);
    match &written.action {
        Some(action) => alarm.action(action),
        None => alarm,
    }
}
