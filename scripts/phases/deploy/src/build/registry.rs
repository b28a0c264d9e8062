//! The digests that the registry has under the names that were pushed, by its own word, compared with those of whoever pushed them.

use holdpoint::prelude::*;

use super::{Build, source, whole};
use crate::DEPLOY;
use crate::config::Deployed;
use crate::stopped::Stopped;

/// What manifests may be. A registry that is not told gives some of them in another, older form, which has another digest.
const MANIFESTS: &str = "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json, \
     application/vnd.docker.distribution.manifest.v2+json, application/vnd.docker.distribution.manifest.list.v2+json";

/// Asks for each image, and compares what is told with `said`.
pub(super) fn digests(
    cx: &Context,
    build: &Build,
    services: &[Deployed],
    said: &[Option<String>],
) -> Result<Vec<String>, Stopped> {
    let registry = match cx.service(&build.registry) {
        Ok(registry) => registry,
        Err(error) => {
            cx.check([DEPLOY], "the registry is asked for digests").inconclusive(observed(error), ());
            return Err(Stopped);
        }
    };
    let asks = services.iter().map(|service| {
        let name = source::repository(&service.image).map_or("", |(_, name)| name);
        let path = format!("/v2/{name}/manifests/{}", build.tag);
        registry.request("HEAD", path).header("accept", MANIFESTS).retries(2)
    });
    let told = cx.http().send_all(asks.collect::<Vec<_>>());
    let judged = services.iter().zip(said).zip(told).map(|((service, said), (_, told))| {
        let check = cx.check([DEPLOY], format!("the registry has the image of {} that was pushed", service.name));
        compared(check, said.as_deref(), told)
    });
    whole(judged.collect())
}

fn compared(check: Check<'_>, said: Option<&str>, told: Result<Response, CallError>) -> Option<String> {
    let told = match told {
        Ok(told) => told,
        Err(error) => {
            check.from_error(&error);
            return None;
        }
    };
    let Some(said) = said else {
        let seen = "whoever pushed it wrote no digest to its standard output";
        check.inconclusive(observed(seen), &told);
        return None;
    };
    let digest = told.header("docker-content-digest").filter(|digest| source::is_digest(digest));
    match (told.status(), digest) {
        (200, Some(digest)) => {
            let digest = digest.to_owned();
            let same = digest == said;
            check.passes_if(same, expected(said), observed(&digest), &told);
            same.then_some(digest)
        }
        (404, _) => {
            check.fail(expected(said), observed("404: the registry has no such image"), &told);
            None
        }
        (200, None) => {
            check.inconclusive(observed("the registry tells no digest"), &told);
            None
        }
        (status, _) => {
            check.inconclusive(observed(format!("{status}: the registry does not tell")), &told);
            None
        }
    }
}
