use holdpoint::prelude::*;
use holdpoint::testing::{
    CANARY, ScriptedSocket, UserOutcome, declines, denied_socket, opens, unreachable_socket, user,
};

use crate::Talker;

const EVENTS: [&str; 5] = ["agent_started", "agent_thinking", "tool_executing", "tool_completed", "agent_completed"];

/// Event number so much of a socket, which answers a message with five.
fn event(number: usize) -> String {
    let (message, index) = (number.div_ceil(5), (number - 1) % 5);
    let mut event = json!({ "type": EVENTS[index], "seq": number, "message": message.to_string() });
    if index == 4 {
        event["text"] = format!("{CANARY} {message}").into();
    }
    event.to_string()
}

fn message(number: u32) -> String {
    json!({ "type": "message", "id": number.to_string(), "text": format!("{CANARY} {number}") }).to_string()
}

fn saying(server: ScriptedSocket, numbers: &[usize]) -> ScriptedSocket {
    numbers.iter().fold(server, |server, number| server.says(event(*number)))
}

/// One iteration of two messages, answered by these events.
fn chat(first: &[usize], second: &[usize]) -> UserOutcome {
    let server = saying(opens().subprotocol("chat.v1").hears(message(1)), first);
    let server = saying(server.hears(message(2)), second);
    user::<Talker>().config(json!({ "messages": 2, "within": "1s" })).socket("/ws/chat", server).iterate(1)
}

const CHECKS: [&str; 4] = ["no event is lost", "no event comes twice", "events come in order", "the answer is mine"];

/// The checks that were wrong at least once.
fn wrong(outcome: &UserOutcome) -> Vec<&str> {
    assert_eq!(outcome.returned(), Ok(()));
    outcome.judged().filter(|(_, good)| !good).map(|(name, _)| name).collect()
}

#[test]
fn every_event_once_in_order_and_mine_is_good() {
    let outcome = chat(&[1, 2, 3, 4, 5], &[6, 7, 8, 9, 10]);
    outcome.expect_good("the socket opens", 1);
    for check in CHECKS {
        outcome.expect_good(check, 2);
    }
    assert!(outcome.calls().last().unwrap().starts_with("close "), "{:?}", outcome.calls());
}

#[test]
fn each_fault_is_wrong_for_its_own_reason() {
    assert_eq!(wrong(&chat(&[1, 2, 4, 5], &[])), ["no event is lost"]);
    assert_eq!(wrong(&chat(&[1, 2, 3, 4], &[])), ["no event is lost"], "the last one too");
    assert_eq!(wrong(&chat(&[1, 2, 2, 3, 4, 5], &[6, 7, 8, 9, 10])), ["no event comes twice"]);
    assert_eq!(wrong(&chat(&[1, 2, 3, 4, 5, 5], &[6, 7, 8, 9, 10])), ["no event comes twice"], "with the next message");
    assert_eq!(wrong(&chat(&[1, 3, 2, 4, 5], &[6, 7, 8, 9, 10])), ["events come in order"]);
    assert_eq!(wrong(&chat(&[1, 2, 3, 5, 4], &[6, 7, 8, 9, 10])), ["events come in order"]);
}

#[test]
fn anothers_words_and_late_events_are_wrong() {
    let others = event(5).replace(CANARY, "somebody else");
    let server = saying(opens().subprotocol("chat.v1").hears(message(1)), &[1, 2, 3, 4]).says(others);
    let t = user::<Talker>().config(json!({ "messages": 1 })).socket("/ws/chat", server);
    assert_eq!(wrong(&t.iterate(1)), ["the answer is mine"]);
    let server = saying(opens().subprotocol("chat.v1").hears(message(1)), &[1, 2, 3, 4]);
    let server = server.says_after(Millis(1_500), event(5));
    let t = user::<Talker>().config(json!({ "messages": 1, "within": "1s" })).socket("/ws/chat", server);
    assert_eq!(wrong(&t.iterate(1)), ["no event is lost"]);
}

#[test]
fn a_half_open_socket_is_told_from_a_silent_one() {
    let silent = opens().subprotocol("chat.v1").hears(message(1));
    let t = |server| {
        user::<Talker>().config(json!({ "messages": 1, "within": "1s" })).socket("/ws/chat", server).iterate(1)
    };
    let outcome = t(silent.clone());
    outcome.expect_good("pings are answered", 1);
    outcome.expect_wrong("no event is lost");
    t(silent.without_pongs()).expect_wrong("pings are answered");
}

#[test]
fn a_socket_of_no_use_is_left_and_another_opened() {
    let first = saying(opens().subprotocol("chat.v1").hears(message(1)), &[1, 2]).breaks_off();
    let second = opens().subprotocol("chat.v1").hears(message(2));
    let second =
        (1..=5).fold(second, |server, n| server.says(event(n).replace(" 1\"", " 2\"").replace(":\"1\"", ":\"2\"")));
    let t = user::<Talker>().config(json!({ "messages": 1 })).socket("/ws/chat", first).socket("/ws/chat", second);
    let outcome = t.iterate(2);
    assert_eq!(wrong(&outcome), ["no event is lost"]);
    assert_eq!(outcome.judged().filter(|said| *said == ("the answer is mine", true)).count(), 2);
    outcome.expect_good("the socket opens", 2);
}

#[test]
fn a_socket_that_does_not_open_is_wrong_and_one_that_nobody_answers_is_the_hosts_to_count() {
    let t = |server| user::<Talker>().socket("/ws/chat", server).iterate(2);
    assert_eq!(wrong(&t(declines(503))), ["the socket opens"; 2]);
    assert_eq!(wrong(&t(opens())), ["the socket opens"; 2], "the server did not take the subprotocol");
    assert_eq!(t(unreachable_socket()).judged().count(), 0);
}

#[test]
fn what_the_bundle_does_not_grant_ends_it_and_says_what_that_is() {
    let outcome = user::<Talker>().socket("/ws/chat", denied_socket()).iterate(2);
    assert!(outcome.returned().is_err_and(|why| why.starts_with("denied ")));
}

#[test]
fn without_numbers_events_are_counted_by_their_place() {
    let events = ["a", "c", "b"].map(|kind| json!({ "e": kind, "to": 1 }).to_string());
    let hears = json!({ "ask": format!("{CANARY} 1"), "nr": "1" }).to_string();
    let server = events.into_iter().fold(opens().hears(hears), ScriptedSocket::says);
    let config = json!({
        "messages": 1, "subprotocols": [], "message": { "ask": "{text}", "nr": "{id}" },
        "events": ["a", "b", "c"], "kind": "/e", "id": "/to", "number": "", "text": "",
    });
    assert_eq!(wrong(&user::<Talker>().config(config).socket("/ws/chat", server).iterate(1)), ["events come in order"]);
}

#[test]
fn a_configuration_under_which_nothing_could_be_missed_is_refused() {
    for (config, word) in [
        (json!({ "events": [] }), "events"),
        (json!({ "messages": 0 }), "messages"),
        (json!({ "messages": 21 }), "messages"),
        (json!({ "within": "11s" }), "within"),
        (json!({ "kind": "" }), "kind"),
    ] {
        let why = user::<Talker>().config(config).iterate(1).returned().unwrap_err().to_owned();
        assert!(why.contains(word), "{why}");
    }
}
