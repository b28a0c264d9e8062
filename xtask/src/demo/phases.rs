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
}

/// The phase of that scope.
const MONITORING: &str = "monitoring-setup";

impl Scope {
    /// Whether something is deployed.
    pub(crate) fn deploys(self) -> bool {
        self == Self::Release
    }
}

/// The phases that take part, in the order of the bundle; none where all do.
pub(super) fn chosen(bundle: &Path, scope: Scope) -> Result<Option<Vec<String>>> {
    match scope {
        Scope::Release => return Ok(None),
        Scope::Monitoring => return Ok(Some(vec![MONITORING.to_owned()])),
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
    let rollback = bundle.pointer("/rollback/phase").and_then(Value::as_str);
    let mut left_out: BTreeSet<&str> = rollback.into_iter().collect();
    let mut kept = Vec::new();
    for phase in bundle.pointer("/phase").and_then(Value::as_array).into_iter().flatten() {
        let id = phase.pointer("/id").and_then(Value::as_str).context("a phase has an id")?;
        let needs = phase.pointer("/needs").and_then(Value::as_array).into_iter().flatten();
        // What looks at the state after a rollback stands behind it.
        let of_rollback = needs.filter_map(Value::as_str).any(|need| rollback == Some(need));
        let too_loud = scope == Scope::Quiet && phase.pointer("/grants/load").is_some();
        if of_rollback || too_loud || phase.pointer("/grants/gcloud").is_some() {
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
        assert!(text.contains(&format!("id = \"{}\"", super::MONITORING)));
        let standing = super::named(text, Scope::Standing).unwrap();
        assert_eq!(standing, [&quiet[..], &["request-isolation", "agent-isolation", "chat"]].concat());
    }
}
