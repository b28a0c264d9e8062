use holdpoint::prelude::*;
use holdpoint::testing::{Scripted, Test};

use crate::run;

fn config() -> Value {
    json!({
        "login": { "service": "auth", "start": "/auth/test", "issuer": "issuer" },
        "session": "/auth/session", "refresh": "/auth/refresh", "logout": "/auth/logout",
        "session-cookie": "sid", "refresh-cookie": "renew",
    })
}

fn sets(answer: Scripted, number: u32) -> Scripted {
    let cookie = |name: &str| format!("{name}={name}-number-{number}; HttpOnly");
    answer.header("set-cookie", &cookie("sid")).header("set-cookie", &cookie("renew"))
}

fn renewed() -> Scripted {
    sets(ok(json!({})), 3)
}

/// Both logins, and the answers to who is logged in and to refreshes, in order.
fn test<'a>(sessions: &[u16], refreshes: Vec<Scripted>) -> Test<'a> {
    let leads = |to: &str| status(302).header("location", to);
    let mut t = holdpoint::test(run)
        .service("auth")
        .service("issuer")
        .config(config())
        .answer(get("/auth/test"), leads("https://issuer.example/authorize?state=s"))
        .answer(get("/authorize?state=s"), leads("https://auth.example/auth/callback?code=c"))
        .answer(get("/auth/callback?code=c"), sets(leads("/"), 1))
        .answer(get("/auth/callback?code=c"), sets(leads("/"), 2))
        .answer(post("/auth/logout"), ok(json!({})));
    for session in sessions {
        t = t.answer(get("/auth/session"), status(*session));
    }
    refreshes.into_iter().fold(t, |t, answer| t.answer(post("/auth/refresh"), answer))
}

/// As it should be: logged in, renewed, the old one dead; logged in, dead.
const WELL: [u16; 5] = [200, 200, 401, 200, 401];

fn well() -> Vec<Scripted> {
    vec![renewed(), status(401), status(401)]
}

fn failed(t: &Test<'_>) -> Vec<String> {
    t.checks().iter().filter(|check| check.verdict == Fail).map(|check| check.name.clone()).collect()
}

#[test]
fn sessions_that_end_pass_every_check() {
    let t = test(&WELL, well());
    t.expect("BIZ-3", Pass, "another session that answers 200");
    t.expect("CRIT-4", Pass, "a session that answers 200");
    assert_eq!(t.checks().iter().filter(|check| check.verdict == Pass).count(), 8, "{}", t.shown());
}

#[test]
fn what_is_good_for_too_long_fails_by_its_own_check() {
    for (sessions, refreshes, name) in [
        ([200, 200, 200, 200, 401], well(), "after a refresh the old session is refused"),
        (WELL, vec![renewed(), renewed(), status(401)], "what has renewed a session renews no other"),
        ([200, 200, 401, 200, 200], well(), "after a logout its session is refused"),
        (WELL, vec![renewed(), status(401), renewed()], "after a logout nothing is renewed"),
    ] {
        let t = test(&sessions, refreshes);
        t.expect("BIZ-3", Fail, "200");
        assert_eq!(failed(&t), [name], "{}", t.shown());
    }
}

#[test]
fn a_refresh_that_gives_no_other_session_fails() {
    for (refresh, seen) in [
        (ok(json!({})), "the same session that answers 200"),
        (status(500), "the refresh answers 500"),
        (timeout(), "no answer within"),
    ] {
        let t = test(&WELL, vec![refresh, status(401), status(401)]);
        t.expect("BIZ-3", Fail, seen);
        assert!(failed(&t).contains(&"a refresh gives another session that is good".to_owned()), "{}", t.shown());
    }
}

#[test]
fn a_login_that_gives_no_session_is_shown_and_nothing_else_is_tried() {
    let t = test(&[401], well());
    t.expect("BIZ-3", Fail, "a session that answers 401");
    assert_eq!(t.checks().len(), 2);
    assert!(!t.calls().iter().any(|call| call.contains("/auth/refresh")));
}

#[test]
fn what_cannot_be_tried_is_not_exercised_and_half_of_it_is_no_pass() {
    let t = holdpoint::test(run).service("auth").config(config());
    t.expect("BIZ-3", NotExercised, "no service `issuer` is given");
    t.expect("CRIT-4", NotExercised, "--service issuer=URL");
    let mut without = config();
    without.as_object_mut().unwrap().remove("refresh");
    let t = test(&[200, 401], Vec::new()).config(without);
    t.expect("BIZ-3", Inconclusive, "config.refresh names no path that renews one");
    t.expect("CRIT-4", Pass, "200");
}

#[test]
fn a_denial_is_no_failure_of_the_system() {
    test(&WELL, vec![denied()]).expect("BIZ-3", Inconclusive, "denied");
}

#[test]
fn a_mistake_in_the_configuration_names_the_field() {
    for (field, value, error) in [
        ("session", "auth", "config.session must begin with `/`"),
        ("refresh", "auth", "config.refresh must begin with `/`"),
        ("session-cookie", "", "config.session-cookie and config.refresh-cookie name cookies"),
    ] {
        let mut config = config();
        config[field] = json!(value);
        let t = holdpoint::test(run).service("auth").config(config);
        assert!(t.returned().expect_err(error).contains(error));
    }
}
