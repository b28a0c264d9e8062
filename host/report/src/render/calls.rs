//! What a run did, event by event: a line each for a list, or one in full.

use holdpoint_model::{
    Body, CallEvent, Check, Event, EventKind, OutcomeKind, Statement,
    policy::{Found, Judgement},
};

use super::{approvals, decision_tone, live, policies, tone};
use crate::{
    Style,
    page::{Page, Tone},
    text,
};

/// Most lines of a request, an answer or an attachment.
const MESSAGE_LINES: usize = 2_000;

/// The lines of several events. A caller with many events renders them one by one, with [`event_line`].
pub fn events<'a>(events: impl IntoIterator<Item = &'a Event>, style: Style) -> String {
    events.into_iter().map(|event| event_line(event, style)).collect()
}

/// One event in one line: position, time, phase, number, class, summary, outcome and, if it is not the first, the attempt.
pub fn event_line(event: &Event, style: Style) -> String {
    let mut page = Page::new(style);
    let margin = margin(event);
    let row = |phase: &str, number: &str, kind: &str| format!("{phase:<20} {number:>5}  {kind:<11} ");
    match &event.kind {
        EventKind::Call(call) => {
            let place = row(call.phase.as_str(), &call.seq.to_string(), class(call));
            let summary = format!("{}  ", text::short(&call.summary, 200));
            let (tone, outcome) = outcome(call);
            page.line(&[(Tone::Faint, &margin), (Tone::Plain, &place), (Tone::Plain, &summary), (tone, &outcome)]);
        }
        EventKind::Stated { phase, statement, .. } => {
            let (tone, kind, said) = said(statement);
            let place = row(phase.as_str(), "", kind);
            page.line(&[(Tone::Faint, &margin), (Tone::Plain, &place), (tone, &text::short(&said, 1_000))]);
        }
        EventKind::PhaseStarted { phase } => {
            page.line(&[(Tone::Faint, &margin), (Tone::Strong, &row(phase.as_str(), "", "started"))]);
        }
        EventKind::PhaseEnded { phase, end } => {
            let place = row(phase.as_str(), "", end.word());
            page.line(&[
                (Tone::Faint, &margin),
                (Tone::Strong, &place),
                (Tone::Plain, &text::short(end.reason(), 1_000)),
            ]);
        }
        EventKind::PhaseTakenOver { phase, origin } => {
            let place = row(phase.as_str(), "", "taken over");
            page.line(&[
                (Tone::Faint, &margin),
                (Tone::Strong, &place),
                (Tone::Plain, &format!("from run {}", origin.run)),
            ]);
        }
        EventKind::Ticked { last } => {
            let said = row("", "", if *last { "last tick" } else { "tick" });
            page.line(&[(Tone::Faint, &margin), (Tone::Faint, &said)]);
        }
        EventKind::Found(found) => {
            let (kind, said) = judgement(found);
            let place = row(found.policy.as_str(), "", kind);
            page.line(&[(Tone::Faint, &margin), (Tone::Plain, &place), (Tone::Plain, &text::short(&said, 1_000))]);
        }
        EventKind::RunStarted(header) => {
            let again = header.retry.as_ref().map(|retry| format!(", retry of {} from {}", retry.run, retry.from));
            let again = again.unwrap_or_default();
            let said = format!("run {} of {} {} started{again}", header.run, header.bundle, header.bundle_version);
            page.line(&[(Tone::Faint, &margin), (Tone::Strong, &said)]);
        }
        EventKind::RunResumed => page.line(&[(Tone::Faint, &margin), (Tone::Strong, "run resumed")]),
        EventKind::RunHandedOver => page.line(&[(Tone::Faint, &margin), (Tone::Strong, "run handed over")]),
        EventKind::RunImported => page.line(&[(Tone::Faint, &margin), (Tone::Strong, "run imported")]),
        EventKind::RunCancelled(cancellation) => {
            page.line(&[(Tone::Faint, &margin), (Tone::Strong, &format!("run {cancellation}"))]);
        }
        EventKind::PhaseScheduled(start) => {
            let place = row(start.phase.as_str(), "", "waits");
            let said = live::scheduled(start);
            page.line(&[(Tone::Faint, &margin), (Tone::Strong, &place), (Tone::Plain, &said)]);
        }
        EventKind::ApprovalAsked(ask) => {
            let place = row(ask.phase.as_str(), "", "waits");
            let said = text::short(&approvals::asked(ask, event.at), 1_000);
            page.line(&[(Tone::Faint, &margin), (Tone::Strong, &place), (Tone::Doubt, &said)]);
        }
        EventKind::ApprovalAnswered(answer) => {
            let place = row(answer.phase.as_str(), "", if answer.approved { "approved" } else { "denied" });
            let said = text::short(&format!("by {}: {}", answer.by, answer.reason), 1_000);
            page.line(&[(Tone::Faint, &margin), (Tone::Strong, &place), (Tone::Plain, &said)]);
        }
        EventKind::NoticeIntended(notice) => {
            let said = format!("{} to {} ({})", notice.kind.word(), notice.to, notice.key);
            page.line(&[
                (Tone::Faint, &margin),
                (Tone::Plain, &row("", "", "to tell")),
                (Tone::Plain, &text::short(&said, 1_000)),
            ]);
        }
        EventKind::NoticeEnded(end) => {
            let said = match &end.failed {
                None => format!("{} delivered ({})", end.key, text::times(end.tries.into())),
                Some(why) => format!("{} not delivered ({}): {why}", end.key, text::times(end.tries.into())),
            };
            page.line(&[
                (Tone::Faint, &margin),
                (Tone::Plain, &row("", "", "told")),
                (Tone::Plain, &text::short(&said, 1_000)),
            ]);
        }
        EventKind::RowWaived(waiver) => {
            page.line(&[(Tone::Faint, &margin), (Tone::Doubt, &live::waived(waiver))]);
        }
        EventKind::WaiverWithdrawn { row, by, reason } => {
            page.line(&[(Tone::Faint, &margin), (Tone::Strong, &live::withdrawn(row, by, reason))]);
        }
        EventKind::RunEnded { decision, .. } => page.line(&[
            (Tone::Faint, &margin),
            (Tone::Strong, "run ended: "),
            (decision_tone(*decision), decision.word()),
        ]),
    }
    page.finish()
}

