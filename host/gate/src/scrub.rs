//! Taking secrets out of what comes back, and putting them into what goes out.

use holdpoint_model::{Denial, PhaseId, ServiceName};

/// A secret that was found and replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replacement {
    /// What stands there now.
    pub placeholder: String,
    /// How the value was written: `plain`, `base64`, `hex`, `url`.
    pub encoding: &'static str,
    pub count: u32,
}

/// Bytes without secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scrubbed {
    pub bytes: Vec<u8>,
    pub replaced: Vec<Replacement>,
}

/// Knows the secrets of a run and finds them.
pub trait Scrubber: Send + Sync + 'static {
    /// The bytes without secrets, or none if there was nothing to replace.
    fn scrub(&self, bytes: &[u8]) -> Option<Scrubbed>;

    /// A text without secrets.
    fn scrub_text(&self, text: &mut String) {
        if let Some(scrubbed) = self.scrub(text.as_bytes()) {
            *text = String::from_utf8_lossy(&scrubbed.bytes).into_owned();
        }
    }
}

/// Knows no secrets.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unscrubbed;

impl Scrubber for Unscrubbed {
    fn scrub(&self, _bytes: &[u8]) -> Option<Scrubbed> {
        None
    }
}

/// Where a request is about to go, for a vault that is asked to put secrets in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination<'a> {
    pub guest: &'a PhaseId,
    /// The service of the bundle, if the request names one.
    pub service: Option<&'a ServiceName>,
    /// The host as the request names it, lower case, without a port.
    pub host: &'a str,
    /// The header whose value is to be filled; none for a body.
    pub header: Option<&'a str>,
}

/// Why a placeholder was not replaced by its value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unrevealed {
    #[error("denied: {}", .0.reason)]
    Denied(Denial),
    /// The value was handed out before an interruption of the host and is not known any more.
    #[error("{0}")]
    Lost(String),
}

/// Holds the secrets of a run: gives placeholders out, puts values in, takes values out.
pub trait Vault: Scrubber {
    /// The text with the values of its placeholders, as far as this destination may have them.
    fn reveal(&self, text: &str, destination: &Destination<'_>) -> Result<String, Unrevealed>;

    /// Takes in a session token that a server handed to a guest, and gives its placeholder. From now on it is scrubbed everywhere.
    fn keep(&self, guest: &PhaseId, value: &str) -> String;

    /// Takes in a credential that the host sends by itself, e.g. `id-token.backend`. From now on it is scrubbed everywhere. Nobody can
    /// have it put in, and it is written nowhere.
    fn hide(&self, name: &str, value: &str);
}
