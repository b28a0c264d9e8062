//! The sockets of one guest, by the calls that opened them, and what is asked of them. They end with it.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use holdpoint_gate::BackendError;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message;

use crate::{Event, Response, ask::FRAME_BYTES, bounds::Bounds, inbox::millis, socket::Socket};

/// A guest's sockets.
pub(crate) struct Sockets {
    pub(crate) bounds: Bounds,
    open: Mutex<BTreeMap<u32, Arc<Socket>>>,
}

impl Sockets {
    pub(crate) fn new(bounds: Bounds) -> Self {
        Self { bounds, open: Mutex::default() }
    }

    fn open(&self) -> MutexGuard<'_, BTreeMap<u32, Arc<Socket>>> {
        // Every change is whole before anything can panic.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether there is a place for one more.
    pub(crate) fn has_place(&self) -> Result<(), BackendError> {
        let Bounds { who, sockets, .. } = self.bounds;
        if self.open().len() < sockets {
            return Ok(());
        }
        let why = "close one, or receive the end of one that has ended, before another is opened";
        Err(BackendError::NotSent(format!("{who} has {sockets} sockets; {why}")))
    }

    pub(crate) fn insert(&self, id: u32, socket: Socket) {
        self.open().insert(id, Arc::new(socket));
    }

    pub(crate) fn socket(&self, id: u32) -> Result<Arc<Socket>, BackendError> {
        self.open().get(&id).cloned().ok_or_else(|| {
            let why = "there is no such socket; it was never open, was closed, or its end was received";
            BackendError::NotSent(format!("socket {id}: {why}"))
        })
    }

    /// What came next, and when.
    pub(crate) async fn receive(&self, id: u32, wait: Duration) -> Result<(Event, Option<Instant>), BackendError> {
        let received = self.socket(id)?.receive(wait).await;
        let Some((event, at)) = received else { return Ok((Event::Nothing, None)) };
        if matches!(event, Event::Closed(_)) {
            self.open().remove(&id);
        }
        Ok((event, Some(at)))
    }

    pub(crate) async fn ping(&self, id: u32) -> Result<Response, BackendError> {
        self.socket(id)?.ping().await?;
        Ok(Response::Sent)
    }

    pub(crate) async fn close(&self, id: u32, code: u16, reason: &str) -> Result<Response, BackendError> {
        let socket = self.socket(id)?;
        let ending = socket.close(code, reason.to_owned()).await;
        self.open().remove(&id);
        Ok(Response::Closed(ending))
    }

    pub(crate) fn count(&self, id: u32) -> Result<Response, BackendError> {
        Ok(Response::Counted(self.socket(id)?.inbox().counters()))
    }
}

/// How an event is told that came at a time.
pub(crate) fn received(event: Event, at: Option<Instant>) -> Response {
    Response::Received { event, age: at.map_or(0.0, |at| millis(at.elapsed())) }
}

/// A frame as it is sent. A text's placeholders get their values.
pub(crate) fn message(
    text: bool,
    content: &[u8],
    reveal: impl FnOnce(&str) -> Result<String, BackendError>,
) -> Result<Message, BackendError> {
    let message = if text {
        let text = std::str::from_utf8(content).map_err(|_| BackendError::NotSent("the text is no UTF-8".into()))?;
        Message::Text(reveal(text)?.into())
    } else {
        Message::Binary(content.to_vec().into())
    };
    if message.len() > FRAME_BYTES {
        let why = "the frame is larger than 1 MiB with the values of its placeholders";
        return Err(BackendError::NotSent(why.into()));
    }
    Ok(message)
}
