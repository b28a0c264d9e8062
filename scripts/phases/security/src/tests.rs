//! The phase against scripts; the cases that are pure data lie in `fixtures/`, those of SEC-6 in `input_tests`.

use holdpoint::Time;
use holdpoint::prelude::*;
use holdpoint::testing::{Scripted, Test, request};

use super::run;
use crate::owned::MARKER;

/// When a certificate ends that holds for about a year: a test begins with 2026.
const NEXT_YEAR: Time = Time(1_798_761_600_000.0);

pub(super) fn test<'a>(section: &str, config: Value) -> Test<'a> {
    let tokens = json!({ "user": "USER", "other": "OTHER", "expired": "EXPIRED" });
    holdpoint::test(run)
        .service("backend")
        .secret("USER", true)
        .secret("OTHER", true)
        .secret("EXPIRED", true)
        .config(json!({ "tokens": tokens, section: config }))
}

fn secure() -> Scripted {
    ok(json!({})).tls("TLSv1.3", NEXT_YEAR).header("strict-transport-security", "max-age=31536000")
}

fn moved(location: &str) -> Scripted {
    status(308).header("location", location)
}

fn https<'a>(without: Scripted, with: Scripted) -> Test<'a> {
    test("https", json!({ "hosts": ["app.example.com"] }))
        .answer(get("http://app.example.com/"), without)
        .answer(get("https://app.example.com/"), with)
}

#[test]
fn fixtures_come_out_as_they_say() {
    holdpoint::fixtures(run, "fixtures");
}

#[test]
fn who_comes_without_tls_is_led_to_it_and_nowhere_else() {
    https(moved("https://app.example.com/"), secure()).expect("SEC-1", Pass, "308 to https://app.example.com");
    for (without, seen) in [
        (ok(json!({ "status": "healthy" })), "200: {\"status\":\"healthy\"}"),
        (moved("http://app.example.com/login"), "308 to http://app.example.com"),
        (moved("https://evil.example/"), "308 to https://evil.example"),
        (moved("/login"), "308 to http://app.example.com"),
        (status(308), "308 without a location"),
        (refused(), "connection refused"),
    ] {
        https(without, secure()).expect("SEC-1", Fail, seen);
    }
    https(denied(), secure()).expect("SEC-1", Inconclusive, "denied");
}

#[test]
fn a_certificate_holds_long_enough_and_browsers_remember() {
    let led = || moved("https://app.example.com/");
    let soon = ok(json!({})).tls("TLSv1.3", Time(1_767_225_600_000.0 + 86_400_000.0));
    https(led(), soon).expect("SEC-1", Fail, "it holds for 1.0 days");
    https(led(), ok(json!({})).tls("TLSv1.3", NEXT_YEAR)).expect("SEC-1", Fail, "no such header");
    let short = ok(json!({})).tls("TLSv1.3", NEXT_YEAR).header("strict-transport-security", "max-age=60");
    https(led(), short).expect("SEC-1", Fail, "max-age=60");
    https(led(), refused()).expect("SEC-1", Fail, "connection refused");
}

#[test]
fn the_version_of_tls_is_shown_and_judges_nothing() {
    let t = https(moved("https://app.example.com/"), secure());
    let shown: Vec<_> = t.checks().iter().filter(|check| check.requirements.is_empty()).collect();
    assert_eq!(shown.len(), 1, "{}", t.shown());
    assert_eq!(shown[0].observed, "TLSv1.3; versions older than TLSv1.2 are not tried");
}

#[test]
fn hsts_is_the_platforms_where_it_ends_tls() {
    let t = test("https", json!({ "hosts": ["netra-x.a.run.app"], "services": ["backend"], "without": "refused" }))
        .answer(get("http://netra-x.a.run.app/"), refused())
        .answer(get("https://netra-x.a.run.app/"), ok(json!({})).tls("TLSv1.2", NEXT_YEAR))
        .answer(get("/"), ok(json!({})).tls("TLSv1.3", NEXT_YEAR));
    t.expect("SEC-1", Pass, "connection refused");
    let shown: Vec<&str> =
        t.checks().iter().filter(|check| check.verdict == Fail).map(|check| check.name.as_str()).collect();
    assert_eq!(shown.len(), 2, "they are shown and judge nothing: {}", t.shown());
}

