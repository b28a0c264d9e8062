//! One request, sent over and over by many: put together once, and sent over connections of their own. It goes the way of any request: the same
//! grants, checked addresses, TLS, secrets and bounds. Answers are read and counted, and not kept.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use holdpoint_gate::BackendError;
use holdpoint_model::{PhaseId, grant::HttpTerms};
use http::{HeaderMap, StatusCode};
use http_body_util::{BodyExt as _, Full};
use tokio::time::Instant;

use crate::{
    HttpBackend, Request, Unanswered, capability,
    connection::{self, Connection, Reading, Unopened},
    exchange::{BODY_BYTES, unreadable},
    message,
    resolve::{self, Resolved},
    route::Route,
    sender::is_malformed,
};

/// After so long a name is looked up again, and credentials are put in again.
const FRESH: Duration = Duration::from_secs(30);

/// A request that is ready to be sent.
pub struct Repeated {
    backend: Arc<HttpBackend>,
    request: Request,
    guest: PhaseId,
    route: Route,
    terms: HttpTerms,
    limit: Duration,
    ready: Mutex<Ready>,
}

/// What is shared by all who send it, and renewed from time to time.
struct Ready {
    composed: Composed,
    composed_at: Instant,
    /// Where it goes, and since when that is known.
    addresses: Option<(Resolved, Instant)>,
}

/// The request as it is sent.
#[derive(Clone)]
struct Composed {
    message: http::Request<Full<Bytes>>,
    bytes: u64,
}

/// An answer, counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exchanged {
    pub status: u16,
    /// Bytes of head and body, as they are written in HTTP/1.1.
    pub sent: u64,
    pub received: u64,
}

/// Who sends it, over a connection that is kept. Dropping it closes that.
pub struct RepeatedConnection {
    repeated: Arc<Repeated>,
    connection: Option<Connection>,
}

impl Repeated {
    /// Puts a request together and looks its addresses up. An error says why it can't be sent at all; nothing is connected to yet, and a
    /// name that can't be found now may be found later.
    pub async fn prepare(
        backend: Arc<HttpBackend>,
        request: Request,
        guest: PhaseId,
    ) -> Result<Arc<Self>, BackendError> {
        let route = backend.services.route(&request).map_err(BackendError::NotSent)?;
        let terms = backend.terms(&request)?;
        let limit = Duration::from_millis(u64::from(request.timeout_ms));
        let composed = compose(&backend, &request, &guest, &route, &terms).await?;
        let ready = Mutex::new(Ready { composed, composed_at: Instant::now(), addresses: None });
        let repeated = Self { backend, request, guest, route, terms, limit, ready };
        match tokio::time::timeout(limit, repeated.resolve()).await {
            Ok(Err(denied @ BackendError::Denied(_))) => Err(denied),
            _ => Ok(Arc::new(repeated)),
        }
    }

    /// One more who sends it. It connects when it sends.
    pub fn connection(self: &Arc<Self>) -> RepeatedConnection {
        RepeatedConnection { repeated: self.clone(), connection: None }
    }

    fn ready(&self) -> MutexGuard<'_, Ready> {
        // Every change is whole before anything can panic.
        self.ready.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn composed(&self) -> Result<Composed, Unanswered> {
        let now = Instant::now();
        {
            let mut ready = self.ready();
            if now - ready.composed_at < FRESH {
                return Ok(ready.composed.clone());
            }
            // Others go on with what there is while it is renewed.
            ready.composed_at = now;
        }
        let Self { backend, request, guest, route, terms, .. } = self;
        let composed = compose(backend, request, guest, route, terms).await.map_err(|_| Unanswered::Connect)?;
        self.ready().composed = composed.clone();
        Ok(composed)
    }

    async fn addresses(&self) -> Result<Resolved, Unanswered> {
        let known = |addresses: &Option<(Resolved, Instant)>| {
            addresses.as_ref().filter(|(_, since)| since.elapsed() < FRESH).map(|(resolved, _)| resolved.clone())
        };
        if let Some(resolved) = known(&self.ready().addresses) {
            return Ok(resolved);
        }
        self.resolve().await.map_err(|_| Unanswered::Connect)
    }

    async fn resolve(&self) -> Result<Resolved, BackendError> {
        let HttpBackend { network, connect_to, .. } = &*self.backend;
        let wanted = || capability::wanted(&self.request);
        let resolved = resolve::resolve(&**network, connect_to, &self.route.origin, wanted).await?;
        self.ready().addresses = Some((resolved.clone(), Instant::now()));
        Ok(resolved)
    }
}

