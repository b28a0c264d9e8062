//! The commands that a person gives who rolls back by hand, exactly as they are typed. They are kept with the run before the first
//! traffic moves, because they are wanted when nothing else works.

use std::fmt::Write as _;

use holdpoint::cloud_run;
use holdpoint::prelude::*;

use crate::candidate::Candidate;
use crate::config::Config;
use crate::stopped::{Stopped, unknown_to};
use crate::{MANUAL, Stages};

/// The name of the attachment.
const NAME: &str = "rollback.sh";

/// Keeps the commands, and checks that each names the image that served.
pub(crate) fn print(
    cx: &Context,
    config: &Config,
    candidates: &[Candidate<'_>],
    stages: &mut Stages,
) -> Result<(), Stopped> {
    let Config { project, region, .. } = config;
    let mut text = "# What served before the deployment, service by service.\n".to_owned();
    // All side by side: each costs gcloud seconds.
    let served = candidates.iter().flat_map(|candidate| candidate.before.shares().map(|(revision, _)| revision));
    let mut described = cloud_run::revisions(cx, served).into_iter();
    for Candidate { deployed, before, .. } in candidates {
        let name = &deployed.name;
        let mut images = Vec::new();
        for described in described.by_ref().take(before.shares().count()) {
            let (revision, described) =
                described.map_err(|unknown| unknown_to(cx, &format!("what serves {name} is described"), &unknown))?;
            stages.gcloud += described.milliseconds();
            images.push((revision.image().map(str::to_owned), described));
        }
        // Writing into a string can't fail.
        let _ = writeln!(
            text,
            "gcloud run services update-traffic {name} --project={project} --region={region} --to-revisions={}",
            before.to_flag()
        );
        for (image, _) in &images {
            let image = image.as_deref().unwrap_or("unknown");
            let _ = writeln!(
                text,
                "# or anew: gcloud run services update {name} --project={project} --region={region} --image={image}"
            );
        }
        judge(cx, name, &deployed.previous, &images);
    }
    cx.attach(NAME, "text/x-shellscript", text.as_bytes());
    for line in text.lines() {
        cx.log(Level::Info, line);
    }
    stages.manual = true;
    Ok(())
}

fn judge(cx: &Context, name: &str, previous: &str, images: &[(Option<String>, holdpoint::Completed)]) {
    let check = cx.check([MANUAL], format!("the command that rolls {name} back names what served"));
    let evidence: Vec<u32> = images.iter().flat_map(|(_, described)| described.calls()).collect();
    let shown: Vec<&str> = images.iter().map(|(image, _)| image.as_deref().unwrap_or("no digest")).collect();
    if images.iter().any(|(image, _)| image.is_none()) {
        check.fail(expected("images by their digests"), observed(shown.join(", ")), evidence);
    } else if !previous.is_empty() && shown != [previous] {
        let seen = format!("{} serves; the one that was given is stale", shown.join(", "));
        check.fail(expected(previous), observed(seen), evidence);
    } else {
        check.pass(observed(shown.join(", ")), evidence);
    }
}
