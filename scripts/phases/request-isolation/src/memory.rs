//! Memory under the load, instance by instance, as the service itself tells it: while all users are there (P3.2.memory), and by the request
//! (P4.1.memory-per-request).

use std::collections::BTreeMap;

use holdpoint::load::Stopped;
use holdpoint::prelude::*;
use holdpoint::rules::trend::{NoTrend, Settings, Shape, Tolerance, Trend};
use holdpoint::rules::{self, Sample, Span};
use holdpoint::{Time, scrape};

use crate::config::Profile;

const MEMORY: &str = "P3.2.memory";
const PER_REQUEST: &str = "P4.1.memory-per-request";

/// Points of the trend.
const POINTS: u32 = 10;
/// Looks for each of them.
const LOOKS: u32 = 4;
/// Requests below which nothing is said of one of them, and looks in the beginning and in the end.
const FEWEST_REQUESTS: u32 = 100;
const AT_AN_END: usize = 4;
/// Instances that are told apart.
const MOST_INSTANCES: usize = 100;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Memory {
    service: String,
    path: String,
    gauge: String,
    /// By which share of what there was at first it may grow while all users are there.
    #[serde(default = "a_twentieth")]
    growth: f64,
    /// Bytes by which it may have grown in the end for each request. Without it they are not counted.
    per_request: Option<u32>,
}

fn a_twentieth() -> f64 {
    0.05
}

/// What was seen of it.
#[derive(Debug, Default)]
pub(crate) struct Watched {
    /// By instance.
    series: BTreeMap<String, Vec<Sample>>,
    /// Why the first look that showed nothing did not.
    blind: Option<String>,
}

impl Memory {
    pub(crate) fn check(&self) -> Result<()> {
        if self.growth > 0.0 && self.growth <= 1.0 {
            return Ok(());
        }
        Err(Error::new(format!("config.memory.growth is a share above 0 and up to 1, not {}", self.growth)))
    }

    /// The rows that are judged.
    pub(crate) fn rows(&self) -> Vec<&'static str> {
        let by_request = self.per_request.map(|_| PER_REQUEST);
        [MEMORY].into_iter().chain(by_request).collect()
    }

    /// How long between two looks.
    pub(crate) fn every(profile: &Profile) -> Millis {
        Millis((profile.during.0 / (POINTS * LOOKS)).clamp(100, 5_000))
    }

    /// Looks once.
    pub(crate) fn look(&self, cx: &Context, watched: &mut Watched) {
        if let Err(why) = self.add(cx, watched) {
            watched.blind.get_or_insert(why);
        }
    }

    fn add(&self, cx: &Context, watched: &mut Watched) -> Result<(), String> {
        let service = cx.service(&self.service).map_err(|error| error.to_string())?;
        let answer = cx.http().send(service.get(&self.path)).map_err(|error| error.to_string())?;
        let told = format!("GET {} {}", self.service, self.path);
        if answer.status() != 200 {
            return Err(format!("{} of {told}", answer.status()));
        }
        let samples = scrape::samples(&answer.text(), &self.gauge);
        if samples.is_empty() {
            return Err(format!("{told} has no {}", self.gauge));
        }
        let at = rules::Time::from_f64(cx.now().0).ok_or("there is no such time")?;
        for sample in samples {
            // Without it nobody knows whether two samples are of one process.
            let instance =
                sample.label("instance").ok_or_else(|| format!("{} of {told} has no label instance", self.gauge))?;
            if watched.series.len() >= MOST_INSTANCES && !watched.series.contains_key(instance) {
                return Err(format!("{told} names more than {MOST_INSTANCES} instances"));
            }
            let series = watched.series.entry(instance.to_owned()).or_default();
            if series.last().is_none_or(|last| last.at < at) {
                series.push(Sample { at, value: sample.value });
                // For people and policies that ask for it. As `memory_bytes` it would be one more short series of what `monitor` watches for a day.
                cx.sample(
                    "memory_bytes_under_load",
                    [("service", &*self.service), ("instance", instance)],
                    sample.value,
                );
            }
        }
        Ok(())
    }
}

/// What its memory did while all users were there, from this time on.
pub(crate) fn judge(
    cx: &Context,
    (memory, watched): (&Memory, &Watched),
    profile: &Profile,
    (all_from, load): (Time, &Stopped),
) {
    let check = cx.check([MEMORY], "memory stays as it is under load");
    let wanted =
        || expected(format!("at most {} % more while {} users are there", percent(memory.growth), profile.users));
    // Who turns everybody away is under no load.
    if load.failed() >= load.exchanges() {
        return check.inconclusive(observed(load.words()), load);
    }
    if watched.series.is_empty() {
        let why = watched.blind.clone().unwrap_or_else(|| "nobody looked".to_owned());
        return check.inconclusive(observed(why), load);
    }
    let told: Vec<(Verdict, String)> = watched
        .series
        .iter()
        .map(|(instance, samples)| of_instance(memory, profile, (instance, samples), all_from))
        .collect();
    let seen = told.iter().map(|(_, words)| words.as_str()).collect::<Vec<_>>().join("; ");
    let blind = watched.blind.as_ref().map_or_else(String::new, |why| format!("; some looks showed nothing: {why}"));
    let seen = observed(format!("{seen}{blind}"));
    let has = |verdict: Verdict| told.iter().any(|(known, _)| *known == verdict);
    if has(Verdict::Fail) {
        check.fail(wanted(), seen, load);
    } else if has(Verdict::Inconclusive) {
        check.expecting(wanted()).inconclusive(seen, load);
    } else {
        check.expecting(wanted()).pass(seen, load);
    }
}

