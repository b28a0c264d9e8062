//! What a service has served to whomever since it was looked at before: counters of each instance, told as counts of all of them. Pure.

use std::collections::{BTreeMap, BTreeSet};

use holdpoint::rules::{Span, Time};
use holdpoint::scrape;

use crate::config::Served;
use crate::reading::LONGEST_NAME;

/// The names of the series.
const REQUESTS: &str = "served";
const BAD: &str = "served_bad";
const DURATION: &str = "served_duration_bucket";
/// Bounds of a histogram, the last of which is `+Inf`.
pub(crate) const MOST_BOUNDS: u32 = 30;
/// Instances whose counters are kept in mind.
const MOST_INSTANCES: usize = 250;

/// The name of a series, and the bound of a bucket, which others do not have.
pub(crate) type Counter = (&'static str, String);
/// What an instance counts by itself: what it adds to, and all its labels.
type Line = (Counter, Vec<(String, String)>);
type Lines = BTreeMap<Line, f64>;

/// Counters of one instance, as they stood at a moment.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Stood {
    at: Time,
    lines: Lines,
}

/// What counters were when they were read before, by instance.
pub(crate) type Before = BTreeMap<String, Stood>;

/// What came since, and why something of it can't be told. Then nothing is: a part would look like the whole.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Counts {
    pub(crate) grown: BTreeMap<Counter, f64>,
    pub(crate) problems: BTreeSet<String>,
}

/// Reads a page that was there at a moment. What a counter was longer ago than `reach` says nothing about now. Where something can't be told, the next
/// page that is whole tells it: what was known before stays known.
pub(crate) fn read(served: &Served, text: &str, at: Time, (before, reach): (&mut Before, Span)) -> Counts {
    let mut counts = Counts::default();
    let instances = counts.instances(served, text);
    before.retain(|_, stood| at - stood.at <= reach);
    counts.problems.extend(instances.values().filter_map(|lines| lacking(served, lines)));
    let bounds: BTreeSet<BTreeSet<&str>> = instances.values().map(bounds).collect();
    if counts.problems.is_empty() && bounds.len() > 1 {
        counts
            .problems
            .insert("instances have other bounds of times than each other, and can't be added up".to_owned());
    }
    let others = instances.keys().filter(|instance| !before.contains_key(*instance)).count();
    if before.len() + others > MOST_INSTANCES {
        counts.problems.insert(format!("more than {MOST_INSTANCES} instances count what they serve"));
    }
    if !counts.problems.is_empty() {
        return counts;
    }
    for (instance, lines) in instances {
        let now = Stood { at, lines };
        let known = before.get(&instance).filter(|known| known.at < at);
        for (counter, grown) in known.map(|known| now.since(known)).unwrap_or_default() {
            *counts.grown.entry(counter).or_default() += grown;
        }
        before.insert(instance, now);
    }
    counts
}

impl Stood {
    /// What was counted since. A counter that is less than it was began anew, and with it all others of its process. One that is no longer there says
    /// nothing: others have not begun anew for that.
    fn since(&self, before: &Self) -> BTreeMap<Counter, f64> {
        let was = |line: &Line| before.lines.get(line).copied().unwrap_or_default();
        let anew = self.lines.iter().any(|(line, value)| *value < was(line));
        let mut grown: BTreeMap<Counter, f64> = BTreeMap::new();
        for (line, value) in &self.lines {
            let from = if anew { 0.0 } else { was(line) };
            *grown.entry(line.0.clone()).or_default() += value - from;
        }
        grown
    }
}

impl Counts {
    /// The counters of each instance, each by itself: added up, one that is gone would look like a process that began anew.
    fn instances(&mut self, served: &Served, text: &str) -> BTreeMap<String, Lines> {
        let buckets = served.duration.as_ref().map(|name| format!("{name}_bucket"));
        let mut found: BTreeMap<String, Lines> = BTreeMap::new();
        let mut bounds = BTreeSet::new();
        let all = [(REQUESTS, Some(&served.requests)), (BAD, Some(&served.errors)), (DURATION, buckets.as_ref())];
        for (series, metric) in all.into_iter().filter_map(|(series, metric)| Some((series, metric?))) {
            let samples = scrape::samples(text, metric);
            if samples.is_empty() {
                self.problems.insert(format!("there is no {metric}"));
            }
            if samples.len() >= scrape::MOST_SAMPLES {
                self.problems.insert(format!(
                    "{metric} has {} samples or more, of which no more are read",
                    scrape::MOST_SAMPLES
                ));
            }
            for sample in samples {
                let instance = sample.label("instance").unwrap_or_default();
                if instance.is_empty() || instance.len() > LONGEST_NAME || sample.value < 0.0 {
                    self.problems.insert(format!(
                        "{metric} has a sample below 0, or without a label instance of at most {LONGEST_NAME} bytes"
                    ));
                    continue;
                }
                let bound = if series == DURATION {
                    bound(sample.label("le").unwrap_or_default())
                } else {
                    Some(String::new())
                };
                let Some(bound) = bound else {
                    self.problems.insert(format!("{metric} has a bucket whose label le is no number"));
                    continue;
                };
                bounds.insert(bound.clone());
                // The bound is told apart already, however it is written.
                let labels = sample.labels().filter(|(name, _)| *name != "le");
                let mut labels: Vec<(String, String)> =
                    labels.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
                labels.sort();
                let lines = found.entry(instance.to_owned()).or_default();
                *lines.entry(((series, bound), labels)).or_default() += sample.value;
            }
        }
        // That of counters, which have none, is one of them.
        if bounds.len() > MOST_BOUNDS as usize + 1 {
            self.problems.insert(format!("there are more than {MOST_BOUNDS} bounds of times"));
            found.clear();
        }
        found
    }
}

