//! One line a phase: what it came to, how long it took, its worst check.

use holdpoint_model::Check;
use maud::{Markup, html};

use super::{
    foreign::{Command, Line, more},
    rows,
};
use crate::{
    PhaseReport, Report,
    render::{approvals::told, note, phase_word},
    text,
};

const PHASES: usize = 300;

pub(super) fn phases(report: &Report) -> Markup {
    html! {
        div.wide tabindex="0" role="region" aria-label="Phases" {
            table {
                caption { "What each phase came to" }
                thead {
                    tr {
                        th scope="col" { "Phase" }
                        th scope="col" { "Verdict" }
                        th.number scope="col" { "Checks" }
                        th.number scope="col" { "Time" }
                        th scope="col" { "Worst check" }
                    }
                }
                tbody { @for phase in report.phases.iter().take(PHASES) { (line(report, phase)) } }
            }
        }
        (more(report.phases.len().saturating_sub(PHASES), "phase"))
    }
}

/// What waits for somebody's word, and what was said to what has waited.
pub(super) fn approvals(report: &Report) -> Markup {
    let count = told(report).count();
    if count == 0 {
        return html! {};
    }
    html! {
        dl {
            @for (approval, command, said) in told(report).take(PHASES) {
                dt.id { (approval.ask.phase) }
                dd {
                    (Line(&said))
                    @if let Some(command) = command { " " (Command(&command)) }
                }
            }
        }
        (more(count.saturating_sub(PHASES), "approval"))
    }
}

/// The notifications that nobody got.
pub(super) fn undelivered(report: &Report) -> Markup {
    if report.undelivered().next().is_none() {
        return html! {};
    }
    html! {
        dl {
            @for (notice, why) in report.undelivered() {
                dt { (notice.kind.word()) " to " (Line(&notice.to)) }
                dd { (Line(why)) }
            }
        }
    }
}

fn line(report: &Report, phase: &PhaseReport) -> Markup {
    let (_, word) = phase_word(phase);
    let (_, note) = note(report, phase);
    html! {
        tr {
            th scope="row" { (phase.id) }
            td { (rows::badge_of(word)) }
            td.number { (text::grouped(phase.checks.len() as u64)) }
            td.number { (phase.duration().map(text::duration).unwrap_or_default()) }
            td {
                @if let Some(check) = worst(phase) { (Line(&check.name)) " · " (Line(&check.observed)) }
                @if !note.is_empty() { div.faint { (Line(&note)) } }
            }
        }
    }
}

/// The first check with the worst verdict of all.
fn worst(phase: &PhaseReport) -> Option<&Check> {
    let verdict = holdpoint_model::Verdict::fold(phase.checks.iter().map(|check| check.verdict))?;
    phase.checks.iter().find(|check| check.verdict == verdict)
}
