use holdpoint::prelude::*;
use holdpoint::testing::{ScriptedSocket, Test, declines, denied_socket, opens, unreachable_socket};

use crate::run;

const LAST: u32 = 1_000_000;

fn config() -> Value {
    json!({ "service": "backend", "hold": "40s", "past": "39s", "heartbeat": "20s", "within": "5s", "events": ["a", "b"] })
}

fn message(number: u32) -> String {
    json!({ "type": "message", "id": number.to_string(), "text": format!("beat {number}") }).to_string()
}

fn event(kind: &str, number: u32) -> String {
    json!({ "type": kind, "message": number.to_string() }).to_string()
}

/// It hears a message and answers it as it should.
fn answers(socket: ScriptedSocket, number: u32) -> ScriptedSocket {
    socket.hears(message(number)).says(event("a", number)).says_after(Millis(100), event("b", number))
}

/// The one with the heartbeat, the silent one, and those that open then.
fn test<'a>(held: ScriptedSocket, silent: ScriptedSocket, later: Vec<ScriptedSocket>) -> Test<'a> {
    let t =
        holdpoint::test(run).service("backend").config(config()).socket("/ws/chat", held).socket("/ws/chat", silent);
    later.into_iter().fold(t, |t, socket| t.socket("/ws/chat", socket))
}

fn well() -> ScriptedSocket {
    answers(answers(opens(), 1), 2)
}

fn last() -> ScriptedSocket {
    answers(opens(), LAST)
}

fn failed(t: &Test<'_>) -> Vec<String> {
    t.checks().iter().filter(|check| check.verdict == Fail).map(|check| check.name.clone()).collect()
}

#[test]
fn sockets_that_last_pass_both_rows() {
    let t = test(well(), last(), vec![last()]);
    t.expect("CRIT-6", Pass, "open over 2 heartbeats");
    t.expect("CRIT-6", Pass, "0 of 2 were not");
    t.expect("CRIT-6", Pass, "0 of 2 went wrong");
    t.expect("KI-3", Pass, "an answer");
    assert_eq!(t.checks().len(), 5, "{}", t.shown());
}

#[test]
fn a_socket_that_is_held_no_longer_than_the_balancer_lets_it_shows_nothing() {
    let with = |past: Value| {
        let mut config = config();
        config["past"] = past;
        test(well(), last(), vec![last()]).config(config)
    };
    let t = with(json!("40s"));
    for row in ["CRIT-6", "KI-3"] {
        t.expect(row, Inconclusive, "held for 40000 ms, and the balancer's time-out is 40000 ms");
    }
    // Nobody said how long that is.
    let mut usual = config();
    usual.as_object_mut().unwrap().remove("past");
    let t = test(well(), last(), vec![last()]).config(usual);
    t.expect("KI-3", Inconclusive, "the balancer's time-out is 300000 ms");
    with(json!("39999ms")).expect("KI-3", Pass, "open over 2 heartbeats");
}

#[test]
fn hellos_and_signs_of_life_are_no_events_and_events_of_nothing_are() {
    let hello = || opens().says(json!({ "type": "hello" }).to_string());
    let alive = |socket: ScriptedSocket| socket.says_after(Millis(6_000), "alive").says(vec![0_u8]);
    let silent = answers(hello(), LAST);
    let t = test(answers(alive(answers(hello(), 1)), 2), silent, vec![answers(hello(), LAST)]);
    t.expect("CRIT-6", Pass, "0 of 2 went wrong");
    t.expect("KI-3", Pass, "an answer");
    let again = answers(opens(), 1).says_after(Millis(6_000), event("b", 1));
    let t = test(answers(again, 2), last(), vec![last()]);
    t.expect("CRIT-6", Fail, "1 of 2 went wrong (1 late or unasked)");
}

#[test]
fn a_socket_that_is_ended_is_told_with_its_time_and_replaced() {
    let t = test(answers(opens(), 1).breaks_off(), last(), vec![answers(opens(), 2), last()]);
    t.expect(
        "KI-3",
        Fail,
        "ended after 100 ms: it broke off, 1006 the connection broke off; 1 ends in all, and another opened each time",
    );
    t.expect("CRIT-6", Fail, "open for 40000 ms, with a heartbeat each 20000 ms");
    assert_eq!(failed(&t), ["a socket with a heartbeat is held"], "{}", t.shown());
}

