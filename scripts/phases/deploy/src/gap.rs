//! Whether there is a gap while traffic moves: each service is asked at a steady rate from before the first step until after the last, whatever
//! the answers take.

use holdpoint::load::{End, Load, Pace as _, Running, Stopped as Probed};
use holdpoint::prelude::*;

use crate::config::{Config, Deployed};
use crate::{GAP, candidate::Candidate};

/// What an answer to a probe may take. A service that hangs for longer is not there.
const LIMIT: Millis = Millis(5_000);
/// Seconds of probes that may wait for their answers.
const WAITING: u32 = 6;
/// Probes go on however badly the service does, and for so long at most where nothing answers at all.
const HOPELESS: u32 = 300;

/// Probes that go on, one each service.
#[derive(Default)]
pub(crate) struct Probes<'c>(Vec<(&'c Deployed, Result<Running, CallError>)>);

impl<'c> Probes<'c> {
    /// Starts asking.
    pub(crate) fn start(cx: &Context, config: &Config, candidates: &[Candidate<'c>]) -> Self {
        let mut probes = Vec::new();
        for Candidate { deployed, .. } in candidates {
            let path = deployed.paths.first().map_or("/health", String::as_str);
            let service = match cx.service(&deployed.service) {
                Ok(service) => service,
                Err(error) => {
                    cx.check([GAP], named(deployed)).inconclusive(observed(error), ());
                    continue;
                }
            };
            let request = service.get(path).timeout(LIMIT);
            let load = Load::constant_arrival_rate(config.probe_rate.per_second())
                .during(config.within)
                .users(2, config.probe_rate.saturating_mul(WAITING))
                .repeat(request)
                .expecting([200])
                .guarded(1.0, HOPELESS);
            probes.push((*deployed, cx.load().start(&load)));
        }
        Self(probes)
    }

    /// Ends asking, and says what was seen. `whole` says whether all steps were done in between.
    pub(crate) fn judge(self, cx: &Context, config: &Config, whole: bool) {
        for (deployed, probe) in self.0 {
            let name = named(deployed);
            match probe.and_then(Running::stop) {
                Ok(probed) => judge(cx, &name, config.longest_gap, &probed, whole),
                Err(error) => cx.check([GAP], name).from_error(&error),
            }
        }
    }
}

fn named(deployed: &Deployed) -> String {
    format!("{} answers all the time while traffic moves", deployed.name)
}

fn judge(cx: &Context, name: &str, longest: Millis, probed: &Probed, whole: bool) {
    let check = cx.check([GAP], name).expecting(expected(format!("no gap longer than {longest}")));
    let gap = Millis::from_f64(probed.longest_outage_ms);
    let (asked, failed) = (probed.exchanges(), probed.failed());
    if gap > longest {
        let longest_one = probed.outages.iter().find(|outage| Millis::from_f64(outage.length_ms) >= gap);
        let over = if longest_one.is_some_and(|outage| outage.over) { "" } else { " and more" };
        let why: Vec<String> = probed.routes.iter().map(|route| route.failures.to_string()).collect();
        let seen = format!("a gap of {gap}{over}; {failed} of {asked} probes failed: {}", why.join(", "));
        check.fail(expected(format!("no gap longer than {longest}")), observed(seen), probed);
    } else if !whole {
        check.not_exercised("the deployment was stopped before");
    } else if probed.interrupted {
        let seen = format!("the host was gone in between, and nobody asked; else {failed} of {asked} failed");
        check.inconclusive(observed(seen), probed);
    } else if !probed.exercised || !matches!(probed.end, End::Stopped) {
        check.inconclusive(observed(format!("not asked all the time: {}", probed.words())), probed);
    } else {
        check.pass(observed(format!("{gap} at most; {failed} of {asked} probes failed")), probed);
    }
}
