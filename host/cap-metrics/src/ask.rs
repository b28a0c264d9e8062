//! What a question asks, and the request that it comes down to. Pure.

use holdpoint_cap_http::{Header, Misshapen, Request as HttpRequest, Target, shape};
use holdpoint_model::{
    Body, ServiceName,
    grant::{MetricsAsk, MetricsPiece, ProjectId, RequestPath},
};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use url::form_urlencoded::Serializer;

use crate::{
    CloudQuery, Question, Request,
    bounds::{FILTER_BYTES, LAST_TIME, MOST_GROUPS, MOST_STEPS, QUERY_BYTES, WORD_BYTES},
};

/// OpenMetrics first: only there is a page known to be whole.
const PAGES: &str = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
/// Points of one page of Cloud Monitoring, the most that it gives.
const PAGE_SIZE: &str = "100000";

type Asked<T> = Result<T, Misshapen>;

fn misshapen<T>(reason: impl Into<String>, remedy: &'static str) -> Asked<T> {
    Err(Misshapen { reason: reason.into(), remedy })
}

/// Checks everything about a question that needs no grant, and gives what it asks with the request for it.
pub(crate) fn check(request: &Request) -> Asked<(MetricsAsk, HttpRequest)> {
    let source = &request.source;
    let Ok(service) = ServiceName::parse(&source.service) else {
        return misshapen("the service has no name", "name a service of the bundle, e.g. prometheus");
    };
    let (piece, path, form) = match &request.question {
        Question::Query { promql, at } => {
            let mut form = vec![("query", expression(promql)?.to_owned())];
            if let Some(at) = at {
                form.push(("time", seconds(moment(*at)?)));
            }
            (MetricsPiece::Query, "/api/v1/query".to_owned(), Some(form))
        }
        Question::Range { promql, from, to, step_ms } => {
            let steps = (span(*from, *to)? / f64::from(*step_ms)).floor();
            if *step_ms == 0 || steps > MOST_STEPS {
                return misshapen(
                    format!("a step of {step_ms} ms makes more than {MOST_STEPS} of the range"),
                    "ask for a shorter range or a longer step",
                );
            }
            let form = vec![
                ("query", expression(promql)?.to_owned()),
                ("start", seconds(*from)),
                ("end", seconds(*to)),
                ("step", seconds(f64::from(*step_ms))),
            ];
            (MetricsPiece::Query, "/api/v1/query_range".to_owned(), Some(form))
        }
        Question::Scrape { path } => {
            let Ok(asked) = RequestPath::parse(path) else {
                return misshapen(
                    "the path has no single reading",
                    "write a path that begins with one slash, as in /metrics",
                );
            };
            (MetricsPiece::Scrape(asked), path.clone(), None)
        }
        Question::Series(query) => {
            let (project, path) = time_series(query)?;
            (MetricsPiece::Project(project), path, None)
        }
    };
    let is_page = matches!(piece, MetricsPiece::Scrape(_));
    let mut headers = vec![Header::new("accept", if is_page { PAGES } else { "application/json" })];
    // A query may be longer than a URL, so it is a form; to ask by one is the same.
    let body = form.map(|form| Serializer::new(String::new()).extend_pairs(form).finish());
    if body.is_some() {
        headers.push(Header::new("content-type", "application/x-www-form-urlencoded"));
    }
    let request = HttpRequest {
        target: Target::Service { service: source.service.clone(), path },
        method: if body.is_some() { "POST" } else { "GET" }.into(),
        headers,
        body: body.map_or_else(Body::default, |body| body.into_bytes().into()),
        timeout_ms: source.timeout_ms,
    };
    shape(&request)?;
    Ok((MetricsAsk { service, piece }, request))
}

fn expression(promql: &str) -> Asked<&str> {
    if promql.trim().is_empty() {
        return misshapen("the query is empty", "write an expression in PromQL, e.g. up");
    }
    if promql.len() > QUERY_BYTES {
        return misshapen("the query is longer than 16 KiB", "ask for less at once");
    }
    if promql.contains('\0') {
        return misshapen("the query has a character that no query has", "leave it out");
    }
    Ok(promql)
}

/// A time that can be said.
fn moment(at: f64) -> Asked<f64> {
    if (0.0..=LAST_TIME).contains(&at) {
        return Ok(at);
    }
    misshapen(format!("{at} is no time"), "give milliseconds since 1970")
}

/// Milliseconds from one time to another.
fn span(from: f64, to: f64) -> Asked<f64> {
    let span = moment(to)? - moment(from)?;
    if span >= 0.0 { Ok(span) } else { misshapen("the range ends before it begins", "exchange the two") }
}

fn seconds(milliseconds: f64) -> String {
    format!("{:.3}", milliseconds / 1_000.0)
}

fn time_series(query: &CloudQuery) -> Asked<(ProjectId, String)> {
    let CloudQuery { project, filter, from, to, alignment_period_ms, aligner, reducer, group_by } = query;
    let Ok(project) = ProjectId::parse(project) else {
        return misshapen("it names no project", "name one by its id, e.g. acme-staging");
    };
    span(*from, *to)?;
    if filter.len() > FILTER_BYTES {
        return misshapen("the filter is longer than 2 KiB", "ask for less at once");
    }
    if *alignment_period_ms < 60_000 || !alignment_period_ms.is_multiple_of(1_000) {
        return misshapen(
            format!("{alignment_period_ms} ms is no alignment period"),
            "give whole seconds, a minute at least",
        );
    }
    let is_word = |text: &String| {
        let part = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
        (1..=WORD_BYTES).contains(&text.len()) && text.bytes().all(part)
    };
    if !is_word(aligner) || !reducer.as_ref().is_none_or(is_word) {
        return misshapen("it names no aligner or reducer", "write e.g. ALIGN_RATE and REDUCE_SUM");
    }
    if group_by.len() > MOST_GROUPS || group_by.iter().any(|field| field.is_empty() || field.len() > WORD_BYTES) {
        return misshapen(
            format!("more than {MOST_GROUPS} fields to group by, or one of more than {WORD_BYTES} bytes"),
            "group by less",
        );
    }
    let mut form = Serializer::new(String::new());
    form.append_pair("filter", filter)
        .append_pair("interval.startTime", &rfc3339(*from)?)
        .append_pair("interval.endTime", &rfc3339(*to)?)
        .append_pair("aggregation.alignmentPeriod", &format!("{}s", alignment_period_ms / 1_000))
        .append_pair("aggregation.perSeriesAligner", aligner);
    if let Some(reducer) = reducer {
        form.append_pair("aggregation.crossSeriesReducer", reducer);
    }
    form.extend_pairs(group_by.iter().map(|field| ("aggregation.groupByFields", field)));
    let form = form.append_pair("view", "FULL").append_pair("pageSize", PAGE_SIZE).finish();
    let path = format!("/v3/projects/{project}/timeSeries?{form}");
    Ok((project, path))
}

fn rfc3339(at: f64) -> Asked<String> {
    // A whole number of milliseconds, below that of the year 9999.
    let nanos = (at.round() as i128) * 1_000_000;
    let text = OffsetDateTime::from_unix_timestamp_nanos(nanos).ok().and_then(|time| time.format(&Rfc3339).ok());
    text.map_or_else(|| misshapen(format!("{at} is no time"), "give milliseconds since 1970"), Ok)
}

#[cfg(test)]
#[path = "ask_tests.rs"]
mod tests;
