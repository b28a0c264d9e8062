//! Opens sockets for one phase, and does what is asked of them. They end with it.

use std::time::Duration;

use holdpoint_cap_http::{Error, Upgrade, UpgradeConfig, Upgrader};
use holdpoint_gate::{Backend, BackendError, Destination, Doubt, Opened, Permit, Settlement, Unrevealed};
use holdpoint_model::PhaseId;

use crate::{
    Event, Handshake, Opening, Request, Response, Websocket, ask,
    bounds::Bounds,
    capability,
    handshake::Offer,
    socket::Socket,
    sockets::{Sockets, message, received},
};

/// The sockets of one phase. Dropping it ends them.
pub struct WebsocketBackend {
    upgrader: Upgrader,
    sockets: Sockets,
}

impl WebsocketBackend {
    /// Checks the configuration. Nothing is resolved, read or connected to yet.
    pub fn new(config: UpgradeConfig) -> Result<Self, Error> {
        Ok(Self { upgrader: Upgrader::new(config)?, sockets: Sockets::new(Bounds::PHASE) })
    }

    async fn open(&self, permit: &Permit<Websocket>, opening: &Opening) -> Result<Response, BackendError> {
        self.sockets.has_place()?;
        let request = ask::request(opening).map_err(|why| BackendError::NotSent(why.reason))?;
        let offer = Offer::new(&opening.subprotocols);
        let own = offer.headers(&opening.subprotocols)?;
        let wanted = capability::wanted(permit.request());
        let upgrade = self.upgrader.upgrade(&request, permit.guest(), &wanted, ("websocket", own)).await?;
        let Upgrade { status, headers, timings, tls, peer, service, host, stream } = upgrade;
        let mut subprotocol = None;
        if let Some(stream) = stream {
            let chosen = offer.chosen(&headers, &peer)?;
            subprotocol = chosen.map(|chosen| opening.subprotocols[chosen].clone());
            let socket = Socket::over(stream, self.sockets.bounds, service, host, None).await;
            self.sockets.insert(permit.seq().0, socket);
        }
        Ok(Response::Opened(Handshake { status, headers, subprotocol, timings, tls, peer }))
    }

    async fn send(&self, guest: &PhaseId, id: u32, text: bool, content: &[u8]) -> Result<Response, BackendError> {
        let socket = self.sockets.socket(id)?;
        let to = Destination { guest, service: socket.service.as_ref(), host: &socket.host, header: None };
        let message = message(text, content, |text| {
            self.upgrader.vault().reveal(text, &to).map_err(|error| match error {
                Unrevealed::Denied(denial) => BackendError::Denied(denial),
                Unrevealed::Lost(text) => BackendError::Interrupted(text),
            })
        })?;
        socket.send(message).await?;
        Ok(Response::Sent)
    }

    async fn receive(&self, permit: &Permit<Websocket>, id: u32, wait: Duration) -> Result<Response, BackendError> {
        let (event, at) = self.sockets.receive(id, wait).await?;
        if let Event::Text { content } | Event::Binary { content } = &event {
            permit.room().take(content.len()).map_err(|full| BackendError::Exhausted(full.to_string()))?;
        }
        Ok(received(event, at))
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
            Request::Ping { socket } => self.sockets.ping(*socket).await,
            Request::Close { socket, code, reason } => self.sockets.close(*socket, *code, reason).await,
            Request::Count { socket } => self.sockets.count(*socket),
        }
    }

    async fn settle(&self, _: Doubt<Websocket>) -> Settlement<Response> {
        Settlement::Unknown("whether the frame arrived can't be read back over a socket".into())
    }

    async fn restore(&self, opened: Opened<Websocket>) -> Result<(), String> {
        Err(format!("socket {} ended with the host that had opened it", opened.seq()))
    }
}
