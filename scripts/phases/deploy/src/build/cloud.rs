//! Images out of Cloud Build: a build for each service, looked at until it has ended. Their digests are those of the builds' results,
//! which Cloud Build has from the registry.

use holdpoint::Time;
use holdpoint::prelude::*;

use super::{Build, source, whole};
use crate::config::Deployed;
use crate::stopped::Stopped;
use crate::{CLOUD, DEPLOY, Stages};

/// What builds where a build names no other.
const DOCKER: &str = "gcr.io/cloud-builders/docker";

/// A build as Cloud Build tells it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    id: String,
    #[serde(default)]
    status: String,
    #[serde(default)]
    status_detail: String,
    #[serde(default)]
    failure_info: FailureInfo,
    #[serde(default)]
    log_url: String,
    #[serde(default)]
    results: Results,
}

#[derive(Default, Deserialize)]
struct FailureInfo {
    #[serde(default)]
    detail: String,
}

#[derive(Default, Deserialize)]
struct Results {
    #[serde(default)]
    images: Vec<Built>,
}

#[derive(Deserialize)]
struct Built {
    name: String,
    #[serde(default)]
    digest: String,
}

/// Begins all builds, and waits for each.
pub(super) fn build(
    cx: &Context,
    build: &Build,
    services: &[Deployed],
    stages: &mut Stages,
) -> Result<Vec<String>, Stopped> {
    let begun = whole(services.iter().map(|service| begin(cx, build, service, stages)).collect())?;
    let start = cx.now();
    let total = u32::try_from(services.len()).unwrap_or(u32::MAX);
    let mut digests = Vec::with_capacity(services.len());
    for (done, (service, id)) in (0..).zip(services.iter().zip(&begun)) {
        cx.progress(done, total, format_args!("Cloud Build builds {}", service.name));
        digests.push(wait(cx, build, service, id, start, stages));
    }
    whole(digests)
}

fn check<'c>(cx: &'c Context, service: &Deployed, what: &str) -> Check<'c> {
    cx.check([CLOUD, DEPLOY], format!("the build of {} {what}", service.name))
}

fn named(build: &Build, service: &Deployed) -> String {
    format!("{}:{}", service.image, build.tag)
}

/// Gives a build to Cloud Build. Its id comes back.
fn begin(cx: &Context, build: &Build, service: &Deployed, stages: &mut Stages) -> Option<String> {
    let image = named(build, service);
    let Deployed { context, containerfile, .. } = service;
    let file = format!("{context}/{containerfile}");
    let definition = json!({
        "steps": [{ "name": DOCKER, "args": ["build", "--tag", image, "--file", file, context] }],
        "images": [image],
    });
    let mut command = Command::new("builds submit").stdin(definition.to_string());
    command = match build.source.as_str() {
        "" => command.switch("no-source"),
        source => command.argument(source),
    };
    if !build.source.is_empty() && !build.revision.is_empty() {
        command = command.flag("git-source-revision", &build.revision);
    }
    let check = check(cx, service, "is begun").expecting(expected("a build"));
    match cx.gcloud().run(&command) {
        Ok(done) => {
            stages.gcloud += done.milliseconds();
            match done.json::<Told>() {
                Ok(told) => {
                    check.pass(observed(&told.id), &done);
                    return Some(told.id);
                }
                Err(error) if done.failure().is_some() => check.fail(expected("a build"), observed(error), &done),
                Err(error) => check.inconclusive(observed(error), &done),
            }
        }
        Err(error) => check.from_error(&error),
    }
    None
}

/// Looks at a build until it has ended, or the time is over.
fn wait(cx: &Context, build: &Build, service: &Deployed, id: &str, start: Time, stages: &mut Stages) -> Option<String> {
    let check = check(cx, service, "succeeds").expecting(expected("SUCCESS"));
    loop {
        let done = match cx.gcloud().run(&Command::new("builds describe").argument(id)) {
            Ok(done) => done,
            Err(error) => {
                check.from_error(&error);
                return None;
            }
        };
        stages.gcloud += done.milliseconds();
        let told = match done.json::<Told>() {
            Ok(told) => told,
            Err(error) => {
                check.inconclusive(observed(format!("build {id} can't be looked at: {error}")), &done);
                return None;
            }
        };
        match told.status.as_str() {
            "SUCCESS" => return digest(check, &told, &named(build, service), &done),
            "PENDING" | "QUEUED" | "WORKING" if cx.now().since(start) < build.within => {}
            "PENDING" | "QUEUED" | "WORKING" => {
                let seen = format!("{} after {}: {}", told.status, build.within, told.why());
                check.fail(expected("SUCCESS"), observed(seen), &done);
                return None;
            }
            "FAILURE" | "INTERNAL_ERROR" | "TIMEOUT" | "CANCELLED" | "EXPIRED" => {
                check.fail(expected("SUCCESS"), observed(format!("{}: {}", told.status, told.why())), &done);
                return None;
            }
            other => {
                check.inconclusive(observed(format!("a status that is not known: {other}")), &done);
                return None;
            }
        }
        if let Err(error) = cx.sleep(build.pause) {
            check.from_error(&error);
            return None;
        }
    }
}

impl Told {
    /// What it says of itself, and where its log is.
    fn why(&self) -> String {
        let said = [&self.failure_info.detail, &self.status_detail].into_iter().find(|text| !text.is_empty());
        let said: String = said.map_or("it does not say why", String::as_str).chars().take(300).collect();
        if self.log_url.is_empty() { said } else { format!("{said}; {}", self.log_url) }
    }
}

fn digest(check: Check<'_>, told: &Told, image: &str, evidence: impl Evidence) -> Option<String> {
    let built = told.results.images.iter().find(|built| built.name == image);
    match built.map(|built| built.digest.as_str()).filter(|digest| source::is_digest(digest)) {
        Some(digest) => {
            check.pass(observed(digest), evidence);
            Some(digest.to_owned())
        }
        None => {
            check.inconclusive(observed(format!("SUCCESS, and its results have no digest of {image}")), evidence);
            None
        }
    }
}
