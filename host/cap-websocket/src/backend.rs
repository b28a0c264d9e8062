//! Opens sockets for one phase, and does what is asked of them. They end with it.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use holdpoint_cap_http::{Error, Upgrade, UpgradeConfig, Upgrader};
use holdpoint_gate::{Backend, BackendError, Destination, Doubt, Opened, Permit, Settlement, Unrevealed};
use holdpoint_model::PhaseId;
use tokio_tungstenite::tungstenite::Message;

use crate::{
    Event, Handshake, Opening, Request, Response, Websocket,
    ask::{self, FRAME_BYTES},
    capability,
    handshake::Offer,
    inbox::millis,
    socket::Socket,
};

/// Sockets of a phase at once, with those that have ended and whose end was not received.
const MOST_SOCKETS: usize = 16;

/// The sockets of one phase. Dropping it ends them.
pub struct WebsocketBackend {
    upgrader: Upgrader,
    sockets: Mutex<BTreeMap<u32, Arc<Socket>>>,
}

impl WebsocketBackend {
    /// Checks the configuration. Nothing is resolved, read or connected to yet.
    pub fn new(config: UpgradeConfig) -> Result<Self, Error> {
        Ok(Self { upgrader: Upgrader::new(config)?, sockets: Mutex::default() })
    }

    fn sockets(&self) -> MutexGuard<'_, BTreeMap<u32, Arc<Socket>>> {
        // Every change is whole before anything can panic.
        self.sockets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn socket(&self, id: u32) -> Result<Arc<Socket>, BackendError> {
        self.sockets().get(&id).cloned().ok_or_else(|| {
            let why = "there is no such socket; it was never open, was closed, or its end was received";
            BackendError::NotSent(format!("socket {id}: {why}"))
        })
    }

    async fn open(&self, permit: &Permit<Websocket>, opening: &Opening) -> Result<Response, BackendError> {
        if self.sockets().len() >= MOST_SOCKETS {
            let why = "close one, or receive the end of one that has ended, before another is opened";
            return Err(BackendError::NotSent(format!("the phase has {MOST_SOCKETS} sockets; {why}")));
        }
        let request = ask::request(opening).map_err(|why| BackendError::NotSent(why.reason))?;
        let offer = Offer::new(&opening.subprotocols);
        let own = offer.headers().ok_or_else(|| BackendError::NotSent("a subprotocol can't be sent".into()))?;
        let wanted = capability::wanted(permit.request());
        let upgrade = self.upgrader.upgrade(&request, permit.guest(), &wanted, ("websocket", own)).await?;
        let Upgrade { status, headers, timings, tls, peer, service, host, stream } = upgrade;
        let mut subprotocol = None;
        if let Some(stream) = stream {
            let accepted = offer.accept(&headers);
            subprotocol = accepted.map_err(|why| BackendError::Unknown(format!("{peer} made no handshake: {why}")))?;
            let socket = Socket::over(stream, service, host).await;
            self.sockets().insert(permit.seq().0, Arc::new(socket));
        }
        Ok(Response::Opened(Handshake { status, headers, subprotocol, timings, tls, peer }))
    }

    async fn send(&self, guest: &PhaseId, id: u32, text: bool, content: &[u8]) -> Result<Response, BackendError> {
        let socket = self.socket(id)?;
        let message = if text {
            let text =
                std::str::from_utf8(content).map_err(|_| BackendError::NotSent("the text is no UTF-8".into()))?;
            let to = Destination { guest, service: socket.service.as_ref(), host: &socket.host, header: None };
            let text = self.upgrader.vault().reveal(text, &to).map_err(|error| match error {
                Unrevealed::Denied(denial) => BackendError::Denied(denial),
                Unrevealed::Lost(text) => BackendError::Interrupted(text),
            })?;
            Message::Text(text.into())
        } else {
            Message::Binary(content.to_vec().into())
        };
        if message.len() > FRAME_BYTES {
            return Err(BackendError::NotSent(
                "the frame is larger than 1 MiB with the values of its placeholders".into(),
            ));
        }
        socket.send(message).await?;
        Ok(Response::Sent)
    }

    async fn receive(&self, permit: &Permit<Websocket>, id: u32, wait: Duration) -> Result<Response, BackendError> {
        let received = self.socket(id)?.receive(wait).await;
        let (event, age) = received.map_or((Event::Nothing, 0.0), |(event, at)| (event, millis(at.elapsed())));
        match &event {
            Event::Closed(_) => drop(self.sockets().remove(&id)),
            Event::Text { content } | Event::Binary { content } => {
                permit.room().take(content.len()).map_err(|full| BackendError::Exhausted(full.to_string()))?;
            }
            Event::Pong(_) | Event::Dropped(_) | Event::Nothing => {}
        }
        Ok(Response::Received { event, age })
    }

    async fn close(&self, id: u32, code: u16, reason: &str) -> Result<Response, BackendError> {
        let socket = self.socket(id)?;
        let ending = socket.close(code, reason.to_owned()).await;
        self.sockets().remove(&id);
        Ok(Response::Closed(ending))
    }
}

impl Backend<Websocket> for WebsocketBackend {
    async fn act(&self, permit: Permit<Websocket>) -> Result<Response, BackendError> {
        match permit.request() {
            Request::Open(opening) => self.open(&permit, opening).await,
            Request::Send { socket, text, content } => self.send(permit.guest(), *socket, *text, content.bytes()).await,
            Request::Receive { socket, wait_ms } => {
                self.receive(&permit, *socket, Duration::from_millis(u64::from(*wait_ms))).await
            }
            Request::Ping { socket } => {
                self.socket(*socket)?.ping().await?;
                Ok(Response::Sent)
            }
            Request::Close { socket, code, reason } => self.close(*socket, *code, reason).await,
            Request::Count { socket } => Ok(Response::Counted(self.socket(*socket)?.inbox().counters())),
        }
    }

    async fn settle(&self, _: Doubt<Websocket>) -> Settlement<Response> {
        Settlement::Unknown("whether the frame arrived can't be read back over a socket".into())
    }

    async fn restore(&self, opened: Opened<Websocket>) -> Result<(), String> {
        Err(format!("socket {} ended with the host that had opened it", opened.seq()))
    }
}
