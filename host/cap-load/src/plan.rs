//! Whether a plan has a meaning and stays within bounds, and what it comes to. Whether that is granted is decided elsewhere. Pure.

use std::time::Duration;

use holdpoint_cap_http::Misshapen;
use holdpoint_model::grant::LoadAsk;

use crate::{
    Executor, Guard, Plan, Stage, Threshold, Work, arrivals::Arrivals, crowd::Crowd, disturbed, stages::Stages,
    threshold, threshold::Bound,
};

const MOST_STAGES: usize = 100;
/// Of users, whatever is granted: each is a task and a connection.
const MOST_USERS: u32 = 100_000;
/// Starts in a second, whatever is granted.
const FASTEST: f64 = 1e6;
const LONGEST_MS: u64 = 24 * 3_600_000;
const LONGEST_UNIT_MS: u32 = 3_600_000;
const LONGEST_GRACE_MS: u32 = 30_000;
const MOST_EXPECTED: usize = 100;
/// Seconds that a guard looks at.
const LONGEST_GUARD: u32 = 300;

/// A plan that was checked.
#[derive(Debug, Clone)]
pub(crate) struct Checked {
    pub(crate) pace: Pace,
    pub(crate) stages: Stages,
    pub(crate) thresholds: Vec<(Threshold, Bound)>,
    pub(crate) guard: Guard,
    pub(crate) graceful_stop: Duration,
    pub(crate) ask: LoadAsk,
}

/// When iterations start.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Pace {
    /// At times of their own, by whichever user is free.
    Open { arrivals: Arrivals, pre_allocated: u32, most: u32 },
    /// Each user's after its last.
    Closed(Crowd),
    /// The same, so often.
    Each { users: u32, iterations: u32 },
}

fn misshapen<T>(reason: impl Into<String>, remedy: &'static str) -> Result<T, Misshapen> {
    Err(Misshapen { reason: reason.into(), remedy })
}

/// Checks everything about a plan that needs no grant.
pub(crate) fn check(plan: &Plan) -> Result<Checked, Misshapen> {
    let pace = pace(&plan.executor)?;
    let planned = planned(&plan.executor);
    let users = match &pace {
        Pace::Open { most, .. } => *most,
        Pace::Closed(crowd) => crowd.most(),
        Pace::Each { users, .. } => *users,
    };
    if !(1..=MOST_USERS).contains(&users) {
        let remedy = "plan 1 to 100,000 users";
        return misshapen(format!("a load has 1 to {MOST_USERS} users at its highest, not {users}"), remedy);
    }
    if let Some(disturbance) = &plan.disturbance {
        disturbed::check(disturbance, &plan.work, users)?;
    }
    let (rate, iterations) = match &pace {
        Pace::Open { arrivals, .. } => (Some(arrivals.peak()), Some(arrivals.count() as f64)),
        Pace::Closed(_) => (None, None),
        Pace::Each { users, iterations } => (None, Some(f64::from(*users) * f64::from(*iterations))),
    };
    if let Some(rate) = rate.filter(|rate| *rate > FASTEST) {
        return misshapen(format!("{rate} iterations a second are more than any load has"), "plan at most 1,000,000");
    }
    if iterations == Some(0.0) {
        return misshapen("by its rates no iteration ever starts", "plan a rate above 0 for long enough");
    }
    if plan.graceful_stop_ms > LONGEST_GRACE_MS {
        return misshapen("the graceful stop is longer than 30 s", "choose at most 30,000 ms");
    }
    if let Work::Request { expected, .. } = &plan.work {
        if expected.len() > MOST_EXPECTED {
            return misshapen("more than 100 statuses are expected", "name those that are right");
        }
        if let Some(bad) = expected.iter().find(|status| !(100..=599).contains(*status)) {
            return misshapen(format!("{bad} is no status"), "name statuses from 100 to 599");
        }
    }
    Ok(Checked {
        pace,
        stages: Stages::of(&plan.executor),
        thresholds: thresholds(&plan.thresholds)?,
        guard: guard(plan.guard.unwrap_or_default())?,
        graceful_stop: Duration::from_millis(u64::from(plan.graceful_stop_ms)),
        ask: LoadAsk { users, rate, duration: planned, iterations },
    })
}

