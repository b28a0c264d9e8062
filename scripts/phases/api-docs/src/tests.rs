use holdpoint::prelude::*;
use holdpoint::testing::{Scripted, Test, request};

use crate::{listed, run};

const NOTHING: &str = "/holdpoint-no-such-path";

fn document() -> Value {
    let described = |status: &str| json!({ "responses": { status: { "description": "d" } } });
    let mut secured = described("200");
    secured["security"] = json!([{ "bearer": [] }]);
    json!({
        "openapi": "3.0.3", "info": { "title": "t", "version": "1" },
        "paths": {
            "/health": { "get": described("200") },
            "/me": { "get": secured },
            "/files": { "post": described("201") },
            "/files/{id}": { "parameters": [{ "name": "id", "in": "path" }], "get": described("200") },
        },
    })
}

fn config() -> Value {
    json!({ "service": "backend", "page": "/docs", "routes": ["/me", "/files/{file}"], "parameters": { "id": "seven" } })
}

fn test<'a>(document: Scripted, health: Scripted, files: Scripted) -> Test<'a> {
    holdpoint::test(run)
        .service("backend")
        .config(config())
        .answer(get("/openapi.json"), document)
        .answer(get(NOTHING), status(404))
        .answer(request("OPTIONS", NOTHING), status(404))
        .answer(get("/health"), health)
        .answer(get("/me"), status(401))
        .answer(request("OPTIONS", "/files"), files)
        .answer(request("OPTIONS", "/files/seven"), status(405))
        .answer(get("/docs"), status(200).header("content-type", "text/html; charset=utf-8"))
}

fn well<'a>() -> Test<'a> {
    test(ok(document()), ok(json!({})), status(405))
}

fn failed(t: &Test<'_>) -> Vec<String> {
    t.checks().iter().filter(|check| check.verdict == Fail).map(|check| check.name.clone()).collect()
}

#[test]
fn a_description_that_says_what_is_served_passes() {
    let t = well();
    t.expect("BIZ-6", Pass, "version 3.0.3 with 4 paths");
    t.expect("BIZ-6", Pass, "so with 2 by GET and 2 by OPTIONS");
    t.expect("BIZ-6", Pass, "all of them");
    t.expect("BIZ-6", Pass, "200 with text/html");
    let first: Vec<&str> = t.calls()[1..3].iter().map(String::as_str).collect();
    assert_eq!(first, [format!("GET backend {NOTHING}"), format!("OPTIONS backend {NOTHING}")]);
    assert!(t.calls().iter().all(|call| call.starts_with("GET ") || call.starts_with("OPTIONS ")), "{:?}", t.calls());
}

#[test]
fn a_description_that_is_not_there_or_unsound_fails_and_no_path_is_asked_for() {
    let mut without = document();
    without["paths"] = json!({});
    for (answer, seen) in [
        (status(404), "404"),
        (text("<!doctype html>"), "no JSON"),
        (ok(without), "no paths"),
        (timeout(), "no answer within"),
    ] {
        let t = test(answer, ok(json!({})), status(405));
        t.expect("BIZ-6", Fail, seen);
        let page = ["GET backend /docs", "GET backend /holdpoint-no-such-path"];
        assert_eq!(t.calls(), [&["GET backend /openapi.json"][..], &page].concat());
    }
}

#[test]
fn a_path_that_nothing_answers_as_it_is_described_fails() {
    for (health, files, seen) in [
        (status(404), status(405), "GET /health answers 404, described are 200"),
        (status(204), status(405), "GET /health answers 204, described are 200"),
        (status(401), status(405), "GET /health answers 401, described are 200"),
        (refused(), status(405), "/health: connection refused"),
        (status(200), status(404), "OPTIONS /files answers 404"),
        (status(200), status(500), "OPTIONS /files answers 500"),
    ] {
        let t = test(ok(document()), health, files);
        t.expect("BIZ-6", Fail, seen);
        assert_eq!(failed(&t), ["what is described is served"]);
    }
}

