//! What arrived: every request, what was answered, and the effect that it had. Keeps the newest ones and forgets the
//! rest. Never keeps a token.

use std::collections::VecDeque;

use sha2::{Digest, Sha256};

use crate::exchange::Call;

const KEPT: usize = 100_000;
const LONGEST_TEXT: usize = 2_048;

/// One request as it arrived.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Seen {
    /// As sent.
    pub method: String,
    /// The host that the client asked for.
    pub host: String,
    /// Without the query, at most 2,048 characters.
    pub path: String,
    /// SHA-256 of the body, in hex.
    pub body: String,
    /// What was answered. Absent: nothing yet, or never.
    pub status: Option<u16>,
    /// The number of the change that it made, counted from 1 over everything. Absent: it changed nothing.
    pub effect: Option<u64>,
}

impl Seen {
    pub(crate) fn new(call: &Call) -> Seen {
        let cut = |text: &str| text.chars().take(LONGEST_TEXT).collect();
        Seen {
            method: cut(&call.method),
            host: cut(&call.host),
            path: cut(&call.path),
            body: hex::encode(Sha256::digest(&call.body)),
            status: None,
            effect: None,
        }
    }

    /// A host that the proxy did not lead to.
    pub(crate) fn refused(host: &str) -> Seen {
        Seen {
            method: "CONNECT".to_owned(),
            host: host.chars().take(LONGEST_TEXT).collect(),
            path: String::new(),
            body: String::new(),
            status: Some(403),
            effect: None,
        }
    }

    /// Whether such a request is one that changes something when it succeeds.
    pub fn is_mutating(&self) -> bool {
        let reads = [":testIamPermissions", ":list", ":generateAccessToken", "/token"];
        !matches!(self.method.as_str(), "GET" | "HEAD" | "CONNECT") && !reads.iter().any(|end| self.path.ends_with(end))
    }
}

/// The requests, oldest first.
#[derive(Debug, Default)]
pub(crate) struct SeenLog {
    kept: VecDeque<Seen>,
    forgotten: usize,
}

impl SeenLog {
    /// Notes a request, and gives the number by which its answer is noted.
    pub(crate) fn arrived(&mut self, seen: Seen) -> usize {
        if self.kept.len() == KEPT {
            self.kept.pop_front();
            self.forgotten += 1;
        }
        self.kept.push_back(seen);
        self.forgotten + self.kept.len() - 1
    }

    pub(crate) fn effected(&mut self, number: usize, effect: Option<u64>) {
        if let Some(seen) = self.entry(number) {
            seen.effect = effect;
        }
    }

    pub(crate) fn answered(&mut self, number: usize, status: u16) {
        if let Some(seen) = self.entry(number) {
            seen.status = Some(status);
        }
    }

    fn entry(&mut self, number: usize) -> Option<&mut Seen> {
        self.kept.get_mut(number.checked_sub(self.forgotten)?)
    }

    pub(crate) fn all(&self) -> Vec<Seen> {
        self.kept.iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forgets_the_oldest_request_first_and_still_finds_the_others() {
        let mut log = SeenLog::default();
        let seen = |number: usize| Seen {
            method: "POST".to_owned(),
            host: String::new(),
            path: format!("/{number}"),
            body: String::new(),
            status: None,
            effect: None,
        };
        for number in 0..=KEPT {
            assert_eq!(log.arrived(seen(number)), number);
        }
        log.answered(0, 200);
        log.answered(KEPT, 200);
        let all = log.all();
        assert_eq!((all.len(), all[0].path.as_str(), all[0].status), (KEPT, "/1", None));
        assert_eq!(all.last().unwrap().status, Some(200));
    }
}
