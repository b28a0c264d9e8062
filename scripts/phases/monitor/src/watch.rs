//! Looks, one after the other: waits, asks everybody, states what instances say.

use std::collections::{BTreeMap, BTreeSet};

use holdpoint::Answer;
use holdpoint::prelude::*;
use holdpoint::rules::{self, Span};

use crate::config::Metrics;
use crate::plan::{MOST_SAMPLES, Plan};
use crate::processes::{self, Processes};
use crate::reading::{self, Before, Read};
use crate::schedule::{Looks, Schedule};
use crate::served;
use crate::told::Told;

/// How many looks a counter may have been out of sight before what it grew says nothing about now.
const REACH: u32 = 5;
/// How often it is told how far it is, of the 10,000 statements of a phase.
const MOST_PROGRESS: u32 = 5_000;

/// What came of it.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    pub(crate) looks: Looks,
    /// How often each service showed a page of metrics.
    pub(crate) pages: BTreeMap<String, u32>,
    /// What no policy sees and can't miss: the first of it.
    pub(crate) left_out: Option<String>,
    /// Why it did not go on.
    pub(crate) stopped: Option<String>,
    told: Told,
    counters: BTreeMap<String, Before>,
    served: BTreeMap<String, served::Before>,
    processes: BTreeMap<String, Processes>,
    instances: BTreeSet<(String, String)>,
    samples: u32,
    /// Bytes of all answers.
    bytes: u64,
    /// Bytes of the answers without trouble, of the look where they were the most: an error is no measure of what is to come.
    largest: u64,
    /// The look, in steps of those that state samples, that stated the last.
    stated: Option<u32>,
}

/// Watches until the last look is over.
pub(crate) fn watch(cx: &Context, plan: &Plan) -> Watch {
    let schedule = Schedule { start: cx.now(), every: plan.every, looks: plan.looks };
    let mut watch = Watch::default();
    let mut next = 0;
    while next < plan.looks {
        if let Err(error) = cx.sleep_until(schedule.due(next)) {
            watch.stopped = Some(format!("it could not wait for look {next}: {error}"));
            break;
        }
        let look = schedule.current(cx.now(), next);
        watch.looks.miss(look - next);
        if look == plan.looks {
            break;
        }
        if let Err(why) = watch.look(cx, plan, look) {
            watch.stopped = Some(why);
            break;
        }
        next = look + 1;
    }
    watch
}

/// Whom a request asks, and of which metrics the answer is a page.
type Asked<'a> = (&'a Service, Option<&'a Metrics>);

