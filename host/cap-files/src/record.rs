//! Requests and responses, version 1 of the records.

use holdpoint_gate::{Message, Scrubber};
use holdpoint_model::Body;
use serde::{Deserialize, Serialize};

/// What a guest asks. Paths begin with the name of a granted directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Request {
    /// The content of a file.
    Read { path: String },
    /// What stands directly in a directory.
    List { path: String },
    /// The files below a directory whose path from there matches.
    Glob { path: String, pattern: String },
    /// Everything below a directory.
    Walk { path: String },
}

/// What it gets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Response {
    Content {
        #[serde(skip)]
        content: Body,
    },
    /// Sorted by path.
    Entries { entries: Vec<Entry> },
}

/// Something in a directory.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The whole path, as a request takes it.
    pub path: String,
    pub kind: Kind,
    /// Bytes; 0 for what is no file.
    pub size: f64,
}

/// What an entry is. A symbolic link is `other`: it is not followed by a listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    File,
    Directory,
    Other,
}

impl Request {
    /// The path.
    pub fn path(&self) -> &str {
        match self {
            Self::Read { path } | Self::List { path } | Self::Glob { path, .. } | Self::Walk { path } => path,
        }
    }
}

impl Message for Request {}

impl Message for Response {
    fn bodies(&mut self, visit: &mut dyn FnMut(&mut Body)) {
        if let Self::Content { content } = self {
            visit(content);
        }
    }

    fn scrub(&mut self, scrubber: &dyn Scrubber) {
        match self {
            Self::Content { content } => {
                if let Some(scrubbed) = scrubber.scrub(content.bytes()) {
                    *content = scrubbed.bytes.into();
                }
            }
            Self::Entries { entries } => entries.iter_mut().for_each(|entry| scrubber.scrub_text(&mut entry.path)),
        }
    }
}
