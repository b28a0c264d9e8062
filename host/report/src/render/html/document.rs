//! The document: its head, its first line, and the order of its sections.

use holdpoint_model::{Decision, RunHeader, Timestamp, Verdict};
use maud::{DOCTYPE, Markup, PreEscaped, html as markup};

use super::{
    calls, facts,
    foreign::{Block, Command, Line},
    phases, policies, rows, statements,
};
use crate::{Report, render::because, text};

const STYLE: &str = include_str!("style.css");

/// Nothing is loaded and nothing is executed.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// Renders a report as one HTML file. Its length has a bound that no run exceeds: lists end in `… and N more`, texts in `…`.
pub fn html(report: &Report) -> String {
    let title = match &report.header {
        Some(header) => format!("{} {}: {}", text::short(&header.bundle, 80), header.run, word(report)),
        None => "a run that was not started".into(),
    };
    let page = markup! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="referrer" content="no-referrer";
                meta name="color-scheme" content="light dark";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                @match &report.header {
                    Some(header) => { (body(report, header)) }
                    None => { main { h1 { "The run has no header: it was not started" } } }
                }
            }
        }
    };
    page.into_string() + "\n"
}

fn word(report: &Report) -> &'static str {
    report.decision.map_or("unfinished", Decision::word)
}

fn body(report: &Report, header: &RunHeader) -> Markup {
    let sections = [
        ("phases", "Phases", phases::phases(report)),
        ("approvals", "Approvals", phases::approvals(report)),
        ("policies", "Policies", policies::policies(report)),
        ("failed", "Failed", rows::judged(report, header, Verdict::Fail)),
        ("inconclusive", "Inconclusive", rows::judged(report, header, Verdict::Inconclusive)),
        ("checklist", "Checklist", rows::checklist(report)),
        ("not-exercised", "Not exercised", rows::not_exercised(report)),
        ("denials", "Denials", calls::denials(report)),
        ("calls", "Calls", calls::calls(report, header)),
        ("measures", "Measures", statements::measures(report)),
        ("attachments", "Attachments", statements::attachments(report)),
        ("log", "Log", statements::log(report)),
        ("undelivered", "Not delivered", phases::undelivered(report)),
        ("facts", "Facts of the run", facts::facts(report, header)),
    ];
    let sections = sections.into_iter().filter(|(_, _, content)| !content.0.is_empty()).collect::<Vec<_>>();
    markup! {
        header class={ "decision " (word(report)) } {
            (first_line(report, header))
        }
        nav aria-label="Sections" {
            ul { @for (id, title, _) in &sections { li { a href={ "#" (id) } { (title) } } } }
        }
        main {
            @for (id, title, content) in &sections {
                section id=(id) aria-labelledby={ (id) "-title" } {
                    h2 id={ (id) "-title" } { (title) }
                    (content)
                }
            }
        }
        footer {
            p { "Rendered from the run's journal alone. The same run without a network: " (Command(&format!("holdpoint replay {}", header.run))) }
        }
    }
}

/// The decision and why, what was validated, and how the rows stand.
fn first_line(report: &Report, header: &RunHeader) -> Markup {
    let why = match report.decision {
        Some(decision) => because(decision, header, report),
        None => format!(" · to go on: holdpoint resume {}", header.run),
    };
    markup! {
        h1 {
            span.word { (word(report)) }
            " "
            span.why { (text::short(&why, 1_000)) }
        }
        p {
            strong { (Line(&header.bundle)) " " (Line(&header.bundle_version)) }
            " · environment " (Line(&header.environment))
            " · run " span.id { (header.run) }
            @if let Some(scale) = header.scale { " · rehearsal, waits " (scale) " times as fast" }
            @if header.dry_run { " · dry run" }
            @if report.resumed > 0 { " · resumed " (text::times(report.resumed.into())) }
        }
        p {
            @if let Some(started) = report.started {
                (moment(started))
                @if let Some(ended) = report.ended {
                    " to " (moment(ended)) " · " (text::duration(ended.since(started)))
                }
            }
        }
        ul.counts {
            @for verdict in Verdict::ALL {
                @let count = report.with(verdict).count();
                @if count > 0 { li { (rows::badge(verdict)) " " (text::grouped(count as u64)) } }
            }
            @let off = report.rows.len() - report.judged().count();
            @if off > 0 { li { span.badge.off { "off" } " " (text::grouped(off as u64)) } }
        }
        @for note in report.notes.iter().take(Report::KEPT) {
            div.note { strong { "Note: " } (Block(note)) }
        }
    }
}

fn moment(at: Timestamp) -> Markup {
    markup! { time datetime=(at) { (at) } }
}
