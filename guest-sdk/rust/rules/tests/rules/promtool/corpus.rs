//! Made series: counters that begin anew, gaps, series that end, values at their limits, flapping.

use holdpoint_rules::{
    Across, Compare, Condition, Counted, Evidence, Expression, Measure, NoData, Over, Rule, Selector, Series,
    SeriesSet, Severity, Span, Time,
};

use crate::data::{Chance, labels};

/// Series over twenty minutes.
pub(super) struct Case {
    pub(super) name: String,
    pub(super) evidence: Evidence,
    pub(super) evidence_series: usize,
    pub(super) series: Vec<Series>,
    /// Between two ticks.
    pub(super) step: Span,
    /// Between two samples.
    pub(super) sampled: Span,
    pub(super) samples: usize,
}

impl Case {
    pub(super) fn ticks(&self) -> impl Iterator<Item = Time> {
        let (step, end) = (self.step, self.sampled * self.samples as i64);
        (0..).map(move |tick| Time(0) + step * tick).take_while(move |tick| *tick - Time(0) < end)
    }
}

/// How a series is written down: what a gap or an end does to it.
struct Recorder<'a> {
    chance: &'a mut Chance,
    sampled: Span,
    samples: usize,
    gaps: bool,
}

impl Recorder<'_> {
    fn series(
        &mut self,
        metric: &str,
        pairs: &[(&str, &str)],
        mut value: impl FnMut(&mut Chance, usize) -> f64,
    ) -> Series {
        let mut series = Series::new(metric, labels(pairs));
        let mut silent = 0_u64;
        for sample in 0..self.samples {
            let at = Time(0) + self.sampled * sample as i64;
            // What happens goes on while nobody writes it down.
            let value = value(self.chance, sample);
            if silent > 0 {
                silent -= 1;
                continue;
            }
            if self.gaps && self.chance.one_in(14) {
                silent = self.chance.pick(&[1, 1, 2, 3, 14, 22]);
                if self.chance.one_in(3) {
                    series.end(at).unwrap();
                }
                continue;
            }
            series.push(at, value).unwrap();
        }
        series
    }
}

/// How many of a thousand are bad in a stretch. 20 is the limit.
const BAD: [u64; 8] = [0, 10, 19, 20, 20, 21, 25, 60];

pub(super) fn cases(seed: u64, count: usize) -> Vec<Case> {
    let mut chance = Chance(seed);
    (0..count).map(|number| case(&mut chance, number)).collect()
}

fn case(chance: &mut Chance, number: usize) -> Case {
    let sampled = Span::seconds(chance.pick(&[15, 30, 30, 60]));
    let samples = (Span::minutes(20).0 / sampled.0) as usize;
    // The first cases are whole, and at their limits; the others have gaps.
    let mut recorder = Recorder { chance, sampled, samples, gaps: !number.is_multiple_of(4) };
    let mut series = Vec::new();
    // Prometheus adds up in the order in which it first stored its series, which differs from run to run. With two of them, and numbers
    // that end after a few binary places, no order changes a bit.
    for instance in ["a", "b"].iter().take(1 + usize::from(!number.is_multiple_of(3))) {
        requests(&mut recorder, instance, &mut series);
        latencies(&mut recorder, instance, &mut series);
        gauges(&mut recorder, instance, &mut series);
    }
    if !number.is_multiple_of(5) {
        let from = recorder.chance.below(samples as u64) as usize;
        series.push(recorder.series("running", &[], |_, at| f64::from(u8::from(at >= from && at < from + 20))));
        series.push(recorder.series("isolation_success", &[], |c, _| c.pick(&[1.0, 1.0, 0.95, 0.9, 0.899])));
    }
    Case {
        name: format!("case {number}"),
        evidence: Evidence::new(SeriesSet::new(series.clone()).unwrap()),
        evidence_series: series.len(),
        series,
        step: Span::seconds(30),
        sampled,
        samples,
    }
}

/// A stretch with the same behaviour, then another.
fn stretches(chance: &mut Chance, samples: usize, among: &[u64]) -> Vec<u64> {
    let mut all = Vec::new();
    while all.len() < samples {
        let (length, value) = (2 + chance.below(14) as usize, chance.pick(among));
        all.extend(std::iter::repeat_n(value, length));
    }
    all
}

fn requests(recorder: &mut Recorder<'_>, instance: &str, series: &mut Vec<Series>) {
    let bad = stretches(recorder.chance, recorder.samples, &BAD);
    let (begins_anew, of) = (recorder.chance.one_in(2), [("instance", instance)]);
    let counter = |amount: Vec<f64>| {
        let mut sum = 0.0;
        move |chance: &mut Chance, at: usize| {
            sum = if begins_anew && chance.one_in(15) { amount[at] / 2.0 } else { sum + amount[at] };
            sum
        }
    };
    let thousand = vec![1_000.0; recorder.samples];
    let amounts: Vec<f64> = bad.iter().map(|bad| *bad as f64).collect();
    series.push(recorder.series("requests_total", &of, counter(thousand)));
    series.push(recorder.series("requests_bad_total", &of, counter(amounts.clone())));
    series.push(recorder.series("slot_all", &of, |_, at| if bad[at] == 0 { 0.0 } else { 1_000.0 }));
    series.push(recorder.series("slot_bad", &of, |_, at| amounts[at]));
}

