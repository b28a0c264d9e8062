//! What phases wait for, and what people said to it.

use holdpoint_model::{Approval, ApprovalAsk, Timestamp};

use crate::{
    Report,
    page::{Page, Tone},
    text,
};

/// Most approvals that are listed.
const LISTED: usize = 20;

/// What a phase waits for since a moment, with the line that ends the wait.
pub(super) fn asked(ask: &ApprovalAsk, since: Timestamp) -> String {
    let (command, rest) = (ask.command(), rest(ask, since));
    format!("waits for approval: {command}; {rest}")
}

/// The same without that line.
pub(super) fn waits(ask: &ApprovalAsk, since: Timestamp) -> String {
    format!("waits for approval, {}", rest(ask, since))
}

fn rest(ask: &ApprovalAsk, since: Timestamp) -> String {
    let ApprovalAsk { from, until, who, cause, .. } = ask;
    let by = if who.is_empty() { String::new() } else { format!(" by {who}") };
    let cause = if cause.is_empty() { String::new() } else { format!(" (a rollback was called for by {cause})") };
    let from = if from.since(since) > 0.0 { format!("not before {from}, ") } else { String::new() };
    format!("{from}until {until}{by}{cause}")
}

/// What waits now: with the line that ends the wait. And what people said to what has waited.
pub(super) fn told(report: &Report) -> impl Iterator<Item = (&Approval, Option<String>, String)> {
    report.approvals.iter().filter_map(|approval| {
        let Approval { asked, ask, answer } = approval;
        match answer {
            Some((at, answer)) => Some((approval, None, format!("{answer} ({})", text::moment(*at)))),
            None => {
                let open = report.phases.iter().any(|phase| phase.id == ask.phase && report.waits(phase).is_some());
                open.then(|| (approval, Some(ask.command()), waits(ask, *asked)))
            }
        }
    })
}

/// Every approval that waits or was answered.
pub(super) fn approvals(page: &mut Page, report: &Report) {
    if told(report).next().is_some() {
        page.blank();
    }
    for (approval, command, said) in told(report).take(LISTED) {
        let phase = format!("  {}  ", approval.ask.phase);
        page.line(&[(Tone::Strong, &phase), (Tone::Doubt, &text::short(&said, 800))]);
        if let Some(command) = command {
            page.copyable(&[(Tone::Plain, "    "), (Tone::Strong, &command)]);
        }
    }
    let more = told(report).count().saturating_sub(LISTED);
    if more > 0 {
        page.line(&[(Tone::Faint, &format!("  … and {}", text::counted(more, "more approval")))]);
    }
}

#[cfg(test)]
mod tests {
    use holdpoint_model::Decision;

    use crate::{
        Style, fixture,
        render::{html, json, terminal},
    };

    #[test]
    fn a_phase_that_waits_says_how_it_is_approved_on_however_narrow_a_terminal() {
        let text = terminal(&fixture::waiting(""), Style { colour: false, width: 40 }, false);
        let command = "holdpoint approve 01JDC5W8Z3N4Q2M7K9T1R6V0XB health --by NAME --reason TEXT";
        assert!(text.contains(&format!("\n    {command}\n")), "{text}");
        let page = html(&fixture::waiting(""));
        assert!(page.contains(command) && page.contains("by the release manager"), "{page}");
    }

    #[test]
    fn who_answered_and_why_stands_in_the_report_and_a_denial_ends_it() {
        let denied = fixture::answered("", false);
        let text = terminal(&denied, Style::PLAIN, false);
        assert!(text.contains("  health  denied by alice: not today, OPS-3 ("), "{text}");
        assert_eq!(denied.comes_to(), Decision::Inconclusive);
        assert!(text.ends_with("\ninconclusive · phase `health`: denied by alice: not today, OPS-3\n"), "{text}");
        let json: serde_json::Value = serde_json::from_str(&json(&denied)).unwrap();
        assert_eq!(json["approvals"][0]["answer"]["approved"], false);
        assert_eq!(json["rows"]["P3.1"]["observed"], "denied by alice: not today, OPS-3");
        assert_eq!(fixture::answered("", true).approvals[0].ask.phase.as_str(), "health");
    }

    #[test]
    fn a_rollback_that_nobody_approved_holds_with_what_called_for_it() {
        let refused = fixture::answered("row P3.1, which failed", false);
        assert_eq!(refused.comes_to(), Decision::Hold);
        let text = terminal(&refused, Style::PLAIN, false);
        let because = "a rollback was called for by row P3.1, which failed, and nobody approved it: denied by alice";
        assert!(text.lines().last().is_some_and(|line| line.starts_with("hold") && line.contains(because)), "{text}");
    }
}
