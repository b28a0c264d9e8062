//! Whether one process answers by the name of an instance. Where several take turns behind one address, counters look as if a process began anew at
//! each look, and levels jump. Pure.
//!
//! A page may say when its process began: a later time is a restart, an earlier one a process that was there all the while. Where it does not say,
//! counters tell: those of a restart go on from where they began, and those of several go back and forth between where each of them stood.

use std::collections::{BTreeMap, BTreeSet};

use holdpoint::scrape;

use crate::config::Metrics;
use crate::reading::LONGEST_NAME;

/// When a process began, as its libraries tell it, in seconds since 1970.
const BEGAN: &str = "process_start_time_seconds";
/// How far that may move for one process: some reckon it from how long they have run.
const NEAR: f64 = 1.0;
/// In so many pages of an instance counters are back where they stood, if processes take turns.
const REACH: u32 = 5;
/// How often they have to be, for a process with few requests may soon have more than before its restart.
const RETURNS: u32 = 2;
/// Instances that are kept in mind.
const MOST_INSTANCES: usize = 250;
/// Instances that are named where several are told.
const MOST_NAMED: usize = 3;

/// A counter by its place in the configuration, and all its labels.
type Lines = BTreeMap<(usize, Vec<(String, String)>), f64>;

/// What was seen of the processes of a service, by instance.
#[derive(Debug, Default)]
pub(crate) struct Processes {
    seen: BTreeMap<String, Seen>,
    pages: u32,
}

/// What a page says of one instance.
#[derive(Debug, Default)]
struct Told {
    began: Vec<f64>,
    lines: Lines,
}

#[derive(Debug, Default)]
struct Seen {
    /// The number of the page that told of it last.
    page: u32,
    last: Told,
    /// What counters were before they went somewhere else.
    other: Option<Lines>,
    /// Its pages since then.
    since: u32,
    /// How often they have come back in turn.
    returns: u32,
    are_several: bool,
}

impl Processes {
    /// Takes the next page of a service. Gives back the instances by whose name several processes have answered so far.
    pub(crate) fn take(&mut self, metrics: &Metrics, text: &str) -> BTreeSet<String> {
        self.pages = self.pages.saturating_add(1);
        for (instance, told) in told(metrics, text) {
            if let Some(seen) = self.seen.get_mut(&instance) {
                seen.take(told);
                seen.page = self.pages;
            } else if self.has_room() {
                self.seen.insert(instance, Seen { page: self.pages, last: told, ..Seen::default() });
            }
        }
        let several = self.seen.iter().filter(|(_, seen)| seen.are_several);
        several.map(|(instance, _)| instance.clone()).collect()
    }

    /// Whether there is room for one more; the one that was out of sight for longest is forgotten for it.
    fn has_room(&mut self) -> bool {
        if self.seen.len() < MOST_INSTANCES {
            return true;
        }
        let gone = self.seen.iter().filter(|(_, seen)| !seen.are_several && seen.page < self.pages);
        let longest = gone.min_by_key(|(_, seen)| seen.page).map(|(instance, _)| instance.clone());
        longest.is_some_and(|instance| self.seen.remove(&instance).is_some())
    }
}

impl Seen {
    fn take(&mut self, now: Told) {
        let before = std::mem::take(&mut self.last);
        match before.began().zip(now.began()) {
            Some((before, now)) if now < before - NEAR => self.are_several = true,
            Some((before, now)) if now > before + NEAR => (self.other, self.returns) = (None, 0),
            _ => self.compare(before.lines, &now.lines),
        }
        self.last = now;
    }

    /// Takes what counters are now and were before.
    fn compare(&mut self, before: Lines, now: &Lines) {
        self.since += 1;
        if self.since > REACH {
            (self.other, self.returns) = (None, 0);
        }
        let fell = is_below(now, &before);
        let is_back = |other: &Lines| (fell || is_below(&before, other)) && goes_on(other, now);
        if self.other.as_ref().is_some_and(is_back) {
            self.returns += 1;
            self.are_several |= self.returns >= RETURNS;
        } else if fell {
            self.returns = 0;
        } else {
            return;
        }
        (self.other, self.since) = (Some(before), 0);
    }
}

