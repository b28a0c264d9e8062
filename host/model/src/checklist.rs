//! The checklist: every line that the release must answer, whether or not a phase speaks for it yet.

use std::fmt;

use crate::RequirementId;

/// What a row means for the decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Level {
    /// No release without a pass.
    Required,
    /// Shown, and decides nothing.
    Advisory,
    /// Not judged.
    Off,
}

impl Level {
    /// Every level, for parsers.
    pub const ALL: [Self; 3] = [Self::Required, Self::Advisory, Self::Off];

    /// The word in `checklist.toml`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::Advisory => "advisory",
            Self::Off => "off",
        }
    }

    /// The level of a word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|l| l.word() == word)
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// One line of the checklist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChecklistRow {
    pub id: RequirementId,
    pub title: String,
    pub level: Level,
}

/// All lines, in the order of the file. Ids are unique; whoever parses a checklist sees to it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checklist {
    pub rows: Vec<ChecklistRow>,
}

impl Checklist {
    /// The row of an id.
    pub fn row(&self, id: &RequirementId) -> Option<&ChecklistRow> {
        self.rows.iter().find(|row| row.id == *id)
    }
}
