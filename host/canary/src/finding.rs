//! What was seen in an answer.

/// Whose a canary is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Owner {
    /// Which of the sets that the index was made of, counted from 0.
    pub set: u32,
    /// The number of the user within it.
    pub user: u32,
}

/// How a canary was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Form {
    /// As it was sent.
    Plain,
    /// With capitals.
    CaseChanged,
    /// Behind JSON's escapes or percent signs, in part or whole.
    Escaped,
    /// Within a text in base64.
    Base64,
}

/// A foreign canary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Whose it is.
    pub owner: Owner,
    /// How it was written.
    pub form: Form,
    /// Where it ends: the number of bytes that were fed up to there since the last end of an answer. In base64 up to one character more.
    pub end: u64,
    /// The characters of the canary that were there, decoded, in the case in which they were there: 16 to 32.
    pub matched: String,
}

impl Finding {
    /// Whether all of the canary was there.
    pub fn is_whole(&self) -> bool {
        self.matched.len() == crate::LENGTH
    }
}

/// What was seen in one answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// How often the receiver's own canary was there. A test whose canaries never come back proves nothing.
    pub own: u64,
    /// How often a foreign one was there.
    pub foreign: u64,
    /// The first place of each owner, of the first [`MOST_LEAKS`](crate::MOST_LEAKS) owners.
    pub leaks: Vec<Finding>,
}
