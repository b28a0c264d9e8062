//! How many agents live, before and after, as the system itself counts them.

use holdpoint::load::Stopped;
use holdpoint::prelude::*;
use holdpoint::scrape;

use crate::config::{Config, half_a_minute};
use crate::{BASELINE, CLEANUP};

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

/// What was counted in the end.
struct Left {
    verdict: Verdict,
    wanted: String,
    seen: String,
    calls: Vec<u32>,
}

/// Two rows say the same of one count: those that have ended are gone, and the gauge is where it was before any came.
pub(crate) fn judge(cx: &Context, config: &Config, before: Option<Counted>, loads: [&Stopped; 2]) {
    let left = config.inventory.as_ref().zip(before).map(|(inventory, before)| wait(cx, inventory, before, loads));
    for (row, name) in
        [(CLEANUP, "agents that have ended are gone"), (BASELINE, "as many agents live as before any came")]
    {
        let check = cx.check([row], name);
        let Some(Left { verdict, wanted, seen, calls }) = &left else {
            check.not_exercised("config.inventory says nowhere how many agents live");
            continue;
        };
        let (wanted, seen) = (expected(wanted), observed(seen));
        match verdict {
            Verdict::Pass => check.expecting(wanted).pass(seen, calls),
            Verdict::Fail => check.fail(wanted, seen, calls),
            Verdict::Inconclusive | Verdict::NotExercised => check.expecting(wanted).inconclusive(seen, calls),
        }
    }
}

/// Looks until as many live as before, or the time is over. Agents whose start or end was not answered well may be left by their users, who
/// know nothing of them; only what stays beyond these is the system's.
fn wait(cx: &Context, inventory: &Inventory, before: Counted, loads: [&Stopped; 2]) -> Left {
    let wanted = |before: f64| format!("{before} as before, within {}", inventory.settles);
    let open =
        |wanted: String, seen: String, calls: Vec<u32>| Left { verdict: Verdict::Inconclusive, wanted, seen, calls };
    let before = match before {
        Ok((before, _)) => before,
        Err(why) => return open(String::new(), format!("not known before: {why}"), Vec::new()),
    };
    // Where nobody came through, nobody had an agent that could have stayed.
    let through = |load: &&Stopped| load.iterations.ended.saturating_sub(load.iterations.failed);
    let iterations = loads.iter().map(through).fold(0, u32::saturating_add);
    if iterations == 0 {
        let words = loads.map(|load| load.words()).join("; ");
        return open(String::new(), format!("nobody started an agent and ended it: {words}"), loads[1].calls());
    }
    let start = cx.now();
    loop {
        let (after, answer) = match inventory.count(cx) {
            Ok(after) => after,
            Err(why) => return open(wanted(before), format!("not known after: {why}"), Vec::new()),
        };
        let gone = after <= before;
        if gone || cx.now().since(start) >= inventory.settles || cx.sleep(PAUSE).is_err() {
            let seen = format!("{after} live after {iterations} iterations without a failure");
            return match left_by_users(loads, after - before) {
                Some(why) if !gone => open(wanted(before), format!("{seen}; {why}"), answer.calls()),
                _ => Left {
                    verdict: if gone { Verdict::Pass } else { Verdict::Fail },
                    wanted: wanted(before),
                    seen,
                    calls: answer.calls(),
                },
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
