//! What is said while a run goes on: lines where there is no terminal, and the text beside a progress bar where there is one.

mod lines;

use holdpoint_model::{
    Event, EventKind, LogLevel, OutcomeKind, RequirementId, ScheduledStart, Statement, Verdict, Waiver,
    policy::{Found, Judgement},
};

pub use lines::Lines;

use super::{approvals, calls::progress};
use crate::text;

/// Most characters of a line, and of the text beside a progress bar, of which a terminal shows as much as it is wide.
const LINE: usize = 300;
const MESSAGE: usize = 160;

/// The line for an event that a person should hear of at once, whatever was said before; no line break at its end.
fn line(event: &Event) -> Option<String> {
    let said = match &event.kind {
        EventKind::RunStarted(header) => format!(
            "run {} of {} {} · environment {}",
            header.run, header.bundle, header.bundle_version, header.environment
        ),
        EventKind::RunResumed => "resumed".into(),
        EventKind::RunHandedOver => "handed over".into(),
        EventKind::RunImported => "imported".into(),
        EventKind::PhaseStarted { phase } => format!("{phase}: started"),
        EventKind::PhaseTakenOver { phase, origin } => format!("{phase}: taken over from run {}", origin.run),
        EventKind::PhaseEnded { phase, end } if end.reason().is_empty() => format!("{phase}: {}", end.word()),
        EventKind::PhaseEnded { phase, end } => format!("{phase}: {}: {}", end.word(), end.reason()),
        EventKind::Ticked { .. } => return None,
        EventKind::Found(found) => firing(found)?,
        EventKind::RunCancelled(cancellation) => cancellation.to_string(),
        EventKind::RunEnded { decision, next: None } => decision.to_string(),
        EventKind::RunEnded { decision, next: Some(next) } => format!("{decision}; stage {next} is to come"),
        EventKind::PhaseScheduled(start) => format!("{}: {}", start.phase, scheduled(start)),
        EventKind::ApprovalAsked(ask) => format!("{}: {}", ask.phase, approvals::asked(ask, event.at)),
        EventKind::ApprovalAnswered(answer) => format!("{}: {answer}", answer.phase),
        EventKind::NoticeIntended(_) => return None,
        EventKind::NoticeEnded(end) => {
            let why = end.failed.as_ref()?;
            format!("notification {} was not delivered: {why}", end.key)
        }
        EventKind::RowWaived(waiver) => waived(waiver),
        EventKind::WaiverWithdrawn { row, by, reason } => withdrawn(row, by, reason),
        EventKind::Call(call) => {
            let outcome =
                call.outcome.filter(|outcome| matches!(outcome, OutcomeKind::Denied | OutcomeKind::InDoubt))?;
            format!("{}: call {} {outcome}: {}", call.phase, call.seq, call.summary)
        }
        EventKind::Stated { phase, statement, .. } => match statement {
            Statement::Check(check) if matches!(check.verdict, Verdict::Fail | Verdict::Inconclusive) => {
                let ids: Vec<&str> = check.requirements.iter().map(|id| id.as_str()).collect();
                let name = text::short(&check.name, 120);
                format!("{phase}: {} {} {name}: {}", check.verdict, ids.join(" "), check.observed)
            }
            Statement::Log { level, message } if *level >= LogLevel::Warn => format!("{phase}: {level}: {message}"),
            _ => return None,
        },
    };
    Some(text::short(&format!("{} {said}", event.at.clock()), LINE))
}

/// What a phase waits for until its time has come.
pub(super) fn scheduled(start: &ScheduledStart) -> String {
    format!("waits until {}", text::moment(start.at))
}

/// What fires or has failed, or why the policy judges no more.
fn firing(Found { policy, judgement, .. }: &Found) -> Option<String> {
    let findings = match judgement {
        Judgement::Ended(why) => return Some(format!("{policy}: ended: {why}")),
        Judgement::Findings { findings, .. } => findings,
    };
    let bad = || findings.iter().filter(|finding| finding.firing || finding.verdict == Verdict::Fail);
    let first = bad().next()?;
    let ids: Vec<&str> = first.requirements.iter().map(|id| id.as_str()).collect();
    let word = if first.firing { "firing" } else { "fail" };
    let more = bad().count() - 1;
    let more = if more > 0 { format!(" · and {more} more") } else { String::new() };
    let name = text::short(&first.name, 120);
    Some(format!("{policy}: {word} {} {name}: {}{more}", ids.join(" "), text::short(&first.observed, 120)))
}

pub(super) fn waived(Waiver { row, by, reason, until }: &Waiver) -> String {
    format!("{row} waived by {by} until {}: {reason}", text::moment(*until))
}

pub(super) fn withdrawn(row: &RequirementId, by: &str, reason: &str) -> String {
    format!("waiver of {row} withdrawn by {by}: {reason}")
}

/// The text beside the progress bar of the event's phase: what the phase does now.
pub fn message(event: &Event) -> Option<String> {
    let said = match &event.kind {
        EventKind::Call(call) => call.summary.clone(),
        EventKind::Stated { statement: Statement::Progress { done, total, message }, .. } => {
            progress(*done, *total, message)
        }
        EventKind::Stated { statement: Statement::Check(check), .. } => format!("{} {}", check.verdict, check.name),
        EventKind::PhaseStarted { .. } => "started".into(),
        EventKind::PhaseScheduled(start) => scheduled(start),
        EventKind::ApprovalAsked(ask) => format!("waits: {}", ask.command()),
        EventKind::PhaseEnded { end, .. } => end.word().into(),
        _ => return None,
    };
    Some(text::short(&said, MESSAGE))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn says_what_a_person_should_hear_at_once() {
        let lines: Vec<String> = fixture::events().iter().filter_map(line).collect();
        insta::assert_snapshot!(lines.join("\n"), @r#"
        12:00:00 run 01JDC5W8Z3N4Q2M7K9T1R6V0XB of netra-staging 1.0.0 · environment staging
        12:00:00 config: started
        12:00:00 config: completed
        12:00:00 health: started
        12:00:00 health: call 2 denied: http GET https://api.stripe.com/v1/charges
        12:00:01 health: call 3 in-doubt: http POST backend /warm
        12:00:01 health: fail P3.1 GET backend /health is healthy: 503
        12:00:01 health: warn: one dependency is down
        12:00:01 health: completed
        12:00:01 hold
        "#);
    }

    #[test]
    fn a_progress_bar_says_what_the_phase_does_now() {
        let messages: Vec<String> = fixture::events().iter().filter_map(message).collect();
        insta::assert_snapshot!(messages.join("\n"), @r#"
        started
        files read config/app.yaml
        pass no localhost URLs in config/app.yaml
        completed
        started
        http GET auth /health
        http GET backend /health
        http GET https://api.stripe.com/v1/charges
        http POST backend /warm
        http POST backend /warm
        pass GET auth /health is healthy
        fail GET backend /health is healthy
        2/2 endpoints
        completed
        "#);
    }
}
