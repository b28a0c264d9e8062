//! Sends what was permitted, and reads back what is in doubt.

use std::{collections::BTreeMap, net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use holdpoint_gate::{Backend, BackendError, Capability, Doubt, Permit, Room, Settlement, Vault};
use holdpoint_model::{
    Body, Class, Denial, Digest, PhaseId, ServiceName,
    grant::{Grants, HostPort, HttpAuth, HttpTerms, JsonPath, ReadBack},
};
use http::{HeaderMap, header};
use http_body_util::Full;
use tokio::time::Instant;
use url::Url;

use crate::{
    Error, Header, Http, HttpConfig, IdToken, IdTokens, Network, Request, Response, SystemNetwork, Target, Timings,
    ask, capability,
    connection::{self, Connection, Opening, Reading},
    encoding,
    exchange::{self, Broken, Received},
    message,
    meter::{Meter, millis},
    pool::Pool,
    redirect, resolve,
    route::{Origin, Route, Services},
    session,
    tls::Tls,
    token,
};

/// How long reading back may take.
const READ_BACK_MS: u32 = 10_000;

/// The HTTP of one phase: its own connections and its own TLS sessions.
pub struct HttpBackend {
    urls: BTreeMap<ServiceName, Url>,
    pub(crate) services: Services,
    pub(crate) connect_to: BTreeMap<HostPort, SocketAddr>,
    grants: Grants,
    pub(crate) vault: Arc<dyn Vault>,
    id_tokens: Arc<dyn IdTokens>,
    pub(crate) network: Arc<dyn Network>,
    pub(crate) tls: Tls,
    pool: Pool,
}

/// A request with what the permit says of it.
struct Outgoing<'a> {
    request: &'a Request,
    guest: &'a PhaseId,
    class: Class,
    key: Option<&'a str>,
    auth: Option<HttpAuth>,
    /// Where the answer has session tokens.
    marked: &'a [JsonPath],
    /// Where it is held; a read-back's answer has its own bounds alone.
    room: Option<&'a Room>,
}

/// How far an exchange has got, for whoever ends it.
#[derive(Default)]
struct Progress(Option<Arc<Meter>>);

impl Progress {
    fn wrote(&self) -> bool {
        self.0.as_ref().is_some_and(|meter| meter.wrote())
    }
}

impl HttpBackend {
    /// Checks the configuration. Nothing is resolved, read or connected to yet.
    pub fn new(config: HttpConfig) -> Result<Self, Error> {
        let HttpConfig { services, connect_to, ca_file, grants, vault, id_tokens } = config;
        Ok(Self {
            services: Services::new(&services)?,
            urls: services,
            connect_to,
            grants,
            vault,
            id_tokens,
            network: Arc::new(SystemNetwork),
            tls: Tls::new(ca_file.as_deref())?,
            pool: Pool::default(),
        })
    }

    /// Reaches the world through another network than this machine's.
    pub fn over(self, network: Arc<dyn Network>) -> Self {
        Self { network, ..self }
    }

    /// The absolute URL of a request, for the list of redirects that were followed.
    pub fn url(&self, request: &Request) -> Option<Url> {
        redirect::url(&self.urls, request)
    }

    /// The request that follows a redirect, if the answer is one.
    pub fn next_hop(&self, request: &Request, response: &Response) -> Option<Request> {
        redirect::next(&self.urls, request, response)
    }

