//! A fixture from a recorded run. Only what a script can say is written; for the rest there are fixtures that name the run itself.

use std::collections::{BTreeMap, BTreeSet};

use holdpoint_cap_clock::Clock;
use holdpoint_cap_files::{Files, Kind, Request as Asked, Response as Found};
use holdpoint_cap_http::{Http, Request, Response, Target};
use holdpoint_gate::{Capability as _, Encoded, EncodedAnswer};
use holdpoint_journal::Reader;
use holdpoint_model::{Answer, CallError, EventKind, OutcomeKind, PhaseEnd, RequirementId, Seq, Statement, Verdict};
use serde_json::{Map, Value, json};

use crate::{Error, Machine, RunRef, record::StoredSources};

/// What a recorded phase comes to as a script.
#[derive(Debug, Default)]
struct Script {
    answers: Vec<Value>,
    files: BTreeMap<String, String>,
    denied: BTreeSet<String>,
    listed: BTreeSet<String>,
}

/// Why a call is nothing that a script can say.
type Inexpressible = String;

/// Writes a phase of a run as a fixture.
pub fn fixture_of(run: &RunRef, phase: &str, machine: &Machine) -> Result<String, Error> {
    let stored = run.find(machine)?;
    let reader = Reader::open(&stored.journal())?;
    reader.verify()?;
    let sources = StoredSources::of(&reader.header()?)?;
    let verified = sources.verify()?;
    let Some(planned) = verified.phases.iter().find(|known| known.id.as_str() == phase) else {
        return Err(Error::Usage(format!("run {} has no phase `{phase}`", sources.run)));
    };
    let refused = |why: Inexpressible| {
        let journal = stored.journal();
        Error::Usage(format!(
            "phase `{phase}` of run {} can't be written as a script: {why}\n  copy {} beside the fixture and name it there: \
             {{ \"recorded\": \"run.db\", \"phase\": \"{phase}\", \"expect\": … }}",
            sources.run,
            journal.display()
        ))
    };
    if let Some((claim, row)) = planned.requirements.iter().find(|(claim, row)| claim != row) {
        return Err(refused(format!("its claim {claim} speaks for another row, {row}")));
    }
    let (mut positions, mut checks, mut end) = (BTreeMap::<Seq, Vec<u64>>::new(), Vec::new(), None);
    reader.for_each_event(|event| match event.kind {
        EventKind::Call(call) if call.phase.as_str() == phase => {
            positions.entry(call.seq).or_default().push(event.position);
        }
        EventKind::Stated { phase: id, statement: Statement::Check(check), .. } if id.as_str() == phase => {
            checks.push(check);
        }
        EventKind::PhaseEnded { phase: id, end: ended } if id.as_str() == phase => end = Some(ended),
        _ => {}
    })?;
    let mut script = Script::default();
    for (seq, positions) in positions {
        // An effect has two rows: one has the request, the last one the answer.
        let mut rows = Vec::new();
        for position in positions {
            rows.extend(reader.row(position)?);
        }
        let (Some(first), Some(last)) = (rows.first(), rows.last()) else { continue };
        let Some(outcome) = last.outcome else {
            return Err(refused(format!("call {seq} has no answer")));
        };
        let answer = EncodedAnswer { kind: outcome, message: last.answer.clone() };
        script.take(&first.capability, &first.request, &answer).map_err(|why| refused(format!("call {seq}: {why}")))?;
    }
    if let Some(unread) = script.listed.iter().find(|path| !script.has(path)) {
        return Err(refused(format!("{unread} was listed and not read, so its content is not known")));
    }
    let expect = expectation(&checks, end.as_ref()).map_err(refused)?;
    let config: Value = serde_json::from_str(&planned.config).unwrap_or_default();
    let texts = |items: Vec<String>| items.into_iter().map(Value::from).collect::<Vec<_>>();
    let mut fixture = Map::new();
    fixture.insert("services".into(), texts(planned.services.iter().map(ToString::to_string).collect()).into());
    let claims = planned.requirements.iter().map(|(id, _)| id.to_string()).collect();
    fixture.insert("requirements".into(), texts(claims).into());
    let directories = planned.grants.files.iter().map(|grant| grant.directory.to_string()).collect();
    fixture.insert("directories".into(), texts(directories).into());
    fixture.insert("config".into(), config);
    fixture.insert("files".into(), json!(script.files));
    fixture.insert("denied_files".into(), json!(script.denied));
    fixture.insert("answers".into(), script.answers.into());
    // What is empty says nothing.
    fixture.retain(|_, value| !matches!(value, Value::Array(items) if items.is_empty()) && *value != json!({}));
    fixture.insert("expect".into(), expect);
    Ok(format!("{:#}\n", Value::Object(fixture)))
}

impl Script {
    fn has(&self, path: &str) -> bool {
        self.files.contains_key(path) || self.denied.contains(path)
    }

