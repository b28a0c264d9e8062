//! Approvals: a phase that waits until a person lets it start, within what the operator allows.
//!
//! Silence never approves: where nobody answers in time the phase is not started, and that is no good news.

use std::{fmt, time::Duration};

use crate::{
    PhaseId, RunId, Timestamp,
    grant::{GrantError, Missing, format_duration},
};

/// What a phase wants before it starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovalTerms {
    /// How long after the beginning of the run an approval counts first.
    pub not_before: Duration,
    /// How long it can be given, from when it is asked for and counts.
    pub within: Duration,
    /// Who should give it, in words for people; may be empty.
    pub by: String,
}

/// A phase waits for an approval.
#[derive(Debug, Clone, PartialEq)]
pub struct ApprovalAsk {
    pub run: RunId,
    pub phase: PhaseId,
    /// An approval that is given earlier is refused.
    pub from: Timestamp,
    /// From this moment on it is too late.
    pub until: Timestamp,
    /// Who should give it, in words; may be empty.
    pub who: String,
    /// What has called for a rollback, if that is what waits; else empty.
    pub cause: String,
}

/// What somebody said to an ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovalAnswer {
    pub phase: PhaseId,
    /// Otherwise it was denied.
    pub approved: bool,
    pub by: String,
    pub reason: String,
}

/// An ask with the answer that it has, if it has one.
#[derive(Debug, Clone, PartialEq)]
pub struct Approval {
    /// When it was asked for.
    pub asked: Timestamp,
    pub ask: ApprovalAsk,
    pub answer: Option<(Timestamp, ApprovalAnswer)>,
}

/// Phases that may be approved: one by its id, or all whose ids begin so, as in `deploy-*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhasePattern(String);

/// What the operator lets people approve or deny at most. The default lets nobody answer anything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ApprovalCeiling {
    pub phases: Vec<PhasePattern>,
    pub by: Vec<String>,
}

impl ApprovalTerms {
    /// How long it can be given if nothing else is said.
    pub const WITHIN: Duration = Duration::from_secs(24 * 3_600);
    /// The same for a rollback: what is to be taken back serves all the while.
    pub const ROLLBACK_WITHIN: Duration = Duration::from_secs(30 * 60);
    /// Longest wait until it counts, and longest time in which it can be given.
    pub const LONGEST: Duration = Duration::from_secs(30 * 86_400);

    /// The ask that follows when a phase could start now, in a run that began then.
    pub fn ask(&self, run: &RunId, phase: &PhaseId, begun: Timestamp, now: Timestamp, cause: String) -> ApprovalAsk {
        let after = |at: Timestamp, time: Duration| Timestamp(at.0 + time.as_secs_f64() * 1_000.0);
        let from = after(begun, self.not_before);
        let from = if from.since(now) > 0.0 { from } else { now };
        let (run, phase) = (run.clone(), phase.clone());
        ApprovalAsk { run, phase, from, until: after(from, self.within), who: self.by.clone(), cause }
    }
}

/// `an approval by WHO, not before 48h, within 24h`
impl fmt::Display for ApprovalTerms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an approval")?;
        if !self.by.is_empty() {
            write!(f, " by {}", self.by)?;
        }
        if !self.not_before.is_zero() {
            write!(f, ", not before {} of the run", format_duration(self.not_before))?;
        }
        write!(f, ", within {}", format_duration(self.within))
    }
}

impl ApprovalAsk {
    /// The line that approves it, for a shell.
    pub fn command(&self) -> String {
        format!("holdpoint approve {} {} --by NAME --reason TEXT", self.run, self.phase)
    }
}

impl Approval {
    /// Whether somebody approved it.
    pub fn is_given(&self) -> bool {
        self.answer.as_ref().is_some_and(|(_, answer)| answer.approved)
    }

    /// Whether it waits for an answer at this moment, which may be too early for an approval.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.answer.is_none() && self.ask.until.since(now) > 0.0
    }

    /// Why its phase does not start, where it was denied or nobody answered in time.
    pub fn refusal(&self) -> String {
        let (until, cause) = (self.ask.until, &self.ask.cause);
        match (&self.answer, cause.is_empty()) {
            (None, true) => format!("nobody approved it until {until}"),
            (Some((_, answer)), true) => answer.to_string(),
            (None, false) => format!("a rollback was called for by {cause}, and nobody approved it until {until}"),
            (Some((_, answer)), false) => {
                format!("a rollback was called for by {cause}, and nobody approved it: {answer}")
            }
        }
    }
}

/// `approved by NAME: reason`, or `denied by NAME: reason`
impl fmt::Display for ApprovalAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = if self.approved { "approved" } else { "denied" };
        write!(f, "{word} by {}: {}", self.by, self.reason)
    }
}

impl PhasePattern {
    /// Reads an id, or the beginning of ids up to a `-`, with a star behind it.
    pub fn parse(text: &str) -> Result<Self, GrantError> {
        let bare = match text.strip_suffix('*') {
            None => text,
            Some(beginning) if beginning.len() > 1 && beginning.ends_with('-') => beginning,
            Some(_) => return Err(Self::refused(text)),
        };
        PhaseId::parse(bare).map(|_| Self(text.to_owned())).map_err(|_| Self::refused(text))
    }

    fn refused(text: &str) -> GrantError {
        GrantError::new(text, "a pattern of phases", "write an id, or its beginning as in deploy-*")
    }

    /// Whether it is about a phase.
    pub fn covers(&self, phase: &PhaseId) -> bool {
        match self.0.strip_suffix('*') {
            Some(beginning) => phase.as_str().starts_with(beginning) && phase.as_str().len() > beginning.len(),
            None => self.0 == phase.as_str(),
        }
    }
}

