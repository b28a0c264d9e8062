//! Cloud Build: a build is made, polled, and has ended; if it has succeeded, its images can be deployed from then on. Runs no step.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::cloud::{Around, not_emulated};
use crate::exchange::{Answer, Call, page};

const MOST: usize = 1_000;

#[derive(Debug)]
struct Build {
    id: String,
    body: Value,
    polls: u32,
}

#[derive(Debug)]
pub(crate) struct Builds {
    polls: u32,
    builds: Vec<Build>,
}

impl Builds {
    pub(crate) fn new(polls: u32) -> Builds {
        Builds { polls, builds: Vec::new() }
    }

    pub(crate) fn all(&self) -> Vec<&Value> {
        self.builds.iter().map(|build| &build.body).collect()
    }

    pub(crate) fn answer(
        &mut self,
        call: &Call,
        around: &mut Around<'_>,
        images: &mut Option<BTreeSet<String>>,
    ) -> Result<Answer, Answer> {
        let parts: Vec<&str> = call.path.trim_start_matches('/').split('/').collect();
        let (project, rest) = match parts.as_slice() {
            ["v1", "projects", project, "locations", _, rest @ ..] | ["v1", "projects", project, rest @ ..] => {
                (*project, rest)
            }
            _ => return Err(not_emulated(call)),
        };
        around.project.expect(project)?;
        match (call.method.as_str(), rest) {
            ("POST", ["builds"]) => self.create(call, around),
            ("GET", ["builds"]) => {
                let newest = self.builds.iter().rev().map(|build| build.body.clone()).collect();
                let (builds, more) = page(newest, call.parameter("pageSize"), call.parameter("pageToken"))?;
                let mut body = json!({"builds": builds});
                if let (Some(more), Some(fields)) = (more, body.as_object_mut()) {
                    fields.insert("nextPageToken".to_owned(), json!(more));
                }
                Ok(Answer::json(&body))
            }
            ("GET", ["builds", id]) => self.poll(id, around, images),
            ("GET", ["operations", id]) => {
                let build = self.builds.iter().find(|build| build.id == *id).ok_or_else(not_found)?;
                Ok(Answer::json(&operation(&build.id, &build.body, around)))
            }
            _ => Err(not_emulated(call)),
        }
    }

    fn create(&mut self, call: &Call, around: &mut Around<'_>) -> Result<Answer, Answer> {
        let mut body = call.json()?;
        if body.get("steps").and_then(Value::as_array).is_none_or(Vec::is_empty) {
            return Err(Answer::refuse(400, "build.steps: must have at least one entry."));
        }
        if self.builds.len() >= MOST {
            return Err(Answer::refuse(429, "Quota exceeded for builds."));
        }
        let id = around.project.seed.uuid(&format!("build {}", self.builds.len()));
        let now = around.now.rfc3339();
        if let Some(fields) = body.as_object_mut() {
            fields.insert("id".to_owned(), json!(id));
            fields.insert(
                "name".to_owned(),
                json!(format!("projects/{}/locations/global/builds/{id}", around.project.number)),
            );
            fields.insert("projectId".to_owned(), json!(around.project.id));
            fields.insert("status".to_owned(), json!("QUEUED"));
            // Clients look for the build's log there until the build has ended, and find none.
            let bucket = format!("gs://{}.cloudbuild-logs.googleusercontent.com", around.project.number);
            fields.insert("logsBucket".to_owned(), json!(bucket));
            fields.insert("createTime".to_owned(), json!(now));
            let logs =
                format!("https://console.cloud.google.com/cloud-build/builds/{id}?project={}", around.project.number);
            fields.insert("logUrl".to_owned(), json!(logs));
        }
        self.builds.push(Build { id: id.clone(), body: body.clone(), polls: self.polls });
        Ok(Answer::json(&operation(&id, &body, around)).with_effect(around.effect()))
    }

    fn poll(&mut self, id: &str, around: &Around<'_>, images: &mut Option<BTreeSet<String>>) -> Result<Answer, Answer> {
        let build = self.builds.iter_mut().find(|build| build.id == id).ok_or_else(not_found)?;
        build.polls = build.polls.saturating_sub(1);
        let ended = build.body.get("finishTime").is_some();
        if !ended && (build.polls > 0 || around.behaviour.never_ready) {
            set(&mut build.body, "status", json!("WORKING"));
        } else if let (false, Some(status)) = (ended, around.behaviour.build_ends) {
            let now = around.now.rfc3339();
            set(&mut build.body, "status", json!(status));
            set(&mut build.body, "startTime", json!(now));
            set(&mut build.body, "finishTime", json!(now));
            let (kind, detail) = match status {
                "FAILURE" => ("USER_BUILD_STEP", "Build step failure: build step 0 failed: exit status 1"),
                _ => ("FAILURE_TYPE_UNSPECIFIED", "Build did not come to its end"),
            };
            set(&mut build.body, "failureInfo", json!({"type": kind, "detail": detail}));
        } else if !ended {
            let now = around.now.rfc3339();
            let made: Vec<(String, String)> =
                pushed(&build.body).map(|image| (image.to_owned(), digest(image, &build.id, around))).collect();
            if let Some(images) = images {
                for (image, digest) in &made {
                    images.insert(image.clone());
                    images.insert(format!("{}@{digest}", repository(image)));
                }
            }
            let listed: Vec<Value> =
                made.iter().map(|(image, digest)| json!({"name": image, "digest": digest})).collect();
            set(&mut build.body, "status", json!("SUCCESS"));
            set(&mut build.body, "startTime", json!(now));
            set(&mut build.body, "finishTime", json!(now));
            set(&mut build.body, "results", json!({"images": listed}));
        }
        Ok(Answer::json(&build.body))
    }
}

fn pushed(build: &Value) -> impl Iterator<Item = &str> {
    build.get("images").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

/// An image without its tag.
fn repository(image: &str) -> &str {
    match image.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => repository,
        _ => image,
    }
}

fn digest(image: &str, build: &str, around: &Around<'_>) -> String {
    format!("sha256:{}", around.project.seed.digits(&format!("built {image} {build}"), 64))
}

fn operation(id: &str, build: &Value, around: &Around<'_>) -> Value {
    let kind = "type.googleapis.com/google.devtools.cloudbuild.v1.BuildOperationMetadata";
    json!({
        "name": format!("operations/build/{}/{id}", around.project.id),
        "metadata": {"@type": kind, "build": build},
    })
}

fn set(body: &mut Value, key: &str, value: Value) {
    if let Some(fields) = body.as_object_mut() {
        fields.insert(key.to_owned(), value);
    }
}

fn not_found() -> Answer {
    Answer::refuse(404, "Requested entity was not found.")
}