#[test]
fn a_socket_that_no_other_replaces_fails_and_says_why() {
    let t = test(answers(opens(), 1).closes(1001, "away"), last(), vec![declines(503), last()]);
    t.expect(
        "KI-3",
        Fail,
        "the server closed it, 1001 away; 1 ends in all, and then no other opened: the handshake answers 503",
    );
    t.expect("CRIT-6", Fail, "");
}

#[test]
fn a_silent_socket_may_end_and_may_not_be_half_open() {
    test(well(), opens().breaks_off(), vec![last()]).expect("KI-3", Pass, "its end: it broke off");
    let t = test(well(), opens().hears(message(LAST)), vec![last()]);
    t.expect("KI-3", Fail, "neither: it is open, and its message was not answered");
    t.expect("CRIT-6", Pass, "");
}

#[test]
fn whoever_comes_back_is_answered() {
    let t = test(well(), last(), vec![opens().hears(message(LAST))]);
    t.expect("KI-3", Fail, "101, and no answer");
    t.expect("CRIT-6", Fail, "101, and no answer");
    test(well(), last(), vec![declines(429)]).expect("KI-3", Fail, "the handshake answers 429");
    test(well(), last(), vec![opens().hears(message(LAST)).breaks_off()]).expect("KI-3", Fail, "101, and its end");
}

#[test]
fn half_open_is_an_end_of_which_nobody_tells() {
    let half_open = opens().without_pongs().hears(message(1));
    let t = test(half_open, last(), vec![answers(opens(), 2), last()]);
    t.expect("CRIT-6", Fail, "it is open and answers nothing, no pings either");
    t.expect("CRIT-6", Fail, "1 of 2 were not");
    t.expect("CRIT-6", Fail, "1 of 2 went wrong (2 events lost)");
    t.expect("KI-3", Fail, "1 of 2 were not");
}

#[test]
fn what_is_wrong_with_events_is_told_apart() {
    let first = || opens().hears(message(1));
    let second = |socket| answers(socket, 2);
    for (held, seen) in [
        (second(first().says(event("a", 1))), "1 of 2 went wrong (1 events lost)"),
        (second(first().says(event("b", 1)).says(event("a", 1))), "1 of 2 went wrong (1 out of order)"),
        (second(first().says(event("a", 1)).says(event("a", 1)).says(event("b", 1))), "1 of 2 went wrong (1 twice)"),
    ] {
        let t = test(held, last(), vec![last()]);
        t.expect("CRIT-6", Fail, seen);
        t.expect("KI-3", Pass, "");
    }
    // Six seconds: too late for the message, and before the next.
    let late = second(first().says(event("a", 1)).says_after(Millis(6_000), event("b", 1)));
    let t = test(late, last(), vec![last()]);
    t.expect("CRIT-6", Fail, "(1 events lost, 1 late or unasked)");
}

#[test]
fn what_does_not_open_fails_and_what_is_denied_says_nothing() {
    for (socket, verdict, seen) in [
        (declines(401), Fail, "the handshake answers 401"),
        (unreachable_socket(), Fail, "connection refused"),
        (denied_socket(), Inconclusive, "denied"),
    ] {
        let t = holdpoint::test(run).service("backend").config(config()).socket("/ws/chat", socket);
        t.expect("CRIT-6", verdict, seen);
        t.expect("KI-3", verdict, seen);
    }
    let mut account = config();
    account["login"] = json!({ "service": "auth", "start": "/auth/test", "issuer": "issuer" });
    let t = holdpoint::test(run).service("backend").config(account);
    t.expect("KI-3", NotExercised, "no service `auth` is given");
}

#[test]
fn a_mistake_in_the_configuration_names_the_field() {
    for (field, value, error) in [
        ("path", json!("ws"), "config.path `ws` must begin with `/`"),
        ("within", json!(0), "config.within is more than nothing"),
        ("within", json!("21s"), "config.heartbeat is as long as config.within or longer"),
        ("hold", json!("30s"), "config.hold is 2 to 500 times config.heartbeat, not 1 times"),
        ("hold", json!("5h"), "config.hold is 2 to 500 times config.heartbeat, not 900 times"),
        ("events", json!([]), "config.events names 1 to 32 events"),
        ("kind", json!("type"), "config.kind is a place within JSON"),
    ] {
        let mut config = config();
        config[field] = value;
        let t = holdpoint::test(run).service("backend").config(config);
        let actual = t.returned().expect_err(error);
        assert!(actual.contains(error), "{actual}");
    }
}
