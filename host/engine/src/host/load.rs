//! `holdpoint:load`.

use holdpoint_cap_http::user::Harm;
use holdpoint_cap_load::{
    CurrentStage, Disturbed, End, Executor, Guard, HarmCount, Iterations, Load, Outage, Plan, PlannedDisturbance,
    Quantiles, Request, Response, RouteCounts, SharedRoute, Stage, Summary, Threshold, Window, Work,
};
use holdpoint_gate::Halt;
use holdpoint_model::Answer;

use crate::{
    bindings::holdpoint::{load::load, types::types::CallError},
    state::{PhaseState, halted},
};

impl PhaseState {
    async fn load(&mut self, request: Request) -> wasmtime::Result<Answer<Response>> {
        self.flush(false).await?;
        let backend = self.backends.load.clone();
        self.guest.call::<Load, _>(&backend, &self.setup.grants, request).await.map_err(halted)
    }
}

impl load::Host for PhaseState {
    async fn start(&mut self, plan: load::Plan) -> wasmtime::Result<Result<u32, CallError>> {
        let number = self.guest.calls();
        match self.load(Request::Start(Box::new(plan.into()))).await? {
            Ok(Response::Started) => Ok(Ok(number)),
            Ok(_) => Err(confused("a start")),
            Err(error) => Ok(Err(error.into())),
        }
    }

    async fn poll(&mut self, load: u32, wait_ms: u32) -> wasmtime::Result<Result<load::Status, CallError>> {
        match self.load(Request::Poll { load, wait_ms }).await? {
            Ok(Response::Running(progress)) => Ok(Ok(load::Status::Running(load::Progress {
                elapsed_ms: progress.elapsed_ms,
                planned_ms: progress.planned_ms,
                stage: progress.stage.into(),
                users: progress.users,
                exchanges: progress.exchanges,
                failed: progress.failed,
                leaks: progress.leaks,
                own_count: progress.own_count,
                windows: all(progress.windows),
            }))),
            Ok(Response::Ended(summary)) => Ok(Ok(load::Status::Ended((*summary).into()))),
            Ok(Response::Started) => Err(confused("a poll")),
            Err(error) => Ok(Err(error.into())),
        }
    }

    async fn stop(&mut self, load: u32) -> wasmtime::Result<Result<load::Summary, CallError>> {
        match self.load(Request::Stop { load }).await? {
            Ok(Response::Ended(summary)) => Ok(Ok((*summary).into())),
            Ok(_) => Err(confused("a stop")),
            Err(error) => Ok(Err(error.into())),
        }
    }
}

/// A journal that was edited can hold the answer to another question.
fn confused(to: &str) -> wasmtime::Error {
    halted(Halt::Journal(format!("the answer to {to} of a load is one to something else")))
}

fn all<T, U: From<T>>(items: Vec<T>) -> Vec<U> {
    items.into_iter().map(U::from).collect()
}

impl From<load::Plan> for Plan {
    fn from(plan: load::Plan) -> Self {
        Self {
            executor: plan.executor.into(),
            work: match plan.work {
                load::Work::Request(work) => Work::Request { request: work.request.into(), expected: work.expected },
                load::Work::User(work) => Work::User { id: work.id, config: work.config },
            },
            thresholds: plan
                .thresholds
                .into_iter()
                .map(|threshold| Threshold {
                    metric: threshold.metric,
                    expression: threshold.expression,
                    abort_after_ms: threshold.abort_after_ms,
                })
                .collect(),
            guard: plan.guard.map(|guard| Guard { failed_share: guard.failed_share, seconds: guard.seconds }),
            graceful_stop_ms: plan.graceful_stop_ms,
            disturbance: plan.disturbance.map(|plan| PlannedDisturbance {
                seed: plan.seed,
                users_one_in: plan.users_one_in,
                requests_one_in: plan.requests_one_in,
                harms: all(plan.harms),
            }),
        }
    }
}

impl From<load::Stage> for Stage {
    fn from(stage: load::Stage) -> Self {
        Self { duration_ms: stage.duration_ms, target: stage.target }
    }
}

impl From<load::Executor> for Executor {
    fn from(executor: load::Executor) -> Self {
        match executor {
            load::Executor::ConstantVus(load::ConstantVus { vus, duration_ms }) => {
                Self::ConstantVus { vus, duration_ms }
            }
            load::Executor::RampingVus(load::RampingVus { start_vus, stages }) => {
                Self::RampingVus { start_vus, stages: all(stages) }
            }
            load::Executor::ConstantArrivalRate(rate) => Self::ConstantArrivalRate {
                rate: rate.rate,
                time_unit_ms: rate.time_unit_ms,
                duration_ms: rate.duration_ms,
                pre_allocated_vus: rate.pre_allocated_vus,
                max_vus: rate.max_vus,
            },
            load::Executor::RampingArrivalRate(rate) => Self::RampingArrivalRate {
                start_rate: rate.start_rate,
                time_unit_ms: rate.time_unit_ms,
                stages: all(rate.stages),
                pre_allocated_vus: rate.pre_allocated_vus,
                max_vus: rate.max_vus,
            },
            load::Executor::PerVuIterations(load::PerVuIterations { vus, iterations, max_duration_ms }) => {
                Self::PerVuIterations { vus, iterations, max_duration_ms }
            }
        }
    }
}

impl From<CurrentStage> for load::CurrentStage {
    fn from(CurrentStage { number, count, remaining_ms }: CurrentStage) -> Self {
        Self { number, count, remaining_ms }
    }
}

impl From<Iterations> for load::Iterations {
    fn from(Iterations { started, ended, failed, dropped, late }: Iterations) -> Self {
        Self { started, ended, failed, dropped, late }
    }
}

