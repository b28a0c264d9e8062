//! A request as the work of users: each sends it over a connection of its own.

use std::sync::Arc;

use holdpoint_cap_http::{HttpBackend, Repeated, RepeatedConnection, Request};
use holdpoint_gate::BackendError;
use holdpoint_model::PhaseId;
use tokio::time::Instant;

use crate::{Cost, Exchange, Failure, Observer, User, UserError, Users, capability::label};

/// What a connection takes, with its buffers and its TLS.
const COST: Cost = Cost { descriptors: 1, bytes: 128 << 10 };

/// Users that send one request.
pub struct RepeatedUsers {
    repeated: Arc<Repeated>,
    shared: Arc<Shared>,
}

struct Shared {
    route: String,
    expected: Vec<u16>,
}

/// One of them.
pub struct RepeatedUser {
    number: u32,
    connection: RepeatedConnection,
    shared: Arc<Shared>,
}

impl RepeatedUsers {
    /// Prepares the request. The error says why it can't be sent.
    pub async fn of(
        backend: Arc<HttpBackend>,
        request: Request,
        expected: Vec<u16>,
        guest: PhaseId,
    ) -> Result<Self, BackendError> {
        let shared = Arc::new(Shared { route: label(&request), expected });
        Ok(Self { repeated: Repeated::prepare(backend, request, guest).await?, shared })
    }
}

impl Users for RepeatedUsers {
    type User = RepeatedUser;

    fn cost(&self) -> Cost {
        COST
    }

    async fn open(&self, number: u32) -> Result<RepeatedUser, UserError> {
        Ok(RepeatedUser { number, connection: self.repeated.connection(), shared: self.shared.clone() })
    }
}

impl User for RepeatedUser {
    async fn iterate(&mut self, _: u64, observer: &dyn Observer) -> Result<(), UserError> {
        let begun = Instant::now();
        let exchanged = self.connection.exchange().await;
        let duration = begun.elapsed();
        let told = |status, failure, (sent_bytes, received_bytes)| Exchange {
            user: self.number,
            route: &self.shared.route,
            status,
            failure,
            duration,
            sent_bytes,
            received_bytes,
            deliberate: false,
        };
        observer.exchange(match exchanged {
            Ok(answer) => {
                let wrong = !self.shared.expects(answer.status);
                told(Some(answer.status), wrong.then_some(Failure::Status), (answer.sent, answer.received))
            }
            Err(unanswered) => told(None, Some(unanswered.into()), (0, 0)),
        });
        Ok(())
    }

    async fn close(self, _: &dyn Observer) -> Result<(), UserError> {
        Ok(())
    }
}

impl Shared {
    fn expects(&self, status: u16) -> bool {
        match self.expected.as_slice() {
            [] => (200..400).contains(&status),
            expected => expected.contains(&status),
        }
    }
}
