//! Small phases against scripts: what the SDK promises to whoever writes a phase.

use holdpoint::prelude::*;
use holdpoint::{CookieJar, Placeholder, Time, testing::Asked};

#[derive(Deserialize)]
struct Nothing {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    path: String,
    #[serde(default)]
    retries: u32,
}

#[holdpoint::phase]
fn asks_everyone(cx: &Context, config: Config) -> Result<()> {
    let probes = cx.services().map(|s| s.get(&config.path).retries(config.retries));
    for (probe, answer) in cx.http().send_all(probes) {
        let check = cx.check(["P3.1"], format!("{probe} answers"));
        match answer {
            Ok(r) => check.passes_if(r.status() == 200, expected(200), observed(r.status()), &r),
            Err(e) => check.from_error(e),
        }
    }
    Ok(())
}

#[test]
fn a_check_without_a_verdict_is_inconclusive() {
    let forgets = |cx: &Context, _: Nothing| {
        let _check = cx.check(["P3.1"], "forgotten");
        Ok(())
    };
    holdpoint::test(forgets).expect("P3.1", Inconclusive, "gave no verdict");
}

#[test]
fn calls_are_numbered_in_their_order() {
    let counts = |cx: &Context, _: Nothing| {
        cx.sleep(Millis(5))?;
        let backend = cx.service("backend")?;
        let _ = (cx.now(), cx.requirements(), cx.environment());
        let pair = cx.http().send_all([backend.get("/a"), backend.get("/b")]);
        let content = cx.files().read("config/x")?;
        let _ = cx.secrets().available("KEY")?;
        let posted = cx.http().send(backend.post("/c").json(&json!({"x": 1})))?;
        let answers: Vec<_> = pair.into_iter().map(|(_, answer)| answer).collect();
        cx.observation("all").pass(observed("seen"), (&answers[..], (&content, &posted)));
        Ok(())
    };
    let t = holdpoint::test(counts)
        .service("backend")
        .file("config/x", "1")
        .secret("KEY", true)
        .answer(get("/a"), ok(json!({})))
        .answer(get("/b"), status(404))
        .answer(post("/c"), status(201));
    t.returned().expect("nothing goes wrong");
    assert_eq!(t.checks()[0].evidence, [1, 2, 3, 5]);
    assert_eq!(
        t.calls(),
        ["sleep 5 ms", "GET backend /a", "GET backend /b", "read config/x", "available KEY", "POST backend /c"]
    );
}

#[test]
fn each_kind_of_error_has_its_verdict() {
    for (answer, verdict, text) in [
        (timeout(), Fail, "no answer within 30000 ms"),
        (refused(), Fail, "connection refused"),
        (denied(), Inconclusive, "denied http GET backend /x: no grant covers it"),
        (status(503), Fail, "503"),
        (ok(json!({})), Pass, "200"),
    ] {
        let t =
            holdpoint::test(asks_everyone).service("backend").config(json!({"path": "/x"})).answer(get("/x"), answer);
        t.expect("P3.1", verdict, text);
    }
}

#[test]
fn transient_failures_are_tried_again_with_growing_waits() {
    let t = holdpoint::test(asks_everyone)
        .service("backend")
        .config(json!({"path": "/x", "retries": 3}))
        .answer(get("/x"), timeout())
        .answer(get("/x"), status(503))
        .answer(get("/x"), ok(json!({})));
    t.expect("P3.1", Pass, "200");
    assert_eq!(t.calls(), ["GET backend /x", "sleep 250 ms", "GET backend /x", "sleep 500 ms", "GET backend /x"]);
    assert_eq!(t.checks()[0].evidence, [0, 2, 4]);
}

