//! From rows to the decision.

use std::fmt;

use crate::{Level, Row, Verdict};

/// What the run comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Decision {
    /// Every required row passed.
    Release,
    /// A required row failed.
    Hold,
    /// No required row failed, and one has no verdict.
    Inconclusive,
    /// Nothing failed in the part of the bundle that was asked for. Never a release.
    Partial,
    /// Nothing failed while waits passed faster than they do. Never a release.
    Rehearsed,
    /// What was deployed has been taken back, and what serves now is well as far as was asked.
    RolledBack,
    /// What was deployed was to be taken back, and that did not succeed or could not be seen.
    RollbackFailed,
}

impl Decision {
    /// Every decision, for parsers.
    pub const ALL: [Self; 7] = [
        Self::Release,
        Self::Hold,
        Self::Inconclusive,
        Self::Partial,
        Self::Rehearsed,
        Self::RolledBack,
        Self::RollbackFailed,
    ];

    /// The word that people and machines read.
    pub fn word(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Hold => "hold",
            Self::Inconclusive => "inconclusive",
            Self::Partial => "partial",
            Self::Rehearsed => "rehearsed",
            Self::RolledBack => "rolled-back",
            Self::RollbackFailed => "rollback-failed",
        }
    }

    /// The decision of a word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|d| d.word() == word)
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// Facts of the run that bound its decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RunFacts {
    /// Only some phases were asked for.
    pub only: bool,
    /// Effects were refused, so what they would have shown was not seen.
    pub dry_run: bool,
    /// Waits passed faster than they do.
    pub rehearsed: bool,
    /// Somebody ended it before it came to its own end.
    pub cancelled: bool,
    /// A policy was ended before the run was: what it would have found, nobody knows.
    pub blind: bool,
    /// A phase waited for an approval that nobody gave, and no open row says so.
    pub unapproved: bool,
    /// A rollback was called for, and nobody approved it.
    pub refused_rollback: bool,
    /// Whether a rollback was begun, and succeeded in everything that was asked of it.
    pub rollback: Option<bool>,
}

