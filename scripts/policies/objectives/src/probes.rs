//! Probes of services: how many were good over the run, and that none failed while traffic was shifted.

use std::collections::BTreeMap;

use holdpoint::policy::prelude::*;
use holdpoint::policy::said;
use holdpoint::rules::{Objective, Of, Series, Tally};

use crate::config::Config;
use crate::exchanges::within;
use crate::{is_asked, over_the_run};

/// The share of good probes of each service.
pub(crate) fn availability(cx: &Context, config: &Config) -> Result<Vec<Finding>> {
    let wanted = &config.availability;
    if !is_asked(cx, &wanted.rows) {
        return Ok(Vec::new());
    }
    let condition = Condition { compare: Compare::Above, limit: wanted.limit };
    let objective = Objective { of: Of::Availability, condition, at_least: wanted.at_least };
    let expected = format!("above {} of at least {} probes are good", said(wanted.limit, Unit::Share), wanted.at_least);
    of_services(cx, "availability", (&config.series.up, &wanted.services), |name, seen| {
        let unobserved = seen.missing(wanted.every.into());
        let tally = Tally { good: seen.good, bad: seen.bad, unobserved, ..Tally::default() };
        let judged = objective.judge(&tally);
        let value = within(judged.bounds, Unit::Share);
        let all = seen.good + seen.bad;
        let observed = format!("{} of {all} probes were good: {value}; {} were not seen", seen.good, judged.unobserved);
        over_the_run(cx, name, judged.verdict.into(), observed).rows(&wanted.rows).expected(&expected)
    })
}

/// Whether each service answered all the time while traffic was shifted.
pub(crate) fn gap(cx: &Context, config: &Config) -> Result<Vec<Finding>> {
    let wanted = &config.gap;
    if !is_asked(cx, &wanted.rows) {
        return Ok(Vec::new());
    }
    let every = Span::from(wanted.every);
    of_services(cx, "gap", (&wanted.series, &[]), |name, seen| {
        // Where its probing ended is its end: this is about the shift, and not about what came after.
        let apart = seen.longest_apart;
        let verdict = if seen.bad > 0 {
            Fail
        } else if apart > every * 2 || seen.good < 2 {
            Inconclusive
        } else {
            Pass
        };
        let observed = format!("{} of {} probes failed; at most {apart} apart", seen.bad, seen.good + seen.bad);
        let expected = format!("no probe fails, and there is one each {every}");
        over_the_run(cx, name, verdict, observed).rows(&wanted.rows).expected(expected)
    })
}

/// What probes of one service saw.
#[derive(Default)]
struct Seen {
    good: u64,
    bad: u64,
    /// Times without a probe, each from one to the next of its source, without what was broken on purpose.
    apart: Vec<Span>,
    longest_apart: Span,
    /// From the last probe of each source to now, unless its end is known.
    tails: Vec<Span>,
}

impl Seen {
    fn of(cx: &Context, evidence: &Evidence, all: &[&Series]) -> Self {
        let mut seen = Self::default();
        for series in all {
            seen.add(cx, evidence, series);
        }
        seen.longest_apart = seen.apart.iter().copied().max().unwrap_or_default();
        seen
    }

    /// Adds what one source of probes saw, until it ended.
    fn add(&mut self, cx: &Context, evidence: &Evidence, series: &Series) {
        // What is cut out of the time is no time without a probe.
        let watched =
            |from: Time, to: Time| evidence.parts(from, to).fold(Span::ZERO, |sum, (from, to)| sum + (to - from));
        let mut last: Option<Time> = None;
        for sample in evidence.samples(series, Time(i64::MIN), cx.now()) {
            if sample.value > 0.0 {
                self.good += 1
            } else {
                self.bad += 1
            }
            let ended = |last: Time| series.ends().iter().any(|end| (last..=sample.at).contains(end));
            self.apart.extend(last.filter(|last| !ended(*last)).map(|last| watched(last, sample.at)));
            last = Some(sample.at);
        }
        self.tails.extend(last.filter(|_| !series.is_gone(cx.now())).map(|last| watched(last, cx.now())));
    }

    /// Probes that should have been there: one each `every`, and half of that is no delay yet.
    fn missing(&self, every: Span) -> u64 {
        let step = every.0.max(1);
        let apart = self.apart.iter().chain(&self.tails).map(|apart| (apart.0 + step / 2) / step - 1);
        apart.map(|count| u64::try_from(count).unwrap_or(0)).sum()
    }
}

/// A finding for each service that has probes, or that is named; without any there is one that says so.
fn of_services(
    cx: &Context,
    what: &str,
    (metric, named): (&str, &[String]),
    judge: impl Fn(String, &Seen) -> Finding,
) -> Result<Vec<Finding>> {
    let selector = Selector::new(metric);
    let evidence = cx.evidence([Ask::whole(selector.clone(), cx.now())])?;
    let mut services: BTreeMap<Labels, Vec<&Series>> = BTreeMap::new();
    for service in named {
        let labels = Labels::new([("service", service.as_str())]).map_err(|error| Error::new(error.to_string()))?;
        services.entry(labels).or_default();
    }
    for series in evidence.select(&selector) {
        if named.is_empty() || named.iter().any(|name| name == series.labels().get("service")) {
            services.entry(series.labels().only(&["service".to_owned()])).or_default().push(series);
        }
    }
    let found: Vec<Finding> = services
        .iter()
        .map(|(labels, series)| judge(format!("{what} {labels}"), &Seen::of(cx, &evidence, series)))
        .collect();
    Ok(if found.is_empty() { vec![judge(what.to_owned(), &Seen::default())] } else { found })
}
