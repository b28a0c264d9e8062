//! `holdpoint:websocket`, for phases and virtual users.

use holdpoint_cap_websocket::{
    Counters, DEFAULT_TIMEOUT_MS, Ending, Event, Opening, Request, Response, Target, Websocket,
};
use holdpoint_gate::Halt;
use holdpoint_model::{Answer, Body};

use crate::{
    bindings::holdpoint::{
        types::types::CallError,
        websocket::websocket::{self, Header, Timings, TlsFacts},
    },
    state::{PhaseState, halted},
    user::UserState,
};

/// A guest that calls `holdpoint:websocket`: a phase, or a virtual user.
pub(crate) trait Caller: Send {
    /// How many calls it has made, which is the number of the next.
    fn calls(&self) -> u32;

    /// Makes a call.
    fn websocket(&mut self, request: Request) -> impl Future<Output = wasmtime::Result<Answer<Response>>> + Send;
}

impl Caller for PhaseState {
    fn calls(&self) -> u32 {
        self.guest.calls()
    }

    async fn websocket(&mut self, request: Request) -> wasmtime::Result<Answer<Response>> {
        self.flush(false).await?;
        let backend = self.backends.websocket.clone();
        self.guest.call::<Websocket, _>(&backend, &self.setup.grants, request).await.map_err(halted)
    }
}

/// A macro, because an implementation for every caller would be a second one for references to it.
macro_rules! sockets_of {
    ($caller:ty) => {
        impl websocket::Host for $caller {
            async fn open(
                &mut self,
                opening: websocket::Opening,
            ) -> wasmtime::Result<Result<websocket::Handshake, CallError>> {
                let socket = self.calls();
                match self.websocket(Request::Open(opening.into())).await? {
                    Ok(Response::Opened(handshake)) => Ok(Ok(shaken(socket, handshake))),
                    Ok(_) => Err(confused("an opening")),
                    Err(error) => Ok(Err(error.into())),
                }
            }

            async fn send(&mut self, socket: u32, frame: websocket::Frame) -> wasmtime::Result<Result<(), CallError>> {
                let (text, content): (bool, Body) = match frame {
                    websocket::Frame::Text(text) => (true, text.into_bytes().into()),
                    websocket::Frame::Binary(bytes) => (false, bytes.into()),
                };
                sent(self.websocket(Request::Send { socket, text, content }).await?)
            }

            async fn receive(
                &mut self,
                socket: u32,
                wait_ms: u32,
            ) -> wasmtime::Result<Result<websocket::Received, CallError>> {
                match self.websocket(Request::Receive { socket, wait_ms }).await? {
                    Ok(Response::Received { event, age }) => Ok(Ok(websocket::Received { event: event.into(), age })),
                    Ok(_) => Err(confused("a receiving")),
                    Err(error) => Ok(Err(error.into())),
                }
            }

            async fn ping(&mut self, socket: u32) -> wasmtime::Result<Result<(), CallError>> {
                sent(self.websocket(Request::Ping { socket }).await?)
            }

            async fn close(
                &mut self,
                socket: u32,
                code: u16,
                reason: String,
            ) -> wasmtime::Result<Result<websocket::Ending, CallError>> {
                match self.websocket(Request::Close { socket, code, reason }).await? {
                    Ok(Response::Closed(ending)) => Ok(Ok(ending.into())),
                    Ok(_) => Err(confused("a closing")),
                    Err(error) => Ok(Err(error.into())),
                }
            }

            async fn count(&mut self, socket: u32) -> wasmtime::Result<Result<websocket::Counters, CallError>> {
                match self.websocket(Request::Count { socket }).await? {
                    Ok(Response::Counted(counters)) => Ok(Ok(counters.into())),
                    Ok(_) => Err(confused("a count")),
                    Err(error) => Ok(Err(error.into())),
                }
            }
        }
    };
}

sockets_of!(PhaseState);
sockets_of!(UserState);

fn sent(answer: Answer<Response>) -> wasmtime::Result<Result<(), CallError>> {
    match answer {
        Ok(Response::Sent) => Ok(Ok(())),
        Ok(_) => Err(confused("a sending")),
        Err(error) => Ok(Err(error.into())),
    }
}

impl From<websocket::Opening> for Opening {
    fn from(opening: websocket::Opening) -> Self {
        Self {
            target: match opening.target {
                websocket::Target::Service(target) => Target::Service { service: target.service, path: target.path },
                websocket::Target::Url(url) => Target::Url(url),
            },
            subprotocols: opening.subprotocols,
            headers: opening
                .headers
                .into_iter()
                .map(|Header { name, value }| holdpoint_cap_websocket::Header { name, value })
                .collect(),
            timeout_ms: opening.timeout.unwrap_or(DEFAULT_TIMEOUT_MS).clamp(1, 60_000),
        }
    }
}

fn shaken(socket: u32, handshake: holdpoint_cap_websocket::Handshake) -> websocket::Handshake {
    let holdpoint_cap_websocket::Timings { dns, connect, tls, first_byte, total } = handshake.timings;
    websocket::Handshake {
        socket,
        status: handshake.status,
        headers: handshake
            .headers
            .into_iter()
            .map(|header| Header { name: header.name, value: header.value })
            .collect(),
        subprotocol: handshake.subprotocol,
        timings: Timings { dns, connect, tls, first_byte, total },
        tls: handshake.tls.map(|tls| TlsFacts {
            version: tls.version,
            cipher: tls.cipher,
            names: tls.names,
            not_after: tls.not_after,
        }),
        peer: handshake.peer,
    }
}

impl From<Event> for websocket::Event {
    fn from(event: Event) -> Self {
        match event {
            // A secret that was taken out leaves a placeholder, which is text.
            Event::Text { content } => Self::Text(String::from_utf8_lossy(content.bytes()).into_owned()),
            Event::Binary { content } => Self::Binary(content.bytes().to_vec()),
            Event::Pong(milliseconds) => Self::Pong(milliseconds),
            Event::Dropped(frames) => Self::Dropped(frames),
            Event::Closed(ending) => Self::Closed(ending.into()),
            Event::Nothing => Self::Nothing,
        }
    }
}

impl From<Ending> for websocket::Ending {
    fn from(Ending { code, reason, clean }: Ending) -> Self {
        Self { code, reason, clean }
    }
}

impl From<Counters> for websocket::Counters {
    fn from(counters: Counters) -> Self {
        Self {
            frames_sent: counters.frames_sent,
            frames_received: counters.frames_received,
            bytes_sent: counters.bytes_sent,
            bytes_received: counters.bytes_received,
            pings_sent: counters.pings_sent,
            pings_received: counters.pings_received,
            pongs_received: counters.pongs_received,
            dropped: counters.dropped,
            waiting: counters.waiting,
        }
    }
}

/// A journal that was edited can hold the answer to another question.
fn confused(to: &str) -> wasmtime::Error {
    halted(Halt::Journal(format!("the answer to {to} of a socket is one to something else")))
}
