//! A service and how it changes: a new template makes a revision, traffic moves when the service has become ready,
//! and a change that cannot be leaves everything as it was.

use serde_json::{Map, Value, json};

use super::policy::Policy;
use super::revision::{self, Health, Revision, object};
use super::traffic::{self, Target, Whom};
use crate::cloud::Around;
use crate::exchange::Answer;

/// Older ones that serve nothing are forgotten.
const MOST_REVISIONS: usize = 200;

/// Whether the service is what was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Phase {
    /// After so many more polls.
    Settling(u32),
    Ready,
    Failed {
        reason: &'static str,
        message: String,
    },
}

#[derive(Debug, Clone)]
pub(super) struct Service {
    pub(super) name: String,
    pub(super) region: String,
    pub(super) created: String,
    pub(super) changed: String,
    pub(super) creator: String,
    pub(super) modifier: String,
    pub(super) generation: u64,
    /// Counts every change, those of the status too.
    pub(super) version: u64,
    pub(super) labels: Map<String, Value>,
    pub(super) annotations: Map<String, Value>,
    pub(super) template: Value,
    /// What was asked for.
    pub(super) wanted: Vec<Target>,
    /// What holds, with the revision that the newest was then.
    pub(super) serving: Vec<(String, Target)>,
    /// Oldest first.
    pub(super) revisions: Vec<Revision>,
    pub(super) latest_ready: Option<String>,
    pub(super) phase: Phase,
    pub(super) policy: Policy,
    last_number: u64,
    /// What the service has written to the log and nobody has fetched.
    pub(super) written: Vec<Value>,
}

/// A service as somebody wants it, read and found possible as far as that can be said without the service.
#[derive(Debug)]
pub(super) struct Wanted {
    labels: Map<String, Value>,
    annotations: Map<String, Value>,
    version: Option<String>,
    template: Value,
    traffic: Vec<Target>,
}

impl Wanted {
    pub(super) fn read(body: &Value) -> Result<Wanted, Answer> {
        let template = body.pointer("/spec/template").cloned().unwrap_or_default();
        if revision::image(&template).is_empty() {
            return Err(Answer::refuse(400, "spec.template.spec.containers[0].image: must not be empty."));
        }
        let version = body.pointer("/metadata/resourceVersion").and_then(Value::as_str);
        Ok(Wanted {
            labels: object(body.pointer("/metadata/labels")),
            annotations: object(body.pointer("/metadata/annotations")),
            version: version.filter(|version| !version.is_empty()).map(str::to_owned),
            template,
            traffic: traffic::read(body.pointer("/spec/traffic"))?,
        })
    }

    pub(super) fn image(&self) -> &str {
        revision::image(&self.template)
    }

    fn revision_name(&self) -> Option<&str> {
        self.template.pointer("/metadata/name").and_then(Value::as_str).filter(|name| !name.is_empty())
    }
}

impl Service {
    /// A new service, which nobody has polled yet.
    pub(super) fn create(around: &mut Around<'_>, region: &str, name: &str, wanted: Wanted) -> Result<Service, Answer> {
        let now = around.now.rfc3339();
        let mut service = Service {
            name: name.to_owned(),
            region: region.to_owned(),
            created: now.clone(),
            changed: now,
            creator: around.principal.clone(),
            modifier: around.principal.clone(),
            generation: 0,
            version: 0,
            labels: Map::new(),
            annotations: Map::new(),
            template: Value::Null,
            wanted: Vec::new(),
            serving: Vec::new(),
            revisions: Vec::new(),
            latest_ready: None,
            phase: Phase::Ready,
            policy: Policy::default(),
            last_number: 0,
            written: Vec::new(),
        };
        service.replace(around, wanted)?;
        Ok(service)
    }

    /// Becomes what is wanted, or stays as it is and says why.
    pub(super) fn replace(&mut self, around: &mut Around<'_>, wanted: Wanted) -> Result<(), Answer> {
        self.expect_version(wanted.version.as_deref())?;
        let new = self.new_revision(around, &wanted)?;
        for (at, target) in wanted.traffic.iter().enumerate() {
            if let Whom::Named(name) = &target.whom
                && !self.revisions.iter().chain(&new).any(|revision| revision.name == *name)
            {
                let message =
                    format!("spec.traffic[{at}].revisionName: Revision '{name}' of service '{}' not found.", self.name);
                return Err(Answer::refuse(400, &message));
            }
        }

        let spec_changed = wanted.template != self.template || wanted.traffic != self.wanted;
        self.generation += u64::from(spec_changed);
        self.version += 1;
        self.labels = wanted.labels;
        self.annotations = wanted.annotations;
        self.template = wanted.template;
        self.wanted = wanted.traffic;
        self.modifier.clone_from(&around.principal);
        self.changed = around.now.rfc3339();
        if let Some(revision) = new {
            self.last_number = revision.number;
            self.revisions.push(revision);
            self.forget_oldest();
        }
        self.phase = Phase::Settling(around.project.ready_after_polls);
        if around.project.ready_after_polls == 0 {
            self.settle(around);
        }
        Ok(())
    }

    /// Whoever read an older service must read again.
    fn expect_version(&self, version: Option<&str>) -> Result<(), Answer> {
        let current = self.version.to_string();
        match version {
            Some(version) if version != current => Err(Answer::refuse(
                409,
                &format!(
                    "Conflict for resource '{}': version '{version}' was specified but current version is '{current}'.",
                    self.name
                ),
            )),
            _ => Ok(()),
        }
    }

