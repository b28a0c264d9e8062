//! What the body of a health endpoint says. Pure: it reads JSON values and knows no request.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::config::Expect;

/// Words by which a dependency says that it is up.
const UP: [&str; 8] = ["up", "ok", "healthy", "connected", "alive", "ready", "available", "pass"];

/// What is wrong with a body: what should be there, and what is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) expected: String,
    pub(crate) observed: String,
}

impl Fault {
    fn new(expected: impl Into<String>, observed: impl Into<String>) -> Self {
        Self { expected: expected.into(), observed: observed.into() }
    }
}

/// Everything that is wrong with a body, and what is right if nothing is.
pub(crate) fn judge(
    text: &str,
    expect: &Expect,
    healthy: &[String],
    required: &[String],
) -> Result<String, Vec<Fault>> {
    let mut faults = Vec::new();
    let mut says = Vec::new();
    if let Some(needle) = &expect.contains {
        if text.contains(needle.as_str()) {
            says.push(format!("contains `{needle}`"));
        } else {
            faults.push(Fault::new(
                format!("a body that contains `{needle}`"),
                format!("it does not: {}", excerpt(text)),
            ));
        }
    }
    if !expect.values.is_empty() {
        match serde_json::from_str(text) {
            Ok(body) => {
                let (right, wrong) = values(&body, &expect.values);
                says.extend(right);
                faults.extend(wrong);
            }
            Err(_) => faults.push(Fault::new("JSON", format!("no JSON: {}", excerpt(text)))),
        }
    }
    if expect.json {
        match serde_json::from_str(text) {
            Ok(Value::Object(body)) => {
                match status(&body, healthy) {
                    Ok(status) => says.push(status),
                    Err(fault) => faults.push(fault),
                }
                match dependencies(&body, required) {
                    Ok(count) => says.push(format!("{count} dependencies up")),
                    Err(found) => faults.extend(found),
                }
            }
            Ok(_) => faults.push(Fault::new("a JSON object", format!("other JSON: {}", excerpt(text)))),
            Err(_) => faults.push(Fault::new("a JSON object", format!("no JSON: {}", excerpt(text)))),
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    Ok(says.join(", "))
}

/// Of each place what stands there if it is what should, and what is wrong otherwise.
fn values(body: &Value, wanted: &BTreeMap<String, Value>) -> (Vec<String>, Vec<Fault>) {
    let (mut right, mut wrong) = (Vec::new(), Vec::new());
    for (place, value) in wanted {
        match body.pointer(place) {
            Some(found) if found == value => right.push(format!("{place} is {}", excerpt(&found.to_string()))),
            found => {
                let seen = found.map_or_else(|| "not there".to_owned(), |found| excerpt(&found.to_string()));
                wrong.push(Fault::new(format!("{place} is {value}"), format!("{place} is {seen}")));
            }
        }
    }
    (right, wrong)
}

/// The headers of an answer that are not as they should be. Of one that stands there twice both count: browsers leave aside what contradicts itself.
pub(crate) fn headers(wanted: &BTreeMap<String, String>, answered: &[(String, String)]) -> Vec<Fault> {
    let wrong = wanted.iter().filter_map(|(name, value)| {
        let named = answered.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
        let mut found: Vec<&str> = named.map(|(_, value)| value.as_str()).collect();
        found.dedup();
        if found == [value.as_str()] {
            return None;
        }
        let seen = if found.is_empty() { "not there".to_owned() } else { excerpt(&found.join(", ")) };
        Some(Fault::new(format!("{name}: {value}"), format!("{name} is {seen}")))
    });
    wrong.collect()
}

/// The names of the dependencies that a body reports.
pub(crate) fn reported(text: &str) -> Vec<String> {
    match serde_json::from_str(text) {
        Ok(Value::Object(body)) => entries(&body).unwrap_or_default().into_iter().map(|(name, _)| name).collect(),
        _ => Vec::new(),
    }
}

fn status(body: &Map<String, Value>, healthy: &[String]) -> Result<String, Fault> {
    let wanted = || format!("status {}", healthy.join(" or "));
    match body.get("status") {
        Some(Value::String(status)) if healthy.iter().any(|word| word.eq_ignore_ascii_case(status)) => {
            Ok(format!("status {status}"))
        }
        Some(Value::String(status)) => Err(Fault::new(wanted(), format!("status is {}", excerpt(status)))),
        Some(other) => Err(Fault::new(wanted(), format!("status is {}", excerpt(&other.to_string())))),
        None => Err(Fault::new(wanted(), "the body has no status")),
    }
}

fn dependencies(body: &Map<String, Value>, required: &[String]) -> Result<usize, Vec<Fault>> {
    let entries = entries(body).map_err(|fault| vec![fault])?;
    let mut faults: Vec<Fault> = entries
        .iter()
        .filter_map(|(name, state)| {
            let problem = down(state)?;
            Some(Fault::new(format!("dependency {name} up"), format!("{name} is {problem}")))
        })
        .collect();
    for name in required.iter().filter(|name| !entries.iter().any(|(reported, _)| reported == *name)) {
        faults.push(Fault::new(format!("dependency {name} up"), format!("{name} is not reported")));
    }
    if faults.is_empty() { Ok(entries.len()) } else { Err(faults) }
}

/// `dependencies` as an object by name, or as a list of objects with a `name`.
fn entries(body: &Map<String, Value>) -> Result<Vec<(String, Value)>, Fault> {
    let wrong =
        |value: &Value| Fault::new("dependencies by name", format!("dependencies is {}", excerpt(&value.to_string())));
    match body.get("dependencies") {
        None => Ok(Vec::new()),
        Some(Value::Object(entries)) => Ok(entries.iter().map(|(name, state)| (name.clone(), state.clone())).collect()),
        Some(list @ Value::Array(items)) => items
            .iter()
            .map(|item| {
                item.get("name")
                    .and_then(Value::as_str)
                    .map(|name| (name.to_owned(), item.clone()))
                    .ok_or_else(|| wrong(list))
            })
            .collect(),
        Some(other) => Err(wrong(other)),
    }
}

/// What a dependency is instead of up.
fn down(state: &Value) -> Option<String> {
    match state {
        Value::Bool(true) => None,
        Value::Bool(false) => Some("down".to_owned()),
        Value::String(word) if UP.iter().any(|up| up.eq_ignore_ascii_case(word)) => None,
        Value::String(word) => Some(excerpt(word)),
        Value::Object(facts) => match ["status", "state", "healthy", "up"].iter().find_map(|key| facts.get(*key)) {
            // One level only: what nests its status deeper does not say that it is up.
            Some(Value::Object(_)) | None => Some("without a status".to_owned()),
            Some(state) => down(state),
        },
        other => Some(excerpt(&other.to_string())),
    }
}

/// A short piece of what a server said.
pub(crate) fn excerpt(text: &str) -> String {
    const LENGTH: usize = 120;
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LENGTH) {
        _ if line.is_empty() => "(empty)".to_owned(),
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: &str, observed: Result<&str, &[&str]>) {
        let healthy = ["healthy".to_owned(), "ok".to_owned()];
        let outcome = judge(body, &Expect::default(), &healthy, &["db".to_owned()]);
        let faults =
            outcome.as_deref().map_err(|faults| faults.iter().map(|fault| fault.observed.as_str()).collect::<Vec<_>>());
        assert_eq!(faults, observed.map_err(<[&str]>::to_vec), "{body}");
    }

    #[test]
    fn reads_every_form_of_a_dependency() {
        for up in [r#""up""#, r#""OK""#, "true", r#"{"status": "connected", "latency_ms": 3}"#, r#"{"up": true}"#] {
            check(
                &format!(r#"{{"status": "ok", "dependencies": {{"db": {up}}}}}"#),
                Ok("status ok, 1 dependencies up"),
            );
        }
        check(
            r#"{"status": "ok", "dependencies": [{"name": "db", "status": "up"}]}"#,
            Ok("status ok, 1 dependencies up"),
        );
    }

    #[test]
    fn what_is_not_said_to_be_up_is_down() {
        for (state, problem) in [
            (r#""down""#, "db is down"),
            ("false", "db is down"),
            ("null", "db is null"),
            ("1", "db is 1"),
            ("{}", "db is without a status"),
            (r#"{"status": {"status": "up"}}"#, "db is without a status"),
            (r#"{"status": "degraded"}"#, "db is degraded"),
            (r#"{"healthy": false}"#, "db is down"),
        ] {
            check(&format!(r#"{{"status": "ok", "dependencies": {{"db": {state}}}}}"#), Err(&[problem]));
        }
    }

    #[test]
    fn values_stand_at_their_places_whether_or_not_there_is_a_status() {
        let wanted = [("/storage", Value::Bool(true)), ("/all/0", Value::from("a"))];
        let values: BTreeMap<String, Value> =
            wanted.into_iter().map(|(place, value)| (place.to_owned(), value)).collect();
        let expect = Expect { json: false, values, ..Expect::default() };
        let said = |body: &str| judge(body, &expect, &[], &[]).map_err(|faults| joined(&faults));
        assert_eq!(said(r#"{"storage": true, "all": ["a"]}"#), Ok("/all/0 is \"a\", /storage is true".to_owned()));
        for (body, observed) in [
            (r#"{"storage": false, "all": ["a"]}"#, "/storage is false"),
            (r#"{"storage": "true", "all": ["a"]}"#, "/storage is \"true\""),
            (r#"{"all": ["b"]}"#, "/all/0 is \"b\"; /storage is not there"),
            ("[]", "/all/0 is not there; /storage is not there"),
            ("<html>", "no JSON: <html>"),
        ] {
            assert_eq!(said(body), Err(observed.to_owned()), "{body}");
        }
    }

    fn joined(faults: &[Fault]) -> String {
        faults.iter().map(|fault| fault.observed.as_str()).collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn headers_are_what_they_should_be() {
        let wanted = BTreeMap::from([("x-frame-options".to_owned(), "DENY".to_owned())]);
        let seen = |found: &[&str]| {
            let named: Vec<(String, String)> =
                found.iter().map(|value| ("X-Frame-Options".to_owned(), (*value).to_owned())).collect();
            joined(&headers(&wanted, &named))
        };
        assert_eq!(seen(&["DENY"]), "");
        assert_eq!(seen(&["DENY", "DENY"]), "");
        assert_eq!(seen(&["SAMEORIGIN"]), "x-frame-options is SAMEORIGIN");
        assert_eq!(seen(&["DENY", "SAMEORIGIN"]), "x-frame-options is DENY, SAMEORIGIN");
        assert_eq!(seen(&[]), "x-frame-options is not there");
    }

    #[test]
    fn names_everything_that_is_wrong() {
        check(
            r#"{"status": "sick", "dependencies": {"redis": "down"}}"#,
            Err(&["status is sick", "redis is down", "db is not reported"]),
        );
        check(r#"{"dependencies": "all fine"}"#, Err(&["the body has no status", "dependencies is \"all fine\""]));
        check("<html>\n<h1>It works</h1>", Err(&["no JSON: <html> <h1>It works</h1>"]));
        check("", Err(&["no JSON: (empty)"]));
        check("[]", Err(&["other JSON: []"]));
    }
}
