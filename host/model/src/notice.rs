//! Notifications: what of a run is told to whom, outside of the run. They change nothing in it.

use crate::grant::{HostPattern, SecretName, ToolName};

/// What a notification is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NoticeKind {
    /// The decision is `release`.
    Release,
    /// The decision is `hold`.
    Hold,
    /// The decision is `inconclusive`.
    Inconclusive,
    /// The decision is `partial`.
    Partial,
    /// A rollback begins, and what it came to.
    Rollback,
    /// A rule of a policy begins to fire.
    Alert,
    /// A row is waived, or no longer.
    Waive,
    /// A phase waits for somebody's word, and what was said.
    Approval,
}

impl NoticeKind {
    /// Every kind, for parsers.
    pub const ALL: [Self; 8] = [
        Self::Release,
        Self::Hold,
        Self::Inconclusive,
        Self::Partial,
        Self::Rollback,
        Self::Alert,
        Self::Waive,
        Self::Approval,
    ];

    /// The word in bundles and journals.
    pub fn word(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Hold => "hold",
            Self::Inconclusive => "inconclusive",
            Self::Partial => "partial",
            Self::Rollback => "rollback",
            Self::Alert => "alert",
            Self::Waive => "waive",
            Self::Approval => "approval",
        }
    }

    /// The kind of a word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// How a notification gets to people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Carrier {
    /// A POST to the URL that a secret holds, at one of these hosts.
    Webhook { secret: SecretName, hosts: Vec<HostPattern> },
    /// A tool that the operator has pinned, with the notification on its standard input.
    Command(ToolName),
}

/// `webhook NAME` or `command NAME`; never the URL.
impl std::fmt::Display for Carrier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Webhook { secret, .. } => write!(f, "webhook {secret}"),
            Self::Command(tool) => write!(f, "command {tool}"),
        }
    }
}

/// Who is told what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeTarget {
    /// An empty list is told nothing.
    pub on: Vec<NoticeKind>,
    pub to: Carrier,
}

/// One notification for one target, as it is to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The same for every attempt, and in no other notification.
    pub key: String,
    pub kind: NoticeKind,
    /// As [`Carrier`] says it.
    pub to: String,
    /// JSON.
    pub body: String,
}

/// What came of a notification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeEnd {
    pub key: String,
    /// Why it was not delivered; none if it was.
    pub failed: Option<String>,
    /// How often it was tried.
    pub tries: u32,
}