fn pace(executor: &Executor) -> Result<Pace, Misshapen> {
    let pace = match executor {
        Executor::ConstantVus { vus, duration_ms } => {
            lasts(u64::from(*duration_ms))?;
            Pace::Closed(Crowd::constant(*vus, *duration_ms))
        }
        Executor::RampingVus { start_vus, stages } => {
            staged(stages)?;
            Pace::Closed(Crowd::ramping(*start_vus, stages.clone()))
        }
        Executor::ConstantArrivalRate { rate, time_unit_ms, duration_ms, pre_allocated_vus, max_vus } => {
            lasts(u64::from(*duration_ms))?;
            unit(*time_unit_ms)?;
            allocated(*pre_allocated_vus, *max_vus)?;
            if *rate == 0 {
                return misshapen("the rate is 0", "plan at least one iteration in a unit of time");
            }
            let arrivals = Arrivals::constant(*rate, *time_unit_ms, *duration_ms);
            Pace::Open { arrivals, pre_allocated: *pre_allocated_vus, most: *max_vus }
        }
        Executor::RampingArrivalRate { start_rate, time_unit_ms, stages, pre_allocated_vus, max_vus } => {
            staged(stages)?;
            unit(*time_unit_ms)?;
            allocated(*pre_allocated_vus, *max_vus)?;
            let arrivals = Arrivals::ramping(*start_rate, *time_unit_ms, stages);
            Pace::Open { arrivals, pre_allocated: *pre_allocated_vus, most: *max_vus }
        }
        Executor::PerVuIterations { vus, iterations, max_duration_ms } => {
            lasts(u64::from(*max_duration_ms))?;
            if *iterations == 0 {
                return misshapen("each user has no iteration", "plan at least one");
            }
            Pace::Each { users: *vus, iterations: *iterations }
        }
    };
    Ok(pace)
}

fn planned(executor: &Executor) -> Duration {
    Duration::from_millis(match executor {
        Executor::ConstantVus { duration_ms, .. } | Executor::ConstantArrivalRate { duration_ms, .. } => {
            u64::from(*duration_ms)
        }
        Executor::PerVuIterations { max_duration_ms, .. } => u64::from(*max_duration_ms),
        Executor::RampingVus { stages, .. } | Executor::RampingArrivalRate { stages, .. } => whole(stages),
    })
}

fn whole(stages: &[Stage]) -> u64 {
    stages.iter().map(|stage| u64::from(stage.duration_ms)).sum()
}

fn staged(stages: &[Stage]) -> Result<(), Misshapen> {
    if !(1..=MOST_STAGES).contains(&stages.len()) {
        return misshapen(format!("{} stages are not between 1 and {MOST_STAGES}", stages.len()), "plan other stages");
    }
    lasts(whole(stages))
}

fn lasts(ms: u64) -> Result<(), Misshapen> {
    if (1..=LONGEST_MS).contains(&ms) {
        return Ok(());
    }
    misshapen(format!("a load lasts 1 ms to 24 hours, not {ms} ms"), "plan another duration")
}

fn unit(ms: u32) -> Result<(), Misshapen> {
    if (1..=LONGEST_UNIT_MS).contains(&ms) {
        return Ok(());
    }
    misshapen(format!("a unit of time is 1 ms to one hour, not {ms} ms"), "use 1000 for a rate a second")
}

fn allocated(pre: u32, most: u32) -> Result<(), Misshapen> {
    if pre <= most {
        return Ok(());
    }
    misshapen(format!("pre-allocated-vus = {pre} is more than max-vus = {most}"), "allocate at most max-vus before")
}

fn thresholds(thresholds: &[Threshold]) -> Result<Vec<(Threshold, Bound)>, Misshapen> {
    if thresholds.len() > threshold::MOST {
        let most = threshold::MOST;
        return misshapen(format!("there are more than {most} thresholds"), "keep those that decide");
    }
    let read = |(place, threshold)| match Bound::parse(place, threshold) {
        Ok(bound) => Ok((threshold.clone(), bound)),
        Err(bad) => misshapen(bad.to_string(), "write thresholds as k6 does, one comparison each"),
    };
    (1..).zip(thresholds).map(read).collect()
}

fn guard(guard: Guard) -> Result<Guard, Misshapen> {
    let Guard { failed_share, seconds } = guard;
    // Also what is no number is no share.
    if !(failed_share > 0.0 && failed_share <= 1.0) {
        return misshapen(format!("a guard's share of {failed_share} is not above 0 to 1"), "use 0.5 for half");
    }
    if !(1..=LONGEST_GUARD).contains(&seconds) {
        return misshapen(
            format!("a guard looks at 1 to {LONGEST_GUARD} seconds, not {seconds}"),
            "choose another time",
        );
    }
    Ok(guard)
}

#[cfg(test)]
mod tests {
    use holdpoint_cap_http::{Request, Target};

    use super::*;

    fn plan(executor: Executor) -> Plan {
        let request = Request::get(Target::Service { service: "backend".into(), path: "/health".into() });
        let work = Work::Request { request, expected: vec![] };
        Plan { executor, work, thresholds: vec![], guard: None, graceful_stop_ms: 1_000, disturbance: None }
    }