impl Told {
    /// When its process began, if there is one and it says so.
    fn began(&self) -> Option<f64> {
        if let [began] = self.began[..] { Some(began) } else { None }
    }
}

/// Whether a counter is less than it was.
fn is_below(now: &Lines, was: &Lines) -> bool {
    now.iter().any(|(line, value)| was.get(line).is_some_and(|was| value < was))
}

/// Whether there is one that was there before, and none that is less.
fn goes_on(was: &Lines, now: &Lines) -> bool {
    was.keys().any(|line| now.contains_key(line)) && !is_below(now, was)
}

/// What a page says of each instance. What has no name that could be told is none.
fn told(metrics: &Metrics, text: &str) -> BTreeMap<String, Told> {
    let mut all: BTreeMap<String, Told> = BTreeMap::new();
    let name = |sample: &scrape::Sample| {
        let name = sample.label("instance").filter(|name| (1..=LONGEST_NAME).contains(&name.len()));
        name.map(str::to_owned)
    };
    let cpu = metrics.cpu.as_ref().and_then(|cpu| cpu.counter.as_ref());
    let served = metrics.served.iter().flat_map(|served| [&served.requests, &served.errors]);
    for (at, counter) in cpu.into_iter().chain(served).enumerate() {
        for sample in scrape::samples(text, counter) {
            let Some(instance) = name(&sample) else { continue };
            let labels = sample.labels().map(|(name, value)| (name.to_owned(), value.to_owned()));
            let mut labels: Vec<(String, String)> = labels.collect();
            labels.sort();
            *all.entry(instance).or_default().lines.entry((at, labels)).or_default() += sample.value;
        }
    }
    for sample in scrape::samples(text, BEGAN) {
        if let Some(instance) = name(&sample) {
            all.entry(instance).or_default().began.push(sample.value);
        }
    }
    all
}

/// What is wrong with instances of which there are several processes; `None` without any.
pub(crate) fn said(several: &BTreeSet<String>) -> Option<String> {
    let names: Vec<&str> = several.iter().map(String::as_str).take(MOST_NAMED).collect();
    let more = several.len() - names.len();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    (!several.is_empty()).then(|| {
        format!(
            "by the instance {}{more} several processes answer in turn, so what it tells can't be judged; give each process a label instance of its own",
            names.join(", ")
        )
    })
}

#[cfg(test)]
mod tests {
    use holdpoint::prelude::*;

    use super::*;

    fn metrics() -> Metrics {
        let served = json!({ "requests": "requests_total", "errors": "errors_total" });
        serde_json::from_value(json!({ "served": served })).expect("metrics")
    }

    /// A page of instance `a`: when its process began, its requests on two routes, and its errors.
    type Look = (Option<u32>, [u32; 3]);

    fn page(instance: &str, (began, [requests, others, errors]): Look) -> String {
        let of = format!("instance=\"{instance}\"");
        let began = began.map(|began| format!("{BEGAN}{{{of}}} {began}\n")).unwrap_or_default();
        format!(
            "{began}requests_total{{{of},route=\"a\"}} {requests}\nrequests_total{{{of},route=\"b\"}} {others}\nerrors_total{{{of}}} {errors}\n"
        )
    }

    /// At which look, from 1, several are known.
    fn known(looks: &[Look]) -> Option<usize> {
        let mut processes = Processes::default();
        let told = looks.iter().position(|look| !processes.take(&metrics(), &page("a", *look)).is_empty());
        told.map(|look| look + 1)
    }