fn authentication<'a>(answers: &[Scripted]) -> Test<'a> {
    let routes = json!({ "routes": [{ "service": "backend", "path": "/api/me" }] });
    answers.iter().fold(test("authentication", routes), |t, answer| t.answer(get("/api/me"), answer.clone()))
}

/// Seven bad tokens are refused, and the user is let in.
fn well_guarded() -> Vec<Scripted> {
    let mut answers = vec![status(401); 7];
    answers.push(ok(json!({ "id": "user" })));
    answers
}

#[test]
fn a_route_refuses_every_bad_token_and_lets_its_user_in() {
    let t = authentication(&well_guarded());
    t.expect("SEC-2", Pass, "a forged token, a made-up password, an expired token");
    assert_eq!(t.checks().len(), 2, "{}", t.shown());
}

#[test]
fn each_bad_token_that_is_taken_is_named() {
    let kinds = [
        "no token",
        "a word",
        "no scheme",
        "an unsigned token",
        "a forged token",
        "a made-up password",
        "an expired token",
    ];
    for (at, kind) in kinds.iter().enumerate() {
        let mut answers = well_guarded();
        answers[at] = ok(json!({ "id": "user" }));
        authentication(&answers).expect("SEC-2", Fail, &format!("{kind} → 200"));
    }
    let mut answers = well_guarded();
    for open in [302, 404, 500] {
        answers[1] = status(open);
        authentication(&answers).expect("SEC-2", Fail, &format!("a word → {open}"));
    }
}

#[test]
fn who_is_not_answered_was_neither_let_in_nor_refused() {
    for (away, seen) in [
        (status(429), "a word → 429"),
        (status(502), "a word → 502"),
        (status(504), "a word → 504"),
        (timeout(), "a word → no answer within"),
        (refused(), "a word → connection refused"),
        (denied(), "a word → denied"),
    ] {
        let mut answers = well_guarded();
        answers[1] = away;
        authentication(&answers).expect("SEC-2", Inconclusive, seen);
    }
}

#[test]
fn a_route_that_refuses_everybody_proves_nothing() {
    authentication(&vec![status(401); 8]).expect("SEC-2", Inconclusive, "401 for a user's own token");
}

#[test]
fn a_control_that_is_not_let_in_proves_nothing() {
    for away in [302, 404, 429] {
        let mut answers = well_guarded();
        answers[7] = status(away);
        authentication(&answers).expect("SEC-2", Inconclusive, &format!("{away} for a user's own token"));
    }
    let mut answers = well_guarded();
    answers[7] = status(500);
    authentication(&answers).expect("SEC-2", Fail, "500");
}

#[test]
fn tokens_that_nobody_has_leave_their_row_open() {
    let config = json!({ "authentication": { "routes": [{ "service": "backend", "path": "/api/me" }] } });
    let t = holdpoint::test(run).service("backend").config(config).answer(get("/api/me"), status(401));
    t.expect("SEC-2", Inconclusive, "not exercised: config.tokens.expired names no secret");
    t.expect("SEC-2", Inconclusive, "not exercised: config.tokens.user names no secret");
    let t = authentication(&well_guarded()).secret("USER", false);
    t.expect("SEC-2", Inconclusive, "USER has no real value on this machine; give it one");
    // One bad token less.
    let t = authentication(&well_guarded()[1..]).secret("EXPIRED", false);
    t.expect("SEC-2", Inconclusive, "EXPIRED has no real value on this machine");
}

#[test]
fn where_tokens_never_expire_none_that_has_expired_is_tried() {
    let with = |tokens: Value| {
        let routes = json!({ "routes": [{ "service": "backend", "path": "/api/me" }] });
        let t = holdpoint::test(run).service("backend").secret("USER", true).secret("EXPIRED", true);
        let t = t.config(json!({ "tokens": tokens, "authentication": routes }));
        // One bad token less.
        well_guarded()[1..].iter().fold(t, |t, answer| t.answer(get("/api/me"), answer.clone()))
    };
    let t = with(json!({ "user": "USER", "never-expire": true }));
    t.expect(
        "SEC-2",
        Pass,
        "so with no token, a word, no scheme, an unsigned token, a forged token, a made-up password",
    );
    assert_eq!(t.checks().len(), 2, "{}", t.shown());
    let t = with(json!({ "user": "USER", "expired": "EXPIRED", "never-expire": true }));
    let why = "config.tokens: where tokens never-expire there is none that has expired";
    assert!(t.returned().is_err_and(|error| error.contains(why)), "{:?}", t.returned());
}

