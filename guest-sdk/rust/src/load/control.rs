//! A load beside a control group: the same users without what is done to some of them. What others suffer says little by itself, for a system
//! under load may fail now and then anyway.

use super::{End, Summary};
use crate::upper_limit;

/// The metric of the times that are compared: from when each request was sent.
const DURATION: &str = "http_req_duration";
/// Milliseconds that a p95 may be above that of the control group in any case. A group has few exchanges, and one halt of the machine in
/// between is in all of them that were under way.
const GRACE: f64 = 250.0;

/// A load of which some was made to go wrong, and the control group. What was made to go wrong is deliberate, and none of it is compared.
#[derive(Clone, Copy, Debug)]
pub struct Beside<'a> {
    /// Nothing was done to anybody.
    pub control: &'a Summary,
    /// Something was done to some.
    pub disturbed: &'a Summary,
    /// How many times as long as that of the control group a p95 may be, besides a quarter of a second.
    pub slowdown: f64,
}

impl Beside<'_> {
    /// The name of the metric whose p95 is compared; both loads need a threshold of it.
    pub const METRIC: &'static str = DURATION;

    /// What the p95 of the others may be, in milliseconds; none if the control group has none.
    pub fn allowed(control: &Summary, slowdown: f64) -> Option<f64> {
        p95(control).map(|p95| p95 * slowdown + GRACE)
    }

    /// Why nothing can be said, if so. `nothing` says what it means that nothing was deliberate, e.g. `no agent failed`.
    pub fn unproven(&self, nothing: &str) -> Option<String> {
        let through = |load: &Summary| matches!(load.end, End::Completed | End::Bound(_));
        let Self { control, disturbed, .. } = self;
        if unharmed(control) == 0 || !through(control) {
            return Some(format!("the control group did not go through: {}", control.words()));
        }
        if disturbed.deliberate() == 0 {
            return Some(format!("{nothing}, so nothing could have touched anybody; {}", disturbed.words()));
        }
        if unharmed(disturbed) == 0 {
            return Some(format!("nobody else was there; {}", disturbed.words()));
        }
        None
    }

    /// Nobody else was touched: no more failures than chance explains, no longer times, no text of another.
    pub fn is_untouched(&self) -> bool {
        !self.spreads() && !self.is_slow() && self.disturbed.leak_count == 0
    }

    /// Whether more fail than chance explains: with 95 % confidence each, the least that it is lies above the most that the control group is.
    fn spreads(&self) -> bool {
        let (failed, all) = (u64::from(self.disturbed.failed()), unharmed(self.disturbed));
        let least = 1.0 - upper_limit(all.saturating_sub(failed), all);
        failed > 0 && least > upper_limit(self.control.failed().into(), unharmed(self.control))
    }

    fn is_slow(&self) -> bool {
        let allowed = Self::allowed(self.control, self.slowdown);
        matches!((allowed, p95(self.disturbed)), (Some(allowed), Some(p95)) if p95 >= allowed)
    }

    /// What is expected of the others, in words.
    pub fn expected(&self) -> String {
        match Self::allowed(self.control, self.slowdown) {
            Some(p95) => {
                format!("as few failures as in the control group, a p95 below {p95:.0} ms, and no text of another")
            }
            None => "as few failures as in the control group".to_owned(),
        }
    }

    /// What the others were like, beside the control group, in words.
    pub fn others(&self) -> String {
        let group = |load: &Summary| {
            let p95 = p95(load).map_or_else(String::new, |p95| format!(" with p95 {p95:.0} ms"));
            format!("{} of {} failed{p95}", load.failed(), unharmed(load))
        };
        let leaks = match self.disturbed.leak_count {
            0 => String::new(),
            leaks => format!("; {leaks} leaks"),
        };
        let shared = self.disturbed.shared_words();
        format!(
            "of the others' requests {}; without that {}{leaks}{shared}",
            group(self.disturbed),
            group(self.control)
        )
    }

    /// How many of the others failed at most, in words.
    pub fn failures(&self) -> String {
        let (failed, of) = (self.disturbed.failed(), unharmed(self.disturbed));
        let bound = upper_limit(failed.into(), of) * 100.0;
        format!("{failed} of {of} failed, at most {bound:.2} % with 95 % confidence; {}", self.disturbed.words())
    }
}

/// Exchanges of those who did nothing wrong.
fn unharmed(load: &Summary) -> u64 {
    u64::from(load.exchanges().saturating_sub(load.deliberate()))
}

fn p95(load: &Summary) -> Option<f64> {
    load.thresholds.iter().find(|threshold| threshold.metric == DURATION).and_then(|threshold| threshold.observed)
}
