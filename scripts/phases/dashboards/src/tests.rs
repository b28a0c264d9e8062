//! Boards beside what a service says. A look of a script takes no time, and five seconds lie between two.

use holdpoint::metrics::{Exposed, Family, MetricKind};
use holdpoint::prelude::*;
use holdpoint::testing::{Numbers, Test, denied_command, denied_numbers, failed_numbers, fails, numbers, page, prints};
use holdpoint::{Command, Failure};

use super::run;

const PAGE: &str = "scrape backend /metrics";
const SHARE: &str = "sum by (exported_instance) (errors_total) / sum by (exported_instance) (requests_total)";
const IN_USE: &str = "sum by (exported_instance) (db_pool_in_use)";

fn list() -> Command {
    Command::new("monitoring dashboards list")
}

fn board(name: &str, panels: &[(&str, &str)]) -> Value {
    let widget = |(title, query): &(&str, &str)| json!({ "title": title, "xyChart": { "dataSets": [{ "timeSeriesQuery": { "prometheusQuery": query } }] } });
    let widgets: Vec<Value> = panels.iter().map(widget).collect();
    json!({ "displayName": name, "gridLayout": { "columns": "2", "widgets": widgets } })
}

fn boards() -> Value {
    json!([
        board("Elsewhere", &[("Errors", "up")]),
        board("Service health", &[("Errors", SHARE), ("Latency", "x")]),
        board("Request isolation", &[("Connections", IN_USE)]),
    ])
}

fn config() -> Value {
    json!({
        "monitoring": "monitoring", "service": "backend", "by": { "instance": "exported_instance" }, "settles": "10s",
        "boards": [
            { "row": "DASH-1", "name": "Service health", "panels": [{ "title": "Errors", "shows": "errors_total", "of": "requests_total" }] },
            { "row": "DASH-2", "name": "Request isolation", "panels": [{ "title": "Connections", "shows": "db_pool_in_use" }] },
        ],
    })
}

/// A page of instance `a`: errors on two routes, requests, and connections in use.
fn told(errors: f64, requests: f64, in_use: f64) -> Numbers {
    of("a", errors, requests, in_use)
}

fn of(instance: &str, errors: f64, requests: f64, in_use: f64) -> Numbers {
    let sample = |name: &str, route: &str, value: f64| Exposed {
        name: name.to_owned(),
        labels: [("instance", instance), ("route", route)]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
        value,
        at: None,
    };
    let family = |name: &str, samples: Vec<Exposed>| Family {
        name: name.to_owned(),
        kind: if name.ends_with("_total") { MetricKind::Counter } else { MetricKind::Gauge },
        samples,
        ..Family::default()
    };
    page([
        family("errors_total", vec![sample("errors_total", "x", errors), sample("errors_total", "y", 0.0)]),
        family("requests_total", vec![sample("requests_total", "x", requests)]),
        family("db_pool_in_use", vec![sample("db_pool_in_use", "", in_use)]),
    ])
}

fn shows(value: f64) -> Numbers {
    numbers([(&[("exported_instance", "a")][..], value), (&[("exported_instance", "another")][..], 77.0)])
}

fn asked(query: &str) -> String {
    format!("query monitoring {query}")
}

/// The boards, a page that stays as it is, and what the panels show.
fn test(share: Numbers, in_use: Numbers) -> Test<'static> {
    let t = holdpoint::test(run).config(config()).command(list(), prints(&boards()));
    t.metrics(PAGE, told(5.0, 100.0, 4.0)).metrics(&asked(SHARE), share).metrics(&asked(IN_USE), in_use)
}

#[test]
fn panels_that_show_what_the_service_says_pass_at_the_first_look() {
    let t = test(shows(0.05), shows(4.0));
    t.expect("DASH-1", Pass, "0.05 of a");
    t.expect("DASH-2", Pass, "4 of a");
    t.expect("DASH-2", Pass, "what backend says, to 5 %");
    assert_eq!(t.calls().len(), 5, "a list, two pages and two questions: {:?}", t.calls());
}

#[test]
fn a_value_that_was_altered_on_the_way_fails_its_row_and_no_other() {
    let t = test(shows(0.5), shows(4.0));
    t.expect("DASH-1", Fail, "0.5 of a, and backend says 0.05");
    t.expect("DASH-2", Pass, "4 of a");
    let t = test(shows(0.05), shows(7.0));
    t.expect("DASH-1", Pass, "0.05 of a");
    t.expect("DASH-2", Fail, "7 of a, and backend says 4");
    for (value, verdict) in
        [(4.19, Pass), (3.81, Pass), (4.21, Fail), (3.79, Fail), (f64::NAN, Fail), (f64::INFINITY, Fail)]
    {
        test(shows(0.05), shows(value)).expect("DASH-2", verdict, " of a");
    }
}

