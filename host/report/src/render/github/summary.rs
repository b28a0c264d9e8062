//! The summary of a step: the decision, a line a phase, what failed, the checklist, denials.

use std::fmt::Write as _;

use holdpoint_model::{Decision, Level, RunHeader, Verdict};

use crate::{
    Report,
    render::{
        because,
        markdown::{cell, code, prose},
        note, phase_word,
        rows::{where_to_look, why_not},
    },
    text,
};

/// Bounds that keep the whole below a third of the megabyte that a step may have.
const PHASES: usize = 100;
const TOLD: usize = 30;
const LISTED: usize = 300;
const REASONS: usize = 30;
const DENIALS: usize = 10;
const CELL: usize = 120;
const TEXT: usize = 300;

pub(super) fn summary(report: &Report) -> String {
    let Some(header) = &report.header else {
        return "## Holdpoint\n\nThe run has no header: it was not started.\n".into();
    };
    let mut parts: Vec<String> = Vec::new();
    let mut part = |write: &dyn Fn(&mut String) -> std::fmt::Result| {
        let mut out = String::new();
        // Writing to a string can't fail.
        let _ = write(&mut out);
        parts.extend(Some(out.trim_end().to_owned()).filter(|out| !out.is_empty()));
    };
    part(&|out| first(out, report, header));
    part(&|out| phases(out, report));
    part(&|out| told(out, report, header, Verdict::Fail));
    part(&|out| told(out, report, header, Verdict::Inconclusive));
    part(&|out| denials(out, report));
    part(&|out| checklist(out, report));
    part(&|out| not_exercised(out, report));
    parts.join("\n\n") + "\n"
}

fn sign(word: &str) -> &'static str {
    match word {
        "pass" | "release" => "✅",
        "fail" | "hold" => "❌",
        "inconclusive" | "partial" | "rehearsed" | "unfinished" => "⚠️",
        _ => "▫️",
    }
}

fn first(out: &mut String, report: &Report, header: &RunHeader) -> std::fmt::Result {
    let word = report.decision.map_or("unfinished", Decision::word);
    let why = report.decision.map(|decision| because(decision, header, report)).unwrap_or_default();
    let line = format!("## {} {word} {}", sign(word), prose(&why, 1_000));
    writeln!(out, "{}\n", line.trim_end())?;
    write!(out, "{} {} · environment ", code(&header.bundle, CELL), code(&header.bundle_version, CELL))?;
    write!(out, "{} · run `{}`", code(&header.environment, CELL), header.run)?;
    if let Some(scale) = header.scale {
        write!(out, " · rehearsal, waits {scale} times as fast")?;
    }
    if header.dry_run {
        write!(out, " · dry run")?;
    }
    if report.resumed > 0 {
        write!(out, " · resumed {}", text::times(report.resumed.into()))?;
    }
    writeln!(out, "\n")?;
    for note in report.notes.iter().take(10) {
        writeln!(out, "Note: {}\n", code(note, TEXT))?;
    }
    Ok(())
}

fn phases(out: &mut String, report: &Report) -> std::fmt::Result {
    writeln!(out, "| phase | verdict | checks | time | |\n|---|---|--:|--:|---|")?;
    for phase in report.phases.iter().take(PHASES) {
        let (_, word) = phase_word(phase);
        let took = phase.duration().map(text::duration).unwrap_or_default();
        let (_, note) = note(report, phase);
        writeln!(
            out,
            "| {} | {} {word} | {} | {took} | {} |",
            phase.id,
            sign(word),
            phase.checks.len(),
            cell(&note, CELL)
        )?;
    }
    more(out, report.phases.len(), PHASES, "phase")
}

fn told(out: &mut String, report: &Report, header: &RunHeader, verdict: Verdict) -> std::fmt::Result {
    for row in report.with(verdict).take(TOLD) {
        let level = if row.level == Level::Advisory { " (advisory)" } else { "" };
        writeln!(out, "### {} {} {}{level}\n", sign(verdict.word()), row.id, prose(&row.title, CELL))?;
        let hint = where_to_look(report, header, row);
        let show = if hint.is_empty() { hint } else { format!("holdpoint show {hint}") };
        let parts = [("expected", &row.expected), ("observed", &row.observed), ("by", &row.by), ("see", &show)];
        for (label, part) in parts.into_iter().filter(|(_, part)| !part.is_empty()) {
            writeln!(out, "- {label} {}", code(part, TEXT))?;
        }
        writeln!(out)?;
    }
    more(out, report.with(verdict).count(), TOLD, "row")
}

fn denials(out: &mut String, report: &Report) -> std::fmt::Result {
    if report.denials.is_empty() {
        return Ok(());
    }
    writeln!(out, "### Denials\n")?;
    for denied in report.denials.iter().take(DENIALS) {
        writeln!(out, "- phase {} was denied {}", denied.phase, code(&denied.denial.wanted, TEXT))?;
        let lines = [text::block(&denied.denial.reason), text::block(&denied.denial.remedy)].concat();
        for line in lines.iter().filter(|line| !line.is_empty()) {
            writeln!(out, "  - {}", code(line, TEXT))?;
        }
    }
    writeln!(out)?;
    more(out, report.denials.len(), DENIALS, "denial")
}

fn checklist(out: &mut String, report: &Report) -> std::fmt::Result {
    let count = report.judged().count();
    if count == 0 {
        return Ok(());
    }
    writeln!(out, "### Checklist\n\n| row | verdict | requirement | expected | observed |\n|---|---|---|---|---|")?;
    for row in report.judged().take(LISTED) {
        writeln!(
            out,
            "| {} | {} {} | {} | {} | {} |",
            row.id,
            sign(row.verdict.word()),
            row.verdict,
            prose(&row.title, CELL),
            cell(&row.expected, CELL),
            cell(&row.observed, CELL)
        )?;
    }
    more(out, count, LISTED, "row")
}

fn not_exercised(out: &mut String, report: &Report) -> std::fmt::Result {
    let reasons = why_not(report);
    for (reason, rows) in reasons.iter().take(REASONS) {
        let ids: Vec<&str> = rows.iter().take(20).map(|row| row.id.as_str()).collect();
        let rest = if rows.len() > ids.len() { format!(" and {} more", rows.len() - ids.len()) } else { String::new() };
        writeln!(out, "- not exercised: {}{rest}: {}", ids.join(", "), code(reason, TEXT))?;
    }
    let off = report.rows.len() - report.judged().count();
    if off > 0 {
        writeln!(out, "- off: {}", text::counted(off, "row"))?;
    }
    more(out, reasons.len(), REASONS, "reason")
}

/// Ends a list, and says how much of it is left out.
fn more(out: &mut String, all: usize, shown: usize, noun: &str) -> std::fmt::Result {
    if all > shown {
        writeln!(out, "\n… and {}", text::counted(all - shown, &format!("more {noun}")))?;
    }
    Ok(())
}
