//! WebSockets: opened like a request, then frame by frame. A socket ends with the host that opened it; nothing is opened a second time by
//! itself.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use crate::{CallError, Cause, Context, Evidence, Millis, Target, Timings, Tls, host};

/// Milliseconds of one wait, the most that the host takes.
const WAIT: u32 = 50_000;

/// A socket to be opened: `backend.socket("/ws").subprotocol("chat.v1")`. It is shown as `open backend /ws`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a socket is not open until it is opened"]
pub struct Opening {
    pub(crate) target: Target,
    pub(crate) subprotocols: Vec<String>,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) timeout: Option<Millis>,
}

impl Opening {
    pub(crate) fn new(target: Target) -> Self {
        Self { target, subprotocols: Vec::new(), headers: Vec::new(), timeout: None }
    }

    /// A socket at an absolute URL, which begins with `wss://` or `ws://`.
    pub fn at(url: impl Into<String>) -> Self {
        Self::new(Target::Url(url.into()))
    }

    /// Offers one more subprotocol, after those that are liked better.
    pub fn subprotocol(mut self, name: impl Into<String>) -> Self {
        self.subprotocols.push(name.into());
        self
    }

    /// Adds a header, e.g. `origin` or `authorization`. Those of the handshake itself are refused by the host.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// The limit for connecting and the handshake: 1 ms to one minute; 30 s if it is not set.
    pub fn timeout(mut self, limit: Millis) -> Self {
        self.timeout = Some(Millis(limit.0.clamp(1, 60_000)));
        self
    }

    /// The path below the service's URL, or the whole URL.
    pub fn path(&self) -> &str {
        match &self.target {
            Target::Service { path, .. } => path,
            Target::Url(url) => url,
        }
    }
}

impl fmt::Display for Opening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.target {
            Target::Service { service, path } => write!(f, "open {service} {path}"),
            Target::Url(url) => write!(f, "open {url}"),
        }
    }
}

/// How the server answered an opening. A status other than 101 is an answer too: whether it is the right one is for the phase to say.
#[derive(Clone, Debug, PartialEq)]
pub struct Handshake {
    pub(crate) call: u32,
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) subprotocol: Option<String>,
    pub(crate) timings: Timings,
    pub(crate) tls: Option<Tls>,
    pub(crate) peer: String,
}

impl Handshake {
    /// The status; with 101 the socket is open.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The socket, if it is open.
    pub fn socket(&self) -> Option<Socket> {
        (self.status == 101).then_some(Socket { id: self.call })
    }

    /// The first header of that name, in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The subprotocol that the server chose, always one of those that were offered.
    pub fn subprotocol(&self) -> Option<&str> {
        self.subprotocol.as_deref()
    }

    /// How long its parts took.
    pub fn timings(&self) -> &Timings {
        &self.timings
    }

    /// What the TLS handshake showed.
    pub fn tls(&self) -> Option<&Tls> {
        self.tls.as_ref()
    }

    /// The address that answered, `ip:port`.
    pub fn peer(&self) -> &str {
        &self.peer
    }
}

impl Evidence for Handshake {
    fn calls(&self) -> Vec<u32> {
        vec![self.call]
    }
}

/// What goes over a socket: a whole message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// UTF-8.
    Text(String),
    /// Anything.
    Binary(Vec<u8>),
}

impl From<&str> for Frame {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Frame {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Vec<u8>> for Frame {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Binary(bytes)
    }
}

impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "text of {} bytes", text.len()),
            Self::Binary(bytes) => write!(f, "binary of {} bytes", bytes.len()),
        }
    }
}

/// What came over a socket.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A text.
    Text(String),
    /// Bytes.
    Binary(Vec<u8>),
    /// The answer to a ping, and the milliseconds from one to the other.
    Pong(f64),
    /// So many frames that came here were thrown away by the host, because too many were waiting.
    Dropped(u32),
    /// It has ended; the socket is gone.
    Closed(Ending),
    /// Nothing came in time.
    Nothing,
}

