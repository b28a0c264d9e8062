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
    /// Those without grants of gcloud, but for the rollback, which has nothing to take back where nothing was deployed.
    Standing,
    /// Of these, those that put no load on anything.
    Quiet,
    /// The one that sets monitoring up, which minds no deployment.
    Monitoring,
    /// The one that watches for a day, with the policies that judge what it sees, in a rehearsal. Faults that it finds are found sooner so.
    Watch,
    /// Also those that put load on at the hours of the day.
    Day,
}

/// The phase of that scope.
const MONITORING: &str = "monitoring-setup";

/// What takes part in the day.
const WATCH: [&str; 4] = ["monitor", "objectives", "day-triggers", "alerts"];
/// And what puts load on in it.
const STRESS: [&str; 4] = ["stress-morning", "stress-afternoon", "stress-evening", "failure-injection"];
/// How many times faster it passes.
const SCALE: u32 = 7_200;

impl Scope {
    /// Whether something is deployed.
    pub(crate) fn deploys(self) -> bool {
        self == Self::Release
    }

    /// How many times faster waits pass, in a rehearsal.
    pub(crate) fn scale(self) -> Option<u32> {
        matches!(self, Self::Watch | Self::Day).then_some(SCALE)
    }

    /// How a run ends when nothing is wrong, and what it decides: one that leaves phases out is partial, and no release.
    pub(crate) fn clean_end(self) -> (u8, &'static str) {
        match self {
            Self::Release => (0, "release"),
            Self::Standing | Self::Quiet | Self::Monitoring => (7, "partial"),
            // Without traffic nothing is known of errors and times.
            Self::Watch => (3, "inconclusive"),
            Self::Day => (8, "rehearsed"),
        }
    }
}

/// The phases that take part, in the order of the bundle; none where all do.
pub(super) fn chosen(bundle: &Path, scope: Scope) -> Result<Option<Vec<String>>> {
    match scope {
        Scope::Release => return Ok(None),
        Scope::Monitoring => return Ok(Some(vec![MONITORING.to_owned()])),
        Scope::Watch => return Ok(Some(WATCH.map(str::to_owned).to_vec())),
        Scope::Day => return Ok(Some(WATCH.into_iter().chain(STRESS).map(str::to_owned).collect())),
        Scope::Standing | Scope::Quiet => {}
    }
    let path = bundle.join("bundle.toml");
    let text = fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
    let phases = named(&text, scope).with_context(|| format!("read {}", path.display()))?;
    ensure!(!phases.is_empty(), "{} has no phase without gcloud", path.display());
    Ok(Some(phases))
}

fn named(text: &str, scope: Scope) -> Result<Vec<String>> {
    let bundle = toml_span::parse(text)?;
    let of_the_day = |id: &str| WATCH.contains(&id) || STRESS.contains(&id);
    let rollback = bundle.pointer("/rollback/phase").and_then(Value::as_str);
    let mut left_out: BTreeSet<&str> = rollback.into_iter().collect();
    let mut kept = Vec::new();
    for phase in bundle.pointer("/phase").and_then(Value::as_array).into_iter().flatten() {
        let id = phase.pointer("/id").and_then(Value::as_str).context("a phase has an id")?;
        let needs = phase.pointer("/needs").and_then(Value::as_array).into_iter().flatten();
        // What looks at the state after a rollback stands behind it.
        let of_rollback = needs.filter_map(Value::as_str).any(|need| rollback == Some(need));
        let too_loud = scope == Scope::Quiet && phase.pointer("/grants/load").is_some();
        if of_rollback || too_loud || of_the_day(id) || phase.pointer("/grants/gcloud").is_some() {
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
        for id in super::WATCH.into_iter().chain(super::STRESS).chain([super::MONITORING]) {
            assert!(text.contains(&format!("id = \"{id}\"")), "{id}");
        }
        let standing = super::named(text, Scope::Standing).unwrap();
        assert_eq!(standing, [&quiet[..], &["request-isolation", "agent-isolation", "chat"]].concat());
    }
}
