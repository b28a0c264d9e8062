//! Questions of a phase for metrics.

use std::fmt;
use std::marker::PhantomData;

use super::{Answered, EvidenceAge, Page};
use crate::{CallError, Cause, Context, Millis, Time, host};

/// Who is asked, and as whom.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Source {
    pub(crate) service: String,
    pub(crate) secret: Option<String>,
    pub(crate) timeout: Option<Millis>,
}

/// Which time series of a project of Google Cloud.
#[derive(Clone, Debug, PartialEq)]
pub struct CloudQuery {
    /// The project's id.
    pub project: String,
    /// In the language of Cloud Monitoring: `metric.type = "run.googleapis.com/request_count"`.
    pub filter: String,
    /// Points after this,
    pub from: Time,
    /// and up to this.
    pub to: Time,
    /// Whole seconds, a minute at least.
    pub alignment_period: Millis,
    /// `ALIGN_RATE`, `ALIGN_PERCENTILE_99`, …
    pub aligner: String,
    /// `REDUCE_SUM`, …; without it series stay apart.
    pub reducer: Option<String>,
    /// What the reducer keeps apart: `resource.labels.revision_name`.
    pub group_by: Vec<String>,
}

impl fmt::Display for CloudQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.project, self.filter)
    }
}

/// Metrics of a service, for a phase.
#[derive(Clone, Debug)]
pub struct Metrics<'a> {
    source: Source,
    of: PhantomData<&'a Context>,
}

impl<'a> Metrics<'a> {
    pub(crate) fn new(_of: &'a Context, service: &str) -> Self {
        Self { source: Source { service: service.to_owned(), ..Source::default() }, of: PhantomData }
    }

    /// With a granted secret, by its name, in the header `authorization`. The operator's file says what the header then holds, and that it may go to
    /// this service.
    #[must_use]
    pub fn secret(mut self, name: &str) -> Self {
        self.source.secret = Some(name.to_owned());
        self
    }

    /// With another limit than 30 seconds, at most a minute.
    #[must_use]
    pub fn timeout(mut self, limit: Millis) -> Self {
        self.source.timeout = Some(limit);
        self
    }

    /// The value of an expression now.
    pub fn query(&self, promql: &str) -> Result<Answered, CallError> {
        called(|| host::query(&self.source, promql, None))
    }

    /// The value of an expression at a time.
    pub fn query_at(&self, promql: &str, at: Time) -> Result<Answered, CallError> {
        called(|| host::query(&self.source, promql, Some(at)))
    }

    /// The values of an expression from a time to another.
    pub fn range(&self, promql: &str, from: Time, to: Time, step: Millis) -> Result<Answered, CallError> {
        called(|| host::query_range(&self.source, promql, from, to, step))
    }

    /// A page of metrics below the service's URL.
    pub fn scrape(&self, path: &str) -> Result<Page, CallError> {
        called(|| host::scrape(&self.source, path))
    }

    /// Time series of Cloud Monitoring.
    pub fn time_series(&self, query: &CloudQuery) -> Result<Answered, CallError> {
        called(|| host::time_series(&self.source, query))
    }

    /// How old the newest samples of a selector (`up{job="backend"}`) are, of that series whose newest is the oldest. It asks for
    /// `min(timestamp(…))`, which has the true times of a selector alone, and of no other expression.
    pub fn evidence_age(&self, selector: &str) -> Result<EvidenceAge, CallError> {
        self.query(&format!("min(timestamp({selector}))")).map(|answer| EvidenceAge::of(&answer))
    }
}

fn called<T>(call: impl FnOnce() -> Result<T, Cause>) -> Result<T, CallError> {
    let seq = host::calls();
    call().map_err(|cause| CallError::new(cause, seq))
}