/// How a socket ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// The server's code; 1005 if its close frame had none. Without a close frame 1006, or what the host ended it with: 1002, 1007, 1008, 1009.
    pub code: u16,
    /// The server's words, or the host's.
    pub reason: String,
    /// The server sent a close frame.
    pub clean: bool,
}

/// What has gone over a socket.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Counters {
    /// Frames that were sent.
    pub frames_sent: u32,
    /// Frames that came, with those that were thrown away.
    pub frames_received: u32,
    /// Bytes of the contents of frames.
    pub bytes_sent: f64,
    /// Bytes of the contents of frames.
    pub bytes_received: f64,
    /// Pings of the phase.
    pub pings_sent: u32,
    /// Pings of the server, which the host has answered.
    pub pings_received: u32,
    /// Pongs of the server.
    pub pongs_received: u32,
    /// Frames that were thrown away, because too many were waiting.
    pub dropped: u32,
    /// Frames that wait to be received.
    pub waiting: u32,
}

/// What a call on a socket brought, and the call that shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Told<T> {
    value: T,
    age: f64,
    call: u32,
}

impl<T> Told<T> {
    /// Without the call.
    pub fn into_inner(self) -> T {
        self.value
    }

    /// The milliseconds that it had waited in the host when it was received: 0 for what was not received.
    pub fn age(&self) -> f64 {
        self.age
    }
}

impl<T> Deref for Told<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> Evidence for Told<T> {
    fn calls(&self) -> Vec<u32> {
        vec![self.call]
    }
}

/// Sockets of a phase.
#[derive(Clone, Copy, Debug)]
pub struct Websocket<'a> {
    of: PhantomData<&'a Context>,
}

impl<'a> Websocket<'a> {
    pub(crate) fn new(_of: &'a Context) -> Self {
        Self { of: PhantomData }
    }

    /// Opens a socket.
    pub fn open(&self, opening: &Opening) -> Result<Handshake, CallError> {
        let call = host::calls();
        host::open_socket(opening).map_err(|cause| CallError::new(cause, call))
    }
}

/// A socket that was opened. Each of its methods is a call of its own.
#[derive(Debug, PartialEq, Eq)]
pub struct Socket {
    id: u32,
}

impl Socket {
    /// Sends a frame: an effect, unless the grants say less. It was handed to the network then; whether it was read is not known.
    pub fn send(&self, frame: impl Into<Frame>) -> Result<Told<()>, CallError> {
        let frame = frame.into();
        told(|| host::send_frame(self.id, &frame))
    }

    /// What came next, waiting for it so long at most.
    pub fn receive(&self, wait: Millis) -> Result<Told<Event>, CallError> {
        let mut left = wait.0;
        loop {
            let once = left.min(WAIT);
            let Told { value: (event, age), call, .. } = told(|| host::receive(self.id, Millis(once)))?;
            left -= once;
            if event != Event::Nothing || left == 0 {
                return Ok(Told { value: event, age, call });
            }
        }
    }

    /// Sends a ping, whose answer is an event.
    pub fn ping(&self) -> Result<Told<()>, CallError> {
        told(|| host::ping(self.id))
    }

    /// What has gone over it so far.
    pub fn count(&self) -> Result<Told<Counters>, CallError> {
        told(|| host::count(self.id))
    }

    /// Closes it, and gives how it ended.
    pub fn close(self, code: u16, reason: &str) -> Result<Told<Ending>, CallError> {
        told(|| host::close_socket(self.id, code, reason))
    }
}

fn told<T>(ask: impl FnOnce() -> Result<T, Cause>) -> Result<Told<T>, CallError> {
    let call = host::calls();
    match ask() {
        Ok(value) => Ok(Told { value, age: 0.0, call }),
        Err(cause) => Err(CallError::new(cause, call)),
    }
}
