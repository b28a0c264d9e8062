//! The chat: a WebSocket with the subprotocol `chat.v1`. A message `{"type":"message","id":…,"text":…}` is answered by five
//! events in order; `{"type":"close","code":…}` asks for a close with that code.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL};
use axum::http::header::{SEC_WEBSOCKET_VERSION, UPGRADE};
use axum::http::{HeaderMap, HeaderName, Response, StatusCode};
use axum::response::IntoResponse;
use futures::{SinkExt, StreamExt};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::io::AsyncReadExt;
use tokio::sync::watch;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message, Utf8Bytes};

use super::{Caller, Shared, failure};
use crate::change::Change;
use crate::load::{Ageing, ChatFault, LeakForm, Own, Struck, damaged};
use crate::service::Service;

const PROTOCOL: &str = "chat.v1";
const LONGEST: usize = 64 * 1024;
/// Small, because each of many connections has one.
const BUFFER: usize = 4 * 1024;

const EVENTS: [&str; 5] = ["agent_started", "agent_thinking", "tool_executing", "tool_completed", "agent_completed"];

#[derive(serde::Deserialize)]
#[serde(tag = "type", rename_all = "lowercase", deny_unknown_fields)]
enum Said {
    Message { id: serde_json::Value, text: String },
    Close { code: u16 },
}

pub(super) async fn open(State(shared): State<Arc<Shared>>, caller: Caller, mut request: Request) -> Response<Body> {
    let headers = request.headers();
    if !has_word(headers, UPGRADE, "websocket") || !has_word(headers, CONNECTION, "upgrade") {
        return failure(StatusCode::UPGRADE_REQUIRED, "this is a WebSocket");
    }
    if !has_word(headers, SEC_WEBSOCKET_VERSION, "13") || !has_word(headers, SEC_WEBSOCKET_PROTOCOL, PROTOCOL) {
        return failure(StatusCode::BAD_REQUEST, "WebSocket version 13 and the subprotocol chat.v1 are offered");
    }
    let Some(key) = headers.get(SEC_WEBSOCKET_KEY).map(|key| derive_accept_key(key.as_bytes())) else {
        return failure(StatusCode::BAD_REQUEST, "there is no Sec-WebSocket-Key");
    };
    let Ok(place) = Arc::clone(&shared.chats).try_acquire_owned() else {
        return failure(StatusCode::SERVICE_UNAVAILABLE, "there are too many chats");
    };
    let upgraded = hyper::upgrade::on(&mut request);
    let ending = shared.ending.clone();
    tokio::spawn(async move {
        let mut ending_first = ending.clone();
        let upgraded = tokio::select! {
            upgraded = upgraded => upgraded,
            _ = ending_first.changed() => return,
        };
        if let Ok(upgraded) = upgraded {
            let config = WebSocketConfig::default()
                .read_buffer_size(BUFFER)
                .write_buffer_size(0)
                .max_message_size(Some(LONGEST))
                .max_frame_size(Some(LONGEST));
            let socket = WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, Some(config)).await;
            let opened = Instant::now();
            Chat { shared, user: caller.person.id, socket, sent: 0, opened }.run(ending).await;
            drop(place);
        }
    });
    let headers = [
        (UPGRADE, "websocket".to_owned()),
        (CONNECTION, "Upgrade".to_owned()),
        (SEC_WEBSOCKET_ACCEPT, key),
        (SEC_WEBSOCKET_PROTOCOL, PROTOCOL.to_owned()),
    ];
    (StatusCode::SWITCHING_PROTOCOLS, headers).into_response()
}

fn has_word(headers: &HeaderMap, name: HeaderName, wanted: &str) -> bool {
    let words = headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    words.map(str::trim).any(|word| word.eq_ignore_ascii_case(wanted))
}

struct Chat {
    shared: Arc<Shared>,
    user: String,
    socket: WebSocketStream<TokioIo<Upgraded>>,
    /// Events of this connection so far, which is also the number of the last.
    sent: u32,
    opened: Instant,
}

impl Chat {
    async fn run(mut self, mut ending: watch::Receiver<()>) {
        let code = tokio::select! {
            // On an error the other side is gone, or has said goodbye already.
            ended = self.talk() => ended.unwrap_or_default(),
            _ = ending.changed() => Some(CloseCode::Away),
        };
        if let Some(code) = code {
            let frame = CloseFrame { code, reason: Utf8Bytes::default() };
            let goodbye = async {
                self.socket.close(Some(frame)).await?;
                while self.socket.next().await.transpose()?.is_some() {}
                Ok::<_, Error>(())
            };
            // Whoever does not answer a close is left.
            let _ = tokio::time::timeout(Duration::from_secs(1), goodbye).await;
        }
    }

