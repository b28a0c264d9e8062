//! The rows of the checklist: those that failed or stayed open with their reasons, all of them, and what nobody tried.

use holdpoint_model::{Level, Row, RunHeader, Verdict};
use maud::{Markup, html};

use super::foreign::{Block, Command, Line, more};
use crate::{
    Report,
    render::rows::{where_to_look, why_not},
    text,
};

/// Most rows of a verdict that are told with their reasons, most rows of the checklist, most reasons.
const TOLD: usize = 100;
const LISTED: usize = 2_000;
const REASONS: usize = 100;
/// Most ids of rows on one line.
const IDS: usize = 100;

/// A verdict as a word with a sign: colour alone says nothing to many.
pub(super) fn badge(verdict: Verdict) -> Markup {
    badge_of(verdict.word())
}

/// As [`badge`], for the word of a phase that had nothing to judge.
pub(super) fn badge_of(word: &str) -> Markup {
    let sign = match word {
        "pass" => "✓",
        "fail" => "✗",
        "inconclusive" => "?",
        "pending" | "waiting" => "…",
        _ => "–",
    };
    html! { span class={ "badge " (word) } { span aria-hidden="true" { (sign) } " " (word) } }
}

/// The rows of a verdict with what should have been seen, what was, who says so and where to look.
pub(super) fn judged(report: &Report, header: &RunHeader, verdict: Verdict) -> Markup {
    let count = report.with(verdict).count();
    html! {
        @for row in report.with(verdict).take(TOLD) { (told(report, header, row)) }
        (more(count.saturating_sub(TOLD), "row"))
    }
}

fn told(report: &Report, header: &RunHeader, row: &Row) -> Markup {
    let more_checks = report.checks_behind(row).count().saturating_sub(1);
    let hint = where_to_look(report, header, row);
    html! {
        article class=(row.verdict.word()) {
            h3 {
                (badge(row.verdict)) " " span.id { (row.id) } " " (Line(&row.title))
                @if row.level == Level::Advisory { span.faint { " (advisory)" } }
            }
            dl {
                @if !row.expected.is_empty() { dt { "expected" } dd { (Block(&row.expected)) } }
                dt { "observed" } dd.observed { (Block(&row.observed)) }
                @if !row.by.is_empty() {
                    dt { "by" }
                    dd {
                        (Line(&row.by))
                        @if more_checks > 0 { " and " (text::counted(more_checks, "more check")) }
                    }
                }
                @if !hint.is_empty() {
                    dt { "see" } dd { (Command(&format!("holdpoint show {hint}"))) }
                }
            }
        }
    }
}

/// Every row that counts, in the order of the checklist.
pub(super) fn checklist(report: &Report) -> Markup {
    let count = report.judged().count();
    if count == 0 {
        return html! {};
    }
    html! {
        div.wide tabindex="0" role="region" aria-label="Checklist" {
            table {
                caption { "Every row of the checklist that is not off" }
                thead {
                    tr {
                        th scope="col" { "Row" }
                        th scope="col" { "Verdict" }
                        th scope="col" { "Requirement" }
                        th scope="col" { "Expected" }
                        th scope="col" { "Observed" }
                    }
                }
                tbody {
                    @for row in report.judged().take(LISTED) {
                        tr {
                            th.id scope="row" { (row.id) }
                            td { (badge(row.verdict)) }
                            td { (Line(&row.title)) @if row.level == Level::Advisory { span.faint { " (advisory)" } } }
                            td { (Line(&row.expected)) }
                            td { (Line(&row.observed)) }
                        }
                    }
                }
            }
        }
        (more(count.saturating_sub(LISTED), "row"))
    }
}

/// The rows that nobody tried, by reason. Those that are off are only counted.
pub(super) fn not_exercised(report: &Report) -> Markup {
    let reasons = why_not(report);
    let off = report.rows.len() - report.judged().count();
    html! {
        @if !reasons.is_empty() {
            dl {
                @for (reason, rows) in reasons.iter().take(REASONS) {
                    dt { (Line(reason)) }
                    dd {
                        @for (place, row) in rows.iter().take(IDS).enumerate() {
                            @if place > 0 { ", " }
                            span.id { (row.id) } " " (Line(&row.title))
                        }
                        @if rows.len() > IDS { " and " (text::counted(rows.len() - IDS, "more row")) }
                    }
                }
            }
        }
        (more(reasons.len().saturating_sub(REASONS), "reason"))
        @if off > 0 { p.faint { "Off: " (text::counted(off, "row")) } }
    }
}
