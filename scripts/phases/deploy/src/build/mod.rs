//! The images of the services, if nobody has built them: by tools of the operator's file, or by Cloud Build. What comes out is their
//! digests, as they are known to whoever will be asked for them.
//!
//! ```toml
//! [phase.config.build]
//! by = "tools"                  # tools of the operator's file; or cloud-build; nobody: images are named by their digests
//! tag = "${input.tag}"          # what images are pushed as; for people, since what is deployed is the digest
//! registry = "registry"         # of the bundle: who is asked for digests (tools)
//! source = "https://…"          # what Cloud Build fetches: a repository of git (cloud-build)
//! revision = "main"             # of that repository
//! within = "20m"                # how long a build of Cloud Build may take
//! [[phase.config.services]]
//! image = "us-docker.pkg.dev/netra-staging/netra/backend"   # the repository, without a tag
//! context = "backend"           # the folder of the source
//! containerfile = "Containerfile"
//! ```
//! It refuses to take a builder's word for what the registry has.

mod cloud;
mod registry;
pub(crate) mod source;
mod tools;

use holdpoint::prelude::*;

use crate::config::Config;
use crate::stopped::Stopped;
use crate::{CLOUD, Stages};

/// Who builds.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum By {
    /// Images are named by their digests.
    Nobody,
    /// Tools of the operator's file.
    Tools,
    CloudBuild,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Build {
    pub(crate) by: By,
    #[serde(default)]
    tag: String,
    #[serde(default = "registry_of_the_bundle")]
    registry: String,
    /// Empty: the steps of a build get no source.
    #[serde(default)]
    source: String,
    #[serde(default)]
    revision: String,
    #[serde(default = "twenty_minutes")]
    within: Millis,
    /// Between two looks at a build.
    #[serde(default = "five_seconds")]
    pause: Millis,
}

fn registry_of_the_bundle() -> String {
    "registry".to_owned()
}

fn twenty_minutes() -> Millis {
    Millis(1_200_000)
}

fn five_seconds() -> Millis {
    Millis(5_000)
}

impl Build {
    pub(crate) fn check(&self) -> Result<()> {
        source::check_tag(&self.tag)?;
        if self.by == By::CloudBuild && !self.source.is_empty() && !self.source.starts_with("https://") {
            return Err(Error::new(format!(
                "config.build.source is `{}`: it begins with https://, because Cloud Build fetches it",
                self.source
            )));
        }
        if self.pause.0 == 0 {
            return Err(Error::new("config.build.pause is 0, and Cloud Build is not asked without a pause"));
        }
        Ok(())
    }
}

/// Builds all images, and names each in the configuration by its digest.
pub(crate) fn images(cx: &Context, config: &mut Config, stages: &mut Stages) -> Result<(), Stopped> {
    let by = config.building().map_or(By::Nobody, |build| build.by);
    if by != By::CloudBuild && cx.requirements().iter().any(|row| row == CLOUD) {
        let why = if by == By::Tools { "tools build the images" } else { "the images are named by their digests" };
        cx.check([CLOUD], "Cloud Build builds the images").not_exercised(why);
    }
    let Some(build) = config.building() else { return Ok(()) };
    let start = cx.now();
    let digests = match build.by {
        By::CloudBuild => cloud::build(cx, build, &config.services, stages)?,
        By::Tools | By::Nobody => tools::build(cx, build, &config.services)?,
    };
    cx.measure("building", cx.now().since(start).as_f64(), "ms");
    for (service, digest) in config.services.iter_mut().zip(digests) {
        service.image = format!("{}@{digest}", service.image);
        cx.log(Level::Info, format_args!("the image of {} is {}", service.name, service.image));
    }
    Ok(())
}

/// All of them, if there is none that is missing.
fn whole<T>(all: Vec<Option<T>>) -> Result<Vec<T>, Stopped> {
    all.into_iter().collect::<Option<Vec<T>>>().ok_or(Stopped)
}

#[cfg(test)]
mod tests;
