//! SEC-6: what is malformed is refused, and what is odd is survived. The requests follow from the service's OpenAPI document, or from examples.

use std::collections::BTreeMap;

use holdpoint::Answer;
use holdpoint::prelude::*;

use crate::asking::{Asker, seen};
use crate::config::{Route, below_service, bounded};
use crate::document::{self, Operation};
use crate::malformed::{Case, Must, cases};
use crate::tokens::{Token, Tokens, with};

const ROW: &str = "SEC-6";
/// The most requests that all operations come to.
const MOST_ASKED: usize = 2_000;
/// An operation that has left so many requests unanswered has failed, and is left alone.
const MOST_HUNG: usize = 3;
/// The largest body that is sent, well below the contract's 16 MiB.
const LARGEST: usize = 8 << 20;

/// What is tried.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Input {
    /// Where a service serves its document.
    openapi: Option<Document>,
    /// Operations by an example, where there is no document. One that takes JSON has `json`.
    #[serde(default)]
    routes: Vec<Route>,
    /// Bodies as they should be for operations of the document, by `METHOD /path`, where it has no example that is taken.
    #[serde(default)]
    examples: BTreeMap<String, Value>,
    /// Operations of the document that are left alone, by `METHOD /path`.
    #[serde(default)]
    skip: Vec<String>,
    /// Bytes of a body that no operation takes.
    too_large: Option<usize>,
    /// An answer comes within this time.
    #[serde(default = "ten_seconds")]
    within: Millis,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    service: String,
    path: String,
}

impl Input {
    pub(crate) fn check(&self) -> Result<()> {
        if self.openapi.is_none() && self.routes.is_empty() {
            return Err(Error::new(
                "config.input has neither openapi nor routes, and nothing asked for is nothing passed",
            ));
        }
        bounded("input.routes", &self.routes, 0)?;
        bounded("input.skip", &self.skip, 0)?;
        self.routes.iter().try_for_each(|route| route.check("input.routes"))?;
        if let Some(Document { path, .. }) = &self.openapi {
            below_service("input.openapi.path", path)?;
        }
        if let Some(route) = self.routes.iter().find(|route| route.json.is_none()) {
            return Err(Error::new(format!(
                "config.input.routes: {route} has no json, so nothing of it can be malformed"
            )));
        }
        if let Some(size) = self.too_large.filter(|size| !(1..=LARGEST).contains(size)) {
            return Err(Error::new(format!("config.input.too-large is {size}, and has to be 1 to {LARGEST}")));
        }
        Ok(())
    }
}

pub(crate) fn judge(asker: &Asker<'_>, input: &Input, tokens: &Tokens) -> Result<()> {
    let mut operations: Vec<(Service, Operation)> = Vec::new();
    for route in &input.routes {
        let operation = Operation::by_example(&route.method, &route.path, route.json.as_ref());
        operations.push((asker.cx.service(&route.service)?, operation));
    }
    if let Some(Document { service, path }) = &input.openapi {
        let service = asker.cx.service(service)?;
        let found = documented(asker, input, &service, path);
        operations.extend(found.into_iter().map(|operation| (service.clone(), operation)));
    }
    let asked = operations.into_iter().map(|(service, operation)| {
        let cases = cases(&operation, input.too_large);
        (service, operation, cases)
    });
    let asked: Vec<_> = asked.filter(|(.., cases)| !cases.is_empty()).collect();
    let requests: usize = asked.iter().map(|(.., cases)| cases.len() + 1).sum();
    if requests > MOST_ASKED {
        let seen = format!("{requests} requests, of at most {MOST_ASKED}; name operations in config.input.skip");
        asker.check(ROW, "every operation can be tried").inconclusive(observed(seen), ());
        return Ok(());
    }
    for (service, operation, cases) in &asked {
        Trial { asker, service, operation, token: &tokens.user, within: input.within }.judge(cases);
    }
    Ok(())
}

/// The operations of the document; none, and a check that says so, where it can't be had.
fn documented(asker: &Asker<'_>, input: &Input, service: &Service, path: &str) -> Vec<Operation> {
    let wanted = "an OpenAPI 3 document with operations";
    let check = asker.check(ROW, format!("{service} {path} tells what it takes")).expecting(expected(wanted));
    let response = match asker.send(service.get(path)) {
        Ok(response) => response,
        Err(error) => {
            check.from_error(error);
            return Vec::new();
        }
    };
    let read = match response.status() {
        200 if !response.truncated() => response.json::<Value>().map_err(|error| format!("no JSON: {error}")),
        200 => Err("a document of more than 8 MiB".to_owned()),
        status => Err(status.to_string()),
    };
    let operations = match read.and_then(|document| document::operations(&document)) {
        Ok(operations) => operations,
        Err(why) => {
            check.inconclusive(observed(why), &response);
            return Vec::new();
        }
    };
    let known = operations.len();
    let mut kept: Vec<Operation> =
        operations.into_iter().filter(|operation| !input.skip.contains(&operation.name)).collect();
    for operation in &mut kept {
        if let Some(example) = input.examples.get(&operation.name) {
            operation.example = example.clone();
        }
    }
    let seen = format!("{known} operations, of which {} are tried", kept.len());
    if kept.is_empty() {
        check.inconclusive(observed(seen), &response);
    } else {
        check.pass(observed(seen), &response);
    }
    kept
}

