//! The log of requests that services received. Keeps the newest ones and forgets the rest;
//! calls of the double's own control routes are not in it, nor what virtual users exercise (`load::traffic` counts that).

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use axum::http::Request;

use crate::service::Service;

const KEPT: usize = 100_000;
/// Bytes of text that are kept at most, whatever the number of requests.
const KEPT_BYTES: usize = 32 * 1024 * 1024;
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

impl Seen {
    fn bytes(&self) -> usize {
        self.method.len() + self.path.len() + self.idempotency_key.as_ref().map_or(0, String::len)
    }
}

#[derive(Debug, Default)]
pub(crate) struct SeenLog(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    requests: VecDeque<Seen>,
    bytes: usize,
}

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
        log.bytes += seen.bytes();
        log.requests.push_back(seen);
        while log.requests.len() > KEPT || log.bytes > KEPT_BYTES {
            let Some(oldest) = log.requests.pop_front() else { break };
            log.bytes -= oldest.bytes();
        }
    }

    pub(crate) fn all(&self) -> Vec<Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).requests.iter().cloned().collect()
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

    use super::{KEPT, KEPT_BYTES, SeenLog};
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

    #[test]
    fn long_paths_do_not_fill_the_memory() {
        let log = SeenLog::default();
        let path = format!("/{}", "x".repeat(4_000));
        for _ in 0..20_000 {
            log.note(Service::Backend, &Request::builder().uri(&path).body(()).expect("a plain request"));
        }
        let kept: usize = log.all().iter().map(super::Seen::bytes).sum();
        assert!(kept <= KEPT_BYTES && kept > KEPT_BYTES / 2, "{kept} bytes");
    }
}