/// What a user has made and reads, what another is answered for it, and what becomes of both at the end.
fn owned<'a>(control: Scripted, own: Scripted, others: Scripted, deleted: Scripted) -> Test<'a> {
    let owned = json!([{
        "service": "backend", "read": "/api/agents/{id}", "id": "/id", "delete": true,
        "write": { "method": "POST", "path": "/api/agents", "json": { "name": "{marker}" } },
    }]);
    let routes = json!([{ "service": "backend", "path": "/api/me" }]);
    let config = json!({ "routes": routes, "owned": owned });
    let t = test("authentication", config)
        .answer(post("/api/agents"), status(201).json(&json!({ "id": 7 })))
        .answer(get("/api/agents/7"), own)
        .answer(get("/api/agents/7"), others)
        .answer(request("DELETE", "/api/agents/7"), deleted);
    // The other is let in after the bad tokens and the user.
    let t = well_guarded().into_iter().fold(t, |t, answer| t.answer(get("/api/me"), answer));
    t.answer(get("/api/me"), control)
}

#[test]
fn what_one_user_writes_no_other_reads() {
    let mine = || ok(json!({ "name": MARKER }));
    let well = |own, others| owned(ok(json!({})), own, others, status(204));
    let t = well(mine(), status(404));
    t.expect("SEC-2", Pass, "404 for the other");
    assert_eq!(t.calls().last().unwrap(), "DELETE backend /api/agents/7");
    assert!(t.log().is_empty(), "{}", t.shown());
    well(mine(), ok(json!({ "name": "of the other" }))).expect("SEC-2", Pass, "200 for the other");
    well(mine(), mine()).expect("SEC-2", Fail, "200, with what the first has written");
    well(mine(), status(500)).expect("SEC-2", Fail, "500");
    well(ok(json!({})), status(404)).expect("SEC-2", Inconclusive, "its owner does not read it back");
    for nothing in [302, 400, 401, 429] {
        let seen = format!("{nothing} for the other, which says nothing of it");
        well(mine(), status(nothing)).expect("SEC-2", Inconclusive, &seen);
    }
}

#[test]
fn a_token_of_the_other_that_is_let_in_nowhere_proves_nothing() {
    let with = |control| owned(control, ok(json!({ "name": MARKER })), status(404), status(204));
    let t = with(status(401));
    t.expect("SEC-2", Inconclusive, "config.tokens.other is refused: GET backend /api/me → 401");
    assert!(!t.calls().contains(&"POST backend /api/agents".to_owned()), "nothing is written: {:?}", t.calls());
    with(status(302)).expect("SEC-2", Inconclusive, "config.tokens.other is refused");
    with(timeout()).expect("SEC-2", Inconclusive, "nothing shows that config.tokens.other is good");
    let t = with(ok(json!({}))).secret("OTHER", false);
    t.expect("SEC-2", Inconclusive, "OTHER has no real value on this machine");
    let elsewhere = json!({
        "routes": [{ "service": "auth", "path": "/api/me" }],
        "owned": [{
            "service": "backend", "read": "/api/state/a",
            "write": { "method": "PUT", "path": "/api/state/a", "json": { "value": "{marker}" } },
        }],
    });
    let t = test("authentication", elsewhere).service("auth");
    let t = well_guarded().into_iter().fold(t, |t, answer| t.answer(get("/api/me"), answer));
    t.expect("SEC-2", Inconclusive, "no route of config.authentication.routes reads from this service");
}

#[test]
fn what_can_not_be_taken_away_is_said() {
    let with = |deleted| owned(ok(json!({})), ok(json!({ "name": MARKER })), status(404), deleted);
    for gone in [status(200), status(404), status(410)] {
        assert!(with(gone).log().is_empty(), "it is gone");
    }
    for (stays, seen) in [(status(405), "405"), (status(302), "302"), (refused(), "connection refused")] {
        let t = with(stays);
        t.expect("SEC-2", Pass, "404 for the other");
        let said = format!("Warn: DELETE backend /api/agents/7 → {seen}; what was made there stays");
        assert_eq!(t.log(), [said]);
    }
}

