//! A run whose guests say what they should not: markup, commands, what is hidden, and far too much.

use holdpoint_model::{
    Attachment, Class, Decision, Denial, Event, EventKind, LogLevel, Ordinal, OutcomeKind, PhaseEnd, RunHeader,
    Statement, Timestamp, Verdict,
};

use crate::{Report, fixture};

/// What a guest says; each could do harm somewhere.
pub(crate) const SAID: [&str; 12] = [
    "<script>alert(1)</script>",
    "</style></table></main><img src=x onerror=alert(1)>",
    "\"><a href=\"javascript:alert(1)\">here</a>",
    "--><!-- ]]> <![CDATA[ &lt;b&gt; &#60;",
    "a\u{1b}[31mred\u{9b}2J\u{7}\0b",
    "\u{202e}drowssap\u{2066}\u{200b}\u{feff}",
    "\n::error title=owned::yes\n::stop-commands::x\n##[add-mask]e",
    "# heading\n- [link](https://evil.example) ![i](https://evil.example/i.png)",
    "| a | b |\n|---|---|\n@everyone www.evil.example https://evil.example me@evil.example",
    "` `` ``` ~~~ **bold** $x$ <details open>",
    "שלום עולם",
    "100 %, a:b",
];

/// The events of the run; `times` says how much there is of everything.
fn events(times: usize) -> Vec<Event> {
    let said = |n: usize| SAID[n % SAID.len()].to_owned();
    let health = || fixture::phase("health");
    let stated = |statement| EventKind::Stated { phase: health(), ordinal: Ordinal(0), statement };
    let header = RunHeader { bundle: said(0), bundle_version: said(1), environment: said(2), ..fixture::header() };
    let mut kinds = vec![EventKind::RunStarted(header), EventKind::PhaseStarted { phase: health() }];
    for n in 0..times {
        let verdict = if n % 2 == 0 { Verdict::Fail } else { Verdict::Inconclusive };
        kinds.push(stated(fixture::check(&["P3.1"], &said(n), verdict, &said(n + 1), &said(n + 2), 0)));
        kinds.push(stated(Statement::Measure { name: said(n), value: f64::NAN, unit: said(n + 1) }));
        kinds.push(stated(Statement::Log { level: LogLevel::Warn, message: said(n) }));
        kinds.push(stated(Statement::Progress { done: 1, total: 2, message: said(n) }));
        kinds.push(stated(Statement::Attach(Attachment {
            name: said(n),
            media_type: said(n + 1),
            content: b"x".as_slice().into(),
        })));
        let denial = Denial { wanted: said(n), reason: said(n + 1), remedy: format!("{} {n}", said(n + 2)) };
        let Denial { wanted, reason, remedy } = denial;
        let denied =
            serde_json::json!({ "denied": { "wanted": wanted, "reason": reason, "remedy": remedy } }).to_string();
        let failed = serde_json::json!({ "failed": said(n) }).to_string();
        let seq = n as u32;
        kinds.push(fixture::call("health", seq, Class::Read, &said(n), Some(OutcomeKind::Denied), &denied));
        kinds.push(fixture::call("health", seq, Class::Read, &said(n), Some(OutcomeKind::Failed), &failed));
    }
    kinds.push(EventKind::PhaseEnded { phase: fixture::phase("config"), end: PhaseEnd::Trapped(said(6)) });
    kinds.push(EventKind::PhaseEnded { phase: health(), end: PhaseEnd::Trapped(said(8)) });
    kinds.push(EventKind::RunEnded { decision: Decision::Release, next: None });
    kinds.into_iter().zip(1..).map(|(kind, position)| Event { position, at: Timestamp(1.0), kind }).collect()
}

/// The run, with so many of everything.
pub(crate) fn report(times: usize) -> Report {
    let mut checklist = fixture::checklist();
    checklist.rows.iter_mut().zip(SAID).for_each(|(row, said)| row.title = said.into());
    Report::build(&checklist, &fixture::plan(), events(times))
}

/// A run with more of everything than anybody reads.
pub(crate) fn huge() -> Report {
    let mut report = report(1_100);
    let row = report.rows[1].clone();
    let long = "<\u{202e}&\n".repeat(1_000);
    report.rows = (0..3_000)
        .map(|n| holdpoint_model::Row {
            id: fixture::requirement(&format!("ROW-{n}")),
            title: long.clone(),
            expected: long.clone(),
            observed: long.clone(),
            by: long.clone(),
            verdict: Verdict::ALL[n % 4],
            ..row.clone()
        })
        .collect();
    report
}
