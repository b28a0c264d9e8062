//! An hour in which four routes are asked each second, and now and then an exchange fails. Every number follows from its place.

use anyhow::Result;
use holdpoint_model::{
    RequirementId, RunId, Timestamp,
    policy::{Facts, Sample, Series, Snapshot},
};

const ROUTES: [&str; 4] = ["GET /", "GET /health", "POST /chat", "POST /login"];
const SECONDS: u32 = 3_600;

/// The whole hour, at its end.
pub(crate) fn hour() -> Result<Snapshot> {
    let requests = |route: u32, second: u32| f64::from(50 + (second * 7 + route) % 11);
    let failed = |route: u32, second: u32| f64::from(u32::from((second + route).is_multiple_of(200)));
    let series = (0..).zip(ROUTES).flat_map(|(route, name)| {
        [
            each_second("requests", name, |second| requests(route, second)),
            each_second("requests_bad", name, |second| failed(route, second)),
        ]
    });
    Ok(Snapshot {
        facts: Facts {
            run: RunId::parse("MEASURE")?,
            bundle: "measure".into(),
            version: "1.0.0".into(),
            environment: "test".into(),
            started: Timestamp(0.0),
            scale: 1.0,
        },
        now: Timestamp(f64::from(SECONDS) * 1_000.0),
        is_last: true,
        requirements: vec![RequirementId::parse("P4.1.errors")?],
        checks: vec![],
        series: series.collect(),
        stretches: vec![],
    })
}

fn each_second(name: &str, route: &str, value: impl Fn(u32) -> f64) -> Series {
    let samples = (0..SECONDS).map(|second| Sample { at: f64::from(second) * 1_000.0, value: value(second) });
    Series {
        name: name.into(),
        labels: vec![("load".into(), "measure".into()), ("route".into(), route.into())],
        samples: samples.collect(),
        ends: vec![],
    }
}
