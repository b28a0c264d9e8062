//! When a release is to be taken back: RB-T1 to RB-T5. Every finding says so by its action; which rows do take a release back the bundle decides,
//! by `when` in `[rollback]`.
//!
//! - RB-T1: a critical service is unhealthy for longer than five minutes. While one that `critical` names is probed, its silence counts as unhealthy;
//!   when nothing probes it any more, what is pending stays so, and that time does not count.
//! - RB-T2: more than 5 % of the exchanges fail for longer than ten minutes, in which there were at least `errors.at_least` (20) of them. Silence is no
//!   evidence of errors that last: its time does not count, and after ten minutes of it what is pending begins anew.
//! - RB-T3: isolation has failed: users were shown what is others', or a check of its rows has failed. Without such a check it passes only if
//!   users saw at least what is their own.
//! - RB-T4: memory that leaks will be used up within hours, with 97.5 % confidence.
//! - RB-T5: authentication is completely broken: no login succeeds, or all checks of its rows have failed, and no other came for a minute.
//!
//! Time in which no host was there, and `probed_each` after it, makes nothing unhealthy and no error last: what is pending begins anew.
//!
//! A trigger whose row the bundle does not list is not judged. One passes at the end of the run only if it could have fired.
//! The configuration is [`Config`]; every field has a default.

mod checks;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use holdpoint::policy::prelude::*;
use holdpoint::policy::{Names, StretchKind, gauge};
use holdpoint::rules::Series;
use holdpoint::rules::trend::Settings;

use checks::Judged;

const ROLLBACK: &str = "rollback";

