//! Requests and responses, version 1 of the records. What was answered stands beside them, as it came.

use holdpoint_gate::{Message, Scrubber};
use holdpoint_model::Body;
use serde::{Deserialize, Serialize};

use crate::{Answer, Page, Unread, cloud, page, prometheus};

/// The limit of a question that states none.
pub const DEFAULT_TIMEOUT_MS: u32 = 30_000;

/// What a guest asks, and of whom. It holds names of secrets, never values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    pub source: Source,
    pub question: Question,
}

/// Who is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    pub service: String,
    /// The name of what the header `authorization` holds.
    pub secret: Option<String>,
    /// For the whole exchange, in milliseconds.
    pub timeout_ms: u32,
}

/// A question. Times are milliseconds since 1970.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Question {
    /// An expression in PromQL at one time.
    Query { promql: String, at: Option<f64> },
    /// An expression in PromQL from a time to another, each so many milliseconds.
    Range { promql: String, from: f64, to: f64, step_ms: u32 },
    /// A page of metrics.
    Scrape { path: String },
    /// Time series of a project of Google Cloud.
    Series(CloudQuery),
}

/// Which time series of a project.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CloudQuery {
    pub project: String,
    pub filter: String,
    pub from: f64,
    pub to: f64,
    pub alignment_period_ms: u32,
    pub aligner: String,
    pub reducer: Option<String>,
    pub group_by: Vec<String>,
}

/// An answer as it came, with status 200. It could be read when it came.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Response {
    /// When it was whole, in milliseconds since 1970, by the host's clock.
    pub received: f64,
    pub content_type: Option<String>,
    #[serde(skip)]
    pub body: Body,
}

impl Source {
    /// A service that is asked without a credential.
    pub fn of(service: impl Into<String>) -> Self {
        Self { service: service.into(), secret: None, timeout_ms: DEFAULT_TIMEOUT_MS }
    }
}

impl Response {
    /// The series of an answer to this question. Of a page there are none.
    pub fn answer(&self, question: &Question) -> Result<Answer, Unread> {
        match question {
            Question::Query { .. } | Question::Range { .. } => prometheus::read(self.body.bytes()),
            Question::Series(_) => cloud::read(self.body.bytes()),
            Question::Scrape { .. } => Err(Unread::Unreadable("a page of metrics is no answer in series".into())),
        }
    }

    /// The page of metrics that it is.
    pub fn page(&self) -> Result<Page, Unread> {
        page::read(self.content_type.as_deref(), self.body.bytes())
    }

    /// Whether it is what the question asks for.
    pub(crate) fn check(&self, question: &Question) -> Result<(), Unread> {
        match question {
            Question::Scrape { .. } => self.page().map(drop),
            question => self.answer(question).map(drop),
        }
    }
}

impl Message for Request {}

impl Message for Response {
    fn bodies(&mut self, visit: &mut dyn FnMut(&mut Body)) {
        visit(&mut self.body);
    }

    fn scrub(&mut self, scrubber: &dyn Scrubber) {
        if let Some(text) = &mut self.content_type {
            scrubber.scrub_text(text);
        }
        if let Some(scrubbed) = scrubber.scrub(self.body.bytes()) {
            self.body = scrubbed.bytes.into();
        }
    }
}

#[cfg(test)]
mod tests {
    use holdpoint_gate::{Encoded, Scrubbed};

    use super::*;

    struct Stars;

    impl Scrubber for Stars {
        fn scrub(&self, bytes: &[u8]) -> Option<Scrubbed> {
            let text = std::str::from_utf8(bytes).ok().filter(|text| text.contains("secret"))?;
            Some(Scrubbed { bytes: text.replace("secret", "***").into_bytes(), replaced: vec![] })
        }
    }

    #[test]
    fn no_text_of_a_server_is_left_unsearched() {
        let body = b"up{key=\"a secret\"} 1\n".as_slice().into();
        let mut response = Response { received: 5.0, content_type: Some("text/plain;x=secret".into()), body };
        response.scrub(&Stars);
        assert_eq!(response.content_type.as_deref(), Some("text/plain;x=***"));
        assert_eq!(response.page().unwrap().families[0].samples[0].labels, [("key".into(), "a ***".into())]);
        assert_eq!(Encoded::of(&response).unwrap().decode::<Response>().unwrap(), response);
    }

    #[test]
    fn records_survive_encoding() {
        let cloud = CloudQuery {
            project: "acme-staging".into(),
            filter: "metric.type = \"x\"".into(),
            from: 0.0,
            to: 1.5,
            alignment_period_ms: 60_000,
            aligner: "ALIGN_RATE".into(),
            reducer: None,
            group_by: vec!["resource.labels.x".into()],
        };
        for question in [
            Question::Query { promql: "up".into(), at: Some(1_700_000_000_000.0) },
            Question::Range { promql: "up".into(), from: 1.0, to: 2.0, step_ms: 3 },
            Question::Scrape { path: "/metrics".into() },
            Question::Series(cloud),
        ] {
            let request = Request { source: Source::of("prometheus"), question };
            assert_eq!(Encoded::of(&request).unwrap().decode::<Request>().unwrap(), request);
        }
    }
}