/// One operation that is tried.
struct Trial<'a> {
    asker: &'a Asker<'a>,
    service: &'a Service,
    operation: &'a Operation,
    token: &'a Token,
    within: Millis,
}

/// What requests of one kind came to.
#[derive(Default)]
struct Tally {
    asked: usize,
    wrong: Vec<String>,
    unknown: Vec<String>,
    calls: Vec<u32>,
}

/// What an answer is to whoever asked wrongly.
enum Fared {
    Rightly,
    Wrongly(String),
    Unknown(String),
}

impl Trial<'_> {
    fn judge(&self, cases: &[Case]) {
        let mut rejected = Tally::default();
        let mut survived = Tally::default();
        let mut hung = 0;
        for case in cases {
            let answer = self.ask(&case.path, case.body.as_ref());
            let tally = match case.must {
                Must::Reject => &mut rejected,
                Must::Survive => &mut survived,
            };
            tally.note(&case.what, fared(&answer, case.must), answer.calls());
            hung += usize::from(
                matches!(&answer, Err(error) if matches!(error.cause(), Cause::Timeout(_) | Cause::InDoubt(_))),
            );
            if hung == MOST_HUNG {
                self.asker.cx.log(Level::Warn, format!("{} hangs, and is asked no more", self.operation.name));
                break;
            }
        }
        let Self { asker, service, operation, .. } = self;
        let name = format!("{} {service} {}", operation.method, operation.template);
        if rejected.asked > 0 {
            let check = asker.check(ROW, format!("{name} rejects what is malformed"));
            rejected.conclude(check, "400 to 499", self.refuses_all());
        }
        if survived.asked > 0 {
            let check = asker.check(ROW, format!("{name} survives what is odd"));
            survived.conclude(check, "an answer below 500", None);
        }
    }

    /// Who refuses what is as it should be proves nothing by refusing the rest.
    fn refuses_all(&self) -> Option<String> {
        let body = self.operation.body.is_some().then(|| ("application/json", self.operation.example.to_string()));
        let body = body.map(|(media, text)| (media, text.into_bytes()));
        match self.ask(&self.operation.path, body.as_ref()) {
            Ok(response) if response.status() < 400 => None,
            // Nothing stands there yet, which is no refusal.
            Ok(response) if response.status() == 404 && body.is_none() => None,
            Ok(response) => Some(format!("what is as it should be is answered {}", seen(&response))),
            Err(error) => Some(format!("what is as it should be is not answered: {error}")),
        }
    }

    fn ask(&self, path: &str, body: Option<&(&'static str, Vec<u8>)>) -> Answer {
        let mut request = self.service.request(&self.operation.method, path).timeout(self.within);
        if let Some((media, bytes)) = body {
            request = request.body(media, bytes.clone());
        }
        self.asker.send(match self.token {
            Ok(token) => with(request, token),
            Err(_) => request,
        })
    }
}

fn fared(answer: &Answer, must: Must) -> Fared {
    match answer {
        Ok(response) => match (response.status(), must) {
            (status @ (401 | 403 | 405 | 429), _) => Fared::Unknown(format!("{status}, which says nothing of it")),
            (status @ 500.., _) => Fared::Wrongly(status.to_string()),
            (400..=499, _) | (_, Must::Survive) => Fared::Rightly,
            (status, Must::Reject) => Fared::Wrongly(format!("{status}, taken")),
        },
        // A server that hangs, or that drops the connection, has not survived.
        Err(error) if matches!(error.cause(), Cause::Timeout(_) | Cause::Failed(_)) => {
            Fared::Wrongly(error.to_string())
        }
        Err(error) => Fared::Unknown(error.to_string()),
    }
}

impl Tally {
    fn note(&mut self, what: &str, fared: Fared, calls: Vec<u32>) {
        self.asked += 1;
        let (list, seen) = match fared {
            Fared::Rightly => return,
            Fared::Wrongly(seen) => (&mut self.wrong, seen),
            Fared::Unknown(seen) => (&mut self.unknown, seen),
        };
        list.push(format!("{what} → {seen}"));
        self.calls.extend(calls);
    }

    /// `doubt` is a reason for which a pass would prove nothing.
    fn conclude(self, check: Check<'_>, wanted: &str, doubt: Option<String>) {
        let Self { asked, wrong, unknown, calls } = self;
        let check = check.expecting(expected(wanted));
        if !wrong.is_empty() {
            check.fail(expected(wanted), observed(wrong.join("; ")), calls);
        } else if let Some(doubt) = doubt {
            check.inconclusive(observed(doubt), calls);
        } else if !unknown.is_empty() {
            check.inconclusive(observed(unknown.join("; ")), calls);
        } else {
            check.pass(observed(format!("so with {asked} requests")), ());
        }
    }
}

fn ten_seconds() -> Millis {
    Millis(10_000)
}
