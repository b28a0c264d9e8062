//! Questions of a component for metrics.

use super::component::cause;
use crate::bindings::holdpoint::metrics::metrics as wit;
use crate::metrics::{Answered, CloudQuery, Exposed, Family, MetricKind, Page, PageFormat, Sample, Series, Source};
use crate::{Cause, Millis, Time};

type Outcome<T> = Result<T, Cause>;

pub(crate) fn query(from: &Source, promql: &str, at: Option<Time>) -> Outcome<Answered> {
    wit::query(&source(from), promql, at.map(|at| at.0)).map(answered).map_err(cause)
}

pub(crate) fn query_range(from: &Source, promql: &str, start: Time, end: Time, step: Millis) -> Outcome<Answered> {
    wit::query_range(&source(from), promql, start.0, end.0, step.0).map(answered).map_err(cause)
}

pub(crate) fn time_series(from: &Source, query: &CloudQuery) -> Outcome<Answered> {
    let query = wit::CloudQuery {
        project: query.project.clone(),
        filter: query.filter.clone(),
        from: query.from.0,
        to: query.to.0,
        alignment_period: query.alignment_period.0,
        aligner: query.aligner.clone(),
        reducer: query.reducer.clone(),
        group_by: query.group_by.clone(),
    };
    wit::time_series(&source(from), &query).map(answered).map_err(cause)
}

pub(crate) fn scrape(from: &Source, path: &str) -> Outcome<Page> {
    let page = wit::scrape(&source(from), path).map_err(cause)?;
    Ok(Page {
        call: page.call,
        format: match page.format {
            wit::PageFormat::Text => PageFormat::Text,
            wit::PageFormat::OpenMetrics => PageFormat::OpenMetrics,
        },
        families: page.families.into_iter().map(family).collect(),
        age: page.age,
    })
}

fn source(from: &Source) -> wit::Source {
    wit::Source {
        service: from.service.clone(),
        secret: from.secret.clone(),
        timeout: from.timeout.map(|limit| limit.0),
    }
}

fn labels(labels: Vec<wit::Label>) -> Vec<(String, String)> {
    labels.into_iter().map(|label| (label.name, label.value)).collect()
}

fn answered(answer: wit::Answer) -> Answered {
    let series = answer.series.into_iter().map(|series| Series {
        labels: labels(series.labels),
        samples: series.samples.into_iter().map(|s| Sample { at: Time(s.at), value: s.value }).collect(),
    });
    Answered {
        call: answer.call,
        series: series.collect(),
        warnings: answer.warnings,
        infos: answer.infos,
        age: answer.age,
    }
}

fn family(family: wit::Family) -> Family {
    let kind = match family.kind {
        wit::MetricKind::Counter => MetricKind::Counter,
        wit::MetricKind::Gauge => MetricKind::Gauge,
        wit::MetricKind::Histogram => MetricKind::Histogram,
        wit::MetricKind::GaugeHistogram => MetricKind::GaugeHistogram,
        wit::MetricKind::Summary => MetricKind::Summary,
        wit::MetricKind::Info => MetricKind::Info,
        wit::MetricKind::StateSet => MetricKind::StateSet,
        wit::MetricKind::Unknown => MetricKind::Unknown,
    };
    let samples = family.samples.into_iter().map(|sample| Exposed {
        name: sample.name,
        labels: labels(sample.labels),
        value: sample.value,
        at: sample.at,
    });
    Family { name: family.name, kind, help: family.help, unit: family.unit, samples: samples.collect() }
}
