//! Sockets of a script behave as those of the host.

use std::cell::RefCell;

use super::{ScriptedSocket, declines, denied_socket, opens, test};
use crate::{Cause, Context, Event, Handshake, Millis, Service};

fn run<T>(
    server: ScriptedSocket,
    ask: impl Fn(&Context, Result<Handshake, crate::CallError>) -> T,
) -> (T, Vec<String>) {
    let seen = RefCell::new(None);
    let t = test(|cx, _: serde_json::Value| {
        let opening = Service::new("backend".to_owned()).socket("ws").subprotocol("chat.v2").subprotocol("chat.v1");
        seen.replace(Some(ask(cx, cx.websocket().open(&opening))));
        Ok(())
    })
    .socket("/ws", server);
    assert!(t.returned().is_ok(), "{:?}", t.returned());
    let calls = t.calls().iter().map(ToString::to_string).collect();
    drop(t);
    (seen.into_inner().unwrap(), calls)
}

#[test]
fn frames_come_and_go_in_the_order_of_the_script() {
    let server = opens().subprotocol("chat.v1").says("welcome").hears("hi").says_after(Millis(70_000), vec![1, 2]);
    let server = server.closes(1000, "bye");
    let (events, calls) = run(server, |cx, shaken| {
        let shaken = shaken.unwrap();
        assert_eq!(shaken.subprotocol(), Some("chat.v1"));
        let socket = shaken.socket().unwrap();
        let next = |wait| socket.receive(Millis(wait)).unwrap().into_inner();
        let mut events = vec![next(10), next(10)];
        socket.send("hi").unwrap();
        socket.ping().unwrap();
        let start = cx.now();
        events.extend([next(10), next(10), next(80_000)]);
        assert_eq!(cx.now().since(start), Millis(70_000));
        let counted = socket.count().unwrap().into_inner();
        assert_eq!((counted.frames_sent, counted.frames_received, counted.bytes_received), (1, 2, 9.0));
        events.push(next(10));
        assert!(matches!(socket.ping().unwrap_err().cause(), Cause::Failed(_)), "it is gone with its end");
        events
    });
    let [welcome, Event::Nothing, Event::Pong(_), Event::Nothing, bytes, Event::Closed(end)] = &events[..] else {
        panic!("{events:?}")
    };
    assert_eq!((welcome, bytes), (&Event::Text("welcome".into()), &Event::Binary(vec![1, 2])));
    assert_eq!((end.code, end.clean), (1000, true));
    assert_eq!(calls[..4], ["open backend /ws", "receive 0", "receive 0", "send 0 text of 2 bytes"]);
}

#[test]
fn what_is_not_open_has_no_socket() {
    let (socket, _) = run(declines(401), |_, shaken| shaken.unwrap().socket());
    assert_eq!(socket, None);
    let (denied, _) = run(denied_socket(), |_, shaken| matches!(shaken.unwrap_err().cause(), Cause::Denied(_)));
    assert!(denied);
}

#[test]
fn a_server_that_answers_no_ping_is_silent() {
    let (event, _) = run(opens().without_pongs(), |_, shaken| {
        let socket = shaken.unwrap().socket().unwrap();
        socket.ping().unwrap();
        let event = socket.receive(Millis(5)).unwrap().into_inner();
        let ended = socket.close(1001, "").unwrap();
        assert_eq!(ended.code, 1001);
        event
    });
    assert_eq!(event, Event::Nothing);
}

#[test]
#[should_panic(expected = "the script hears no more frames")]
fn a_frame_that_is_not_scripted_is_a_mistake() {
    run(opens(), |_, shaken| drop(shaken.unwrap().socket().unwrap().send("hi")));
}
