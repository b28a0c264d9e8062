//! Tools as they are granted, in `[phase.grants]` and in the entry of a bundle in the operator's file.

use holdpoint_model::grant::{ExecGrant, ToolName};
use toml_span::value::Value;

use crate::authored::gcloud::read_class;
use crate::authored::grants::Fill;
use crate::diagnostic::Problems;
use crate::reading::{Fields, Located};

/// One entry of `exec`.
#[derive(Debug)]
pub(crate) struct AuthoredTools {
    tools: Vec<Located<String>>,
    class: Option<Located<String>>,
}

impl AuthoredTools {
    pub(crate) fn read(value: &Value<'_>, problems: &mut Problems<'_>) -> Option<Self> {
        let mut fields = Fields::open(value, "a grant of exec", problems)?;
        let tools = fields.strings("tools", problems);
        if tools.is_none() {
            problems.at(fields.at, "a grant of exec lacks `tools`, e.g. tools = [\"pytest\"]");
        }
        let class = fields.string("class", problems);
        fields.close(problems);
        Some(Self { tools: tools?, class })
    }

    /// The grant, with every string filled. Mistaken parts are reported and left out.
    pub(crate) fn resolve(&self, fill: &mut Fill<'_, '_>) -> ExecGrant {
        ExecGrant {
            tools: fill.all(&self.tools, ToolName::parse),
            class: self.class.as_ref().and_then(|text| fill.one(text, read_class)),
        }
    }
}