#[test]
fn a_panel_without_data_fails() {
    test(shows(0.05), numbers([])).expect("DASH-2", Fail, "the answer is empty");
    let another = numbers([(&[("exported_instance", "another")][..], 4.0)]);
    test(shows(0.05), another).expect("DASH-2", Fail, "nothing of a");
    let both =
        numbers([(&[("exported_instance", "a")][..], 4.0), (&[("exported_instance", "a"), ("x", "y")][..], 4.0)]);
    test(shows(0.05), both).expect("DASH-2", Fail, "2 series of a, and one is wanted");
    test(shows(0.05), shows(4.0).age(Millis(60_001))).expect("DASH-2", Fail, "60001 ms old");
    test(shows(0.05), failed_numbers("status 400: bad_data")).expect("DASH-2", Fail, "bad_data");
}

#[test]
fn a_panel_that_comes_late_passes_once_it_shows_what_is_said() {
    let t = holdpoint::test(run).config(config()).command(list(), prints(&boards()));
    let t = t.metrics(PAGE, told(5.0, 100.0, 4.0)).metrics(&asked(SHARE), shows(0.05));
    let t =
        t.metrics(&asked(IN_USE), numbers([])).metrics(&asked(IN_USE), shows(9.0)).metrics(&asked(IN_USE), shows(4.0));
    t.expect("DASH-2", Pass, "4 of a");
    let questions = t.calls().iter().filter(|call| **call == asked(SHARE)).count();
    assert_eq!(questions, 1, "what is right is asked no more: {:?}", t.calls());
}

#[test]
fn what_moves_while_it_is_looked_at_may_be_anywhere_between() {
    let moves = |value: f64| {
        let t = holdpoint::test(run).config(config()).command(list(), prints(&boards()));
        let t = t.metrics(PAGE, told(5.0, 100.0, 10.0)).metrics(PAGE, told(5.0, 100.0, 20.0));
        t.metrics(&asked(SHARE), shows(0.05)).metrics(&asked(IN_USE), shows(value))
    };
    moves(15.0).expect("DASH-2", Pass, "15 of a");
    moves(22.0).expect("DASH-2", Fail, "22 of a, and backend says 10 to 20");
}

/// Pages one after the other, of which the last one stays, and what the panels show.
fn over(pages: Vec<Numbers>, share: Vec<Numbers>, in_use: f64) -> Test<'static> {
    let t = holdpoint::test(run).config(config()).command(list(), prints(&boards()));
    let t = pages.into_iter().fold(t, |t, page| t.metrics(PAGE, page));
    share.into_iter().fold(t, |t, share| t.metrics(&asked(SHARE), share)).metrics(&asked(IN_USE), shows(in_use))
}

#[test]
fn a_counter_that_restarts_within_a_look_lets_no_other_number_pass() {
    let pages = || vec![told(5_000.0, 100_000.0, 10.0), told(3.0, 100.0, 1.0)];
    let t = over(pages(), vec![shows(0.04)], 5.0);
    t.expect(
        "DASH-1",
        Inconclusive,
        "0.04 of a, and backend says 0.03; backend of a began anew: errors_total was 5000 and is 3",
    );
    // A level that is between what it was before and after it, too.
    t.expect("DASH-2", Inconclusive, "5 of a, and backend says 1; backend of a began anew");
    assert_eq!(t.calls().iter().filter(|call| **call == asked(SHARE)).count(), 3, "it is looked on: {:?}", t.calls());
    // What shows the new numbers is right, at once or when it has been collected.
    let t = over(pages(), vec![shows(0.05), shows(0.03)], 1.0);
    t.expect("DASH-1", Pass, "0.03 of a");
    t.expect("DASH-2", Pass, "1 of a");
    // It restarts each time, or between two looks.
    let t = over([pages(), pages(), pages()].concat(), vec![shows(0.04)], 5.0);
    t.expect("DASH-1", Inconclusive, "began anew");
    let before = || told(5_000.0, 100_000.0, 10.0);
    let t = over(vec![before(), before(), told(3.0, 100.0, 1.0)], vec![numbers([]), shows(0.04)], 10.0);
    t.expect("DASH-1", Inconclusive, "began anew");
    t.expect("DASH-2", Pass, "10 of a");
}

