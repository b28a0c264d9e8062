//! All that a load has counted so far, also by hosts before this one. Its size is bounded however long the load lasts.

use serde::{Deserialize, Serialize};

use crate::{
    Failures, Iterations, Leak, LeakTold, RouteCounts, ThresholdResult,
    checks::Checks,
    counted::{Counted, KeptTimes, Times, add},
    disturbed::Harms,
    outage::Outages,
    shared_routes::SharedRoutes,
    threshold::{Aggregation, Bound, Metric},
};

/// Leaks that are told one by one.
const MOST_LEAKS: usize = 16;
/// Of a text that says why a user went.
const LOSS_BYTES: usize = 500;

/// What is counted over the whole load.
#[derive(Debug, Clone, Default)]
pub(crate) struct Totals {
    pub(crate) iterations: Iterations,
    pub(crate) latest_ms: f64,
    pub(crate) iteration_times: Times,
    /// In the order in which they came up.
    pub(crate) routes: Vec<(String, Counted)>,
    pub(crate) outages: Outages,
    pub(crate) checks: Checks,
    pub(crate) own_count: u32,
    pub(crate) leak_count: u32,
    pub(crate) leaks: Vec<LeakTold>,
    pub(crate) shared: SharedRoutes,
    pub(crate) harms: Harms,
    pub(crate) users: u32,
    pub(crate) users_at_once: u32,
    pub(crate) users_lost: u32,
    pub(crate) first_loss: Option<String>,
}

impl Totals {
    pub(crate) fn exchanges(&self) -> u32 {
        self.routes.iter().fold(0, |all, (_, counted)| all.saturating_add(counted.exchanges))
    }

    pub(crate) fn failed(&self) -> u32 {
        self.routes.iter().fold(0, |all, (_, counted)| all.saturating_add(counted.failures.all()))
    }

    pub(crate) fn route(&mut self, route: &str) -> &mut Counted {
        let at = self.routes.iter().position(|(known, _)| known == route);
        let at = at.unwrap_or_else(|| {
            self.routes.push((route.to_owned(), Counted::default()));
            self.routes.len() - 1
        });
        &mut self.routes[at].1
    }

    pub(crate) fn leak(&mut self, leak: Leak) {
        add(&mut self.leak_count, 1);
        if self.leaks.len() < MOST_LEAKS {
            let Leak { owner, owner_load, shown_to, route, form } = leak;
            self.leaks.push(LeakTold { owner, owner_load, shown_to, route, form });
        }
    }

    /// A user was shown its own text so often.
    pub(crate) fn own(&mut self, times: u64) {
        add(&mut self.own_count, u32::try_from(times).unwrap_or(u32::MAX));
    }

    /// A user was opened.
    pub(crate) fn user(&mut self) {
        add(&mut self.users, 1);
    }

    pub(crate) fn loss(&mut self, why: &str) {
        add(&mut self.users_lost, 1);
        self.first_loss.get_or_insert_with(|| why.chars().take(LOSS_BYTES).collect());
    }

    pub(crate) fn told(&self) -> Vec<RouteCounts> {
        self.routes.iter().map(|(route, counted)| counted.told(route)).collect()
    }

    /// What a threshold is about, if there are data for it.
    pub(crate) fn observed(&self, bound: &Bound, elapsed_ms: f64) -> Option<f64> {
        let mut all = Counted::default();
        let wanted = |route: &str| bound.route.as_deref().is_none_or(|wanted| wanted == route);
        self.routes.iter().filter(|(route, _)| wanted(route)).for_each(|(_, counted)| all.add(counted));
        // What was made to go wrong feeds nothing.
        let judged = all.exchanges - all.deliberate;
        if judged == 0 {
            return None;
        }
        let share = |part: u32, of: u32| (of > 0).then(|| f64::from(part) / f64::from(of));
        let counter = |count: f64| match bound.aggregation {
            Aggregation::Rate => (elapsed_ms > 0.0).then(|| count * 1_000.0 / elapsed_ms),
            _ => Some(count),
        };
        match bound.metric {
            Metric::Duration => trend(&all.service, bound.aggregation),
            Metric::Latency => trend(&all.latency, bound.aggregation),
            Metric::IterationDuration => trend(&self.iteration_times, bound.aggregation),
            Metric::Failed => share(all.failures.all(), judged),
            Metric::Checks => {
                let Failures { status, content, .. } = all.failures;
                let answered = judged - (all.failures.all() - status - content);
                share(answered - status - content, answered)
            }
            Metric::Requests => counter(f64::from(judged)),
            Metric::Iterations => counter(f64::from(self.iterations.ended.saturating_sub(self.harms.iterations))),
            Metric::DroppedIterations => counter(f64::from(self.iterations.dropped)),
            Metric::Leaks => counter(f64::from(self.leak_count)),
            Metric::DataSent => counter(all.sent_bytes as f64),
            Metric::DataReceived => counter(all.received_bytes as f64),
        }
    }

