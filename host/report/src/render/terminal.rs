//! The report as a person reads it on a terminal: a line a phase, what failed and why, what was not tried, the decision last.

use holdpoint_model::{Decision, OutcomeKind, PhaseEnd, RunHeader, Verdict};

use super::{approvals, decision_tone, exceptions, live, phase_word, policies, rows};
use crate::{
    PhaseReport, Report, Style, UnansweredCall,
    page::{Page, Tone},
    text,
};

/// Most phases that are listed, most denials, and most calls without an answer.
const PHASES: usize = 500;
const DENIALS: usize = 10;
const UNANSWERED: usize = 10;

/// Renders a report. `full` adds every row of the checklist with what was expected and observed.
pub fn terminal(report: &Report, style: Style, full: bool) -> String {
    let mut page = Page::new(style);
    let Some(header) = &report.header else {
        page.line(&[(Tone::Plain, "the run has no header: it was not started")]);
        return page.finish();
    };
    head(&mut page, header, report);
    phases(&mut page, report);
    policies::policies(&mut page, report);
    for verdict in [Verdict::Fail, Verdict::Inconclusive] {
        report.with(verdict).take(rows::LISTED).for_each(|row| rows::judged(&mut page, report, header, row));
    }
    approvals::approvals(&mut page, report);
    exceptions::waived(&mut page, report);
    denials(&mut page, header, report);
    unanswered(&mut page, header, report);
    if full {
        rows::checklist(&mut page, report);
    }
    rows::not_exercised(&mut page, report);
    exceptions::flaky(&mut page, header, report);
    exceptions::undelivered(&mut page, report);
    notes(&mut page, report);
    page.blank();
    last(&mut page, header, report);
    page.finish()
}

fn head(page: &mut Page, header: &RunHeader, report: &Report) {
    let of = format!("{} {}", header.bundle, header.bundle_version);
    let mut rest = format!(" · environment {} · run {}", header.environment, header.run);
    if let Some(scale) = header.scale {
        rest.push_str(&format!(" · rehearsal, waits {scale} times as fast"));
    }
    if header.dry_run {
        rest.push_str(" · dry run");
    }
    if report.resumed > 0 {
        rest.push_str(&format!(" · resumed {}", text::times(report.resumed.into())));
    }
    let exceptions = exceptions::head(header, report);
    page.copyable(&[(Tone::Strong, &of), (Tone::Plain, &rest), (Tone::Doubt, &exceptions)]);
    page.blank();
}

fn phases(page: &mut Page, report: &Report) {
    let name_width = report.phases.iter().map(|phase| phase.id.as_str().len()).max().unwrap_or(0).clamp(20, 40);
    for phase in report.phases.iter().take(PHASES) {
        let (tone, word) = phase_word(phase);
        let name = format!("  {:<name_width$}  ", phase.id.as_str());
        let word = format!("{word:<13}");
        let checks = format!("{:>12}", text::counted(phase.checks.len(), "check"));
        let took = format!("{:>12}   ", phase.duration().map(text::duration).unwrap_or_default());
        let (note_tone, note) = note(report, phase);
        let note = text::short(&note, 200);
        page.line(&[
            (Tone::Plain, &name),
            (tone, &word),
            (Tone::Plain, &checks),
            (Tone::Plain, &took),
            (note_tone, &note),
        ]);
    }
    let more = report.phases.len().saturating_sub(PHASES);
    if more > 0 {
        page.line(&[(Tone::Faint, &format!("  … and {}", text::counted(more, "more phase")))]);
    }
}

