//! Why a command failed, as far as its exit code and its words tell. gcloud has no codes of its own for it.

use serde::{Deserialize, Serialize};

/// The kind of a failure, in the words of Google's APIs where they have one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Failure {
    /// No account, or one whose token is not taken.
    Unauthenticated,
    /// 403.
    PermissionDenied,
    /// The API is not enabled in the project.
    ApiDisabled,
    NotFound,
    AlreadyExists,
    /// 409: another change came first.
    Conflict,
    /// 429.
    ResourceExhausted,
    /// 400.
    InvalidArgument,
    /// 500 and above: it may have happened all the same.
    Unavailable,
    /// gcloud did not understand the command; nothing was sent.
    Usage,
    Other,
}

/// What a command has changed that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Changed {
    Nothing,
    /// Nothing is under way any more, so looking tells.
    Perhaps,
    /// It may be under way still.
    Unknown,
}

/// Beginnings and parts of what gcloud says, the most telling first.
const WORDS: [(&str, Failure); 28] = [
    ("do not currently have an active account selected", Failure::Unauthenticated),
    ("Request had invalid authentication credentials", Failure::Unauthenticated),
    ("UNAUTHENTICATED", Failure::Unauthenticated),
    ("HTTPError 401", Failure::Unauthenticated),
    ("SERVICE_DISABLED", Failure::ApiDisabled),
    ("has not been used in project", Failure::ApiDisabled),
    ("is not enabled", Failure::ApiDisabled),
    ("PERMISSION_DENIED", Failure::PermissionDenied),
    ("HTTPError 403", Failure::PermissionDenied),
    ("does not have permission", Failure::PermissionDenied),
    ("NOT_FOUND", Failure::NotFound),
    ("HTTPError 404", Failure::NotFound),
    ("Cannot find", Failure::NotFound),
    ("could not be found", Failure::NotFound),
    // Of a service that is gone before it is changed.
    ("endpoint was not found", Failure::NotFound),
    // Of what is not Cloud Run's: `Projects instance [NAME] not found: `.
    ("] not found: ", Failure::NotFound),
    ("ALREADY_EXISTS", Failure::AlreadyExists),
    ("ABORTED", Failure::Conflict),
    ("HTTPError 409", Failure::Conflict),
    ("Conflict", Failure::Conflict),
    ("RESOURCE_EXHAUSTED", Failure::ResourceExhausted),
    ("HTTPError 429", Failure::ResourceExhausted),
    ("HTTPError 500", Failure::Unavailable),
    ("HTTPError 502", Failure::Unavailable),
    ("HTTPError 503", Failure::Unavailable),
    ("UNAVAILABLE", Failure::Unavailable),
    ("INVALID_ARGUMENT", Failure::InvalidArgument),
    ("HTTPError 400", Failure::InvalidArgument),
];

impl Failure {
    /// Of a command that ended; none if it ended well.
    pub(crate) fn of(exit: i32, stderr: &str) -> Option<Self> {
        match exit {
            0 => None,
            2 => Some(Self::Usage),
            _ => Some(
                WORDS.iter().find(|(words, _)| stderr.contains(words)).map_or(Self::Other, |(_, failure)| *failure),
            ),
        }
    }

    /// Whether an effect that was answered with it has changed nothing for sure. Where it might have, it was read back before it was answered.
    pub fn is_harmless(self) -> bool {
        self.changed() != Changed::Unknown
    }

    /// What an effect that failed so has changed.
    pub(crate) fn changed(self) -> Changed {
        match self {
            Self::Unauthenticated
            | Self::PermissionDenied
            | Self::ApiDisabled
            | Self::NotFound
            | Self::ResourceExhausted
            | Self::InvalidArgument
            | Self::Usage => Changed::Nothing,
            // gcloud tries again after a 500. If its first try was taken, the second meets what the first has made.
            Self::AlreadyExists | Self::Conflict => Changed::Perhaps,
            Self::Unavailable | Self::Other => Changed::Unknown,
        }
    }
}
