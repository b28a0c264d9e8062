//! Measures the inside of the host: making an instance, recording a call, replaying. Prints `{"metric","unit","value"}` a line.
//!
//! `cargo xtask bench` builds it optimised and runs it; docs/benchmarks.md says what the figures mean.

mod cpu;
mod day;
mod instance;
mod recording;

use std::io::Write as _;

use anyhow::bail;

/// As the command line has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Calls of a measurement, unless it is told another number.
const CALLS: u32 = 300_000;

/// `measure [METRIC [CALLS]]`: one metric alone, and a number of calls, for profilers. `measure day FROM TO`: writes the journal of a day that begins
/// as the run in FROM has, and measures it.
fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let wanted = arguments.next();
    if wanted.as_deref() == Some("day") {
        let (Some(from), Some(to)) = (arguments.next(), arguments.next()) else { bail!("write: measure day FROM TO") };
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let figures = runtime.block_on(day::figures(from.as_ref(), to.as_ref()))?;
        return figures.into_iter().try_for_each(|(metric, unit, value)| print(metric, unit, value));
    }
    let calls = arguments.next().map_or(Ok(CALLS), |calls| calls.parse())?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    for (metric, unit) in METRICS {
        if wanted.as_ref().is_none_or(|wanted| wanted == metric) {
            print(metric, unit, runtime.block_on(value(metric, calls))?)?;
        }
    }
    Ok(())
}

fn print(metric: &str, unit: &str, value: f64) -> anyhow::Result<()> {
    let figure = serde_json::json!({ "metric": metric, "unit": unit, "value": value });
    Ok(writeln!(std::io::stdout().lock(), "{figure}")?)
}

const METRICS: [(&str, &str); 4] = [
    ("instantiate-time", "us"),
    ("recorded-read-time", "us"),
    ("recorded-effect-time", "us"),
    ("replay-rate", "calls/s"),
];

async fn value(metric: &str, calls: u32) -> anyhow::Result<f64> {
    match metric {
        "instantiate-time" => instance::time(calls / 15).await,
        "recorded-read-time" => recording::read_cpu(calls).await,
        "recorded-effect-time" => recording::effect_wall(calls / 150).await,
        _ => recording::replay_rate(calls).await,
    }
}
