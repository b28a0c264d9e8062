//! Calls of loads: the SDK's types turned into the contract's, and back.

use super::component::{cause, request};
use crate::bindings::holdpoint as wit;
use crate::load::{
    CurrentStage, Disturbance, Disturbed, End, Executor, Failures, Harm, Incarnation, Iterations, Leak, Load, Outage,
    Progress, Quantiles, Route, Said, SharedRoute, Stage, Status, Summary, ThresholdResult, Window, Work,
};
use crate::{Cause, Millis};

use wit::load::load;

pub(crate) fn start_load(planned: &Load) -> Result<u32, Cause> {
    let work = match &planned.work {
        Work::Nothing => return Err(Cause::Failed("the load repeats nothing; say what with `repeat`".to_owned())),
        Work::Request(sent) => {
            load::Work::Request(load::RepeatedRequest { request: request(sent), expected: planned.expected.clone() })
        }
        Work::User { id, config } => load::Work::User(load::BundleUser { id: id.clone(), config: config.clone() }),
    };
    let thresholds = planned.thresholds.iter().map(|threshold| load::Threshold {
        metric: threshold.metric.clone(),
        expression: threshold.expression.clone(),
        abort_after_ms: threshold.abort_after.map(|delay| delay.0),
    });
    load::start(&load::Plan {
        executor: executor(planned),
        work,
        thresholds: thresholds.collect(),
        guard: planned.guard.map(|guard| load::Guard { failed_share: guard.failed_share, seconds: guard.seconds }),
        graceful_stop_ms: planned.graceful_stop.0,
        disturbance: planned.disturbance.as_ref().map(disturbance),
    })
    .map_err(cause)
}

pub(crate) fn poll_load(number: u32, wait: Millis) -> Result<Status, Cause> {
    Ok(match load::poll(number, wait.0).map_err(cause)? {
        load::Status::Running(progress) => Status::Running(Progress {
            elapsed_ms: progress.elapsed_ms,
            planned_ms: progress.planned_ms,
            stage: current_stage(progress.stage),
            users: progress.users,
            exchanges: progress.exchanges,
            failed: progress.failed,
            leaks: progress.leaks,
            own_count: progress.own_count,
            windows: progress.windows.into_iter().map(window).collect(),
        }),
        load::Status::Ended(ended) => Status::Ended(Box::new(summary(ended))),
    })
}

pub(crate) fn stop_load(number: u32) -> Result<Summary, Cause> {
    load::stop(number).map(summary).map_err(cause)
}

fn executor(planned: &Load) -> load::Executor {
    let (duration_ms, pre_allocated_vus, max_vus) = (planned.duration.0, planned.pre_allocated, planned.max_users);
    let staged = |stages: &[Stage]| {
        stages.iter().map(|stage| load::Stage { duration_ms: stage.duration.0, target: stage.target }).collect()
    };
    match &planned.executor {
        Executor::ConstantVus { users } => load::Executor::ConstantVus(load::ConstantVus { vus: *users, duration_ms }),
        Executor::RampingVus { start, stages } => {
            load::Executor::RampingVus(load::RampingVus { start_vus: *start, stages: staged(stages) })
        }
        Executor::ConstantArrivalRate { rate } => load::Executor::ConstantArrivalRate(load::ConstantArrivalRate {
            rate: rate.count,
            time_unit_ms: rate.unit.0,
            duration_ms,
            pre_allocated_vus,
            max_vus,
        }),
        Executor::RampingArrivalRate { start, stages } => {
            load::Executor::RampingArrivalRate(load::RampingArrivalRate {
                start_rate: start.count,
                time_unit_ms: start.unit.0,
                stages: staged(stages),
                pre_allocated_vus,
                max_vus,
            })
        }
        Executor::PerVuIterations { users, iterations } => load::Executor::PerVuIterations(load::PerVuIterations {
            vus: *users,
            iterations: *iterations,
            max_duration_ms: duration_ms,
        }),
    }
}

fn disturbance(planned: &Disturbance) -> load::Disturbance {
    let Disturbance { seed, users_one_in, requests_one_in, harms } = planned;
    let harm = |harm: &Harm| match harm {
        Harm::Abort => load::Harm::Abort,
        Harm::Slow => load::Harm::Slow,
        Harm::Malformed => load::Harm::Malformed,
        Harm::Reset => load::Harm::Reset,
        Harm::Oversized => load::Harm::Oversized,
        Harm::Delay => load::Harm::Delay,
        Harm::ResetAnswer => load::Harm::ResetAnswer,
        Harm::Truncate => load::Harm::Truncate,
        Harm::Blackhole => load::Harm::Blackhole,
    };
    load::Disturbance {
        seed: *seed,
        users_one_in: *users_one_in,
        requests_one_in: *requests_one_in,
        harms: harms.iter().map(harm).collect(),
    }
}