#[test]
fn a_route_that_is_not_described_fails() {
    let mut less = document();
    less["paths"].as_object_mut().unwrap().remove("/me");
    let t = test(ok(less), ok(json!({})), status(405));
    t.expect("BIZ-6", Fail, "not described: /me");
    assert_eq!(failed(&t), ["what is served is described"]);
}

#[test]
fn a_page_that_is_none_fails() {
    let t = well().answer(get("/docs").on("backend"), ok(json!({})));
    t.expect("BIZ-6", Fail, "200 with application/json");
    assert_eq!(failed(&t), ["GET backend /docs shows a page"]);
}

/// A phase against a service that answers for whatever is not there, and for its page, with these.
fn with_everything<'a>(nothing: fn() -> Scripted, page: Scripted) -> Test<'a> {
    let t = well().answer(get(NOTHING).on("backend"), nothing());
    t.answer(request("OPTIONS", NOTHING).on("backend"), nothing()).answer(get("/docs").on("backend"), page)
}

#[test]
fn what_a_service_answers_for_everything_shows_nothing() {
    let page = |text: &str| status(200).header("content-type", "text/html").body(text);
    let shell = || status(200).header("content-type", "text/html").body("<main></main>");
    let t = with_everything(shell, page("<main></main>"));
    t.expect("BIZ-6", Inconclusive, "GET /health answers 200, and so does /holdpoint-no-such-path");
    t.expect("BIZ-6", Inconclusive, "200 with text/html, and /holdpoint-no-such-path is answered with the same");
    // The page is another, and paths are told apart by their statuses.
    let t = with_everything(|| status(204), page("<h1>API</h1>"));
    t.expect("BIZ-6", Pass, "200 with text/html");
    let t = with_everything(|| status(405), page("<h1>API</h1>"));
    t.expect(
        "BIZ-6",
        Inconclusive,
        "OPTIONS /files answers 405, and so does /holdpoint-no-such-path; OPTIONS /files/{id}",
    );
    let t = with_everything(denied, page("<h1>API</h1>"));
    t.expect("BIZ-6", Inconclusive, "/holdpoint-no-such-path: denied");
}

#[test]
fn a_path_that_answers_404_shows_nothing_though_it_is_described() {
    let mut described = document();
    described["paths"]["/health"]["get"]["responses"]["404"] = json!({ "description": "d" });
    let t = test(ok(described), status(404), status(405));
    t.expect("BIZ-6", Inconclusive, "GET /health answers 404, as what is not there does; name it in `unasked`");
}

#[test]
fn what_is_left_out_is_not_asked_for_and_a_denial_says_nothing() {
    let mut config = config();
    config["unasked"] = json!(["/health"]);
    let t = test(ok(document()), status(500), status(405)).config(config);
    t.expect("BIZ-6", Pass, "so with 1 by GET and 2 by OPTIONS");
    test(ok(document()), denied(), status(405)).expect("BIZ-6", Inconclusive, "denied");
}

#[test]
fn a_mistake_in_the_configuration_names_the_field() {
    for (field, value, error) in [
        ("path", json!("openapi.json"), "config.path must begin with `/`"),
        ("page", json!("docs"), "config.page must begin with `/`"),
        ("routes", json!(["me"]), "config.routes: `me` must begin with `/`"),
        ("unasked", json!(vec!["/x"; 501]), "config.unasked has 501 paths, of at most 500"),
        ("parameters", json!({ "id": "../x" }), "config.parameters.id: `../x` is no part of a path"),
    ] {
        let mut config = config();
        config[field] = value;
        let t = holdpoint::test(run).service("backend").config(config);
        let actual = t.returned().expect_err(error);
        assert!(actual.contains(error), "{actual}");
    }
}

#[test]
fn of_many_the_first_are_listed() {
    let many: Vec<String> = (0..12).map(|number| number.to_string()).collect();
    assert!(listed(&many).ends_with("8; 9; and 2 more"), "{}", listed(&many));
}