#[test]
fn counters_that_only_grow_are_compared_as_they_are() {
    let grows = |shown: f64| over(vec![told(5.0, 100.0, 4.0), told(16.0, 200.0, 4.0)], vec![shows(shown)], 4.0);
    grows(0.06).expect("DASH-1", Pass, "0.06 of a");
    grows(0.09).expect("DASH-1", Fail, "0.09 of a, and backend says 0.05 to 0.08");
}

#[test]
fn a_restart_is_known_by_when_the_process_began_and_by_what_a_name_says() {
    let line = |name: &str, kind: MetricKind, value: f64| Family {
        name: name.to_owned(),
        kind,
        samples: vec![Exposed {
            name: name.to_owned(),
            labels: vec![("instance".to_owned(), "a".to_owned())],
            value,
            at: None,
        }],
        ..Family::default()
    };
    let in_use = |value: f64, other: Family| page([line("db_pool_in_use", MetricKind::Gauge, value), other]);
    for (name, kind, before, after, verdict) in [
        ("process_start_time_seconds", MetricKind::Gauge, 1_000.0, 2_000.0, Inconclusive),
        ("process_start_time_seconds", MetricKind::Gauge, 1_000.0, 1_000.5, Pass),
        ("jobs_total", MetricKind::Unknown, 7.0, 6.0, Inconclusive),
        ("jobs_total", MetricKind::Unknown, 7.0, 8.0, Pass),
        ("jobs", MetricKind::Counter, 7.0, 6.0, Inconclusive),
        ("jobs", MetricKind::Unknown, 7.0, 6.0, Pass),
        ("jobs_total", MetricKind::Gauge, 7.0, 6.0, Pass),
    ] {
        let pages = vec![in_use(10.0, line(name, kind, before)), in_use(1.0, line(name, kind, after))];
        over(pages, vec![shows(0.05)], 5.0).expect("DASH-2", verdict, "5 of a");
    }
}

#[test]
fn a_process_that_says_nothing_since_it_began_anew_is_wanted() {
    let (a, b) = (|errors, requests| told(errors, requests, 4.0), of("b", 5.0, 100.0, 4.0));
    let of_b = || numbers([(&[("exported_instance", "b")][..], 0.05)]);
    let t = over(vec![b, a(5_000.0, 100_000.0), a(0.0, 0.0)], vec![of_b()], 4.0);
    t.expect("DASH-1", Inconclusive, "backend says nothing of a since it began anew");
    let t = over(vec![a(5_000.0, 100_000.0), a(0.0, 0.0)], vec![shows(0.05)], 4.0);
    t.expect("DASH-1", Inconclusive, "backend has nothing to show yet");
}

#[test]
fn every_process_that_a_page_showed_is_wanted() {
    let t = |in_use: Numbers| {
        let t = holdpoint::test(run).config(config()).command(list(), prints(&boards()));
        let t = t.metrics(PAGE, told(5.0, 100.0, 4.0)).metrics(PAGE, of("b", 5.0, 100.0, 8.0));
        let share = numbers([(&[("exported_instance", "a")][..], 0.05), (&[("exported_instance", "b")][..], 0.05)]);
        t.metrics(&asked(SHARE), share).metrics(&asked(IN_USE), in_use)
    };
    let both = numbers([(&[("exported_instance", "a")][..], 4.0), (&[("exported_instance", "b")][..], 8.0)]);
    t(both).expect("DASH-2", Pass, "4 of a, 8 of b");
    t(shows(4.0)).expect("DASH-2", Fail, "nothing of b");
}

#[test]
fn a_board_or_a_panel_that_is_not_there_fails() {
    let with = |boards: &Value| {
        let t = holdpoint::test(run).config(config()).command(list(), prints(boards));
        t.metrics(PAGE, told(5.0, 100.0, 4.0)).metrics(&asked(IN_USE), shows(4.0))
    };
    let isolation = || board("Request isolation", &[("Connections", IN_USE)]);
    let t = with(&json!([isolation()]));
    t.expect("DASH-1", Fail, "no board is named `Service health`");
    t.expect("DASH-2", Pass, "4 of a");
    let t = with(&json!([board("Service health", &[("Latency", "x")]), isolation()]));
    t.expect("DASH-1", Fail, "no panel has the title `Errors`");
    let filtered =
        json!({ "title": "Errors", "xyChart": { "dataSets": [{ "timeSeriesQuery": { "timeSeriesFilter": {} } }] } });
    let health = json!({ "displayName": "Service health", "gridLayout": { "widgets": [filtered] } });
    with(&json!([health, isolation()])).expect("DASH-1", Inconclusive, "it asks by no PromQL");
}

