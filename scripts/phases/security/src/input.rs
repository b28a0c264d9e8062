//! SEC-6: what is malformed is refused, and what is odd is survived. The requests follow from the service's OpenAPI document, or from examples.

use std::collections::{BTreeMap, BTreeSet};

use holdpoint::prelude::*;

use crate::asking::Asker;
use crate::config::{Route, below_service, bounded};
use crate::document::{self, Operation};
use crate::made::Created;
use crate::malformed::{Case, Must, cases};
use crate::tokens::Tokens;
use crate::trial::Trial;

pub(crate) const ROW: &str = "SEC-6";
/// The most requests that all operations come to.
const MOST_ASKED: usize = 2_000;
/// The largest body that is sent, well below the contract's 16 MiB.
const LARGEST: usize = 8 << 20;
/// The deepest that a body nests.
const DEEPEST: usize = 100_000;
/// The most media types that are told.
const MOST_MEDIA: usize = 10;
/// Methods that make nothing anew and take nothing away, however often they are sent.
const IN_FULL: [&str; 4] = ["GET", "HEAD", "PUT", "PATCH"];

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
    /// How what operations make is taken away again, by `METHOD /path`. A POST that is neither here nor in `also_taken` is sent nothing that it
    /// should take.
    #[serde(default)]
    created: BTreeMap<String, Created>,
    /// Operations that may be sent what they take though it stays, by `METHOD /path`.
    #[serde(default)]
    also_taken: Vec<String>,
    /// Bytes of a body that no operation takes.
    too_large: Option<usize>,
    /// How deep a body of lists in each other is that must be survived.
    #[serde(default = "a_thousand")]
    nested: usize,
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
        bounded("input.also-taken", &self.also_taken, 0)?;
        bounded("input.created", &self.created.values().collect::<Vec<_>>(), 0)?;
        self.created.values().try_for_each(|created| created.check("input.created"))?;
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
        if !(1..=DEEPEST).contains(&self.nested) {
            return Err(Error::new(format!("config.input.nested is {}, and has to be 1 to {DEEPEST}", self.nested)));
        }
        Ok(())
    }

    fn plan(&self, service: &Service, operation: Operation) -> Plan<'_> {
        let created = self.created.get(&operation.name);
        let in_full = created.is_some()
            || IN_FULL.contains(&operation.method.as_str())
            || self.also_taken.contains(&operation.name);
        let mut cases = cases(&operation, self.too_large, self.nested);
        cases.retain(|case| in_full || case.must == Must::Reject);
        Plan { service: service.clone(), operation, cases, created, in_full }
    }
}

/// What is tried of one operation.
pub(crate) struct Plan<'a> {
    pub(crate) service: Service,
    pub(crate) operation: Operation,
    pub(crate) cases: Vec<Case>,
    /// How what it makes is taken away.
    pub(crate) created: Option<&'a Created>,
    /// Whether it may be sent what it should take.
    pub(crate) in_full: bool,
}

impl Plan<'_> {
    fn rejects(&self) -> bool {
        self.cases.iter().any(|case| case.must == Must::Reject)
    }

    /// The most requests that it comes to: one more that is as it should be, and another for whatever was made.
    fn requests(&self) -> usize {
        (self.cases.len() + 1) * if self.created.is_some() { 2 } else { 1 }
    }
}

pub(crate) fn judge(asker: &Asker<'_>, input: &Input, tokens: &Tokens) -> Result<()> {
    let mut plans = Vec::new();
    for route in &input.routes {
        let operation = Operation::by_example(&route.method, &route.path, route.json.as_ref());
        plans.push(input.plan(&asker.cx.service(&route.service)?, operation));
    }
    if let Some(Document { service, path }) = &input.openapi {
        plans.extend(documented(asker, input, &asker.cx.service(service)?, path));
    }
    plans.retain(|plan| !plan.cases.is_empty());
    let requests: usize = plans.iter().map(Plan::requests).sum();
    if requests > MOST_ASKED {
        let seen = format!("{requests} requests, of at most {MOST_ASKED}; name operations in config.input.skip");
        asker.check(ROW, "every operation can be tried").inconclusive(observed(seen), ());
        return Ok(());
    }
    for plan in &plans {
        Trial { asker, plan, token: &tokens.user, within: input.within }.judge();
    }
    Ok(())
}

/// The operations of the document; none, and a check that says so, where it can't be had.
fn documented<'a>(asker: &Asker<'_>, input: &'a Input, service: &Service, path: &str) -> Vec<Plan<'a>> {
    let wanted = "an OpenAPI document with operations";
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
    let kept = operations.into_iter().filter(|operation| !input.skip.contains(&operation.name));
    let plans: Vec<Plan<'_>> = kept
        .map(|mut operation| {
            if let Some(example) = input.examples.get(&operation.name) {
                operation.example = example.clone();
            }
            input.plan(service, operation)
        })
        .collect();
    let tried = plans.iter().filter(|plan| plan.rejects()).count();
    let seen = format!("{known} operations, of which {tried} are tried with what is malformed");
    if tried == 0 {
        check.inconclusive(observed(format!("{seen}; their bodies are of {}", media_types(&plans))), &response);
    } else {
        check.pass(observed(seen), &response);
    }
    plans
}

/// The media types of bodies that the operations take.
fn media_types(plans: &[Plan<'_>]) -> String {
    let offered: BTreeSet<&str> = plans.iter().flat_map(|plan| &plan.operation.offered).map(String::as_str).collect();
    let told: Vec<&str> = offered.into_iter().take(MOST_MEDIA).collect();
    if told.is_empty() { "no media type".to_owned() } else { told.join(", ") }
}

fn a_thousand() -> usize {
    1_000
}

fn ten_seconds() -> Millis {
    Millis(10_000)
}