impl Watch {
    /// Makes one look. The error says why there can be no other.
    fn look(&mut self, cx: &Context, plan: &Plan, look: u32) -> Result<(), String> {
        let (asked, requests): (Vec<Asked<'_>>, Vec<Request>) = requests(plan).unzip();
        let side_by_side = u32::try_from(requests.len()).unwrap_or(u32::MAX);
        let answers: Vec<(Request, Answer)> = cx.http().concurrency(side_by_side).send_all(requests);
        if let Some((request, Err(error))) = answers.iter().find(|(_, answer)| nobody_asked(answer)) {
            return Err(format!("{request}: {error}"));
        }
        self.looks.made += 1;
        let states = self.stated.is_none_or(|before| look / plan.step > before);
        let (mut wrong, mut sound) = (0, 0);
        for ((service, metrics), (request, answer)) in asked.into_iter().zip(&answers) {
            let trouble = trouble(answer, metrics.is_some());
            match trouble {
                Some(_) => wrong += 1,
                None => sound += size(answer),
            }
            let page = if trouble.is_none() { metrics.zip(answer.as_ref().ok()) } else { None };
            // What was said of a page stands until the next one is read.
            if page.is_none() || states {
                let trouble = trouble.or_else(|| page.and_then(|page| self.read(cx, plan, service, page)));
                self.told.tell(cx, &request.to_string(), trouble);
            }
        }
        if states {
            self.stated = Some(look / plan.step);
        }
        if look.is_multiple_of(plan.looks.div_ceil(MOST_PROGRESS)) {
            let all = answers.len();
            cx.progress(
                look + 1,
                plan.looks,
                format!("look {} of {}, {wrong} of {all} requests failed", look + 1, plan.looks),
            );
        }
        let of = |bodies| Plan::bytes(bodies, answers.len() as u64);
        self.bytes += of(answers.iter().map(|(_, answer)| size(answer)).sum());
        self.must_have_room(plan, look, of(sound))
    }

    /// Whether those looks that are left have room, if they bring as much as the largest so far. `sound` is what this one brought without trouble.
    fn must_have_room(&mut self, plan: &Plan, look: u32, sound: u64) -> Result<(), String> {
        if sound <= self.largest {
            return Ok(());
        }
        self.largest = sound;
        plan.too_large(self.bytes, sound, plan.looks - look - 1).map_or(Ok(()), Err)
    }

    /// Reads a page and states what it says; gives back what is wrong with it.
    fn read(
        &mut self,
        cx: &Context,
        plan: &Plan,
        service: &Service,
        (metrics, page): (&Metrics, &Response),
    ) -> Option<String> {
        if page.truncated() {
            return Some(format!("a page of {} bytes was cut", page.length()));
        }
        let at = rules::Time::from_f64(cx.now().0)?;
        let reach = Span(i64::from(plan.every.0)) * i64::from(plan.step.saturating_mul(REACH));
        let before = self.counters.entry(service.name().to_owned()).or_default();
        let text = page.text();
        let several = self.processes.entry(service.name().to_owned()).or_default().take(metrics, &text);
        let Read { mut levels, mut problems, left_out } = reading::read(metrics, &text, at, (before, reach));
        let before = self.served.entry(service.name().to_owned()).or_default();
        let counts = metrics.served.as_ref().map(|served| served::read(served, &text, at, (before, reach)));
        let served::Counts { mut grown, problems: uncounted } = counts.unwrap_or_default();
        let left_out = left_out || !uncounted.is_empty() || !several.is_empty();
        problems.extend(uncounted);
        if let Some(why) = processes::said(&several) {
            levels.retain(|level| !several.contains(&level.instance));
            grown.clear();
            problems.insert(why);
        }
        let of = |problems: &BTreeSet<String>| problems.iter().map(String::as_str).collect::<Vec<_>>().join("; ");
        if left_out {
            self.left_out.get_or_insert_with(|| format!("of {service}: {}", of(&problems)));
        }
        let shown = !levels.is_empty() || !grown.is_empty();
        for reading::Level { name, instance, value } in levels {
            if let Err(why) = self.has_room(plan, service, &instance) {
                self.left_out.get_or_insert_with(|| format!("of {service}: {why}"));
                problems.insert(why);
                continue;
            }
            cx.sample(name, [("service", service.name()), ("instance", &*instance)], value);
        }
        // All of a look or nothing: requests without their errors would look well.
        let room = self.count(u32::try_from(grown.len()).unwrap_or(u32::MAX));
        if let Err(why) = &room {
            self.left_out.get_or_insert_with(|| format!("of {service}: {why}"));
            problems.insert(why.clone());
        }
        for ((name, bound), value) in grown.into_iter().filter(|_| room.is_ok()) {
            let bound = (!bound.is_empty()).then_some(("le", &*bound));
            cx.sample(name, [("service", service.name())].into_iter().chain(bound), value);
        }
        *self.pages.entry(service.name().to_owned()).or_default() += u32::from(shown);
        (!problems.is_empty()).then(|| of(&problems))
    }

    /// Counts a sample of an instance, unless there are too many of either already.
    fn has_room(&mut self, plan: &Plan, service: &Service, instance: &str) -> Result<(), String> {
        let instance = (service.name().to_owned(), instance.to_owned());
        if self.instances.len() >= plan.instances as usize && !self.instances.contains(&instance) {
            return Err(format!("there are more than {} instances", plan.instances));
        }
        self.count(1)?;
        self.instances.insert(instance);
        Ok(())
    }

    /// Counts so many samples, unless there would be too many.
    fn count(&mut self, samples: u32) -> Result<(), String> {
        if samples > MOST_SAMPLES - self.samples {
            return Err(format!("more than {MOST_SAMPLES} samples would be stated; raise config.sample-every"));
        }
        self.samples += samples;
        Ok(())
    }
}

fn requests(plan: &Plan) -> impl Iterator<Item = (Asked<'_>, Request)> {
    plan.services.iter().flat_map(move |(service, watched)| {
        let probes =
            watched.endpoints.iter().map(move |path| ((service, None), service.get(path).timeout(plan.timeout)));
        let page = watched.metrics.as_ref();
        probes.chain(page.map(|metrics| ((service, Some(metrics)), service.get(&metrics.path).timeout(plan.timeout))))
    })
}

/// The request did not go out, so that nobody was looked at.
fn nobody_asked(answer: &Answer) -> bool {
    let Err(error) = answer else { return false };
    matches!(error.cause(), Cause::Denied(_) | Cause::Exhausted(_))
}

/// Bytes of the body, if there is one.
fn size(answer: &Answer) -> u64 {
    answer.as_ref().map_or(0, |answer| answer.body().len() as u64)
}

/// Why an answer shows nothing: that the service is not there, as the host takes it for `up`, or that it is no page.
fn trouble(answer: &Answer, is_page: bool) -> Option<String> {
    match answer {
        Ok(response) if response.status() == 200 || (!is_page && response.status() < 500) => None,
        Ok(response) => Some(format!("status {}", response.status())),
        Err(error) => Some(error.to_string()),
    }
}
