//! The client of one user.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use holdpoint_canary::{Owner, Scanner, Seen};
use holdpoint_gate::{Backend, BackendError, Permit};
use holdpoint_model::{Class, HttpVersions, PhaseId};
use http::{HeaderValue, header};
use http_body_util::Full;
use rustls::{ClientConfig, client::Resumption};
use tokio::time::Instant;

use super::{
    cookies::Cookies,
    credentials::Credentials,
    crowd::Crowd,
    disturb::{HarmedUser, Harming, Trigger},
    exchange::{self, Answer, Broken},
    told::{Exchanged, Shown, Told, Waiting},
};
use crate::{
    Http, IdToken, Request, Response, Target, Timings, Unanswered, ask, backend, capability,
    connection::{self, Connection, Opening, Reading, Unopened},
    message,
    meter::{Meter, millis},
    resolve::Resolved,
    route::{Origin, Route},
    session, tls,
};

/// Places that a user keeps a connection to.
const MOST_CONNECTIONS: usize = 8;
/// TLS sessions that a user can resume.
const MOST_SESSIONS: usize = 8;

/// One user's own way to the world.
pub struct UserClient {
    pub(super) crowd: Arc<Crowd>,
    owner: Owner,
    state: Mutex<State>,
}

#[derive(Default)]
pub(super) struct State {
    connections: Vec<(Origin, Connection)>,
    /// Made for the first https request: its store of sessions is the user's own.
    tls: Option<Arc<ClientConfig>>,
    pub(super) cookies: Cookies,
    pub(super) credentials: Credentials,
    pub(super) waiting: Waiting,
    /// The next exchange is made to go wrong.
    pub(super) deliberate: bool,
    /// The next socket's.
    pub(super) next_socket: u64,
    /// Some of its exchanges go wrong by a plan.
    pub(super) harmed: Option<HarmedUser>,
}

/// What an exchange is counted under, and whether its route shows everybody's texts on purpose.
#[derive(Clone)]
pub(super) struct Met {
    pub(super) route: Arc<str>,
    pub(super) shared: bool,
}

/// What came of an exchange.
#[derive(Default)]
pub(super) struct Came<'a> {
    pub(super) status: Option<u16>,
    pub(super) as_expected: bool,
    pub(super) unanswered: Option<Unanswered>,
    pub(super) seen: Option<&'a Seen>,
}

/// Where an exchange has got, for whoever ends it.
pub(super) struct Progress {
    pub(super) start: Instant,
    /// Of the connection in use.
    pub(super) meter: Option<Arc<Meter>>,
    pub(super) opening: Opening,
    /// How it goes wrong on purpose.
    pub(super) harming: Option<Harming>,
    /// What makes frames go wrong that are sent over the connection later.
    pub(super) trigger: Option<Trigger>,
}

impl Progress {
    pub(super) fn begin(harming: Option<Harming>) -> Self {
        Self { start: Instant::now(), meter: None, opening: Opening::default(), harming, trigger: None }
    }

    fn passed(&self) -> (u64, u64) {
        self.meter.as_ref().map_or((0, 0), |meter| meter.passed())
    }
}

/// Why there is no answer: nothing was exchanged, or what was is broken.
pub(super) enum Failed {
    Before(BackendError),
    Broken(Box<Broken>),
}

impl UserClient {
    pub(super) fn new(crowd: Arc<Crowd>, owner: Owner, identity: Option<IdToken>) -> Option<Self> {
        // Whoever has no canary can't be told from others.
        Scanner::new(&crowd.index, owner).ok()?;
        let harmed = HarmedUser::of(crowd.disturbance(), owner.user);
        let state = State { credentials: Credentials::new(identity), harmed, ..State::default() };
        Some(Self { crowd, owner, state: Mutex::new(state) })
    }

    /// Takes what happened since the last time. The newest exchange waits until its user goes on, because it may still say that the answer
    /// was wrong.
    pub fn drain(&self, mut tell: impl FnMut(Told)) {
        let mut state = self.state();
        while let Some(told) = state.waiting.pop() {
            tell(told);
        }
    }

