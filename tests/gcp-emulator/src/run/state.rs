//! All services of all regions.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::policy::Policy;
use super::revision::Revision;
use super::service::{Service, Wanted};
use super::view::Share;
use crate::cloud::{Around, Behaviour, Project};
use crate::exchange::Answer;

const MOST_SERVICES: usize = 200;

/// The services, by region and name.
#[derive(Debug, Default)]
pub(crate) struct Run {
    pub(super) services: BTreeMap<(String, String), Service>,
}

impl Run {
    /// A service that is there and ready from the start, open to everybody.
    pub(crate) fn begin(
        &mut self,
        around: &mut Around<'_>,
        region: &str,
        name: &str,
        image: &str,
    ) -> Result<(), Answer> {
        let container = json!({"image": image, "ports": [{"name": "http1", "containerPort": 8080}]});
        let body = json!({
            "metadata": {"name": name},
            "spec": {"template": {"spec": {"containers": [container]}}},
        });
        self.create(around, region, &body, None)?;
        let service = self.service_mut(around.project, region, name)?;
        service.policy = Policy::open();
        service.finish(around);
        Ok(())
    }

    /// Somebody else deploys: a new revision of the service's image gets all traffic.
    pub(crate) fn deploy_elsewhere(&mut self, around: &mut Around<'_>, region: &str, name: &str) -> Option<u64> {
        let service = self.services.get_mut(&(region.to_owned(), name.to_owned()))?;
        let mut template = service.template.clone();
        if let Some(image) = template.pointer_mut("/spec/containers/0/image") {
            let text = image.as_str().unwrap_or_default();
            let repository = text.split(['@']).next().unwrap_or_default();
            let digest = around.project.seed.digits(&format!("elsewhere {}", service.version), 64);
            *image = json!(format!("{repository}@sha256:{digest}"));
        }
        if let Some(metadata) = template.get_mut("metadata").and_then(Value::as_object_mut) {
            metadata.remove("name");
        }
        let metadata = json!({"labels": service.labels, "annotations": service.annotations});
        let body = json!({"metadata": metadata, "spec": {"template": template}});
        service.replace(around, Wanted::read(&body).ok()?).ok()?;
        service.finish(around);
        Some(around.effect())
    }

    /// Revisions are gone, whatever they served.
    pub(crate) fn lose_revisions(&mut self, names: &[String]) {
        for service in self.services.values_mut() {
            for name in names {
                service.lose_revision(name);
            }
        }
    }

    pub(super) fn create(
        &mut self,
        around: &mut Around<'_>,
        region: &str,
        body: &Value,
        images: Option<&BTreeSet<String>>,
    ) -> Result<&mut Service, Answer> {
        let name = body.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
        if !is_name(name) {
            let rule = "only lower-case letters, digits and hyphens, at most 49, beginning with a letter";
            return Err(Answer::refuse(400, &format!("metadata.name: '{name}' is no name of a service: {rule}.")));
        }
        let key = (region.to_owned(), name.to_owned());
        if self.services.contains_key(&key) {
            return Err(Answer::refuse(409, &format!("Resource '{name}' already exists.")));
        }
        if self.services.len() >= MOST_SERVICES {
            return Err(Answer::refuse(429, "Quota exceeded for services."));
        }
        let wanted = Wanted::read(body)?;
        expect_image(wanted.image(), images)?;
        let service = Service::create(around, region, name, wanted)?;
        Ok(self.services.entry(key).or_insert(service))
    }

    pub(super) fn replace(
        &mut self,
        around: &mut Around<'_>,
        (region, name): (&str, &str),
        body: &Value,
        images: Option<&BTreeSet<String>>,
    ) -> Result<&Service, Answer> {
        let service = self.service_mut(around.project, region, name)?;
        let wanted = Wanted::read(body)?;
        // An image that is running already is not fetched again.
        if service.revisions.iter().all(|revision| revision.image() != wanted.image()) {
            expect_image(wanted.image(), images)?;
        }
        service.replace(around, wanted)?;
        Ok(service)
    }

    pub(super) fn service_mut(&mut self, project: &Project, region: &str, name: &str) -> Result<&mut Service, Answer> {
        let key = (region.to_owned(), name.to_owned());
        self.services.get_mut(&key).ok_or_else(|| missing(project, "SERVICE", region, name))
    }

    /// Every revision, newest first within its service.
    pub(super) fn revisions(&self) -> impl Iterator<Item = (&Service, &Revision)> {
        self.services
            .values()
            .flat_map(|service| service.revisions.iter().rev().map(move |revision| (service, revision)))
    }

    /// What services have written to the log since somebody asked.
    pub(crate) fn written(&mut self) -> Vec<Value> {
        self.services.values_mut().flat_map(|service| std::mem::take(&mut service.written)).collect()
    }

    pub(crate) fn snapshot(&self, project: &Project) -> Value {
        let one = |service: &Service| {
            let revisions: Vec<Value> = service
                .revisions
                .iter()
                .map(|r| r.view(project, &service.name, &service.region, service.serves(&r.name)))
                .collect();
            json!({
                "region": service.region,
                "service": service.view(project, Behaviour::default()),
                "revisions": revisions,
                "policy": service.policy.view(),
            })
        };
        self.services.values().map(one).collect()
    }

    /// Where a request to a host of a service goes.
    pub(crate) fn shares(&self, project: &Project, host: &str) -> Option<Share> {
        self.services.values().find_map(|service| service.share(project, host))
    }
}

pub(super) fn missing(project: &Project, kind: &str, region: &str, name: &str) -> Answer {
    let project = &project.id;
    Answer::refuse(
        404,
        &format!("Resource '{name}' of kind '{kind}' in region '{region}' in project '{project}' does not exist."),
    )
}

fn expect_image(image: &str, images: Option<&BTreeSet<String>>) -> Result<(), Answer> {
    match images {
        Some(images) if !images.contains(image) => Err(Answer::refuse(400, &format!("Image '{image}' not found."))),
        _ => Ok(()),
    }
}

fn is_name(name: &str) -> bool {
    let sign = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    name.len() <= 49
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(sign)
        && !name.ends_with('-')
}
