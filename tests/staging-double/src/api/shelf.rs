//! What one user has.

use std::collections::{HashMap, VecDeque};
use std::time::Instant;

use axum::body::Bytes;

use super::pots::Pots;

pub(crate) const MOST_AGENTS: usize = 32;
pub(crate) const MOST_STATES: usize = 64;
/// Of more, the oldest is forgotten.
pub(crate) const MOST_FILES: usize = 4;

#[derive(Debug, Clone)]
pub(crate) struct Agent {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) prompt: String,
    pub(crate) ends: Instant,
}

impl Agent {
    pub(crate) fn bytes(&self) -> usize {
        self.name.len() + self.prompt.len()
    }
}

#[derive(Debug, Clone)]
pub(crate) struct File {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) content: Bytes,
    /// SHA-256 in hexadecimal digits.
    pub(crate) hash: String,
}

#[derive(Debug, Default)]
pub(crate) struct Shelf {
    /// Requests with this user's token.
    pub(crate) served: u64,
    pub(crate) agents: Vec<Agent>,
    /// Values, and how often each was written.
    pub(crate) states: HashMap<String, (String, u64)>,
    pub(crate) counter: u64,
    pub(crate) pots: Pots,
    pub(crate) files: VecDeque<File>,
}

impl Shelf {
    /// Ends the agents whose time is over; says how many those were and how many bytes.
    pub(crate) fn sweep(&mut self, now: Instant) -> (usize, usize) {
        let before = (self.agents.len(), self.agent_bytes());
        self.agents.retain(|agent| agent.ends > now);
        (before.0 - self.agents.len(), before.1 - self.agent_bytes())
    }

    fn agent_bytes(&self) -> usize {
        self.agents.iter().map(Agent::bytes).sum()
    }
}