    pub(crate) fn judged(&self, thresholds: &[(crate::Threshold, Bound)], elapsed_ms: f64) -> Vec<ThresholdResult> {
        let judge = |(threshold, bound): &(crate::Threshold, Bound)| {
            let observed = self.observed(bound, elapsed_ms);
            ThresholdResult {
                metric: threshold.metric.clone(),
                expression: threshold.expression.clone(),
                observed,
                holds: bound.holds(observed),
            }
        };
        thresholds.iter().map(judge).collect()
    }
}

fn trend(times: &Times, aggregation: Aggregation) -> Option<f64> {
    match aggregation {
        Aggregation::Avg => times.mean(),
        Aggregation::Min => times.least().map(|us| us as f64 / 1_000.0),
        Aggregation::Med => times.percentile(50.0),
        Aggregation::Max => times.percentile(100.0),
        Aggregation::Percentile(percent) => times.percentile(percent),
        Aggregation::Rate | Aggregation::Count => None,
    }
}

/// Totals as they are kept in a file.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeptTotals {
    iterations: Iterations,
    latest_ms: f64,
    iteration_times: KeptTimes,
    routes: Vec<KeptRoute>,
    outages: Outages,
    checks: Checks,
    own_count: u32,
    leak_count: u32,
    leaks: Vec<LeakTold>,
    shared: SharedRoutes,
    harms: Harms,
    users: u32,
    users_at_once: u32,
    users_lost: u32,
    first_loss: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeptRoute {
    route: String,
    exchanges: u32,
    failures: Failures,
    deliberate: u32,
    sent_bytes: u64,
    received_bytes: u64,
    latency: KeptTimes,
    service: KeptTimes,
}

impl From<&Totals> for KeptTotals {
    fn from(totals: &Totals) -> Self {
        let route = |(route, counted): &(String, Counted)| KeptRoute {
            route: route.clone(),
            exchanges: counted.exchanges,
            failures: counted.failures,
            deliberate: counted.deliberate,
            sent_bytes: counted.sent_bytes,
            received_bytes: counted.received_bytes,
            latency: (&counted.latency).into(),
            service: (&counted.service).into(),
        };
        Self {
            iterations: totals.iterations,
            latest_ms: totals.latest_ms,
            iteration_times: (&totals.iteration_times).into(),
            routes: totals.routes.iter().map(route).collect(),
            outages: totals.outages.clone(),
            checks: totals.checks.clone(),
            own_count: totals.own_count,
            leak_count: totals.leak_count,
            leaks: totals.leaks.clone(),
            shared: totals.shared.clone(),
            harms: totals.harms.clone(),
            users: totals.users,
            users_at_once: totals.users_at_once,
            users_lost: totals.users_lost,
            first_loss: totals.first_loss.clone(),
        }
    }
}

