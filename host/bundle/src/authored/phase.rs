//! `[[phase]]`.

use std::time::Duration;

use holdpoint_model::grant::parse_duration;
use holdpoint_model::{PhaseId, RequirementId};
use toml_span::value::{Value, ValueInner};

use super::grants::AuthoredGrants;
use crate::diagnostic::Problems;
use crate::interpolate::Variables;
use crate::module::{PHASE, World};
use crate::reading::{Fields, Located, all_parsed, entries, parsed, plain_name};

/// A phase as it is written.
#[derive(Debug)]
pub(crate) struct Phase {
    pub(crate) id: Located<PhaseId>,
    pub(crate) module: Option<Located<String>>,
    pub(crate) needs: Vec<Located<String>>,
    pub(crate) requirements: Vec<Located<RequirementId>>,
    /// What the phase claims, and the row that it then speaks for.
    pub(crate) map: Vec<(Located<RequirementId>, Located<RequirementId>)>,
    pub(crate) stage: String,
    pub(crate) deadline: Option<Duration>,
    pub(crate) config: Vec<(String, Config)>,
    pub(crate) grants: AuthoredGrants,
    /// What its module is to be.
    pub(crate) world: &'static World,
}

/// A value of `config`; its strings are filled later.
#[derive(Debug)]
pub(crate) enum Config {
    Text(Located<String>),
    Plain(serde_json::Value),
    List(Vec<Config>),
    Table(Vec<(String, Config)>),
}

impl Phase {
    pub(crate) fn read(value: &Value<'_>, problems: &mut Problems<'_>) -> Option<Self> {
        let mut fields = Fields::open(value, "a phase", problems)?;
        let needs = fields.strings("needs", problems).unwrap_or_default();
        let requirements = fields.strings("requirements", problems).unwrap_or_default();
        let requirements = all_parsed(&requirements, RequirementId::parse, problems);
        let mut map = Vec::new();
        for (claim, row) in fields.entries("map", problems) {
            let Some(text) = row.as_str() else {
                problems.at(row.span.start, "`map` holds requirement ids, as in map = { \"P3.1\" = \"RB-V1\" }");
                continue;
            };
            let row = Located { value: text.to_owned(), at: row.span.start };
            map.extend(parsed(&claim, RequirementId::parse, problems).zip(parsed(
                &row,
                RequirementId::parse,
                problems,
            )));
        }
        let stage =
            fields.parsed("stage", plain_name, problems).map_or_else(|| "deploy".to_owned(), |stage| stage.value);
        let deadline = fields.parsed("deadline", positive_duration, problems).map(|deadline| deadline.value);
        let common = Self::read_common(&mut fields, &PHASE, problems);
        fields.close(problems);
        Some(Self { needs, requirements, map, stage, deadline, ..common? })
    }

    /// What phases and users have in common.
    pub(crate) fn read_common(
        fields: &mut Fields<'_, '_>,
        world: &'static World,
        problems: &mut Problems<'_>,
    ) -> Option<Self> {
        let id = fields.required("id", problems).and_then(|id| parsed(&id, PhaseId::parse, problems));
        let module = fields.required("module", problems);
        let config = match fields.take("config") {
            None => Vec::new(),
            Some(value) => entries(value, "config", problems)
                .into_iter()
                .filter_map(|(key, value)| Config::read(value, problems).map(|value| (key.value, value)))
                .collect(),
        };
        let grants =
            fields.table("grants", problems).map(|grants| AuthoredGrants::read(grants, problems)).unwrap_or_default();
        Some(Self {
            id: id?,
            module,
            needs: vec![],
            requirements: vec![],
            map: vec![],
            stage: "deploy".to_owned(),
            deadline: None,
            config,
            grants,
            world,
        })
    }
}

fn positive_duration(text: &str) -> Result<Duration, String> {
    match parse_duration(text) {
        Ok(duration) if duration.is_zero() => Err("a deadline is longer than nothing".to_owned()),
        other => other.map_err(|e| e.to_string()),
    }
}

impl Config {
    fn read(value: &Value<'_>, problems: &mut Problems<'_>) -> Option<Self> {
        let at = value.span.start;
        Some(match value.as_ref() {
            ValueInner::String(text) => Self::Text(Located { value: text.to_string(), at }),
            ValueInner::Integer(number) => Self::Plain((*number).into()),
            ValueInner::Boolean(truth) => Self::Plain((*truth).into()),
            ValueInner::Float(number) => match serde_json::Number::from_f64(*number) {
                Some(number) => Self::Plain(number.into()),
                None => {
                    problems.at(at, "a phase reads its config as JSON, which has no such number");
                    return None;
                }
            },
            ValueInner::Array(items) => {
                Self::List(items.iter().filter_map(|item| Self::read(item, problems)).collect())
            }
            ValueInner::Table(_) => Self::Table(
                entries(value, "config", problems)
                    .into_iter()
                    .filter_map(|(key, value)| Self::read(value, problems).map(|value| (key.value, value)))
                    .collect(),
            ),
        })
    }

    /// The value as JSON, with variables filled.
    pub(crate) fn resolve(&self, variables: &Variables, problems: &mut Problems<'_>) -> serde_json::Value {
        match self {
            Self::Text(text) => variables.fill(text, problems).unwrap_or_default().into(),
            Self::Plain(value) => value.clone(),
            Self::List(items) => items.iter().map(|item| item.resolve(variables, problems)).collect(),
            Self::Table(entries) => resolve_table(entries, variables, problems),
        }
    }
}

/// A table as JSON, with its keys sorted.
pub(crate) fn resolve_table(
    entries: &[(String, Config)],
    variables: &Variables,
    problems: &mut Problems<'_>,
) -> serde_json::Value {
    let entries = entries.iter().map(|(key, value)| (key.clone(), value.resolve(variables, problems)));
    serde_json::Value::Object(entries.collect())
}
