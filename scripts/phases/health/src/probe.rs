//! One endpoint of one service: how it is asked, and how its answer is judged.

use holdpoint::Answer;
use holdpoint::prelude::*;

use crate::body::{self, Fault};
use crate::config::{Config, Endpoint};

/// What CRIT-2 asks of every endpoint, whatever the bundle allows for P3.1.
const CRITICAL: Millis = Millis(2_000);

/// How long an answer is waited for beyond its limit, so that a slow endpoint is told from one that hangs.
const PATIENCE: Millis = Millis(10_000);

pub(crate) struct Probe<'a> {
    service: Service,
    endpoint: Endpoint,
    config: &'a Config,
}

/// The probes of all granted services.
pub(crate) fn declared<'a>(cx: &Context, config: &'a Config) -> Result<Vec<Probe<'a>>> {
    let services: Vec<Service> = cx.services().collect();
    let declared = config.declared(&services)?;
    Ok(declared.into_iter().map(|(service, endpoint)| Probe { service, endpoint, config }).collect())
}

impl Probe<'_> {
    pub(crate) fn request(&self) -> Request {
        let patience = Millis(self.within().0.saturating_add(PATIENCE.0));
        self.service.get(&self.endpoint.path).timeout(patience).retries(self.config.retries)
    }

    pub(crate) fn is_for(&self, request: &Request) -> bool {
        request.service() == Some(self.service.name()) && request.path() == self.endpoint.path
    }

    pub(crate) fn is_well(&self, answer: &Answer) -> bool {
        match answer {
            Ok(response) => self.answered(response, self.within()).is_ok() && self.says(response).is_ok(),
            Err(_) => false,
        }
    }

    /// States that it answers, and if it does, what it says.
    pub(crate) fn judge(&self, cx: &Context, answer: &Answer) {
        let within = self.within();
        let expect = &self.endpoint.expect;
        if expect.status != 200 {
            // CRIT-2 asks for 200, so an endpoint that answers otherwise cannot speak for it.
            self.judge_answer(cx, &["P3.1"], within, answer);
        } else if within > CRITICAL {
            // The bundle allows more time than CRIT-2 does, so the two rows are judged apart.
            self.judge_answer(cx, &["P3.1"], within, answer);
            self.judge_answer(cx, &["CRIT-2"], CRITICAL, answer);
        } else {
            self.judge_answer(cx, &["P3.1", "CRIT-2"], within, answer);
        }
        let Ok(response) = answer else { return };
        let asks_for_more = expect.reads_body() || !expect.headers.is_empty();
        if response.status() != expect.status || !asks_for_more {
            return;
        }
        let check = cx.check(["P3.1"], format!("GET {} {} says that it is well", self.service, self.endpoint.path));
        match self.says(response) {
            Ok(says) => check.pass(observed(format!("{says}{}", flaky(response))), response),
            Err(faults) => check.fail(
                expected(joined(&faults, |f| &f.expected)),
                observed(joined(&faults, |f| &f.observed)),
                response,
            ),
        }
    }

    fn judge_answer(&self, cx: &Context, rows: &[&str], within: Millis, answer: &Answer) {
        let name = format!("GET {} {} answers within {within}", self.service, self.endpoint.path);
        let wanted = format!("{} within {within}", self.endpoint.expect.status);
        let check = cx.check(rows.iter().copied(), name).expecting(expected(&wanted));
        match answer {
            Ok(response) => match self.answered(response, within) {
                Ok(seen) => check.pass(observed(seen), response),
                Err(seen) => check.fail(expected(wanted), observed(seen), response),
            },
            Err(error) => check.from_error(error),
        }
    }

    fn answered(&self, response: &Response, within: Millis) -> Result<String, String> {
        let seen = format!("{} in {}{}", response.status(), response.total(), flaky(response));
        if response.status() != self.endpoint.expect.status {
            // A server that answers 503 often says why.
            let why = body::excerpt(&response.text());
            return Err(format!("{seen}: {why}"));
        }
        if response.total() > within { Err(seen) } else { Ok(seen) }
    }

    fn says(&self, response: &Response) -> Result<String, Vec<Fault>> {
        let Endpoint { expect, dependencies, .. } = &self.endpoint;
        let mut faults = body::headers(&expect.headers, response.headers());
        let mut says: Vec<String> = expect.headers.keys().map(|name| format!("{name} as wanted")).collect();
        if expect.reads_body() && response.truncated() {
            faults.push(Fault {
                expected: "a body that can be read whole".to_owned(),
                observed: format!("{} bytes, cut", response.length()),
            });
        } else {
            match body::judge(&response.text(), expect, &self.config.healthy, dependencies) {
                Ok(said) => says.extend(Some(said).filter(|said| !said.is_empty())),
                Err(more) => faults.extend(more),
            }
        }
        if faults.is_empty() { Ok(says.join(", ")) } else { Err(faults) }
    }

    fn within(&self) -> Millis {
        self.endpoint.within.unwrap_or(self.config.within)
    }
}

/// States that a service's required dependencies are reported by at least one of its endpoints; that they are up is said by each.
pub(crate) fn judge_required(
    cx: &Context,
    service: &Service,
    required: &[String],
    exchanges: &[(&Probe<'_>, &Answer)],
) {
    if required.is_empty() {
        return;
    }
    let answers: Vec<&Response> = exchanges
        .iter()
        .filter(|(probe, _)| probe.service == *service && probe.endpoint.expect.json)
        .filter_map(|(_, answer)| answer.as_ref().ok())
        .collect();
    let wanted = expected(format!("dependencies {} reported", required.join(", ")));
    let check = cx.check(["P3.1"], format!("{service} reports its dependencies")).expecting(wanted.clone());
    if answers.is_empty() {
        return check.inconclusive(observed("no endpoint with a JSON body answered"), ());
    }
    let reported: Vec<String> = answers.iter().flat_map(|response| body::reported(&response.text())).collect();
    let missing: Vec<&str> = required.iter().filter(|name| !reported.contains(name)).map(String::as_str).collect();
    if missing.is_empty() {
        check.pass(observed("all of them are"), &answers[..]);
    } else {
        check.fail(wanted, observed(format!("not reported: {}", missing.join(", "))), &answers[..]);
    }
}

fn flaky(response: &Response) -> String {
    match response.attempts() {
        0 | 1 => String::new(),
        attempts => format!(", on attempt {attempts}"),
    }
}

fn joined(faults: &[Fault], part: impl Fn(&Fault) -> &String) -> String {
    let mut parts: Vec<&str> = faults.iter().map(|fault| part(fault).as_str()).collect();
    parts.dedup();
    parts.join("; ")
}
