//! `[[policy]]`: what judges the evidence of a run at every tick. It asks for nothing, so it has no grants.

use std::path::{Component, Path};

use holdpoint_model::{PolicyId, RequirementId};
use toml_span::value::Value;

use super::phase::{Config, read_config, read_map};
use crate::diagnostic::Problems;
use crate::reading::{Fields, Located, all_parsed, parsed, plain_name};

/// The most files that the configurations of one bundle may name.
pub(crate) const MOST_FILES: usize = 32;

/// A policy as it is written.
#[derive(Debug)]
pub(crate) struct Policy {
    pub(crate) id: Located<PolicyId>,
    pub(crate) module: Option<Located<String>>,
    pub(crate) requirements: Vec<Located<RequirementId>>,
    /// What the policy claims, and the row that it then speaks for.
    pub(crate) map: Vec<(Located<RequirementId>, Located<RequirementId>)>,
    /// The stage at whose end its rows are decided; the last one if it is not said.
    pub(crate) stage: Option<Located<String>>,
    pub(crate) config: Config,
}

impl Policy {
    pub(crate) fn read(value: &Value<'_>, problems: &mut Problems<'_>) -> Option<Self> {
        let mut fields = Fields::open(value, "a policy", problems)?;
        let id = fields.required("id", problems).and_then(|id| parsed(&id, PolicyId::parse, problems));
        let module = fields.required("module", problems);
        let requirements = fields.strings("requirements", problems).unwrap_or_default();
        let requirements = all_parsed(&requirements, RequirementId::parse, problems);
        let map = read_map(&mut fields, problems);
        let stage = fields.parsed("stage", plain_name, problems);
        let config = fields.take("config").and_then(|value| read_config(value, true, problems));
        fields.close(problems);
        Some(Self { id: id?, module, requirements, map, stage, config: config.unwrap_or(Config::Table(Vec::new())) })
    }
}

/// The file that a table `{ file = "…" }` stands for.
pub(crate) fn named_file<'v>(value: &'v Value<'_>) -> Option<&'v Value<'v>> {
    let table = value.as_table()?;
    table.get("file").filter(|file| table.len() == 1 && file.as_str().is_some())
}

/// Whether a file may be named: one beside or below `bundle.toml`.
pub(crate) fn is_below(name: &str) -> bool {
    !name.is_empty() && Path::new(name).components().all(|part| matches!(part, Component::Normal(_)))
}

/// The files that the policies of a bundle take their configuration from, as far as the text can be read.
pub(crate) fn config_files(text: &str) -> Vec<String> {
    let Ok(value) = toml_span::parse(text) else { return Vec::new() };
    let mut found = Vec::new();
    let policies = value.pointer("/policy").and_then(|policies| policies.as_array());
    for policy in policies.into_iter().flatten() {
        policy.pointer("/config").into_iter().for_each(|config| gather(config, &mut found));
    }
    found.sort();
    found.dedup();
    found.truncate(MOST_FILES);
    found
}

fn gather(value: &Value<'_>, found: &mut Vec<String>) {
    if let Some(name) = named_file(value).and_then(|file| file.as_str()) {
        if is_below(name) {
            found.push(name.to_owned());
        }
        return;
    }
    if let Some(table) = value.as_table() {
        table.values().for_each(|value| gather(value, found));
    }
    for item in value.as_array().into_iter().flatten() {
        gather(item, found);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_those_that_stand_alone_in_a_table_of_a_policy() {
        let text = r#"
            [[phase]]
            config = { file = "of-a-phase.yaml" }
            [[policy]]
            config = { file = "whole.yaml" }
            [[policy]]
            config = { rules = [{ file = "below/rules.yaml" }, { file = "named", other = 1 }], file = "a-text", up = { file = "../up" }, rooted = { file = "/etc/passwd" } }
        "#;
        assert_eq!(config_files(text), ["below/rules.yaml", "whole.yaml"]);
        assert_eq!(config_files("[[policy"), [""; 0]);
        assert_eq!(config_files("policy = 1"), [""; 0]);
        let many: String = (0..100).map(|n| format!("[[policy]]\nconfig = {{ file = \"{n}\" }}\n")).collect();
        assert_eq!(config_files(&many).len(), MOST_FILES);
    }
}