#[test]
fn an_effect_is_never_sent_again() {
    let posts = |cx: &Context, _: Nothing| {
        let request = cx.service("backend")?.post("/orders").retries(5);
        let answer = cx.http().send(request);
        cx.check(["X"], "order").passes_if(answer.is_ok(), expected("an answer"), observed("none"), &answer);
        Ok(())
    };
    let t = holdpoint::test(posts).service("backend").answer(post("/orders"), timeout());
    t.expect("X", Fail, "none");
    assert_eq!(t.calls(), ["POST backend /orders"]);
}

#[test]
fn an_effect_in_a_batch_is_denied() {
    let posts = |cx: &Context, _: Nothing| {
        for (_, answer) in cx.http().send_all([cx.service("backend")?.post("/orders")]) {
            let check = cx.check(["X"], "order");
            match answer {
                Ok(answer) => check.pass(observed("taken"), &answer),
                Err(error) => check.from_error(&error),
            }
        }
        Ok(())
    };
    let test = || holdpoint::test(posts).service("backend");
    test().expect("X", Inconclusive, "takes reads only");
    test().repeatable().answer(post("/orders"), status(201)).expect("X", Pass, "taken");
}

#[test]
fn rows_that_the_bundle_does_not_list_are_left_out_and_logged() {
    let t = holdpoint::test(asks_everyone)
        .service("backend")
        .requirements(["P9"])
        .config(json!({"path": "/x"}))
        .answer(get("/x"), status(500));
    assert!(t.rows().is_empty());
    assert_eq!(t.checks()[0].verdict, Fail, "it is shown all the same");
    assert!(t.log()[0].contains("P3.1 is not among the requirements"));
}

#[test]
fn an_answer_for_one_service_goes_before_one_for_all() {
    let t = holdpoint::test(asks_everyone)
        .service("backend")
        .service("auth")
        .config(json!({"path": "/x"}))
        .answer(get("/x"), ok(json!({})))
        .answer(get("/x").on("auth"), status(502));
    let verdicts: Vec<_> = t.checks().iter().map(|check| (check.name.as_str(), check.verdict)).collect();
    assert_eq!(verdicts, [("GET backend /x answers", Pass), ("GET auth /x answers", Fail)]);
}

#[test]
#[should_panic(
    expected = "the phase asked `GET backend /x`, for which no answer is scripted; scripted:\n  HEAD backend /x"
)]
fn a_request_without_an_answer_panics_and_shows_the_script() {
    let t = holdpoint::test(asks_everyone)
        .service("backend")
        .config(json!({"path": "/x"}))
        .answer(Asked::new("HEAD", "/x").on("backend"), status(200));
    t.expect("P3.1", Pass, "");
}

#[test]
#[should_panic(expected = "P3.1 should be pass, but is fail")]
fn a_wrong_expectation_panics_and_shows_the_checks() {
    let t =
        holdpoint::test(asks_everyone).service("backend").config(json!({"path": "/x"})).answer(get("/x"), status(500));
    t.expect("P3.1", Pass, "");
}

#[test]
fn an_unknown_service_is_an_error_that_names_those_that_are_granted() {
    let asks = |cx: &Context, _: Nothing| cx.service("frontend").map(|_| ());
    let t = holdpoint::test(asks).service("backend").service("auth");
    assert_eq!(t.returned(), Err("no service `frontend` is granted to this phase; granted: backend, auth"));
}

#[test]
fn files_are_found_by_pattern_and_only_below_granted_directories() {
    let scans = |cx: &Context, _: Nothing| {
        let paths = |listing: holdpoint::Listing| listing.into_iter().map(|entry| entry.path).collect::<Vec<_>>();
        let found = [
            paths(cx.files().glob("config", "**/*.{yaml,yml}")?),
            paths(cx.files().glob("config", "*.yaml")?),
            paths(cx.files().list("config")?),
            paths(cx.files().walk("config/deep")?),
        ];
        cx.attach("found", "application/json", json!(found).to_string().as_bytes());
        cx.observation(json!(found)).pass(observed(""), ());
        cx.files().read("secrets/key").map(|_| ()).map_err(Error::from)
    };
    let t = holdpoint::test(scans).file("config/a.yaml", "").file("config/deep/er/b.yml", "").file("config/c.txt", "");
    let found = json!([
        ["config/a.yaml", "config/deep/er/b.yml"],
        ["config/a.yaml"],
        ["config/a.yaml", "config/c.txt", "config/deep"],
        ["config/deep/er", "config/deep/er/b.yml"]
    ]);
    assert_eq!(t.checks()[0].name, found.to_string());
    assert!(t.returned().expect_err("not granted").starts_with("denied files secrets/key"));
    assert_eq!(t.attachments(), ["found"]);
}

