//! `[[phase]]`.

use std::time::Duration;

use holdpoint_model::grant::parse_duration;
use holdpoint_model::{ApprovalTerms, PhaseId, PhaseSchedule, RequirementId};
use toml_span::value::{Value, ValueInner};

use super::grants::AuthoredGrants;
use super::policy::named_file;
use super::{approval, schedule};
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
    /// What it wants before it starts.
    pub(crate) approval: Option<ApprovalTerms>,
    /// Its time of day.
    pub(crate) schedule: Option<PhaseSchedule>,
    /// Phases that disturb on purpose may run beside it.
    pub(crate) tolerates_disruption: bool,
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
    /// What a file beside the bundle holds.
    File(Located<String>),
}

impl Phase {
    pub(crate) fn read(value: &Value<'_>, problems: &mut Problems<'_>) -> Option<Self> {
        let mut fields = Fields::open(value, "a phase", problems)?;
        let needs = fields.strings("needs", problems).unwrap_or_default();
        let requirements = fields.strings("requirements", problems).unwrap_or_default();
        let requirements = all_parsed(&requirements, RequirementId::parse, problems);
        let map = read_map(&mut fields, problems);
        let stage =
            fields.parsed("stage", plain_name, problems).map_or_else(|| "deploy".to_owned(), |stage| stage.value);
        let deadline = fields.parsed("deadline", positive_duration, problems).map(|deadline| deadline.value);
        let approval = approval::read(&mut fields, problems);
        let schedule = schedule::read(&mut fields, problems);
        let tolerates_disruption = fields.boolean("tolerates-disruption", problems).unwrap_or(false);
        let common = Self::read_common(&mut fields, &PHASE, problems);
        fields.close(problems);
        Some(Self { needs, requirements, map, stage, deadline, approval, schedule, tolerates_disruption, ..common? })
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
                .filter_map(|(key, value)| read_config(value, false, problems).map(|value| (key.value, value)))
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
            approval: None,
            schedule: None,
            tolerates_disruption: false,
            config,
            grants,
            world,
        })
    }
}

/// What is claimed, and the row that it then speaks for.
pub(crate) fn read_map(
    fields: &mut Fields<'_, '_>,
    problems: &mut Problems<'_>,
) -> Vec<(Located<RequirementId>, Located<RequirementId>)> {
    let mut map = Vec::new();
    for (claim, row) in fields.entries("map", problems) {
        let Some(text) = row.as_str() else {
            problems.at(row.span.start, "`map` holds requirement ids, as in map = { \"P3.1\" = \"RB-V1\" }");
            continue;
        };
        let row = Located { value: text.to_owned(), at: row.span.start };
        let claim = parsed(&claim, RequirementId::parse, problems);
        map.extend(claim.zip(parsed(&row, RequirementId::parse, problems)));
    }
    map
}

fn positive_duration(text: &str) -> Result<Duration, String> {
    match parse_duration(text) {
        Ok(duration) if duration.is_zero() => Err("a deadline is longer than nothing".to_owned()),
        other => other.map_err(|e| e.to_string()),
    }
}

/// A value of `config`. Where `files` may be named, `{ file = "…" }` stands for what the file holds.
pub(crate) fn read_config(value: &Value<'_>, files: bool, problems: &mut Problems<'_>) -> Option<Config> {
    let at = value.span.start;
    let named = named_file(value).filter(|_| files);
    if let Some((name, text)) = named.and_then(|name| Some((name, name.as_str()?))) {
        let name = Located { value: text.to_owned(), at: name.span.start };
        return Some(Config::File(name));
    }
    Some(match value.as_ref() {
        ValueInner::String(text) => Config::Text(Located { value: text.to_string(), at }),
        ValueInner::Integer(number) => Config::Plain((*number).into()),
        ValueInner::Boolean(truth) => Config::Plain((*truth).into()),
        ValueInner::Float(number) => match serde_json::Number::from_f64(*number) {
            Some(number) => Config::Plain(number.into()),
            None => {
                problems.at(at, "a module reads its config as JSON, which has no such number");
                return None;
            }
        },
        ValueInner::Array(items) => {
            Config::List(items.iter().filter_map(|item| read_config(item, files, problems)).collect())
        }
        ValueInner::Table(_) => Config::Table(
            entries(value, "config", problems)
                .into_iter()
                .filter_map(|(key, value)| read_config(value, files, problems).map(|value| (key.value, value)))
                .collect(),
        ),
    })
}

impl Config {
    /// The value as JSON, with variables filled.
    pub(crate) fn resolve(&self, variables: &Variables, problems: &mut Problems<'_>) -> serde_json::Value {
        match self {
            Self::Text(text) => variables.fill(text, problems).unwrap_or_default().into(),
            Self::Plain(value) => value.clone(),
            Self::List(items) => items.iter().map(|item| item.resolve(variables, problems)).collect(),
            Self::Table(entries) => resolve_table(entries, variables, problems),
            Self::File(name) => held(name, variables, problems),
        }
    }

    /// Of a file: no variable is filled in, as in none of another kind.
    fn as_written(&self) -> serde_json::Value {
        match self {
            Self::Text(text) => text.value.clone().into(),
            Self::Plain(value) => value.clone(),
            Self::List(items) => items.iter().map(Self::as_written).collect(),
            Self::Table(entries) => {
                let entries = entries.iter().map(|(key, value)| (key.clone(), value.as_written()));
                serde_json::Value::Object(entries.collect())
            }
            // `read_config` was told to know none.
            Self::File(name) => name.value.clone().into(),
        }
    }
}

/// What a file holds: JSON and TOML as values, anything else as a text.
fn held(name: &Located<String>, variables: &Variables, problems: &mut Problems<'_>) -> serde_json::Value {
    let path = &name.value;
    let Some(text) = variables.file(path) else {
        let hint = "a file of a configuration lies beside or below bundle.toml, without `..`, and is a text of at most 1 MiB; a bundle names at most 32";
        problems.at_with(name.at, format!("there is no file `{path}` that can be read"), hint);
        return serde_json::Value::Null;
    };
    value_of(path, text).unwrap_or_else(|why| {
        problems.at(name.at, format!("{path} can't be read: {why}"));
        serde_json::Value::Null
    })
}

/// What a file of this name holds, as a configuration is told to a module: JSON with sorted keys.
pub fn config_text(name: &str, text: &str) -> Result<String, String> {
    value_of(name, text).map(|value| value.to_string())
}

fn value_of(name: &str, text: &str) -> Result<serde_json::Value, String> {
    if name.ends_with(".json") {
        serde_json::from_str(text).map_err(|e| e.to_string())
    } else if name.ends_with(".toml") {
        toml_to_json(text, name)
    } else {
        Ok(text.into())
    }
}

fn toml_to_json(text: &str, label: &str) -> Result<serde_json::Value, String> {
    let mut problems = Problems::new(label, text);
    let value = crate::reading::parse(text, &mut problems);
    let config = value.as_ref().and_then(|value| read_config(value, false, &mut problems));
    let json = config.map(|config| config.as_written());
    match problems.into_found().first() {
        Some(first) => Err(first.to_string()),
        None => Ok(json.unwrap_or_default()),
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