/// A bound as it is told, however it is written: `5.0` is 5, so that it makes one series and no more.
fn bound(written: &str) -> Option<String> {
    let number = written.parse::<f64>().ok().filter(|number| !number.is_nan())?;
    // -0 is 0, and Debug writes no bound of hundreds of digits.
    let plain = format!("{:?}", number + 0.0);
    Some(if number == f64::INFINITY { "+Inf".to_owned() } else { plain.trim_end_matches(".0").to_owned() })
}

/// The bounds of all that an instance counts.
fn bounds(lines: &Lines) -> BTreeSet<&str> {
    lines.keys().map(|((_, bound), _)| bound.as_str()).collect()
}

/// What an instance does not count. An error that is counted nowhere would be none, so a counter of errors begins with 0.
fn lacking(served: &Served, lines: &Lines) -> Option<String> {
    let is_there =
        |series: &'static str, bound: &str| lines.keys().any(|((name, of), _)| *name == series && of == bound);
    let lacks = |metric: &str| Some(format!("an instance does not count {metric}"));
    match &served.duration {
        _ if !is_there(REQUESTS, "") => lacks(&served.requests),
        _ if !is_there(BAD, "") => lacks(&served.errors),
        Some(name) if !is_there(DURATION, "+Inf") => lacks(&format!("{name}_bucket up to +Inf")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn served() -> Served {
        let name = str::to_owned;
        Served { requests: name("requests_total"), errors: name("errors_total"), duration: Some(name("took_seconds")) }
    }

    /// A page of one instance: requests, errors, and answers within 2.5 seconds.
    fn page(instance: &str, [requests, errors, quick]: [u32; 3]) -> String {
        let of = format!("instance=\"{instance}\"");
        format!(
            "requests_total{{{of},route=\"a\"}} {requests}\nrequests_total{{{of},route=\"b\"}} 0\nerrors_total{{{of}}} {errors}\n\
             took_seconds_bucket{{{of},le=\"2.5\"}} {quick}\ntook_seconds_bucket{{{of},le=\"+Inf\"}} {requests}\n"
        )
    }

    /// What the looks at these pages count, a second each.
    fn looks(pages: &[String]) -> Vec<Counts> {
        let mut before = Before::new();
        let look = |(second, page): (i64, &String)| {
            read(&served(), page, Time(second * 1_000), (&mut before, Span::seconds(5)))
        };
        (0..).zip(pages).map(look).collect()
    }

    fn grown(counts: &Counts) -> [f64; 4] {
        let of = |series: &'static str, bound: &str| {
            counts.grown.get(&(series, bound.to_owned())).copied().unwrap_or(f64::NAN)
        };
        [of(REQUESTS, ""), of(BAD, ""), of(DURATION, "2.5"), of(DURATION, "+Inf")]
    }

    #[test]
    fn what_came_between_two_looks_is_counted() {
        let all = looks(&[page("a", [100, 1, 90]), page("a", [150, 3, 130]), page("a", [150, 3, 130])]);
        assert_eq!(all[0], Counts::default(), "nobody knows since when");
        assert_eq!(grown(&all[1]), [50.0, 2.0, 40.0, 50.0]);
        assert_eq!(grown(&all[2]), [0.0; 4]);
    }

    #[test]
    fn a_process_that_began_anew_counts_from_zero_whatever_its_errors_are() {
        let all = looks(&[page("a", [100, 1, 90]), page("a", [40, 7, 20])]);
        assert_eq!(grown(&all[1]), [40.0, 7.0, 20.0, 40.0]);
    }

    #[test]
    fn a_counter_that_is_gone_makes_nothing_begin_anew_and_one_that_is_new_counts_from_zero() {
        let of =
            |route: &str, requests: u32| format!("requests_total{{instance=\"a\",route=\"{route}\"}} {requests}\n");
        let with = |more: &str, counts| page("a", counts) + more;
        let all = looks(&[
            with(&of("rare", 900), [100, 60, 90]),
            with("", [110, 60, 100]),
            with(&of("rare", 3), [120, 61, 110]),
        ]);
        assert_eq!(grown(&all[1]), [10.0, 0.0, 10.0, 10.0], "the errors of before are none of now");
        assert_eq!(grown(&all[2]), [13.0, 1.0, 10.0, 10.0]);
    }

    #[test]
    fn what_a_look_could_not_tell_the_next_one_does() {
        let well = page("a", [100, 1, 100]) + &page("b", [100, 0, 100]);
        let lacking = page("a", [150, 40, 150]) + "requests_total{instance=\"b\"} 110\n";
        let all = looks(&[well, lacking, page("a", [160, 41, 160]) + &page("b", [120, 0, 120])]);
        assert!(all[1].grown.is_empty() && !all[1].problems.is_empty(), "{:?}", all[1]);
        assert_eq!(grown(&all[2]), [80.0, 40.0, 80.0, 80.0]);
    }

    #[test]
    fn a_bound_is_a_number_however_it_is_written_and_the_same_everywhere() {
        let b = page("b", [10, 0, 10]);
        let well = page("a", [10, 0, 10]) + &b.replace("le=\"2.5\"", "le=\"2.50\"");
        let all = looks(&[well.clone(), well.replace("} 10", "} 12").replace("2.50", "2.500")]);
        assert_eq!(grown(&all[1]), [4.0, 0.0, 4.0, 4.0]);
        for (written, told) in
            [("5.0", "5"), ("1e1", "10"), ("-0", "0"), ("inf", "+Inf"), ("0.005", "0.005"), ("1e300", "1e300")]
        {
            assert_eq!(bound(written).as_deref(), Some(told));
        }
        let found = &looks(&[page("a", [10, 0, 10]) + &b.replace("le=\"2.5\"", "le=\"3\"")])[0];
        let says = "instances have other bounds of times than each other, and can't be added up";
        assert_eq!(found.problems.first().map(String::as_str), Some(says));
    }

    #[test]
    fn a_page_of_which_not_all_is_read_tells_nothing() {
        let line = |n: usize| format!("errors_total{{instance=\"a\",route=\"{n}\"}} 1\n");
        let more = |count: usize| page("a", [10, 0, 10]) + &(0..count).map(line).collect::<String>();
        assert!(looks(&[more(scrape::MOST_SAMPLES - 2)])[0].problems.is_empty());
        let found = &looks(&[more(scrape::MOST_SAMPLES - 1)])[0];
        assert!(
            found.problems.iter().any(|problem| problem.contains("errors_total has 10000 samples or more")),
            "{found:?}"
        );
    }

    #[test]
    fn instances_are_added_up_and_one_that_was_long_out_of_sight_begins_anew() {
        let both = |a, b| page("a", a) + &page("b", b);
        let all = looks(&[both([10, 0, 10], [20, 0, 20]), both([11, 1, 11], [22, 0, 22])]);
        assert_eq!(grown(&all[1]), [3.0, 1.0, 3.0, 3.0]);
        let mut pages = vec![page("a", [10, 0, 10])];
        pages.extend((0..6).map(|_| page("b", [20, 0, 20])));
        pages.extend([page("a", [500, 9, 500]), page("a", [501, 9, 501])]);
        let all = looks(&pages);
        assert_eq!((all[7].grown.is_empty(), grown(&all[8])), (true, [1.0, 0.0, 1.0, 1.0]));
    }

    #[test]
    fn what_lacks_leaves_nothing_to_be_told() {
        let well = page("a", [10, 0, 10]);
        for (other, says) in [
            (well.replace("errors_total", "other"), "there is no errors_total"),
            (well.replace("+Inf", "10"), "an instance does not count took_seconds_bucket up to +Inf"),
            (well.replace("le=\"2.5\"", "le=\"x\""), "whose label le is no number"),
            (well.replace("instance=\"a\"", "other=\"a\""), "without a label instance"),
            (well.replace("errors_total{instance=\"a\"} 0", "errors_total{instance=\"a\"} -1"), "a sample below 0"),
            (well.clone() + "requests_total{instance=\"b\"} 1\n", "an instance does not count errors_total"),
            (page(&"x".repeat(201), [1, 0, 1]), "at most 200 bytes"),
        ] {
            let found = &looks(&[well.clone(), other])[1];
            assert!(found.problems.iter().any(|problem| problem.contains(says)), "{says}: {found:?}");
            assert!(found.grown.is_empty(), "{says}: {found:?}");
        }
    }

    #[test]
    fn more_bounds_and_instances_than_there_is_room_for_are_left_out() {
        let more = |count: u32| -> String {
            let bound = |n: u32| format!("took_seconds_bucket{{instance=\"a\",le=\"{}\"}} 1\n", n + 10);
            page("a", [10, 0, 10]) + &(0..count).map(bound).collect::<String>()
        };
        assert!(looks(&[more(28)])[0].problems.is_empty());
        let found = &looks(&[more(29)])[0];
        assert_eq!(found.problems.first().map(String::as_str), Some("there are more than 30 bounds of times"));
        let pages = |count: u32| (0..count).map(|n| page(&n.to_string(), [1, 0, 1])).collect::<String>();
        assert!(looks(&[pages(250)])[0].problems.is_empty());
        let found = &looks(&[pages(251)])[0];
        assert_eq!(found.problems.first().map(String::as_str), Some("more than 250 instances count what they serve"));
    }
}
