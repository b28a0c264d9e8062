//! An open socket: a task that reads, and a sink that calls write to. It ends when it is dropped.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures::{
    SinkExt as _, StreamExt as _,
    stream::{SplitSink, SplitStream},
};
use holdpoint_cap_http::{Stream, user::Talk};
use holdpoint_gate::BackendError;
use holdpoint_model::ServiceName;
use tokio::{sync::Notify, task::AbortHandle, time::Instant};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Error, Message,
        error::{CapacityError, ProtocolError},
        protocol::{CloseFrame, Role, WebSocketConfig, frame::coding::CloseCode},
    },
};

use crate::{
    Ending, Event,
    ask::FRAME_BYTES,
    bounds::Bounds,
    inbox::{Flood, Inbox},
};

/// How long handing a frame to the network may take.
const SENDING: Duration = Duration::from_secs(10);
/// How long the server may take to answer a close frame, or to hang up after its own.
const CLOSING: Duration = Duration::from_secs(5);
/// How long telling the server may take why the host ends the socket.
const TELLING: Duration = Duration::from_secs(1);

type Io = WebSocketStream<Box<dyn Stream>>;
type Sink = tokio::sync::Mutex<SplitSink<Io, Message>>;

/// A socket of a guest.
pub(crate) struct Socket {
    /// Where it goes, for secrets in frames.
    pub(crate) service: Option<ServiceName>,
    pub(crate) host: String,
    /// What a virtual user does over it is told, and searched.
    pub(crate) talk: Option<Arc<Talk>>,
    shared: Arc<Shared>,
    sink: Arc<Sink>,
    reader: AbortHandle,
}

struct Shared {
    inbox: Mutex<Inbox>,
    news: Notify,
}

impl Shared {
    fn inbox(&self) -> MutexGuard<'_, Inbox> {
        // Every change is whole before anything can panic.
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

impl Socket {
    /// Takes over a connection whose handshake is done.
    pub(crate) async fn over(
        stream: Box<dyn Stream>,
        bounds: Bounds,
        service: Option<ServiceName>,
        host: String,
        talk: Option<Talk>,
    ) -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(bounds.at_once)
            .write_buffer_size(0)
            .max_write_buffer_size(2 * FRAME_BYTES)
            .max_message_size(Some(FRAME_BYTES))
            .max_frame_size(Some(FRAME_BYTES));
        let io = WebSocketStream::from_raw_socket(stream, Role::Client, Some(config)).await;
        let (sink, incoming) = io.split();
        let shared = Arc::new(Shared { inbox: Mutex::new(Inbox::new(bounds)), news: Notify::new() });
        let (sink, talk) = (Arc::new(Sink::new(sink)), talk.map(Arc::new));
        let reading = Reading { shared: shared.clone(), sink: sink.clone(), talk: talk.clone() };
        let reader = tokio::spawn(reading.read(incoming)).abort_handle();
        Self { service, host, talk, shared, sink, reader }
    }

    /// The guest asks something of it.
    pub(crate) fn inbox(&self) -> MutexGuard<'_, Inbox> {
        let mut inbox = self.shared.inbox();
        inbox.asked();
        inbox
    }

    /// Sends a frame.
    pub(crate) async fn send(&self, message: Message) -> Result<(), BackendError> {
        let bytes = message.len();
        self.hand_over(message).await?;
        self.inbox().sent(bytes);
        Ok(())
    }

    /// Sends a ping, whose answer is an event.
    pub(crate) async fn ping(&self) -> Result<(), BackendError> {
        let payload = self.inbox().next_ping(Instant::now());
        let payload = payload.ok_or_else(|| BackendError::NotSent("16 pings are unanswered; receive first".into()))?;
        self.hand_over(Message::Ping(payload.to_vec().into())).await
    }

    async fn hand_over(&self, message: Message) -> Result<(), BackendError> {
        if let Some(ending) = self.inbox().ending() {
            return Err(BackendError::NotSent(format!("the socket has ended with {}; receive its end", ending.code)));
        }
        let sending = async { self.sink.lock().await.send(message).await };
        let late = u32::try_from(SENDING.as_millis()).unwrap_or(u32::MAX);
        match tokio::time::timeout(SENDING, sending).await.map_err(|_| BackendError::Timeout(late))? {
            Ok(()) => Ok(()),
            Err(Error::WriteBufferFull(_)) => {
                Err(BackendError::NotSent("the server does not take what was sent before".into()))
            }
            Err(Error::AlreadyClosed | Error::ConnectionClosed | Error::Protocol(ProtocolError::SendAfterClosing)) => {
                Err(BackendError::NotSent("the socket has ended; receive its end".into()))
            }
            Err(error) => Err(BackendError::Unknown(error.to_string())),
        }
    }

    /// What came first, waiting for it.
    pub(crate) async fn receive(&self, wait: Duration) -> Option<(Event, Instant)> {
        let end = Instant::now() + wait;
        self.inbox().asked();
        loop {
            let news = self.shared.news.notified();
            tokio::pin!(news);
            news.as_mut().enable();
            if let Some(taken) = self.shared.inbox().take() {
                return Some(taken);
            }
            if tokio::time::timeout_at(end, news).await.is_err() {
                return self.shared.inbox().take();
            }
        }
    }

    /// Closes it, and gives how it has ended.
    pub(crate) async fn close(&self, code: u16, reason: String) -> Ending {
        let frame = CloseFrame { code: CloseCode::from(code), reason: reason.into() };
        let _ = tokio::time::timeout(SENDING, async { self.sink.lock().await.send(Message::Close(Some(frame))).await })
            .await;
        let end = Instant::now() + CLOSING;
        loop {
            let news = self.shared.news.notified();
            tokio::pin!(news);
            news.as_mut().enable();
            {
                // What comes before its end is received by nobody.
                let mut inbox = self.inbox();
                if let Some(ending) = inbox.ending() {
                    return ending.clone();
                }
                while inbox.take().is_some() {}
            }
            if tokio::time::timeout_at(end, news).await.is_err() {
                return ended(
                    1006,
                    format!("the server did not answer the close frame within {} s", CLOSING.as_secs()),
                );
            }
        }
    }
}

