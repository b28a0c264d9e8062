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
fn standing(version: &str, writer: &str) -> Scripted {
    ok(json!({ "data": [format!("{RUN} {writer}.")] })).header("etag", version)
}

/// What each PUT is answered, in order, and each GET; the last of each stays.
fn test<'a>(puts: &[Scripted], gets: &[Scripted]) -> Test<'a> {
    let t = holdpoint::test(run).service("backend").secret("USER", true).repeatable().config(config());
    let t = puts.iter().fold(t, |t, put| t.answer(request("PUT", PATH), put.clone()));
    gets.iter().fold(t, |t, answer| t.answer(get(PATH), answer.clone()))
}

/// The first write, the next and two that are late; then the start and three writers, of whom the second is taken.
fn puts() -> Vec<Scripted> {
    [201, 200, 412, 412, 200, 412, 200, 412].map(status).into()
}

/// What stands there after the first, the next, the start and the second writer.
fn gets() -> Vec<Scripted> {
    [("\"1\"", "the first"), ("\"2\"", "the next"), ("\"3\"", "the start"), ("\"4\"", "writer 2")]
        .map(|(version, writer)| standing(version, writer))
        .into()
}

/// With another answer in one place.
fn with(mut answers: Vec<Scripted>, at: usize, answer: Scripted) -> Vec<Scripted> {
    answers[at] = answer;
    answers
}

#[test]
fn one_of_many_is_taken_and_what_is_late_is_refused() {
    let t = test(&puts(), &gets());
    t.expect("WRITE-1", Pass, "so, and what the next wrote stands there");
    t.expect("WRITE-2", Pass, "so, and what writer 2 wrote stands there");
    let asked: Vec<&str> =
        t.calls().iter().map(|call| &call[..3]).filter(|method| ["GET", "PUT"].contains(method)).collect();
    assert_eq!(asked, ["PUT", "GET", "PUT", "PUT", "PUT", "GET", "PUT", "GET", "PUT", "PUT", "PUT", "GET"]);
}

#[test]
fn a_late_write_that_is_taken_is_found() {
    for (at, answer, verdict, seen) in [
        (2, status(200), Fail, "if-match → taken"),
        (3, status(200), Fail, "if-none-match → taken"),
        (3, status(500), Fail, "if-none-match → 500"),
        (3, status(503), Inconclusive, "if-none-match → 503"),
        (3, timeout(), Inconclusive, "if-none-match → no answer within"),
        (1, status(412), Inconclusive, "412 for a write that is based on what stands there"),
        (0, status(405), Inconclusive, "405 for a write without conditions"),
        (0, denied(), Inconclusive, "denied"),
    ] {
        test(&with(puts(), at, answer), &gets()).expect("WRITE-1", verdict, seen);
    }
    let overwritten = with(gets(), 1, standing("\"3\"", "if-match"));
    test(&puts(), &overwritten).expect("WRITE-1", Fail, "the next was taken, and what another wrote stands there");
    let gone = with(gets(), 1, status(404));
    test(&puts(), &gone).expect("WRITE-1", Inconclusive, "404, of nobody");
}

#[test]
fn a_write_that_is_lost_is_found() {
    for (at, answer, verdict, seen) in [
        (5, status(200), Fail, "2 were taken, of which all but one are lost"),
        (5, status(500), Fail, "writer 1 → 500"),
        (5, status(429), Inconclusive, "writer 1 → 429"),
        (5, timeout(), Inconclusive, "writer 1 → no answer within"),
        (6, status(412), Inconclusive, "nobody was taken"),
        (4, status(405), Inconclusive, "405 for a write without conditions"),
    ] {
        let t = test(&with(puts(), at, answer), &gets());
        t.expect("WRITE-2", verdict, seen);
        t.expect("WRITE-1", Pass, "so, and what the next wrote stands there");
    }
    let another = with(gets(), 3, standing("\"4\"", "writer 3"));
    test(&puts(), &another).expect("WRITE-2", Fail, "writer 2 was taken, and what another wrote stands there");
}

#[test]
fn what_has_no_version_says_nothing() {
    for (first, seen) in [
        (ok(json!({ "data": "of somebody" })), "200, without what was written"),
        (ok(json!({ "data": format!("{RUN} the first.") })), "the answer has no etag"),
        (standing("W/\"1\"", "the first"), "the etag W/\"1\" is weak"),
        (status(404), "404, without what was written"),
    ] {
        test(&puts(), &with(gets(), 0, first)).expect("WRITE-1", Inconclusive, seen);
    }
    for row in ["WRITE-1", "WRITE-2"] {
        let t = test(&puts(), &gets()).secret("USER", false);
        t.expect(row, Inconclusive, "not exercised: USER has no real value on this machine");
    }
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