/// A preflight and an answer that allow `origin`.
fn allows(origin: &str) -> Scripted {
    status(204)
        .header("access-control-allow-origin", origin)
        .header("access-control-allow-methods", "GET, PUT")
        .header("access-control-allow-headers", "Authorization, Content-Type")
}

const APP: &str = "https://app.example.com";

/// The first answer of each kind is for the page, all others are for hostile origins.
fn cors<'a>(page: [Scripted; 2], hostile: [Scripted; 2]) -> Test<'a> {
    let config = json!({ "allowed": [APP], "routes": [{ "service": "backend", "path": "/api/x", "method": "PUT" }] });
    let [asked, actual] = page;
    let [asked_by_others, actual_of_others] = hostile;
    test("cors", config)
        .answer(request("OPTIONS", "/api/x"), asked)
        .answer(request("OPTIONS", "/api/x"), asked_by_others)
        .answer(get("/api/x"), actual)
        .answer(get("/api/x"), actual_of_others)
}

#[test]
fn pages_of_the_team_may_read_and_nobody_else_does() {
    let none = || [status(204), status(401)];
    cors([allows(APP), allows(APP)], none()).expect("SEC-3", Pass, "so for http://app.example.com");
    for (page, seen) in [
        ([status(405), allows(APP)], "the preflight answers 405"),
        ([status(204), allows(APP)], "access-control-allow-origin: not there"),
        ([allows("https://other.example.com"), allows(APP)], "access-control-allow-origin: https://other.example.com"),
        ([status(200).header("access-control-allow-origin", APP), allows(APP)], "it allows the methods none"),
        ([allows(APP), status(200)], "access-control-allow-origin: not there"),
    ] {
        cors(page, none()).expect("SEC-3", Fail, seen);
    }
}

#[test]
fn a_reflected_origin_and_a_wildcard_are_access_for_all() {
    let page = || [allows(APP), allows(APP)];
    let open = |origin: &str| status(200).header("access-control-allow-origin", origin);
    let with_cookies = open("*").header("access-control-allow-credentials", "true");
    cors(page(), [status(204), with_cookies]).expect("SEC-3", Fail, "any origin with cookies");
    cors(page(), [open("*"), status(401)]).expect("SEC-3", Fail, "any origin");
    cors(page(), [status(204), open("null")]).expect("SEC-3", Fail, "null (GET) → its own origin");
    cors(page(), [open("https://evil.example"), status(401)]).expect("SEC-3", Fail, "https://evil.example (OPTIONS)");
    cors(page(), [denied(), status(401)]).expect("SEC-3", Inconclusive, "denied");
}

/// A route that says something of pages to users alone: what it answers without a token, and then with one.
fn shy<'a>(method: &str, without: Scripted, with: Scripted) -> Test<'a> {
    let route = json!({ "service": "backend", "path": "/api/x", "method": method });
    test("cors", json!({ "allowed": [APP], "routes": [route] }))
        .answer(request("OPTIONS", "/api/x"), allows(APP))
        .answer(request("OPTIONS", "/api/x"), status(204))
        .answer(get("/api/x"), without)
        .answer(get("/api/x"), with)
        .answer(get("/api/x"), status(401))
}

#[test]
fn who_is_refused_before_pages_are_thought_of_asks_as_the_user() {
    shy("PUT", status(401), allows(APP)).expect("SEC-3", Pass, "204, allowed");
    shy("GET", status(401), allows(APP)).expect("SEC-3", Pass, "204, allowed");
    shy("PUT", status(401), status(405)).expect("SEC-3", Inconclusive, "405, access-control-allow-origin: not there");
    shy("PUT", status(401), status(200)).expect("SEC-3", Fail, "200, access-control-allow-origin: not there");
    shy("GET", status(401), status(403)).expect("SEC-3", Fail, "403, access-control-allow-origin: not there");
    let t = shy("GET", status(401), allows(APP)).secret("USER", false);
    t.expect("SEC-3", Inconclusive, "name a route that answers the user of config.tokens with GET");
}

#[test]
fn a_hostile_page_that_is_not_answered_was_not_refused() {
    let page = || [allows(APP), allows(APP)];
    cors(page(), [status(429), status(401)]).expect("SEC-3", Inconclusive, "(OPTIONS) → 429, which says nothing of it");
    cors(page(), [status(503), status(401)]).expect("SEC-3", Inconclusive, "(OPTIONS) → 503");
    cors(page(), [status(204), status(500)]).expect("SEC-3", Inconclusive, "(GET) → 500");
    let open = status(500).header("access-control-allow-origin", "*");
    cors(page(), [open, status(401)]).expect("SEC-3", Fail, "any origin");
}

