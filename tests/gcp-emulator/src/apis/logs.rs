//! Logging: entries that were seeded, written by callers, or written by services that changed. Understands comparisons
//! joined by AND, and refuses any other filter rather than to give wrong entries.

use std::cmp::Ordering;
use std::collections::VecDeque;

use serde_json::{Value, json};

use crate::cloud::{Around, not_emulated};
use crate::exchange::{Answer, Call, page};

const KEPT: usize = 10_000;
const SEVERITIES: [&str; 9] =
    ["DEFAULT", "DEBUG", "INFO", "NOTICE", "WARNING", "ERROR", "CRITICAL", "ALERT", "EMERGENCY"];
const SIGNS: [&str; 6] = [">=", "<=", "!=", "=", ">", "<"];

#[derive(Debug)]
pub(crate) struct Logs {
    entries: VecDeque<Value>,
    /// Written by services, and not yet given an id.
    fresh: Vec<Value>,
    written: u64,
}

impl Logs {
    pub(crate) fn new(seeded: &[Value]) -> Logs {
        Logs { entries: seeded.iter().cloned().collect(), fresh: Vec::new(), written: 0 }
    }

    /// A service writes an entry.
    pub(crate) fn write(&mut self, entry: Value) {
        self.fresh.push(entry);
        if self.fresh.len() > KEPT {
            self.fresh.remove(0);
        }
    }

    pub(crate) fn answer(&mut self, call: &Call, around: &mut Around<'_>) -> Result<Answer, Answer> {
        for entry in std::mem::take(&mut self.fresh) {
            self.keep(entry, &json!({}), around);
        }
        match (call.method.as_str(), call.path.as_str()) {
            ("POST", "/v2/entries:list") => self.list(&call.json()?, around),
            ("POST", "/v2/entries:write") => {
                let body = call.json()?;
                for entry in body.get("entries").and_then(Value::as_array).into_iter().flatten() {
                    self.keep(entry.clone(), &body, around);
                }
                Ok(Answer::json(&json!({})).with_effect(around.effect()))
            }
            _ => Err(not_emulated(call)),
        }
    }

    /// Keeps an entry, with what it lacks from the request's own fields.
    fn keep(&mut self, mut entry: Value, defaults: &Value, around: &Around<'_>) {
        self.written += 1;
        let now = json!(around.now.rfc3339());
        let id = json!(around.project.seed.digits(&format!("entry {}", self.written), 16));
        if let Some(fields) = entry.as_object_mut() {
            for key in ["logName", "resource", "labels"] {
                if let Some(value) = defaults.get(key) {
                    fields.entry(key).or_insert_with(|| value.clone());
                }
            }
            fields.entry("timestamp").or_insert_with(|| now.clone());
            fields.insert("receiveTimestamp".to_owned(), now);
            fields.entry("insertId").or_insert(id);
        }
        self.entries.push_back(entry);
        if self.entries.len() > KEPT {
            self.entries.pop_front();
        }
    }

    fn list(&self, body: &Value, around: &Around<'_>) -> Result<Answer, Answer> {
        for name in body.get("resourceNames").and_then(Value::as_array).into_iter().flatten() {
            let project = name.as_str().and_then(|name| name.strip_prefix("projects/")).unwrap_or_default();
            around.project.expect(project.split('/').next().unwrap_or_default())?;
        }
        let filter = clauses(body.get("filter").and_then(Value::as_str).unwrap_or_default())?;
        let mut chosen: Vec<&Value> =
            self.entries.iter().filter(|entry| filter.iter().all(|clause| clause.fits(entry))).collect();
        let time = |entry: &&Value| entry.get("timestamp").and_then(Value::as_str).unwrap_or_default().to_owned();
        chosen.sort_by_key(time);
        if body.get("orderBy").and_then(Value::as_str).is_some_and(|order| order.ends_with("desc")) {
            chosen.reverse();
        }
        let size = body.get("pageSize").and_then(Value::as_u64).map(|size| size.to_string());
        let token = body.get("pageToken").and_then(Value::as_str);
        let (entries, more) = page(chosen, size.as_deref(), token)?;
        let mut answer = json!({"entries": entries});
        if let (Some(more), Some(fields)) = (more, answer.as_object_mut()) {
            fields.insert("nextPageToken".to_owned(), json!(more));
        }
        Ok(Answer::json(&answer))
    }
}

