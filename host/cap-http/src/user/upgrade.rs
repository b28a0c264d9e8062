//! A request of a user after which the connection speaks another protocol, for capabilities beside this one.

use std::{sync::Arc, time::Duration};

use holdpoint_canary::{Scanner, Seen};
use holdpoint_gate::{BackendError, Destination, Unrevealed};
use holdpoint_model::{HttpVersions, PhaseId, ServiceName};
use http::{HeaderName, HeaderValue, StatusCode, header, response::Parts};
use hyper::{body::Incoming, upgrade::Upgraded};

use super::{
    client::{Came, Failed, Progress, UserClient, unanswered},
    disturb::{HarmedUser, Harming, Trigger},
    exchange::{self, Broken},
    talk::Talk,
};
use crate::{
    Request, Timings, Unanswered, Upgrade,
    backend::listed,
    connection::Connection,
    exchange::{Changed, change_over, unreadable},
    meter::millis,
    route::Route,
    session,
    upgrade::{stream, write},
};

/// Where a request goes, for the credentials in what is sent there.
pub struct Place {
    pub service: Option<ServiceName>,
    pub host: String,
}

/// How a user asks for another protocol.
pub struct Asking<'a> {
    pub request: &'a Request,
    pub guest: &'a PhaseId,
    /// What it is called in the header `upgrade`.
    pub protocol: &'static str,
    /// Headers that the capability writes, with the values of their placeholders.
    pub own: Vec<(HeaderName, HeaderValue)>,
    /// They prove already who asks.
    pub identified: bool,
}

/// What a handshake has brought so far.
struct Shaken {
    head: Parts,
    first_byte: f64,
    upgraded: Option<Upgraded>,
    connection: Connection,
    seen: Seen,
}

impl UserClient {
    /// Where a request goes.
    pub fn place(&self, request: &Request) -> Result<Place, BackendError> {
        let route = self.crowd.services.route(request).map_err(BackendError::NotSent)?;
        Ok(Place { host: route.origin.bare_host().to_owned(), service: route.service })
    }

    /// A text with the values of its placeholders, which it may have if it goes to such a place.
    pub fn reveal(
        &self,
        text: &str,
        guest: &PhaseId,
        place: &Place,
        header: Option<&str>,
    ) -> Result<String, BackendError> {
        let to = Destination { guest, service: place.service.as_ref(), host: &place.host, header };
        self.state().credentials.reveal(text, &to).map_err(|error| match error {
            Unrevealed::Denied(denial) => BackendError::Denied(denial),
            Unrevealed::Lost(text) => BackendError::Interrupted(text),
        })
    }

    /// Asks to change over, within the request's limit. What goes over the connection then is the talk's to search and to tell.
    pub async fn upgrade(self: &Arc<Self>, asking: Asking<'_>) -> Result<(Upgrade, Talk), BackendError> {
        self.settle();
        let request = asking.request;
        let limit = Duration::from_millis(u64::from(request.timeout_ms));
        let route = self.crowd.services.route(request).map_err(BackendError::NotSent)?;
        let mut message = self.compose(request, &route, asking.guest, None, asking.identified)?;
        write(message.headers_mut(), asking.protocol, asking.own);
        let met = self.met("OPEN", &request.target);
        let harming = self.state().harmed.as_mut().and_then(HarmedUser::next);
        let limit = harming.map_or(limit, |_| Harming::limit(limit));
        let mut progress = Progress::begin(harming);
        progress.trigger = self.is_harmed().then(Trigger::default);
        let shaking = async {
            // HTTP/2 changes over in another way, which few servers know.
            let mut connection = self.open(request, &route, HttpVersions::Http11, &mut progress).await?;
            progress.meter = Some(connection.meter.clone());
            let changed = change_over(&mut connection, message).await;
            let (head, first_byte, changed) = changed.map_err(|broken| {
                let why = if broken.too_large { Unanswered::Malformed } else { Unanswered::Reset };
                let text = format!("{}: {}", route.origin.authority(), broken.text);
                let seen = Seen::default();
                Failed::Broken(Box::new(Broken { why, text, unsent: None, status: None, seen }))
            })?;
            let mut scanner = self.scanner();
            exchange::search(&mut scanner, &head.headers);
            let changed = match changed {
                Changed::Over(upgraded) => Ok(Some(upgraded)),
                // The user is not given it, but it was sent, so it is searched.
                Changed::Not(mut body) => refusal(&mut body, &head, &connection, &mut scanner).await.map(|()| None),
            };
            let seen = scanner.finish();
            match changed {
                Ok(upgraded) => Ok(Shaken { head, first_byte, upgraded, connection, seen }),
                Err(broken) => Err(Failed::Broken(Box::new(Broken { seen, ..broken }))),
            }
        };
        match tokio::time::timeout(limit, shaking).await {
            Ok(Ok(shaken)) => {
                let (status, as_expected) = (shaken.head.status, shaken.upgraded.is_some());
                let came = Came {
                    status: Some(status.as_u16()),
                    as_expected: as_expected && status == StatusCode::SWITCHING_PROTOCOLS,
                    unanswered: None,
                    seen: Some(&shaken.seen),
                };
                self.tell(&met, &progress, came);
                let talk = Talk::new(self.clone(), self.met("SEND", &request.target), progress.trigger.take());
                Ok((self.changed(route, shaken, &progress)?, talk))
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

    /// Takes the answer in: cookies, tokens, and what it is told as.
    fn changed(&self, route: Route, shaken: Shaken, progress: &Progress) -> Result<Upgrade, BackendError> {
        let Shaken { head, first_byte, upgraded, connection, .. } = shaken;
        let tokens = session::tokens(&head.headers, b"", false, &[]).map_err(BackendError::Exhausted)?;
        let mut headers = listed(&head.headers);
        let mut state = self.state();
        if head.headers.contains_key(header::SET_COOKIE) {
            state.cookies.set(&route.origin, &route.path, &head.headers);
        }
        tokens.into_iter().for_each(|token| state.credentials.keep(token));
        state.credentials.scrub_headers(&mut headers, &mut Vec::new());
        drop(state);
        let opening = progress.opening;
        Ok(Upgrade {
            status: head.status.as_u16(),
            headers,
            timings: Timings {
                dns: opening.dns,
                connect: opening.connect,
                tls: opening.tls,
                first_byte,
                total: millis(progress.start.elapsed()),
            },
            tls: connection.tls.clone(),
            peer: connection.peer.to_string(),
            host: route.origin.bare_host().to_owned(),
            service: route.service,
            stream: upgraded.map(stream),
        })
    }
}

/// Reads and searches the body of an answer that does not change over.
async fn refusal(
    body: &mut Incoming,
    head: &Parts,
    connection: &Connection,
    scanner: &mut Scanner,
) -> Result<(), Broken> {
    let status = head.status.as_u16();
    if let Some(why) = unreadable(&head.headers) {
        return Err(Broken::malformed(why, status));
    }
    exchange::read(body, &head.headers, connection, status, scanner).await.map(drop)
}