#[test]
fn what_could_not_be_asked_or_compared_judges_nothing() {
    let listed = |ends| holdpoint::test(run).config(config()).command(list(), ends);
    listed(denied_command()).expect("DASH-1", Inconclusive, "denied");
    let t = listed(fails(Failure::PermissionDenied, "ERROR: no\n"));
    t.expect("DASH-2", Inconclusive, "permission denied: ERROR: no");
    assert_eq!(t.calls().len(), 1, "nothing else is asked: {:?}", t.calls());
    test(shows(0.05), denied_numbers()).expect("DASH-2", Inconclusive, "denied");
    let paged = |page: Numbers| {
        let t = listed(prints(&boards())).metrics(PAGE, page);
        t.metrics(&asked(SHARE), shows(0.05)).metrics(&asked(IN_USE), shows(4.0))
    };
    paged(failed_numbers("status 503")).expect("DASH-1", Inconclusive, "status 503");
    paged(page([])).expect("DASH-1", Inconclusive, "backend does not tell errors_total");
    let sample = Exposed { name: "errors_total".to_owned(), labels: vec![], value: 5.0, at: None };
    let errors = Family { name: "errors_total".to_owned(), samples: vec![sample], ..Family::default() };
    paged(page([errors])).expect("DASH-1", Inconclusive, "backend does not tell requests_total");
    paged(told(0.0, 0.0, 4.0)).expect("DASH-1", Inconclusive, "backend has nothing to show yet");
}

#[test]
fn what_is_left_of_one_and_a_page_without_labels_are_compared_too() {
    let left = |errors: f64, shown: f64| {
        let mut config = config();
        config["by"] = json!({});
        config["boards"][0]["panels"][0]["rest"] = json!(true);
        let t = holdpoint::test(run).config(config).command(list(), prints(&boards()));
        let t = t.metrics(PAGE, told(errors, 100.0, 4.0));
        t.metrics(&asked(SHARE), numbers([(&[][..], shown)])).metrics(&asked(IN_USE), numbers([(&[][..], 4.0)]))
    };
    let t = left(5.0, 0.95);
    t.expect("DASH-1", Pass, "0.95");
    t.expect("DASH-2", Pass, "4");
    // `within` is of what is taken from one. Of one itself, it would be room for twice as many errors as there are.
    for (errors, shown, verdict) in
        [(5.0, 0.948, Pass), (5.0, 0.947, Fail), (5.0, 0.953, Fail), (0.0, 1.0, Pass), (0.0, 0.96, Fail)]
    {
        left(errors, shown).expect("DASH-1", verdict, &shown.to_string());
    }
}

/// A page of so many instances.
fn many(count: u32) -> Numbers {
    let sample = |number: u32| Exposed {
        name: "db_pool_in_use".to_owned(),
        labels: vec![("instance".to_owned(), number.to_string())],
        value: 4.0,
        at: None,
    };
    let name = "db_pool_in_use".to_owned();
    page([Family { name, samples: (0..count).map(sample).collect(), ..Family::default() }])
}

#[test]
fn what_exceeds_a_bound_judges_nothing() {
    let names: Vec<String> = (0..101).map(|number| number.to_string()).collect();
    let labels: Vec<[(&str, &str); 1]> = names.iter().map(|name| [("exported_instance", name.as_str())]).collect();
    let looked = |page: Numbers| {
        let t = holdpoint::test(run).config(config()).command(list(), prints(&boards())).metrics(PAGE, page);
        let all = numbers(labels.iter().map(|labels| (&labels[..], 4.0)));
        t.metrics(&asked(SHARE), numbers([])).metrics(&asked(IN_USE), all)
    };
    looked(many(100)).expect("DASH-2", Pass, "4 of 0, 4 of 1");
    looked(many(101)).expect("DASH-2", Inconclusive, "db_pool_in_use is of more than 100 processes");
    let long = of(&"x".repeat(501), 0.0, 1.0, 4.0);
    looked(long).expect("DASH-2", Inconclusive, "db_pool_in_use has labels of more than 500 bytes");
}