    async fn send(&self, out: Outgoing<'_>) -> Result<Response, BackendError> {
        let limit = Duration::from_millis(u64::from(out.request.timeout_ms));
        let end = Instant::now() + limit;
        let route = self.services.route(out.request).map_err(BackendError::NotSent)?;
        let token = self.token(out.request, out.auth, &route, limit).await?;
        let message = message::compose(out.request, &route, out.guest, out.key, token.as_ref(), &*self.vault)?;
        // Waiting for a token says nothing of the service.
        let start = Instant::now();
        let mut progress = Progress::default();
        let exchanged = tokio::time::timeout_at(end, self.exchange(&out, &route.origin, message, &mut progress)).await;
        let (received, connection, opening) = match exchanged {
            Ok(exchanged) => exchanged?,
            Err(_) if out.class.happens_once() && !progress.wrote() => {
                let text =
                    format!("no connection to {} within {} ms", route.origin.authority(), out.request.timeout_ms);
                return Err(BackendError::NotSent(text));
            }
            Err(_) => return Err(BackendError::Timeout(out.request.timeout_ms)),
        };
        let total = millis(start.elapsed());
        let timings = Timings {
            dns: opening.dns,
            connect: opening.connect,
            tls: opening.tls,
            first_byte: received.first_byte,
            total,
        };
        let (peer, tls) = (connection.peer.to_string(), connection.tls.clone());
        if !received.truncated {
            self.pool.put(route.origin, connection);
        }
        // It was sent and answered, so from here on nothing may look as if it had not been.
        let announced = received.announced();
        let Received { status, headers, body, truncated, .. } = received;
        let encoding = headers.get(header::CONTENT_ENCODING).map_or("", |value| value.to_str().unwrap_or("?"));
        let (body, cut) = encoding::decode(encoding, body, truncated).map_err(BackendError::Unknown)?;
        for token in session::tokens(&headers, &body, cut, out.marked).map_err(BackendError::Exhausted)? {
            self.vault.keep(out.guest, &token);
        }
        let length = if truncated { announced.unwrap_or(body.len() as f64) } else { body.len() as f64 };
        Ok(Response {
            status,
            headers: listed(&headers),
            sha256: Some(Digest::of(&body).hex()),
            body: body.into(),
            truncated: cut,
            length,
            replaced: vec![],
            timings,
            tls,
            peer,
        })
    }

    /// Sends what a read of another capability comes down to. Its own grants have been judged, and its permit is the proof; what it asks for is no
    /// affair of the grants of `http`.
    pub async fn read_for<C: Capability>(
        &self,
        permit: &Permit<C>,
        request: &Request,
    ) -> Result<Response, BackendError> {
        if permit.class() != Class::Read {
            return Err(BackendError::NotSent(format!("a call of the class {} is no read", permit.class())));
        }
        ask::check(request).map_err(|why| BackendError::NotSent(why.reason))?;
        let (guest, class, room) = (permit.guest(), Class::Read, Some(permit.room()));
        self.send(Outgoing { request, guest, class, key: None, auth: None, marked: &[], room }).await
    }

    /// Sends what an effect of another capability comes down to, with its key. Nothing but the permit says that it may be sent.
    pub async fn effect_for<C: Capability>(
        &self,
        permit: &Permit<C>,
        request: &Request,
    ) -> Result<Response, BackendError> {
        if !permit.class().happens_once() {
            return Err(BackendError::NotSent(format!("a call of the class {} is no effect", permit.class())));
        }
        ask::check(request).map_err(|why| BackendError::NotSent(why.reason))?;
        let key = permit.key();
        let (guest, class, key, room) = (permit.guest(), permit.class(), Some(key.as_str()), Some(permit.room()));
        self.send(Outgoing { request, guest, class, key, auth: None, marked: &[], room }).await
    }

    /// Reads back for another capability whether its effect has happened.
    pub async fn read_back_for<C: Capability>(
        &self,
        doubt: &Doubt<C>,
        request: &Request,
    ) -> Result<Response, BackendError> {
        ask::check(request).map_err(|why| BackendError::NotSent(why.reason))?;
        let (guest, class) = (doubt.guest(), Class::Read);
        self.send(Outgoing { request, guest, class, key: None, auth: None, marked: &[], room: None }).await
    }

    /// Takes secrets out of a text that an answer had, for whoever tells only a part of it: what is cut through is not found any more.
    pub fn scrub_text(&self, text: &mut String) {
        self.vault.scrub_text(text);
    }

    /// The terms of a request that was permitted.
    pub(crate) fn terms(&self, request: &Request) -> Result<HttpTerms, BackendError> {
        let asked = ask::check(request).map_err(|why| BackendError::NotSent(why.reason))?;
        self.grants.http(&asked, &capability::shown(&request.target)).map_err(BackendError::Denied)
    }

    /// The ID token that a request carries, if its grant says so. From here on it is found in whatever comes back.
    pub(crate) async fn token(
        &self,
        request: &Request,
        auth: Option<HttpAuth>,
        route: &Route,
        limit: Duration,
    ) -> Result<Option<IdToken>, BackendError> {
        let (Some(HttpAuth::IdToken), Some(service)) = (auth, &route.service) else { return Ok(None) };
        let Some(audience) = self.urls.get(service) else { return Ok(None) };
        if !route.origin.https && resolve::pinned(&self.connect_to, &route.origin).is_none() {
            let authority = route.origin.authority();
            return Err(BackendError::Denied(Denial {
                wanted: capability::wanted(request),
                reason: format!("an ID token is not sent to {authority} in the clear"),
                remedy: "give the service an https URL, or say in the operator's file with `connect-to` where it is"
                    .into(),
            }));
        }
        let token = token::fetch(&*self.id_tokens, service, audience, limit).await?;
        self.vault.hide(&format!("id-token.{service}"), token.as_str());
        Ok(Some(token))
    }

