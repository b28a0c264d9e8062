//! A draft of lessons learned, in Markdown, for people to fill in: what failed, had no verdict, was waived or passed at last, with headings
//! for what people know.
//!
//! It follows from the report alone, so that the same run has the same draft. Texts of others stand in code spans, or have every sign of Markdown
//! escaped. What is to be written begins with `TBD`, which the phase `next-steps` finds wherever it was left.

use std::fmt::Write as _;

use holdpoint_model::{Decision, Row, RunHeader, Verdict};

use super::{
    because,
    markdown::{code, prose},
    rows::where_to_look,
};
use crate::{Report, text};

/// Most rows of a section.
const TOLD: usize = 20;
const TITLE: usize = 120;
const TEXT: usize = 300;

/// What people have to add to a row.
const TO_WRITE: &str = "#### Cause\n\nTBD: what made it so, and why did nobody see it before?\n\n\
                        #### Time line\n\nTBD: when did it begin, who saw it when, and when was it over?\n\n";

/// A row, and what the report knows of it, a line each.
type Told<'r> = (&'r Row, Vec<String>);

/// Renders the draft.
pub fn lessons(report: &Report) -> String {
    let Some(header) = &report.header else {
        return "# Lessons learned\n\nThe run has no header: it was not started.\n".into();
    };
    let mut out = String::new();
    // Writing to a string can't fail.
    let _ = head(&mut out, report, header);
    let _ = section(&mut out, "What failed", judged(report, header, Verdict::Fail));
    let _ = section(&mut out, "What had no verdict", judged(report, header, Verdict::Inconclusive));
    let _ = section(&mut out, "What was waived", waived(report));
    let _ = section(&mut out, "What passed at last", flaky(report, header));
    out.push_str("## What we change\n\nTBD: who does what, until when?\n");
    out
}

/// The day and the run as facts that a program reads, and the decision.
fn head(out: &mut String, report: &Report, header: &RunHeader) -> std::fmt::Result {
    let day = report.ended.or(report.started).map(|at| at.to_string());
    let day = day.as_deref().and_then(|at| at.split_once('T')).map_or("\"TBD\"", |(day, _)| day);
    writeln!(out, "+++\ndate = {day}\nrelease = \"TBD\"\nrun = \"{}\"\n+++\n", header.run)?;
    let (bundle, version) = (prose(&header.bundle, TITLE), prose(&header.bundle_version, TITLE));
    writeln!(out, "# Lessons learned from {bundle} {version}\n")?;
    write!(out, "Run `{}`", header.run)?;
    if let Some(started) = report.started {
        write!(out, ", begun {}", text::moment(started))?;
    }
    let word = report.decision.map_or("unfinished", Decision::word);
    let why = report.decision.map(|decision| because(decision, header, report)).unwrap_or_default();
    let decided = format!("{word} {}", prose(&why, 1_000));
    writeln!(out, " in environment {}: {}\n", code(&header.environment, TITLE), decided.trim_end())
}

fn section<'r>(out: &mut String, title: &str, rows: impl Iterator<Item = Told<'r>>) -> std::fmt::Result {
    writeln!(out, "## {title}\n")?;
    let mut count = 0;
    for (row, lines) in rows {
        count += 1;
        if count > TOLD {
            continue;
        }
        writeln!(out, "### {} {}\n", row.id, prose(&row.title, TITLE))?;
        for line in lines {
            writeln!(out, "- {line}")?;
        }
        write!(out, "\n{TO_WRITE}")?;
    }
    match count {
        0 => writeln!(out, "Nothing.\n"),
        count if count > TOLD => writeln!(out, "… and {}\n", text::counted(count - TOLD, "more row")),
        _ => Ok(()),
    }
}

fn judged<'r>(report: &'r Report, header: &'r RunHeader, verdict: Verdict) -> impl Iterator<Item = Told<'r>> {
    report.with(verdict).map(move |row| {
        let hint = where_to_look(report, header, row);
        let show = if hint.is_empty() { hint } else { format!("holdpoint show {hint}") };
        let parts = [("expected", &row.expected), ("observed", &row.observed), ("by", &row.by), ("see", &show)];
        let lines = parts.into_iter().filter(|(_, part)| !part.is_empty());
        (row, lines.map(|(label, part)| format!("{label} {}", code(part, TEXT))).collect::<Vec<_>>())
    })
}

