//! The sockets of one virtual user: opened as the user, searched for the canaries of others, told as exchanges.

use std::{sync::Arc, time::Duration};

use holdpoint_cap_http::{
    Unanswered, Upgrade,
    user::{Asking, Place, UserClient},
};
use holdpoint_gate::{Backend, BackendError, Permit};
use holdpoint_model::PhaseId;

use crate::{
    Ending, Event, Handshake, Opening, Request, Response, Websocket, ask,
    bounds::Bounds,
    handshake::Offer,
    socket::Socket,
    sockets::{Sockets, message, received},
};

/// The sockets of one virtual user. Dropping it ends them.
pub struct UserSockets {
    client: Arc<UserClient>,
    sockets: Sockets,
}

impl UserSockets {
    /// None are open yet.
    pub fn new(client: Arc<UserClient>) -> Self {
        Self { client, sockets: Sockets::new(Bounds::USER) }
    }

    async fn open(&self, permit: &Permit<Websocket>, opening: &Opening) -> Result<Response, BackendError> {
        self.sockets.has_place()?;
        let request = &ask::request(opening).map_err(|why| BackendError::NotSent(why.reason))?;
        let (guest, place) = (permit.guest(), self.client.place(request)?);
        let reveal = |name: &String| self.client.reveal(name, guest, &place, Some("sec-websocket-protocol"));
        let names = opening.subprotocols.iter().map(reveal).collect::<Result<Vec<_>, _>>()?;
        let offer = Offer::new(&opening.subprotocols);
        let own = offer.headers(&names)?;
        let asking = Asking { request, guest, protocol: "websocket", own, identified: names != opening.subprotocols };
        let (upgrade, talk) = self.client.upgrade(asking).await?;
        let Upgrade { status, headers, timings, tls, peer, service, host, stream } = upgrade;
        let mut subprotocol = None;
        if let Some(stream) = stream {
            let chosen = offer.chosen(&headers, &peer).inspect_err(|_| talk.breaks(Unanswered::Malformed))?;
            subprotocol = chosen.map(|chosen| opening.subprotocols[chosen].clone());
            let socket = Socket::over(stream, self.sockets.bounds, service, host, Some(talk)).await;
            self.sockets.insert(permit.seq().0, socket);
        }
        Ok(Response::Opened(Handshake { status, headers, subprotocol, timings, tls, peer }))
    }

    async fn send(&self, guest: &PhaseId, id: u32, text: bool, content: &[u8]) -> Result<Response, BackendError> {
        let socket = self.sockets.socket(id)?;
        let place = Place { service: socket.service.clone(), host: socket.host.clone() };
        let message = message(text, content, |text| self.client.reveal(text, guest, &place, None))?;
        let leaves = socket.inbox().ending().is_none();
        socket.talk.iter().for_each(|talk| talk.sends(message.len(), leaves));
        let sent = socket.send(message).await;
        if let Err(error) = &sent {
            let why = if matches!(error, BackendError::Timeout(_)) { Unanswered::Timeout } else { Unanswered::Reset };
            socket.talk.iter().for_each(|talk| talk.breaks(why));
        }
        sent.map(|()| Response::Sent)
    }

    async fn receive(&self, id: u32, wait: Duration) -> Result<Response, BackendError> {
        let talk = self.sockets.socket(id)?.talk.clone();
        let (mut event, at) = self.sockets.receive(id, wait).await?;
        if let Some(talk) = talk {
            match &mut event {
                Event::Text { content } | Event::Binary { content } => {
                    at.iter().for_each(|at| talk.receives(*at));
                    *content = talk.scrubbed(std::mem::take(content));
                }
                Event::Closed(ending) => {
                    broken(ending).iter().for_each(|why| talk.breaks(*why));
                    let reason = talk.scrubbed(ending.reason.as_bytes().into());
                    ending.reason = String::from_utf8_lossy(reason.bytes()).into_owned();
                }
                Event::Pong(_) | Event::Dropped(_) | Event::Nothing => {}
            }
        }
        Ok(received(event, at))
    }
}

/// What an end does to what was sent before it; none if the server ended it as it may.
fn broken(ending: &Ending) -> Option<Unanswered> {
    match (ending.clean, ending.code) {
        (true, _) => None,
        (false, 1006) => Some(Unanswered::Reset),
        (false, _) => Some(Unanswered::Malformed),
    }
}

impl Backend<Websocket> for UserSockets {
    async fn act(&self, permit: Permit<Websocket>) -> Result<Response, BackendError> {
        match permit.request() {
            Request::Open(opening) => self.open(&permit, opening).await,
            Request::Send { socket, text, content } => self.send(permit.guest(), *socket, *text, content.bytes()).await,
            Request::Receive { socket, wait_ms } => {
                self.receive(*socket, Duration::from_millis(u64::from(*wait_ms))).await
            }
            Request::Ping { socket } => self.sockets.ping(*socket).await,
            Request::Close { socket, code, reason } => self.sockets.close(*socket, *code, reason).await,
            Request::Count { socket } => self.sockets.count(*socket),
        }
    }
}
