//! Errors and the p95 of all exchanges: sums over slots, kept from one evaluation to the next, with what nobody saw. At the last evaluation all slots
//! are counted once more, since some may have been told long after their time.

use std::collections::{BTreeMap, BTreeSet};

use holdpoint::policy::prelude::*;
use holdpoint::policy::{StretchKind, said};
use holdpoint::rules::{Bounds, Counts, Objective, Of, Series, Tally};
use serde::Serialize;

use crate::config::{Config, Exchanges};
use crate::slots::Slots;
use crate::{is_asked, over_the_run};

/// How much time is asked for at once.
pub(crate) const CHUNK: Span = Span::hours(1);

/// Exchanges so far.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Counted {
    /// Up to just before this moment everything was counted, in milliseconds since 1970.
    until: Option<i64>,
    /// The first and the last slot with exchanges.
    first: Option<i64>,
    last: Option<i64>,
    all: f64,
    bad: f64,
    deliberate: f64,
    /// Exchanges that took at most so long, by what `le` says.
    buckets: BTreeMap<String, f64>,
    /// Series of buckets had different bounds, so that what lay between them is known to nobody.
    mixed: bool,
    /// Why they could not be counted once more at the end, so that some may be missing.
    #[serde(skip)]
    unsure: Option<String>,
}

pub(crate) fn judge(cx: &Context, config: &Config, counted: &mut Counted) -> Result<Vec<Finding>> {
    let (errors, p95) = (is_asked(cx, &config.errors.rows), is_asked(cx, &config.p95.rows));
    if !errors && !p95 {
        return Ok(Vec::new());
    }
    let now = counted.at_now(cx, config)?;
    let unobserved = now.unobserved(cx);
    let mut found = Vec::new();
    if errors {
        found.push(self::errors(cx, &config.errors, &now, unobserved));
    }
    if p95 {
        found.push(self::p95(cx, &config.p95, &now, unobserved)?);
    }
    Ok(found)
}

fn errors(cx: &Context, wanted: &Exchanges, seen: &Counted, unobserved: u64) -> Finding {
    let condition = Condition { compare: Compare::Below, limit: wanted.limit };
    let objective = Objective { of: Of::Errors, condition, at_least: wanted.at_least };
    let (all, bad) = (whole(seen.all), whole(seen.bad));
    let tally = Tally { good: all.saturating_sub(bad), bad, unobserved, ..Tally::default() };
    let judged = objective.judge(&tally);
    let value = within(judged.bounds, Unit::Share);
    let observed = format!("{bad} of {all} exchanges failed: {value}{}", seen.beside(judged.unobserved));
    over_the_run(cx, "errors".to_owned(), seen.sure(judged.verdict.into()), observed).rows(&wanted.rows).expected(
        format!("fewer than {} of at least {} exchanges fail", said(wanted.limit, Unit::Share), wanted.at_least),
    )
}

fn p95(cx: &Context, wanted: &Exchanges, seen: &Counted, unobserved: u64) -> Result<Finding> {
    let total = whole(seen.buckets.get("+Inf").copied().unwrap_or(0.0));
    let unobserved = unobserved.max(wanted.at_least.saturating_sub(total));
    let bounds = if seen.mixed { None } else { quantile(&seen.buckets, 0.95, unobserved)? };
    let verdict = match bounds {
        // A bucket holds what is above its lower end, and up to its upper one.
        Some(bounds) if bounds.high <= wanted.limit => Pass,
        // By the counts of its buckets. Those of the host may have put it higher than it was.
        Some(bounds) if bounds.low >= wanted.limit => Fail,
        _ => Inconclusive,
    };
    let why = if seen.mixed { "; its buckets have different bounds" } else { "" };
    let value = within(bounds, Unit::Seconds);
    let observed = format!("p95 of {total} exchanges: {value}{why}{}", seen.beside(unobserved));
    let expected = format!(
        "95 % of at least {} exchanges end within {}, by the counts of buckets",
        wanted.at_least,
        said(wanted.limit, Unit::Seconds)
    );
    Ok(over_the_run(cx, "p95".to_owned(), seen.sure(verdict), observed).rows(&wanted.rows).expected(expected))
}

/// Between which ends of buckets a quantile lies, whatever it was that nobody saw. `None` if nothing was seen.
fn quantile(buckets: &BTreeMap<String, f64>, share: f64, unobserved: u64) -> Result<Option<Bounds>> {
    let mut ends: Vec<(f64, f64)> = Vec::new();
    for (le, count) in buckets {
        let end: f64 =
            le.parse().map_err(|_| Error::new(format!("a bucket has the bound `{le}`, which is no number")))?;
        ends.push((end.min(f64::MAX), *count));
    }
    ends.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut lower, mut upper, mut start, mut below) = (Vec::new(), Vec::new(), 0.0, 0.0_f64);
    for (end, count) in ends {
        let own = whole(count - below);
        lower.push((start, own));
        upper.push((end, own));
        (start, below) = (end, below.max(count));
    }
    let (lower, upper) = (Counts::new(lower)?, Counts::new(upper)?);
    let bounds = lower.quantile_bounds(share, unobserved).zip(upper.quantile_bounds(share, unobserved));
    Ok(bounds.map(|(lower, upper)| Bounds { low: lower.low, high: upper.high }))
}