/// What else there is to say of a phase: how it ended if not well, the rows that it failed, or what it last said.
pub(super) fn note(report: &Report, phase: &PhaseReport) -> (Tone, String) {
    let failed: Vec<&str> = report
        .failed()
        .filter(|row| report.checks_behind(row).any(|(behind, _)| behind.id == phase.id))
        .map(|row| row.id.as_str())
        .collect();
    match &phase.end {
        _ if !failed.is_empty() => (Tone::Bad, format!("✗ {}", failed.join(" "))),
        _ if let Some(origin) = &phase.taken_over => (Tone::Faint, format!("taken over from run {}", origin.run)),
        None if let Some(approval) = report.waits(phase) => {
            (Tone::Doubt, approvals::waits(&approval.ask, approval.asked))
        }
        None if let (Some(start), None) = (&phase.scheduled, phase.started) => (Tone::Faint, live::scheduled(start)),
        Some(PhaseEnd::Skipped(reason)) => (Tone::Faint, reason.clone()),
        Some(PhaseEnd::Completed) | None => (Tone::Faint, phase.progress.clone().unwrap_or_default()),
        Some(end) => (Tone::Doubt, format!("{}: {}", end.word(), end.reason())),
    }
}

fn denials(page: &mut Page, header: &RunHeader, report: &Report) {
    // A dry run is made to see what is denied.
    let listed = if header.dry_run { Report::KEPT } else { DENIALS };
    for denied in report.denials.iter().take(listed) {
        page.blank();
        let often = if denied.times > 1 { format!(" ({})", text::times(denied.times)) } else { String::new() };
        let who = format!("  phase `{}` was denied ", denied.phase);
        let wanted = text::short(&denied.denial.wanted, 300);
        page.copyable(&[(Tone::Doubt, &who), (Tone::Strong, &wanted), (Tone::Faint, &often)]);
        page.block(Tone::Plain, "    ", &denied.denial.reason);
        page.block(Tone::Plain, "    ", &denied.denial.remedy);
    }
    let more = report.denials.len().saturating_sub(listed);
    if more > 0 {
        let more = format!("  … and {}: ", text::counted(more, "more denial"));
        page.copyable(&[(Tone::Faint, &more), (Tone::Plain, &format!("holdpoint show {}", header.run))]);
    }
}

fn unanswered(page: &mut Page, header: &RunHeader, report: &Report) {
    let counts = report.calls();
    let total = counts.not_answered() - counts.of_outcome(OutcomeKind::Denied);
    if total + counts.under_way == 0 {
        return;
    }
    page.blank();
    if total > 0 {
        page.line(&[(Tone::Plain, &format!("  {} without an answer", text::counted(total as usize, "call")))]);
    }
    let mut told = 0;
    for (call, times) in alike(&report.unanswered).into_iter().take(UNANSWERED) {
        told += times;
        let outcome = format!("    {:<12}", call.outcome.word());
        let times = if times > 1 { format!("{} times, first: ", text::grouped(times)) } else { String::new() };
        let summary = format!("{times}{} ", text::short(&call.summary, 120));
        let reason = format!("{} ", text::short(&call.reason, 300));
        let hint = format!("holdpoint show {} {}/{}", header.run, call.phase, call.seq);
        page.line(&[(Tone::Doubt, &outcome), (Tone::Plain, &summary), (Tone::Faint, &reason)]);
        page.copyable(&[(Tone::Faint, "                "), (Tone::Faint, &hint)]);
    }
    let more = total.saturating_sub(told);
    if more > 0 {
        page.line(&[(Tone::Faint, &format!("    … and {} more", text::grouped(more)))]);
    }
    if counts.under_way > 0 {
        let state = if report.decision.is_none() { "under way" } else { "whose end is not known" };
        let open = format!("  {} {state}", text::counted(counts.under_way as usize, "call"));
        page.line(&[(Tone::Doubt, &open)]);
    }
}

/// Calls of one phase that ask the same and come to the same, as the first of them, and how many they are.
fn alike(calls: &[UnansweredCall]) -> Vec<(&UnansweredCall, u64)> {
    let mut groups: Vec<(&UnansweredCall, u64)> = Vec::new();
    for call in calls {
        let same = |known: &UnansweredCall| {
            (&known.phase, known.outcome, &known.summary) == (&call.phase, call.outcome, &call.summary)
        };
        match groups.iter_mut().find(|(known, _)| same(known)) {
            Some((_, times)) => *times += 1,
            None => groups.push((call, 1)),
        }
    }
    groups
}

fn notes(page: &mut Page, report: &Report) {
    if !report.notes.is_empty() {
        page.blank();
    }
    for note in &report.notes {
        page.block(Tone::Doubt, "  note: ", note);
    }
}

