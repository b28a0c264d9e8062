//! How many agents live, before and after, as the system itself counts them.

use holdpoint::load::Stopped;
use holdpoint::prelude::*;
use holdpoint::scrape;

use crate::CLEANUP;
use crate::config::{Config, half_a_minute};

/// How long between two looks.
const PAUSE: Millis = Millis(500);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Inventory {
    service: String,
    path: String,
    gauge: String,
    #[serde(default = "half_a_minute")]
    settles: Millis,
}

/// A count with the answer that tells it, or why there is none.
pub(crate) type Counted = Result<(f64, Response), String>;

impl Inventory {
    /// How many there are now.
    pub(crate) fn count(&self, cx: &Context) -> Counted {
        let service = cx.service(&self.service).map_err(|error| error.to_string())?;
        let answer = cx.http().send(service.get(&self.path)).map_err(|error| error.to_string())?;
        if answer.status() != 200 {
            return Err(format!("{} of GET {} {}", answer.status(), self.service, self.path));
        }
        let series = scrape::samples(&answer.text(), &self.gauge);
        if series.is_empty() {
            return Err(format!("GET {} {} has no {}", self.service, self.path, self.gauge));
        }
        Ok((series.iter().map(|sample| sample.value).sum(), answer))
    }
}

/// Looks until as many live as before, or the time is over. Agents whose start or end was not answered well may be left by their users, who
/// know nothing of them; only what stays beyond these is the system's.
pub(crate) fn judge(cx: &Context, config: &Config, before: Option<Counted>, loads: [&Stopped; 2]) {
    let check = cx.check([CLEANUP], "agents that have ended are gone");
    let (Some(inventory), Some(before)) = (&config.inventory, before) else {
        return check.not_exercised("config.inventory says nowhere how many agents live");
    };
    let (before, _) = match before {
        Ok(before) => before,
        Err(why) => return check.inconclusive(observed(format!("not known before: {why}")), ()),
    };
    // Where nobody came through, nobody had an agent that could have stayed.
    let through = |load: &&Stopped| load.iterations.ended.saturating_sub(load.iterations.failed);
    let iterations = loads.iter().map(through).fold(0, u32::saturating_add);
    if iterations == 0 {
        let words = loads.map(|load| load.words()).join("; ");
        return check.inconclusive(observed(format!("nobody started an agent and ended it: {words}")), loads[1]);
    }
    let wanted = || expected(format!("{before} as before, within {}", inventory.settles));
    let start = cx.now();
    loop {
        let (after, answer) = match inventory.count(cx) {
            Ok(after) => after,
            Err(why) => return check.expecting(wanted()).inconclusive(observed(format!("not known after: {why}")), ()),
        };
        let gone = after <= before;
        if gone || cx.now().since(start) >= inventory.settles || cx.sleep(PAUSE).is_err() {
            let seen = format!("{after} live after {iterations} iterations without a failure");
            return match left_by_users(loads, after - before) {
                Some(why) if !gone => {
                    check.expecting(wanted()).inconclusive(observed(format!("{seen}; {why}")), &answer);
                }
                _ => check.passes_if(gone, wanted(), observed(seen), &answer),
            };
        }
    }
}

/// Why so many agents may be there because their users did not end them; none if they can't be.
fn left_by_users(loads: [&Stopped; 2], left: f64) -> Option<String> {
    if loads.iter().any(|load| load.interrupted) {
        return Some("the host was gone in between, and its users left theirs behind".to_owned());
    }
    let failed = loads.iter().fold(0, |all: u32, load| all.saturating_add(load.failed()));
    (left <= f64::from(failed)).then(|| format!("{failed} requests failed, and may have left them behind"))
}
