//! The phase against scripts; the cases that are pure data lie in `fixtures/`.

use holdpoint::prelude::*;

use super::run;

#[test]
fn fixtures_come_out_as_they_say() {
    holdpoint::fixtures(run, "fixtures");
}

#[test]
fn a_slow_endpoint_fails_its_row() {
    let t = holdpoint::test(run)
        .service("backend")
        .config(json!({ "endpoints": ["/health"] }))
        .answer(get("/health"), ok(json!({"status": "healthy"})).after(Millis(2_500)));
    t.expect("P3.1", Fail, "200 in 2500 ms");
    t.expect("CRIT-2", Fail, "200 in 2500 ms");
}

#[test]
fn a_pass_after_a_retry_says_so_and_shows_both_calls() {
    let t = holdpoint::test(run)
        .service("backend")
        .config(json!({ "endpoints": ["/health"], "retries": 2 }))
        .answer(get("/health"), refused())
        .answer(get("/health"), ok(json!({"status": "healthy"})));
    t.expect("P3.1", Pass, "200 in 10 ms, on attempt 2");
    assert_eq!(t.checks()[0].evidence, [0, 2], "the wait between them is call 1");
    assert_eq!(t.calls(), ["GET backend /health", "sleep 250 ms", "GET backend /health"]);
}

#[test]
fn only_what_is_unwell_is_asked_again() {
    let t = holdpoint::test(run)
        .service("backend")
        .service("auth")
        .config(json!({ "endpoints": ["/health"], "retries": 1 }))
        .answer(get("/health"), ok(json!({"status": "ok"})))
        .answer(get("/health").on("auth"), ok(json!({"status": "ok", "dependencies": {"redis": "down"}})));
    t.expect("P3.1", Fail, "redis is down");
    t.expect("CRIT-2", Pass, "200");
    assert_eq!(t.calls(), ["GET backend /health", "GET auth /health", "sleep 250 ms", "GET auth /health"]);
}

#[test]
fn a_denial_is_inconclusive_and_is_not_repeated() {
    let t = holdpoint::test(run)
        .service("backend")
        .config(json!({ "endpoints": ["/health"], "retries": 5 }))
        .answer(get("/health"), denied());
    t.expect("CRIT-2", Inconclusive, "denied");
    assert_eq!(t.calls().len(), 1);
}

#[test]
fn a_bundle_may_use_one_row_only() {
    let t = holdpoint::test(run)
        .service("backend")
        .requirements(["P3.1"])
        .config(json!({ "endpoints": ["/health"] }))
        .answer(get("/health"), ok(json!({"status": "ok"})));
    assert_eq!(t.rows().into_iter().collect::<Vec<_>>(), [("P3.1", Pass)]);
}

fn many() -> Value {
    (0..51).map(|number| (format!("x-{number}"), json!("a"))).collect()
}

#[test]
fn a_mistake_in_the_configuration_names_the_field() {
    for (config, error) in [
        (json!({ "endpoints": ["health"] }), "config.endpoints[0]: path `health` must begin with `/`"),
        (json!({ "endpoints": [{ "path": "/health", "withn": "1s" }] }), "unknown field `withn`"),
        (
            json!({ "endpoints": [{ "path": "/health", "expect": { "values": { "storage": true } } }] }),
            "config.endpoints[0]: /health: expect.values: `storage` is no place within JSON",
        ),
        (
            json!({ "endpoints": [{ "path": "/health", "expect": { "headers": many() } }] }),
            "config.endpoints[0]: /health: expect.headers has 51 entries, of at most 50",
        ),
        (json!({ "endpoints": ["/health"], "within": "soon" }), "config.within: invalid value"),
        (json!({ "endpoints": ["/health"], "healthy": [] }), "config.healthy is empty"),
        (
            json!({ "endpoints": ["/health"], "services": { "fronted": {} } }),
            "config.services names `fronted`, which is not granted",
        ),
    ] {
        let t = holdpoint::test(run).service("frontend").config(config);
        let actual = t.returned().expect_err(error);
        assert!(actual.contains(error), "{actual}");
        assert!(t.checks().is_empty(), "nothing is judged");
    }
}