fn last(page: &mut Page, header: &RunHeader, report: &Report) {
    let Some(decision) = report.decision else {
        let hint = format!(" · to go on: holdpoint resume {}", header.run);
        return page.copyable(&[(Tone::Doubt, "unfinished"), (Tone::Plain, &hint)]);
    };
    page.copyable(&[(decision_tone(decision), decision.word()), (Tone::Plain, &because(decision, header, report))]);
}

/// Why the decision is what it is.
pub(super) fn because(decision: Decision, header: &RunHeader, report: &Report) -> String {
    let ids = |verdicts: &[Verdict]| rows::required_ids(report, verdicts);
    match decision {
        Decision::Release => {
            let waived = match rows::ids(report.waived().map(|(row, _)| row)) {
                waived if waived.is_empty() => waived,
                waived => format!(" · waived: {waived}"),
            };
            waived + &what_comes_next(header, report)
        }
        Decision::Hold => {
            let failed = match ids(&[Verdict::Fail]) {
                failed if failed.is_empty() => failed,
                failed => format!(" · failed: {failed}"),
            };
            let refused = report.refused_rollback().map(|approval| format!(" · {}", approval.refusal()));
            failed + &refused.unwrap_or_default()
        }
        Decision::Inconclusive if let Some(cancellation) = &report.cancelled => format!(" · {cancellation}"),
        Decision::Inconclusive if let Some((policy, why)) = report.blind().next() => {
            format!(" · policy `{}` was ended: {why}", policy.id)
        }
        Decision::Inconclusive => {
            if let Some(approval) = report.unapproved().next() {
                return format!(" · phase `{}`: {}", approval.ask.phase, approval.refusal());
            }
            let partial = header.only.is_some() || header.dry_run;
            let open = [Verdict::Inconclusive, Verdict::Pending, Verdict::NotExercised];
            let open = ids(if partial { &open[..2] } else { &open });
            if open.is_empty() { " · no required row passed".into() } else { format!(" · no verdict: {open}") }
        }
        Decision::RolledBack => match ids(&[Verdict::Fail]) {
            failed if failed.is_empty() => " · what served before serves again".into(),
            failed => format!(" · what served before serves again; failed: {failed}"),
        },
        Decision::RollbackFailed => {
            let open = [Verdict::Fail, Verdict::Inconclusive, Verdict::Pending];
            format!(" · see what serves, and act by hand; failed or open: {}", ids(&open))
        }
        Decision::Rehearsed => " · nothing failed while waits passed faster than they do; never a release".into(),
        Decision::Partial => match &header.only {
            Some(only) => {
                let only: Vec<&str> = only.iter().map(|phase| phase.as_str()).collect();
                format!(" · only {}; never a release", only.join(", "))
            }
            None => " · a dry run; never a release".into(),
        },
    }
}