/// Between which values it lies.
pub(crate) fn within(bounds: Option<Bounds>, unit: Unit) -> String {
    match bounds {
        None => "nothing was seen".to_owned(),
        Some(Bounds { low, high }) if low == high => said(low, unit),
        Some(Bounds { low, high }) if high >= f64::MAX => format!("above {}", said(low, unit)),
        Some(Bounds { low, high }) => format!("{} to {}", said(low, unit), said(high, unit)),
    }
}

/// Whether anything of a series lies from a moment to another, both included.
fn is_within(series: &Series, from: Time, to: Time) -> bool {
    !series.range(from, to).is_empty() || series.ends().iter().any(|end| (from..=to).contains(end))
}

/// Counts are whole numbers; what a series says below nothing is nothing.
fn whole(count: f64) -> u64 {
    count.round().max(0.0) as u64
}

impl Counted {
    /// What there is now. What may still change is counted anew each time, and at last everything.
    fn at_now(&mut self, cx: &Context, config: &Config) -> Result<Self> {
        let is_first = self.until.is_none();
        let now = self.count_on(cx, config)?;
        if !cx.is_last() || is_first {
            return Ok(now);
        }
        // There may be more samples than one evaluation may be given.
        Ok(Self::default().count_on(cx, config).unwrap_or_else(|why| Self { unsure: Some(why.to_string()), ..now }))
    }

    /// The verdict, unless slots may be missing.
    fn sure(&self, verdict: Verdict) -> Verdict {
        if self.unsure.is_some() { Inconclusive } else { verdict }
    }

    /// Counts what was not counted yet: what has settled for good, and what may still change for now, which is what comes back. Both are asked for at
    /// once.
    fn count_on(&mut self, cx: &Context, config: &Config) -> Result<Self> {
        // A slot begins before what happens in it.
        let mut from = self.until.map_or_else(|| cx.facts().started - Span::minutes(1), Time);
        let settled = (cx.now() - Span::from(config.settle)).max(from);
        let after = cx.now() + Span(1);
        let mut open = Vec::new();
        while from < after {
            let to = (from + CHUNK).min(after);
            let slots = Slots::of(cx, &config.series, from, to - Span(1))?;
            self.count(&slots, from, to.min(settled));
            if settled < to {
                open.push((slots, from.max(settled), to));
            }
            from = to;
        }
        self.until = Some(settled.0);
        let mut now = self.clone();
        open.iter().for_each(|(slots, from, to)| now.count(slots, *from, *to));
        Ok(now)
    }

    /// Counts from a moment to just before another.
    fn count(&mut self, slots: &Slots, from: Time, to: Time) {
        let last = to - Span(1);
        if from > last {
            return;
        }
        let sum = |series: &Series| slots.evidence.samples(series, from, last).map(|sample| sample.value).sum::<f64>();
        for series in slots.requests() {
            let (seen, all) = (sum(series), series.range(from, last));
            self.all += seen;
            self.deliberate += all.iter().map(|sample| sample.value).sum::<f64>() - seen;
            let times = [all.first(), all.last()].map(|sample| sample.map(|sample| sample.at.0));
            self.first = self.first.into_iter().chain(times[0]).min();
            self.last = self.last.max(times[1]);
        }
        self.bad += slots.bad().map(sum).sum::<f64>();
        let mut bounds: BTreeMap<Labels, BTreeSet<String>> = BTreeMap::new();
        for series in slots.buckets().filter(|series| is_within(series, from, last)) {
            let le = series.labels().get("le").to_owned();
            bounds.entry(series.labels().without("le")).or_default().insert(le.clone());
            *self.buckets.entry(le).or_default() += sum(series);
        }
        let known: BTreeSet<&String> = self.buckets.keys().collect();
        self.mixed |= bounds.values().any(|own| own.iter().collect::<BTreeSet<_>>() != known);
    }

    /// How many exchanges there may have been while nobody watched: as many a second as there were in the mean, and one at least.
    fn unobserved(&self, cx: &Context) -> u64 {
        let Some((first, last)) = self.first.zip(self.last) else { return 0 };
        let within = cx.stretches_of(StretchKind::Unobserved).into_iter().filter_map(|stretch| {
            let length = (stretch.to.min(cx.now()) - stretch.from.max(Time(first))).as_seconds();
            (length > 0.0).then_some(length)
        });
        let lengths: Vec<f64> = within.collect();
        let seconds = ((last - first) as f64 / 1_000.0 - lengths.iter().sum::<f64>()).max(1.0);
        lengths.iter().map(|length| whole((length * self.all / seconds).ceil()).max(1)).sum()
    }

    fn beside(&self, unobserved: u64) -> String {
        let mut beside = String::new();
        if unobserved > 0 {
            beside.push_str(&format!("; {unobserved} were not seen"));
        }
        if self.deliberate > 0.0 {
            beside.push_str(&format!("; {} besides while something was broken on purpose", whole(self.deliberate)));
        }
        if let Some(why) = &self.unsure {
            beside.push_str(&format!(
                "; what was told late may be missing, for not all could be counted once more: {why}"
            ));
        }
        beside
    }
}