fn leaks<'a>(page: Scripted) -> Test<'a> {
    let config = json!({
        "secrets": ["API_KEY"], "probes": ["/.env"], "public": ["AKIAIOSFODNN7PUBLICK"],
        "pages": [{ "service": "backend", "path": "/" }], "issue-tokens": [{ "service": "backend", "path": "/.env" }],
    });
    test("leaks", config).secret("API_KEY", true).answer(get("/"), page).answer(get("/.env"), ok(json!({})))
}

#[test]
fn known_values_and_shapes_are_found_wherever_they_stand() {
    leaks(ok(json!({ "public": "AKIAIOSFODNN7PUBLICK" }))).expect("SEC-4", Pass, "none in 2 answers");
    let cases = [
        (
            status(500).body("secret.API_KEY").replaced("secret.API_KEY", "base64"),
            "secret.API_KEY (base64) in the body",
        ),
        (status(200).header("x-debug", "secret.API_KEY").replaced("secret.API_KEY", "plain"), "in x-debug"),
        (status(200).header("set-cookie", "k=secret.API_KEY").replaced("secret.API_KEY", "plain"), "in set-cookie"),
        (ok(json!({ "sid": "session.0" })).replaced("session.0", "plain"), "session.0 (plain) in the body"),
        (ok(json!({ "key": "AKIAIOSFODNN7EXAMPLE" })), "GET backend / → an access key of AWS (AKIA…, 20 characters)"),
    ];
    for (page, seen) in cases {
        leaks(page).expect("SEC-4", Fail, seen);
    }
    let session = status(200).header("set-cookie", "sid=session.0").replaced("session.0", "plain");
    leaks(session).expect("SEC-4", Pass, "none in 2 answers");
}

#[test]
fn who_can_not_look_does_not_say_that_all_is_well() {
    leaks(refused()).expect("SEC-4", Inconclusive, "connection refused");
    let config = json!({ "secrets": ["API_KEY"], "probes": [], "pages": [{ "service": "backend", "path": "/" }] });
    let t = test("leaks", config).secret("API_KEY", false).answer(get("/"), ok(json!({})));
    t.expect("SEC-4", Inconclusive, "API_KEY has no real value on this machine");
}

#[test]
fn a_page_that_does_not_answer_was_not_searched() {
    let twice = |without, with| leaks(without).answer(get("/"), with);
    twice(status(401), ok(json!({}))).expect("SEC-4", Pass, "none in 2 answers");
    let unseen = "GET backend / → 401, so this page was not searched";
    twice(ok(json!({})), status(401)).expect("SEC-4", Inconclusive, unseen);
    leaks(status(404)).expect("SEC-4", Inconclusive, "GET backend / → 404, so this page was not searched");
    leaks(status(302)).expect("SEC-4", Inconclusive, "GET backend / → 302");
    let t = leaks(ok(json!({}))).secret("USER", false);
    t.expect("SEC-4", Inconclusive, "no page is seen as a user sees it: USER has no real value");
    let without_tokens = |page| {
        let config = json!({ "leaks": { "probes": [], "pages": [{ "service": "backend", "path": "/" }] } });
        holdpoint::test(run).service("backend").config(config).answer(get("/"), page)
    };
    without_tokens(ok(json!({}))).expect("SEC-4", Pass, "none in 1 answers");
    without_tokens(status(401)).expect("SEC-4", Inconclusive, "GET backend / → 401");
}

/// Answers to another user, then to the user, in the order in which they are asked.
fn rate<'a>(answers: &[Scripted]) -> Test<'a> {
    let config = json!({ "route": { "service": "backend", "path": "/api/search" }, "most": 5, "recovers": "3s" });
    answers.iter().fold(test("rate", config), |t, answer| t.answer(get("/api/search"), answer.clone()))
}

fn limited() -> Scripted {
    status(429).header("retry-after", "2")
}