/// `field SIGN value`.
#[derive(Debug, PartialEq, Eq)]
struct Clause {
    field: String,
    sign: &'static str,
    value: String,
}

impl Clause {
    fn read(text: &str) -> Option<Clause> {
        let (at, sign) = text.char_indices().find_map(|(at, _)| {
            let rest = text.get(at..)?;
            SIGNS.iter().find(|sign| rest.starts_with(**sign)).map(|sign| (at, *sign))
        })?;
        let field = text.get(..at)?.trim();
        let value = text.get(at + sign.len()..)?.trim();
        let quoted = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
        let value = quoted.unwrap_or(value);
        let sound = !field.is_empty() && !field.contains([' ', '(', ')', '"']) && !value.contains(['"', '(', ')']);
        let plain = quoted.is_some() || !value.contains(' ');
        (sound && plain).then(|| Clause { field: field.to_owned(), sign, value: value.to_owned() })
    }

    fn fits(&self, entry: &Value) -> bool {
        let found = self.field.split('.').try_fold(entry, |value, key| value.get(key));
        let text = match found {
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
            None => String::new(),
        };
        let order =
            if self.field == "severity" { rank(&text).cmp(&rank(&self.value)) } else { text.as_str().cmp(&self.value) };
        match self.sign {
            "=" => order == Ordering::Equal,
            "!=" => order != Ordering::Equal,
            ">=" => order != Ordering::Less,
            "<=" => order != Ordering::Greater,
            ">" => order == Ordering::Greater,
            _ => order == Ordering::Less,
        }
    }
}

fn rank(severity: &str) -> Option<usize> {
    SEVERITIES.iter().position(|name| name.eq_ignore_ascii_case(severity))
}

fn clauses(filter: &str) -> Result<Vec<Clause>, Answer> {
    let parts = filter.split('\n').flat_map(|line| line.split(" AND ")).map(str::trim).filter(|part| !part.is_empty());
    let read = |part: &str| {
        let refusal = || Answer::refuse(400, &format!("Unparseable filter: the emulator does not understand '{part}'"));
        Clause::read(part).ok_or_else(refusal)
    };
    parts.map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comparisons_joined_by_and_are_understood() {
        let entry =
            json!({"severity": "ERROR", "timestamp": "2026-02-01T00:00:00Z", "resource": {"labels": {"a": "b"}}});
        let fits = |filter: &str| clauses(filter).unwrap().iter().all(|clause| clause.fits(&entry));
        assert!(fits("severity>=WARNING AND resource.labels.a = \"b\"\ntimestamp>=\"2026-01-01T00:00:00Z\""));
        assert!(!fits("severity>ERROR"));
        assert!(!fits("resource.labels.a!=\"b\""));
        assert!(!fits("resource.labels.c=\"b\""));
    }

    #[test]
    fn a_span_of_time_has_both_of_its_ends_or_one_of_them() {
        let fits = |filter: &str, at: &str| {
            let entry = json!({ "timestamp": format!("2026-02-01T00:00:{at}.000000Z") });
            clauses(filter).unwrap().iter().all(|clause| clause.fits(&entry))
        };
        let within = "timestamp>=\"2026-02-01T00:00:01.000000Z\" AND timestamp<=\"2026-02-01T00:00:03.000000Z\"";
        assert_eq!(["00", "01", "02", "03", "04"].map(|at| fits(within, at)), [false, true, true, true, false]);
        let before = "timestamp<\"2026-02-01T00:00:03.000000Z\"";
        assert_eq!(["02", "03", "04"].map(|at| fits(before, at)), [true, false, false]);
    }

    #[test]
    fn another_filter_is_refused() {
        for filter in ["a OR b=c", "(a=b)", "hello", "NOT a=b c"] {
            assert_eq!(clauses(filter).unwrap_err().status, 400, "{filter}");
        }
    }
}
