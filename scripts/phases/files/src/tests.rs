use holdpoint::prelude::*;
use holdpoint::testing::{Scripted, Test, request};

use crate::content::{bytes, hash};
use crate::run;

const SIZE: u32 = 10;
/// When a test begins.
const RUN: &str = "1767225600000";

fn content_of(size: u32) -> Vec<u8> {
    bytes(size, RUN)
}

fn config() -> Value {
    json!({
        "service": "backend", "sizes": [SIZE], "limit": SIZE,
        "upload": { "path": "/files?name={name}", "id": "/id", "hash": "/sha256" },
        "download": { "path": "/files/{id}" },
    })
}

fn taken() -> Scripted {
    status(201).json(&json!({ "id": "7", "sha256": hash(&content_of(SIZE)) }))
}

fn content() -> Scripted {
    status(200).body(content_of(SIZE))
}

fn part(from: usize, to: usize) -> Scripted {
    let place = format!("bytes {from}-{to}/{SIZE}");
    status(206).header("content-range", &place).body(&content_of(SIZE)[from..=to])
}

/// The answers to the downloads after that of the whole.
fn parts() -> Vec<Scripted> {
    vec![part(0, 0), part(1, 5), part(5, 9), part(8, 9), part(5, 9), status(416)]
}

fn test<'a>(upload: Scripted, whole: Scripted, parts: Vec<Scripted>, above: Scripted) -> Test<'a> {
    let t = holdpoint::test(run)
        .service("backend")
        .config(config())
        .answer(post("/files?name=holdpoint-1767225600000-10.bin"), upload)
        .answer(post("/files?name=holdpoint-1767225600000-11.bin"), above)
        .answer(get("/files/7"), whole);
    parts.into_iter().fold(t, |t, part| t.answer(get("/files/7"), part))
}

fn failed(t: &Test<'_>) -> Vec<(String, String)> {
    let failed = t.checks().iter().filter(|check| check.verdict == Fail);
    failed.map(|check| (check.name.clone(), check.observed.clone())).collect()
}

#[test]
fn what_comes_back_as_it_was_sent_passes() {
    let t = test(taken(), content(), parts(), status(413));
    t.expect("BIZ-5", Pass, "the same bytes");
    assert_eq!(t.checks().iter().filter(|check| check.verdict == Pass).count(), 8, "{}", t.shown());
}

#[test]
fn a_byte_that_is_another_is_found_wherever_it_is() {
    for at in [0, 5, 9] {
        let mut corrupted = content_of(SIZE);
        corrupted[at] ^= 1;
        let t = test(taken(), status(200).body(corrupted), parts(), status(413));
        t.expect("BIZ-5", Fail, &format!("1 bytes are others, first that at {at}"));
        assert_eq!(failed(&t).len(), 1, "{}", t.shown());
    }
    let t = test(taken(), status(200).body(&content_of(SIZE)[..9]), parts(), status(413));
    t.expect("BIZ-5", Fail, "9 bytes of 10");
}

#[test]
fn a_part_that_is_another_is_found() {
    for (answer, seen) in [
        (content(), "200 with no content-range"),
        (part(2, 5), "206 with bytes 2-5/10"),
        (status(206).header("content-range", "bytes 1-5/10").body(&content_of(SIZE)[2..=5]), "4 bytes of 5"),
        (status(206).header("content-range", "bytes 1-5/10").body(&content_of(SIZE)[2..=6]), " bytes are others"),
    ] {
        let mut parts = parts();
        parts[1] = answer;
        let t = test(taken(), content(), parts, status(413));
        let failed = failed(&t);
        assert_eq!(failed.len(), 1, "{}", t.shown());
        assert!(failed[0].0.starts_with("bytes=1-5 ") && failed[0].1.contains(seen), "{failed:?}");
    }
    let mut beyond = parts();
    beyond[5] = status(200);
    test(taken(), content(), beyond, status(413)).expect("BIZ-5", Fail, "416");
}

#[test]
fn a_limit_that_is_not_kept_fails() {
    for (answer, seen) in [(taken(), "201"), (status(500), "500"), (timeout(), "no answer within")] {
        let t = test(taken(), content(), parts(), answer);
        t.expect("BIZ-5", Fail, seen);
        assert_eq!(failed(&t)[0].0, "a file of 11 bytes is refused");
    }
}