/// What has been decided where more is to come, and how it goes on.
fn what_comes_next(header: &RunHeader, report: &Report) -> String {
    let decided = report.over.checked_sub(1).and_then(|place| report.stages.get(place));
    match decided.zip(report.next_stage()) {
        Some((stage, next)) => format!(" · stage {stage}; stage {next} comes with: holdpoint resume {}", header.run),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn a_held_run_says_what_failed_and_where_to_look() {
        insta::assert_snapshot!(terminal(&fixture::report(), Style::PLAIN, false), @r#"
        netra-staging 1.0.0 · environment staging · run 01JDC5W8Z3N4Q2M7K9T1R6V0XB

          config                pass              1 check       0.3 s
          health                fail             2 checks       1.2 s   ✗ P3.1

          ✗ P3.1  comprehensive health
              expected  200
              observed  503
              by        health: GET backend /health is healthy
              see       holdpoint show 01JDC5W8Z3N4Q2M7K9T1R6V0XB health/1

          phase `health` was denied http GET https://api.stripe.com/v1/charges
            no grant covers host api.stripe.com
            to allow it, add to [phase.grants] of `health` in bundle.toml:
                http = [{ hosts = ["api.stripe.com"], methods = ["GET"] }]

          1 call without an answer
            in-doubt    http POST backend /warm connection reset; read back: not seen yet
                        holdpoint show 01JDC5W8Z3N4Q2M7K9T1R6V0XB health/3

          not exercised: KI-1 cold start (no phase of this run judges it)
          off: 1 row

        hold · failed: P3.1
        "#);
    }

    #[test]
    fn calls_that_are_alike_are_one_line() {
        let mut report = fixture::report();
        let one = report.unanswered[0].clone();
        let other = UnansweredCall { summary: "http POST backend /other".into(), ..one.clone() };
        report.unanswered.extend([one.clone(), other, one]);
        let text = terminal(&report, Style::PLAIN, false);
        assert!(text.contains("in-doubt    3 times, first: http POST backend /warm "), "{text}");
        assert!(text.contains("in-doubt    http POST backend /other "), "{text}");
    }

    #[test]
    fn the_full_report_shows_every_row() {
        insta::assert_snapshot!(terminal(&fixture::recovered(), Style::PLAIN, true), @r#"
        netra-staging 1.0.0 · environment staging · run 01JDC5W8Z3N4Q2M7K9T1R6V0XB

          config                pass              1 check       0.3 s
          health                pass             2 checks       1.2 s   endpoints

          phase `health` was denied http GET https://api.stripe.com/v1/charges
            no grant covers host api.stripe.com
            to allow it, add to [phase.grants] of `health` in bundle.toml:
                http = [{ hosts = ["api.stripe.com"], methods = ["GET"] }]

          1 call without an answer
            in-doubt    http POST backend /warm connection reset; read back: not seen yet
                        holdpoint show 01JDC5W8Z3N4Q2M7K9T1R6V0XB health/3

          P1.3    pass           no localhost URLs in staging configuration · expected none · observed none in 12 values
          P3.1    pass           comprehensive health · expected 200 within 2000 ms · observed 200 in 12.5 ms
          CRIT-2  pass           health 200 within 2 s · expected 200 within 2000 ms · observed 200 in 12.5 ms
          KI-1    not-exercised  cold start

          not exercised: KI-1 cold start (no phase of this run judges it)
          off: 1 row

        release
        "#);
    }

    #[test]
    fn an_unfinished_run_says_so() {
        insta::assert_snapshot!(terminal(&fixture::unfinished(10), Style::PLAIN, false), @r#"
        netra-staging 1.0.0 · environment staging · run 01JDC5W8Z3N4Q2M7K9T1R6V0XB

          config                pass              1 check       0.3 s
          health                pending          0 checks

          phase `health` was denied http GET https://api.stripe.com/v1/charges
            no grant covers host api.stripe.com
            to allow it, add to [phase.grants] of `health` in bundle.toml:
                http = [{ hosts = ["api.stripe.com"], methods = ["GET"] }]

          1 call under way

          not exercised: KI-1 cold start (no phase of this run judges it)
          off: 1 row

        unfinished · to go on: holdpoint resume 01JDC5W8Z3N4Q2M7K9T1R6V0XB
        "#);
    }

    #[test]
    fn a_narrow_terminal_cuts_tables_but_no_commands() {
        let text = terminal(&fixture::report(), Style { colour: false, width: 40 }, false);
        assert!(text.contains("holdpoint show 01JDC5W8Z3N4Q2M7K9T1R6V0XB health/1\n"), "{text}");
        assert!(text.lines().any(|line| line.ends_with('…')), "{text}");
    }

    #[test]
    fn colour_changes_nothing_but_colour() {
        let plain = terminal(&fixture::report(), Style::PLAIN, true);
        let coloured = terminal(&fixture::report(), Style { colour: true, ..Style::PLAIN }, true);
        assert_ne!(plain, coloured);
        let mut stripped = String::new();
        let mut in_code = false;
        for c in coloured.chars() {
            match c {
                '\u{1b}' => in_code = true,
                'm' if in_code => in_code = false,
                _ if in_code => {}
                c => stripped.push(c),
            }
        }
        let trimmed = |text: &str| text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
        assert_eq!(trimmed(&stripped), trimmed(&plain));
    }
}
