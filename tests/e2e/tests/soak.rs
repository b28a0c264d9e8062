//! A load that goes on and on takes no more memory than at its start. A minute of it here; `cargo xtask bench --soak` does an hour.

use std::time::{Duration, Instant};

use holdpoint_e2e::Scene;
use holdpoint_e2e::acting::{self, KEY};
use holdpoint_e2e::process::Live;
use holdpoint_e2e::staging::Staging;
use holdpoint_rules::trend::{Settings, Trend};
use holdpoint_rules::{Sample, Span, Time};

const ROWS: [&str; 2] = ["P3.2.success", "P3.2.memory"];
/// By so much of what it is after warming up it may grow.
const GROWTH: f64 = 0.02;
/// Points of the trend.
const POINTS: i64 = 10;

/// How long the load goes on. The first third is for warming up.
fn duration() -> Duration {
    let seconds = std::env::var("HOLDPOINT_SOAK_SECONDS").ok().and_then(|seconds| seconds.parse().ok());
    Duration::from_secs(seconds.unwrap_or(60))
}

fn scene(backend: &str, during: Duration) -> Scene {
    let seconds = during.as_secs();
    let user = format!(
        r#"id = "browse-user"
module = "browse-user"
identities = {{ mint = "{KEY}" }}
[user.grants]
http = [{{ services = ["backend"], methods = ["GET", "PUT"], paths = ["/api/me", "/api/state/note"] }}]"#
    );
    let phase = format!(
        r#"id = "isolation"
module = "request-isolation"
requirements = {ROWS:?}
deadline = "{}s"
[phase.config]
user = "browse-user"
users = 40
at-once = 1
pace = "1s"
ramp = "1s"
during = "{seconds}s"
memory = {{ service = "backend", path = "/metrics", gauge = "process_resident_memory_bytes" }}
[phase.grants]
http = [{{ services = ["backend"], methods = ["GET"], paths = ["/metrics"] }}]
load = {{ max-users = 40, max-rate = 50, max-duration = "{}s", max-requests = 1000000, users = ["browse-user"] }}"#,
        seconds + 300,
        seconds + 60,
    );
    acting::scene(backend, &user, &phase, &ROWS)
}

/// What a process holds while it runs, look by look.
fn watched(run: &mut Live, begun: Instant) -> Vec<Sample> {
    let mut samples = Vec::new();
    while run.is_running() {
        let at = Time(i64::try_from(begun.elapsed().as_millis()).expect("a test ends"));
        samples.extend(run.memory().map(|bytes| Sample { at, value: bytes as f64 }));
        std::thread::sleep(Duration::from_millis(100));
    }
    samples
}

#[test]
fn a_load_takes_no_more_memory_the_longer_it_goes_on() {
    let (staging, during) = (Staging::start(), duration());
    let scene = scene(&staging.backend(), during);
    let begun = Instant::now();
    let mut run = scene.start(&["run", "BUNDLE"]);
    let samples = watched(&mut run, begun);
    run.finish().exits(0);
    let whole = i64::try_from(during.as_millis()).expect("a test ends");
    let bucket = Span(whole * 2 / 3 / POINTS);
    let settings = Settings { warm_up: Span(whole / 3), bucket, reach: Span(bucket.0 / 2), baseline: None };
    // The end of the load, when its users go, is no part of it.
    let trend = Trend::of(&samples, Time(0), Time(whole), &settings).expect("there are points");
    let mebibytes = |bytes: f64| bytes / f64::from(1 << 20);
    let levels: Vec<String> = trend.points.iter().map(|point| format!("{:.1}", mebibytes(point.level))).collect();
    println!("{} MiB after a third of {during:?}, {:+.2} % at its end", levels[0], trend.drift() * 100.0);
    assert!(trend.drift() < GROWTH, "{:+.2} % in {during:?}: {levels:?} MiB", trend.drift() * 100.0);
    assert!(staging.served_users().values().sum::<u64>() > 60 * during.as_secs(), "the load was no load");
}
