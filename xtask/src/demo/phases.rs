//! Which phases of the shipped bundle need the Google Cloud CLI: those that are granted commands, and those of the rollback, which
//! have nothing to take back where nothing was deployed.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

/// The phases that need no gcloud, in the order of the bundle.
pub(super) fn without_gcloud(bundle: &Path) -> Result<Vec<String>> {
    let path = bundle.join("bundle.toml");
    let text = fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
    let phases = named(&text);
    if phases.is_empty() {
        bail!("{} has no phase without gcloud", path.display())
    }
    Ok(phases)
}

fn named(text: &str) -> Vec<String> {
    let tables = text.split("[[phase]]").skip(1);
    let id = |table: &str| {
        table.lines().find_map(|line| Some(line.strip_prefix("id = \"")?.trim_end_matches('"').to_owned()))
    };
    let ids = tables.filter(|table| !table.contains("\ngcloud = ") && !table.contains("needs = [\"rollback\"]"));
    ids.filter_map(id).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn leaves_out_what_gives_commands() {
        let text = include_str!("../../../scripts/bundles/netra-staging/bundle.toml");
        let phases = super::named(text);
        assert!(phases.contains(&"health".to_owned()) && phases.contains(&"config".to_owned()), "{phases:?}");
        for left_out in ["deploy", "verify-deployment", "rollback", "rollback-health", "monitoring-setup"] {
            assert!(!phases.contains(&left_out.to_owned()), "{phases:?}");
        }
    }
}
