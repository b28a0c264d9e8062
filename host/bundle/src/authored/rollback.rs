//! `[rollback]`: how what a run has deployed is taken back.

use holdpoint_model::RequirementId;
use toml_span::value::Value;

use crate::diagnostic::Problems;
use crate::reading::{Fields, Located, all_parsed};

/// A rollback as it is written.
#[derive(Debug)]
pub(crate) struct Rollback {
    /// The phase that takes back. Those that need it look at what serves afterwards.
    pub(crate) phase: Located<String>,
    /// The phases whose effects it takes back.
    pub(crate) undoes: Vec<Located<String>>,
    /// The rows that call for it when they fail.
    pub(crate) when: Vec<Located<RequirementId>>,
    /// It begins by itself.
    pub(crate) automatic: bool,
}

impl Rollback {
    pub(crate) fn read(value: &Value<'_>, problems: &mut Problems<'_>) -> Option<Self> {
        let mut fields = Fields::open(value, "`rollback`", problems)?;
        let phase = fields.required("phase", problems);
        let undoes = fields.strings("undoes", problems).unwrap_or_default();
        let when = fields.strings("when", problems).unwrap_or_default();
        let when = all_parsed(&when, RequirementId::parse, problems);
        let mode = fields.string("mode", problems);
        let at = fields.at;
        fields.close(problems);
        if undoes.is_empty() {
            problems.at(at, "`rollback` lacks `undoes`: the phases whose effects it takes back");
        }
        let automatic = match mode.as_ref().map(|mode| mode.value.as_str()) {
            None | Some("auto") => true,
            Some("never") => false,
            Some("ask") => {
                let at = mode.map_or(at, |mode| mode.at);
                problems.at(at, "mode \"ask\" needs a later version: write \"auto\" or \"never\"");
                false
            }
            Some(other) => {
                let near = problems.nearest(other, ["auto", "never"]);
                let message = format!("`{other}` is not a mode of a rollback: write \"auto\" or \"never\"{near}");
                problems.at(mode.as_ref().map_or(at, |mode| mode.at), message);
                false
            }
        };
        if when.is_empty() {
            problems.at(at, "`rollback` lacks `when`: the rows that call for it when they fail");
        }
        Some(Self { phase: phase?, undoes, when, automatic })
    }
}
