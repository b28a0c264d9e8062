//! `::error title=…::…` and `::warning title=…::…`.
//!
//! <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands>

use holdpoint_model::{Level, Row, Verdict};

use crate::{Report, render::rows::where_to_look, text};

/// What a step shows of each kind; more are dropped by the runner.
const SHOWN: usize = 10;
/// Most characters of a title.
const TITLE: usize = 120;

/// An annotation that was not yet made a line.
struct Annotation {
    title: String,
    message: String,
}

/// A required row that failed is an error. What else a person should know is a warning: rows without a verdict, advisory rows that failed,
/// denials, and what is odd about the run.
pub(super) fn annotations(report: &Report) -> String {
    let required = |row: &&Row| row.level == Level::Required;
    let errors = report.failed().filter(required).map(|row| of_row(report, row));
    let rows = report
        .failed()
        .filter(|row| row.level != Level::Required)
        .chain(report.with(Verdict::Inconclusive))
        .chain(report.with(Verdict::Pending))
        .chain(report.not_exercised().filter(required))
        .map(|row| of_row(report, row));
    let denials = report.denials.iter().map(|denied| Annotation {
        title: format!("phase {} was denied {}", denied.phase, denied.denial.wanted),
        message: format!("{}\n{}", denied.denial.reason, denied.denial.remedy),
    });
    let notes = report.notes.iter().map(|note| Annotation { title: "note".into(), message: note.clone() });
    lines("error", errors) + &lines("warning", rows.chain(denials).chain(notes))
}

fn of_row(report: &Report, row: &Row) -> Annotation {
    let mut message = vec![format!("{}: {}", row.verdict, row.observed)];
    if !row.expected.is_empty() {
        message.push(format!("expected: {}", row.expected));
    }
    if !row.by.is_empty() {
        message.push(format!("by: {}", text::short(&row.by, 300)));
    }
    let hint = report.header.as_ref().map(|header| where_to_look(report, header, row));
    if let Some(hint) = hint.filter(|hint| !hint.is_empty()) {
        message.push(format!("see: holdpoint show {hint}"));
    }
    Annotation { title: format!("{} {}", row.id, row.title), message: message.join("\n") }
}

/// At most as many lines as are shown; if there are more, the last one counts the rest.
fn lines(kind: &str, annotations: impl Iterator<Item = Annotation>) -> String {
    let mut all = annotations.peekable();
    let mut out = String::new();
    for place in 1..=SHOWN {
        let Some(Annotation { title, message }) = all.next() else { break };
        if place == SHOWN && all.peek().is_some() {
            let more = text::counted(1 + all.count(), &format!("more {kind}"));
            out.push_str(&format!("::{kind} title=and {more}::the report has them all\n"));
            break;
        }
        let title = property(&text::short(&title, TITLE));
        let message = data(&text::block(&message).join("\n"));
        out.push_str(&format!("::{kind} title={title}::{message}\n"));
    }
    out
}

/// A text as the data of a command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A text as a property of a command.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_as_the_runner_reads() {
        assert_eq!(data("100 % of a:b,c\r\nd"), "100 %25 of a:b,c%0D%0Ad");
        assert_eq!(property("100 % of a:b,c\n::error::"), "100 %25 of a%3Ab%2Cc%0A%3A%3Aerror%3A%3A");
    }

    #[test]
    fn what_is_not_shown_is_counted() {
        let of = |count: usize| {
            lines("error", (0..count).map(|n| Annotation { title: n.to_string(), message: String::new() }))
        };
        assert_eq!(of(0), "");
        assert_eq!(of(10).lines().last(), Some("::error title=9::"));
        assert_eq!(of(11).lines().count(), 10);
        assert_eq!(of(11).lines().last(), Some("::error title=and 2 more errors::the report has them all"));
    }
}