    fn constant(rate: u32, time_unit_ms: u32, duration_ms: u32, pre_allocated_vus: u32, max_vus: u32) -> Plan {
        plan(Executor::ConstantArrivalRate { rate, time_unit_ms, duration_ms, pre_allocated_vus, max_vus })
    }

    fn ramping(stages: Vec<Stage>) -> Plan {
        plan(Executor::RampingVus { start_vus: 1, stages })
    }

    #[test]
    fn says_what_a_plan_comes_to() {
        let ask = check(&constant(100, 1_000, 60_000, 10, 20)).unwrap().ask;
        let expected =
            LoadAsk { users: 20, rate: Some(100.0), duration: Duration::from_secs(60), iterations: Some(6_000.0) };
        assert_eq!(ask, expected);
        let stages = vec![Stage { duration_ms: 1_000, target: 7 }, Stage { duration_ms: 2_000, target: 3 }];
        let ask = check(&ramping(stages.clone())).unwrap().ask;
        assert_eq!(ask, LoadAsk { users: 7, rate: None, duration: Duration::from_secs(3), iterations: None });
        let arrivals =
            Executor::RampingArrivalRate { start_rate: 1, time_unit_ms: 100, stages, pre_allocated_vus: 0, max_vus: 5 };
        let ask = check(&plan(arrivals)).unwrap().ask;
        assert_eq!((ask.rate, ask.iterations), (Some(70.0), Some(140.0)));
        let each = Executor::PerVuIterations { vus: 5, iterations: u32::MAX, max_duration_ms: 1_000 };
        assert_eq!(check(&plan(each)).unwrap().ask.iterations, Some(5.0 * f64::from(u32::MAX)));
    }

    #[test]
    fn refuses_what_has_no_meaning_or_no_end() {
        let stage = |duration_ms, target| Stage { duration_ms, target };
        let users = |vus| plan(Executor::ConstantVus { vus, duration_ms: 1_000 });
        let each = |iterations| plan(Executor::PerVuIterations { vus: 1, iterations, max_duration_ms: 1_000 });
        let fine = constant(1, 1_000, 1_000, 0, 1);
        let guarded = |failed_share, seconds| Plan { guard: Some(Guard { failed_share, seconds }), ..fine.clone() };
        let threshold = Threshold { metric: "http_reqs".into(), expression: "count>NaN".into(), abort_after_ms: None };
        for (plan, why) in [
            (users(0), "a load has 1 to 100000 users at its highest, not 0"),
            (users(1_000_000_000), "not 1000000000"),
            (ramping(vec![]), "0 stages are not between 1 and 100"),
            (ramping(vec![stage(1, 1); 10_000]), "10000 stages are not between 1 and 100"),
            (ramping(vec![stage(0, 5)]), "a load lasts 1 ms to 24 hours, not 0 ms"),
            (ramping(vec![stage(u32::MAX, 5); 100]), "a load lasts 1 ms to 24 hours"),
            (ramping(vec![stage(5, 1_000_000_000)]), "not 1000000000"),
            (constant(0, 1_000, 1_000, 0, 1), "the rate is 0"),
            (constant(1, 0, 1_000, 0, 1), "a unit of time is 1 ms to one hour, not 0 ms"),
            (constant(u32::MAX, 1, u32::MAX / 50, 0, 1), "iterations a second are more than any load has"),
            (constant(1, 1_000, 0, 0, 1), "a load lasts 1 ms to 24 hours, not 0 ms"),
            (constant(1, 1_000, 1_000, 2, 1), "pre-allocated-vus = 2 is more than max-vus = 1"),
            (each(0), "each user has no iteration"),
            (guarded(f64::NAN, 1), "a guard's share of NaN is not above 0 to 1"),
            (guarded(0.0, 1), "a guard's share of 0 is not above 0 to 1"),
            (guarded(1.1, 1), "a guard's share of 1.1"),
            (guarded(0.5, 0), "a guard looks at 1 to 300 seconds, not 0"),
            (guarded(0.5, 301), "not 301"),
            (Plan { thresholds: vec![threshold.clone()], ..fine.clone() }, "at character 7: a number is wanted"),
            (Plan { thresholds: vec![threshold; 51], ..fine.clone() }, "more than 50 thresholds"),
            (Plan { graceful_stop_ms: 30_001, ..fine.clone() }, "the graceful stop is longer than 30 s"),
        ] {
            let refused = check(&plan).unwrap_err();
            assert!(refused.reason.contains(why), "{}", refused.reason);
        }
        let none = Executor::RampingArrivalRate {
            start_rate: 0,
            time_unit_ms: 1_000,
            stages: vec![stage(1_000, 0)],
            pre_allocated_vus: 0,
            max_vus: 1,
        };
        assert!(check(&plan(none)).unwrap_err().reason.contains("no iteration ever starts"));
    }
}
