//! Policies: where each stands, what its rules say, and when that changed.

use holdpoint_model::{Timestamp, policy::Finding};
use maud::{Markup, html};

use super::{
    foreign::{Block, Line, more},
    rows,
};
use crate::{
    PolicyReport, Report,
    render::policies::{change, word},
    text,
};

/// Most findings and turns of a policy.
const FINDINGS: usize = 100;
const TURNS: usize = 50;

pub(super) fn policies(report: &Report) -> Markup {
    html! {
        @for policy in &report.policies { (told(policy)) }
    }
}

fn told(policy: &PolicyReport) -> Markup {
    let standing = &policy.standing;
    html! {
        article {
            h3 { (rows::badge_of(word(policy).1)) " " span.id { (policy.id) } }
            p.faint {
                (text::counted(standing.ticks as usize, "tick")) " judged"
                @if let Some(at) = policy.judged { ", the last at " (at) }
            }
            @if let Some(why) = &standing.ended { div.note { strong { "Ended: " } (Block(why)) } }
            @if !standing.findings.is_empty() { (findings(policy)) }
            @if policy.turns.iter().any(|turn| turn.before.is_some()) { (turns(policy)) }
        }
    }
}

fn findings(policy: &PolicyReport) -> Markup {
    let all = &policy.standing.findings;
    html! {
        div.wide tabindex="0" role="region" aria-label={ "Findings of " (policy.id) } {
            table {
                caption { "What its rules say at the last tick" }
                thead {
                    tr {
                        th scope="col" { "Rule" }
                        th scope="col" { "Verdict" }
                        th scope="col" { "Rows" }
                        th scope="col" { "Expected" }
                        th scope="col" { "Observed" }
                    }
                }
                tbody { @for finding in all.iter().take(FINDINGS) { (line(finding)) } }
            }
        }
        (more(all.len().saturating_sub(FINDINGS), "finding"))
    }
}

fn line(finding: &Finding) -> Markup {
    let rows: Vec<&str> = finding.requirements.iter().map(|id| id.as_str()).collect();
    html! {
        tr {
            th scope="row" {
                (Line(&finding.name))
                @if let Some(severity) = finding.severity { div.faint { (severity) } }
                @if let Some(action) = &finding.action { div.faint { "action " (Line(action)) } }
            }
            td {
                (rows::badge(finding.verdict))
                @if finding.firing { " firing" }
                @if let Some(since) = finding.since { div.faint { "since " (Timestamp(since)) } }
            }
            td.id { (Line(&rows.join(" "))) }
            td { (Line(&finding.expected)) }
            td { (Line(&finding.observed)) }
        }
    }
}

fn turns(policy: &PolicyReport) -> Markup {
    let changed = || policy.turns.iter().filter(|turn| turn.before.is_some());
    let left_out = changed().count().saturating_sub(TURNS) + policy.turns_left_out as usize;
    html! {
        dl {
            @for turn in changed().take(TURNS) {
                dt { (turn.at) }
                dd { (Line(&turn.name)) ": " (change(turn)) " " span.faint { (Line(&turn.observed)) } }
            }
        }
        (more(left_out, "change"))
    }
}