    #[test]
    fn several_in_turn_are_told_from_one_that_began_anew() {
        let old = |began: u32, requests: u32| (Some(began), [requests, 0, 0]);
        let mute = |requests: u32, errors: u32| (None, [requests, 0, errors]);
        for (name, looks, at) in [
            ("one", vec![old(5, 10), old(5, 20), old(5, 30)], None),
            ("a restart", vec![old(5, 1_000), old(90, 4), old(90, 8), old(90, 2_000)], None),
            ("many restarts", vec![old(5, 10), old(20, 4), old(30, 11), old(40, 5), old(50, 12), old(60, 6)], None),
            ("a start that is reckoned", vec![old(5, 10), old(6, 20), old(5, 30), old(6, 40)], None),
            ("two", vec![old(5, 1_000), old(90, 4), old(5, 1_010)], Some(3)),
            ("two, the younger one first", vec![old(90, 4), old(5, 1_000)], Some(2)),
            ("two of one second", vec![old(5, 1_000), old(5, 20), old(5, 1_010), old(5, 22)], Some(4)),
            ("a restart that nobody tells", vec![mute(1_000, 5), mute(20, 0), mute(30, 0), mute(2_000, 9)], None),
            ("and its counters are soon above", vec![mute(6, 0), mute(2, 0), mute(8, 0), mute(10, 0)], None),
            ("two restarts", vec![mute(1_000, 5), mute(20, 0), mute(30, 1), mute(4, 0), mute(8, 0)], None),
            ("two in turn", vec![mute(1_000, 5), mute(20, 0), mute(1_010, 5), mute(22, 0)], Some(4)),
            (
                "two in turn, each with more of something",
                vec![mute(1_000, 5), mute(20, 50), mute(1_010, 5), mute(22, 51)],
                Some(4),
            ),
            (
                "two by chance",
                vec![
                    mute(1_000, 5),
                    mute(1_010, 5),
                    mute(20, 0),
                    mute(22, 0),
                    mute(1_020, 6),
                    mute(1_030, 6),
                    mute(24, 0),
                ],
                Some(7),
            ),
            (
                "three in turn",
                vec![mute(1_000, 0), mute(500, 0), mute(20, 0), mute(1_010, 0), mute(505, 0), mute(22, 0)],
                Some(5),
            ),
            (
                "restarts that lie apart",
                [vec![mute(6, 0), mute(2, 0), mute(8, 0)], (0..6).map(|n| mute(10 + n, 0)).collect(), vec![mute(3, 0)]]
                    .concat(),
                None,
            ),
        ] {
            assert_eq!(known(&looks), at, "{name}");
        }
    }

    #[test]
    fn a_counter_that_is_gone_for_a_look_makes_no_other_process() {
        let whole = page("a", (None, [100, 900, 5]));
        let less = |text: &str| {
            text.lines().filter(|line| !line.contains("route=\"b\"")).fold(String::new(), |all, line| all + line + "\n")
        };
        let mut processes = Processes::default();
        for text in [whole.clone(), less(&whole), whole.clone(), less(&whole), whole] {
            assert!(processes.take(&metrics(), &text).is_empty());
        }
    }

    #[test]
    fn instances_are_told_apart_and_what_was_known_of_one_stays_so() {
        let mut processes = Processes::default();
        let mut take = |text: String| processes.take(&metrics(), &text).into_iter().collect::<Vec<_>>();
        let (old, young) = ((Some(5), [10, 0, 0]), (Some(90), [4, 0, 0]));
        assert!(take(page("a", young) + &page("b", old)).is_empty());
        assert_eq!(take(page("a", old) + &page("b", old)), ["a"]);
        // More than are kept in mind, and none of them for longer than the first.
        for n in 0..MOST_INSTANCES {
            assert_eq!(take(page(&n.to_string(), old)), ["a"], "{n}");
        }
        assert_eq!(take(page("b", young)), ["a"], "it was forgotten, and nobody knows what it was");
        assert_eq!(take(page("b", old)), ["a", "b"]);
        assert_eq!(take(page(&"x".repeat(LONGEST_NAME + 1), old)).len(), 2, "a name that is too long is none");
    }

    #[test]
    fn no_more_are_kept_in_mind_than_there_is_room_for_and_a_few_are_named() {
        let mut processes = Processes::default();
        let pages = |look: Look| (0..=MOST_INSTANCES).map(|n| page(&n.to_string(), look)).collect::<String>();
        assert!(processes.take(&metrics(), &pages((Some(90), [4, 0, 0]))).is_empty());
        let several = processes.take(&metrics(), &pages((Some(5), [10, 0, 0])));
        assert_eq!(several.len(), MOST_INSTANCES);
        let said = said(&several).expect("several");
        assert!(said.starts_with("by the instance 0, 1, 10 and 247 more several processes answer in turn"), "{said}");
        assert_eq!(super::said(&BTreeSet::new()), None);
    }
}
