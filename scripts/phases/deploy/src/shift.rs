//! Traffic moves to the new revisions, and every service is asked before it moves on.

use holdpoint::cloud_run::{Found, Listing};
use holdpoint::prelude::*;

use crate::candidate::Candidate;
use crate::config::{Config, Deployed};
use crate::stopped::{Stopped, change, look};
use crate::{DEPLOY, Stages};

/// What an answer may take.
const LIMIT: Millis = Millis(10_000);

/// Gives the new revisions this percent, sees that they have it, and asks every service.
pub(crate) fn to(
    cx: &Context,
    config: &Config,
    candidates: &[Candidate<'_>],
    percent: u32,
    stages: &mut Stages,
) -> Result<(), Stopped> {
    for candidate in candidates {
        let name = &candidate.deployed.name;
        let wanted = candidate.before.with(&candidate.revision, percent);
        let command = Command::new("run services update-traffic").argument(name).flag("to-revisions", wanted.to_flag());
        change(cx, &format!("{name} gives {percent} % to its new revision"), &command, stages)?;
    }
    let listing = served(cx, config, candidates, percent, stages)?;
    let mut all = true;
    for candidate in candidates {
        all &= serves(cx, &listing, candidate, percent);
    }
    if !all {
        return Err(Stopped);
    }
    let what = format!("with {percent} % of the traffic on its new revision");
    answers(cx, candidates, |deployed| &deployed.service, config.probes, &what)
}

/// Looks until traffic is as it was asked for, or the time is over.
fn served(
    cx: &Context,
    config: &Config,
    candidates: &[Candidate<'_>],
    percent: u32,
    stages: &mut Stages,
) -> Result<Listing, Stopped> {
    let start = cx.now();
    loop {
        let listing = look(cx, "the traffic is looked at", stages)?;
        let is_done = |candidate: &Candidate<'_>| match listing.named(&candidate.deployed.name) {
            Found::One(service) => {
                service.is_settled() && service.traffic() == candidate.before.with(&candidate.revision, percent)
            }
            Found::None | Found::Several => true,
        };
        let late = cx.now().since(start) >= config.ready_within;
        if late || candidates.iter().all(is_done) || cx.sleep(Millis(1_000)).is_err() {
            return Ok(listing);
        }
    }
}

fn serves(cx: &Context, listing: &Listing, candidate: &Candidate<'_>, percent: u32) -> bool {
    let Candidate { deployed, before, revision } = candidate;
    let check = cx.check([DEPLOY], format!("{} serves with {percent} % on its new revision", deployed.name));
    let wanted = before.with(revision, percent);
    let Found::One(service) = listing.named(&deployed.name) else {
        check.fail(expected(&wanted), observed("the service is gone"), listing);
        return false;
    };
    let (seen, newest) = (service.traffic(), service.latest());
    let ours = newest == Some(revision.as_str());
    let others =
        if ours { String::new() } else { format!("; somebody else has deployed {}", newest.unwrap_or("a revision")) };
    let settled = if service.is_settled() { "" } else { "; the change is not done" };
    let right = seen == wanted && ours && settled.is_empty();
    check.passes_if(right, expected(&wanted), observed(format!("{seen}{others}{settled}")), listing);
    right
}

/// Asks for every path of every service `times` times; each answer is 200.
pub(crate) fn answers(
    cx: &Context,
    candidates: &[Candidate<'_>],
    service: impl Fn(&Deployed) -> &String,
    times: u32,
    when: &str,
) -> Result<(), Stopped> {
    let mut all = true;
    for Candidate { deployed, .. } in candidates {
        let check = cx.check([DEPLOY], format!("{} answers {when}", deployed.name));
        let service = match cx.service(service(deployed)) {
            Ok(service) => service,
            Err(error) => {
                check.inconclusive(observed(error), ());
                all = false;
                continue;
            }
        };
        let paths = (0..times).flat_map(|_| &deployed.paths);
        let answers = cx.http().send_all(paths.map(|path| service.get(path).timeout(LIMIT)));
        let bad = answers.iter().filter(|(_, answer)| !matches!(answer, Ok(response) if response.status() == 200));
        let bad: Vec<_> = bad.collect();
        let (asked, wrong) = (answers.len(), bad.len());
        match bad.first() {
            None => check.pass(observed(format!("200, {asked} of {asked} times")), evidence(&answers)),
            Some((request, first)) => {
                all = false;
                let seen = match first {
                    Ok(response) => response.status().to_string(),
                    Err(error) => error.to_string(),
                };
                let seen = format!("{seen} of {request}; {wrong} of {asked} are not 200");
                check.fail(expected("200 each time"), observed(seen), first);
            }
        }
    }
    if all { Ok(()) } else { Err(Stopped) }
}

fn evidence(answers: &[(Request, holdpoint::Answer)]) -> Vec<u32> {
    answers.iter().flat_map(|(_, answer)| answer.calls()).collect()
}
