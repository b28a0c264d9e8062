//! The front of services: each request goes to a revision by the shares of traffic, and to the backend that was given
//! for it. Opens connections to those backends and to nothing else.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::header::{CONNECTION, HeaderValue, UPGRADE};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::exchange::Answer;
use crate::run::Share;
use crate::shared::{AnyBody, Shared, own};

const CONNECT_DEADLINE: Duration = Duration::from_secs(5);

/// What runs in place of a container.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Backend {
    /// For the revision with this name.
    Revision(String),
    /// For every revision of this image that has none of its own.
    Image(String),
    /// For every revision of this service that has none otherwise.
    Service(String),
}

/// Backends, and whose turn it is.
#[derive(Debug, Default)]
pub(crate) struct Router {
    backends: Mutex<BTreeMap<Backend, SocketAddr>>,
    turns: Mutex<BTreeMap<String, Turns>>,
    /// Services whose front answers 503, and until when.
    away: Mutex<BTreeMap<String, Instant>>,
    /// Connections to backends. Dropped, they end.
    connections: Mutex<JoinSet<()>>,
}

impl Router {
    pub(crate) fn set(&self, backend: Backend, upstream: SocketAddr) {
        self.backends.lock().unwrap_or_else(PoisonError::into_inner).insert(backend, upstream);
    }

    /// The front of a service answers 503 for a while.
    pub(crate) fn leave(&self, service: &str, span: Duration) {
        let mut away = self.away.lock().unwrap_or_else(PoisonError::into_inner);
        away.insert(service.to_owned(), Instant::now() + span);
    }

    fn is_away(&self, service: &str) -> bool {
        let away = self.away.lock().unwrap_or_else(PoisonError::into_inner);
        away.get(service).is_some_and(|until| Instant::now() < *until)
    }

    /// Answers a request to a service.
    pub(crate) async fn forward(
        &self,
        shared: &Shared,
        host: &str,
        share: &Share,
        request: Request<Incoming>,
    ) -> Response<AnyBody> {
        if !share.open {
            return own(Answer::refuse(
                403,
                "The request was not authenticated; the service is not open to everybody.",
            ));
        }
        if self.is_away(&share.service) {
            return own(Answer::refuse(503, "the service is not there for a while"));
        }
        let drawn = {
            let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
            turns.entry(host.to_owned()).or_default().draw(&share.parts)
        };
        let upstream = drawn.as_ref().and_then(|(revision, image)| self.upstream(share, revision, image));
        let (Some((revision, _)), Some(upstream)) = (drawn, upstream) else {
            return own(Answer::refuse(503, "no backend stands behind this revision"));
        };
        let url = format!("https://{host}{}", request.uri());
        let line = json!({"requestMethod": request.method().as_str(), "requestUrl": url});
        let response = match self.send(upstream, request).await {
            Ok(response) => response,
            Err(_) => own(Answer::refuse(503, "the backend of this revision does not answer")),
        };
        shared.cloud().note_request(share, &revision, line, response.status().as_u16());
        response
    }

    /// Ends every connection to a backend.
    pub(crate) fn end(&self) {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner).abort_all();
    }

    fn spawn(&self, connection: impl Future<Output = ()> + Send + 'static) {
        let mut connections = self.connections.lock().unwrap_or_else(PoisonError::into_inner);
        while connections.try_join_next().is_some() {}
        connections.spawn(connection);
    }

    /// Sends a request on, and lets both ends talk freely if the backend switches to another protocol.
    async fn send(&self, upstream: SocketAddr, mut request: Request<Incoming>) -> anyhow::Result<Response<AnyBody>> {
        let stream = tokio::time::timeout(CONNECT_DEADLINE, TcpStream::connect(upstream)).await??;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        self.spawn(async move {
            // A backend that hangs up is noticed where its answer is read.
            let _ = connection.with_upgrades().await;
        });
        let switching = request.headers().contains_key(UPGRADE);
        if !switching {
            request.headers_mut().remove(CONNECTION);
        }
        request.headers_mut().insert("x-forwarded-proto", HeaderValue::from_static("https"));
        let client = switching.then(|| hyper::upgrade::on(&mut request));
        let mut response = sender.send_request(request).await?;
        if let (StatusCode::SWITCHING_PROTOCOLS, Some(client)) = (response.status(), client) {
            let backend = hyper::upgrade::on(&mut response);
            self.spawn(async move {
                if let (Ok(client), Ok(backend)) = tokio::join!(client, backend) {
                    let (mut client, mut backend) = (TokioIo::new(client), TokioIo::new(backend));
                    // Whoever hangs up first ends it.
                    let _ = tokio::io::copy_bidirectional(&mut client, &mut backend).await;
                }
            });
        }
        Ok(response.map(BodyExt::boxed_unsync))
    }

    fn upstream(&self, share: &Share, revision: &str, image: &str) -> Option<SocketAddr> {
        let backends = self.backends.lock().unwrap_or_else(PoisonError::into_inner);
        [
            Backend::Revision(revision.to_owned()),
            Backend::Image(image.to_owned()),
            Backend::Service(share.service.clone()),
        ]
        .iter()
        .find_map(|backend| backends.get(backend).copied())
    }
}

/// Weighted turns: over any hundred requests each part gets as many as its percent, spread evenly.
#[derive(Debug, Default)]
struct Turns {
    credit: BTreeMap<String, i64>,
}

impl Turns {
    fn draw(&mut self, parts: &[(String, String, u64)]) -> Option<(String, String)> {
        self.credit.retain(|revision, _| parts.iter().any(|(name, ..)| name == revision));
        let mut whole = 0;
        for (revision, _, percent) in parts {
            let percent = i64::try_from(*percent).unwrap_or(100);
            whole += percent;
            *self.credit.entry(revision.clone()).or_default() += percent;
        }
        let next = self.credit.iter().max_by_key(|(revision, credit)| (**credit, std::cmp::Reverse(*revision)));
        let next = next.map(|(revision, _)| revision.clone())?;
        *self.credit.entry(next.clone()).or_default() -= whole;
        parts
            .iter()
            .find(|(revision, ..)| *revision == next)
            .map(|(revision, image, _)| (revision.clone(), image.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn over_a_hundred_requests_each_part_gets_its_percent() {
        let part = |name: &str, percent| (name.to_owned(), String::new(), percent);
        let parts = [part("a", 90), part("b", 10)];
        let mut turns = Turns::default();
        let drawn: Vec<String> = (0..100).filter_map(|_| turns.draw(&parts)).map(|(name, _)| name).collect();
        assert_eq!(drawn.iter().filter(|name| *name == "b").count(), 10);
        // Spread evenly: one in each ten.
        assert!(drawn.chunks(10).all(|ten| ten.iter().filter(|name| *name == "b").count() == 1));
    }

    #[test]
    fn a_part_that_is_gone_gets_nothing() {
        let part = |name: &str| (name.to_owned(), String::new(), 100);
        let mut turns = Turns::default();
        turns.draw(&[part("a")]);
        assert_eq!(turns.draw(&[part("b")]).unwrap().0, "b");
        assert_eq!(turns.draw(&[]), None);
    }
}