    /// The user goes on without having said anything more about its newest exchange.
    pub fn settle(&self) {
        self.state().waiting.settle();
    }

    /// The user judges the newest answer. Says whether there is one to judge.
    pub fn judge(&self, name: &str, good: bool) -> bool {
        self.state().waiting.judge(name, good)
    }

    /// The user makes its next request go wrong.
    pub fn deliberate(&self) {
        self.state().deliberate = true;
    }

    /// Whether some of its requests go wrong by the plan of its load.
    pub fn is_harmed(&self) -> bool {
        self.state().harmed.is_some()
    }

    /// Whether it has an identity.
    pub fn has_identity(&self) -> bool {
        self.state().credentials.identity().is_some()
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        // Nothing is left half done where it can panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Searches for the canaries of others.
    pub(super) fn scanner(&self) -> Scanner {
        Scanner::new(&self.crowd.index, self.owner).expect("the user's canary was in the index when it was made")
    }

    /// What an action on a target is counted under.
    pub(super) fn met(&self, action: &str, target: &Target) -> Met {
        Met { route: self.crowd.routes.of(action, target), shared: self.crowd.is_shared(target) }
    }

    /// The request as it is written to the connection. `identified` says that it proves already who asks.
    pub(super) fn compose(
        &self,
        request: &Request,
        route: &Route,
        guest: &PhaseId,
        key: Option<&str>,
        identified: bool,
    ) -> Result<http::Request<Full<Bytes>>, BackendError> {
        let state = self.state();
        let identified = identified || request.headers.iter().any(|h| h.name.eq_ignore_ascii_case("authorization"));
        let identity = state.credentials.identity().filter(|_| route.service.is_some() && !identified);
        let mut message = message::compose_revealing(request, route, guest, key, identity, &|text, to| {
            state.credentials.reveal(text, to)
        })?;
        if !message.headers().contains_key(header::COOKIE)
            && let Some(cookies) = state.cookies.header(&route.origin, &route.path)
        {
            message.headers_mut().insert(header::COOKIE, cookies);
        }
        // A body in gzip is what browsers ask for; the host undoes it.
        if !request.headers.iter().any(|header| header.name.eq_ignore_ascii_case("accept-encoding")) {
            message.headers_mut().insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
        }
        Ok(message)
    }

    async fn exchange(
        &self,
        permit: &Permit<Http>,
        route: &Route,
        mut message: http::Request<Full<Bytes>>,
        progress: &mut Progress,
    ) -> Result<(Answer, Connection), Failed> {
        let scanner = || self.scanner();
        // A harmed one has a connection of its own, which ends with it.
        if progress.harming.is_none()
            && let Some(mut connection) = self.take(&route.origin)
        {
            progress.meter = Some(connection.meter.clone());
            let again = (!permit.class().happens_once()).then(|| message.clone());
            match exchange::exchange(&mut connection, message, scanner).await {
                Ok(answer) => return Ok((answer, connection)),
                // The server closed it while it was idle.
                Err(Broken { unsent: Some(unsent), .. }) => message = unsent,
                Err(broken) => match again {
                    Some(again) if !connection.meter.heard() => message = again,
                    _ => return Err(Failed::Broken(Box::new(broken))),
                },
            }
        }
        // What is done to bytes on purpose is done to those of HTTP/1.1.
        let versions = if progress.harming.is_some() { HttpVersions::Http11 } else { self.crowd.versions };
        // What opening takes is not kept room for in every request: it is large, and few open anything.
        let mut connection = Box::pin(self.open(permit.request(), route, versions, progress)).await?;
        progress.meter = Some(connection.meter.clone());
        let answer = exchange::exchange(&mut connection, message, scanner)
            .await
            .map_err(|broken| Failed::Broken(Box::new(broken)))?;
        Ok((answer, connection))
    }

    /// Opens a connection. Towards https the server chooses among these versions.
    pub(super) async fn open(
        &self,
        request: &Request,
        route: &Route,
        versions: HttpVersions,
        progress: &mut Progress,
    ) -> Result<Connection, Failed> {
        let unopened = |why, text| {
            Failed::Broken(Box::new(Broken { why, text, unsent: None, status: None, seen: Seen::default() }))
        };
        let addresses = match self.crowd.addresses(&route.origin, request).await {
            Ok(addresses) => addresses,
            Err(BackendError::NotSent(text)) => return Err(unopened(Unanswered::Connect, text)),
            Err(error) => return Err(Failed::Before(error)),
        };
        let config = if route.origin.https { Some(self.tls(versions).await.map_err(Failed::Before)?) } else { None };
        let resolved = Resolved { addresses, dns: None };
        let reading = Reading::USER.harmed(progress.harming, progress.trigger.clone());
        let opened = connection::open(&*self.crowd.network, config, &route.origin, resolved, reading).await;
        let (connection, opening) = opened.map_err(|why| match why {
            Unopened::Connect(text) => unopened(Unanswered::Connect, text),
            Unopened::Tls(text) => unopened(Unanswered::Tls, text),
        })?;
        progress.opening = opening;
        Ok(connection)
    }

    pub(super) async fn tls(&self, versions: HttpVersions) -> Result<Arc<ClientConfig>, BackendError> {
        let kept = self.state().tls.clone();
        let own = match kept {
            Some(own) => own,
            None => {
                let mut own = ClientConfig::clone(&*self.crowd.tls.config().await?);
                own.resumption = Resumption::in_memory_sessions(MOST_SESSIONS);
                own.alpn_protocols = tls::offered(self.crowd.versions);
                self.state().tls.insert(Arc::new(own)).clone()
            }
        };
        if versions == self.crowd.versions {
            return Ok(own);
        }
        // With the same store of sessions.
        let mut other = ClientConfig::clone(&own);
        other.alpn_protocols = tls::offered(versions);
        Ok(Arc::new(other))
    }

    /// The connection to a place, if it is open.
    fn take(&self, origin: &Origin) -> Option<Connection> {
        let mut state = self.state();
        let place = state.connections.iter().position(|(to, _)| to == origin)?;
        let (_, connection) = state.connections.swap_remove(place);
        (!connection.sender.is_closed()).then_some(connection)
    }

    fn put(&self, origin: Origin, connection: Connection) {
        let mut state = self.state();
        if state.connections.len() == MOST_CONNECTIONS {
            state.connections.remove(0);
        }
        // Most users speak with one place, and a list makes room for four.
        if state.connections.capacity() == 0 {
            state.connections.reserve_exact(1);
        }
        state.connections.push((origin, connection));
    }

    /// Takes an answer in: cookies, tokens, and what it is told as.
    fn received(
        &self,
        route: Route,
        answer: Answer,
        connection: Connection,
        progress: &Progress,
        marked: &[holdpoint_model::grant::JsonPath],
    ) -> Result<Response, BackendError> {
        let Answer { status, headers, body, truncated, length, first_byte, .. } = answer;
        let Opening { dns, connect, tls } = progress.opening;
        let timings = Timings { dns, connect, tls, first_byte, total: millis(progress.start.elapsed()) };
        let tokens = session::tokens(&headers, &body, truncated, marked).map_err(BackendError::Exhausted)?;
        let mut response = Response {
            status,
            headers: backend::listed(&headers),
            sha256: None,
            body: body.into(),
            truncated,
            length: length as f64,
            replaced: vec![],
            timings,
            tls: connection.tls.clone(),
            peer: connection.peer.to_string(),
        };
        let mut state = self.state();
        if headers.contains_key(header::SET_COOKIE) {
            state.cookies.set(&route.origin, &route.path, &headers);
        }
        tokens.into_iter().for_each(|token| state.credentials.keep(token));
        state.credentials.scrub(&mut response);
        drop(state);
        if progress.harming.is_none() {
            self.put(route.origin, connection);
        }
        Ok(response)
    }

    /// Tells what came of an exchange.
    pub(super) fn tell(&self, met: &Met, progress: &Progress, came: Came<'_>) {
        let (sent_bytes, received_bytes) = progress.passed();
        let mut state = self.state();
        let own = came.seen.map_or(0, |seen| state.shown(met, seen));
        if let Some(harming) = progress.harming {
            state.waiting.harmed(harming.harm);
        }
        let exchanged = Exchanged {
            route: met.route.clone(),
            status: came.status,
            as_expected: came.as_expected,
            unanswered: came.unanswered,
            good: None,
            deliberate: state.is_deliberate(),
            duration: progress.start.elapsed(),
            sent_bytes,
            received_bytes,
            own,
        };
        state.waiting.exchanged(exchanged, None);
    }
}

impl State {
    /// Whether an exchange that begins now is made to go wrong. What befalls a harmed user may be a consequence of what went wrong before.
    pub(super) fn is_deliberate(&mut self) -> bool {
        std::mem::take(&mut self.deliberate) || self.harmed.is_some()
    }

