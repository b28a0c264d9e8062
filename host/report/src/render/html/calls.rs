//! What the phases asked of the world: what was denied and what would allow it, what had no answer, counts, the slowest.

use holdpoint_model::{Class, OutcomeKind, RunHeader};
use maud::{Markup, html};

use super::foreign::{Block, Command, Line, more};
use crate::{CallCounts, PhaseReport, Report, text};

const PHASES: usize = 300;
const UNANSWERED: usize = 50;
const SLOW: usize = 200;

pub(super) fn denials(report: &Report) -> Markup {
    html! {
        @for denied in &report.denials {
            article.denied {
                h3 {
                    "Phase " span.id { (denied.phase) } " was denied " (Line(&denied.denial.wanted))
                    @if denied.times > 1 { span.faint { " (" (text::times(denied.times)) ")" } }
                }
                div { (Block(&denied.denial.reason)) }
                pre { (text::block(&denied.denial.remedy).join("\n")) }
            }
        }
        @if report.denials.len() >= Report::KEPT { p.faint { "More denials are not kept." } }
    }
}

pub(super) fn calls(report: &Report, header: &RunHeader) -> Markup {
    let sum = report.calls();
    if sum.total() + sum.under_way == 0 {
        return html! {};
    }
    html! {
        div.wide tabindex="0" role="region" aria-label="Calls by phase" {
            table {
                caption { "Calls by phase, by what they do and by how they ended" }
                thead {
                    tr {
                        th scope="col" { "Phase" }
                        th.number scope="col" { "All" }
                        @for class in Class::ALL { th.number scope="col" { (class.word()) } }
                        @for outcome in OutcomeKind::ALL { th.number scope="col" { (outcome.word()) } }
                        th.number scope="col" { "under way" }
                    }
                }
                tbody {
                    @for phase in report.phases.iter().take(PHASES) { (counts(phase.id.as_str(), &phase.calls)) }
                }
                tfoot { (counts("all phases", &sum)) }
            }
        }
        (more(report.phases.len().saturating_sub(PHASES), "phase"))
        (unanswered(report, header))
        (slowest(report, header))
    }
}

fn counts(name: &str, counts: &CallCounts) -> Markup {
    let number = |number: u64| html! { td.number { @if number > 0 { (text::grouped(number)) } } };
    html! {
        tr {
            th scope="row" { (name) }
            (number(counts.total()))
            @for class in Class::ALL { (number(counts.of_class(class))) }
            @for outcome in OutcomeKind::ALL { (number(counts.of_outcome(outcome))) }
            (number(counts.under_way))
        }
    }
}

fn unanswered(report: &Report, header: &RunHeader) -> Markup {
    let counts = report.calls();
    let total = counts.not_answered() - counts.of_outcome(OutcomeKind::Denied);
    if report.unanswered.is_empty() {
        return html! {};
    }
    html! {
        h3 { "Without an answer" }
        dl {
            @for call in report.unanswered.iter().take(UNANSWERED) {
                dt { (call.outcome.word()) ": " (Line(&call.summary)) }
                dd {
                    @if !call.reason.is_empty() { (Line(&call.reason)) " · " }
                    (Command(&format!("holdpoint show {} {}/{}", header.run, call.phase, call.seq)))
                }
            }
        }
        (more((total as usize).saturating_sub(report.unanswered.len().min(UNANSWERED)), "call"))
    }
}

fn slowest(report: &Report, header: &RunHeader) -> Markup {
    let with_slow = || report.phases.iter().filter(|phase| !phase.slowest.is_empty());
    let each = |phase: &PhaseReport| {
        html! {
            @for call in &phase.slowest {
                tr {
                    th scope="row" { (phase.id) "/" (call.seq) }
                    td.number { (format!("{:.1} ms", call.milliseconds)) }
                    td { (Line(&call.summary)) }
                }
            }
        }
    };
    let phases = SLOW / PhaseReport::SLOWEST;
    html! {
        @if with_slow().next().is_some() {
            details {
                summary { "The slowest calls of each phase" }
                table {
                    caption { "Look at one with " (Command(&format!("holdpoint show {} PHASE/NUMBER", header.run))) }
                    thead {
                        tr {
                            th scope="col" { "Call" }
                            th.number scope="col" { "Time" }
                            th scope="col" { "What" }
                        }
                    }
                    tbody { @for phase in with_slow().take(phases) { (each(phase)) } }
                }
                (more(with_slow().count().saturating_sub(phases), "phase"))
            }
        }
    }
}