/// Decides. A failed required row holds, whatever else is known. In a partial run a row that no phase judged is left out of
/// account; a row that a phase tried and could not judge is not. A waived row counts as passed, but a release needs a row that
/// really did, and a rehearsal one that passed in it. A run that was cancelled, that lost a policy, or that lacks an approval is never a release; one
/// whose rollback nobody approved holds. A run that has begun to roll back comes to how that went, whatever failed
/// before.
pub fn decide<'r>(rows: impl IntoIterator<Item = &'r Row>, facts: RunFacts) -> Decision {
    match facts.rollback {
        Some(true) => return Decision::RolledBack,
        Some(false) => return Decision::RollbackFailed,
        None => {}
    }
    let rows: Vec<&Row> = rows.into_iter().collect();
    let required = || rows.iter().copied().filter(|row| row.level == Level::Required);
    let partial = facts.only || facts.dry_run;
    let open = |row: &Row| match row.verdict {
        _ if row.waived.is_some() => false,
        Verdict::Pass => false,
        Verdict::NotExercised => !partial && !row.rehearsed,
        _ => true,
    };
    let failed = required().any(|row| row.verdict == Verdict::Fail && row.waived.is_none());
    if failed || facts.refused_rollback {
        Decision::Hold
    } else if facts.cancelled
        || facts.blind
        || facts.unapproved
        || required().any(open)
        || !required().any(|row| row.verdict == Verdict::Pass || row.rehearsed)
    {
        // The last part: no required row, or none that passed, is no ground for a release.
        Decision::Inconclusive
    } else if facts.rehearsed {
        Decision::Rehearsed
    } else if partial {
        Decision::Partial
    } else {
        Decision::Release
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{RequirementId, Timestamp, Waiver};

    fn row(level: Level, verdict: Verdict) -> Row {
        Row {
            id: RequirementId::parse("X").unwrap(),
            title: String::new(),
            level,
            verdict,
            expected: String::new(),
            observed: String::new(),
            by: String::new(),
            waived: None,
            rehearsed: false,
        }
    }

    /// As a rehearsal leaves it.
    fn rehearsed(verdict: Verdict) -> Row {
        let mut rows = [row(Level::Required, verdict)];
        crate::rehearse(&mut rows, crate::Scale::new(60).unwrap());
        rows.into_iter().next().unwrap()
    }

    fn waived(verdict: Verdict) -> Row {
        let row = row(Level::Required, verdict);
        let waiver = Waiver { row: row.id.clone(), by: "a".into(), reason: "r".into(), until: Timestamp(1.0) };
        Row { waived: Some(waiver), ..row }
    }

    #[test]
    fn decides() {
        use Decision::*;
        use Level::*;
        use Verdict as V;
        let whole = RunFacts::default();
        let only = RunFacts { only: true, ..whole };
        let cancelled = RunFacts { cancelled: true, ..whole };
        let fast = RunFacts { rehearsed: true, ..whole };
        for (rows, facts, expected) in [
            (vec![], whole, Inconclusive),
            (vec![row(Advisory, V::Pass)], whole, Inconclusive),
            (vec![row(Required, V::Pass)], whole, Release),
            (vec![row(Required, V::Pass), row(Advisory, V::Fail)], whole, Release),
            (vec![row(Required, V::Pass), row(Required, V::NotExercised)], whole, Inconclusive),
            (vec![row(Required, V::Pass), row(Required, V::Inconclusive)], whole, Inconclusive),
            (vec![row(Required, V::Fail), row(Required, V::Inconclusive)], whole, Hold),
            (vec![row(Required, V::Pass)], only, Partial),
            (vec![row(Required, V::Pass), row(Required, V::NotExercised)], only, Partial),
            (vec![row(Required, V::Pass), row(Required, V::Inconclusive)], only, Inconclusive),
            (vec![row(Required, V::NotExercised)], only, Inconclusive),
            (vec![row(Required, V::Fail)], only, Hold),
            (vec![row(Required, V::Pass)], RunFacts { dry_run: true, ..whole }, Partial),
            (vec![row(Required, V::Pass), waived(V::Fail)], whole, Release),
            (vec![row(Required, V::Pass), waived(V::Inconclusive), waived(V::NotExercised)], whole, Release),
            (vec![row(Required, V::Pass), waived(V::Fail), row(Required, V::Fail)], whole, Hold),
            (vec![waived(V::Fail)], whole, Inconclusive),
            (vec![row(Advisory, V::Pass), waived(V::Fail)], whole, Inconclusive),
            (vec![row(Required, V::Pass), waived(V::Fail)], only, Partial),
            (vec![row(Required, V::Pass)], cancelled, Inconclusive),
            (vec![row(Required, V::Pass)], RunFacts { blind: true, ..whole }, Inconclusive),
            (vec![row(Required, V::Fail)], RunFacts { blind: true, ..whole }, Hold),
            (vec![row(Required, V::Pass)], RunFacts { unapproved: true, ..whole }, Inconclusive),
            (vec![row(Required, V::Fail)], RunFacts { unapproved: true, ..whole }, Hold),
            (vec![row(Required, V::Pass)], RunFacts { refused_rollback: true, ..whole }, Hold),
            (vec![row(Required, V::Inconclusive)], RunFacts { refused_rollback: true, ..cancelled }, Hold),
            (vec![row(Required, V::Pass), row(Required, V::Fail)], cancelled, Hold),
            (vec![row(Required, V::Pass)], RunFacts { only: true, ..cancelled }, Inconclusive),
            (vec![rehearsed(V::Pass)], fast, Rehearsed),
            (vec![rehearsed(V::Pass), row(Required, V::NotExercised)], fast, Inconclusive),
            (vec![rehearsed(V::Pass), row(Required, V::NotExercised)], RunFacts { only: true, ..fast }, Rehearsed),
            (vec![rehearsed(V::Pass), rehearsed(V::Inconclusive)], fast, Inconclusive),
            (vec![rehearsed(V::Pass), rehearsed(V::Fail)], fast, Hold),
            (vec![rehearsed(V::NotExercised)], RunFacts { only: true, ..fast }, Inconclusive),
            (vec![rehearsed(V::Pass)], RunFacts { cancelled: true, ..fast }, Inconclusive),
            (vec![rehearsed(V::Pass)], RunFacts { rollback: Some(true), ..fast }, RolledBack),
            (vec![row(Required, V::Fail)], RunFacts { rollback: Some(true), ..whole }, RolledBack),
            (vec![row(Required, V::Pass)], RunFacts { rollback: Some(false), ..cancelled }, RollbackFailed),
            (vec![row(Required, V::Pass)], RunFacts { rollback: Some(true), ..only }, RolledBack),
        ] {
            assert_eq!(decide(&rows, facts), expected, "{rows:?}");
        }
    }
}
