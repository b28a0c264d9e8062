//! The checklist on a terminal: failed and open rows with their reasons, all rows, and what was not tried.

use std::collections::BTreeMap;

use holdpoint_model::{Level, Row, RunHeader, Verdict};

use super::tone;
use crate::{
    Report,
    page::{Page, Tone},
    text,
};

/// Most rows of a verdict that are told with their reasons.
pub(super) const LISTED: usize = 50;
/// Most ids on one line.
const IDS: usize = 20;

/// A failed or inconclusive row: what should have been seen, what was, who says so and where to look.
pub(super) fn judged(page: &mut Page, report: &Report, header: &RunHeader, row: &Row) {
    page.blank();
    let sign = if row.verdict == Verdict::Fail { "✗" } else { "?" };
    let id = format!("  {sign} {}  ", row.id);
    let level = if row.level == Level::Advisory { "  (advisory)" } else { "" };
    page.line(&[(tone(row.verdict), &id), (Tone::Strong, &text::short(&row.title, 200)), (Tone::Faint, level)]);
    if !row.expected.is_empty() {
        page.block(Tone::Plain, "      expected  ", &row.expected);
    }
    page.block(tone(row.verdict), "      observed  ", &row.observed);
    let more = report.checks_behind(row).count().saturating_sub(1);
    if !row.by.is_empty() {
        let more = if more > 0 { format!(" and {}", text::counted(more, "more check")) } else { String::new() };
        page.line(&[
            (Tone::Faint, "      by        "),
            (Tone::Plain, &text::short(&row.by, 300)),
            (Tone::Faint, &more),
        ]);
    }
    let hint = where_to_look(report, header, row);
    if !hint.is_empty() {
        page.copyable(&[(Tone::Faint, "      see       "), (Tone::Plain, &format!("holdpoint show {hint}"))]);
    }
}

/// What `holdpoint show` should be asked for to see why a row has its verdict, as `RUN ITEM`; empty if nothing shows it.
pub(super) fn where_to_look(report: &Report, header: &RunHeader, row: &Row) -> String {
    match report.checks_behind(row).next() {
        Some((phase, check)) => match check.evidence.first() {
            Some(seq) => format!("{} {}/{seq}", phase.executed_in(header), phase.id),
            None => format!("{} {}", header.run, phase.id),
        },
        None => {
            // Who decided is told as `phase`, `policy` or `policy: rule`.
            let who = row.by.split(':').next().unwrap_or_default();
            let phases = report.phases.iter().map(|phase| phase.id.as_str()).filter(|id| *id == row.by);
            let mut known =
                phases.chain(report.policies.iter().map(|policy| policy.id.as_str()).filter(|id| *id == who));
            known.next().map(|id| format!("{} {id}", header.run)).unwrap_or_default()
        }
    }
}

/// The rows that nobody tried, by reason.
pub(super) fn why_not(report: &Report) -> BTreeMap<&str, Vec<&Row>> {
    let mut reasons: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
    report.not_exercised().for_each(|row| reasons.entry(&row.observed).or_default().push(row));
    reasons
}

/// Every row that counts, in the order of the checklist.
pub(super) fn checklist(page: &mut Page, report: &Report) {
    page.blank();
    let id_width = report.judged().map(|row| row.id.as_str().len()).max().unwrap_or(0);
    for row in report.judged() {
        let id = format!("  {:<id_width$}  ", row.id.as_str());
        let waived = if row.waived.is_some() { " · waived" } else { "" };
        let word = format!("{:<15}", row.verdict.word());
        let seen = text::short(&row.observed, 100);
        let seen = match (row.verdict, row.expected.is_empty()) {
            (Verdict::NotExercised, _) => String::new(),
            (_, true) => format!(" · {seen}"),
            (_, false) => format!(" · expected {} · observed {seen}", text::short(&row.expected, 100)),
        };
        let title = text::short(&row.title, 60);
        page.line(&[
            (Tone::Plain, &id),
            (tone(row.verdict), &word),
            (Tone::Plain, &title),
            (Tone::Faint, &seen),
            (Tone::Doubt, waived),
        ]);
    }
}

/// The rows that nobody tried, by reason. Those that are off are only counted.
pub(super) fn not_exercised(page: &mut Page, report: &Report) {
    let reasons = why_not(report);
    let off = report.rows.len() - report.judged().count();
    if reasons.is_empty() && off == 0 {
        return;
    }
    page.blank();
    for (reason, rows) in reasons.iter().take(LISTED) {
        let which = match rows.as_slice() {
            [row] => format!("{} {}", row.id, text::short(&row.title, 100)),
            rows => ids(rows.iter().copied()),
        };
        let reason = format!(" ({})", text::short(reason, 200));
        page.copyable(&[(Tone::Faint, "  not exercised: "), (Tone::Plain, &which), (Tone::Faint, &reason)]);
    }
    let more = reasons.len().saturating_sub(LISTED);
    if more > 0 {
        page.line(&[(Tone::Faint, &format!("  … and rows for {}", text::counted(more, "more reason")))]);
    }
    if off > 0 {
        page.line(&[(Tone::Faint, &format!("  off: {}", text::counted(off, "row")))]);
    }
}

/// The ids of the required rows with one of some verdicts.
pub(super) fn required_ids(report: &Report, verdicts: &[Verdict]) -> String {
    let counts = |row: &&Row| {
        row.level == Level::Required && row.waived.is_none() && !row.rehearsed && verdicts.contains(&row.verdict)
    };
    ids(report.judged().filter(counts))
}

/// Ids on one line, of which there may be many.
pub(super) fn ids<'a>(rows: impl Iterator<Item = &'a Row>) -> String {
    let ids: Vec<&str> = rows.map(|row| row.id.as_str()).collect();
    let more = ids.len().saturating_sub(IDS);
    let shown = ids[..ids.len() - more].join(", ");
    if more > 0 { format!("{shown} and {more} more") } else { shown }
}
