//! An evaluation of the policy `objectives`, as the host has it judged, beside the same rule in Rego, which regorus evaluates natively.
//!
//! `cargo xtask bench --policy` builds it optimised and runs it; docs/benchmarks.md says what the figures mean. It prints one JSON object. That both come
//! to the same is looked at each time.

mod evidence;
mod ours;
mod theirs;

use std::io::Write as _;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use ours::Objectives;
use theirs::Rego;

/// As the command line has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Evaluations of each, unless it is told another number.
const EVALUATIONS: usize = 200;
/// Evaluations that are not counted.
const WARM_UP: usize = 5;

/// What both count.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Counted {
    all: f64,
    bad: f64,
    holds: bool,
}

/// `measure-policy [EVALUATIONS]`.
fn main() -> Result<()> {
    let evaluations = std::env::args().nth(1).map_or(Ok(EVALUATIONS), |count| count.parse())?;
    let evidence = Arc::new(evidence::hour()?);
    let (ours, mut theirs) = (Objectives::compiled()?, Rego::compiled()?);
    let (mut of_ours, mut of_theirs, mut with_input_ready) = (Vec::new(), Vec::new(), Vec::new());
    let mut fuel: Option<u64> = None;
    for evaluation in 0..WARM_UP + evaluations {
        let begun = Instant::now();
        let (counted, took) = ours.evaluate(evidence.clone())?;
        let our_time = begun.elapsed();

        let begun = Instant::now();
        let input = theirs::input(&evidence);
        let ready = Instant::now();
        let same = theirs.evaluate(input)?;
        let (their_time, their_ready_time) = (begun.elapsed(), ready.elapsed());

        ensure!(counted == same, "they come to something else: {counted:?} and {same:?}");
        ensure!(fuel.is_none_or(|known| known == took), "the same evaluation took {took} units of fuel, and {fuel:?}");
        fuel = Some(took);
        if evaluation >= WARM_UP {
            of_ours.push(our_time.as_secs_f64() * 1e3);
            of_theirs.push(their_time.as_secs_f64() * 1e3);
            with_input_ready.push(their_ready_time.as_secs_f64() * 1e3);
        }
    }
    let figures = serde_json::json!({
        "evaluations": evaluations,
        "samples": evidence.series.iter().map(|series| series.samples.len()).sum::<usize>(),
        "unit": "ms",
        "ours": median(of_ours)?,
        "theirs": median(of_theirs)?,
        "theirs_with_input_ready": median(with_input_ready)?,
        "fuel": fuel,
    });
    writeln!(std::io::stdout().lock(), "{figures}")?;
    Ok(())
}

fn median(mut times: Vec<f64>) -> Result<f64> {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().context("there was no evaluation")
}