#[test]
fn the_simulated_clock_moves_with_the_calls() {
    let waits = |cx: &Context, _: Nothing| {
        let start = cx.now();
        cx.sleep(Millis(1_500))?;
        cx.sleep_until(Time(start.0 + 2_000.0))?;
        cx.http().send(Request::get("https://example.com/"))?;
        cx.measure("elapsed", cx.now().since(start).as_f64(), "ms");
        Ok(())
    };
    let t = holdpoint::test(waits).answer(get("https://example.com/"), text("hello").after(Millis(40)));
    t.returned().expect("nothing goes wrong");
    assert!((t.measures()[0].value - 2_040.0).abs() < f64::EPSILON, "{:?}", t.measures());
}

#[test]
fn a_secret_is_a_placeholder() {
    let signs = |cx: &Context, _: Nothing| {
        let key: Placeholder = cx.secrets().reference("KEY")?;
        let request = Request::get("https://example.com/").header("authorization", format!("Bearer {key}"));
        cx.http().send(request)?;
        cx.secrets().reference("OTHER").map(|_| ()).map_err(Error::from)
    };
    let t = holdpoint::test(signs).secret("KEY", true).answer(get("https://example.com/"), status(204));
    assert!(t.returned().expect_err("not granted").contains("denied secret OTHER"));
}

#[test]
fn a_jar_keeps_what_is_set_and_lets_go_what_is_taken_away() {
    let logs_in_and_out = |cx: &Context, _: Nothing| {
        let auth = cx.service("auth")?;
        let mut jar = CookieJar::new();
        assert!(jar.is_empty());
        for path in ["/in", "/who", "/out", "/who"] {
            jar.keep(&cx.http().send(auth.get(path).cookies(&jar))?);
            cx.log(Level::Info, format!("{path} {:?}", jar.values().collect::<Vec<_>>()));
        }
        assert_eq!(jar.get("theme"), Some("dark=er"));
        Ok(())
    };
    let taken = status(200).header("set-cookie", "sid=x; Expires=Thu, 01 Jan 1970 00:00:00 GMT");
    let t = holdpoint::test(logs_in_and_out)
        .service("auth")
        .answer(get("/in"), status(302).header("Set-Cookie", "sid=a; Path=/; HttpOnly").header("set-cookie", "b=; x"))
        .answer(get("/who"), status(200).header("set-cookie", "theme=dark=er; Max-Age=60").header("set-cookie", "c"))
        .answer(get("/out"), taken.header("set-cookie", "old=1; max-age=0"));
    t.returned().expect("nothing goes wrong");
    let lines = ["/in [\"a\"]", "/who [\"a\", \"dark=er\"]", "/out [\"dark=er\"]", "/who [\"dark=er\"]"];
    assert_eq!(t.log(), lines.map(|line| format!("Info: {line}")));
}

#[test]
fn a_scripted_secret_is_there_or_not_or_stands_for_one() {
    let asks = |cx: &Context, _: Nothing| {
        for name in ["A", "B", "C"] {
            let facts = cx.secrets().available(name)?;
            cx.log(Level::Info, format!("{name} {} {}", facts.present, facts.stand_in));
        }
        Ok(())
    };
    let t = holdpoint::test(asks).secret("A", true).secret("B", false).stand_in("C");
    assert_eq!(t.log(), ["Info: A true false", "Info: B false false", "Info: C true true"]);
}
