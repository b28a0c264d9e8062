//! Those who did nothing wrong, beside the control group.

use holdpoint::load::{End, Stopped, Summary};
use holdpoint::prelude::*;
use holdpoint::upper_limit;

use crate::config::Config;
use crate::{BIZ, DURATION, FAILURES};

/// Milliseconds that a p95 may be above that of the control group in any case. A group has few exchanges, and one halt of the machine in
/// between is in all of them that were under way.
const GRACE: f64 = 250.0;

/// What the p95 of the others may be; none if the control group has none.
pub(crate) fn allowed(config: &Config, control: &Summary) -> Option<f64> {
    p95(control).map(|p95| p95 * config.slowdown + GRACE)
}

pub(crate) fn judge(cx: &Context, config: &Config, control: &Stopped, disturbed: &Stopped) {
    let touched = cx.check([BIZ], "the failing agents of some do not touch the others");
    let none = cx.check([FAILURES], "nobody fails because somebody else does");
    if let Some(why) = unproven(control, disturbed) {
        touched.inconclusive(observed(&why), disturbed);
        none.inconclusive(observed(&why), disturbed);
        return;
    }
    let ok = !spreads(control, disturbed) && !is_slow(config, control, disturbed) && disturbed.leak_count == 0;
    let wanted = match allowed(config, control) {
        Some(p95) => {
            format!("as few failures as in the control group, a p95 below {p95:.0} ms, and no text of another")
        }
        None => "as few failures as in the control group".to_owned(),
    };
    touched.passes_if(ok, expected(wanted), observed(told(control, disturbed)), disturbed);
    let failed = disturbed.failed();
    let (of, bound) = (unharmed(disturbed), upper_limit(failed.into(), unharmed(disturbed)) * 100.0);
    let seen = format!("{failed} of {of} failed, at most {bound:.2} % with 95 % confidence; {}", disturbed.words());
    if control.failed() > 0 {
        let why = format!("{seen}; {} failed in the control group too, so nobody can tell why", control.failed());
        return none.inconclusive(observed(why), control);
    }
    none.passes_if(failed == 0, expected("no failure"), observed(seen), disturbed);
}

/// Why nothing can be said.
fn unproven(control: &Summary, disturbed: &Summary) -> Option<String> {
    let through = |load: &Summary| matches!(load.end, End::Completed | End::Bound(_));
    if unharmed(control) == 0 || !through(control) {
        return Some(format!("the control group did not go through: {}", control.words()));
    }
    if disturbed.deliberate() == 0 {
        return Some(format!("no agent failed, so nothing could have touched anybody; {}", disturbed.words()));
    }
    if unharmed(disturbed) == 0 {
        return Some(format!("nobody else was there; {}", disturbed.words()));
    }
    None
}

/// Exchanges of those who did nothing wrong.
fn unharmed(load: &Summary) -> u64 {
    u64::from(load.exchanges().saturating_sub(load.deliberate()))
}

/// Whether more fail than chance explains: with 95 % confidence each, the least that it is lies above the most that the control group is.
fn spreads(control: &Summary, disturbed: &Summary) -> bool {
    let (failed, all) = (u64::from(disturbed.failed()), unharmed(disturbed));
    let least = 1.0 - upper_limit(all.saturating_sub(failed), all);
    failed > 0 && least > upper_limit(control.failed().into(), unharmed(control))
}

fn is_slow(config: &Config, control: &Summary, disturbed: &Summary) -> bool {
    matches!((allowed(config, control), p95(disturbed)), (Some(allowed), Some(p95)) if p95 >= allowed)
}

fn p95(load: &Summary) -> Option<f64> {
    load.thresholds.iter().find(|threshold| threshold.metric == DURATION).and_then(|threshold| threshold.observed)
}

fn told(control: &Summary, disturbed: &Summary) -> String {
    let group = |load: &Summary| {
        let p95 = p95(load).map_or_else(String::new, |p95| format!(" with p95 {p95:.0} ms"));
        format!("{} of {} failed{p95}", load.failed(), unharmed(load))
    };
    let leaks = match disturbed.leak_count {
        0 => String::new(),
        leaks => format!("; {leaks} leaks"),
    };
    let shared = disturbed.shared_words();
    let agents = disturbed.deliberate();
    format!(
        "{agents} agents failed, and of the others' requests {}; without that {}{leaks}{shared}",
        group(disturbed),
        group(control)
    )
}
