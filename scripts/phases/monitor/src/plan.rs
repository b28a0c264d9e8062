//! What follows from the configuration, within the bounds of a phase. What would exceed one is refused before the first look, with the numbers.

use holdpoint::prelude::*;

use crate::config::{Config, Metrics, Watched};
use crate::served::MOST_BOUNDS;

/// Samples that a phase may state; the contract of `report` says so.
pub(crate) const MOST_SAMPLES: u32 = 200_000;
/// Bytes of answers that a phase may have.
const MOST_BYTES: u64 = 256 << 20;
/// What is recorded of an answer besides its body, at most about so many bytes.
const BESIDE_A_BODY: u64 = 2_048;
/// Requests of a look; they go side by side.
const MOST_REQUESTS: u32 = 64;
/// Instances of each service that the usual `sample-every` has room for.
const USUAL_INSTANCES: u32 = 10;
/// Bounds that a histogram of times has as a rule.
const USUAL_BOUNDS: u32 = 15;
/// Series that a phase may state, and those of an instance.
const MOST_SERIES: u32 = 1_000;
const SERIES_OF_AN_INSTANCE: u32 = 4;
/// The limit of a request, if the bundle says nothing.
const USUAL_TIMEOUT: Millis = Millis(10_000);
const LONGEST_TIMEOUT: Millis = Millis(60_000);
/// What may lie between two looks.
const SHORTEST: Millis = Millis(100);

#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) every: Millis,
    /// How many looks are due.
    pub(crate) looks: u32,
    /// Samples are stated at one look in so many.
    pub(crate) step: u32,
    /// Instances that are told apart, of all services. With all their series they are those that a phase may state.
    pub(crate) instances: u32,
    pub(crate) timeout: Millis,
    pub(crate) at_least: f64,
    pub(crate) requirements: Vec<String>,
    pub(crate) services: Vec<(Service, Watched)>,
}

impl Plan {
    pub(crate) fn of(cx: &Context, config: Config) -> Result<Self> {
        let Config { during, every, sample_every, timeout, at_least, requirements, calls, services } = config;
        if every < SHORTEST {
            return Err(Error::new(format!(
                "config.every is {every}; there are at least {SHORTEST} between two looks"
            )));
        }
        if during < every {
            return Err(Error::new(format!("config.during is {during}, which is less than config.every, {every}")));
        }
        if !(at_least > 0.0 && at_least <= 1.0) {
            return Err(Error::new(format!("config.at-least is a share above 0 and up to 1, not {at_least}")));
        }
        let most = every.min(LONGEST_TIMEOUT);
        let timeout = timeout.unwrap_or(USUAL_TIMEOUT.min(most));
        if timeout.0 == 0 || timeout > most {
            return Err(Error::new(format!(
                "config.timeout is {timeout}; a request has more than nothing and at most {most}, so that looks do not overlap"
            )));
        }
        let looks = during.0 / every.0;
        let services = granted(cx, services)?;
        let (requests, samples) = counted(&services);
        if requests > MOST_REQUESTS {
            return Err(Error::new(format!("a look would have {requests} requests, of at most {MOST_REQUESTS}")));
        }
        // The wait before a look is a call too.
        let needed = u64::from(looks) * u64::from(requests + 1);
        if needed > u64::from(calls) {
            return Err(Error::new(format!(
                "{looks} looks with {requests} requests and a wait are {needed} calls, and the phase has {calls}; grant more (`calls` in \
                 [phase.grants.limits]) and say the same in config.calls, look less often, or watch each service in a phase of its own"
            )));
        }
        let step = step(every, sample_every, looks, samples)?;
        let beside: u32 = metrics(&services).map(|metrics| metrics.samples_of_all(MOST_BOUNDS)).sum();
        let instances = MOST_SERIES.saturating_sub(beside) / SERIES_OF_AN_INSTANCE;
        Ok(Self { every, looks, step, instances, timeout, at_least, requirements, services })
    }

    /// About how many bytes answers come to: those of their bodies, and what is recorded besides.
    pub(crate) fn bytes(bodies: u64, answers: u64) -> u64 {
        bodies + answers * BESIDE_A_BODY
    }