impl From<Quantiles> for load::Quantiles {
    fn from(Quantiles { min, mean, p50, p90, p95, p99, max }: Quantiles) -> Self {
        Self { min, mean, p50, p90, p95, p99, max }
    }
}

impl From<Outage> for load::Outage {
    fn from(Outage { from_ms, length_ms, over }: Outage) -> Self {
        Self { from_ms, length_ms, over }
    }
}

impl From<RouteCounts> for load::RouteCounts {
    fn from(counts: RouteCounts) -> Self {
        let holdpoint_cap_load::Failures { connect, tls, timeout, reset, malformed, status, content } = counts.failures;
        Self {
            route: counts.route,
            exchanges: counts.exchanges,
            failures: load::Failures { connect, tls, timeout, reset, malformed, status, content },
            deliberate: counts.deliberate,
            sent_bytes: counts.sent_bytes,
            received_bytes: counts.received_bytes,
            latency: counts.latency.map(Into::into),
            service: counts.service.map(Into::into),
        }
    }
}

impl From<Window> for load::Window {
    fn from(window: Window) -> Self {
        Self {
            at_ms: window.at_ms,
            length_ms: window.length_ms,
            incarnation: window.incarnation,
            users: window.users,
            iterations: window.iterations.into(),
            routes: all(window.routes),
        }
    }
}

impl From<holdpoint_cap_load::Incarnation> for load::Incarnation {
    fn from(host: holdpoint_cap_load::Incarnation) -> Self {
        Self {
            from_ms: host.from_ms,
            to_ms: host.to_ms,
            iterations: host.iterations.into(),
            exchanges: host.exchanges,
            under_way: host.under_way,
            cut_off: host.cut_off,
        }
    }
}

impl From<holdpoint_cap_load::ThresholdResult> for load::ThresholdResult {
    fn from(result: holdpoint_cap_load::ThresholdResult) -> Self {
        Self { metric: result.metric, expression: result.expression, observed: result.observed, holds: result.holds }
    }
}

impl From<holdpoint_cap_load::LeakTold> for load::Leak {
    fn from(leak: holdpoint_cap_load::LeakTold) -> Self {
        Self {
            owner: leak.owner,
            owner_load: leak.owner_load,
            shown_to: leak.shown_to,
            route: leak.route,
            form: leak.form,
        }
    }
}

impl From<holdpoint_cap_load::CheckTold> for load::CheckCounts {
    fn from(holdpoint_cap_load::CheckTold { name, good, wrong }: holdpoint_cap_load::CheckTold) -> Self {
        Self { name, good, wrong }
    }
}

impl From<SharedRoute> for load::SharedRoute {
    fn from(SharedRoute { route, times }: SharedRoute) -> Self {
        Self { route, times }
    }
}

impl From<load::Harm> for Harm {
    fn from(harm: load::Harm) -> Self {
        match harm {
            load::Harm::Abort => Self::Abort,
            load::Harm::Slow => Self::Slow,
            load::Harm::Malformed => Self::Malformed,
            load::Harm::Reset => Self::Reset,
            load::Harm::Oversized => Self::Oversized,
            load::Harm::Delay => Self::Delay,
            load::Harm::ResetAnswer => Self::ResetAnswer,
            load::Harm::Truncate => Self::Truncate,
            load::Harm::Blackhole => Self::Blackhole,
        }
    }
}

impl From<Harm> for load::Harm {
    fn from(harm: Harm) -> Self {
        match harm {
            Harm::Abort => Self::Abort,
            Harm::Slow => Self::Slow,
            Harm::Malformed => Self::Malformed,
            Harm::Reset => Self::Reset,
            Harm::Oversized => Self::Oversized,
            Harm::Delay => Self::Delay,
            Harm::ResetAnswer => Self::ResetAnswer,
            Harm::Truncate => Self::Truncate,
            Harm::Blackhole => Self::Blackhole,
        }
    }
}

impl From<HarmCount> for load::HarmCount {
    fn from(HarmCount { harm, times }: HarmCount) -> Self {
        Self { harm: harm.into(), times }
    }
}

impl From<Disturbed> for load::Disturbed {
    fn from(disturbed: Disturbed) -> Self {
        Self {
            seed: disturbed.seed,
            iterations: disturbed.iterations,
            users_lost: disturbed.users_lost,
            harms: all(disturbed.harms),
        }
    }
}

impl From<End> for load::End {
    fn from(end: End) -> Self {
        match end {
            End::Completed => Self::Completed,
            End::Stopped => Self::Stopped,
            End::Threshold(text) => Self::Threshold(text),
            End::Guard(text) => Self::Guard(text),
            End::Bound(text) => Self::Bound(text),
            End::Users(text) => Self::Users(text),
        }
    }
}

impl From<Summary> for load::Summary {
    fn from(summary: Summary) -> Self {
        Self {
            end: summary.end.into(),
            exercised: summary.exercised,
            interrupted: summary.interrupted,
            elapsed_ms: summary.elapsed_ms,
            planned_ms: summary.planned_ms,
            iterations: summary.iterations.into(),
            latest_ms: summary.latest_ms,
            incarnations: all(summary.incarnations),
            routes: all(summary.routes),
            thresholds: all(summary.thresholds),
            outages: all(summary.outages),
            outage_count: summary.outage_count,
            longest_outage_ms: summary.longest_outage_ms,
            checks: all(summary.checks),
            own_count: summary.own_count,
            leak_count: summary.leak_count,
            leaks: all(summary.leaks),
            shared: all(summary.shared),
            disturbed: summary.disturbed.map(Into::into),
            users: summary.users,
            users_at_once: summary.users_at_once,
            users_lost: summary.users_lost,
            first_loss: summary.first_loss,
            windows_lost: summary.windows_lost,
            windows: all(summary.windows),
        }
    }
}