/// One event with everything that is known of it: a call with its request and answer, a check with what it saw.
pub fn event_in_full(event: &Event, style: Style) -> String {
    let mut page = Page::new(style);
    match &event.kind {
        EventKind::Call(call) => {
            let (tone, outcome) = outcome(call);
            page.copyable(&[(Tone::Strong, &text::short(&call.summary, 900)), (Tone::Plain, "  "), (tone, &outcome)]);
            let facts = format!(
                "  {}/{} · position {} · {} · {} · {}",
                call.phase,
                call.seq,
                event.position,
                event.at,
                call.capability,
                class(call)
            );
            page.copyable(&[(Tone::Faint, &facts)]);
            message(&mut page, "request", &call.request);
            if let Some(answer) = &call.answer {
                message(&mut page, "answer", answer);
            }
        }
        EventKind::Stated { phase, statement: Statement::Check(check), .. } => {
            page.copyable(&[
                (tone(check.verdict), check.verdict.word()),
                (Tone::Plain, "  "),
                (Tone::Strong, &check.name),
            ]);
            page.copyable(&[(Tone::Faint, &format!("  {phase} · position {} · {}", event.position, event.at))]);
            check_in_full(&mut page, phase.as_str(), check);
        }
        EventKind::Found(found) => {
            page.copyable(&[(Tone::Plain, &event_line(event, Style { colour: false, ..style }))]);
            page.copyable(&[(Tone::Faint, &format!("  of the tick at position {} · {}", found.tick, event.at))]);
            if let Judgement::Findings { findings, .. } = &found.judgement {
                for finding in findings {
                    let firing = if finding.firing { ", firing" } else { "" };
                    let word = format!("  {}{firing}  ", finding.verdict);
                    let ids: Vec<&str> = finding.requirements.iter().map(|id| id.as_str()).collect();
                    let rest = format!("  {}{}", ids.join(" "), policies::seen(finding));
                    page.copyable(&[
                        (tone(finding.verdict), &word),
                        (Tone::Strong, &text::short(&finding.name, 200)),
                        (Tone::Plain, &text::clip(rest, 600)),
                    ]);
                }
            }
        }
        EventKind::Stated { statement: Statement::Log { message: said, .. }, .. } => {
            page.copyable(&[(Tone::Plain, &event_line(event, Style { colour: false, ..style }))]);
            page.block(Tone::Plain, "  ", said);
        }
        EventKind::Stated { statement: Statement::Attach(attachment), .. } => {
            page.copyable(&[(Tone::Plain, &event_line(event, Style { colour: false, ..style }))]);
            if let Ok(content) = std::str::from_utf8(attachment.content.bytes()) {
                lines(&mut page, content);
            }
        }
        _ => return event_line(event, Style { width: style.width.max(1_000), ..style }),
    }
    page.finish()
}