    /// Tells what was seen of others, and gives how often the user's own canary was.
    pub(super) fn shown(&mut self, met: &Met, seen: &Seen) -> u64 {
        for leak in &seen.leaks {
            let (route, shared) = (met.route.clone(), met.shared);
            self.waiting.shown(Shown { owner: leak.owner, form: leak.form, route, shared });
        }
        seen.own
    }
}

impl Backend<Http> for UserClient {
    async fn act(&self, permit: Permit<Http>) -> Result<Response, BackendError> {
        self.settle();
        let request = permit.request();
        let limit = Duration::from_millis(u64::from(request.timeout_ms));
        let route = self.crowd.services.route(request).map_err(BackendError::NotSent)?;
        let key = (permit.class() > Class::Read).then(|| permit.key());
        let message = self.compose(request, &route, permit.guest(), key.as_deref(), false)?;
        let mut marked = Vec::new();
        if self.crowd.marks {
            let asked = ask::check(request).map_err(|why| BackendError::NotSent(why.reason))?;
            let terms = self.crowd.grants.http(&asked, &capability::shown(&request.target));
            marked = terms.map_err(BackendError::Denied)?.secret;
        }
        let harming = self.state().harmed.as_mut().and_then(HarmedUser::next);
        let limit = harming.map_or(limit, |_| Harming::limit(limit));
        let met = self.met(&request.method, &request.target);
        let mut progress = Progress::begin(harming);
        let exchanged = tokio::time::timeout(limit, self.exchange(&permit, &route, message, &mut progress)).await;
        match exchanged {
            Ok(Ok((answer, connection))) => {
                let status = Some(answer.status);
                let came =
                    Came { status, as_expected: answer.status < 400, unanswered: None, seen: Some(&answer.seen) };
                self.tell(&met, &progress, came);
                self.received(route, answer, connection, &progress, &marked)
            }
            Ok(Err(Failed::Before(error))) => Err(error),
            Ok(Err(Failed::Broken(broken))) => {
                let Broken { why, text, status, seen, .. } = *broken;
                let came = Came { status, unanswered: Some(why), seen: Some(&seen), ..Came::default() };
                self.tell(&met, &progress, came);
                Err(unanswered(why, text))
            }
            Err(_) => {
                self.tell(&met, &progress, Came { unanswered: Some(Unanswered::Timeout), ..Came::default() });
                Err(BackendError::Timeout(request.timeout_ms))
            }
        }
    }
}

/// What the gate is told of an exchange without an answer.
pub(super) fn unanswered(why: Unanswered, text: String) -> BackendError {
    match why {
        Unanswered::Connect | Unanswered::Tls => BackendError::NotSent(text),
        Unanswered::Malformed => BackendError::Exhausted(text),
        Unanswered::Reset | Unanswered::Timeout => BackendError::Unknown(text),
    }
}
