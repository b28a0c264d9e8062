//! The dashboards and alert policies of a release are there, as its files say (P4.2.dashboards, P4.2.alerts).
//!
//! ```toml
//! [phase.config]
//! dashboards = ["monitoring/staging-dashboard.json"]   # JSON or YAML; a pattern such as monitoring/dashboards/*.yaml names several
//! alerts = ["monitoring/staging-alerts.yaml"]          # a list or several documents in one file are several policies
//! on-drift = "fail"                                    # or "update"
//! ```
//! What is there already is found by its display name and changed only with `on-drift = "update"`; what is not there is created and
//! read back. Run twice, it changes nothing the second time. It judges what a file says: fields that the platform adds are its own.
//! Whether a dashboard shows, or a policy fires, is not asked here.

mod apply;
mod compare;
mod definition;
mod kind;
mod yaml;

use holdpoint::prelude::*;

use kind::{ALERTS, DASHBOARDS};

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Config {
    /// Files of dashboards.
    #[serde(default)]
    dashboards: Vec<String>,
    /// Files of alert policies.
    #[serde(default)]
    alerts: Vec<String>,
    #[serde(default)]
    on_drift: OnDrift,
}

/// What is done about something that is there and is not as its file says.
#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum OnDrift {
    /// Its row fails, and nothing is changed: somebody may have meant it.
    #[default]
    Fail,
    /// It becomes what its file says.
    Update,
}

#[holdpoint::phase]
fn run(cx: &Context, config: Config) -> Result<()> {
    if config.dashboards.is_empty() && config.alerts.is_empty() {
        return Err(Error::new("config names no dashboards and no alerts, and nothing asked for is nothing passed"));
    }
    for (kind, patterns) in [(&DASHBOARDS, &config.dashboards), (&ALERTS, &config.alerts)] {
        if !patterns.is_empty() {
            let wanted = definition::read(cx, kind, patterns);
            apply::all(cx, kind, &wanted, config.on_drift);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