/// The class of a call, or a dash if it was refused before it had one.
fn class(call: &CallEvent) -> &'static str {
    call.class.map_or("-", |class| class.word())
}

fn check_in_full(page: &mut Page, phase: &str, check: &Check) {
    let ids: Vec<&str> = check.requirements.iter().map(|id| id.as_str()).collect();
    let calls: Vec<String> = check.evidence.iter().take(100).map(|seq| format!("{phase}/{seq}")).collect();
    page.block(Tone::Plain, "  for       ", &ids.join(" "));
    page.block(Tone::Plain, "  expected  ", &check.expected);
    page.block(Tone::Plain, "  observed  ", &check.observed);
    page.block(Tone::Plain, "  evidence  ", &calls.join(" "));
}

fn margin(event: &Event) -> String {
    let position = if event.position == 0 { String::new() } else { event.position.to_string() };
    format!("{position:>7}  {}  ", event.at.clock())
}

fn outcome(call: &CallEvent) -> (Tone, String) {
    let attempt = if call.attempt > 1 { format!(" · attempt {}", call.attempt) } else { String::new() };
    let tone = match call.outcome {
        Some(OutcomeKind::Answered) => Tone::Good,
        Some(OutcomeKind::Denied | OutcomeKind::Failed) => Tone::Bad,
        _ => Tone::Doubt,
    };
    (tone, format!("{}{attempt}", call.outcome.map_or("under way", OutcomeKind::word)))
}

fn judgement(Found { judgement, .. }: &Found) -> (&'static str, String) {
    match judgement {
        Judgement::Ended(why) => ("ended", why.clone()),
        Judgement::Findings { findings, fuel } => {
            let said: Vec<String> = findings
                .iter()
                .take(20)
                .map(|finding| {
                    let firing = if finding.firing { ", firing" } else { "" };
                    format!("{} {}{firing}", text::short(&finding.name, 60), finding.verdict)
                })
                .collect();
            let more = findings.len().saturating_sub(said.len());
            let more = if more > 0 { format!(" · and {more} more") } else { String::new() };
            ("found", format!("{}{more} · {} fuel", said.join(" · "), text::grouped(*fuel)))
        }
    }
}

fn said(statement: &Statement) -> (Tone, &'static str, String) {
    match statement {
        Statement::Check(check) => {
            let ids: Vec<&str> = check.requirements.iter().map(|id| id.as_str()).collect();
            let said = format!("{} {} · {} · {}", check.verdict, ids.join(" "), check.name, check.observed);
            (tone(check.verdict), "check", said)
        }
        Statement::Measure { name, value, unit } => (Tone::Plain, "measure", format!("{name} = {value} {unit}")),
        Statement::Sample { name, labels, at, value } => {
            let labels: Vec<String> = labels.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
            (Tone::Plain, "sample", format!("{name}{{{}}} = {value} at {}", labels.join(","), at.clock()))
        }
        Statement::Attach(attachment) => {
            let size = text::grouped(Body::len(&attachment.content) as u64);
            (Tone::Plain, "attachment", format!("{} · {} · {size} bytes", attachment.name, attachment.media_type))
        }
        Statement::Progress { done, total, message } => (Tone::Faint, "progress", progress(*done, *total, message)),
        Statement::Log { level, message } => (Tone::Plain, level.word(), message.clone()),
    }
}