    /// Talks until the end; gives the code to close with, if it is for this side to say.
    async fn talk(&mut self) -> Result<Option<CloseCode>, Error> {
        loop {
            if self.is_half_open() {
                self.ignore().await;
                return Ok(None);
            }
            let next = match self.cut_when_idle() {
                // Nothing is said to the other side.
                Some(idle) => match tokio::time::timeout(idle, self.socket.next()).await {
                    Ok(next) => next,
                    Err(_) => return Ok(None),
                },
                None => self.socket.next().await,
            };
            if self.is_half_open() {
                self.ignore().await;
                return Ok(None);
            }
            let text = match next {
                None => return Ok(None),
                Some(Ok(Message::Close(_))) => {
                    // The goodbye in return is made already, and only has to go out.
                    self.socket.flush().await?;
                    return Ok(None);
                }
                Some(Ok(Message::Text(text))) => text,
                Some(Ok(Message::Binary(_))) => return Ok(Some(CloseCode::Unsupported)),
                Some(Ok(_)) => continue,
                Some(Err(Error::Capacity(_))) => return Ok(Some(CloseCode::Size)),
                Some(Err(Error::Utf8(_))) => return Ok(Some(CloseCode::Invalid)),
                Some(Err(Error::Protocol(_))) => return Ok(Some(CloseCode::Protocol)),
                Some(Err(error)) => return Err(error),
            };
            match serde_json::from_str(&text) {
                Ok(Said::Message { id, text }) => self.answer(&id, &text).await?,
                Ok(Said::Close { code: code @ (1000 | 1001 | 3000..=4999) }) => return Ok(Some(code.into())),
                Ok(Said::Close { .. }) => return Ok(Some(CloseCode::Policy)),
                Err(_) => return Ok(Some(CloseCode::Invalid)),
            }
        }
    }

    async fn answer(&mut self, id: &serde_json::Value, text: &str) -> Result<(), Error> {
        let changes = self.shared.switchboard.changes(Service::Backend);
        match self.ageing(&changes) {
            Some(Ageing::Silent) => return Ok(()),
            Some(Ageing::Late(delay)) => tokio::time::sleep(delay).await,
            Some(Ageing::HalfOpen) | None => {}
        }
        let mut frames = Vec::with_capacity(EVENTS.len());
        for (number, event) in (self.sent + 1..).zip(EVENTS) {
            frames.push(json!({ "type": event, "seq": number, "message": id }));
        }
        self.sent += 5;
        if let Some(last) = frames.last_mut() {
            last["text"] = json!(text);
        }
        let mut frames: Vec<String> = frames.iter().map(ToString::to_string).collect();
        self.leak(&changes, &mut frames, text);
        let faults: Vec<(Struck, u32)> = changes.iter().filter_map(frames_struck).collect();
        let frames = damaged(frames, &faults, |one_in| self.shared.switchboard.strikes.frames.one_in(one_in));
        let allowed = changes.iter().filter_map(last_event).min().unwrap_or(u32::MAX);
        let before = self.sent - 5;
        self.shared.halt(&changes).await;
        for (_, frame) in (before..).zip(frames).take_while(|(number, _)| *number < allowed) {
            self.socket.feed(Message::from(frame)).await?;
        }
        self.socket.flush().await
    }

    fn leak(&self, changes: &[Change], frames: &mut [String], text: &str) {
        let switchboard = &self.shared.switchboard;
        for change in changes {
            let Change::Leak(leak) = change else { continue };
            let in_frames = leak.form == LeakForm::Frame;
            let is_struck = in_frames && switchboard.strikes.answers.one_in(leak.one_in);
            let own = Own::new(&self.user, text);
            if !in_frames {
                switchboard.crossings.note(own);
            } else if let Some(crossing) = switchboard.crossings.turn(own, "chat", leak.form, is_struck)
                && let Some(frame) = frames.last_mut()
            {
                frame.pop();
                frame.push_str(&format!(",\"recent\":{}}}", crossing.json()));
            }
        }
    }

    fn is_half_open(&self) -> bool {
        let changes = self.shared.switchboard.changes(Service::Backend);
        changes.iter().any(|c| matches!(c, Change::Chat(ChatFault::HalfOpen { after }) if self.sent >= *after))
            || self.ageing(&changes) == Some(Ageing::HalfOpen)
    }

    /// What is wrong with this connection because it is so old.
    fn ageing(&self, changes: &[Change]) -> Option<Ageing> {
        changes.iter().find_map(|change| match change {
            Change::Chat(ChatFault::Aged { after, how }) if self.opened.elapsed() >= *after => Some(*how),
            _ => None,
        })
    }

    /// How long nothing may come before the connection is cut.
    fn cut_when_idle(&self) -> Option<Duration> {
        self.shared.switchboard.changes(Service::Backend).iter().find_map(|change| match change {
            Change::Chat(ChatFault::Cut { idle }) => Some(*idle),
            _ => None,
        })
    }

    /// Takes what comes and answers nothing, until the other side is gone.
    async fn ignore(&mut self) {
        let mut buffer = [0; 1024];
        while matches!(self.socket.get_mut().read(&mut buffer).await, Ok(1..)) {}
    }
}

fn frames_struck(change: &Change) -> Option<(Struck, u32)> {
    match change {
        Change::Chat(ChatFault::Frames { struck, one_in }) => Some((*struck, *one_in)),
        _ => None,
    }
}

fn last_event(change: &Change) -> Option<u32> {
    match change {
        Change::Chat(ChatFault::Silent { after } | ChatFault::HalfOpen { after }) => Some(*after),
        _ => None,
    }
}