fn disturbed(told: load::Disturbed) -> Disturbed {
    let harm = |load::HarmCount { harm, times }| {
        let harm = match harm {
            load::Harm::Abort => Harm::Abort,
            load::Harm::Slow => Harm::Slow,
            load::Harm::Malformed => Harm::Malformed,
            load::Harm::Reset => Harm::Reset,
            load::Harm::Oversized => Harm::Oversized,
            load::Harm::Delay => Harm::Delay,
            load::Harm::ResetAnswer => Harm::ResetAnswer,
            load::Harm::Truncate => Harm::Truncate,
            load::Harm::Blackhole => Harm::Blackhole,
        };
        (harm, times)
    };
    let load::Disturbed { seed, iterations, users_lost, harms } = told;
    Disturbed { seed, iterations, users_lost, harms: harms.into_iter().map(harm).collect() }
}

fn current_stage(told: load::CurrentStage) -> CurrentStage {
    let load::CurrentStage { number, count, remaining_ms } = told;
    CurrentStage { number, count, remaining_ms }
}

fn iterations(told: load::Iterations) -> Iterations {
    let load::Iterations { started, ended, failed, dropped, late } = told;
    Iterations { started, ended, failed, dropped, late }
}

fn quantiles(told: load::Quantiles) -> Quantiles {
    let load::Quantiles { min, mean, p50, p90, p95, p99, max } = told;
    Quantiles { min, mean, p50, p90, p95, p99, max }
}

fn route(told: load::RouteCounts) -> Route {
    let load::Failures { connect, tls, timeout, reset, malformed, status, content } = told.failures;
    Route {
        route: told.route,
        exchanges: told.exchanges,
        failures: Failures { connect, tls, timeout, reset, malformed, status, content },
        deliberate: told.deliberate,
        sent_bytes: told.sent_bytes,
        received_bytes: told.received_bytes,
        latency: told.latency.map(quantiles),
        service: told.service.map(quantiles),
    }
}

fn window(told: load::Window) -> Window {
    Window {
        at_ms: told.at_ms,
        length_ms: told.length_ms,
        incarnation: told.incarnation,
        users: told.users,
        iterations: iterations(told.iterations),
        routes: told.routes.into_iter().map(route).collect(),
    }
}

fn incarnation(told: load::Incarnation) -> Incarnation {
    Incarnation {
        from_ms: told.from_ms,
        to_ms: told.to_ms,
        iterations: iterations(told.iterations),
        exchanges: told.exchanges,
        under_way: told.under_way,
        cut_off: told.cut_off,
    }
}

fn end(told: load::End) -> End {
    match told {
        load::End::Completed => End::Completed,
        load::End::Stopped => End::Stopped,
        load::End::Threshold(why) => End::Threshold(why),
        load::End::Guard(why) => End::Guard(why),
        load::End::Bound(why) => End::Bound(why),
        load::End::Users(why) => End::Users(why),
    }
}

fn summary(told: load::Summary) -> Summary {
    let outage = |load::Outage { from_ms, length_ms, over }| Outage { from_ms, length_ms, over };
    let said = |load::CheckCounts { name, good, wrong }| Said { name, good, wrong };
    let leak =
        |load::Leak { owner, owner_load, shown_to, route, form }| Leak { owner, owner_load, shown_to, route, form };
    let shared = |load::SharedRoute { route, times }| SharedRoute { route, times };
    let threshold = |load::ThresholdResult { metric, expression, observed, holds }| ThresholdResult {
        metric,
        expression,
        observed,
        holds,
    };
    Summary {
        end: end(told.end),
        exercised: told.exercised,
        interrupted: told.interrupted,
        elapsed_ms: told.elapsed_ms,
        planned_ms: told.planned_ms,
        iterations: iterations(told.iterations),
        latest_ms: told.latest_ms,
        incarnations: told.incarnations.into_iter().map(incarnation).collect(),
        routes: told.routes.into_iter().map(route).collect(),
        thresholds: told.thresholds.into_iter().map(threshold).collect(),
        outages: told.outages.into_iter().map(outage).collect(),
        outage_count: told.outage_count,
        longest_outage_ms: told.longest_outage_ms,
        checks: told.checks.into_iter().map(said).collect(),
        own_count: told.own_count,
        leak_count: told.leak_count,
        leaks: told.leaks.into_iter().map(leak).collect(),
        shared: told.shared.into_iter().map(shared).collect(),
        disturbed: told.disturbed.map(disturbed),
        users: told.users,
        users_at_once: told.users_at_once,
        users_lost: told.users_lost,
        first_loss: told.first_loss,
        windows_lost: told.windows_lost,
        windows: told.windows.into_iter().map(window).collect(),
    }
}
