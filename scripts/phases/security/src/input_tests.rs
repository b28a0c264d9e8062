//! SEC-6 against scripts.

use holdpoint::prelude::*;
use holdpoint::testing::{Scripted, Test, request};

use crate::tests::test;

/// An operation by its example, which is sent what it takes.
fn input<'a>() -> Test<'a> {
    with(json!({ "also-taken": ["POST /api/x"] }))
}

/// The same with more or other lines.
fn with<'a>(more: Value) -> Test<'a> {
    let mut config = json!({
        "routes": [{ "service": "backend", "path": "/api/x", "method": "POST", "json": { "name": "n" } }],
        "too-large": 1000, "within": "1s",
    });
    for (field, value) in more.as_object().unwrap() {
        config[field] = value.clone();
    }
    test("input", config)
}

fn times<'a>(t: Test<'a>, count: usize, path: &str, answer: &Scripted) -> Test<'a> {
    (0..count).fold(t, |t, _| t.answer(post(path), answer.clone()))
}

fn asked(t: &Test<'_>, call: &str) -> usize {
    t.calls().iter().filter(|known| *known == call).count()
}

#[test]
fn what_is_malformed_is_refused_and_what_is_odd_is_survived() {
    // Seven to refuse, ten to survive, and the one that is as it should be.
    let answers = |refused: Scripted, odd: Scripted, good: Scripted| {
        let t = times(times(input(), 7, "/api/x", &refused), 10, "/api/x", &odd);
        t.answer(post("/api/x"), good)
    };
    let t = answers(status(422), status(200), status(201));
    t.expect("SEC-6", Pass, "so with 7 requests");
    t.expect("SEC-6", Pass, "so with 10 requests");
    answers(status(500), status(200), status(201)).expect("SEC-6", Fail, "JSON that ends too early → 500");
    answers(status(200), status(200), status(201)).expect("SEC-6", Fail, "no JSON at all → 200, taken");
    answers(timeout(), status(200), status(201)).expect("SEC-6", Fail, "no answer within");
    answers(status(422), status(503), status(201)).expect("SEC-6", Fail, "a zero character → 503");
    answers(status(422), status(200), status(422)).expect(
        "SEC-6",
        Inconclusive,
        "what is as it should be is answered 422",
    );
    answers(status(401), status(200), status(201)).expect("SEC-6", Inconclusive, "401, which says nothing of it");
    let unserved = "404: the path is not served as described";
    answers(status(404), status(200), status(201)).expect("SEC-6", Inconclusive, unserved);
    answers(status(422), status(404), status(201)).expect("SEC-6", Inconclusive, unserved);
}

#[test]
fn how_deep_a_body_nests_is_the_bundles_to_say() {
    let nested = |nested: u32| with(json!({ "also-taken": ["POST /api/x"], "nested": nested }));
    let t = times(nested(100), 7, "/api/x", &status(422));
    // It is the last but one that is odd.
    let t = times(t, 8, "/api/x", &status(200)).answer(post("/api/x"), status(500)).answer(post("/api/x"), status(200));
    t.expect("SEC-6", Fail, "100 lists in each other → 500");
    for beyond in [0, 100_001] {
        let why = format!("config.input.nested is {beyond}, and has to be 1 to 100000");
        let t = nested(beyond);
        assert!(t.returned().is_err_and(|error| error.contains(&why)), "{:?}", t.returned());
    }
}

#[test]
fn a_post_that_nobody_takes_back_is_sent_nothing_that_it_should_take() {
    let unnamed = || with(json!({}));
    let t = times(unnamed(), 7, "/api/x", &status(422));
    t.expect("SEC-6", Inconclusive, "name `POST /api/x` in config.input.created, also-taken or skip");
    assert_eq!(asked(&t, "POST backend /api/x"), 7, "{:?}", t.calls());
    assert_eq!(t.checks().len(), 1, "{}", t.shown());
    times(unnamed(), 7, "/api/x", &status(500)).expect("SEC-6", Fail, "JSON that ends too early → 500");
    let put = json!([{ "service": "backend", "path": "/api/x", "method": "PUT", "json": { "name": "n" } }]);
    let t = with(json!({ "routes": put }));
    let t = (0..7).fold(t, |t, _| t.answer(request("PUT", "/api/x"), status(422)));
    t.answer(request("PUT", "/api/x"), status(200)).expect("SEC-6", Pass, "so with 10 requests");
}

