//! What a team writes between a validation and production: clean documents beside the files under judgement, and single places of them
//! turned into faults. Their dates are relative to when they are written: `{day-1}` is yesterday, `{hour+71}` a moment. Writes only below
//! the directory it is given.

use std::fmt;
use std::fs;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, ensure};
use time::{OffsetDateTime, SignedDuration};

use crate::draw::Draw;

pub(crate) const LESSONS: &str = "next-steps/lessons.md";
pub(crate) const PRODUCTION: &str = "next-steps/production.yaml";
pub(crate) const ANNOUNCEMENT: &str = "next-steps/announcement.toml";
pub(crate) const REHEARSAL: &str = "next-steps/rehearsal.toml";
pub(crate) const EVIDENCE: &str = "next-steps/rehearsal.db";
pub(crate) const RUNBOOK: &str = "next-steps/runbook.md";
pub(crate) const TRAINING: &str = "next-steps/training.toml";

/// Path and text of each, with the places of its dates.
const CLEAN: &[(&str, &str)] = &[
    (LESSONS, include_str!("../clean/next-steps/lessons.md")),
    (PRODUCTION, include_str!("../clean/next-steps/production.yaml")),
    (ANNOUNCEMENT, include_str!("../clean/next-steps/announcement.toml")),
    (REHEARSAL, include_str!("../clean/next-steps/rehearsal.toml")),
    (EVIDENCE, include_str!("../clean/next-steps/rehearsal.db")),
    (RUNBOOK, include_str!("../clean/next-steps/runbook.md")),
    (TRAINING, include_str!("../clean/next-steps/training.toml")),
];

/// A piece that stands once in a clean document, and what may stand there instead.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Piece {
    file: &'static str,
    clean: &'static str,
    texts: &'static [&'static str],
}

/// A piece of a document.
pub(crate) const fn piece(file: &'static str, clean: &'static str, texts: &'static [&'static str]) -> Piece {
    Piece { file, clean, texts }
}

/// One place of a document that says something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rewrite {
    /// Relative to the directory that was written.
    pub file: &'static str,
    /// The piece of the clean document; without one, the document is not there at all.
    pub clean: Option<&'static str>,
    /// What stands there instead.
    pub text: &'static str,
}

impl Rewrite {
    /// A document that nobody has written.
    pub(crate) fn missing(file: &'static str) -> Self {
        Self { file, clean: None, text: "" }
    }

    /// One of these pieces, and one of what may stand there.
    pub(crate) fn of(pieces: &[Piece], draw: &mut Draw) -> Self {
        let Piece { file, clean, texts } = draw.pick(pieces);
        Self { file, clean: Some(clean), text: draw.pick(texts) }
    }
}

impl fmt::Display for Rewrite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.clean {
            None => write!(f, "document {}, missing", self.file),
            Some(clean) => write!(f, "document {}, {:?} in the place of {clean:?}", self.file, self.text),
        }
    }
}

/// Writes the clean documents below `dir`, over what stands there.
pub(crate) fn write(dir: &Path) -> anyhow::Result<()> {
    let now = now();
    CLEAN.iter().try_for_each(|(file, text)| put(dir, file, &dated(text, now)))
}

/// Writes a document below `dir` with something else at one place, or takes it away. Of two faults in one document the last one stands.
pub fn rewrite(dir: &Path, rewrite: &Rewrite) -> anyhow::Result<()> {
    let Rewrite { file, clean, text } = rewrite;
    let Some(clean) = clean else {
        let path = dir.join(file);
        return fs::remove_file(&path).with_context(|| format!("remove {}", path.display()));
    };
    let (_, whole) = CLEAN.iter().find(|(name, _)| name == file).with_context(|| format!("no document is {file}"))?;
    let count = whole.matches(clean).count();
    ensure!(count == 1, "rewrite {file}: its place stands there {count} times instead of once");
    put(dir, file, &dated(&whole.replace(clean, text), now()))
}

fn put(dir: &Path, file: &str, text: &str) -> anyhow::Result<()> {
    let path = dir.join(file);
    let folder = path.parent().expect("every document lies in a folder");
    fs::create_dir_all(folder).with_context(|| format!("create {}", folder.display()))?;
    fs::write(&path, text).with_context(|| format!("write {}", path.display()))
}

fn now() -> OffsetDateTime {
    OffsetDateTime::UNIX_EPOCH + SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// A text with its dates filled in. Braces around anything else stay.
fn dated(text: &str, now: OffsetDateTime) -> String {
    let mut dated = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        dated.push_str(before);
        match after.split_once('}').and_then(|(place, behind)| Some((date(place, now)?, behind))) {
            Some((date, behind)) => {
                dated.push_str(&date);
                rest = behind;
            }
            None => {
                dated.push('{');
                rest = after;
            }
        }
    }
    dated + rest
}

/// A day or a moment so many days or hours from now.
fn date(place: &str, now: OffsetDateTime) -> Option<String> {
    if let Some(days) = place.strip_prefix("day") {
        return Some((now + SignedDuration::days(days.parse().ok()?)).date().to_string());
    }
    let moment = now + SignedDuration::hours(place.strip_prefix("hour")?.parse().ok()?);
    Some(format!("{}T{:02}:{:02}:{:02}Z", moment.date(), moment.hour(), moment.minute(), moment.second()))
}

#[cfg(test)]
mod tests {
    use super::{CLEAN, EVIDENCE, OffsetDateTime, REHEARSAL, Rewrite, dated};
    use crate::fault::{Drawn, Fault};

    fn rewrites() -> impl Iterator<Item = Rewrite> {
        let settings = Fault::of_next_steps().iter().flat_map(|fault| (0..40).map(|seed| fault.settle(seed)));
        settings.map(|setting| match setting.drawn {
            Drawn::Document(rewrite) => rewrite,
            other => panic!("{other:?}"),
        })
    }

    #[test]
    fn every_place_stands_once_in_its_document_and_says_something_else() {
        for rewrite in rewrites() {
            let (_, text) = CLEAN.iter().find(|(name, _)| *name == rewrite.file).expect("a clean document");
            if let Some(clean) = rewrite.clean {
                assert_eq!(text.matches(clean).count(), 1, "{rewrite}");
                assert_ne!(clean, rewrite.text, "{rewrite}");
            }
        }
    }

    #[test]
    fn dates_are_filled_in_and_other_braces_stay() {
        let text = "{day-1} {hour+71} { min: 2 } ${DB} {day} {";
        let dated = dated(text, OffsetDateTime::UNIX_EPOCH);
        assert_eq!(dated, "1969-12-31 1970-01-03T23:00:00Z { min: 2 } ${DB} {day} {");
    }

    #[test]
    fn the_evidence_has_its_digest() {
        use sha2::{Digest as _, Sha256};
        let text = |name: &str| CLEAN.iter().find(|(known, _)| *known == name).expect("a document").1;
        let digest: String = Sha256::digest(text(EVIDENCE)).iter().map(|byte| format!("{byte:02x}")).collect();
        assert!(text(REHEARSAL).contains(&format!("digest = \"sha256:{digest}\"")), "{digest}");
    }
}