/// `2/10 endpoints`; without a total `2 endpoints`.
pub(super) fn progress(done: u32, total: u32, message: &str) -> String {
    if total == 0 { format!("{done} {message}") } else { format!("{done}/{total} {message}") }
}

fn message(page: &mut Page, label: &str, json: &str) {
    page.blank();
    page.line(&[(Tone::Faint, &format!("  {label}"))]);
    let pretty = serde_json::from_str::<serde_json::Value>(json).map(|value| format!("{value:#}"));
    let pretty = text::json_escaped(pretty.unwrap_or_else(|_| json.to_owned()));
    lines(page, &pretty);
}

fn lines(page: &mut Page, text: &str) {
    for line in text::bounded_block(text, MESSAGE_LINES, 900) {
        page.copyable(&[(Tone::Plain, "    "), (Tone::Plain, &line)]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn lists_what_a_run_did() {
        insta::assert_snapshot!(events(&fixture::events(), Style::PLAIN), @r#"
         1  12:00:00  run 01JDC5W8Z3N4Q2M7K9T1R6V0XB of netra-staging 1.0.0 started
         2  12:00:00  config                      started
         3  12:00:00  config                   0  read        files read config/app.yaml  answered
         4  12:00:00  config                      check       pass P1.3 · no localhost URLs in config/app.yaml · none in 1…
         5  12:00:00  config                      completed
         6  12:00:00  health                      started
         7  12:00:00  health                   0  read        http GET auth /health  answered
         8  12:00:00  health                   1  read        http GET backend /health  answered
         9  12:00:00  health                   2  read        http GET https://api.stripe.com/v1/charges  denied
        10  12:00:00  health                   3  effect      http POST backend /warm  under way
        11  12:00:01  health                   3  effect      http POST backend /warm  in-doubt
        12  12:00:01  health                      check       pass P3.1 CRIT-2 · GET auth /health is healthy · 200 in 12.5…
        13  12:00:01  health                      check       fail P3.1 · GET backend /health is healthy · 503
        14  12:00:01  health                      measure     slowest = 181.2 ms
        15  12:00:01  health                      warn        one dependency is down
        16  12:00:01  health                      attachment  answers · application/json · 2 bytes
        17  12:00:01  health                      progress    2/2 endpoints
        18  12:00:01  health                      completed
        19  12:00:01  run ended: hold
        "#);
    }

    #[test]
    fn shows_a_call_in_full() {
        insta::assert_snapshot!(event_in_full(&fixture::events()[7], Style::PLAIN), @r#"
        http GET backend /health  answered
          health/1 · position 8 · 2025-12-01T12:00:00.700Z · http · read

          request
            {
              "method": "GET",
              "target": "backend"
            }

          answer
            {
              "status": 503,
              "timings": {
                "total": 181.2
              }
            }
        "#);
    }

    #[test]
    fn shows_a_check_in_full() {
        insta::assert_snapshot!(event_in_full(&fixture::events()[12], Style::PLAIN), @r#"
        fail  GET backend /health is healthy
          health · position 13 · 2025-12-01T12:00:01.200Z
          for       P3.1
          expected  200
          observed  503
          evidence  health/1
        "#);
    }

    #[test]
    fn shows_the_text_of_an_attachment() {
        let text = event_in_full(&fixture::events()[15], Style::PLAIN);
        assert!(text.ends_with("answers · application/json · 2 bytes\n    []\n"), "{text}");
    }

    #[test]
    fn an_answer_that_is_no_json_is_shown_as_it_is() {
        let EventKind::Call(mut call) = fixture::events()[7].kind.clone() else { panic!("the event is a call") };
        call.answer = Some("{cut\u{1b}[2J off".into());
        call.attempt = 2;
        let event = Event { kind: EventKind::Call(call), ..fixture::events()[7].clone() };
        let text = event_in_full(&event, Style::PLAIN);
        assert!(text.contains("answered · attempt 2") && text.ends_with("{cut\\u001b[2J off\n"), "{text}");
    }
}
