//! What whoever watches a load is told while it goes on.

use super::{CurrentStage, Progress, Quantiles};
use crate::Millis;

/// How long between two lines at least.
pub(super) const STEP: Millis = Millis(5_000);

/// The looks since the last line.
#[derive(Debug, Default)]
pub(super) struct Live {
    /// Milliseconds of the plan and exchanges when the last line was told.
    told: (f64, u32),
    /// The second with the longest p95 since then, and of which route.
    slowest: Option<(Quantiles, String)>,
}

impl Live {
    /// Takes in what a look has found. The line to tell, if it is time for one.
    pub(super) fn line(&mut self, progress: &Progress) -> Option<String> {
        for route in progress.windows.iter().flat_map(|window| &window.routes) {
            let Some(latency) = route.latency else { continue };
            if self.slowest.as_ref().is_none_or(|(slowest, _)| latency.p95 > slowest.p95) {
                self.slowest = Some((latency, route.route.clone()));
            }
        }
        let (since, before) = self.told;
        let passed = progress.elapsed_ms - since;
        if passed < STEP.as_f64() {
            return None;
        }
        self.told = (progress.elapsed_ms, progress.exchanges);
        let rate = f64::from(progress.exchanges.saturating_sub(before)) / passed * 1_000.0;
        let slowest = self.slowest.take().map_or_else(String::new, |(times, route)| {
            format!("; slowest second p50 {:.0}, p95 {:.0}, p99 {:.0} ms ({route})", times.p50, times.p95, times.p99)
        });
        let Progress { users, exchanges, failed, leaks, .. } = progress;
        let stage = stage(progress);
        Some(format!(
            "{stage}: {rate:.0}/s, {failed} of {exchanges} failed, {leaks} leaked, {users} under way{slowest}"
        ))
    }
}

/// Where in its plan a load is, and what remains of it: `stage 1 of 2, 40 s left`.
fn stage(progress: &Progress) -> String {
    let CurrentStage { number, count, .. } = progress.stage;
    let left = match ((progress.planned_ms - progress.elapsed_ms).max(0.0) / 1_000.0).ceil() {
        seconds if seconds < 120.0 => format!("{seconds:.0} s left"),
        seconds if seconds < 7_200.0 => format!("{:.0} min left", seconds / 60.0),
        seconds => format!("{:.1} h left", seconds / 3_600.0),
    };
    if count > 1 { format!("stage {number} of {count}, {left}") } else { left }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::{Failures, Iterations, Route, Window};

    fn window(p95: f64, route: &str) -> Window {
        let latency = Quantiles { min: 1.0, mean: 2.0, p50: 2.0, p90: 3.0, p95, p99: p95 * 2.0, max: p95 * 3.0 };
        let route = Route {
            route: route.to_owned(),
            exchanges: 1,
            failures: Failures::default(),
            deliberate: 0,
            sent_bytes: 0.0,
            received_bytes: 0.0,
            latency: Some(latency),
            service: None,
        };
        Window {
            at_ms: 0.0,
            length_ms: 1_000.0,
            incarnation: 1,
            users: 1,
            iterations: Iterations::default(),
            routes: vec![route],
        }
    }

    fn progress(elapsed_ms: f64, exchanges: u32, windows: Vec<Window>) -> Progress {
        let stage = CurrentStage { number: 2, count: 3, remaining_ms: 1_000.0 };
        Progress {
            elapsed_ms,
            planned_ms: 60_000.0,
            stage,
            users: 7,
            exchanges,
            failed: 1,
            leaks: 2,
            own_count: 90,
            windows,
        }
    }

    #[test]
    fn a_line_comes_every_five_seconds_with_the_slowest_second_before_it() {
        let mut live = Live::default();
        assert_eq!(live.line(&progress(2_000.0, 100, vec![window(30.0, "a"), window(80.0, "b")])), None);
        assert_eq!(
            live.line(&progress(5_000.0, 500, vec![window(40.0, "a")])).as_deref(),
            Some(
                "stage 2 of 3, 55 s left: 100/s, 1 of 500 failed, 2 leaked, 7 under way; \
                 slowest second p50 2, p95 80, p99 160 ms (b)"
            )
        );
        assert_eq!(live.line(&progress(9_999.0, 900, vec![])), None);
        let long = Progress { planned_ms: 600_000.0, stage: CurrentStage::default(), ..progress(0.0, 0, vec![]) };
        assert_eq!(stage(&long), "10 min left", "one stage needs no number");
        assert_eq!(stage(&Progress { planned_ms: 86_400_000.0, ..long }), "24.0 h left");
        let quiet = live.line(&progress(10_000.0, 1_000, vec![]));
        assert_eq!(quiet.as_deref(), Some("stage 2 of 3, 50 s left: 100/s, 1 of 1000 failed, 2 leaked, 7 under way"));
    }
}
