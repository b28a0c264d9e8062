//! A phase that opens the sockets of its configuration and does with each what its steps say, one after the other, and shows what came of
//! every step. It judges one thing only: that every call had an answer.

use std::collections::BTreeMap;

use holdpoint::prelude::*;
use holdpoint::{CallError, Event, Opening, Socket};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    open: Vec<Open>,
}

/// A path of the service `backend`, or an absolute URL.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Open {
    at: String,
    #[serde(default)]
    subprotocols: Vec<String>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    /// A secret that goes into the header `authorization`, and into frames in the place of `{secret}`.
    secret: Option<String>,
    timeout: Option<Millis>,
    /// So many of them, all open until the phase ends.
    times: Option<u32>,
    #[serde(default)]
    steps: Vec<Step>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
enum Step {
    Send(String),
    /// So many bytes.
    SendBytes(usize),
    Receive(Millis),
    Ping,
    Count,
    Close(u16),
    Sleep(Millis),
}

#[holdpoint::phase]
fn run(cx: &Context, config: Config) -> Result<()> {
    for open in config.open {
        let placeholder = match &open.secret {
            Some(name) => Some(cx.secrets().reference(name)?.to_string()),
            None => None,
        };
        let opening = opening(cx, &open, placeholder.as_deref())?;
        let mut kept = Vec::new();
        for _ in 0..open.times.unwrap_or(1) {
            let shaken = cx.websocket().open(&opening);
            show(cx, &opening.to_string(), &shaken, |shaken| match shaken.subprotocol() {
                Some(name) => format!("{} {name}", shaken.status()),
                None => shaken.status().to_string(),
            });
            kept.extend(shaken.ok().and_then(|shaken| shaken.socket()));
        }
        let mut socket = kept.pop();
        for step in &open.steps {
            if let Step::Sleep(pause) = step {
                cx.sleep(*pause)?;
            } else {
                socket = socket.and_then(|socket| take(cx, socket, step, placeholder.as_deref()));
            }
        }
    }
    Ok(())
}

fn opening(cx: &Context, open: &Open, placeholder: Option<&str>) -> Result<Opening> {
    let opening =
        if open.at.starts_with('/') { cx.service("backend")?.socket(&open.at) } else { Opening::at(&open.at) };
    let opening = open.subprotocols.iter().fold(opening, |opening, name| opening.subprotocol(name));
    let opening = open.headers.iter().fold(opening, |opening, (name, value)| opening.header(name, value));
    let opening = match placeholder {
        Some(placeholder) => opening.header("authorization", placeholder),
        None => opening,
    };
    Ok(match open.timeout {
        Some(limit) => opening.timeout(limit),
        None => opening,
    })
}

/// One step; the socket is gone where it was closed.
fn take(cx: &Context, socket: Socket, step: &Step, placeholder: Option<&str>) -> Option<Socket> {
    match step {
        Step::Send(text) => {
            let text = text.replace("{secret}", placeholder.unwrap_or_default());
            show(cx, "send", &socket.send(text), |_| "sent".to_owned());
        }
        Step::SendBytes(bytes) => show(cx, "send", &socket.send(vec![7; *bytes]), |_| "sent".to_owned()),
        Step::Receive(wait) => show(cx, "receive", &socket.receive(*wait), |event| match &**event {
            Event::Text(text) => format!("text {text:?}"),
            Event::Binary(bytes) => format!("binary {}", bytes.len()),
            Event::Pong(_) => "pong".to_owned(),
            Event::Dropped(frames) => format!("dropped {frames}"),
            Event::Closed(end) => format!("closed {} {:?} {}", end.code, end.reason, end.clean),
            Event::Nothing => "nothing".to_owned(),
        }),
        Step::Ping => show(cx, "ping", &socket.ping(), |_| "sent".to_owned()),
        Step::Count => show(cx, "count", &socket.count(), |counted| format!("{:?}", **counted)),
        Step::Close(code) => {
            show(cx, "close", &socket.close(*code, "done"), |end| {
                format!("{} {:?} {}", end.code, end.reason, end.clean)
            });
            return None;
        }
        Step::Sleep(_) => {}
    }
    Some(socket)
}

fn show<T: Evidence>(cx: &Context, name: &str, told: &Result<T, CallError>, say: impl Fn(&T) -> String) {
    let seen = match told {
        Ok(told) => say(told),
        Err(error) => error.to_string(),
    };
    cx.check(["P3.1"], name).passes_if(told.is_ok(), expected("an answer"), observed(seen), told);
}

#[cfg(test)]
mod tests {
    use holdpoint::prelude::*;
    use holdpoint::testing::{denied_socket, opens};

    use super::run;

    #[test]
    fn shows_what_came_of_each_step() {
        let steps =
            json!([{ "send": "hi" }, { "receive": "1s" }, "ping", { "receive": "1s" }, "count", { "close": 1000 }]);
        let config = json!({ "open": [{ "at": "/ws", "subprotocols": ["a"], "steps": steps }, { "at": "/no" }] });
        let t = holdpoint::test(run).service("backend").config(config);
        let t = t.socket("/ws", opens().subprotocol("a").hears("hi").says("hello")).socket("/no", denied_socket());
        let seen: Vec<_> = t.checks().iter().map(|check| check.observed.as_str()).collect();
        assert_eq!(seen[..5], ["101 a", "sent", "text \"hello\"", "sent", "pong"]);
        assert_eq!(seen[6], "1000 \"done\" true");
        t.expect("P3.1", Fail, "denied websocket");
    }
}
