//! Measures the inside of the host: making an instance, recording a call, replaying. Prints `{"metric","unit","value"}` a line.
//!
//! `cargo xtask bench` builds it optimised and runs it; docs/benchmarks.md says what the figures mean.

mod cpu;
mod instance;
mod recording;

use std::io::Write as _;

/// As the command line has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Calls of a measurement, unless it is told another number.
const CALLS: u32 = 300_000;

/// `measure [METRIC [CALLS]]`: one metric alone, and a number of calls, for profilers.
fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let wanted = arguments.next();
    let calls = arguments.next().map_or(Ok(CALLS), |calls| calls.parse())?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    for (metric, unit) in METRICS {
        if wanted.as_ref().is_none_or(|wanted| wanted == metric) {
            let value = runtime.block_on(value(metric, calls))?;
            writeln!(
                std::io::stdout().lock(),
                "{}",
                serde_json::json!({ "metric": metric, "unit": unit, "value": value })
            )?;
        }
    }
    Ok(())
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
