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
    /// All but the one that opens a page.
    Pageless,
    /// Those of a deployment, without stores and without a page.
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
    /// The one that opens the page of the frontend.
    Frontend,
    /// The one that looks for the knee of the connection pool.
    Pool,
    /// The one that has agents come and go.
    Churn,
    /// The one that reads what the team writes before production.
    NextSteps,
    /// Those that set monitoring up and look at what boards show, which mind no deployment.
    Monitoring,
    /// The one that watches for a day, with the policies that judge what it sees, in a rehearsal. Faults that it finds are found sooner so.
    Watch,
    /// Also those that put load on at the last two hours of the guide, for moments: as many answers as objectives want, and those of the first hour are few.
    /// Alerts are left out: whether one sees anything of so short a test is chance.
    Hours,
    /// Those that put load on at the hours of the day, for what they see themselves.
    Stress,
    /// The one that has requests go wrong on purpose in the night.
    Night,
    /// The watch and the alerts at the last hour of the day, which takes as long as an alert about isolation has to last.
    Evening,
    /// All of the day.
    Day,
}

/// Each beside one that must not mind.
const MONITORING: &[&str] = &["health", "monitoring-setup", "dashboards"];
const LOAD: &[&str] = &["health", "request-isolation", "agent-isolation", "chat"];
const SECURITY: &[&str] = &["health", "security"];
const RATE: &[&str] = &["health", "rate-limit"];
const LOGS: &[&str] = &["identity", "service-logs"];
const LOGIC: &[&str] = &["health", "environment", "sessions", "transactions", "files", "api-docs"];
const SOCKETS: &[&str] = &["health", "websocket-endurance"];
const POOL: &[&str] = &["health", "pool"];
const CHURN: &[&str] = &["health", "agent-churn"];
const NEXT_STEPS: &[&str] = &["config", "next-steps"];
/// Health asks for the page, too, and minds.
const FRONTEND: &[&str] = &["config", "frontend"];
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
/// Where the policy of alerts stands among them.
const ALERTS: usize = 3;
/// The hour that takes as long as an alert needs.
const EVENING: [&str; 3] = ["monitor", "stress-evening", "alerts"];
/// And what puts load on in it.
const STRESS: [&str; 4] = ["stress-morning", "stress-afternoon", "stress-evening", INJECTION];
/// Those at the hours of the guide, before the night.
const HOURS: usize = 3;
const INJECTION: &str = "failure-injection";
const NIGHT: [&str; 2] = ["stress-morning", INJECTION];
/// How many times faster it passes.
const SCALE: u32 = 36_000;

impl Scope {
    /// Everything that can be done with what is here.
    pub(crate) fn of_all(gcloud: bool, stores: bool, browser: bool) -> Self {
        match (gcloud, stores, browser) {
            (true, true, true) => Self::Release,
            (true, true, false) => Self::Pageless,
            (true, false, _) => Self::Storeless,
            (false, ..) => Self::Standing,
        }
    }

    /// What a demonstration without a fault does, one after the other: a release, a day in a rehearsal, and what a team does before production.
    pub(crate) fn of_demo(gcloud: bool, stores: bool, browser: bool) -> [Self; 3] {
        [Self::of_all(gcloud, stores, browser), Self::Day, Self::NextSteps]
    }

    /// Whether something is deployed.
    pub(crate) fn deploys(self) -> bool {
        matches!(self, Self::Release | Self::Pageless | Self::Storeless)
    }

    /// Whether stores are asked.
    pub(crate) fn asks_stores(self) -> bool {
        matches!(self, Self::Release | Self::Pageless | Self::Stores)
    }

    /// Whether a page is opened.
    pub(crate) fn opens_a_page(self) -> bool {
        matches!(self, Self::Release | Self::Frontend)
    }

    /// Whether a phase starts gcloud.
    pub(crate) fn needs_gcloud(self) -> bool {
        self.deploys() || matches!(self, Self::Monitoring | Self::Logs)
    }

    /// Whether it is a part of the day, or all of it.
    pub(crate) fn is_of_the_day(self) -> bool {
        matches!(self, Self::Watch | Self::Hours | Self::Stress | Self::Night | Self::Evening | Self::Day)
    }

    /// How many times faster waits pass, in a rehearsal.
    pub(crate) fn scale(self) -> Option<u32> {
        self.is_of_the_day().then_some(SCALE)
    }

    /// How long load is put on at the last hour of the day. The alert about isolation takes a minute to fire, and three looks of the policy to see that.
    pub(crate) fn evening(self) -> &'static str {
        if matches!(self, Self::Evening | Self::Day) { "evening-during=95s" } else { "evening-during=6s" }
    }

    /// How a run ends when nothing is wrong, and what it decides: one that leaves phases out is partial, and no release.
    pub(crate) fn clean_end(self) -> (u8, &'static str) {
        match self {
            Self::Release => (0, "release"),
            // Without load nothing is known of errors and times.
            Self::Watch => (3, "inconclusive"),
            part if part.is_of_the_day() => (8, "rehearsed"),
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
        Scope::Frontend => return only(FRONTEND),
        Scope::Pool => return only(POOL),
        Scope::Churn => return only(CHURN),
        Scope::NextSteps => return only(NEXT_STEPS),
        Scope::Watch => return only(&WATCH),
        Scope::Hours => return only(&[&WATCH[..ALERTS], &STRESS[1..HOURS]].concat()),
        Scope::Stress => return only(&STRESS[..HOURS]),
        Scope::Night => return only(&NIGHT),
        Scope::Evening => return only(&EVENING),
        Scope::Day => return only(&[&WATCH[..], &STRESS].concat()),
        Scope::Pageless | Scope::Storeless | Scope::Standing | Scope::Quiet => {}
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
        let too_far = !scope.deploys() && phase.pointer("/grants/gcloud").is_some();
        let later = phase.pointer("/stage").is_some();
        let lacks_stores = !scope.asks_stores() && id == DATA_STORES;
        let lacks_a_page = !scope.opens_a_page() && FRONTEND[1..].contains(&id);
        if of_rollback || too_loud || too_far || later || lacks_stores || lacks_a_page {
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
            super::FRONTEND,
            super::POOL,
            super::CHURN,
            super::NEXT_STEPS,
            &super::APART,
            &super::WATCH,
            &super::STRESS,
            &super::EVENING,
            &super::NIGHT,
        ];
        for id in lists.concat() {
            assert!(text.contains(&format!("id = \"{id}\"")), "{id}");
        }
        let standing = super::named(text, Scope::Standing).unwrap();
        for id in ["request-isolation", "security", "rate-limit", "environment"] {
            assert!(standing.iter().any(|phase| phase == id), "{id}: {standing:?}");
        }
        let storeless = super::named(text, Scope::Storeless).unwrap();
        for (id, takes_part) in [
            ("deploy", true),
            ("service-logs", true),
            ("dashboards", true),
            ("data-stores", false),
            ("frontend", false),
            ("rollback", false),
            ("monitor", false),
        ] {
            assert_eq!(storeless.iter().any(|phase| phase == id), takes_part, "{id}: {storeless:?}");
        }
        let pageless = super::named(text, Scope::Pageless).unwrap();
        for (id, takes_part) in [("deploy", true), ("data-stores", true), ("frontend", false), ("monitor", false)] {
            assert_eq!(pageless.iter().any(|phase| phase == id), takes_part, "{id}: {pageless:?}");
        }
        assert!(!standing.iter().any(|phase| phase == "frontend" || phase == "dashboards"), "{standing:?}");
    }
}