fn waived(report: &Report) -> impl Iterator<Item = Told<'_>> {
    report.waived().map(|(row, waiver)| {
        let (by, until) = (code(&waiver.by, TITLE), text::moment(waiver.until));
        let is = code(&format!("{}: {}", row.verdict, row.observed), TEXT);
        let lines = [
            format!("it is {is}"),
            format!("waived by {by} until {until}"),
            format!("reason {}", code(&waiver.reason, TEXT)),
        ];
        (row, lines.to_vec())
    })
}

fn flaky<'r>(report: &'r Report, header: &'r RunHeader) -> impl Iterator<Item = Told<'r>> {
    report.flaky().map(move |(row, before)| {
        let run = header.retry.as_ref().map(|retry| format!(" before run `{}` was done again", retry.run));
        (row, vec![format!("it passed, and was {before}{}", run.unwrap_or_default())])
    })
}

#[cfg(test)]
mod tests {
    use pulldown_cmark::{Event, Options, Parser, Tag};

    use super::lessons;
    use crate::{fixture, hostile, text};

    #[test]
    fn a_held_run_has_its_failed_row_and_what_is_to_be_written() {
        insta::assert_snapshot!(lessons(&fixture::report()), @r#"
        +++
        date = 2025-12-01
        release = "TBD"
        run = "01JDC5W8Z3N4Q2M7K9T1R6V0XB"
        +++

        # Lessons learned from netra-staging 1.0.0

        Run `01JDC5W8Z3N4Q2M7K9T1R6V0XB`, begun 2025-12-01 12:00 in environment `staging`: hold · failed: P3.1

        ## What failed

        ### P3.1 comprehensive health

        - expected `200`
        - observed `503`
        - by `health: GET backend /health is healthy`
        - see `holdpoint show 01JDC5W8Z3N4Q2M7K9T1R6V0XB health/1`

        #### Cause

        TBD: what made it so, and why did nobody see it before?

        #### Time line

        TBD: when did it begin, who saw it when, and when was it over?

        ## What had no verdict

        Nothing.

        ## What was waived

        Nothing.

        ## What passed at last

        Nothing.

        ## What we change

        TBD: who does what, until when?
        "#);
    }

    #[test]
    fn a_waived_row_says_who_answers_for_it_and_a_flaky_one_what_it_was() {
        let draft = lessons(&fixture::waived());
        let lines = "- it is `fail: 503`\n- waived by `alice` until 2025-12-08 12:00\n- reason `the backend of staging is being moved, OPS-17`\n";
        assert!(draft.contains(lines) && draft.contains("## What failed\n\nNothing.\n"), "{draft}");
        let draft = lessons(&fixture::retried());
        let line = "- it passed, and was fail before run `01JDC5W8Z3N4Q2M7K9T1R6V0XB` was done again\n";
        assert!(draft.contains(line), "{draft}");
    }

    #[test]
    fn what_guests_say_is_no_markup() {
        for report in [hostile::report(40), hostile::huge()] {
            let draft = lessons(&report);
            let options =
                Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_MATH | Options::ENABLE_GFM;
            for event in Parser::new_ext(&draft, options) {
                match &event {
                    Event::Start(Tag::Heading { .. } | Tag::Paragraph | Tag::List(_) | Tag::Item)
                    | Event::End(_)
                    | Event::Code(_)
                    | Event::SoftBreak => {}
                    // GitHub makes links and mentions of bare text; only code is safe from that.
                    Event::Text(said) => {
                        for bait in ["@everyone", "me@evil", "https://evil", "www.evil"] {
                            assert!(!said.contains(bait), "{said}");
                        }
                    }
                    other => panic!("{other:?}"),
                }
            }
            assert_eq!(draft.chars().find(|c| *c != '\n' && text::is_hidden(*c)), None);
        }
    }

    #[test]
    fn a_draft_is_bounded() {
        let draft = lessons(&hostile::huge());
        assert_eq!(draft.matches("\n… and 730 more rows\n").count(), 2, "{draft}");
        assert!(draft.len() < 256 << 10, "{} bytes", draft.len());
    }

    #[test]
    fn a_run_that_never_started_has_no_lessons() {
        let report = crate::Report::build(&fixture::checklist(), &[], []);
        assert!(lessons(&report).contains("it was not started"));
    }
}