#[test]
fn what_was_taken_is_removed_in_the_end_where_the_bundle_says_how() {
    let above = || status(201).json(&json!({ "id": "8" }));
    let removing = |answer: Scripted| {
        let mut config = config();
        config["delete"] = json!({ "path": "/files/{id}" });
        let t = test(taken(), content(), parts(), above()).config(config);
        t.answer(request("DELETE", "/files/7"), status(204)).answer(request("DELETE", "/files/8"), answer)
    };
    let removed =
        |t: &Test<'_>| -> Vec<String> { t.calls().iter().filter(|call| call.starts_with("DELETE")).cloned().collect() };
    let t = removing(status(200));
    t.expect("BIZ-5", Fail, "201");
    assert_eq!(removed(&t), ["DELETE backend /files/7", "DELETE backend /files/8"]);
    assert_eq!(t.calls().last(), removed(&t).last(), "{:?}", t.calls());
    assert!(!t.log().iter().any(|line| line.contains("left behind")), "{:?}", t.log());
    for (answer, why) in [(status(500), "its removal answers 500"), (denied(), "denied")] {
        let t = removing(answer);
        let left = format!("Warn: file 8 may be left behind: {why}");
        assert!(t.log().iter().any(|line| line.starts_with(&left)), "{:?}", t.log());
        assert_eq!(failed(&t).len(), 1, "{}", t.shown());
    }
    // Without it nothing is removed, and what was refused is not there.
    assert_eq!(removed(&test(taken(), content(), parts(), above())).len(), 0);
    let mut config = config();
    config["delete"] = json!({ "path": "/files/{id}" });
    let t = test(taken(), content(), parts(), status(413)).config(config);
    let t = t.answer(request("DELETE", "/files/7"), status(204));
    t.expect("BIZ-5", Pass, "413");
    assert_eq!(removed(&t), ["DELETE backend /files/7"]);
}

#[test]
fn an_upload_that_does_not_say_where_it_is_fails_and_nothing_else_is_asked_for() {
    let answers = [
        (status(500), "the upload answers 500"),
        (status(201), "the upload answers no JSON"),
        (status(201).json(&json!({ "name": "x" })), "the upload answers without an id at /id"),
        (status(201).json(&json!({ "id": "../admin" })), "an id that is no part of a path"),
        (status(201).json(&json!({ "id": ".." })), "an id that is no part of a path"),
    ];
    for (answer, seen) in answers {
        let t = test(answer, content(), parts(), status(413));
        t.expect("BIZ-5", Fail, seen);
        assert!(!t.calls().iter().any(|call| call.starts_with("GET")), "{:?}", t.calls());
    }
    for (said, seen) in [(json!("00"), "the upload says SHA-256 00"), (Value::Null, "nowhere: nothing is at /sha256")] {
        let t = test(status(201).json(&json!({ "id": 7, "sha256": said })), content(), parts(), status(413));
        t.expect("BIZ-5", Fail, seen);
    }
}

#[test]
fn what_is_not_reached_or_granted_says_nothing() {
    test(denied(), content(), parts(), denied()).expect("BIZ-5", Inconclusive, "denied");
    let mut account = config();
    account["login"] = json!({ "service": "auth", "start": "/auth/test", "issuer": "issuer" });
    let t = holdpoint::test(run).service("backend").config(account);
    t.expect("BIZ-5", NotExercised, "no service `auth` is given");
}

#[test]
fn a_mistake_in_the_configuration_names_the_field() {
    for (place, value, error) in [
        ("/sizes", json!([]), "config.sizes names 1 to 8 sizes"),
        ("/sizes", json!(vec![1; 9]), "config.sizes names 1 to 8 sizes"),
        ("/sizes", json!([0]), "config.sizes: 0 is not from 1 to 8388608 bytes"),
        ("/sizes", json!([8_388_609]), "config.sizes: 8388609 is not"),
        ("/sizes", json!([11]), "config.sizes: 11 is above config.limit, which is 10"),
        ("/limit", json!(16_777_216), "config.limit is 1 to 16777215 bytes"),
        ("/upload/path", json!("files"), "config.upload.path `files` must begin with `/`"),
        ("/upload/id", json!("id"), "config.upload.id is a place within JSON"),
        ("/download/path", json!("/files"), "config.download.path has no {id}"),
    ] {
        let mut config = config();
        *config.pointer_mut(place).unwrap() = value;
        let t = holdpoint::test(run).service("backend").config(config);
        let actual = t.returned().expect_err(error);
        assert!(actual.contains(error), "{actual}");
    }
    let mut config = config();
    config["refusals"] = json!([200]);
    let t = holdpoint::test(run).service("backend").config(config);
    assert!(t.returned().expect_err("200 refuses nothing").contains("config.refusals names statuses from 400"));
    for (path, error) in
        [("/files", "config.delete.path has no {id}"), ("{id}", "config.delete.path `{id}` must begin")]
    {
        let mut config = self::config();
        config["delete"] = json!({ "path": path });
        let t = holdpoint::test(run).service("backend").config(config);
        assert!(t.returned().expect_err(error).contains(error));
    }
}