/// Buckets up to ten seconds, in which a stretch is fast, at its limit of three seconds, or slow.
fn latencies(recorder: &mut Recorder<'_>, instance: &str, series: &mut Vec<Series>) {
    let kinds = stretches(recorder.chance, recorder.samples, &[0, 1, 2, 3]);
    // Of a hundred requests, how many end within each bound.
    let within = [[90, 99, 100, 100, 100], [50, 80, 95, 99, 100], [10, 50, 90, 98, 99], [0, 0, 0, 0, 0]];
    for (place, bound) in ["0.5", "1", "3", "10", "+Inf"].iter().enumerate() {
        let mut sum = 0.0;
        let of = [("instance", instance), ("le", *bound)];
        series.push(recorder.series("latency_bucket", &of, |_, at| {
            sum += f64::from(within[kinds[at] as usize][place]);
            sum
        }));
    }
}

fn gauges(recorder: &mut Recorder<'_>, instance: &str, series: &mut Vec<Series>) {
    let kinds = stretches(recorder.chance, recorder.samples, &[0, 1, 2, 3, 4]);
    let of = [("instance", instance), ("service", "auth")];
    series.push(recorder.series("pool", &of, |c, at| match kinds[at] {
        0 => 50.0,
        1 => 80.0,
        2 => 80.5,
        3 => c.pick(&[79.0, 81.0]),
        _ => 60.0 + c.below(64 * 30) as f64 / 64.0,
    }));
}

fn rule(name: &str, measure: Measure, by: &[&str], compare: Compare, limit: f64) -> Rule {
    let expression = Expression::of(measure).by(by);
    Rule::new(name, Severity::Warning, expression, Condition { compare, limit })
}

/// The rule whose limit is above all finite bounds, so that Prometheus never has an alert of it.
pub(super) const BEYOND: &str = "beyond the buckets";

pub(super) fn rules() -> Vec<Rule> {
    use Compare::{Above, AtLeast, AtMost, Below};
    let minutes = Span::minutes;
    let errors = |window| Measure::Ratio {
        part: Selector::new("requests_bad_total"),
        whole: Selector::new("requests_total"),
        window,
        counted: Counted::Counter,
    };
    let slots = |window| Measure::Ratio {
        part: Selector::new("slot_bad"),
        whole: Selector::new("slot_all"),
        window,
        counted: Counted::Slots,
    };
    let latency = |share, window| Measure::Quantile {
        buckets: Selector::new("latency_bucket"),
        share,
        window,
        counted: Counted::Counter,
    };
    let pool =
        |over, across| Measure::Gauge { selector: Selector::new("pool").starts_with("service", "au"), over, across };
    let isolated =
        Measure::Gauge { selector: Selector::new("isolation_success"), over: Over::Now, across: Across::Lowest };
    let mut late = rule("late evidence", errors(minutes(3)), &[], Above, 0.02);
    late.expression = late.expression.before(Span::seconds(90));
    vec![
        rule("errors at once", errors(minutes(2)), &[], Above, 0.02),
        rule("errors for five minutes", errors(minutes(2)), &[], Above, 0.02).lasting(minutes(5)),
        rule("errors of an instance", errors(minutes(4)), &["instance"], AtLeast, 0.02)
            .lasting(minutes(2))
            .keeping(minutes(3)),
        rule("slots", slots(minutes(1)), &[], Above, 0.02).lasting(minutes(2)),
        rule("slots of an instance", slots(minutes(3)), &["instance"], Above, 0.02).keeping(Span::seconds(60)),
        rule("p95", latency(0.95, minutes(2)), &[], Above, 3.0).lasting(minutes(3)),
        // The highest finite bound is ten seconds.
        rule(BEYOND, latency(0.995, minutes(2)), &[], Above, 12.0),
        rule("median of an instance", latency(0.5, minutes(5)), &["instance"], AtLeast, 0.5).lasting(minutes(1)),
        rule("pools together", pool(Over::Now, Across::Sum), &[], Above, 160.5).lasting(minutes(1)),
        rule("a pool", pool(Over::Now, Across::Highest), &["instance"], Above, 80.0).keeping(minutes(2)),
        rule("pools in the mean", pool(Over::Now, Across::Mean), &["service"], AtLeast, 80.0)
            .lasting(Span::seconds(45)),
        rule(
            "a pool that was never free",
            pool(Over::Lowest(minutes(3)), Across::Lowest),
            &["instance"],
            AtLeast,
            79.0,
        ),
        rule("a pool that was once full", pool(Over::Highest(minutes(2)), Across::Mean), &[], AtMost, 80.5)
            .lasting(minutes(1)),
        Rule { during: Some(Selector::new("running")), ..rule("isolation", isolated, &[], Below, 0.9) },
        Rule { at_least: 5_000.0, ..rule("errors of many", errors(minutes(2)), &[], Above, 0.02) },
        Rule { at_least: 400.0, ..rule("p95 of many", latency(0.95, minutes(2)), &["instance"], Above, 3.0) },
        late,
        Rule { fresh: minutes(1), ..rule("fresh errors", errors(minutes(4)), &[], Above, 0.02) },
        Rule { no_data: NoData::Holds, ..rule("held", pool(Over::Now, Across::Sum), &["instance"], Above, 80.0) }
            .lasting(minutes(1)),
        Rule { no_data: NoData::Counts, ..rule("counted", pool(Over::Now, Across::Sum), &["instance"], Above, 80.0) }
            .lasting(minutes(1)),
    ]
}
