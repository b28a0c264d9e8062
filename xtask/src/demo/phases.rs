//! Which phases of the shipped bundle take part where there is no gcloud: those without grants of it, but for the rollback, which has
//! nothing to take back where nothing was deployed.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use toml_span::Value;

/// The phases that need no gcloud, in the order of the bundle.
pub(super) fn without_gcloud(bundle: &Path) -> Result<Vec<String>> {
    let path = bundle.join("bundle.toml");
    let text = fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
    let phases = named(&text).with_context(|| format!("read {}", path.display()))?;
    ensure!(!phases.is_empty(), "{} has no phase without gcloud", path.display());
    Ok(phases)
}

fn named(text: &str) -> Result<Vec<String>> {
    let bundle = toml_span::parse(text)?;
    let rollback = bundle.pointer("/rollback/phase").and_then(Value::as_str);
    let mut left_out: BTreeSet<&str> = rollback.into_iter().collect();
    let mut kept = Vec::new();
    for phase in bundle.pointer("/phase").and_then(Value::as_array).into_iter().flatten() {
        let id = phase.pointer("/id").and_then(Value::as_str).context("a phase has an id")?;
        let needs = phase.pointer("/needs").and_then(Value::as_array).into_iter().flatten();
        // What looks at the state after a rollback stands behind it.
        let of_rollback = needs.filter_map(Value::as_str).any(|need| rollback == Some(need));
        if of_rollback || phase.pointer("/grants/gcloud").is_some() {
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
    #[test]
    fn leaves_out_what_gives_commands() {
        let text = include_str!("../../../scripts/bundles/netra-staging/bundle.toml");
        let phases = super::named(text).unwrap();
        assert_eq!(
            phases,
            [
                "prerequisites",
                "toolchain",
                "architecture",
                "local-isolation",
                "config",
                "health",
                "auth-flow",
                "request-isolation"
            ]
        );
    }
}
