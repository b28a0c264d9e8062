//! Monitoring: dashboards and alert policies, kept as they were given. Evaluates none of them.

use serde_json::{Value, json};

use crate::cloud::{Around, not_emulated};
use crate::exchange::{Answer, Call, etag, page};

const MOST: usize = 500;

#[derive(Debug, Default)]
pub(crate) struct Dashboards {
    dashboards: Vec<Value>,
    policies: Vec<Value>,
    made: u64,
}

impl Dashboards {
    pub(crate) fn dashboards(&self) -> &[Value] {
        &self.dashboards
    }

    pub(crate) fn policies(&self) -> &[Value] {
        &self.policies
    }

    pub(crate) fn answer(&mut self, call: &Call, around: &mut Around<'_>) -> Result<Answer, Answer> {
        let parts: Vec<&str> = call.path.trim_start_matches('/').split('/').collect();
        let (project, kind, rest) = match parts.as_slice() {
            ["v1", "projects", project, "dashboards", rest @ ..] => (*project, "dashboards", rest),
            ["v3", "projects", project, "alertPolicies", rest @ ..] => (*project, "alertPolicies", rest),
            _ => return Err(not_emulated(call)),
        };
        around.project.expect(project)?;
        match (call.method.as_str(), rest) {
            ("POST", []) => self.create(call, kind, around),
            ("GET", []) => {
                let items = self.kept(kind).clone();
                let (items, more) = page(items, call.parameter("pageSize"), call.parameter("pageToken"))?;
                let mut body = json!({kind: items});
                if let (Some(more), Some(fields)) = (more, body.as_object_mut()) {
                    fields.insert("nextPageToken".to_owned(), json!(more));
                }
                Ok(Answer::json(&body))
            }
            ("PATCH", [id]) => self.update(call, kind, id, around),
            ("GET", [id]) => self.find(kind, id).map(|at| Answer::json(&self.kept(kind)[at])),
            ("DELETE", [id]) => {
                let at = self.find(kind, id)?;
                self.kept(kind).remove(at);
                Ok(Answer::json(&json!({})).with_effect(around.effect()))
            }
            _ => Err(not_emulated(call)),
        }
    }

    fn create(&mut self, call: &Call, kind: &str, around: &mut Around<'_>) -> Result<Answer, Answer> {
        let mut made = well_formed(call, kind)?;
        if self.kept(kind).len() >= MOST {
            return Err(Answer::refuse(429, &format!("Quota exceeded for {kind}.")));
        }
        if call.parameter("validateOnly").is_some_and(|value| value.eq_ignore_ascii_case("true")) {
            return Ok(Answer::json(&made));
        }
        self.made += 1;
        let given = made.get("name").and_then(Value::as_str).and_then(|name| name.rsplit('/').next());
        let (owner, id) = if kind == "dashboards" {
            let drawn = around.project.seed.uuid(&format!("dashboard {}", self.made));
            (around.project.number.to_string(), given.filter(|id| !id.is_empty()).map_or(drawn, str::to_owned))
        } else {
            (around.project.id.clone(), (1_000_000 + self.made).to_string())
        };
        if self.find(kind, &id).is_ok() {
            return Err(Answer::refuse(409, &format!("{kind} {id} already exists.")));
        }
        self.stamp(&mut made, kind, &format!("projects/{owner}/{kind}/{id}"), around);
        self.kept(kind).push(made.clone());
        Ok(Answer::json(&made).with_effect(around.effect()))
    }

    /// A dashboard is replaced only by who has seen its latest version; a policy by whoever comes.
    fn update(&mut self, call: &Call, kind: &str, id: &str, around: &mut Around<'_>) -> Result<Answer, Answer> {
        let at = self.find(kind, id)?;
        let mut made = well_formed(call, kind)?;
        let before = &self.kept(kind)[at];
        if kind == "dashboards" && made.get("etag") != before.get("etag") {
            return Err(Answer::refuse(409, "The etag provided was not the latest version of the dashboard."));
        }
        let name = before.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
        self.made += 1;
        self.stamp(&mut made, kind, &name, around);
        self.kept(kind)[at] = made.clone();
        Ok(Answer::json(&made).with_effect(around.effect()))
    }

    /// What the platform itself writes into what it keeps.
    fn stamp(&self, made: &mut Value, kind: &str, name: &str, around: &Around<'_>) {
        made["name"] = json!(name);
        if kind == "dashboards" {
            made["etag"] = json!(etag(self.made));
            return;
        }
        made["mutationRecord"] = json!({"mutateTime": around.now.rfc3339(), "mutatedBy": around.principal});
        if made.get("enabled").is_none() {
            made["enabled"] = json!(true);
        }
        for (number, condition) in made["conditions"].as_array_mut().into_iter().flatten().enumerate() {
            if condition.is_object() && condition.get("name").is_none() {
                condition["name"] = json!(format!("{name}/conditions/{}", 1_000 * self.made + number as u64));
            }
        }
    }

    fn kept(&mut self, kind: &str) -> &mut Vec<Value> {
        if kind == "dashboards" { &mut self.dashboards } else { &mut self.policies }
    }

    fn find(&mut self, kind: &str, id: &str) -> Result<usize, Answer> {
        let end = format!("/{id}");
        let is = |item: &Value| item.get("name").and_then(Value::as_str).is_some_and(|name| name.ends_with(&end));
        let at = self.kept(kind).iter().position(is);
        at.ok_or_else(|| Answer::refuse(404, &format!("{kind} {id} could not be found.")))
    }
}

fn well_formed(call: &Call, kind: &str) -> Result<Value, Answer> {
    let made = call.json()?;
    let named = made.get("displayName").and_then(Value::as_str).is_some_and(|name| !name.is_empty());
    if !named {
        return Err(Answer::refuse(400, "Field displayName is required, and has to be a non-empty text."));
    }
    if kind == "alertPolicies" && made.get("conditions").and_then(Value::as_array).is_none_or(Vec::is_empty) {
        return Err(Answer::refuse(400, "Field alert_policy.conditions is empty; it has to have 1 to 6 entries."));
    }
    Ok(made)
}