async fn compose(
    backend: &HttpBackend,
    request: &Request,
    guest: &PhaseId,
    route: &Route,
    terms: &HttpTerms,
) -> Result<Composed, BackendError> {
    let limit = Duration::from_millis(u64::from(request.timeout_ms));
    let token = backend.token(request, terms.auth, route, limit).await?;
    // Each of many is a request of its own, so none has a key that says it is the same.
    let message = message::compose(request, route, guest, None, token.as_ref(), &*backend.vault)?;
    let line = request.method.len() + route.path.len() + " HTTP/1.1\r\n\r\n".len() + 1;
    let bytes = line as u64 + size(message.headers()) + request.body.len() as u64;
    Ok(Composed { message, bytes })
}

/// Bytes of headers, as they are written in HTTP/1.1.
fn size(headers: &HeaderMap) -> u64 {
    headers.iter().map(|(name, value)| (name.as_str().len() + value.len() + ": \r\n".len()) as u64).sum()
}

impl RepeatedConnection {
    /// Sends it once more, and reads the answer to its end.
    pub async fn exchange(&mut self) -> Result<Exchanged, Unanswered> {
        let limit = self.repeated.limit;
        // A connection with half an answer in it is no use to the next.
        let connection = self.connection.take();
        match tokio::time::timeout(limit, self.send(connection)).await {
            Ok(exchanged) => exchanged,
            Err(_) => Err(Unanswered::Timeout),
        }
    }

    async fn send(&mut self, kept: Option<Connection>) -> Result<Exchanged, Unanswered> {
        let repeated = self.repeated.clone();
        let composed = repeated.composed().await?;
        if let Some(mut connection) = kept.filter(|connection| !connection.sender.is_closed()) {
            match over(&mut connection, &composed).await {
                Ok((exchanged, reusable)) => {
                    self.connection = reusable.then_some(connection);
                    return Ok(exchanged);
                }
                // The server had closed what was idle, as every server may. What must happen once is not sent again.
                Err(_) if !connection.meter.heard() && !repeated.terms.class.happens_once() => {}
                Err(unanswered) => return Err(unanswered),
            }
        }
        let HttpBackend { network, tls, .. } = &*repeated.backend;
        let (origin, resolved) = (&repeated.route.origin, repeated.addresses().await?);
        let config = tls.towards(origin).await.map_err(|_| Unanswered::Tls)?;
        let opened = connection::open(&**network, config, origin, resolved, Reading::PHASE).await;
        let (mut connection, _) = opened.map_err(|unopened| match unopened {
            Unopened::Connect(_) => Unanswered::Connect,
            Unopened::Tls(_) => Unanswered::Tls,
        })?;
        let (exchanged, reusable) = over(&mut connection, &composed).await?;
        self.connection = reusable.then_some(connection);
        Ok(exchanged)
    }
}

/// One exchange over an open connection, and whether another can follow.
async fn over(connection: &mut Connection, composed: &Composed) -> Result<(Exchanged, bool), Unanswered> {
    let meter = connection.meter.clone();
    let broken = |error: hyper::Error| {
        let malformed = meter.flooded() || is_malformed(&error);
        if malformed { Unanswered::Malformed } else { Unanswered::Reset }
    };
    meter.begin();
    connection.sender.ready().await.map_err(broken)?;
    let answer = connection.sender.send_request(composed.message.clone()).await.map_err(broken)?;
    meter.head_is_whole();
    let (head, mut body) = answer.into_parts();
    if head.status == StatusCode::SWITCHING_PROTOCOLS || unreadable(&head.headers).is_some() {
        return Err(Unanswered::Malformed);
    }
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        length += frame.map_err(broken)?.data_ref().map_or(0, Bytes::len);
        if length > BODY_BYTES {
            return Err(Unanswered::Malformed);
        }
    }
    // What a server writes behind the status is not told; it is taken to be what the standard has.
    let line = "HTTP/1.1 200 \r\n\r\n".len() + head.status.canonical_reason().map_or(0, str::len);
    let received = line as u64 + size(&head.headers) + length as u64;
    let exchanged = Exchanged { status: head.status.as_u16(), sent: composed.bytes, received };
    Ok((exchanged, !connection.sender.is_closed()))
}
