//! What all connections share, and how a request is answered: what is wrong with it, who answers, what is noted.

use std::future::pending;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http_body_util::BodyExt;
use http_body_util::combinators::UnsyncBoxBody;
use hyper::body::Incoming;
use hyper::{Request, Response};

use crate::clock::Clock;
use crate::cloud::{Behaviour, Cloud};
use crate::exchange::{Answer, Call};
use crate::fault::{Faults, What};
use crate::login;
use crate::router::Router;
use crate::run::Share;
use crate::seen::{Seen, SeenLog};
use crate::tls::Authority;

/// The body of any answer: one of the emulator's own, or one that an upstream still sends.
pub(crate) type AnyBody = UnsyncBoxBody<Bytes, hyper::Error>;

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) authority: Authority,
    pub(crate) clock: Arc<Clock>,
    pub(crate) faults: Faults,
    pub(crate) router: Router,
    cloud: Mutex<Cloud>,
    seen: Mutex<SeenLog>,
}

impl Shared {
    pub(crate) fn new(authority: Authority, clock: Arc<Clock>, cloud: Cloud) -> Shared {
        Shared {
            authority,
            clock,
            faults: Faults::default(),
            router: Router::default(),
            cloud: Mutex::new(cloud),
            seen: Mutex::default(),
        }
    }

    pub(crate) fn cloud(&self) -> MutexGuard<'_, Cloud> {
        self.cloud.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn seen(&self) -> MutexGuard<'_, SeenLog> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the proxy leads to a host: one of Google's APIs, or of a service.
    pub(crate) fn leads_to(&self, host: &str) -> bool {
        host.ends_with(".googleapis.com") || self.is_service(host)
    }

    pub(crate) fn is_service(&self, host: &str) -> bool {
        self.share(host).is_some()
    }

    fn share(&self, host: &str) -> Option<Share> {
        let cloud = self.cloud();
        cloud.run.shares(&cloud.project, host)
    }

    /// Notes a host that the proxy did not lead to.
    pub(crate) fn refused(&self, host: &str) {
        let seen = Seen::refused(host);
        self.seen().arrived(seen);
    }

    /// Answers a request; without a host it is one to the metadata server.
    pub(crate) async fn respond(&self, host: Option<&str>, request: Request<Incoming>) -> Response<AnyBody> {
        if let Some(share) = host.and_then(|host| self.share(host)) {
            let host = host.unwrap_or_default();
            return self.router.forward(self, host, &share, request).await;
        }
        let answer = match Call::read(host.unwrap_or("metadata"), request).await {
            Ok(call) => self.answer(&call, host.is_none()).await,
            Err(refusal) => refusal,
        };
        own(answer)
    }

    async fn answer(&self, call: &Call, metadata: bool) -> Answer {
        let number = self.seen().arrived(Seen::new(call));
        let struck = self.faults.strike(call);
        for what in &struck {
            match what {
                What::Hang => pending::<()>().await,
                What::Slow(span) => tokio::time::sleep(*span).await,
                What::Refuse(status, message) => {
                    self.seen().answered(number, *status);
                    return Answer::refuse(*status, message);
                }
                _ => {}
            }
        }
        let mut answer = self.act(call, metadata, &struck);
        self.seen().effected(number, answer.effect);
        for what in &struck {
            match what {
                What::HalfApplied(status) if answer.status < 400 => {
                    answer = Answer::refuse(*status, "Internal error encountered.");
                }
                What::SlowAnswer(span) => tokio::time::sleep(*span).await,
                What::Gap(span) => {
                    let service = call.path.split('/').skip_while(|part| *part != "services").nth(1);
                    self.router.leave(service.unwrap_or_default(), *span);
                    tokio::time::sleep(*span).await;
                }
                _ => {}
            }
        }
        self.seen().answered(number, answer.status);
        answer
    }

    fn act(&self, call: &Call, metadata: bool, struck: &[What]) -> Answer {
        let mut cloud = self.cloud();
        let mut behaviour = Behaviour::default();
        for what in struck {
            match what {
                What::NeverReady => behaviour.never_ready = true,
                What::BuildEnds(status) => behaviour.build_ends = Some(status),
                What::Altered(metric) => behaviour.altered = Some(metric),
                What::StaleGeneration => behaviour.stale_generation = true,
                What::DoesNotStart => behaviour.does_not_start = true,
                What::TokenExpired => cloud.tokens.expire(call.bearer.as_deref().unwrap_or_default()),
                What::ShortLived(span) => cloud.tokens.shorten(*span),
                What::RevisionLost => cloud.lose_revisions_of(call),
                What::DeployedElsewhere => cloud.deploy_elsewhere_at(call),
                _ => {}
            }
        }
        if metadata {
            let (now, region) = (self.clock.now(), cloud.project.region.clone());
            return login::answer_metadata(&mut cloud.tokens, call, &region, now);
        }
        cloud.answer(call, behaviour)
    }
}

/// An answer of the emulator's own.
pub(crate) fn own(answer: Answer) -> Response<AnyBody> {
    answer.into_response().map(|body| body.map_err(|never| match never {}).boxed_unsync())
}
