//! The log of requests that services received. Keeps the newest ones and forgets the rest;
//! calls of the double's own control routes are not in it.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use axum::http::Request;

use crate::service::Service;

const KEPT: usize = 100_000;
const LONGEST_TEXT: usize = 2_048;

/// One request as it arrived.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Seen {
    /// Who received it.
    pub service: Service,
    /// As sent.
    pub method: String,
    /// Without the query, at most 2,048 characters.
    pub path: String,
    /// The header `Idempotency-Key`, if it was readable text; cut like the path.
    pub idempotency_key: Option<String>,
    /// Milliseconds since 1970.
    pub at: f64,
}

#[derive(Debug, Default)]
pub(crate) struct SeenLog(Mutex<VecDeque<Seen>>);

impl SeenLog {
    pub(crate) fn note<B>(&self, service: Service, request: &Request<B>) {
        let key = request.headers().get("idempotency-key").and_then(|v| v.to_str().ok());
        let seen = Seen {
            service,
            method: cut(request.method().as_str()),
            path: cut(request.uri().path()),
            idempotency_key: key.map(cut),
            at: milliseconds_since_1970(),
        };
        let mut log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if log.len() == KEPT {
            log.pop_front();
        }
        log.push_back(seen);
    }

    pub(crate) fn all(&self) -> Vec<Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

fn cut(text: &str) -> String {
    text.chars().take(LONGEST_TEXT).collect()
}

fn milliseconds_since_1970() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64() * 1_000.0)
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::{KEPT, SeenLog};
    use crate::service::Service;

    #[test]
    fn forgets_the_oldest_request_first() {
        let log = SeenLog::default();
        for number in 0..=KEPT {
            let request = Request::builder().uri(format!("/{number}")).body(()).expect("a plain request");
            log.note(Service::Backend, &request);
        }
        let all = log.all();
        assert_eq!(all.len(), KEPT);
        assert_eq!(all[0].path, "/1");
    }
}
