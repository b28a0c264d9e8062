//! What of a run a person wants to look at: a phase, an event, or a call.

use std::{fmt, str::FromStr};

use holdpoint_model::{Event, EventKind, PhaseId, Seq};

/// One thing to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// Everything that a phase did, or that a policy found.
    Phase(PhaseId),
    /// The event at a place of the run's global order.
    Position(u64),
    /// A call by its number in its phase, as evidence names it.
    Call(PhaseId, Seq),
}

/// A text that names nothing that could be shown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` names nothing of a run: use a phase or a policy (health), a position (12) or a call (health/3)")]
pub struct ItemError(String);

impl Item {
    /// Whether an event belongs to it.
    pub fn covers(&self, event: &Event) -> bool {
        match self {
            Self::Position(position) => event.position == *position,
            Self::Phase(phase) => guest_of(event) == Some(phase.as_str()),
            Self::Call(phase, seq) => {
                matches!(&event.kind, EventKind::Call(call) if call.phase == *phase && call.seq == *seq)
            }
        }
    }

    /// Whether it is one event, to be shown in full, and not a list.
    pub fn is_single(&self) -> bool {
        !matches!(self, Self::Phase(_))
    }
}

fn guest_of(event: &Event) -> Option<&str> {
    match &event.kind {
        EventKind::PhaseStarted { phase }
        | EventKind::PhaseTakenOver { phase, .. }
        | EventKind::Stated { phase, .. }
        | EventKind::PhaseEnded { phase, .. } => Some(phase.as_str()),
        EventKind::Call(call) => Some(call.phase.as_str()),
        EventKind::Found(found) => Some(found.policy.as_str()),
        EventKind::PhaseScheduled(start) => Some(start.phase.as_str()),
        EventKind::ApprovalAsked(ask) => Some(ask.phase.as_str()),
        EventKind::ApprovalAnswered(answer) => Some(answer.phase.as_str()),
        EventKind::RunStarted(_)
        | EventKind::RunResumed
        | EventKind::RunHandedOver
        | EventKind::RunImported
        | EventKind::Ticked { .. }
        | EventKind::RunCancelled(_)
        | EventKind::RunEnded { .. }
        | EventKind::RowWaived(_)
        | EventKind::NoticeIntended(_)
        | EventKind::NoticeEnded(_)
        | EventKind::WaiverWithdrawn { .. } => None,
    }
}

impl FromStr for Item {
    type Err = ItemError;

    /// A text of digits alone is a position.
    fn from_str(text: &str) -> Result<Self, ItemError> {
        let error = || ItemError(text.chars().take(80).collect());
        if !text.is_empty() && text.chars().all(|c| c.is_ascii_digit()) {
            return text.parse().map(Self::Position).map_err(|_| error());
        }
        match text.split_once('/') {
            None => PhaseId::parse(text).map(Self::Phase).map_err(|_| error()),
            Some((phase, seq)) => {
                let phase = PhaseId::parse(phase).map_err(|_| error())?;
                seq.parse().map(|seq| Self::Call(phase, Seq(seq))).map_err(|_| error())
            }
        }
    }
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Phase(phase) => write!(f, "{phase}"),
            Self::Position(position) => write!(f, "{position}"),
            Self::Call(phase, seq) => write!(f, "{phase}/{seq}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes() {
        for text in ["health", "12", "health/3"] {
            assert_eq!(text.parse::<Item>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_phase_covers_more_than_one_of_its_calls() {
        let covered = |text: &str| {
            let item: Item = text.parse().unwrap();
            crate::fixture::events().iter().filter(|event| item.covers(event)).count()
        };
        assert_eq!((covered("health"), covered("health/1"), covered("8"), covered("99")), (13, 1, 1, 0));
    }

    #[test]
    fn refuses_what_names_nothing() {
        for text in ["", "Health", "health/", "health/x", "/3", "health/3/4", "99999999999999999999999"] {
            assert!(text.parse::<Item>().is_err(), "{text:?} should be refused");
        }
    }
}
