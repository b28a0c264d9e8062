use holdpoint::prelude::*;
use holdpoint::testing::{Scripted, Test, request};

use crate::run;

const PATH: &str = "/documents/a";
/// What markers begin with in a test.
const RUN: &str = "holdpoint-1767225600000";

fn config() -> Value {
    json!({ "service": "backend", "path": PATH, "json": { "data": ["{marker}"] }, "token": "USER", "writers": 3 })
}

/// What stands there of a version, as this writer has left it.
fn standing(version: &str, writer: u32) -> Scripted {
    ok(json!({ "data": [format!("{RUN}-{writer:02}")] })).header("etag", version)
}

/// What each PUT is answered, in order, and each GET; the last of each stays.
fn test<'a>(puts: &[Scripted], gets: &[Scripted]) -> Test<'a> {
    let t = holdpoint::test(run).service("backend").secret("USER", true).config(config());
    let t = puts.iter().fold(t, |t, put| t.answer(request("PUT", PATH), put.clone()));
    gets.iter().fold(t, |t, answer| t.answer(get(PATH), answer.clone()))
}

/// The first write, three writers of whom the second is taken, and two that are late.
fn puts() -> Vec<Scripted> {
    [201, 412, 200, 412, 412, 412].map(status).into()
}

/// What was written first, and then by the second writer.
fn gets() -> Vec<Scripted> {
    vec![standing("\"1\"", 0), standing("\"2\"", 2)]
}

/// The puts with another answer in one place.
fn puts_with(at: usize, answer: Scripted) -> Vec<Scripted> {
    let mut puts = puts();
    puts[at] = answer;
    puts
}

#[test]
fn one_of_many_is_taken_and_what_is_late_is_refused() {
    let t = test(&puts(), &gets());
    t.expect("WRITE-1", Pass, "so, and what writer 2 wrote stands there");
    assert_eq!(t.checks().len(), 2, "{}", t.shown());
    let asked: Vec<&str> = t.calls().iter().map(|call| &call[..3]).collect();
    assert_eq!(asked, ["PUT", "GET", "PUT", "PUT", "PUT", "GET", "PUT", "PUT", "GET"]);
}

#[test]
fn a_write_that_is_lost_is_found() {
    let t = test(&puts_with(1, status(200)), &gets());
    t.expect("WRITE-1", Fail, "2 were taken, of which all but one are lost");
    assert_eq!(t.checks().len(), 1, "what comes late shows nothing then: {}", t.shown());
    test(&puts_with(1, status(500)), &gets()).expect("WRITE-1", Fail, "writer 1 → 500");
    let another = [standing("\"1\"", 0), standing("\"2\"", 3)];
    test(&puts(), &another).expect("WRITE-1", Fail, "writer 2 was taken, and what another wrote stands there");
}

#[test]
fn a_late_write_that_is_taken_is_found() {
    test(&puts_with(4, status(200)), &gets()).expect("WRITE-1", Fail, "if-match of an old version → taken");
    test(&puts_with(5, status(200)), &gets()).expect("WRITE-1", Fail, "if-none-match of all → taken");
    test(&puts_with(5, status(500)), &gets()).expect("WRITE-1", Fail, "writer 5 → 500");
    test(&puts_with(5, timeout()), &gets()).expect("WRITE-1", Inconclusive, "writer 5 → no answer within");
    let overwritten = [standing("\"1\"", 0), standing("\"2\"", 2), standing("\"3\"", 4)];
    test(&puts(), &overwritten).expect("WRITE-1", Fail, "what another wrote stands there");
}

#[test]
fn what_says_nothing_of_it_passes_nothing() {
    for (at, answer, seen) in [
        (0, status(405), "405 for a write without conditions"),
        (0, refused(), "connection refused"),
        (0, denied(), "denied"),
        (1, status(429), "writer 1 → 429"),
        (1, status(503), "writer 1 → 503"),
        (1, timeout(), "writer 1 → no answer within"),
        (2, status(412), "nobody was taken"),
    ] {
        let t = test(&puts_with(at, answer), &gets());
        let verdict = if seen == "connection refused" { Fail } else { Inconclusive };
        t.expect("WRITE-1", verdict, seen);
    }
    for (first, seen) in [
        (ok(json!({ "data": "of somebody" })), "200, without what was written"),
        (ok(json!({ "data": format!("{RUN}-00") })), "the answer has no etag"),
        (standing("W/\"1\"", 0), "the etag W/\"1\" is weak"),
        (status(404), "404, without what was written"),
    ] {
        test(&puts(), &[first]).expect("WRITE-1", Inconclusive, seen);
    }
    let gone = [standing("\"1\"", 0), status(404)];
    test(&puts(), &gone).expect("WRITE-1", Inconclusive, "404, of nobody");
    let t = test(&puts(), &gets()).secret("USER", false);
    t.expect("WRITE-1", Inconclusive, "not exercised: USER has no real value on this machine");
}

#[test]
fn a_mistake_in_the_configuration_names_the_field() {
    for (field, value, error) in [
        ("path", json!("documents"), "config.path must begin with `/`"),
        ("json", json!({ "data": 1 }), "config.json has no `{marker}`"),
        ("writers", json!(1), "config.writers is 2 to 64, not 1"),
        ("writers", json!(65), "config.writers is 2 to 64, not 65"),
        ("refusals", json!([]), "config.refusals names 1 to 10 statuses"),
        ("refusals", json!(vec![412; 11]), "config.refusals names 1 to 10 statuses"),
        ("refusals", json!([500]), "config.refusals: 500 refuses nobody"),
    ] {
        let mut config = config();
        config[field] = value;
        let t = holdpoint::test(run).service("backend").secret("USER", true).config(config);
        let actual = t.returned().expect_err(error);
        assert!(actual.contains(error), "{actual}");
        assert!(t.calls().is_empty(), "nothing is asked");
    }
}