    /// Why the answers of all looks would be more than a phase may have, if `left` looks brought `each` bytes, and those before them brought `before`.
    pub(crate) fn too_large(&self, before: u64, each: u64, left: u32) -> Option<String> {
        let all = before.saturating_add(each.saturating_mul(u64::from(left)));
        (all > MOST_BYTES).then(|| {
            format!(
                "a look brings about {each} bytes, so {} looks would bring {all}, and a phase has {MOST_BYTES}; look less often, or watch each service in \
                 a phase of its own",
                self.looks
            )
        })
    }
}

fn granted(cx: &Context, services: std::collections::BTreeMap<String, Watched>) -> Result<Vec<(Service, Watched)>> {
    if services.is_empty() {
        return Err(Error::new("config.services is empty, so nothing would be watched; name at least one service"));
    }
    let services = services.into_iter().map(|(name, watched)| {
        let service = cx.service(&name)?;
        let paths = watched.endpoints.iter().chain(watched.metrics.as_ref().map(|metrics| &metrics.path));
        let mut paths: Vec<&String> = paths.collect();
        if paths.is_empty() {
            return Err(Error::new(format!(
                "config.services.{name} has neither endpoints nor metrics, so nothing of it would be watched"
            )));
        }
        if let Some(path) = paths.iter().find(|path| !path.starts_with('/')) {
            return Err(Error::new(format!(
                "config.services.{name}: path `{path}` must begin with `/`: it is one below the service's url"
            )));
        }
        paths.sort();
        if let Some(two) = paths.windows(2).find(|two| two[0] == two[1]) {
            return Err(Error::new(format!("config.services.{name}: `{}` would be asked twice at each look", two[0])));
        }
        if let Some(metrics) = &watched.metrics {
            readable(&name, metrics)?;
        }
        Ok((service, watched))
    });
    services.collect()
}

/// Metrics that say something.
fn readable(name: &str, metrics: &Metrics) -> Result<()> {
    if metrics.samples() == 0 && metrics.served.is_none() {
        return Err(Error::new(format!(
            "config.services.{name}.metrics names none of cpu, memory and connections, and nothing served, so nothing would be read"
        )));
    }
    match &metrics.cpu {
        Some(cpu) if cpu.counter.is_some() == cpu.gauge.is_some() => {
            Err(Error::new(format!("config.services.{name}.metrics.cpu has either a counter or a gauge")))
        }
        _ => Ok(()),
    }
}

/// What is read of services.
fn metrics(services: &[(Service, Watched)]) -> impl Iterator<Item = &Metrics> {
    services.iter().filter_map(|(_, watched)| watched.metrics.as_ref())
}

/// Samples of a look.
#[derive(Debug, Clone, Copy)]
struct Samples {
    /// If each service has one instance.
    of_one: u32,
    /// Of all instances together.
    of_all: u32,
}

/// How many requests a look has, and how many samples.
fn counted(services: &[(Service, Watched)]) -> (u32, Samples) {
    let requests = services
        .iter()
        .map(|(_, watched)| watched.endpoints.len() + usize::from(watched.metrics.is_some()))
        .sum::<usize>();
    let of_one = metrics(services).map(Metrics::samples).sum();
    let of_all = metrics(services).map(|metrics| metrics.samples_of_all(USUAL_BOUNDS)).sum();
    (u32::try_from(requests).unwrap_or(u32::MAX - 1), Samples { of_one, of_all })
}

/// At one look in how many samples are stated.
fn step(every: Millis, sample_every: Option<Millis>, looks: u32, samples: Samples) -> Result<u32> {
    let Samples { of_one, of_all } = samples;
    let all = |step: u32, instances: u32| {
        u64::from(looks.div_ceil(step)) * (u64::from(of_one) * u64::from(instances) + u64::from(of_all))
    };
    let Some(wanted) = sample_every else {
        let fits = |step: &u32| all(*step, USUAL_INSTANCES) <= u64::from(MOST_SAMPLES);
        return Ok((1..looks).find(fits).unwrap_or(looks));
    };
    let step = wanted.0 / every.0;
    if step == 0 || !wanted.0.is_multiple_of(every.0) {
        return Err(Error::new(format!(
            "config.sample-every is {wanted}, which is no multiple of config.every, {every}"
        )));
    }
    let stated = all(step, 1);
    if stated > u64::from(MOST_SAMPLES) {
        return Err(Error::new(format!(
            "{} samples each {wanted}, {} times, are {stated}, and a phase states at most {MOST_SAMPLES}; raise config.sample-every",
            of_one + of_all,
            looks.div_ceil(step)
        )));
    }
    Ok(step)
}