    async fn exchange(
        &self,
        out: &Outgoing<'_>,
        origin: &Origin,
        message: http::Request<Full<Bytes>>,
        progress: &mut Progress,
    ) -> Result<(Received, Connection, Opening), BackendError> {
        // What must happen once gets a connection of its own: an idle one that the server has just closed would leave it in doubt.
        if !out.class.happens_once()
            && let Some(mut connection) = self.pool.take(origin).await
        {
            progress.0 = Some(connection.meter.clone());
            match exchange::exchange(&mut connection, message.clone(), out.room).await {
                Ok(received) => return Ok((received, connection, Opening::default())),
                Err(_) if !connection.meter.heard() => {}
                Err(broken) => return Err(failed(broken, origin, true)),
            }
        }
        let resolved =
            resolve::resolve(&*self.network, &self.connect_to, origin, || capability::wanted(out.request)).await?;
        let config = self.tls.towards(origin).await?;
        let (mut connection, opening) =
            connection::open(&*self.network, config, origin, resolved, Reading::PHASE).await?;
        progress.0 = Some(connection.meter.clone());
        match exchange::exchange(&mut connection, message, out.room).await {
            Ok(received) => Ok((received, connection, opening)),
            Err(broken) => Err(failed(broken, origin, connection.meter.wrote())),
        }
    }

    /// The request that asks whether an effect happened: to the same place, with the same credentials.
    fn read_back(&self, request: &Request, read_back: &ReadBack, key: &str) -> Option<Request> {
        let path = read_back.path(key);
        let target = match &request.target {
            Target::Service { service, .. } => Target::Service { service: service.clone(), path },
            Target::Url(_) => {
                let Route { origin, .. } = self.services.route(request).ok()?;
                let scheme = if origin.https { "https" } else { "http" };
                Target::Url(format!("{scheme}://{}{path}", origin.host_header()))
            }
        };
        let about_the_body = |header: &&Header| !header.name.to_ascii_lowercase().starts_with("content-");
        Some(Request {
            target,
            method: "GET".into(),
            headers: request.headers.iter().filter(about_the_body).cloned().collect(),
            body: Body::default(),
            timeout_ms: request.timeout_ms.min(READ_BACK_MS),
        })
    }
}

impl Backend<Http> for HttpBackend {
    async fn act(&self, permit: Permit<Http>) -> Result<Response, BackendError> {
        let key = (permit.class() > Class::Read).then(|| permit.key());
        let HttpTerms { secret: marked, auth, .. } = self.terms(permit.request())?;
        let (request, guest, class) = (permit.request(), permit.guest(), permit.class());
        let (key, room) = (key.as_deref(), Some(permit.room()));
        self.send(Outgoing { request, guest, class, key, auth, marked: &marked, room }).await
    }

    async fn settle(&self, doubt: Doubt<Http>) -> Settlement<Response> {
        let Ok(HttpTerms { read_back: Some(read_back), secret: marked, auth, .. }) = self.terms(doubt.request()) else {
            return Settlement::Unknown("the grant names no read-back".into());
        };
        let Some(request) = self.read_back(doubt.request(), &read_back, doubt.key()) else {
            return Settlement::Unknown("the place that it was sent to is not known any more".into());
        };
        let (guest, class) = (doubt.guest(), Class::Read);
        let out = Outgoing { request: &request, guest, class, key: None, auth, marked: &marked, room: None };
        match self.send(out).await {
            Ok(response) if (200..300).contains(&response.status) => Settlement::Happened(response),
            Ok(response) if matches!(response.status, 404 | 410) => Settlement::NotHappened,
            Ok(response) => Settlement::Unknown(format!("reading back answered {}", response.status)),
            Err(error) => Settlement::Unknown(format!("reading back failed: {error}")),
        }
    }
}

fn failed(broken: Broken, origin: &Origin, wrote: bool) -> BackendError {
    let text = format!("{}: {}", origin.authority(), broken.text);
    match (broken.too_large, wrote) {
        (true, _) => BackendError::Exhausted(text),
        (false, true) => BackendError::Unknown(text),
        (false, false) => BackendError::NotSent(text),
    }
}

pub(crate) fn listed(headers: &HeaderMap) -> Vec<Header> {
    let one = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
        Header::new(name.as_str(), String::from_utf8_lossy(value.as_bytes()))
    };
    headers.iter().map(one).collect()
}