impl fmt::Display for PhasePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl ApprovalCeiling {
    /// Whether somebody may answer for a phase.
    pub fn allows_somebody(&self, phase: &PhaseId) -> bool {
        !self.by.is_empty() && self.phases.iter().any(|pattern| pattern.covers(phase))
    }

    /// What keeps an answer from being allowed, with the lines that would allow it. To deny is bounded as to approve: what a denial
    /// keeps from happening may be a rollback.
    pub fn missing(&self, answer: &ApprovalAnswer) -> Vec<Missing> {
        let line = |what: String, line: String| Missing { what, table: "approvals", line };
        let mut missing = Vec::new();
        if !self.phases.iter().any(|pattern| pattern.covers(&answer.phase)) {
            let phase = &answer.phase;
            missing.push(line(format!("let people answer for phase `{phase}`"), format!("phases = [\"{phase}\"]")));
        }
        if !self.by.contains(&answer.by) {
            missing.push(line(format!("let {} answer for phases", answer.by), format!("by = [{:?}]", answer.by)));
        }
        missing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phase(text: &str) -> PhaseId {
        PhaseId::parse(text).unwrap()
    }

    fn answer(name: &str, by: &str, approved: bool) -> ApprovalAnswer {
        ApprovalAnswer { phase: phase(name), approved, by: by.into(), reason: "seen".into() }
    }

    fn asked(cause: &str) -> Approval {
        let terms = ApprovalTerms { not_before: Duration::ZERO, within: Duration::from_secs(10), by: String::new() };
        let run = RunId::parse("R1").unwrap();
        let ask = terms.ask(&run, &phase("deploy"), Timestamp(0.0), Timestamp(5_000.0), cause.into());
        Approval { asked: Timestamp(5_000.0), ask, answer: None }
    }

    #[test]
    fn the_time_to_answer_begins_when_an_answer_counts() {
        let hour = 3_600_000.0;
        let terms = ApprovalTerms {
            not_before: Duration::from_secs(48 * 3_600),
            within: Duration::from_secs(24 * 3_600),
            by: String::new(),
        };
        let ask = |now: f64| {
            let run = RunId::parse("R1").unwrap();
            let ask = terms.ask(&run, &phase("a"), Timestamp(0.0), Timestamp(now * hour), String::new());
            (ask.from.0 / hour, ask.until.0 / hour)
        };
        assert_eq!(ask(1.0), (48.0, 72.0), "asked early, it counts at the time that was set");
        assert_eq!(ask(50.0), (50.0, 74.0), "asked late, it counts at once");
    }

    #[test]
    fn silence_and_a_denial_are_refusals_and_an_approval_is_none() {
        let (mut approval, now) = (asked(""), |at: f64| Timestamp(at * 1_000.0));
        assert!(approval.is_open(now(14.9)) && !approval.is_open(now(15.0)) && !approval.is_given());
        assert_eq!(approval.refusal(), "nobody approved it until 1970-01-01T00:00:15.000Z");
        approval.answer = Some((now(6.0), answer("deploy", "bob", false)));
        assert!(!approval.is_open(now(7.0)) && !approval.is_given());
        assert_eq!(approval.refusal(), "denied by bob: seen");
        approval.answer = Some((now(6.0), answer("deploy", "bob", true)));
        assert!(approval.is_given());
    }

    #[test]
    fn a_rollback_that_was_refused_says_what_called_for_it() {
        let mut approval = asked("row P3.1, which failed");
        let said = "a rollback was called for by row P3.1, which failed, and nobody approved it";
        assert_eq!(approval.refusal(), format!("{said} until 1970-01-01T00:00:15.000Z"));
        approval.answer = Some((Timestamp(6_000.0), answer("rollback", "bob", false)));
        assert_eq!(approval.refusal(), format!("{said}: denied by bob: seen"));
    }

    #[test]
    fn a_pattern_covers_what_it_says_and_no_more() {
        for (pattern, name, covered) in [
            ("deploy", "deploy", true),
            ("deploy", "deploy-all", false),
            ("deploy-*", "deploy-all", true),
            ("deploy-*", "deploy", false),
            ("deploy-*", "deploy-", false),
        ] {
            assert_eq!(PhasePattern::parse(pattern).unwrap().covers(&phase(name)), covered, "{pattern} {name}");
        }
        for bad in ["", "*", "-*", "deploy*", "Deploy", "a-*-b", "a-**"] {
            assert!(PhasePattern::parse(bad).is_err(), "{bad:?} should be refused");
        }
    }

    #[test]
    fn an_absent_ceiling_lets_nobody_answer_and_a_ceiling_lets_exactly_its_people_and_phases() {
        for approved in [true, false] {
            let missing = ApprovalCeiling::default().missing(&answer("deploy", "alice", approved));
            let lines: Vec<&str> = missing.iter().map(|missing| missing.line.as_str()).collect();
            assert_eq!(lines, ["phases = [\"deploy\"]", "by = [\"alice\"]"]);
        }
        let phases = vec![PhasePattern::parse("deploy-*").unwrap()];
        let ceiling = ApprovalCeiling { phases, by: vec!["alice".into()] };
        assert_eq!(ceiling.missing(&answer("deploy-all", "alice", true)), []);
        for other in [answer("deploy", "alice", true), answer("deploy-all", "bob", true)] {
            assert_eq!(ceiling.missing(&other).len(), 1, "{other:?}");
        }
    }
}
