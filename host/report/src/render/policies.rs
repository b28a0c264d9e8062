//! What policies found, on a terminal: a line each, what fires, and when a rule came to say something else.

use holdpoint_model::{Verdict, policy::Finding};

use super::tone;
use crate::{
    PolicyReport, Report, Turn,
    page::{Page, Tone},
    text,
};

/// Most findings that are told of a policy, and most of its turns.
const FINDINGS: usize = 20;
const TURNS: usize = 10;

/// A line for each policy and, below it, what fires or does not pass.
pub(super) fn policies(page: &mut Page, report: &Report) {
    if report.policies.is_empty() {
        return;
    }
    page.blank();
    let width = report.policies.iter().map(|policy| policy.id.as_str().len()).max().unwrap_or(0).clamp(20, 40);
    for policy in &report.policies {
        let name = format!("  {:<width$}  ", policy.id.as_str());
        let waits = report.next_stage().is_some() && policy.stage >= report.over;
        let (tone, word) = if waits { (Tone::Faint, "pending") } else { word(policy) };
        let word = format!("{word:<13}");
        let findings = format!("{:>12}", text::counted(policy.standing.findings.len(), "finding"));
        let ticks = format!("{:>12}   ", text::counted(policy.standing.ticks as usize, "tick"));
        let (note_tone, note) = match &policy.standing.ended {
            Some(why) => (Tone::Doubt, format!("ended: {why}")),
            None => (Tone::Plain, String::new()),
        };
        page.line(&[
            (Tone::Plain, &name),
            (tone, &word),
            (Tone::Plain, &findings),
            (Tone::Plain, &ticks),
            (note_tone, &text::short(&note, 200)),
        ]);
        if waits {
            // What it can't know yet is no news.
            findings_of(page, policy, |finding| finding.firing || finding.verdict == Verdict::Fail);
        } else {
            let is_odd = |finding: &Finding| finding.firing || finding.verdict != Verdict::Pass;
            findings_of(page, policy, |finding| is_odd(finding) && policy.heeds(finding));
            turns(page, policy);
        }
    }
}

/// The word for a policy.
pub(super) fn word(policy: &PolicyReport) -> (Tone, &'static str) {
    match policy.verdict() {
        Some(verdict) => (tone(verdict), verdict.word()),
        None if policy.standing.ticks > 0 => (Tone::Plain, "judged"),
        None => (Tone::Faint, "waiting"),
    }
}

fn findings_of(page: &mut Page, policy: &PolicyReport, told: impl Fn(&Finding) -> bool) {
    let told = |finding: &&Finding| told(finding);
    for finding in policy.standing.findings.iter().filter(told).take(FINDINGS) {
        let firing = if finding.firing { "firing" } else { finding.verdict.word() };
        let said = format!("    {firing:<14}{}", text::short(&finding.name, 100));
        let rest = seen(finding);
        let tone = if finding.firing { Tone::Bad } else { tone(finding.verdict) };
        page.line(&[(tone, &said), (Tone::Faint, &text::clip(rest, 400))]);
    }
    let more = policy.standing.findings.iter().filter(told).count().saturating_sub(FINDINGS);
    if more > 0 {
        page.line(&[(Tone::Faint, &format!("    … and {}", text::counted(more, "more finding")))]);
    }
}

/// ` · critical · expected … · observed … · since 14:20:00`, as far as it is known.
pub(super) fn seen(finding: &Finding) -> String {
    let mut parts = Vec::new();
    parts.extend(finding.severity.map(|severity| severity.to_string()));
    if !finding.expected.is_empty() {
        parts.push(format!("expected {}", text::short(&finding.expected, 150)));
    }
    if !finding.observed.is_empty() {
        parts.push(format!("observed {}", text::short(&finding.observed, 150)));
    }
    parts.extend(finding.since.map(|since| format!("since {}", holdpoint_model::Timestamp(since).clock())));
    parts.into_iter().map(|part| format!(" · {part}")).collect()
}

/// What changed after the first tick that a rule was judged at.
fn turns(page: &mut Page, policy: &PolicyReport) {
    // What was bad once is told though it has recovered.
    let is_bad =
        |state: Option<(Verdict, bool)>| state.is_some_and(|(verdict, firing)| firing || verdict == Verdict::Fail);
    let heeded = |turn: &Turn| {
        let of_now = policy.standing.findings.iter().find(|finding| finding.name == turn.name);
        is_bad(turn.before) || is_bad(turn.after) || of_now.is_none_or(|finding| policy.heeds(finding))
    };
    let changed = || policy.turns.iter().filter(|turn| turn.before.is_some() && heeded(turn));
    for turn in changed().take(TURNS) {
        let place = format!("    {}  ", turn.at.clock());
        let said = format!("{}: {}", text::short(&turn.name, 100), change(turn));
        page.line(&[(Tone::Faint, &place), (Tone::Plain, &said)]);
    }
    let more = changed().count().saturating_sub(TURNS) + policy.turns_left_out as usize;
    if more > 0 {
        page.line(&[(Tone::Faint, &format!("    … and {}", text::counted(more, "more change")))]);
    }
}

/// `pending → fail, firing`
pub(super) fn change(turn: &Turn) -> String {
    let said = |state: Option<(Verdict, bool)>| match state {
        Some((verdict, true)) => format!("{verdict}, firing"),
        Some((verdict, false)) => verdict.to_string(),
        None => "nothing".to_owned(),
    };
    format!("{} → {}", said(turn.before), said(turn.after))
}

#[cfg(test)]
mod tests {
    use super::super::terminal;
    use crate::{Style, fixture};

    #[test]
    fn a_policy_says_what_fires_since_when_and_what_changed() {
        let text = terminal(&fixture::with_policies(), Style { colour: false, width: 160 }, false);
        let policies: Vec<&str> = text.lines().skip_while(|line| !line.contains("alerts")).collect();
        insta::assert_snapshot!(policies.join("\n"));
    }
}