impl From<KeptTotals> for Totals {
    fn from(kept: KeptTotals) -> Self {
        let route = |kept: KeptRoute| {
            let counted = Counted {
                exchanges: kept.exchanges,
                failures: kept.failures,
                deliberate: kept.deliberate,
                sent_bytes: kept.sent_bytes,
                received_bytes: kept.received_bytes,
                latency: (&kept.latency).into(),
                service: (&kept.service).into(),
            };
            (kept.route, counted)
        };
        Self {
            iterations: kept.iterations,
            latest_ms: kept.latest_ms,
            iteration_times: (&kept.iteration_times).into(),
            routes: kept.routes.into_iter().map(route).collect(),
            outages: kept.outages,
            checks: kept.checks,
            own_count: kept.own_count,
            leak_count: kept.leak_count,
            leaks: kept.leaks,
            shared: kept.shared,
            harms: kept.harms,
            users: kept.users,
            users_at_once: kept.users_at_once,
            users_lost: kept.users_lost,
            first_loss: kept.first_loss,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use holdpoint_cap_http::user::Harm;

    use super::*;
    use crate::{Exchange, Failure, Threshold};

    fn judge(totals: &Totals, metric: &str, expression: &str) -> (Option<f64>, bool) {
        let threshold = Threshold { metric: metric.into(), expression: expression.into(), abort_after_ms: None };
        let bound = Bound::parse(1, &threshold).unwrap();
        let result = &totals.judged(&[(threshold, bound)], 2_000.0)[0];
        (result.observed, result.holds)
    }

    fn totals() -> Totals {
        let mut totals = Totals::default();
        for (n, route) in ["a", "a", "a", "b"].into_iter().enumerate() {
            let failure = [None, Some(Failure::Status), Some(Failure::Timeout), None][n];
            let exchange = Exchange {
                user: 0,
                route,
                status: Some(200),
                failure,
                duration: Duration::from_millis(100),
                sent_bytes: 10,
                received_bytes: 20,
                deliberate: false,
            };
            totals.route(route).record(&exchange, Duration::from_millis(n as u64 * 100));
        }
        totals
    }

    #[test]
    fn every_metric_is_what_k6_means_by_it() {
        let totals = totals();
        for (metric, expression, observed) in [
            ("http_reqs", "count>0", 4.0),
            ("http_reqs", "rate>0", 2.0),
            ("http_req_failed", "rate<1", 0.5),
            ("http_req_failed{route:b}", "rate<1", 0.0),
            ("checks", "rate>0", 2.0 / 3.0),
            ("http_req_duration", "max<200", 100.0),
            ("http_req_latency", "max<500", 400.0),
            ("data_sent", "count>0", 40.0),
            ("data_received", "rate>0", 40.0),
            ("leaks", "count==0", 0.0),
            ("dropped_iterations", "count==0", 0.0),
        ] {
            let (found, holds) = judge(&totals, metric, expression);
            assert!(holds && (found.unwrap() - observed).abs() < 0.2, "{metric} {expression}: {found:?}");
        }
    }

    #[test]
    fn over_no_data_nothing_holds() {
        for (metric, expression) in [
            ("http_reqs", "count>=0"),
            ("http_req_failed", "rate<1"),
            ("http_req_duration", "p(95)<9999"),
            ("checks", "rate>=0"),
            ("leaks", "count==0"),
            ("dropped_iterations", "count==0"),
            ("iterations", "count>=0"),
        ] {
            assert_eq!(judge(&Totals::default(), metric, expression), (None, false), "{metric}");
        }
        assert_eq!(judge(&totals(), "http_req_duration{route:c}", "p(95)<9999"), (None, false));
    }

    #[test]
    fn what_is_kept_in_a_file_is_all_of_it() {
        let mut totals = totals();
        totals.leak(Leak {
            owner: 1,
            owner_load: Some("b, host 1".into()),
            shown_to: 2,
            route: "a".into(),
            form: "plain".into(),
        });
        totals.shared.shown("a");
        totals.harms.done(Harm::Reset);
        totals.loss("gone");
        totals.checks.judged("mine", false);
        let text = serde_json::to_string(&KeptTotals::from(&totals)).unwrap();
        let again = Totals::from(serde_json::from_str::<KeptTotals>(&text).unwrap());
        assert_eq!((again.told(), &again.shared), (totals.told(), &totals.shared));
        assert_eq!((&again.checks, &again.harms), (&totals.checks, &totals.harms));
        assert_eq!((again.leaks, again.first_loss, again.users_lost), (totals.leaks, totals.first_loss, 1));
    }

    #[test]
    fn leaks_and_losses_are_counted_beyond_those_that_are_told() {
        let mut totals = Totals::default();
        for n in 0..100 {
            totals.leak(Leak { owner: n, owner_load: None, shown_to: 0, route: "a".into(), form: "plain".into() });
            totals.loss(&"x".repeat(10_000));
        }
        assert_eq!((totals.leak_count, totals.leaks.len()), (100, MOST_LEAKS));
        assert_eq!(totals.first_loss.unwrap().len(), LOSS_BYTES);
    }
}
