//! `holdpoint:metrics`.

use holdpoint_cap_metrics::{
    Answer, CloudQuery, DEFAULT_TIMEOUT_MS, Family, Format, Kind, Metrics, Page, Question, Request, Response, Source,
    Unread,
};

use crate::{
    bindings::holdpoint::{
        metrics::metrics::{self, Label},
        types::types::CallError,
    },
    state::{PhaseState, halted},
};

type Answered = wasmtime::Result<Result<metrics::Answer, CallError>>;

impl PhaseState {
    /// Asks, and gives back the number of the call with its answer.
    async fn ask_metrics(
        &mut self,
        source: metrics::Source,
        question: Question,
    ) -> wasmtime::Result<Result<(u32, Response), CallError>> {
        self.flush(false).await?;
        let (backend, call) = (self.backends.metrics.clone(), self.guest.calls());
        let request = Request { source: source.into(), question };
        let answer = self.guest.call::<Metrics, _>(&backend, &self.setup.grants, request).await.map_err(halted)?;
        Ok(answer.map(|response| (call, response)).map_err(CallError::from))
    }

    async fn series(&mut self, source: metrics::Source, question: Question) -> Answered {
        let asked = self.ask_metrics(source, question.clone()).await?;
        Ok(asked.and_then(|(call, response)| {
            let answer = response.answer(&question).map_err(unread)?;
            Ok(told(call, response.received, answer))
        }))
    }
}

/// It could be read when it came, so what can't be read now was changed since: scrubbed, most likely.
fn unread(why: Unread) -> CallError {
    match why {
        Unread::TooLarge(why) => CallError::Exhausted(why),
        Unread::Unreadable(why) => CallError::Failed(format!("what is recorded of the answer can't be read: {why}")),
    }
}

impl metrics::Host for PhaseState {
    async fn query(&mut self, source: metrics::Source, promql: String, at: Option<f64>) -> Answered {
        self.series(source, Question::Query { promql, at }).await
    }

    async fn query_range(
        &mut self,
        source: metrics::Source,
        promql: String,
        from: f64,
        to: f64,
        step_ms: u32,
    ) -> Answered {
        self.series(source, Question::Range { promql, from, to, step_ms }).await
    }

    async fn scrape(
        &mut self,
        source: metrics::Source,
        path: String,
    ) -> wasmtime::Result<Result<metrics::Page, CallError>> {
        let asked = self.ask_metrics(source, Question::Scrape { path }).await?;
        Ok(asked.and_then(|(call, response)| {
            let page = response.page().map_err(unread)?;
            Ok(shown(call, response.received, page))
        }))
    }

    async fn time_series(&mut self, source: metrics::Source, query: metrics::CloudQuery) -> Answered {
        self.series(source, Question::Series(query.into())).await
    }
}

impl From<metrics::Source> for Source {
    fn from(source: metrics::Source) -> Self {
        let metrics::Source { service, secret, timeout } = source;
        Self { service, secret, timeout_ms: timeout.unwrap_or(DEFAULT_TIMEOUT_MS) }
    }
}

impl From<metrics::CloudQuery> for CloudQuery {
    fn from(query: metrics::CloudQuery) -> Self {
        let metrics::CloudQuery { project, filter, from, to, alignment_period, aligner, reducer, group_by } = query;
        Self { project, filter, from, to, alignment_period_ms: alignment_period, aligner, reducer, group_by }
    }
}

fn labels(labels: Vec<(String, String)>) -> Vec<Label> {
    labels.into_iter().map(|(name, value)| Label { name, value }).collect()
}

fn told(call: u32, received: f64, answer: Answer) -> metrics::Answer {
    let age = answer.newest().map(|newest| received - newest);
    let series = answer.series.into_iter().map(|series| metrics::Series {
        labels: labels(series.labels),
        samples: series
            .samples
            .into_iter()
            .map(|sample| metrics::Sample { at: sample.at, value: sample.value })
            .collect(),
    });
    metrics::Answer { call, series: series.collect(), warnings: answer.warnings, infos: answer.infos, age }
}

fn shown(call: u32, received: f64, page: Page) -> metrics::Page {
    metrics::Page {
        call,
        format: match page.format {
            Format::Text => metrics::PageFormat::Text,
            Format::OpenMetrics => metrics::PageFormat::OpenMetrics,
        },
        age: page.newest().map(|newest| received - newest),
        families: page.families.into_iter().map(metrics::Family::from).collect(),
    }
}

impl From<Family> for metrics::Family {
    fn from(family: Family) -> Self {
        let Family { name, kind, help, unit, samples } = family;
        let kind = match kind {
            Kind::Counter => metrics::MetricKind::Counter,
            Kind::Gauge => metrics::MetricKind::Gauge,
            Kind::Histogram => metrics::MetricKind::Histogram,
            Kind::GaugeHistogram => metrics::MetricKind::GaugeHistogram,
            Kind::Summary => metrics::MetricKind::Summary,
            Kind::Info => metrics::MetricKind::Info,
            Kind::StateSet => metrics::MetricKind::StateSet,
            Kind::Unknown => metrics::MetricKind::Unknown,
        };
        let samples = samples.into_iter().map(|sample| metrics::Exposed {
            name: sample.name,
            labels: labels(sample.labels),
            value: sample.value,
            at: sample.at,
        });
        Self { name, kind, help, unit, samples: samples.collect() }
    }
}
