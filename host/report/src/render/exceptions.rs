//! What a reader must not miss on a terminal: rows that somebody answers for, rows that did not pass at first, and who ended the run.

use holdpoint_model::RunHeader;

use super::{rows, tone};
use crate::{
    Report,
    page::{Page, Tone},
    text,
};

/// What stands in the first line: ` · waived P3.1 · retry of 01…`.
pub(super) fn head(header: &RunHeader, report: &Report) -> String {
    let mut head = String::new();
    let waived = rows::ids(report.waived().map(|(row, _)| row));
    if !waived.is_empty() {
        head.push_str(&format!(" · waived {waived}"));
    }
    if report.cancelled.is_some() {
        head.push_str(" · cancelled");
    }
    if let Some(retry) = &header.retry {
        head.push_str(&format!(" · retry of {} from {}", retry.run, retry.from));
    }
    head
}

/// The waived rows: what each came to, who answers for it, why and until when.
pub(super) fn waived(page: &mut Page, report: &Report) {
    for (row, waiver) in report.waived().take(rows::LISTED) {
        page.blank();
        let id = format!("  ! {}  ", row.id);
        page.line(&[(Tone::Doubt, &id), (Tone::Strong, &text::short(&row.title, 200)), (Tone::Doubt, "  waived")]);
        page.block(Tone::Plain, "      by        ", &waiver.by);
        page.block(Tone::Plain, "      reason    ", &waiver.reason);
        page.line(&[(Tone::Faint, "      until     "), (Tone::Plain, &text::moment(waiver.until))]);
        let observed = format!("{}: {}", row.verdict, text::short(&row.observed, 300));
        page.block(tone(row.verdict), "      it is     ", &observed);
    }
    let more = report.waived().count().saturating_sub(rows::LISTED);
    if more > 0 {
        page.line(&[(Tone::Faint, &format!("  … and {} waived", text::counted(more, "more row")))]);
    }
}

/// The rows that pass now and did not before.
pub(super) fn flaky(page: &mut Page, header: &RunHeader, report: &Report) {
    let Some(retry) = &header.retry else { return };
    if report.flaky().next().is_some() {
        page.blank();
    }
    for (row, before) in report.flaky().take(rows::LISTED) {
        let id = format!("  flaky: {} ", row.id);
        let title = text::short(&row.title, 100);
        let was = format!(" (pass, was {before} before run {} was done again)", retry.run);
        page.copyable(&[(Tone::Doubt, &id), (Tone::Plain, &title), (Tone::Faint, &was)]);
    }
    let more = report.flaky().count().saturating_sub(rows::LISTED);
    if more > 0 {
        page.line(&[(Tone::Faint, &format!("  … and {}", text::counted(more, "more flaky row")))]);
    }
}

/// The notifications that nobody got.
pub(super) fn undelivered(page: &mut Page, report: &Report) {
    if report.undelivered().next().is_some() {
        page.blank();
    }
    for (notice, why) in report.undelivered().take(rows::LISTED) {
        let what = format!("  not delivered: {} to {} ", notice.kind.word(), text::short(&notice.to, 100));
        page.line(&[(Tone::Doubt, &what), (Tone::Faint, &format!("({})", text::short(why, 300)))]);
    }
    let more = report.undelivered().count().saturating_sub(rows::LISTED);
    if more > 0 {
        page.line(&[(Tone::Faint, &format!("  … and {}", text::counted(more, "more notification")))]);
    }
}

#[cfg(test)]
mod tests {
    use crate::{Style, fixture, render::terminal};

    #[test]
    fn a_waived_row_stands_in_the_first_line_and_says_who_answers_for_it() {
        let text = terminal(&fixture::waived(), Style::PLAIN, false);
        let first = "netra-staging 1.0.0 · environment staging · run 01JDC5W8Z3N4Q2M7K9T1R6V0XB · waived P3.1";
        assert_eq!(text.lines().next(), Some(first));
        assert!(text.ends_with("\nrelease · waived: P3.1\n"), "{text}");
        let section = text.lines().skip_while(|line| !line.starts_with("  ! ")).take(5).collect::<Vec<_>>().join("\n");
        insta::assert_snapshot!(section, @r#"
        ! P3.1  comprehensive health  waived
            by        alice
            reason    the backend of staging is being moved, OPS-17
            until     2025-12-08 12:00
            it is     fail: 503
        "#);
    }

    #[test]
    fn a_row_that_passed_after_a_retry_is_flaky_and_a_phase_that_was_taken_over_says_where_it_ran() {
        insta::assert_snapshot!(terminal(&fixture::retried(), Style::PLAIN, false), @r#"
        netra-staging 1.0.0 · environment staging · run 01JDC9GZ5T8B3H6W2Q4X7Y1N0K · retry of 01JDC5W8Z3N4Q2M7K9T1R6V0XB from health

          config                pass              1 check       0.3 s   taken over from run 01JDC5W8Z3N4Q2M7K9T1R6V0XB
          health                pass             2 checks       1.2 s   endpoints

          phase `health` was denied http GET https://api.stripe.com/v1/charges
            no grant covers host api.stripe.com
            to allow it, add to [phase.grants] of `health` in bundle.toml:
                http = [{ hosts = ["api.stripe.com"], methods = ["GET"] }]

          1 call without an answer
            in-doubt    http POST backend /warm connection reset; read back: not seen yet
                        holdpoint show 01JDC9GZ5T8B3H6W2Q4X7Y1N0K health/3

          not exercised: KI-1 cold start (no phase of this run judges it)
          off: 1 row

          flaky: P3.1 comprehensive health (pass, was fail before run 01JDC5W8Z3N4Q2M7K9T1R6V0XB was done again)

        release
        "#);
    }
}