#[test]
fn a_limit_is_reached_holds_for_one_and_ends() {
    let well = || ok(json!({}));
    let t = rate(&[well(), well(), well(), limited(), well(), well()]);
    t.expect("SEC-5", Pass, "429 at request 3");
    assert_eq!(t.checks().len(), 4, "{}", t.shown());
    assert!(t.calls().contains(&"sleep 3000 ms".to_owned()), "{:?}", t.calls());
    for (answers, seen) in [
        (vec![well()], "none of 5 was refused"),
        (vec![well(), limited(), limited(), well()], "429"),
        (vec![well(), limited(), well(), limited()], "429 after 2000 ms"),
        (vec![well(), status(429), well(), well()], "no retry-after"),
        (vec![well(), status(429).header("retry-after", "60"), well(), well()], "60 s"),
        (vec![well(), status(429).header("retry-after", "soon"), well(), well()], "`soon`, which is no time"),
        (vec![well(), status(503)], "503 at request 1"),
        (vec![well(), timeout()], "no answer within"),
    ] {
        rate(&answers).expect("SEC-5", Fail, seen);
    }
    rate(&[status(500), limited(), well(), well()]).expect("SEC-5", Inconclusive, "it was 500 before already");
    rate(&[status(302), limited(), well(), well()]).expect("SEC-5", Inconclusive, "it was 302 before already");
}

#[test]
fn a_limit_needs_both_users() {
    let well = || ok(json!({}));
    let t = rate(&[well(), limited(), well()]).secret("OTHER", false);
    t.expect("SEC-5", Inconclusive, "OTHER has no real value on this machine");
    rate(&[well()]).secret("USER", false).expect("SEC-5", Inconclusive, "USER has no real value on this machine");
    let route = json!({ "service": "backend", "path": "/api/search" });
    let config = json!({ "tokens": { "user": "USER" }, "rate": { "route": route } });
    let t = holdpoint::test(run).service("backend").secret("USER", true).config(config);
    let t = t.answer(get("/api/search"), limited()).answer(get("/api/search"), well());
    t.expect("SEC-5", Inconclusive, "not exercised: config.tokens.other names no secret");
}

#[test]
fn a_mistake_in_the_configuration_names_the_field() {
    let route = json!([{ "service": "backend", "path": "/api/me" }]);
    let created = |id: &str, path: &str| json!({ "routes": [{ "service": "backend", "path": "/", "json": {} }], "created": { "POST /": { "id": id, "path": path } } });
    let cases: [(&str, Value, &str); 16] = [
        ("https", json!({}), "config.https.hosts and services is empty"),
        ("https", json!({ "hosts": ["https://a.example"] }), "is no host"),
        ("authentication", json!({ "routes": [] }), "config.authentication.routes is empty"),
        ("authentication", json!({ "routes": vec![&route[0]; 51] }), "has 51 entries, of at most 50"),
        ("authentication", json!({ "routes": route, "refusals": [200] }), "200 refuses nobody"),
        ("cors", json!({ "routes": route, "allowed": ["https://a.example/"] }), "is no origin"),
        ("cors", json!({ "routes": route, "allowed": [APP], "public": true, "credentials": true }), "leave out one of"),
        ("leaks", json!({ "pages": [] }), "config.leaks.pages is empty"),
        ("rate", json!({ "route": route[0], "most": 5001 }), "config.rate.most is 5001"),
        ("rate", json!({ "route": { "service": "backend", "path": "/", "method": "POST" } }), "it has to be a GET"),
        ("input", json!({}), "neither openapi nor routes"),
        ("input", json!({ "routes": route }), "has no json"),
        ("input", created("/id", "/api/agents"), "`path` has the place {id}"),
        ("input", created("id", "/api/agents/{id}"), "`id` is a pointer"),
        ("input", created("/id", "api/agents/{id}"), "must begin with `/`"),
        (
            "input",
            json!({ "openapi": { "service": "backend", "path": "/" }, "also-taken": vec!["POST /"; 51] }),
            "51 entries",
        ),
    ];
    for (section, config, error) in cases {
        let t = test(section, config);
        let actual = t.returned().expect_err(error).to_owned();
        assert!(actual.contains(error), "{actual}");
        assert!(t.checks().is_empty(), "nothing is judged");
    }
    let t = test("input", json!({ "routes": route })).requirements(["SEC-3"]);
    assert!(t.returned().unwrap_err().contains("the bundle lists SEC-3, and config.cors is not there"));
}
