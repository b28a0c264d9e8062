//! An open socket: a task that reads, and a sink that calls write to. It ends when it is dropped.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures::{
    SinkExt as _, StreamExt as _,
    stream::{SplitSink, SplitStream},
};
use holdpoint_cap_http::Stream;
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

/// A socket of a phase.
pub(crate) struct Socket {
    /// Where it goes, for secrets in frames.
    pub(crate) service: Option<ServiceName>,
    pub(crate) host: String,
    shared: Arc<Shared>,
    sink: Arc<Sink>,
    reader: AbortHandle,
}

#[derive(Default)]
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
    pub(crate) async fn over(stream: Box<dyn Stream>, service: Option<ServiceName>, host: String) -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(64 << 10)
            .write_buffer_size(0)
            .max_write_buffer_size(2 * FRAME_BYTES)
            .max_message_size(Some(FRAME_BYTES))
            .max_frame_size(Some(FRAME_BYTES));
        let io = WebSocketStream::from_raw_socket(stream, Role::Client, Some(config)).await;
        let (sink, incoming) = io.split();
        let (sink, shared) = (Arc::new(Sink::new(sink)), Arc::<Shared>::default());
        let reader = tokio::spawn(read(incoming, shared.clone(), sink.clone())).abort_handle();
        Self { service, host, shared, sink, reader }
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

/// Reads until the socket ends.
async fn read(mut incoming: SplitStream<Io>, shared: Arc<Shared>, sink: Arc<Sink>) {
    let ending = loop {
        let Some(next) = incoming.next().await else { break ended(1006, "the connection broke off") };
        let at = Instant::now();
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
        let _ =
            tokio::time::timeout(TELLING, async { sink.lock().await.send(Message::Close(Some(frame))).await }).await;
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
