//! Probes of services: how many were good over the run, kept from one evaluation to the next, and that none failed while traffic was shifted. At the
//! last evaluation all of them are looked at once more, since some may have been told long after their time.

use std::collections::BTreeMap;

use holdpoint::policy::prelude::*;
use holdpoint::policy::said;
use holdpoint::rules::{Objective, Of, Series, Tally};
use serde::Serialize;

use crate::config::Config;
use crate::exchanges::within;
use crate::{is_asked, over_the_run};

/// The most bytes of what is kept, as far as names make it long. With more everything is looked at each time.
const MOST_KEPT: usize = 256 << 10;

/// The share of good probes of each service.
pub(crate) fn availability(cx: &Context, config: &Config, probed: &mut Probed) -> Result<Vec<Finding>> {
    let wanted = &config.availability;
    if !is_asked(cx, &wanted.rows) {
        return Ok(Vec::new());
    }
    let condition = Condition { compare: Compare::Above, limit: wanted.limit };
    let objective = Objective { of: Of::Availability, condition, at_least: wanted.at_least };
    let expected = format!("above {} of at least {} probes are good", said(wanted.limit, Unit::Share), wanted.at_least);
    let asked = Asked { metric: &config.series.up, named: &wanted.services, every: wanted.every.into() };
    let services = probed.at_now(cx, &asked, config.settle.into())?;
    let found = of_services("availability", services, |name, seen| {
        let tally = Tally { good: seen.good, bad: seen.bad, unobserved: seen.missing, ..Tally::default() };
        let judged = objective.judge(&tally);
        let value = within(judged.bounds, Unit::Share);
        let all = seen.good + seen.bad;
        let observed = format!("{} of {all} probes were good: {value}; {} were not seen", seen.good, judged.unobserved);
        over_the_run(cx, name, judged.verdict.into(), observed).rows(&wanted.rows).expected(&expected)
    });
    Ok(found)
}

/// Whether each service answered all the time while traffic was shifted.
pub(crate) fn gap(cx: &Context, config: &Config) -> Result<Vec<Finding>> {
    let wanted = &config.gap;
    if !is_asked(cx, &wanted.rows) {
        return Ok(Vec::new());
    }
    let every = Span::from(wanted.every);
    let services =
        Probed::default().at_now(cx, &Asked { metric: &wanted.series, named: &[], every }, config.settle.into())?;
    let found = of_services("gap", services, |name, seen| {
        // Where its probing ended is its end: this is about the shift, and not about what came after.
        let apart = Span(seen.longest_apart);
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
    });
    Ok(found)
}

/// Which probes are looked at.
struct Asked<'a> {
    metric: &'a str,
    /// The services; without any, all that somebody asks.
    named: &'a [String],
    /// There should be one so often.
    every: Span,
}

/// What probes saw so far, by the labels of their source.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Probed {
    /// Up to just before this moment all of them were looked at, in milliseconds since 1970.
    until: Option<i64>,
    sources: BTreeMap<String, Source>,
}

/// What one source of probes saw. Moments are milliseconds since 1970.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Source {
    service: String,
    good: u64,
    bad: u64,
    /// Probes that should have been there between two others.
    missing: u64,
    /// The longest time without a probe, from one to the next, without what was broken on purpose.
    longest_apart: i64,
    /// The last probe, but for those while something was broken on purpose.
    last: Option<i64>,
    /// The last probe of all.
    latest: Option<i64>,
    /// When it was known to have ended, for the last time.
    end: Option<i64>,
}

/// What probes of one service saw.
#[derive(Default)]
struct Seen {
    good: u64,
    bad: u64,
    /// Probes that should have been there, up to now.
    missing: u64,
    longest_apart: i64,
}

