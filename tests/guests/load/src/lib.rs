//! A phase that puts the loads of its configuration on the service `backend`, one after the other, and shows what came of each as JSON. It judges
//! one thing only: that every call had an answer.

use holdpoint::load::{Load, Pace as _, Stage, Step, Summary};
use holdpoint::prelude::*;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    loads: Vec<Asked>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Asked {
    executor: Executor,
    #[serde(default = "one_second")]
    during: Millis,
    /// Users from the start, and at most.
    #[serde(default = "few")]
    users: (u32, u32),
    /// A path of the service, or else users of the bundle.
    get: Option<String>,
    #[serde(default)]
    post: bool,
    user: Option<String>,
    #[serde(default = "five_seconds")]
    timeout: Millis,
    #[serde(default)]
    expecting: Vec<u16>,
    #[serde(default)]
    thresholds: Vec<Threshold>,
    guard: Option<(f64, u32)>,
    /// It is stopped after so long.
    stop_after: Option<Millis>,
    /// How long each poll waits.
    #[serde(default = "one_second")]
    poll: Millis,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Threshold {
    of: String,
    holds: String,
    /// From when on the load ends where it does not hold.
    abort_after: Option<Millis>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Executor {
    ConstantVus(u32),
    RampingVus(u32, Vec<(Millis, u32)>),
    ConstantArrivalRate(u32),
    RampingArrivalRate(u32, Vec<(Millis, u32)>),
    PerVuIterations(u32, u32),
}

fn one_second() -> Millis {
    Millis(1_000)
}

fn five_seconds() -> Millis {
    Millis(5_000)
}

fn few() -> (u32, u32) {
    (1, 10)
}

#[holdpoint::phase]
fn run(cx: &Context, config: Config) -> Result<()> {
    for (number, asked) in config.loads.iter().enumerate() {
        let load = load(cx, asked)?;
        match go(cx, asked, &load) {
            Ok((summary, windows)) => {
                let seen = shown(&summary, windows);
                cx.check(["P3.1"], format!("load {number}")).pass(observed(seen), ());
            }
            Err(error) => cx.check(["P3.1"], format!("load {number}")).from_error(&error),
        }
    }
    Ok(())
}

fn load(cx: &Context, asked: &Asked) -> Result<Load> {
    let stages = |stages: &[(Millis, u32)]| -> Vec<Stage> {
        stages.iter().map(|(duration, target)| Stage { duration: *duration, target: *target }).collect()
    };
    let load = match &asked.executor {
        Executor::ConstantVus(users) => Load::constant_vus(*users),
        Executor::RampingVus(start, list) => Load::ramping_vus(*start, stages(list)),
        Executor::ConstantArrivalRate(rate) => Load::constant_arrival_rate(rate.per_second()),
        Executor::RampingArrivalRate(start, list) => Load::ramping_arrival_rate(start.per_second(), stages(list)),
        Executor::PerVuIterations(users, iterations) => Load::per_vu_iterations(*users, *iterations),
    };
    let mut load = load.during(asked.during).users(asked.users.0, asked.users.1);
    if let Some(user) = &asked.user {
        load = load.act_as(user);
    } else {
        let backend = cx.service("backend")?;
        let path = asked.get.as_deref().unwrap_or("/health");
        let request = if asked.post { backend.post(path) } else { backend.get(path) };
        load = load.repeat(request.timeout(asked.timeout));
    }
    load = load.expecting(asked.expecting.iter().copied());
    for Threshold { of, holds, abort_after } in &asked.thresholds {
        load = load.threshold(of, holds);
        if let Some(delay) = abort_after {
            load = load.aborting_after(*delay);
        }
    }
    if let Some((share, seconds)) = asked.guard {
        load = load.guarded(share, seconds);
    }
    Ok(load)
}

/// The summary, and the exchanges that windows have told.
fn go(cx: &Context, asked: &Asked, load: &Load) -> Result<(Summary, u32), CallError> {
    let running = cx.load().start(load)?;
    let mut told = 0;
    if let Some(time) = asked.stop_after {
        cx.sleep(time)?;
        let stopped = running.stop()?;
        return Ok(((*stopped).clone(), told + exchanges(&stopped.windows)));
    }
    loop {
        match running.wait(asked.poll)? {
            Step::Running(progress) => {
                told += exchanges(&progress.windows);
                cx.progress(0, 0, format_args!("{} exchanges", progress.exchanges));
            }
            Step::Ended(stopped) => return Ok(((**stopped).clone(), told + exchanges(&stopped.windows))),
        }
    }
}

fn exchanges(windows: &[holdpoint::load::Window]) -> u32 {
    windows.iter().flat_map(|window| &window.routes).map(|route| route.exchanges).sum()
}

fn shown(summary: &Summary, in_windows: u32) -> Value {
    let hosts = summary.incarnations.iter().map(
        |host| json!({ "exchanges": host.exchanges, "started": host.iterations.started, "cut-off": host.cut_off }),
    );
    json!({
        "end": summary.end.to_string(),
        "exercised": summary.exercised,
        "interrupted": summary.interrupted,
        "good": summary.is_good(),
        "elapsed": summary.elapsed_ms.round(),
        "exchanges": summary.exchanges(),
        "in-windows": in_windows,
        "failed": summary.failed(),
        "why": summary.routes.iter().map(|route| format!("{}: {}", route.route, route.failures)).collect::<Vec<_>>(),
        "started": summary.iterations.started,
        "dropped": summary.iterations.dropped,
        "hosts": hosts.collect::<Vec<_>>(),
        "thresholds": summary.thresholds.iter().map(|threshold| threshold.holds).collect::<Vec<_>>(),
        "leaks": summary.leak_count,
        "leaked": summary.leaks.iter().map(|leak| (leak.owner, leak.shown_to, &leak.route)).collect::<Vec<_>>(),
        "users-lost": summary.users_lost,
        "first-loss": summary.first_loss,
        "outages": summary.outage_count,
        "longest": summary.longest_outage_ms.round(),
        "p50": summary.routes.first().and_then(|route| route.service).map(|times| times.p50),
        "p95": summary.routes.first().and_then(|route| route.service).map(|times| times.p95),
        "p99": summary.routes.first().and_then(|route| route.service).map(|times| times.p99),
        "latency-p50": summary.routes.first().and_then(|route| route.latency).map(|times| times.p50),
        "latency-p99": summary.routes.first().and_then(|route| route.latency).map(|times| times.p99),
    })
}

#[cfg(test)]
mod tests {
    use holdpoint::prelude::*;
    use holdpoint::testing::loads;

    use super::run;

    #[test]
    fn shows_what_came_of_each_load() {
        let config = json!({ "loads": [
            { "executor": { "constant-arrival-rate": 10 }, "thresholds": [{ "of": "http_reqs", "holds": "count>0" }] },
            { "executor": { "ramping-vus": [1, [["1s", 5]]] }, "stop-after": "300ms" },
        ] });
        let t = holdpoint::test(run).service("backend").config(config).load("GET backend /health", loads(7));
        let seen: Vec<Value> =
            t.checks().iter().map(|check| serde_json::from_str(&check.observed).expect("JSON")).collect();
        assert_eq!((&seen[0]["exchanges"], &seen[0]["end"]), (&json!(7), &json!("completed")));
        assert_eq!((&seen[1]["end"], &seen[0]["thresholds"]), (&json!("stopped"), &json!([true])));
    }
}
