//! The phase against scripts; the cases that are pure data lie in `fixtures/`.

use holdpoint::Exit;
use holdpoint::prelude::*;
use holdpoint::testing::{Test, ToolEnds, denied_tool, ends, exits, unstartable};

use super::run;

const URL: &str = "https://app.example.com/";
/// A picture without anything on it.
const PICTURE: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\0IENDsum.";
const DOCUMENT: &str = "<!DOCTYPE html>\n<html><body><h1>Netra</h1><a href=\"/login\">Log in</a></body></html>\n";

/// A request beside the document: its URL, what it is answered with, and whether it failed in the end.
pub(crate) type Asked<'a> = (&'a str, Option<u16>, Option<bool>);

/// The trace of a page that took so many milliseconds. Its last event is the end of the load.
pub(crate) fn trace(url: &str, status: u16, took: f64, asked: &[Asked<'_>]) -> Value {
    let event =
        |name: &str, ts: f64, data: Value| json!({ "name": name, "ts": ts, "args": { "frame": "F", "data": data } });
    let began = 1_000_000.0;
    let mut events = vec![
        event("navigationStart", began, json!({ "navigationId": "D" })),
        event("ResourceSendRequest", began + 1.0, json!({ "requestId": "D", "resourceType": "Document", "url": url })),
        event("ResourceReceiveResponse", began + 1.0, json!({ "requestId": "D", "statusCode": status })),
        event("ResourceFinish", began + 2.0, json!({ "requestId": "D", "didFail": false })),
    ];
    for (number, (url, status, failed)) in asked.iter().enumerate() {
        let id = format!("R{number}");
        events.push(event("ResourceSendRequest", began + 3.0, json!({ "requestId": id, "url": url })));
        if let Some(status) = status {
            events.push(event(
                "ResourceReceiveResponse",
                began + 4.0,
                json!({ "requestId": id, "statusCode": status }),
            ));
        }
        if let Some(failed) = failed {
            events.push(event("ResourceFinish", began + 5.0, json!({ "requestId": id, "didFail": failed })));
        }
    }
    events.push(event("loadEventEnd", began + took * 1_000.0, json!({})));
    json!({ "traceEvents": events, "metadata": {} })
}

/// What the browser writes of a page.
fn wrote(trace: &Value, document: &str) -> Vec<u8> {
    [PICTURE, trace.to_string().as_bytes(), document.as_bytes()].concat()
}

/// A page that is well, after so many milliseconds.
fn well(took: f64) -> ToolEnds {
    exits(0, wrote(&trace(URL, 200, took, &[]), DOCUMENT))
}

fn asks(asked: &[Asked<'_>]) -> ToolEnds {
    exits(0, wrote(&trace(URL, 200, 10.0, asked), DOCUMENT))
}

/// The loads in their order; the last one stays.
fn test<'a>(config: Value, loads: Vec<ToolEnds>) -> Test<'a> {
    let t = holdpoint::test(run).config(config);
    loads.into_iter().fold(t, |t, ends| t.tool(Tool::new("browser").argument(URL), ends))
}

fn once(ends: ToolEnds) -> Test<'static> {
    test(json!({ "url": URL, "times": 1, "shows": ["Log in"] }), vec![ends])
}

#[test]
fn fixtures_come_out_as_they_say() {
    holdpoint::fixtures(run, "fixtures");
}

#[test]
fn a_page_that_is_well_passes_with_its_picture_and_its_numbers() {
    let t = test(json!({ "url": URL, "shows": ["Log  in"] }), vec![well(900.0), well(2_000.5), well(700.0)]);
    t.expect("DASH-4", Pass, "900 ms (900, 2001, 700)");
    t.expect("DASH-4", Pass, "none of 3 fails");
    t.expect("DASH-4", Pass, "none");
    t.expect("DASH-4", Pass, "`Netra Log in`");
    assert_eq!(t.checks().len(), 4, "{}", t.shown());
    assert_eq!(t.checks()[0].evidence, [0, 1, 2, 3, 4, 5]);
    assert_eq!(t.attachments(), ["frontend.png"]);
    assert_eq!((t.measures()[0].name.as_str(), t.measures()[0].value), ("frontend load", 900.0));
    let samples: Vec<f64> = t.samples().iter().map(|sample| sample.value).collect();
    assert_eq!(samples, [900.0, 2_000.5, 700.0]);
    assert_eq!(t.samples()[0].labels["url"], URL);
    assert_eq!(t.calls()[0], format!("exec browser {URL}"));
}

#[test]
fn the_median_counts_and_not_the_slowest() {
    let loads = |times: u32, all: &[f64]| {
        test(json!({ "url": URL, "times": times, "within": "1s" }), all.iter().map(|took| well(*took)).collect())
    };
    loads(3, &[900.0, 9_000.0, 1_000.0]).expect("DASH-4", Pass, "1000 ms");
    loads(3, &[900.0, 1_000.1, 9_000.0]).expect("DASH-4", Fail, "1001 ms");
    loads(2, &[900.0, 1_200.0]).expect("DASH-4", Fail, "1050 ms");
}

#[test]
fn how_often_may_be_the_text_of_an_input() {
    let times = |times: Value| test(json!({ "url": URL, "times": times }), vec![well(10.0)]);
    times(json!("2")).expect("DASH-4", Pass, "10 ms (10, 10)");
    for no_number in [json!("two"), json!(""), json!(-1), json!(1.5), json!(5_000_000_000_u64)] {
        let error = times(no_number.clone()).returned().expect_err("a mistake").to_owned();
        assert!(error.contains("is no whole number"), "{no_number}: {error}");
    }
}

#[test]
fn a_page_that_does_not_come_fails_in_the_words_of_the_browser() {
    let refused = "[1130/034249.6:ERROR:command_handler.cc:403] Page load failed: net::ERR_CONNECTION_REFUSED\n";
    let t = test(json!({ "url": URL }), vec![well(10.0), exits(1, "{\"traceEvents\":[]}").stderr(refused)]);
    t.expect("DASH-4", Fail, "load 2: Page load failed: net::ERR_CONNECTION_REFUSED; load 3: Page load failed");
    assert_eq!(t.checks()[0].evidence, [2, 3, 4, 5]);
    let timed_out = "[1130/034249.6:ERROR:command_handler.cc:409] Page load timed out.\n";
    once(exits(2, "").stderr(timed_out)).expect("DASH-4", Fail, "load 1: Page load timed out.");
    once(exits(0, wrote(&trace(URL, 503, 10.0, &[]), DOCUMENT))).expect("DASH-4", Fail, "is answered with 503");
    let mut endless = trace(URL, 200, 10.0, &[]);
    endless["traceEvents"].as_array_mut().unwrap().pop();
    once(exits(0, wrote(&endless, DOCUMENT))).expect("DASH-4", Fail, "load 1: its load did not end");
}

#[test]
fn what_can_not_be_started_or_read_judges_nothing() {
    for (ends, says) in [
        (denied_tool(), "denied"),
        (unstartable("browser was not started: it is not the pinned program"), "not the pinned program"),
        (ends(Exit::Deadline, ""), "ended at its deadline"),
        (ends(Exit::Signal(6), ""), "ended by signal 6"),
        (ends(Exit::Killed("too many processes".into()), ""), "too many processes"),
        (exits(127, "").stderr("sh: chromium: not found\n"), "exit code 127: sh: chromium: not found"),
        (exits(0, ""), "it has written no trace"),
        (exits(0, "<html>"), "its trace can't be read"),
        (exits(0, "{\"traceEvents\":[]}<html>"), "its trace has no page"),
        (well(10.0).truncated(), "raise `output`"),
    ] {
        let t = once(ends);
        t.expect("DASH-4", Inconclusive, says);
        assert_eq!(t.checks().len(), 1, "{}", t.shown());
    }
    // One that is known beside one that is not is no pass, and a tool that can't be started is not started again.
    let t = test(json!({ "url": URL, "times": 2 }), vec![well(10.0), exits(0, "")]);
    assert_eq!(t.rows()["DASH-4"], Inconclusive, "{}", t.shown());
    assert_eq!(test(json!({ "url": URL }), vec![denied_tool()]).calls().len(), 1);
}

#[test]
fn a_request_of_its_own_that_fails_fails_by_its_address() {
    let t = once(asks(&[
        ("https://app.example.com/app.css?token=a", Some(404), Some(true)),
        ("https://app.example.com/app.js", Some(200), Some(false)),
    ]));
    t.expect("DASH-4", Fail, "https://app.example.com/app.css is answered with 404");
    assert!(!t.shown().contains("token"), "{}", t.shown());
    // The others hold: the page came, threw nothing and shows what it should.
    assert_eq!(t.checks().iter().filter(|check| check.verdict == Pass).count(), 3, "{}", t.shown());
}

#[test]
fn requests_of_others_and_those_that_may_fail_do_not_count() {
    let asked = [
        ("https://cdn.example/x.js", None, Some(true)),
        ("https://app.example.com/auth/session", Some(401), Some(false)),
        ("https://api.example.com/v1", Some(500), Some(false)),
    ];
    let with = |more: Value| {
        let mut config = json!({ "url": URL, "times": 1, "may-fail": ["/auth/session"] });
        config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        test(config, vec![asks(&asked)])
    };
    let t = with(json!({}));
    t.expect("DASH-4", Pass, "none of 1 fails");
    assert!(t.log().iter().any(|line| line.contains("https://cdn.example/x.js is not answered")), "{:?}", t.log());
    with(json!({ "own": ["api.example.com"] })).expect(
        "DASH-4",
        Fail,
        "https://api.example.com/v1 is answered with 500",
    );
    with(json!({ "may-fail": [] })).expect("DASH-4", Fail, "/auth/session is answered with 401");
}

#[test]
fn a_page_that_leads_to_another_host_shows_nothing_of_this_one() {
    let elsewhere = || exits(0, wrote(&trace("https://login.example/start", 200, 10.0, &[]), DOCUMENT));
    let t = once(elsewhere());
    t.expect("DASH-4", Inconclusive, "no request counts, of those to login.example");
    let config = json!({ "url": URL, "times": 1, "own": ["login.example"] });
    let t = test(config, vec![elsewhere()]);
    t.expect("DASH-4", Pass, "none of 1 fails");
    assert_eq!(t.rows()["DASH-4"], Pass, "{}", t.shown());
}

#[test]
fn a_page_that_goes_on_to_another_host_by_itself_shows_nothing_of_this_one() {
    let with = |frame: &str| {
        let mut trace = trace(URL, 200, 10.0, &[]);
        let data = json!({ "requestId": "E", "resourceType": "Document", "url": "https://login.example/start" });
        let asks =
            json!({ "name": "ResourceSendRequest", "ts": 1_020_000.0, "args": { "frame": frame, "data": data } });
        trace["traceEvents"].as_array_mut().unwrap().push(asks);
        once(exits(0, wrote(&trace, DOCUMENT)))
    };
    let t = with("F");
    t.expect("DASH-4", Inconclusive, "the page leads to login.example");
    assert_eq!(t.rows()["DASH-4"], Inconclusive, "{}", t.shown());
    // A frame within the page is a part of it.
    let t = with("inner");
    assert_eq!(t.rows()["DASH-4"], Pass, "{}", t.shown());
}

#[test]
fn an_error_that_nobody_catches_fails() {
    let error =
        "[1130/034248.8:INFO:CONSOLE:1] \"Uncaught TypeError: x\", source: https://app.example.com/app.js (1)\n";
    once(well(10.0).stderr(error)).expect(
        "DASH-4",
        Fail,
        "Uncaught TypeError: x at https://app.example.com/app.js (1)",
    );
    let logged = "[1130/034248.8:INFO:CONSOLE:1] \"something\", source: https://app.example.com/app.js (1)\n";
    assert_eq!(once(well(10.0).stderr(logged)).rows()["DASH-4"], Pass);
}

#[test]
fn a_page_without_what_it_should_show_fails() {
    let shows = |document: &str| exits(0, wrote(&trace(URL, 200, 10.0, &[]), document));
    once(shows("<html><body>Sorry</body></html>")).expect("DASH-4", Fail, "not `Log in`; `Sorry`");
    once(shows("<html><script>'Log in'</script></html>")).expect("DASH-4", Fail, "not `Log in`; no text");
    let any = |document: &str| test(json!({ "url": URL, "times": 1 }), vec![shows(document)]);
    any("<html><body></body></html>").expect("DASH-4", Fail, "no text");
    any("<html><body>x</body></html>").expect("DASH-4", Pass, "`x`");
    // One load of several is enough to fail.
    let t = test(json!({ "url": URL, "times": 2, "shows": ["Log in"] }), vec![shows("<p>Sorry</p>"), well(10.0)]);
    t.expect("DASH-4", Fail, "not `Log in`");
}

#[test]
fn many_findings_are_counted_and_some_are_named() {
    let urls: Vec<String> = (0..12).map(|number| format!("https://app.example.com/{number:02}")).collect();
    let asked: Vec<Asked<'_>> = urls.iter().map(|url| (url.as_str(), Some(500), Some(false))).collect();
    once(asks(&asked)).expect("DASH-4", Fail, "/09 is answered with 500; and 2 more");
}

#[test]
fn a_picture_is_no_condition_and_has_a_bound() {
    let document = trace(URL, 200, 10.0, &[]).to_string() + DOCUMENT;
    let without = once(exits(0, document.clone()));
    assert_eq!((without.rows()["DASH-4"], without.attachments().len()), (Pass, 0));
    let size = 3_u32 << 20;
    let mut large = PICTURE[..8].to_vec();
    large.extend(size.to_be_bytes());
    large.extend(b"IDAT");
    large.resize(large.len() + 4 + (3 << 20), 0);
    large.extend(&PICTURE[8..]);
    large.extend(document.as_bytes());
    let t = once(exits(0, large));
    assert_eq!((t.rows()["DASH-4"], t.attachments().len()), (Pass, 0));
    assert!(t.log().iter().any(|line| line.contains("at most 2097152 are kept")), "{:?}", t.log());
}

#[test]
fn a_mistake_in_the_configuration_names_the_field() {
    let many: Vec<String> = (0..51).map(|number| number.to_string()).collect();
    for (field, value, error) in [
        ("url", json!("app.example.com"), "config.url `app.example.com` is no URL"),
        ("url", json!("file:///etc/passwd"), "must begin with https:// or http://"),
        ("url", json!("https://me:word@app.example.com/"), "a name or a password"),
        ("times", json!(0), "config.times is 1 to 20, not 0"),
        ("times", json!(21), "config.times is 1 to 20, not 21"),
        ("within", json!(0), "config.within is more than nothing"),
        ("shows", json!(many), "config.shows names 51, of at most 50"),
        ("own", json!([" "]), "config.own names nothing"),
        ("may-fail", json!(["auth"]), "config.may-fail: `auth` must begin with `/`"),
        ("socket", json!("/ws"), "unknown field `socket`"),
    ] {
        let mut config = json!({ "url": URL });
        config[field] = value;
        let t = test(config, vec![]);
        let actual = t.returned().expect_err(error);
        assert!(actual.contains(error), "{actual}");
    }
}
