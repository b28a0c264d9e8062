//! Dashboards and alert policies carry a label, and builds a tag, of the effect that made them, since the platform chooses their names.
//! Pure.

use holdpoint_model::grant::{CommandWords, GcloudAsk};
use serde_json::{Map, Value};

use crate::argv::suffix;

/// The key of the label.
pub(crate) const LABEL: &str = "holdpoint-effect";

/// Where a definition has room for the mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// In the field of that name, which is an object.
    Labels(&'static str),
    /// In the list of a build's tags.
    Tags,
}

/// Commands that are given a definition, and the field of it that holds labels.
const LABELLED: [(&str, &str); 4] = [
    ("monitoring dashboards create", "labels"),
    ("monitoring dashboards update", "labels"),
    ("monitoring policies create", "userLabels"),
    ("monitoring policies update", "userLabels"),
];

impl Place {
    /// Of the definition that a command reads from standard input, if it reads one.
    pub(crate) fn of(ask: &GcloudAsk) -> Option<Self> {
        if ask.command().is_submit() {
            return Some(Self::Tags);
        }
        let (_, field) = LABELLED.iter().find(|(command, _)| ask.command().is(command))?;
        let [(_, Some(value))] = ask.flags() else { return None };
        (value == "-").then_some(Self::Labels(field))
    }

    /// Whether something that was made carries the mark.
    pub(crate) fn is_marked(self, made: &Value, mark: &str) -> bool {
        match self {
            Self::Labels(field) => {
                made.get(field).and_then(|labels| labels.get(LABEL)).and_then(Value::as_str) == Some(mark)
            }
            Self::Tags => {
                let tags = made.get("tags").and_then(Value::as_array);
                tags.is_some_and(|tags| tags.iter().any(|tag| tag.as_str() == Some(mark)))
            }
        }
    }
}

/// The definition with the mark. None if it is no JSON, or has no room for it: then nothing is added, and nobody can look it up.
pub(crate) fn marked(ask: &GcloudAsk, stdin: &[u8], key: &str) -> Option<Vec<u8>> {
    let place = Place::of(ask)?;
    let mut definition: Map<String, Value> = serde_json::from_slice(stdin).ok()?;
    let mark = Value::from(suffix(key));
    match place {
        Place::Labels(field) => {
            let labels = definition.entry(field).or_insert_with(|| Value::Object(Map::new()));
            labels.as_object_mut()?.insert(LABEL.to_owned(), mark);
        }
        Place::Tags => {
            let tags = definition.entry("tags").or_insert_with(|| Value::Array(Vec::new()));
            tags.as_array_mut()?.push(mark);
        }
    }
    serde_json::to_vec(&definition).ok()
}

/// The words that list what such a command makes, on the same track.
pub(crate) fn list(command: &CommandWords) -> String {
    let mut words: Vec<&str> = command.words().collect();
    words.pop();
    words.push("list");
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Invocation;

    fn mark(command: &str, flag: &str, stdin: &str) -> Option<Value> {
        let ask = Invocation::new(command).flag(flag, "-").ask().unwrap();
        marked(&ask, stdin.as_bytes(), "RUN/setup/3").map(|bytes| serde_json::from_slice(&bytes).unwrap())
    }

    #[test]
    fn a_definition_gets_a_label_beside_its_own() {
        let suffix = suffix("RUN/setup/3");
        let dashboard = mark("monitoring dashboards create", "config-from-file", r#"{"displayName":"a"}"#).unwrap();
        assert_eq!(dashboard["labels"][LABEL], Value::from(suffix.clone()));
        assert_eq!(dashboard["displayName"], "a");
        let stdin = r#"{"displayName":"a","userLabels":{"team":"x","holdpoint-effect":"another"}}"#;
        let policy = mark("alpha monitoring policies update", "policy-from-file", stdin).unwrap();
        assert_eq!(policy["userLabels"]["team"], "x");
        assert_eq!(policy["userLabels"][LABEL], Value::from(suffix));
    }

    #[test]
    fn a_build_gets_a_tag_beside_its_own() {
        let mark = |stdin: &str| {
            let ask = Invocation::new("builds submit").flag("git-source-revision", "main");
            let ask = ask.argument("https://github.com/netra/app").ask().unwrap();
            marked(&ask, stdin.as_bytes(), "RUN/deploy/3").map(|bytes| serde_json::from_slice::<Value>(&bytes).unwrap())
        };
        let suffix = suffix("RUN/deploy/3");
        let build = mark(r#"{"steps":[],"tags":["nightly"]}"#).unwrap();
        assert_eq!(build["tags"], serde_json::json!(["nightly", suffix]));
        assert!(Place::Tags.is_marked(&build, &suffix) && !Place::Tags.is_marked(&build, "hp-other"));
        assert_eq!(mark(r#"{"tags":"nightly"}"#), None);
        assert_eq!(mark("steps: []"), None);
    }

    #[test]
    fn what_has_no_place_for_a_label_stays_as_it_is() {
        assert_eq!(mark("monitoring dashboards create", "config-from-file", "displayName: a"), None);
        assert_eq!(mark("monitoring dashboards create", "config-from-file", r#"{"labels":1}"#), None);
        assert_eq!(mark("monitoring channels create", "channel-content-from-file", "{}"), None);
        assert_eq!(mark("run services update", "flags-from-file", "{}"), None);
    }

    #[test]
    fn the_list_is_on_the_same_track() {
        let words = |command| list(Invocation::new(command).ask().unwrap().command());
        assert_eq!(words("alpha monitoring policies create"), "alpha monitoring policies list");
        assert_eq!(words("monitoring dashboards update"), "monitoring dashboards list");
    }
}