impl Probed {
    /// What there is now, by service. What may still change is looked at anew each time, and at last everything.
    fn at_now(&mut self, cx: &Context, asked: &Asked<'_>, settle: Span) -> Result<BTreeMap<Labels, Seen>> {
        if cx.is_last() {
            *self = Self::default();
        }
        let whole = Ask::whole(Selector::new(asked.metric), cx.now());
        let from = self.until.map_or(whole.from, Time);
        let settled = (cx.now() - settle).max(from);
        let selector = whole.selector.clone();
        let evidence = cx.evidence([Ask { from, ..whole }])?;
        let series: Vec<&Series> = evidence.select(&selector).collect();
        self.take(&evidence, &series, asked, (from, settled - Span(1)));
        self.until = Some(settled.0);
        let mut now = self.clone();
        now.take(&evidence, &series, asked, (settled, cx.now()));
        if self.length() > MOST_KEPT {
            *self = Self::default();
        }
        let mut services: BTreeMap<Labels, Seen> = BTreeMap::new();
        for service in asked.named {
            services.entry(labels(service)?).or_default();
        }
        for source in now.sources.values() {
            services.entry(labels(&source.service)?).or_default().add(source, source.tail(cx, &evidence, asked.every));
        }
        Ok(services)
    }

    /// Takes in what was seen from a moment to another, both included.
    fn take(&mut self, evidence: &Evidence, all: &[&Series], asked: &Asked<'_>, time: (Time, Time)) {
        for series in all {
            let service = series.labels().get("service");
            if asked.named.is_empty() || asked.named.iter().any(|name| name == service) {
                let source = self.sources.entry(series.labels().to_string()).or_default();
                service.clone_into(&mut source.service);
                source.take(evidence, series, asked.every, time);
            }
        }
    }

    /// About how many bytes it has when it is kept.
    fn length(&self) -> usize {
        // Quotation marks may be escaped. Numbers and the names of fields are the rest.
        self.sources.iter().map(|(labels, source)| 2 * labels.len() + source.service.len() + 200).sum()
    }
}

impl Source {
    fn take(&mut self, evidence: &Evidence, series: &Series, every: Span, (from, to): (Time, Time)) {
        let within = series.ends().iter().filter(|end| (from..=to).contains(*end));
        let ends: Vec<i64> = self.end.into_iter().chain(within.map(|end| end.0)).collect();
        for sample in evidence.samples(series, from, to) {
            if sample.value > 0.0 {
                self.good += 1
            } else {
                self.bad += 1
            }
            let ended = |last: i64| ends.iter().any(|end| (last..=sample.at.0).contains(end));
            if let Some(last) = self.last.filter(|last| !ended(*last)) {
                let apart = watched(evidence, Time(last), sample.at);
                self.longest_apart = self.longest_apart.max(apart.0);
                self.missing += lacking(apart, every);
            }
            self.last = Some(sample.at.0);
        }
        self.latest = self.latest.max(series.range(from, to).last().map(|sample| sample.at.0));
        self.end = ends.last().copied();
    }

    /// Probes that should have been there from the last one to now, unless its end is known.
    fn tail(&self, cx: &Context, evidence: &Evidence, every: Span) -> u64 {
        let is_gone = self.end > self.latest;
        let last = self.last.filter(|_| !is_gone);
        last.map_or(0, |last| lacking(watched(evidence, Time(last), cx.now()), every))
    }
}

impl Seen {
    fn add(&mut self, source: &Source, tail: u64) {
        self.good += source.good;
        self.bad += source.bad;
        self.missing += source.missing + tail;
        self.longest_apart = self.longest_apart.max(source.longest_apart);
    }
}

/// How long it is from a moment to another. What is cut out of the time is no time without a probe.
fn watched(evidence: &Evidence, from: Time, to: Time) -> Span {
    evidence.parts(from, to).fold(Span::ZERO, |sum, (from, to)| sum + (to - from))
}

/// Probes that should have been there: one each `every`, and half of that is no delay yet.
fn lacking(apart: Span, every: Span) -> u64 {
    let step = every.0.max(1);
    u64::try_from((apart.0 + step / 2) / step - 1).unwrap_or(0)
}

fn labels(service: &str) -> Result<Labels> {
    Labels::new([("service", service)]).map_err(|error| Error::new(error.to_string()))
}

/// A finding for each service; without any there is one that says so.
fn of_services(what: &str, services: BTreeMap<Labels, Seen>, judge: impl Fn(String, &Seen) -> Finding) -> Vec<Finding> {
    if services.is_empty() {
        return vec![judge(what.to_owned(), &Seen::default())];
    }
    services.iter().map(|(labels, seen)| judge(format!("{what} {labels}"), seen)).collect()
}
