use super::*;
use crate::Time;
use crate::prelude::*;
use crate::testing::{denied_numbers, failed_numbers, histories, late_numbers, numbers, page, test};

const UP: &str = "query prometheus up";
const MINUTE: Millis = Millis(60_000);

/// Passes where the answer says something, and shows how many series it has.
fn run(cx: &Context, _: Value) -> Result<()> {
    let check = cx.check(["M"], "up");
    match cx.metrics("prometheus").query("up") {
        Err(error) => check.from_error(error),
        Ok(answer) => match answer.sound(MINUTE) {
            Ok(series) => {
                let stated = series.iter().filter(|one| one.sample(cx, "is_up")).count();
                check.pass(observed(format!("{} series, {stated} stated", series.len())), &answer);
            }
            Err(why) => check.inconclusive(observed(why), &answer),
        },
    }
    Ok(())
}

#[test]
fn an_answer_says_something_only_if_it_is_there_young_and_undoubted() {
    let one = || numbers([(&[("instance", "a")][..], 1.0)]);
    test(run).metrics(UP, one()).expect("M", Pass, "1 series, 1 stated");
    test(run).metrics(UP, one().age(MINUTE)).expect("M", Pass, "1 series");
    test(run).metrics(UP, one().age(Millis(60_001))).expect("M", Inconclusive, "60001 ms old, and 60000 ms are taken");
    test(run).metrics(UP, numbers([])).expect("M", Inconclusive, "the answer is empty");
    test(run).metrics(UP, histories([(&[][..], &[][..])])).expect("M", Inconclusive, "the answer is empty");
    test(run).metrics(UP, one().warning("a store is away")).expect("M", Inconclusive, "a store is away");
    test(run).metrics(UP, failed_numbers("status 400: parse error")).expect("M", Fail, "parse error");
    test(run).metrics(UP, denied_numbers()).expect("M", Inconclusive, "denied");
    assert_eq!(test(run).metrics(UP, late_numbers()).calls(), [UP]);
}

#[test]
fn one_fresh_series_does_not_vouch_for_the_others() {
    let fresh = (&[("instance", "a")][..], &[(Millis(0), 1.0)][..]);
    let of = |other: &[(Millis, f64)]| test(run).metrics(UP, histories([fresh, (&[("instance", "b")][..], other)]));
    of(&[(MINUTE, 1.0)]).expect("M", Pass, "2 series, 2 stated");
    of(&[(Millis(60_001), 1.0)]).expect("M", Inconclusive, "60001 ms old, and 60000 ms are taken");
    of(&[]).expect("M", Inconclusive, "a series of the answer has no sample");
    // All of it is older still.
    let old = histories([fresh, (&[("instance", "b")][..], &[(Millis(40_000), 1.0)][..])]).age(Millis(30_000));
    test(run).metrics(UP, old).expect("M", Inconclusive, "70000 ms old, and 60000 ms are taken");
}

#[test]
fn samples_that_are_stated_keep_their_labels() {
    let t = test(run).metrics(
        UP,
        numbers([(&[("__name__", "up"), ("resource.zone", "a")][..], 0.5), (&[("instance", "b")][..], f64::NAN)]),
    );
    t.expect("M", Pass, "2 series, 1 stated");
    let samples = t.samples();
    assert_eq!((samples.len(), samples[0].value), (1, 0.5));
    assert_eq!(
        samples[0].labels.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect::<Vec<_>>(),
        [("resource_zone", "a")]
    );
}

#[test]
fn labels_that_would_be_stated_as_one_are_not_stated() {
    for [one, other] in [["a.b", "a_b"], ["phase", "exported_phase"]] {
        let both = [(one, "1"), (other, "2")];
        let t = test(run).metrics(UP, numbers([(&both[..], 1.0), (&both[..1], 1.0)]));
        t.expect("M", Pass, "2 series, 1 stated");
        assert_eq!(t.samples().len(), 1);
        let labels = both.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let why = Series { labels, samples: vec![] }.stated_labels().unwrap_err();
        assert_eq!(why, format!("the label {other} and another of a series are both stated as {other}"));
    }
}

#[test]
fn an_answer_from_the_future_says_that_a_clock_is_wrong() {
    let answer = |age| Answered { call: 0, series: vec![], warnings: vec![], infos: vec![], age: Some(age) };
    assert!(answer(-60_000.0).sound(MINUTE).is_ok());
    assert!(answer(-60_001.0).sound(MINUTE).unwrap_err().contains("a clock is wrong"));
}

