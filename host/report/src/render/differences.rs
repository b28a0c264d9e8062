//! What changed between a run and its replay, for people: the decision first, then the rows, then what lies beneath them.

use super::{decision_tone, tone};
use crate::{
    Difference, Style, Subject,
    page::{Page, Tone},
    text,
};
use holdpoint_model::{Decision, RunId, Verdict};

/// Most differences of one run that are told.
const LISTED: usize = 50;

/// Renders the differences of one run; a line that says so if there are none.
pub fn differences(run: &RunId, found: &[Difference], style: Style) -> String {
    let mut page = Page::new(style);
    let run = format!("  {run}  ");
    if found.is_empty() {
        page.line(&[(Tone::Plain, &run), (Tone::Faint, "unchanged")]);
        return page.finish();
    }
    let indent = " ".repeat(run.len());
    for (number, difference) in found.iter().take(LISTED).enumerate() {
        let margin = if number == 0 { &run } else { &indent };
        let Difference { subject, before, after, detail } = difference;
        let name = match subject {
            Subject::Decision => String::new(),
            other => format!("{}  ", text::short(&other.to_string(), 200)),
        };
        let (before, after) = (format!("{} → ", text::short(before, 100)), text::short(after, 100));
        page.copyable(&[
            (Tone::Plain, margin),
            (Tone::Strong, &name),
            (Tone::Faint, &before),
            (tone_of(subject, &after), &after),
            (Tone::Plain, &format!("  {}", text::short(detail, 300))),
        ]);
    }
    let more = found.len().saturating_sub(LISTED);
    if more > 0 {
        page.line(&[
            (Tone::Plain, &indent),
            (Tone::Faint, &format!("… and {}", text::counted(more, "more difference"))),
        ]);
    }
    page.finish()
}

fn tone_of(subject: &Subject, after: &str) -> Tone {
    match subject {
        Subject::Decision => Decision::parse(after).map_or(Tone::Doubt, decision_tone),
        Subject::Row(_) | Subject::Check(..) | Subject::Finding(..) => Verdict::parse(after).map_or(Tone::Doubt, tone),
        Subject::Policy(_) | Subject::Measure(..) | Subject::Bundle(_) => Tone::Plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{body_differences, fixture};

    #[test]
    fn a_changed_decision_stands_first() {
        let found = body_differences(&fixture::recovered(), &fixture::report());
        insta::assert_snapshot!(differences(&fixture::header().run, &found, Style::PLAIN), @r#"
        01JDC5W8Z3N4Q2M7K9T1R6V0XB  release → hold
                                    P3.1  pass → fail  503 (was 200 in 12.5 ms; expected 200, was 200 within 2000 ms)
                                    check health: GET backend /health is healthy  pass → fail  503 (was 200)
        "#);
    }

    #[test]
    fn an_equal_replay_is_unchanged() {
        let text = differences(&fixture::header().run, &[], Style::PLAIN);
        assert_eq!(text, "  01JDC5W8Z3N4Q2M7K9T1R6V0XB  unchanged\n");
    }
}
