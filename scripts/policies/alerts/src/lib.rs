//! Alerts over a run, in the words of the deployment guide: `error_rate > 2%` for `5 minutes` (ALERT-1 to ALERT-4).
//!
//! An alert that fires fails its row. It passes at the end of the run only if it was looked at for as long as it takes to fire, and never for so long
//! without data. Formulas and `for` are those of Prometheus 2.42; a tick without data interrupts what was pending, as there.
//!
//! Configuration, all of it optional, as [`Config`] of `holdpoint-alerts` reads it, for the host writes the same alerts out (`holdpoint alerts`):
//! - `alerts`: the text of a file of alerts; without it, the guide's four. An alert may have an `action`, which its findings carry.
//! - `rows`: which rows an alert speaks for, by its name; without it, those of the guide's alerts.
//! - `window`: over which time errors and the p95 are measured, `1m`.
//! - `trend`: `window`, `bucket`, `warm_up` and `reach` of the memory's trend.
//! - `at_least`: with fewer exchanges in the time that an alert has to last there is no data, 10.
//! - `series`: names of series ([`Names`](holdpoint::policy::Names)).
//!
//! Measures: `error_rate` (a share), `response_time_p95` (a time), `memory_usage_trend` (a growth, of each instance), and while a test of isolation goes
//! on `isolation_test_success_rate` (a share).

#[cfg(test)]
mod tests;

use holdpoint::policy::prelude::*;
use holdpoint_alerts::{Alert, Config};

#[holdpoint::policy]
fn judge(cx: &mut Context, config: Config) -> Result<()> {
    let alerts = config.alerts().map_err(|error| Error::new(error.to_string()))?;
    let alarms: Vec<Alarm> = alerts.into_iter().map(alarm).collect();
    cx.watch(&alarms)
}

fn alarm(alert: Alert) -> Alarm {
    let Alert { written, rule, about, unit, rows } = alert;
    let alarm = Alarm::of(rule).measured(&about, unit).rows(rows);
    match &written.action {
        Some(action) => alarm.action(action),
        None => alarm,
    }
}
