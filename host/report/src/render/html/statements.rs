//! What the phases stated besides checks: measures, the facts of attachments, log lines.

use holdpoint_model::LogLevel;
use maud::{Markup, html};

use super::foreign::{Line, more};
use crate::{Report, text};

/// Most entries of each table, over all phases.
const MEASURES: usize = 1_000;
const ATTACHMENTS: usize = 500;
const LOG_LINES: usize = 1_000;

pub(super) fn measures(report: &Report) -> Markup {
    let all = || report.phases.iter().flat_map(|phase| phase.measures.iter().map(move |measure| (phase, measure)));
    html! {
        @if all().next().is_some() {
            div.wide tabindex="0" role="region" aria-label="Measures" {
                table {
                    caption { "Numbers that the phases stated" }
                    thead {
                        tr {
                            th scope="col" { "Measure" }
                            th.number scope="col" { "Value" }
                            th scope="col" { "Unit" }
                            th scope="col" { "Phase" }
                        }
                    }
                    tbody {
                        @for (phase, measure) in all().take(MEASURES) {
                            tr {
                                th scope="row" { (Line(&measure.name)) }
                                td.number { (measure.value) }
                                td { (Line(&measure.unit)) }
                                td { (phase.id) }
                            }
                        }
                    }
                }
            }
            (more(all().count().saturating_sub(MEASURES), "measure"))
        }
    }
}

pub(super) fn attachments(report: &Report) -> Markup {
    let all = || report.phases.iter().flat_map(|phase| phase.attachments.iter().map(move |a| (phase, a)));
    html! {
        @if all().next().is_some() {
            div.wide tabindex="0" role="region" aria-label="Attachments" {
                table {
                    caption { "What the phases attached; the contents are in the journal" }
                    thead {
                        tr {
                            th scope="col" { "Attachment" }
                            th scope="col" { "Type" }
                            th.number scope="col" { "Bytes" }
                            th scope="col" { "Phase" }
                            th scope="col" { "Digest" }
                        }
                    }
                    tbody {
                        @for (phase, attachment) in all().take(ATTACHMENTS) {
                            tr {
                                th scope="row" { (Line(&attachment.name)) }
                                td { (Line(&attachment.media_type)) }
                                td.number { (text::grouped(attachment.size as u64)) }
                                td { (phase.id) }
                                td.digest { (attachment.digest) }
                            }
                        }
                    }
                }
            }
            (more(all().count().saturating_sub(ATTACHMENTS), "attachment"))
        }
    }
}

pub(super) fn log(report: &Report) -> Markup {
    let all = || report.phases.iter().flat_map(|phase| phase.log.iter().map(move |line| (phase, line)));
    let left_out: u64 = report.phases.iter().map(|phase| phase.log_left_out).sum();
    let (shown, loud) = (all().count(), all().any(|(_, line)| line.level >= LogLevel::Warn));
    html! {
        @if shown > 0 {
            details open[loud] {
                summary { (text::counted(shown, "line")) }
                div.wide tabindex="0" role="region" aria-label="Log" {
                    table.log {
                        caption { "What the phases said, each in its own order" }
                        thead {
                            tr {
                                th scope="col" { "Time" }
                                th scope="col" { "Phase" }
                                th scope="col" { "Level" }
                                th scope="col" { "Message" }
                            }
                        }
                        tbody {
                            @for (phase, line) in all().take(LOG_LINES) {
                                tr {
                                    td { (line.at.clock()) }
                                    td { (phase.id) }
                                    td { (line.level.word()) }
                                    td { (Line(&line.message)) }
                                }
                            }
                        }
                    }
                }
                (more(shown.saturating_sub(LOG_LINES).saturating_add(left_out as usize), "line"))
            }
        }
    }
}
