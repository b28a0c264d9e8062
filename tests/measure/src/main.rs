//! Measures the inside of the host: making an instance, recording a call, replaying. Prints `{"metric","unit","value"}` a line.
//!
//! `cargo xtask bench` builds it optimised and runs it; docs/benchmarks.md says what the figures mean.

mod cpu;
mod instance;
mod recording;

use std::io::Write as _;

fn main() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let figures = runtime.block_on(async {
        anyhow::Ok([
            ("instantiate-time", "us", instance::time().await?),
            ("recorded-read-time", "us", recording::read_cpu().await?),
            ("recorded-effect-time", "us", recording::effect_wall().await?),
            ("replay-rate", "calls/s", recording::replay_rate().await?),
        ])
    })?;
    let mut stdout = std::io::stdout().lock();
    for (metric, unit, value) in figures {
        writeln!(stdout, "{}", serde_json::json!({ "metric": metric, "unit": unit, "value": value }))?;
    }
    Ok(())
}