    fn take(&mut self, capability: &str, request: &Encoded, answer: &EncodedAnswer) -> Result<(), Inexpressible> {
        let unreadable = |e: holdpoint_gate::MessageError| e.to_string();
        match capability {
            Http::NAME => {
                let request = request.decode::<Request>().map_err(unreadable)?;
                self.answers.push(exchange(&request, &answer.decode().map_err(unreadable)?)?);
            }
            Files::NAME => {
                let asked = request.decode::<Asked>().map_err(unreadable)?;
                self.file(&asked, answer.decode().map_err(unreadable)?)?;
            }
            // No time passes in a script, so a wait needs no answer.
            Clock::NAME if answer.kind == OutcomeKind::Answered => {}
            other => return Err(format!("a script says nothing of `{other}`")),
        }
        Ok(())
    }

    fn file(&mut self, asked: &Asked, found: Answer<Found>) -> Result<(), Inexpressible> {
        match (asked, found) {
            (Asked::Read { path }, Ok(Found::Content { content })) => {
                let text = String::from_utf8(content.bytes().to_vec()).map_err(|_| format!("{path} is not UTF-8"))?;
                self.files.insert(path.clone(), text);
            }
            (Asked::Read { path }, Err(CallError::Denied(_))) => {
                self.denied.insert(path.clone());
            }
            (_, Ok(Found::Entries { entries })) => {
                let files = entries.into_iter().filter(|entry| entry.kind == Kind::File);
                self.listed.extend(files.map(|entry| entry.path));
            }
            // What is neither granted nor there is not there in a script either.
            (_, Err(CallError::Denied(_) | CallError::Failed(_))) => {}
            (_, other) => return Err(format!("a script can't say {other:?}")),
        }
        Ok(())
    }
}

/// A request and its answer as a fixture has them.
fn exchange(request: &Request, answer: &Answer<Response>) -> Result<Value, Inexpressible> {
    let mut exchange = Map::new();
    let (on, path) = match &request.target {
        Target::Service { service, path } => (Some(service), path),
        Target::Url(url) => (None, url),
    };
    if request.method != "GET" {
        exchange.insert("method".into(), request.method.clone().into());
    }
    exchange.insert("path".into(), path.clone().into());
    if let Some(on) = on {
        exchange.insert("on".into(), on.clone().into());
    }
    match answer {
        Ok(response) => {
            if (300..400).contains(&response.status) {
                return Err("a redirect leads by a header, which a script does not have".into());
            }
            exchange.insert("status".into(), response.status.into());
            // `ceil` of a duration of at most a minute.
            exchange.insert("after".into(), (response.timings.total.ceil() as u32).into());
            body(&mut exchange, response)?;
        }
        Err(CallError::Timeout(_)) => drop(exchange.insert("error".into(), "timeout".into())),
        Err(CallError::Denied(_)) => drop(exchange.insert("error".into(), "denied".into())),
        Err(CallError::Failed(text)) if text.contains("refused") => {
            drop(exchange.insert("error".into(), "refused".into()));
        }
        Err(other) => return Err(format!("a script can't say `{other}`")),
    }
    Ok(Value::Object(exchange))
}

fn body(exchange: &mut Map<String, Value>, response: &Response) -> Result<(), Inexpressible> {
    let bytes = response.body.bytes();
    if bytes.is_empty() {
        return Ok(());
    }
    let is_json = response.header("content-type").is_some_and(|kind| kind.starts_with("application/json"));
    if let (true, Ok(value)) = (is_json, serde_json::from_slice::<Value>(bytes)) {
        exchange.insert("json".into(), value);
        return Ok(());
    }
    let text = String::from_utf8(bytes.to_vec()).map_err(|_| "its body is not UTF-8".to_owned())?;
    exchange.insert("text".into(), text.into());
    Ok(())
}

fn expectation(checks: &[holdpoint_model::Check], end: Option<&PhaseEnd>) -> Result<Value, Inexpressible> {
    let ids: BTreeSet<&RequirementId> = checks.iter().flat_map(|check| &check.requirements).collect();
    let mut rows = Map::new();
    for id in ids {
        let speaking = || checks.iter().filter(|check| check.requirements.contains(id));
        let Some(verdict) = Verdict::fold(speaking().map(|check| check.verdict)) else { continue };
        let mut row = json!({ "verdict": verdict.word() });
        let deciding = speaking().find(|check| check.verdict == verdict);
        // A pass may pass in other words next time; what failed must fail for the same reason.
        if let (false, Some(check)) = (verdict == Verdict::Pass, deciding) {
            row["says"] = check.observed.clone().into();
        }
        rows.insert(id.to_string(), row);
    }
    let mut expect = json!({ "checks": checks.len(), "rows": rows });
    match end {
        Some(PhaseEnd::Completed) => {}
        Some(PhaseEnd::Refused(error)) => expect["error"] = error.clone().into(),
        Some(other) => return Err(format!("the phase was {}", other.word())),
        None => return Err("the phase has not ended".to_owned()),
    }
    Ok(expect)
}
