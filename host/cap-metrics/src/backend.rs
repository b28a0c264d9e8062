//! Asks by the HTTP of the phase, and reads what comes before it is taken for an answer.

use std::sync::Arc;

use holdpoint_cap_http::{Header, HttpBackend, Response as HttpResponse};
use holdpoint_gate::{Backend, BackendError, Capability as _, Clock, Permit};

use crate::{Metrics, Question, Response, Unread, ask, cloud, prometheus};

/// Characters of what a server says about an error.
const SAID: usize = 500;

/// Gives the placeholder of a secret that this machine has a value for. Whoever puts the value in judges where it may go.
pub type Placeholders = dyn Fn(&str) -> Option<String> + Send + Sync;

/// The questions of one phase. They go over its connections.
pub struct MetricsBackend {
    http: Arc<HttpBackend>,
    clock: Arc<dyn Clock>,
    placeholders: Box<Placeholders>,
}

impl MetricsBackend {
    /// Asks by this HTTP, whose vault knows the placeholders; the clock says when an answer was there.
    pub fn new(http: Arc<HttpBackend>, clock: Arc<dyn Clock>, placeholders: Box<Placeholders>) -> Self {
        Self { http, clock, placeholders }
    }
}

impl Backend<Metrics> for MetricsBackend {
    async fn act(&self, permit: Permit<Metrics>) -> Result<Response, BackendError> {
        let summary = Metrics::summary(permit.request());
        let (_, mut request) = ask::check(permit.request()).map_err(|why| BackendError::NotSent(why.reason))?;
        if let Some(name) = &permit.request().source.secret {
            let placeholder = (self.placeholders)(name).ok_or_else(|| {
                let why = format!(
                    "this machine has no value for secret {name}; give it one under [secrets.{name}] in the operator's file"
                );
                BackendError::NotSent(why)
            })?;
            request.headers.push(Header::new("authorization", placeholder));
        }
        let question = &permit.request().question;
        let answer = self.http.read_for(&permit, &request).await?;
        if answer.status != 200 {
            let mut said = words(question, &answer);
            self.http.scrub_text(&mut said);
            return Err(BackendError::Unknown(format!("{summary}: {}", refusal(answer.status, &said))));
        }
        if answer.truncated {
            return Err(BackendError::Exhausted(format!("{summary}: the answer is larger than 8 MiB; ask for less")));
        }
        let content_type = answer.header("content-type").map(str::to_owned);
        let response = Response { received: self.clock.now().0, content_type, body: answer.body };
        match response.check(question) {
            Ok(()) => Ok(response),
            Err(Unread::TooLarge(why)) => Err(BackendError::Exhausted(format!("{summary}: {why}"))),
            Err(Unread::Unreadable(why)) => Err(BackendError::Unknown(format!("{summary}: {why}"))),
        }
    }
}

/// The words of the server in an answer with an error status, all of them: a secret may stand anywhere.
fn words(question: &Question, answer: &HttpResponse) -> String {
    let body = answer.body.bytes();
    let said = match question {
        Question::Query { .. } | Question::Range { .. } => prometheus::error(body),
        Question::Series(_) => cloud::error(body),
        Question::Scrape { .. } => None,
    };
    said.unwrap_or_else(|| String::from_utf8_lossy(body).into_owned())
}

/// What a status other than 200 says, with the first of the server's words, which are without secrets already.
fn refusal(status: u16, said: &str) -> String {
    let said: String = said.trim().chars().take(SAID).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if said.is_empty() { format!("status {status}") } else { format!("status {status}: {said}") }
}
