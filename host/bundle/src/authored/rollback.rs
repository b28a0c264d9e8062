//! `[rollback]`: how what a run has deployed is taken back.

use std::time::Duration;

use holdpoint_model::{ApprovalTerms, RequirementId};
use toml_span::value::Value;

use super::approval;
use crate::diagnostic::Problems;
use crate::reading::{Fields, Located, all_parsed};

/// How a rollback begins once something calls for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RollbackMode {
    /// By itself.
    Auto,
    /// When somebody approves it within this time.
    Ask { within: Duration },
    /// Not at all: it runs when it is asked for by name.
    Never,
}

impl RollbackMode {
    const WORDS: [&str; 3] = ["auto", "ask", "never"];

    /// The word in bundles.
    pub fn word(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Ask { .. } => "ask",
            Self::Never => "never",
        }
    }
}

/// A rollback as it is written.
#[derive(Debug)]
pub(crate) struct Rollback {
    /// The phase that takes back. Those that need it look at what serves afterwards.
    pub(crate) phase: Located<String>,
    /// The phases whose effects it takes back.
    pub(crate) undoes: Vec<Located<String>>,
    /// The rows that call for it when they fail.
    pub(crate) when: Vec<Located<RequirementId>>,
    pub(crate) mode: RollbackMode,
}

impl Rollback {
    pub(crate) fn read(value: &Value<'_>, problems: &mut Problems<'_>) -> Option<Self> {
        let mut fields = Fields::open(value, "`rollback`", problems)?;
        let phase = fields.required("phase", problems);
        let undoes = fields.strings("undoes", problems).unwrap_or_default();
        let when = fields.strings("when", problems).unwrap_or_default();
        let when = all_parsed(&when, RequirementId::parse, problems);
        let mode = fields.string("mode", problems);
        let within = fields.parsed("within", approval::bounded, problems);
        let at = fields.at;
        fields.close(problems);
        if undoes.is_empty() {
            problems.at(at, "`rollback` lacks `undoes`: the phases whose effects it takes back");
        }
        let mode = match mode.as_ref().map(|mode| mode.value.as_str()) {
            None | Some("auto") => RollbackMode::Auto,
            Some("never") => RollbackMode::Never,
            Some("ask") => {
                let time = within.as_ref().map_or(ApprovalTerms::ROLLBACK_WITHIN, |within| within.value);
                RollbackMode::Ask { within: time }
            }
            Some(other) => {
                let near = problems.nearest(other, RollbackMode::WORDS);
                let message =
                    format!("`{other}` is not a mode of a rollback: write \"auto\", \"ask\" or \"never\"{near}");
                problems.at(mode.as_ref().map_or(at, |mode| mode.at), message);
                RollbackMode::Never
            }
        };
        if let (Some(within), RollbackMode::Auto | RollbackMode::Never) = (&within, mode) {
            problems.at(within.at, "`within` is how long an approval is waited for, with mode = \"ask\" only");
        }
        if when.is_empty() {
            problems.at(at, "`rollback` lacks `when`: the rows that call for it when they fail");
        }
        Some(Self { phase: phase?, undoes, when, mode })
    }
}