/// What the load has left behind of memory, for each of its requests: the least of the last looks against the least of the first ones, which are made
/// while the first users come.
pub(crate) fn judge_requests(cx: &Context, (memory, watched): (&Memory, &Watched), load: &Stopped) {
    let Some(most) = memory.per_request else { return };
    let check = cx.check([PER_REQUEST], "a request leaves no memory behind");
    let check = check.expecting(expected(format!("at most {most} bytes a request")));
    let requests = load.exchanges();
    if requests < FEWEST_REQUESTS || load.failed() >= requests {
        let seen = format!("fewer than {FEWEST_REQUESTS} requests that were served: {}", load.words());
        return check.inconclusive(observed(seen), load);
    }
    if watched.series.is_empty() {
        let why = watched.blind.clone().unwrap_or_else(|| "nobody looked".to_owned());
        return check.inconclusive(observed(why), load);
    }
    let mut rise = 0.0;
    for (instance, samples) in &watched.series {
        let Some(more) = risen(samples) else {
            let seen = format!("{instance} was seen {} times, which is too seldom to tell", samples.len());
            return check.inconclusive(observed(seen), load);
        };
        // What one gives back does not excuse another.
        rise += more.max(0.0);
    }
    let by_request = rise / f64::from(requests);
    cx.measure("memory a request", by_request, "bytes");
    let seen = format!("{:+.1} MiB after {requests} requests, {by_request:.0} bytes each", rise / f64::from(1 << 20));
    let wanted = expected(format!("at most {most} bytes a request"));
    check.passes_if(by_request <= f64::from(most), wanted, observed(seen), load);
}

/// By how much the least of the last looks lies above the least of the first; none if these would be the same looks.
fn risen(samples: &[Sample]) -> Option<f64> {
    let least = |samples: &[Sample]| samples.iter().map(|sample| sample.value).fold(f64::INFINITY, f64::min);
    let last = samples.len().checked_sub(AT_AN_END).filter(|last| *last >= AT_AN_END)?;
    Some(least(&samples[last..]) - least(&samples[..AT_AN_END]))
}

fn of_instance(
    memory: &Memory,
    profile: &Profile,
    (instance, samples): (&str, &[Sample]),
    all_from: Time,
) -> (Verdict, String) {
    let trend = match trend_of(profile, samples, all_from) {
        Ok(trend) => trend,
        Err(why) => return (Verdict::Inconclusive, format!("{instance}: {why}")),
    };
    let hours = profile.during.as_f64() / 3_600_000.0;
    let tolerance = Tolerance { per_hour: memory.growth / hours, step: memory.growth };
    let drift = format!("{:+.1} %", percent(trend.drift()));
    let (verdict, words) = match trend.shape(&tolerance) {
        Shape::Leak => (Verdict::Fail, format!("grows on, by {drift} so far")),
        Shape::Step { by, .. } if by > 0.0 => (Verdict::Fail, format!("grew once, by {:+.1} %", percent(by))),
        Shape::Unclear => (Verdict::Inconclusive, format!("goes up and down too much to tell, {drift}")),
        Shape::Flat | Shape::Sawtooth | Shape::Step { .. } | Shape::Falling => {
            (Verdict::Pass, format!("stays, {drift}"))
        }
    };
    (verdict, format!("{instance} {words}, of {:.0} MiB", trend.baseline / f64::from(1 << 20)))
}

fn trend_of(profile: &Profile, samples: &[Sample], all_from: Time) -> Result<Trend, &'static str> {
    let bucket = Span(i64::from(profile.during.0 / POINTS).max(1));
    let settings = Settings { warm_up: Span::ZERO, bucket, reach: Span(bucket.0 / 2), baseline: None };
    let started = rules::Time::from_f64(all_from.0);
    let last = samples.last().map(|last| last.at);
    let (Some(started), Some(last)) = (started, last) else { return Err("nothing was seen of it") };
    Trend::of(samples, started, last, &settings).map_err(|why| match why {
        NoTrend::TooFewPoints => "it was seen too seldom to tell",
        NoTrend::TooManyPoints => "it was seen too often to tell",
        NoTrend::NoBaseline => "it has no memory at first",
    })
}

fn percent(share: f64) -> f64 {
    share * 100.0
}
