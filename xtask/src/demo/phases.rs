//! Which phases of the shipped bundle take part.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use toml_span::Value;

/// Which phases take part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// All of them.
    Release,
    /// Those of a deployment, without stores.
    Storeless,
    /// Those without grants of gcloud, but for the rollback, which has nothing to take back where nothing was deployed.
    Standing,
    /// Of these, those that put no load on anything and are soon done.
    Quiet,
    /// Those that put load on.
    Load,
    /// Those that look at what strangers may do.
    Security,
    /// The one that asks until it is refused.
    Rate,
    /// The one that reads logs.
    Logs,
    /// Those that look at what the system does for its users.
    Logic,
    /// The one that holds sockets.
    Sockets,
    /// The one that looks at stores, beside one that asks the services which stand on them.
    Stores,
    /// The one that looks for the knee of the connection pool.
    Pool,
    /// The one that has agents come and go.
    Churn,
    /// The one that reads what the team writes before production.
    NextSteps,
    /// The one that sets monitoring up, which minds no deployment.
    Monitoring,
    /// The one that watches for a day, with the policies that judge what it sees, in a rehearsal. Faults that it finds are found sooner so.
    Watch,
    /// Also those that put load on at the hours of the day.
    Day,
}

const MONITORING: &[&str] = &["monitoring-setup"];
/// Each beside one that must not mind.
const LOAD: &[&str] = &["health", "request-isolation", "agent-isolation", "chat"];
const SECURITY: &[&str] = &["health", "security"];
const RATE: &[&str] = &["health", "rate-limit"];
const LOGS: &[&str] = &["identity", "service-logs"];
const LOGIC: &[&str] = &["health", "environment", "sessions", "transactions", "files", "api-docs"];
const SOCKETS: &[&str] = &["health", "websocket-endurance"];
const POOL: &[&str] = &["health", "pool"];
const CHURN: &[&str] = &["health", "agent-churn"];
const NEXT_STEPS: &[&str] = &["config", "next-steps"];
const STORES: &[&str] = &["config", "health", DATA_STORES];
/// What asks stores itself.
const DATA_STORES: &str = "data-stores";
/// What takes a while, or is of a scope of its own.
const APART: [&str; 10] = [
    "environment",
    DATA_STORES,
    "sessions",
    "transactions",
    "files",
    "api-docs",
    "websocket-endurance",
    "security",
    "rate-limit",
    "service-logs",
];

/// What takes part in the day.
const WATCH: [&str; 4] = ["monitor", "objectives", "day-triggers", "alerts"];
/// And what puts load on in it.
const STRESS: [&str; 4] = ["stress-morning", "stress-afternoon", "stress-evening", "failure-injection"];
/// How many times faster it passes.
const SCALE: u32 = 7_200;

impl Scope {
    /// Everything that can be done with what is here.
    pub(crate) fn of_all(gcloud: bool, stores: bool) -> Self {
        match (gcloud, stores) {
            (true, true) => Self::Release,
            (true, false) => Self::Storeless,
            (false, _) => Self::Standing,
        }
    }

    /// Whether something is deployed.
    pub(crate) fn deploys(self) -> bool {
        matches!(self, Self::Release | Self::Storeless)
    }

    /// Whether stores are asked.
    pub(crate) fn asks_stores(self) -> bool {
        matches!(self, Self::Release | Self::Stores)
    }

    /// Whether a phase starts gcloud.
    pub(crate) fn needs_gcloud(self) -> bool {
        matches!(self, Self::Release | Self::Storeless | Self::Monitoring | Self::Logs)
    }

    /// How many times faster waits pass, in a rehearsal.
    pub(crate) fn scale(self) -> Option<u32> {
        matches!(self, Self::Watch | Self::Day).then_some(SCALE)
    }

    /// How a run ends when nothing is wrong, and what it decides: one that leaves phases out is partial, and no release.
    pub(crate) fn clean_end(self) -> (u8, &'static str) {
        match self {
            Self::Release => (0, "release"),
            // Without traffic nothing is known of errors and times.
            Self::Watch => (3, "inconclusive"),
            Self::Day => (8, "rehearsed"),
            _ => (7, "partial"),
        }
    }
}

