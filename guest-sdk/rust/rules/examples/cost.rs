//! What rules cost: a day of ten services, judged each minute, and how much of it each kind of rule is.
//!
//! `cargo run --release -p holdpoint-rules --example cost`

#![expect(clippy::print_stdout, clippy::disallowed_methods, reason = "it measures, and says what it has measured")]

use std::time::Instant;

use holdpoint_rules::trend::Settings;
use holdpoint_rules::{
    Across, Alerts, Compare, Condition, Counted, Counts, Error, Evidence, Expression, Labels, Measure, Over, Rule,
    Selector, Series, SeriesSet, Severity, Sight, Slot, Span, Time, roll_up,
};

const SERVICES: [&str; 10] = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];
const SECONDS: i64 = 86_400;
const ROUNDS: usize = 5;

fn main() -> Result<(), Error> {
    let (spent, tallies) = roll_ups()?;
    println!("{:<44}{:>12.0} ns a slot", "seconds rolled up to minutes", spent / (SECONDS * 10) as f64);
    let evidence = evidence(&tallies)?;
    for (name, measure) in measures() {
        for by in [&[][..], &["service"]] {
            let expression = Expression::of(measure.clone()).by(by);
            let above = Condition { compare: Compare::Above, limit: 0.02 };
            let rule = Rule::new(name, Severity::Critical, expression, above).lasting(Span::minutes(5));
            let each = if by.is_empty() { "all services as one" } else { "each service" };
            // A trend is judged each hour, all others each minute.
            let step = if name == "trend" { 60 } else { 1 };
            println!("{:<44}{:>12.0} ns a tick", format!("{name}, {each}"), cost(&rule, &evidence, step)?);
        }
    }
    Ok(())
}

/// A second of a service: twenty exchanges in forty buckets.
fn slot(service: usize, second: i64) -> Result<Slot, Error> {
    let place = second * 7 + service as i64 * 13;
    let times = (0..20).map(|n| (((place + n * 3) % 40) as f64 / 100.0, 1));
    let bad = u32::from(place % 61 == 0);
    let at = Time(second * 1_000);
    Ok(Slot { at, sight: Sight::Observed, good: 20 - bad, bad, times: Counts::new(times)? })
}

type Minutes = Vec<(Time, holdpoint_rules::Tally)>;

fn roll_ups() -> Result<(f64, Vec<Minutes>), Error> {
    let (mut spent, mut all) = (0.0, Vec::new());
    for service in 0..SERVICES.len() {
        let slots = (0..SECONDS).map(|second| slot(service, second)).collect::<Result<Vec<_>, _>>()?;
        let start = Instant::now();
        all.push(roll_up(&slots, Span::minutes(1))?);
        spent += start.elapsed().as_nanos() as f64;
    }
    Ok((spent, all))
}

fn evidence(tallies: &[Minutes]) -> Result<Evidence, Error> {
    let mut all = Vec::new();
    for (service, minutes) in SERVICES.iter().zip(tallies) {
        let named = |metric: &str| Ok::<_, Error>(Series::new(metric, Labels::new([("service", *service)])?));
        let (mut good, mut bad, mut memory) = (named("requests")?, named("bad")?, named("memory")?);
        for (at, tally) in minutes {
            good.push(*at, tally.seen() as f64)?;
            bad.push(*at, tally.bad as f64)?;
            memory.push(*at, 400.0 + (at.0 / 60_000 % 23) as f64)?;
        }
        for bound in ["0.1", "0.25", "0.5", "1", "2", "3", "5", "10", "+Inf"] {
            let le: f64 = bound.parse().unwrap_or(f64::INFINITY);
            let mut series = Series::new("seconds_bucket", Labels::new([("le", bound), ("service", *service)])?);
            let mut sum = 0.0;
            for (at, tally) in minutes {
                sum += tally.seen() as f64 * (le / 0.4).min(1.0);
                series.push(*at, sum)?;
            }
            all.push(series);
        }
        all.extend([good, bad, memory]);
    }
    Ok(Evidence::new(SeriesSet::new(all)?))
}

fn measures() -> [(&'static str, Measure); 4] {
    let (part, whole, window) = (Selector::new("bad"), Selector::new("requests"), Span::minutes(5));
    let memory = || Selector::new("memory");
    [
        ("ratio of sums over 5 minutes", Measure::Ratio { part, whole, window, counted: Counted::Slots }),
        (
            "p95 of 9 buckets over 5 minutes",
            Measure::Quantile {
                buckets: Selector::new("seconds_bucket"),
                share: 0.95,
                window,
                counted: Counted::Counter,
            },
        ),
        ("gauge", Measure::Gauge { selector: memory(), over: Over::Now, across: Across::Highest }),
        ("trend", Measure::Trend { selector: memory(), window: Span::hours(24), settings: Settings::default() }),
    ]
}

/// Nanoseconds a tick, the best of some rounds over the day, with the state read and written each time as a policy does.
fn cost(rule: &Rule, evidence: &Evidence, every: i64) -> Result<f64, Error> {
    let mut best = f64::INFINITY;
    for _ in 0..ROUNDS {
        let (mut state, mut ticks) = (Vec::new(), 0.0);
        let start = Instant::now();
        for minute in (every..SECONDS / 60).step_by(every as usize) {
            let mut alerts = Alerts::from_bytes(&state)?;
            alerts.tick(std::slice::from_ref(rule), evidence, Time(minute * 60_000))?;
            (state, ticks) = (alerts.to_bytes(), ticks + 1.0);
        }
        best = best.min(start.elapsed().as_nanos() as f64 / ticks);
    }
    Ok(best)
}
