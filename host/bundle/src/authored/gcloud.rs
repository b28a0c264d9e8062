//! Commands of gcloud as they are written, in `[phase.grants]` and in the operator's file.

use holdpoint_model::Class;
use holdpoint_model::grant::{CommandGrant, CommandWords, FlagGrant, FlagName, ValuePattern};
use toml_span::value::Value;

use crate::authored::grants::Fill;
use crate::diagnostic::Problems;
use crate::reading::{Fields, Located, kind, parsed};

/// One entry of `gcloud`.
#[derive(Debug)]
pub(crate) struct AuthoredCommand {
    pub(crate) command: Located<CommandWords>,
    arguments: Vec<Located<String>>,
    flags: Vec<(Located<FlagName>, AuthoredFlag)>,
    class: Option<Located<String>>,
}

/// What may follow a flag, before variables are filled.
#[derive(Debug)]
enum AuthoredFlag {
    Switch,
    Value(Located<String>),
}

impl AuthoredCommand {
    pub(crate) fn read(value: &Value<'_>, problems: &mut Problems<'_>) -> Option<Self> {
        let mut fields = Fields::open(value, "a grant of gcloud", problems)?;
        let command = fields.required("command", problems);
        let arguments = fields.strings("arguments", problems).unwrap_or_default();
        let mut flags = Vec::new();
        for (name, value) in fields.entries("flags", problems) {
            let flag = read_flag(value, problems);
            flags.extend(parsed(&name, FlagName::parse, problems).zip(flag));
        }
        let class = fields.string("class", problems);
        fields.close(problems);
        let command = parsed(&command?, CommandWords::parse, problems)?;
        Some(Self { command, arguments, flags, class })
    }

    /// The grant, with every string filled. Mistaken parts are reported and left out.
    pub(crate) fn resolve(&self, fill: &mut Fill<'_, '_>) -> CommandGrant {
        let flag = |fill: &mut Fill<'_, '_>, flag: &AuthoredFlag| match flag {
            AuthoredFlag::Switch => Some(FlagGrant::Switch),
            AuthoredFlag::Value(text) => fill.one(text, ValuePattern::parse).map(FlagGrant::Value),
        };
        let flags = self.flags.iter().filter_map(|(name, value)| Some((name.value.clone(), flag(fill, value)?)));
        CommandGrant {
            flags: flags.collect(),
            command: self.command.value.clone(),
            arguments: fill.all(&self.arguments, ValuePattern::parse),
            class: self.class.as_ref().and_then(|text| fill.one(text, read_class)),
        }
    }
}

fn read_flag(value: &Value<'_>, problems: &mut Problems<'_>) -> Option<AuthoredFlag> {
    let at = value.span.start;
    match (value.as_str(), value.as_bool()) {
        (Some(text), _) => Some(AuthoredFlag::Value(Located { value: text.to_owned(), at })),
        (None, Some(true)) => Some(AuthoredFlag::Switch),
        _ => {
            let message = format!(
                "a flag is granted with a pattern of its values, or with true if it has none, not {}",
                kind(value)
            );
            problems.at(at, message);
            None
        }
    }
}

/// The class of requests or commands that a grant states.
pub(crate) fn read_class(text: &str) -> Result<Class, String> {
    Class::parse(text).ok_or_else(|| format!("`{text}` is not a class: write read, repeatable, effect or disruptive"))
}