#[test]
fn what_was_made_is_taken_away_and_what_stays_is_said() {
    let created = json!({ "POST /api/x": { "id": "/id", "path": "/api/x/{id}" } });
    let made = |answer: Scripted| {
        let t = times(with(json!({ "created": created })), 7, "/api/x", &status(422));
        t.answer(post("/api/x"), answer)
    };
    let delete = || request("DELETE", "/api/x/7");
    let well = || status(201).json(&json!({ "id": 7 }));
    let t = made(well()).answer(delete(), status(204));
    t.expect("SEC-6", Pass, "so with 10 requests");
    assert_eq!(asked(&t, "DELETE backend /api/x/7"), 11, "{:?}", t.calls());
    assert!(t.log().is_empty(), "{}", t.shown());
    let t = made(well()).answer(delete(), status(500));
    assert!(t.log()[0].contains("DELETE backend /api/x/7 → 500; what was made there stays"), "{:?}", t.log());
    for id in [json!({}), json!({ "id": "../me" }), json!({ "id": "" })] {
        let t = made(status(201).json(&id));
        assert!(t.log()[0].contains("POST /api/x has answered without an id at /id; what it made stays"), "{id}");
    }
}

/// A phase that is told this document of operations, all of which it may send what they take.
fn documented<'a>(paths: Value) -> Test<'a> {
    let config = json!({
        "openapi": { "service": "backend", "path": "/openapi.json" },
        "skip": ["POST /api/y"], "also-taken": ["POST /api/x"],
    });
    test("input", config).answer(get("/openapi.json"), ok(json!({ "openapi": "3.1.0", "paths": paths })))
}

fn taking(media: &str, schema: &Value) -> Value {
    json!({ "post": { "requestBody": { "content": { media: { "schema": schema } } } } })
}

#[test]
fn requests_follow_from_the_document_where_there_is_one() {
    let schema = json!({ "type": "object", "required": ["name"], "properties": { "name": { "type": "string", "maxLength": 3 } } });
    for media in ["application/json", "application/json; charset=utf-8", "*/*", "application/hal+json"] {
        let open = json!({ "type": "object" });
        let t = documented(json!({
            "/api/x": taking(media, &schema), "/api/y": taking(media, &open), "/health": { "get": {} },
        }));
        // Eight to refuse, ten to survive.
        let t = times(times(t, 8, "/api/x", &status(422)), 10, "/api/x", &status(400));
        let t = t.answer(post("/api/x"), ok(json!({})));
        t.expect("SEC-6", Pass, "3 operations, of which 1 are tried");
        t.expect("SEC-6", Pass, "so with 8 requests");
    }
}

#[test]
fn a_document_of_which_nothing_can_be_malformed_passes_nothing() {
    let form = documented(json!({ "/api/x": taking("multipart/form-data", &json!({ "type": "object" })) }));
    let seen = "1 operations, of which 0 are tried with what is malformed; their bodies are of multipart/form-data";
    form.expect("SEC-6", Inconclusive, seen);
    documented(json!({ "/health": { "get": {} } })).expect("SEC-6", Inconclusive, "their bodies are of no media type");
    let skipped = documented(json!({ "/api/y": taking("application/json", &json!({ "type": "object" })) }));
    skipped.expect("SEC-6", Inconclusive, "1 operations, of which 0 are tried");
}

/// What is sent in the place of a whole number, and the number.
fn places() -> Vec<String> {
    let long = "a".repeat(3_000);
    ["%F0%9F%98%80", "%27%22%3C%3E%7B%7D%28%29%3B--", long.as_str(), "%ff%fe", "%00", "holdpoint", "1"]
        .map(str::to_owned)
        .into()
}

#[test]
fn what_is_not_found_is_refused_only_where_something_could_be_there() {
    let number = |place: &str| json!([{ "name": "n", "in": place, "required": true, "schema": { "type": "integer" } }]);
    let answered = |path: &str, place: &str, status_code: u16| {
        let template = if place == "path" { format!("{path}{{n}}") } else { "/api/x".to_owned() };
        let t = documented(json!({ template: { "get": { "parameters": number(place) } } }));
        places().into_iter().fold(t, |t, value| t.answer(get(&format!("{path}{value}")), status(status_code)))
    };
    let t = answered("/api/x/", "path", 404);
    t.expect("SEC-6", Pass, "so with 1 requests");
    t.expect("SEC-6", Pass, "so with 4 requests");
    let t = answered("/api/x?n=", "query", 404);
    t.expect("SEC-6", Inconclusive, "what is as it should be is answered 404");
    t.expect("SEC-6", Inconclusive, "n in the query: a zero byte → 404: the path is not served as described");
}
