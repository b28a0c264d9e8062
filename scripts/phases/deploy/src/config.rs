//! What is deployed, and how carefully.

use std::collections::BTreeSet;

use holdpoint::prelude::*;

use crate::build::{Build, By, source};

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Config {
    /// For the commands that people give by hand.
    pub(crate) project: String,
    pub(crate) region: String,
    pub(crate) services: Vec<Deployed>,
    /// The percent of traffic that the new revisions have after each step; the last is 100.
    #[serde(default = "three_steps")]
    pub(crate) steps: Vec<u32>,
    /// How long a new revision may take until it is ready.
    #[serde(default = "five_minutes")]
    pub(crate) ready_within: Millis,
    /// How long all of it may take.
    #[serde(default = "half_an_hour")]
    pub(crate) within: Millis,
    /// How often each path is asked for before the next step.
    #[serde(default = "ten")]
    pub(crate) probes: u32,
    /// Where images come from that nobody has named by their digests.
    pub(crate) build: Option<Build>,
    /// How often each service is probed while traffic moves, a second.
    #[serde(default = "ten")]
    pub(crate) probe_rate: u32,
    /// The longest time in which no probe of a service is answered.
    #[serde(default = "half_a_second")]
    pub(crate) longest_gap: Millis,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Deployed {
    /// On Cloud Run.
    pub(crate) name: String,
    /// By its digest; where it is built here, the repository that it goes to.
    pub(crate) image: String,
    /// The folder of the source that it is built from.
    #[serde(default = "whole_source")]
    pub(crate) context: String,
    /// The file within that folder that says how.
    #[serde(default = "containerfile")]
    pub(crate) containerfile: String,
    /// The service of the bundle that is its traffic.
    pub(crate) service: String,
    /// The service of the bundle that is the new revision alone, at the URL of its tag.
    pub(crate) candidate: String,
    /// What answers 200 where it is well.
    #[serde(default = "health")]
    pub(crate) paths: Vec<String>,
    /// How many instances stay warm.
    pub(crate) min_instances: Option<u32>,
    /// The image that is believed to serve; empty if nobody says.
    #[serde(default)]
    pub(crate) previous: String,
}

fn three_steps() -> Vec<u32> {
    vec![10, 50, 100]
}

fn five_minutes() -> Millis {
    Millis(300_000)
}

fn half_an_hour() -> Millis {
    Millis(1_800_000)
}

fn half_a_second() -> Millis {
    Millis(500)
}

fn ten() -> u32 {
    10
}

fn whole_source() -> String {
    ".".to_owned()
}

fn containerfile() -> String {
    "Containerfile".to_owned()
}

fn health() -> Vec<String> {
    vec!["/health".to_owned()]
}

/// Probes of one service in a second.
const FASTEST: u32 = 100;
/// Requests of one service in one step.
const MOST_PROBES: u32 = 1_000;

impl Config {
    /// How images are built, if somebody builds them here.
    pub(crate) fn building(&self) -> Option<&Build> {
        self.build.as_ref().filter(|build| build.by != By::Nobody)
    }

    /// Refuses what can't be deployed as it is written.
    pub(crate) fn check(&self) -> Result<()> {
        let refuse = |why: String| Err(Error::new(why));
        if self.services.is_empty() {
            return refuse("config.services names nothing to deploy".to_owned());
        }
        let names: BTreeSet<&str> = self.services.iter().map(|service| service.name.as_str()).collect();
        if names.len() < self.services.len() {
            return refuse("config.services names a service twice".to_owned());
        }
        let rises = self.steps.windows(2).all(|pair| pair[0] < pair[1]);
        if !rises || self.steps.first().is_none_or(|first| *first == 0) || self.steps.last() != Some(&100) {
            return refuse(format!("config.steps are percents that rise to 100, not {:?}", self.steps));
        }
        if !(1..=MOST_PROBES).contains(&self.probes) {
            return refuse(format!("config.probes is 1 to {MOST_PROBES}, not {}", self.probes));
        }
        if !(1..=FASTEST).contains(&self.probe_rate) {
            return refuse(format!("config.probe-rate is 1 to {FASTEST} a second, not {}", self.probe_rate));
        }
        let building = self.building();
        if let Some(build) = building {
            build.check()?;
        }
        for service in &self.services {
            if building.is_some() {
                source::check(service)?;
            } else if !is_by_digest(&service.image) {
                let Deployed { name, image, .. } = service;
                return refuse(format!(
                    "the image of {name} is `{image}`: name it by its digest, NAME@sha256:…, because a tag can move"
                ));
            }
            if service.paths.is_empty() {
                return refuse(format!(
                    "config.services: {} has no path, so nothing would show that it works",
                    service.name
                ));
            }
        }
        Ok(())
    }
}

fn is_by_digest(image: &str) -> bool {
    let digest = image.split_once("@sha256:").map(|(_, digest)| digest);
    digest.is_some_and(|digest| digest.len() == 64 && digest.bytes().all(|b| b.is_ascii_hexdigit()))
}