/// The phases that take part, in the order of the bundle; none where all do.
pub(super) fn chosen(bundle: &Path, scope: Scope) -> Result<Option<Vec<String>>> {
    let only = |names: &[&str]| Ok(Some(names.iter().map(|name| (*name).to_owned()).collect()));
    match scope {
        Scope::Release => return Ok(None),
        Scope::Monitoring => return only(MONITORING),
        Scope::Load => return only(LOAD),
        Scope::Security => return only(SECURITY),
        Scope::Rate => return only(RATE),
        Scope::Logs => return only(LOGS),
        Scope::Logic => return only(LOGIC),
        Scope::Sockets => return only(SOCKETS),
        Scope::Stores => return only(STORES),
        Scope::Pool => return only(POOL),
        Scope::Churn => return only(CHURN),
        Scope::NextSteps => return only(NEXT_STEPS),
        Scope::Watch => return only(&WATCH),
        Scope::Day => return only(&[&WATCH[..], &STRESS].concat()),
        Scope::Storeless | Scope::Standing | Scope::Quiet => {}
    }
    let path = bundle.join("bundle.toml");
    let text = fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
    let phases = named(&text, scope).with_context(|| format!("read {}", path.display()))?;
    ensure!(!phases.is_empty(), "{} has no phase without gcloud", path.display());
    Ok(Some(phases))
}

fn named(text: &str, scope: Scope) -> Result<Vec<String>> {
    let bundle = toml_span::parse(text)?;
    let rollback = bundle.pointer("/rollback/phase").and_then(Value::as_str);
    let mut left_out: BTreeSet<&str> = rollback.into_iter().collect();
    let mut kept = Vec::new();
    for phase in bundle.pointer("/phase").and_then(Value::as_array).into_iter().flatten() {
        let id = phase.pointer("/id").and_then(Value::as_str).context("a phase has an id")?;
        let needs = phase.pointer("/needs").and_then(Value::as_array).into_iter().flatten();
        // What looks at the state after a rollback stands behind it.
        let of_rollback = needs.filter_map(Value::as_str).any(|need| rollback == Some(need));
        let too_loud = scope == Scope::Quiet && (phase.pointer("/grants/load").is_some() || APART.contains(&id));
        let too_far = scope != Scope::Storeless && phase.pointer("/grants/gcloud").is_some();
        let later = phase.pointer("/stage").is_some();
        if of_rollback || too_loud || too_far || later || id == DATA_STORES {
            left_out.insert(id);
        }
        if !left_out.contains(id) {
            kept.push(id.to_owned());
        }
    }
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use super::Scope;

    #[test]
    fn leaves_out_what_gives_commands() {
        let text = include_str!("../../../scripts/bundles/netra-staging/bundle.toml");
        let quiet = ["prerequisites", "toolchain", "architecture", "local-isolation", "config", "health", "auth-flow"];
        assert_eq!(super::named(text, Scope::Quiet).unwrap(), quiet);
        let lists = [
            super::MONITORING,
            super::LOAD,
            super::SECURITY,
            super::RATE,
            super::LOGS,
            super::LOGIC,
            super::SOCKETS,
            super::STORES,
            super::POOL,
            super::CHURN,
            super::NEXT_STEPS,
            &super::APART,
            &super::WATCH,
            &super::STRESS,
        ];
        for id in lists.concat() {
            assert!(text.contains(&format!("id = \"{id}\"")), "{id}");
        }
        let standing = super::named(text, Scope::Standing).unwrap();
        for id in ["request-isolation", "security", "rate-limit", "environment"] {
            assert!(standing.iter().any(|phase| phase == id), "{id}: {standing:?}");
        }
        let storeless = super::named(text, Scope::Storeless).unwrap();
        for (id, takes_part) in
            [("deploy", true), ("service-logs", true), ("data-stores", false), ("rollback", false), ("monitor", false)]
        {
            assert_eq!(storeless.iter().any(|phase| phase == id), takes_part, "{id}: {storeless:?}");
        }
    }
}
