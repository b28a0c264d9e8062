//! What can be made wrong: at which requests, how often, and how. Changes what the emulator does, never what a client
//! is.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::exchange::Call;

/// Something that is wrong with the cloud.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// At which requests.
    pub on: Pattern,
    /// At which of those.
    pub when: When,
    /// What happens.
    pub what: What,
}

/// Which requests are meant. `*` stands for any signs, `/` too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    /// `GET`, or `*`.
    pub method: String,
    /// `*-run.googleapis.com`.
    pub host: String,
    /// Without the query.
    pub path: String,
}

impl Pattern {
    /// Requests with this method, host and path.
    pub fn new(method: &str, host: &str, path: &str) -> Pattern {
        Pattern { method: method.to_owned(), host: host.to_owned(), path: path.to_owned() }
    }

    fn fits(&self, call: &Call) -> bool {
        matches(&self.method, &call.method) && matches(&self.host, &call.host) && matches(&self.path, &call.path)
    }
}

/// At which of the requests that fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// At each.
    Always,
    /// At the first so many.
    First(u32),
    /// At the one with this number, counted from 1.
    Nth(u32),
}

/// What happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// Nothing is done, and this status and message are answered.
    Refuse(u16, String),
    /// Nothing is done, and nothing is answered.
    Hang,
    /// It takes so long until something is done. A client that is gone by then has changed nothing.
    Slow(Duration),
    /// It is done at once, and answered so much later.
    SlowAnswer(Duration),
    /// It is done, and then this status is answered.
    HalfApplied(u16),
    /// The token of the request has just expired.
    TokenExpired,
    /// Tokens that are given from now on last so long.
    ShortLived(Duration),
    /// Before it is done, another pipeline deploys a revision of the service and gives it all traffic.
    DeployedElsewhere,
    /// Before it is done, the revisions that its body gives traffic to by name are deleted.
    RevisionLost,
    /// What is deploying or building stays so.
    NeverReady,
    /// A build ends with this status, and has made nothing.
    BuildEnds(&'static str),
    /// The numbers of this metric are others than services told.
    Altered(&'static str),
    /// The status says that it is of the generation before.
    StaleGeneration,
    /// A revision that is made by it does not start.
    DoesNotStart,
    /// It is done, and for so long the front of the service answers 503; only then is it answered.
    Gap(Duration),
}

#[derive(Debug)]
struct Armed {
    fault: Fault,
    fitted: u32,
}

/// The faults that are on.
#[derive(Debug, Default)]
pub(crate) struct Faults(Mutex<Vec<Armed>>);

impl Faults {
    pub(crate) fn set(&self, fault: Fault) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(Armed { fault, fitted: 0 });
    }

    pub(crate) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Counts the request, and says what is wrong with it.
    pub(crate) fn strike(&self, call: &Call) -> Vec<What> {
        let mut armed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut struck = Vec::new();
        for armed in armed.iter_mut().filter(|armed| armed.fault.on.fits(call)) {
            armed.fitted = armed.fitted.saturating_add(1);
            let strikes = match armed.fault.when {
                When::Always => true,
                When::First(count) => armed.fitted <= count,
                When::Nth(number) => armed.fitted == number,
            };
            if strikes {
                struck.push(armed.fault.what.clone());
            }
        }
        struck
    }
}

/// Whether a text has the shape of a pattern.
fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = rest.get(at + part.len()..).unwrap_or_default(),
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_star_stands_for_any_signs() {
        assert!(matches("*", "") && matches("GET", "GET") && matches("*/services/*", "/a/services/b"));
        assert!(matches("/a/*:get", "/a/b:get") && matches("a*b*c", "abc"));
        assert!(!matches("GET", "GETS") && !matches("*/services/*", "/a/service/b") && !matches("a*a", "a"));
    }
}
