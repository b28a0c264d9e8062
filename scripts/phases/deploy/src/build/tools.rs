//! Images by two tools of the operator's file, whichever programs those are (docs/operator.md has pins of buildah). What each is given
//! is fixed:
//!
//! ```text
//! image-build --tag REPOSITORY:TAG --file CONTEXT/CONTAINERFILE CONTEXT
//! image-push REPOSITORY:TAG             writes the digest to its standard output
//! ```

use holdpoint::prelude::*;
use holdpoint::{Cause, Exit, Finished};

use super::{Build, registry, source, whole};
use crate::DEPLOY;
use crate::config::Deployed;
use crate::stopped::Stopped;

const BUILD: &str = "image-build";
const PUSH: &str = "image-push";
/// How many of the last lines of a tool are shown.
const LINES: usize = 4;
/// Characters of such a line that are shown.
const BEGINNING: usize = 80;
const ENDING: usize = 220;
/// Bytes of what a tool says that are kept with the run.
const LARGEST_LOG: usize = 1 << 20;

/// Builds and pushes images one after the other, since builders share their storage. The digests are the registry's.
pub(super) fn build(cx: &Context, build: &Build, services: &[Deployed]) -> Result<Vec<String>, Stopped> {
    let named = |service: &Deployed| format!("{}:{}", service.image, build.tag);
    let total = u32::try_from(2 * services.len()).unwrap_or(u32::MAX);
    let built = (0..).zip(services).map(|(done, service)| {
        let Deployed { name, context, containerfile, .. } = service;
        cx.progress(done, total, format_args!("the image of {name} is built"));
        let file = format!("{context}/{containerfile}");
        let tool = Tool::new(BUILD).arguments(["--tag", &named(service), "--file", &file, context]);
        ended(cx, &format!("the image of {name} is built"), &tool)
    });
    whole(built.collect())?;
    let pushed = (0..).zip(services).map(|(done, service)| {
        let name = &service.name;
        cx.progress(done + total / 2, total, format_args!("the image of {name} is pushed"));
        let finished = ended(cx, &format!("the image of {name} is pushed"), &Tool::new(PUSH).argument(named(service)))?;
        Some(source::last_digest(&finished.text()))
    });
    let said = whole(pushed.collect())?;
    registry::digests(cx, build, services, &said)
}

/// Runs a tool to its end, and judges that.
fn ended(cx: &Context, what: &str, tool: &Tool) -> Option<Finished> {
    let check = cx.check([DEPLOY], what).expecting(expected("exit code 0"));
    let again = |error: &CallError| matches!(error.cause(), Cause::Interrupted(_));
    // A build whose host was lost has ended with it, and is begun anew: it says what is to be, not what is to change.
    let finished = match cx.exec().run(tool) {
        Err(error) if again(&error) => cx.exec().run(tool),
        outcome => outcome,
    };
    let finished = match finished {
        Ok(finished) => finished,
        Err(error) => {
            check.from_error(&error);
            return None;
        }
    };
    match finished.exit() {
        Exit::Code(0) => {
            check.pass(observed(finished.took()), &finished);
            return Some(finished);
        }
        // The host ends what is beyond its bounds, which says nothing of the release.
        exit @ Exit::Killed(_) => check.inconclusive(observed(exit), &finished),
        exit => check.fail(expected("exit code 0"), observed(format!("{exit}: {}", last_lines(&finished))), &finished),
    }
    let log = [finished.text(), finished.stderr()].concat();
    let from = log.len().saturating_sub(LARGEST_LOG);
    let end = log.as_bytes().get(from..).unwrap_or_default();
    cx.attach(format!("{}.log", what.replace(' ', "-")), "text/plain", end);
    None
}

/// The end of what it says to people, in one line.
fn last_lines(finished: &Finished) -> String {
    let stderr = finished.stderr();
    let lines: Vec<&str> = stderr.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    if lines.is_empty() {
        return shortened(&finished.last_line());
    }
    let shown = lines.get(lines.len().saturating_sub(LINES)..).unwrap_or_default();
    shown.iter().map(|line| shortened(line)).collect::<Vec<_>>().join(" / ")
}

/// A line without its middle, if it is long: it begins with what was done and ends with why it went wrong.
fn shortened(line: &str) -> String {
    let length = line.chars().count();
    if length <= BEGINNING + ENDING {
        return line.to_owned();
    }
    let beginning: String = line.chars().take(BEGINNING).collect();
    let ending: String = line.chars().skip(length - ENDING).collect();
    format!("{beginning} … {ending}")
}