#[test]
fn a_counter_that_begins_anew_counts_from_zero() {
    let at = |n: i32| Time(f64::from(n) * 10_000.0);
    let series = |values: &[f64]| Series {
        labels: vec![],
        samples: (0..).zip(values).map(|(n, value)| Sample { at: at(n), value: *value }).collect(),
    };
    let steady = series(&[100.0, 110.0, 120.0, 130.0]);
    assert_eq!((steady.increase(at(0), at(3)), steady.resets()), (Some(30.0), 0));
    let restarted = series(&[100.0, 110.0, 5.0, 15.0]);
    assert_eq!((restarted.increase(at(0), at(3)), restarted.resets()), (Some(25.0), 1));
    assert_eq!(restarted.increase(at(0), at(0)), None, "one sample says nothing");
    let mut timeless = series(&[100.0, 110.0, 5.0]);
    timeless.samples[2].at = Time(f64::NAN);
    assert_eq!(timeless.resets(), 0, "what has no time is in no order, as for what it grew");
    // A scrape that was missed is bridged, as Prometheus does.
    let mut missed = steady;
    missed.samples.remove(1);
    assert_eq!(missed.increase(at(0), at(3)), Some(30.0));
}

#[test]
fn the_age_of_evidence_is_that_of_the_oldest_series() {
    fn run(cx: &Context, _: Value) -> Result<()> {
        let age = cx.metrics("prometheus").evidence_age("up{job=\"a\"}").map_err(|e| Error::new(e.to_string()))?;
        let check = cx.check(["M"], "age");
        match age.at_most(Millis(300_000)) {
            Ok(()) => check.pass(observed(age.milliseconds().unwrap_or_default()), &age),
            Err(why) => check.inconclusive(observed(why), &age),
        }
        Ok(())
    }
    let asked = "query prometheus min(timestamp(up{job=\"a\"}))";
    // Tests begin at 2026-01-01T00:00:00Z.
    let begun = 1_767_225_600.0;
    test(run).metrics(asked, numbers([(&[][..], begun - 90.0)])).expect("M", Pass, "90000");
    test(run).metrics(asked, numbers([(&[][..], begun - 301.0)])).expect("M", Inconclusive, "301000 ms old");
    test(run).metrics(asked, numbers([])).expect("M", Inconclusive, "the answer is empty");
    test(run).metrics(asked, numbers([(&[][..], f64::NAN)])).expect("M", Inconclusive, "the answer is empty");
    let doubted = numbers([(&[][..], begun - 90.0)]).warning("a store is away");
    test(run).metrics(asked, doubted).expect("M", Inconclusive, "the server warns: a store is away");
}

#[test]
fn the_age_of_evidence_follows_from_the_answer_alone() {
    // The answer came 200 ms after the time that it bears, whenever that is looked at; its evidence is half a second older.
    let series = vec![Series { labels: vec![], samples: vec![Sample { at: Time(1_000_000.0), value: 999.5 }] }];
    let answer = Answered { call: 0, series, warnings: vec![], infos: vec![], age: Some(200.0) };
    assert_eq!(EvidenceAge::of(&answer).milliseconds(), Some(700.0));
    assert_eq!(EvidenceAge::of(&Answered { age: None, ..answer }).milliseconds(), None);
}

#[test]
fn samples_of_one_name_are_told_apart_by_their_labels() {
    let labels = [("pool", "main"), ("instance", "a")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    let exposed = Exposed { name: "in_use".into(), labels: labels.into(), value: 1.0, at: None };
    assert_eq!(exposed.labelled(), "instance=a,pool=main");
    assert_eq!(Exposed::default().labelled(), "");
}

#[test]
fn pages_ranges_and_time_series_are_answered_by_what_they_ask() {
    fn run(cx: &Context, _: Value) -> Result<()> {
        let metrics = cx.metrics("backend").timeout(Millis(5_000));
        let error = |e: CallError| Error::new(e.to_string());
        let page = metrics.scrape("/metrics").map_err(error)?;
        assert_eq!(page.samples("up_total").next().and_then(|sample| sample.label("a")), Some("b"));
        assert_eq!(page.family("up").map(|family| family.kind), Some(MetricKind::Counter));
        let range = metrics.range("up", Time(0.0), Time(60_000.0), MINUTE).map_err(error)?;
        assert_eq!(range.series()[0].samples.len(), 2);
        let query = CloudQuery {
            project: "acme-staging".into(),
            filter: "metric.type = \"x\"".into(),
            from: Time(0.0),
            to: Time(1.0),
            alignment_period: MINUTE,
            aligner: "ALIGN_RATE".into(),
            reducer: None,
            group_by: vec![],
        };
        metrics.time_series(&query).map_err(error)?;
        Ok(())
    }
    let exposed = Exposed { name: "up_total".into(), labels: vec![("a".into(), "b".into())], value: 1.0, at: None };
    let family = Family { name: "up".into(), kind: MetricKind::Counter, samples: vec![exposed], ..Family::default() };
    let t = test(run)
        .metrics("scrape backend /metrics", page([family]))
        .metrics("query-range backend up", histories([(&[][..], &[(MINUTE, 1.0), (Millis(0), 2.0)][..])]))
        .metrics("time-series backend acme-staging metric.type = \"x\"", numbers([]));
    assert_eq!(t.returned(), Ok(()));
    assert_eq!(t.calls().len(), 3);
}
