//! One request on its way: noted, routed, and changed by whatever faults stand.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::{Body, to_bytes};
use axum::extract::DefaultBodyLimit;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{Request, Response, StatusCode};
use axum::response::{IntoResponse, Json};
use axum::routing::get;
use axum::{Router, extract::State};
use hyper::body::Incoming;
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;
use serde_json::{Value, json};
use tokio::sync::{Semaphore, watch};

use super::breached::{breached, moved};
use super::cors::Page;
use super::{auth, backend, control, frontend, issuer};
use crate::api::{Limits, Users};
use crate::change::{Breach, Change};
use crate::crowd::Crowds;
use crate::effects::Ledger;
use crate::health;
use crate::load::{LeakForm, Own, Route, Traffic};
use crate::login::{Accounts, Issuer, Minted};
use crate::resources::Resources;
use crate::seen::SeenLog;
use crate::service::{PerService, Service};
use crate::stores::Asking;
use crate::switchboard::Switchboard;

const LARGEST_BODY: usize = 64 * 1024;
const CONTROL: &str = "/__double/";
/// What takes a connection of the pool.
const API: &str = "/api/";

/// What the servers of one double have in common.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) switchboard: Switchboard,
    pub(crate) ledger: Ledger,
    pub(crate) seen: SeenLog,
    pub(crate) accounts: Accounts,
    pub(crate) issuer: Issuer,
    pub(crate) minted: Minted,
    pub(crate) users: Users,
    pub(crate) limits: Limits,
    pub(crate) traffic: PerService<Traffic>,
    pub(crate) resources: Resources,
    pub(crate) crowds: Crowds,
    pub(crate) agent_lifetime: Duration,
    pub(crate) instance: String,
    pub(crate) stores: Asking,
    /// When it began, in seconds since 1970.
    pub(crate) began: f64,
    /// Places for chats; their connections are no server's any more.
    pub(crate) chats: Arc<Semaphore>,
    /// Tells those whom no server ends, which are upgraded connections.
    pub(crate) ending: watch::Receiver<()>,
}

impl Shared {
    /// Switches all faults off, and does away with what they left.
    pub(crate) async fn clear(&self) -> anyhow::Result<()> {
        self.users.adopt();
        self.limits.clear();
        self.switchboard.clear().await
    }

    /// Waits while all answers halt.
    pub(crate) async fn halt(&self, changes: &[Change]) {
        if changes.iter().any(|change| matches!(change, Change::Stall(_)))
            && let Some(until) = self.switchboard.strikes.stalled_until()
        {
            tokio::time::sleep_until(until.into()).await;
        }
    }

    /// The answer with another user's text in it, if it is struck.
    async fn leaked(&self, changes: &[Change], route: Route, mut response: Response<Body>) -> Response<Body> {
        for change in changes {
            let Change::Leak(leak) = change else { continue };
            let Some(own) = response.extensions_mut().remove::<Own>() else { continue };
            let crossings = &self.switchboard.crossings;
            if leak.form == LeakForm::Frame {
                crossings.note(own);
                continue;
            }
            let is_struck = self.switchboard.strikes.answers.one_in(leak.one_in);
            if let Some(crossing) = crossings.turn(own, route.name(), leak.form, is_struck) {
                response = crossing.leaked_into(response).await;
            }
        }
        response
    }
}

/// How one service answers.
pub(crate) struct Answering {
    service: Service,
    shared: Arc<Shared>,
    routes: TowerToHyperService<Router>,
    /// Where who comes here is led to: this is the port without TLS of a service that has one with it.
    leads_to: Option<String>,
}

impl Answering {
    pub(crate) fn new(service: Service, shared: Arc<Shared>, leads_to: Option<String>) -> Self {
        let own = match service {
            Service::Backend => backend::routes(),
            Service::Auth => auth::routes(),
            Service::Frontend => frontend::routes(),
            Service::Issuer => issuer::routes(),
        };
        let routes = own
            .merge(health_routes(service))
            .merge(control::routes())
            .fallback(|| async { failure(StatusCode::NOT_FOUND, "not found") })
            .method_not_allowed_fallback(|| async { failure(StatusCode::METHOD_NOT_ALLOWED, "method not allowed") })
            .layer(DefaultBodyLimit::max(LARGEST_BODY))
            .with_state(Arc::clone(&shared));
        Answering { service, shared, routes: TowerToHyperService::new(routes), leads_to }
    }