    fn new_revision(&self, around: &Around<'_>, wanted: &Wanted) -> Result<Option<Revision>, Answer> {
        if unnamed(&wanted.template) == unnamed(&self.template)
            && wanted.revision_name().is_none_or(|name| self.revisions.last().is_some_and(|last| last.name == name))
        {
            return Ok(None);
        }
        let number = self.last_number + 1;
        let name = match wanted.revision_name() {
            None => revision::name(around, &self.region, &self.name, number),
            Some(name) if self.revisions.iter().any(|revision| revision.name == name) => {
                return Err(Answer::refuse(
                    409,
                    &format!("Revision named '{name}' with different configuration already exists."),
                ));
            }
            Some(name) if name.starts_with(&format!("{}-", self.name)) => name.to_owned(),
            Some(name) => {
                let message = format!("spec.template.metadata.name: '{name}' must begin with '{}-'.", self.name);
                return Err(Answer::refuse(400, &message));
            }
        };
        let health =
            if around.behaviour.does_not_start { Health::Failed(does_not_start(&name)) } else { Health::Starting };
        Ok(Some(Revision {
            name,
            number,
            template: wanted.template.clone(),
            created: around.now.rfc3339(),
            creator: around.principal.clone(),
            health,
        }))
    }

    /// Somebody looks whether the service is ready.
    pub(super) fn poll(&mut self, around: &Around<'_>) {
        match self.phase {
            Phase::Settling(more) if more > 1 => self.phase = Phase::Settling(more - 1),
            Phase::Settling(_) => self.settle(around),
            Phase::Ready | Phase::Failed { .. } => {}
        }
    }

    /// Settles at once, however many polls it would take.
    pub(super) fn finish(&mut self, around: &Around<'_>) {
        if matches!(self.phase, Phase::Settling(_)) {
            self.settle(around);
        }
    }

    /// The newest revision has started or failed, and traffic goes where it was wanted.
    fn settle(&mut self, around: &Around<'_>) {
        if around.behaviour.never_ready {
            return;
        }
        self.version += 1;
        self.changed = around.now.rfc3339();
        let Some(latest) = self.revisions.last_mut() else { return };
        if let Health::Failed(message) = &latest.health {
            self.phase = Phase::Failed { reason: "HealthCheckContainerError", message: message.clone() };
            return;
        }
        if latest.health == Health::Starting {
            latest.health = Health::Ready;
            let entry = started(around, &self.name, &self.region, &latest.name);
            self.written.push(entry);
        }
        let latest = latest.name.clone();
        self.latest_ready = Some(latest.clone());
        for target in &self.wanted {
            if let Whom::Named(name) = &target.whom
                && !self.revisions.iter().any(|revision| revision.name == *name)
            {
                let message = format!("Revision '{name}' not found.");
                self.phase = Phase::Failed { reason: "RevisionMissing", message };
                return;
            }
        }
        let leads_to = |target: &Target| match &target.whom {
            Whom::Latest => latest.clone(),
            Whom::Named(name) => name.clone(),
        };
        self.serving = self.wanted.iter().map(|target| (leads_to(target), target.clone())).collect();
        self.phase = Phase::Ready;
    }

    pub(super) fn serves(&self, revision: &str) -> bool {
        self.serving.iter().any(|(name, _)| name == revision)
    }

    /// Deletes a revision that serves nothing and is not the newest.
    pub(super) fn delete_revision(&mut self, name: &str) -> Result<(), Answer> {
        let named = self.wanted.iter().any(|target| target.whom == Whom::Named(name.to_owned()));
        let newest = self.revisions.last().is_some_and(|last| last.name == name);
        if self.serves(name) || named || newest {
            let why = "because it is actively serving traffic, has a tag, or is the latest revision";
            return Err(Answer::refuse(400, &format!("Revision '{name}' cannot be deleted {why}.")));
        }
        self.lose_revision(name);
        Ok(())
    }

    /// A revision is gone, whatever it served.
    pub(super) fn lose_revision(&mut self, name: &str) {
        self.revisions.retain(|revision| revision.name != name);
    }

    fn forget_oldest(&mut self) {
        while self.revisions.len() > MOST_REVISIONS {
            let Some(at) = self.revisions.iter().position(|revision| !self.serves(&revision.name)) else { return };
            self.revisions.remove(at);
        }
    }
}

/// A template without the name of its revision: what decides whether it is another one.
fn unnamed(template: &Value) -> Value {
    let mut template = template.clone();
    if let Some(metadata) = template.pointer_mut("/metadata").and_then(Value::as_object_mut) {
        metadata.remove("name");
    }
    template
}

fn does_not_start(revision: &str) -> String {
    format!(
        "Revision '{revision}' is not ready and cannot serve traffic. The user-provided container failed to start and \
         listen on the port defined provided by the PORT=8080 environment variable within the allocated timeout."
    )
}

fn started(around: &Around<'_>, service: &str, region: &str, revision: &str) -> Value {
    json!({
        "logName": format!("projects/{}/logs/run.googleapis.com%2Fvarlog%2Fsystem", around.project.id),
        "severity": "INFO",
        "timestamp": around.now.rfc3339(),
        "textPayload": "Default STARTUP TCP probe succeeded after 1 attempt for container \"app-1\" on port 8080.",
        "resource": resource(&around.project.id, service, region, revision),
    })
}

/// What an entry of the log is about.
pub(crate) fn resource(project: &str, service: &str, region: &str, revision: &str) -> Value {
    json!({
        "type": "cloud_run_revision",
        "labels": {
            "project_id": project,
            "service_name": service,
            "revision_name": revision,
            "configuration_name": service,
            "location": region,
        },
    })
}