/// What reads until the socket ends.
struct Reading {
    shared: Arc<Shared>,
    sink: Arc<Sink>,
    talk: Option<Arc<Talk>>,
}

impl Reading {
    async fn read(self, mut incoming: SplitStream<Io>) {
        let Self { shared, sink, talk } = self;
        let came = |content: &[u8]| talk.iter().for_each(|talk| talk.came(content));
        let ending = loop {
            let Some(next) = incoming.next().await else { break ended(1006, "the connection broke off") };
            let at = Instant::now();
            // Whatever it is, it can show what is somebody else's.
            next.iter().for_each(|message| came(content(message)));
            let taken = match next {
                Ok(Message::Text(text)) => shared.inbox().frame(true, text.as_bytes(), at),
                Ok(Message::Binary(bytes)) => shared.inbox().frame(false, &bytes, at),
                Ok(Message::Ping(_)) => shared.inbox().ping(),
                Ok(Message::Pong(payload)) => shared.inbox().pong(&payload, at),
                Ok(Message::Close(frame)) => break closed(frame),
                // Single frames are not given out.
                Ok(Message::Frame(_)) => Ok(()),
                Err(error) => break broken(&error),
            };
            if taken == Err(Flood) {
                break ended(1008, "the server sends without end what nobody receives");
            }
            shared.news.notify_waiters();
        };
        let (clean, code) = (ending.clean, ending.code);
        shared.inbox().end(ending, Instant::now());
        shared.news.notify_waiters();
        if clean {
            // The answer to the server's close frame is sent while reading on; then the server hangs up.
            let _ = tokio::time::timeout(CLOSING, async { while let Some(Ok(_)) = incoming.next().await {} }).await;
        } else if code != 1006 {
            let frame = CloseFrame { code: CloseCode::from(code), reason: "".into() };
            let telling = async { sink.lock().await.send(Message::Close(Some(frame))).await };
            let _ = tokio::time::timeout(TELLING, telling).await;
        }
    }
}

/// What a server has chosen of a message.
fn content(message: &Message) -> &[u8] {
    match message {
        Message::Text(text) => text.as_bytes(),
        Message::Binary(bytes) | Message::Ping(bytes) | Message::Pong(bytes) => bytes,
        Message::Close(Some(frame)) => frame.reason.as_bytes(),
        Message::Close(None) | Message::Frame(_) => b"",
    }
}

fn closed(frame: Option<CloseFrame>) -> Ending {
    match frame {
        Some(CloseFrame { code, reason }) => Ending { code: code.into(), reason: reason.to_string(), clean: true },
        None => Ending { code: 1005, reason: String::new(), clean: true },
    }
}

fn broken(error: &Error) -> Ending {
    match error {
        Error::Capacity(CapacityError::MessageTooLong { size, .. }) => {
            ended(1009, format!("the server sent a frame of {size} bytes, and {FRAME_BYTES} are taken"))
        }
        Error::Utf8(_) => ended(1007, "the server sent a text that is no UTF-8"),
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) | Error::Io(_) => {
            ended(1006, "the connection broke off")
        }
        other => ended(1002, other.to_string()),
    }
}

/// An end without a close frame of the server.
fn ended(code: u16, reason: impl Into<String>) -> Ending {
    Ending { code, reason: reason.into(), clean: false }
}
