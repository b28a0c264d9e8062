//! Service Usage: which APIs are on. Those that the emulator has are on from the start; any can be switched on.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::cloud::{Around, not_emulated};
use crate::exchange::{Answer, Call};

const FROM_THE_START: [&str; 5] = [
    "cloudbuild.googleapis.com",
    "cloudresourcemanager.googleapis.com",
    "logging.googleapis.com",
    "monitoring.googleapis.com",
    "run.googleapis.com",
];
const MOST: usize = 500;

#[derive(Debug)]
pub(crate) struct Services {
    enabled: BTreeSet<String>,
}

impl Default for Services {
    fn default() -> Self {
        Services { enabled: FROM_THE_START.map(str::to_owned).into() }
    }
}

impl Services {
    pub(crate) fn enabled(&self) -> Value {
        json!(self.enabled)
    }

    pub(crate) fn answer(&mut self, call: &Call, around: &mut Around<'_>) -> Result<Answer, Answer> {
        let parts: Vec<&str> = call.path.trim_start_matches('/').split('/').collect();
        match (call.method.as_str(), parts.as_slice()) {
            ("GET", ["v1", "operations", name]) => Ok(Answer::json(&done(name))),
            ("GET", ["v1", "projects", project, "services"]) => {
                around.project.expect(project)?;
                let one = |service: &String| view(around, service, "ENABLED");
                Ok(Answer::json(&json!({"services": self.enabled.iter().map(one).collect::<Vec<_>>()})))
            }
            (method, ["v1" | "v1beta1", "projects", project, "services", service]) => {
                around.project.expect(project)?;
                self.one(call, method, service, around)
            }
            _ => Err(not_emulated(call)),
        }
    }

    fn one(&mut self, call: &Call, method: &str, service: &str, around: &mut Around<'_>) -> Result<Answer, Answer> {
        match (method, service.split_once(':')) {
            ("GET", None) => {
                let state = if self.enabled.contains(service) { "ENABLED" } else { "DISABLED" };
                Ok(Answer::json(&view(around, service, state)))
            }
            ("POST", Some((service, "enable"))) => {
                if self.enabled.contains(service) {
                    return Ok(Answer::json(&done("noop.DONE_OPERATION")));
                }
                if self.enabled.len() >= MOST {
                    return Err(Answer::refuse(429, "Quota exceeded for services."));
                }
                self.enabled.insert(service.to_owned());
                let number = around.effect();
                Ok(Answer::json(&done(&format!("acat.{number}"))).with_effect(number))
            }
            _ => Err(not_emulated(call)),
        }
    }
}

fn view(around: &Around<'_>, service: &str, state: &str) -> Value {
    let name = format!("projects/{}/services/{service}", around.project.number);
    json!({"name": name, "state": state, "config": {"name": service}})
}

fn done(name: &str) -> Value {
    let name = format!("operations/{name}");
    let kind = "type.googleapis.com/google.api.serviceusage.v1.EnableServiceResponse";
    json!({"name": name, "done": true, "response": {"@type": kind}})
}