/// When to take a release back.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Config {
    series: Names,
    /// The services that count, and that are to be probed all the time; without any, all that somebody asks, and their silence says nothing.
    critical: Vec<String>,
    unhealthy_for: Millis,
    /// A probe older than this says nothing any more.
    probed_each: Millis,
    errors: Errors,
    /// Rows of which a failed check is a failure of isolation.
    isolation: Vec<String>,
    leak: Leak,
    /// Rows whose checks say whether anybody can log in.
    authentication: Vec<String>,
    /// How long no other check of them has come when all have failed.
    authentication_for: Millis,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Errors {
    /// A share.
    limit: f64,
    hold: Millis,
    window: Millis,
    /// With fewer exchanges in `hold` there is no data. Of fewer than twenty, one that fails is more than 5 %.
    at_least: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Leak {
    /// The share of memory that is all there is.
    limit: f64,
    /// How soon it must be reached.
    within: Millis,
    window: Millis,
    bucket: Millis,
    warm_up: Millis,
}

impl Default for Config {
    fn default() -> Self {
        let rows = |rows: &[&str]| rows.iter().map(|row| (*row).to_owned()).collect();
        Self {
            series: Names::default(),
            critical: Vec::new(),
            unhealthy_for: Millis(5 * 60_000),
            probed_each: Millis(60_000),
            errors: Errors::default(),
            isolation: rows(&["P3.2.isolation", "CRIT-3"]),
            leak: Leak::default(),
            authentication: rows(&["P3.3", "CRIT-4"]),
            authentication_for: Millis(60_000),
        }
    }
}

impl Default for Errors {
    fn default() -> Self {
        Self { limit: 0.05, hold: Millis(10 * 60_000), window: Millis(60_000), at_least: 20.0 }
    }
}

impl Default for Leak {
    fn default() -> Self {
        let minutes = |count: u32| Millis(count * 60_000);
        Self { limit: 1.0, within: minutes(240), window: minutes(180), bucket: minutes(10), warm_up: minutes(30) }
    }
}

#[holdpoint::policy]
fn judge(cx: &mut Context, config: Config) -> Result<()> {
    let mut watch = Watch::from_bytes(cx.state())?;
    let mut alarms = if cx.may_claim("RB-T1") { unhealthy(cx, &config)? } else { Vec::new() };
    let others = [("RB-T2", errors(cx, &config)), ("RB-T4", leak(&config)), ("RB-T5", logins(&config))];
    alarms.extend(others.into_iter().filter(|(row, _)| cx.may_claim(row)).map(|(_, alarm)| alarm));
    let found = if alarms.is_empty() { Vec::new() } else { watch.tick(cx, &alarms)? };
    let judged = Judged::of(cx, &config.authentication);
    let authentication = checks::authentication(cx, &judged, config.authentication_for.into());
    // A login that never was measured is known by checks alone.
    let is_measured = is_seen(cx, &config.series.login)?;
    for finding in found {
        if finding.name != LOGINS || is_measured || authentication.is_none() {
            cx.find(finding);
        }
    }
    if let Some(finding) = authentication.filter(|_| cx.may_claim("RB-T5")) {
        cx.find(checks::told(cx, finding, "RB-T5"));
    }
    if cx.may_claim("RB-T3") {
        let isolation = checks::isolation(cx, &Judged::of(cx, &config.isolation), &config.series)?;
        cx.find(checks::told(cx, isolation, "RB-T3"));
    }
    cx.keep(watch.to_bytes());
    Ok(())
}

/// Whether there is any series of this name.
fn is_seen(cx: &Context, name: &str) -> Result<bool> {
    let selector = Selector::new(name);
    Ok(cx.evidence([Ask::whole(selector.clone(), cx.now())])?.select(&selector).next().is_some())
}

/// The rule, which says nothing where no host was there a moment ago: nobody knows what lies between the sample before and the one after, and
/// missing ones are nobody's fault. What is pending begins anew.
fn unless_away(cx: &Context, config: &Config, rule: Rule) -> Rule {
    let recent = cx.now() - Span::from(config.probed_each);
    let was_away = cx.stretches_of(StretchKind::Unobserved).iter().any(|stretch| stretch.to > recent);
    // No evidence has so many observations.
    if was_away { Rule { no_data: NoData::Inconclusive, at_least: f64::MAX, ..rule } } else { rule }
}

/// The name of the trigger of logins that are measured.
const LOGINS: &str = "Authentication Broken";

/// RB-T1, of each critical service.
fn unhealthy(cx: &Context, config: &Config) -> Result<Vec<Alarm>> {
    let up = Selector::new(&config.series.up);
    let evidence = cx.evidence([Ask::whole(up.clone(), cx.now())])?;
    let service = |series: &Series| series.labels().get("service").to_owned();
    let probed: BTreeSet<String> = evidence.select(&up).map(service).collect();
    let is_probed_still: BTreeSet<String> =
        evidence.select(&up).filter(|series| !series.is_gone(cx.now())).map(service).collect();
    let critical = if config.critical.is_empty() { probed.iter().cloned().collect() } else { config.critical.clone() };
    let alarm = |service: &String| {
        let measure =
            Measure::Gauge { selector: up.clone().is("service", service), over: Over::Now, across: Across::Lowest };
        let name = format!("Critical Service Unhealthy {service}");
        let below = Condition { compare: Compare::Below, limit: 1.0 };
        let rule = Rule::new(&name, Severity::Critical, Expression::of(measure), below);
        let is_missed = config.critical.contains(service) && is_probed_still.contains(service);
        let no_data = if is_missed { NoData::Counts } else { NoData::Holds };
        let rule = Rule { no_data, fresh: config.probed_each.into(), ..rule.lasting(config.unhealthy_for.into()) };
        trigger(unless_away(cx, config, rule), "RB-T1", "up", Unit::Number)
    };
    let alarms: Vec<Alarm> = critical.iter().map(alarm).collect();
    Ok(if alarms.is_empty() { vec![alarm(&"of none that is probed".to_owned())] } else { alarms })
}

/// RB-T2.
fn errors(cx: &Context, config: &Config) -> Alarm {
    let Errors { limit, hold, window, at_least } = config.errors;
    let above = Condition { compare: Compare::Above, limit };
    let rule = Rule::new("Errors", Severity::Critical, config.series.errors(window.into()), above);
    let rule = Rule { no_data: NoData::Holds, at_least, at_least_over: hold.into(), ..rule.lasting(hold.into()) };
    trigger(unless_away(cx, config, rule), "RB-T2", "error_rate", Unit::Share)
}

/// RB-T4, of each instance.
fn leak(config: &Config) -> Alarm {
    let Leak { limit, within, window, bucket, warm_up } = config.leak;
    let settings = Settings { warm_up: warm_up.into(), bucket: bucket.into(), reach: Span::minutes(2), baseline: None };
    let selector = Selector::new(&config.series.memory).is_not("instance", "");
    let measure = Measure::TimeToLimit { selector, window: window.into(), settings, limit };
    let soon = Condition { compare: Compare::Below, limit: Span::from(within).as_seconds() };
    let expression = Expression::of(measure).by(&["service", "instance"]);
    trigger(
        Rule::new("Leak", Severity::Critical, expression, soon),
        "RB-T4",
        "time until memory is used up",
        Unit::Seconds,
    )
}

/// RB-T5, where logins are measured.
fn logins(config: &Config) -> Alarm {
    let none = Condition { compare: Compare::AtMost, limit: 0.0 };
    let rule = Rule::new(LOGINS, Severity::Critical, gauge(&config.series.login, Across::Highest), none);
    trigger(rule, "RB-T5", "login_success", Unit::Share)
}

fn trigger(rule: Rule, row: &str, about: &str, unit: Unit) -> Alarm {
    Alarm::of(rule).measured(about, unit).rows([row]).action(ROLLBACK)
}