    /// Answers one request, with the changes that are switched on when it arrives.
    pub(crate) async fn answer(&self, request: Request<Incoming>) -> Result<Response<Body>, Closed> {
        if request.uri().path().starts_with(CONTROL) {
            return Ok(self.route(request).await);
        }
        let changes = self.shared.switchboard.changes(self.service);
        if changes.contains(&Change::Refused) {
            return Err(Closed);
        }
        if let Some(name) = self.leads_to.as_deref().filter(|_| !changes.contains(&Change::Breach(Breach::PlainServed)))
        {
            let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
            return Ok(moved(name, path));
        }
        let route = Route::of(request.method(), request.uri().path());
        if self.service != Service::Backend || !route.is_load() {
            self.shared.seen.note(self.service, &request);
        }
        let traffic = self.shared.traffic.get(self.service);
        let began = Instant::now();
        traffic.arrived(route);
        let page = Page::of(request.method(), request.headers());
        let response = match page.as_ref().filter(|page| page.is_preflight) {
            Some(page) => page.told(),
            None => self.changed_answer(request, route, &changes).await,
        };
        let mut response = breached(&changes, response).await;
        if let Some(page) = page {
            page.allow(&changes, &mut response);
        }
        traffic.answered(route, response.status().is_server_error(), began.elapsed());
        Ok(response)
    }

    /// Whether TLS is spoken with a certificate that has expired.
    pub(crate) fn has_expired(&self) -> bool {
        self.shared.switchboard.changes(self.service).contains(&Change::Breach(Breach::CertificateExpired))
    }

    /// A request broke off, or was none.
    pub(crate) fn broke(&self) {
        for change in self.shared.switchboard.changes(self.service).iter() {
            if let Change::SharedBreak(lasts) = change {
                self.shared.switchboard.strikes.crash("", Instant::now(), *lasts);
            }
        }
    }

    async fn changed_answer(&self, request: Request<Incoming>, route: Route, changes: &[Change]) -> Response<Body> {
        self.shared.halt(changes).await;
        for change in changes.iter() {
            if let Change::Slow(delay) = change {
                tokio::time::sleep(*delay).await;
            }
        }
        if changes.contains(&Change::Unavailable) {
            return failure(StatusCode::SERVICE_UNAVAILABLE, "unavailable");
        }
        if !matches!(route, Route::Health | Route::Metrics) {
            for change in changes {
                match change {
                    Change::Errors(percent) if self.shared.switchboard.strikes.is_error(*percent) => {
                        return failure(StatusCode::INTERNAL_SERVER_ERROR, "something went wrong");
                    }
                    Change::Saturated(most) if self.shared.switchboard.strikes.is_beyond(*most, Instant::now()) => {
                        return failure(StatusCode::SERVICE_UNAVAILABLE, "overloaded");
                    }
                    Change::Late { one_in, delay } if self.shared.switchboard.strikes.is_late(*one_in) => {
                        tokio::time::sleep(*delay).await;
                    }
                    Change::MemoryLeak(_) => self.shared.switchboard.strikes.leak(),
                    _ => {}
                }
            }
        }
        let connection = if self.service == Service::Backend && request.uri().path().starts_with(API) {
            match self.shared.switchboard.pool.take().await {
                Ok(connection) => Some(connection),
                Err(gave_up) => return failure(StatusCode::SERVICE_UNAVAILABLE, &gave_up.to_string()),
            }
        } else {
            None
        };
        let mut response = self.route(request).await;
        drop(connection);
        if !changes.is_empty() {
            response = self.shared.leaked(changes, route, response).await;
            self.shared.halt(changes).await;
        }
        for change in changes.iter() {
            if let Change::TruncatedJson(percent) = change {
                return truncated(response, *percent).await;
            }
        }
        response
    }

    async fn route(&self, request: Request<Incoming>) -> Response<Body> {
        match self.routes.call(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }
}

/// The request came over a connection that was open when the service went away; the
/// connection ends without an answer.
#[derive(Debug)]
pub(crate) struct Closed;

impl std::fmt::Display for Closed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the service does not listen")
    }
}

impl std::error::Error for Closed {}

fn health_routes(service: Service) -> Router<Arc<Shared>> {
    let ready = move |State(shared): State<Arc<Shared>>| async move {
        let down = shared.stores.down(service.dependencies()).await;
        let (status, body) = health::readiness(service, &shared.switchboard.changes(service), &down);
        (status, Json(body))
    };
    let alive = || async {
        let (status, body) = health::liveness();
        (status, Json(body))
    };
    Router::new().route("/health", get(ready)).route("/health/ready", get(ready)).route("/health/live", get(alive))
}

pub(super) fn failure(status: StatusCode, why: &str) -> Response<Body> {
    (status, Json(json!({ "error": why }))).into_response()
}

pub(super) fn success(body: Value) -> Response<Body> {
    Json(body).into_response()
}

/// Cuts a JSON body short, as a sound HTTP message: only who parses it will notice.
async fn truncated(response: Response<Body>, percent: u8) -> Response<Body> {
    let is_json = response.headers().get(CONTENT_TYPE).is_some_and(|v| v.as_bytes().starts_with(b"application/json"));
    if !is_json {
        return response;
    }
    let (mut head, body) = response.into_parts();
    let Ok(whole) = to_bytes(body, usize::MAX).await else {
        return failure(StatusCode::INTERNAL_SERVER_ERROR, "the body could not be made");
    };
    head.headers.remove(CONTENT_LENGTH);
    let kept = whole.len() * usize::from(percent) / 100;
    Response::from_parts(head, Body::from(whole.slice(..kept)))
}
