//! Answers of `projects.timeSeries.list` of Google Cloud Monitoring
//! (<https://cloud.google.com/monitoring/api/ref_v3/rest/v3/projects.timeSeries/list>), read once and to their end.

use serde::Deserialize;
use serde_json::Value;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::{
    Answer, Sample, Series, Unread,
    bounds::MOST_LABELS,
    labels::{self, Labelled, Labels},
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Listed {
    #[serde(default)]
    time_series: labels::Listed<TimeSeries>,
    #[serde(default)]
    next_page_token: String,
    #[serde(default)]
    execution_errors: Vec<Failure>,
    /// Regions whose part of the answer may be missing.
    #[serde(default)]
    unreachable: Vec<String>,
}

#[derive(Deserialize)]
struct TimeSeries {
    #[serde(default)]
    metric: Named,
    #[serde(default)]
    resource: Named,
    #[serde(default)]
    points: Vec<Point>,
}

#[derive(Default, Deserialize)]
struct Named {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    labels: Labels,
}

impl Labelled for TimeSeries {
    fn labels(&self) -> usize {
        self.metric.labels.0.len() + self.resource.labels.0.len()
    }
}

#[derive(Deserialize)]
struct Point {
    interval: Interval,
    value: Number,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Interval {
    end_time: String,
}

/// One of several kinds. Of the others only their being there is known.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Number {
    double_value: Option<Value>,
    int64_value: Option<String>,
    bool_value: Option<bool>,
}

#[derive(Deserialize)]
struct Failure {
    #[serde(default)]
    message: String,
}

/// Reads the one page of an answer. More pages are an error: the first would be read as the whole.
pub(crate) fn read(body: &[u8]) -> Result<Answer, Unread> {
    // An object without any of the fields is an answer without series, and a list is no object.
    if body.trim_ascii_start().first() != Some(&b'{') {
        return Err(Unread::Unreadable("it is no answer of Cloud Monitoring: it is no object".into()));
    }
    let listed: Listed = serde_json::from_slice(body)
        .map_err(|error| Unread::Unreadable(format!("it is no answer of Cloud Monitoring: {error}")))?;
    if !listed.next_page_token.is_empty() {
        let why = "the answer has more than one page; ask for a shorter time, a longer alignment, or fewer series";
        return Err(Unread::TooLarge(why.into()));
    }
    let series = listed.time_series.whole()?.into_iter().map(series).collect::<Result<_, _>>()?;
    let away = listed.unreachable.into_iter().map(|region| format!("{region} was unreachable"));
    let warnings = listed.execution_errors.into_iter().map(|failure| failure.message).chain(away).collect();
    Answer { series, warnings, infos: vec![] }.checked()
}

fn series(listed: TimeSeries) -> Result<Series, Unread> {
    let TimeSeries { metric, resource, points } = listed;
    let mut labels = Vec::new();
    if !metric.kind.is_empty() {
        labels.push(("__name__".to_owned(), metric.kind));
    }
    if !resource.kind.is_empty() {
        labels.push(("resource_type".to_owned(), resource.kind));
    }
    for (prefix, Labels(pairs)) in [("metric", metric.labels), ("resource", resource.labels)] {
        labels.extend(pairs.into_iter().map(|(name, value)| (format!("{prefix}.{name}"), value)));
    }
    if labels.len() > MOST_LABELS {
        return Err(Unread::Unreadable(format!("a series has more than {MOST_LABELS} labels")));
    }
    let mut samples = points.iter().map(sample).collect::<Result<Vec<_>, _>>()?;
    // They come with the newest first.
    samples.reverse();
    Ok(Series { labels, samples })
}

fn sample(point: &Point) -> Result<Sample, Unread> {
    let unreadable = Unread::Unreadable;
    let text = &point.interval.end_time;
    let at = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| unreadable(format!("`{text}` is no time")))?;
    let value = match &point.value {
        Number { double_value: Some(Value::Number(number)), .. } => number.as_f64(),
        // JSON has no such numbers, so they are texts: `NaN`, `Infinity`.
        Number { double_value: Some(Value::String(text)), .. } => text.parse().ok(),
        Number { int64_value: Some(text), .. } => text.parse::<i64>().ok().map(|value| value as f64),
        Number { bool_value: Some(value), .. } => Some(f64::from(*value)),
        _ => None,
    };
    let value = value.ok_or_else(|| {
        unreadable(
            "a point is no number; choose an aligner that makes one of a distribution, e.g. ALIGN_PERCENTILE_99".into(),
        )
    })?;
    Ok(Sample { at: (at.unix_timestamp_nanos() / 1_000_000) as f64, value })
}

/// What an answer with an error status says, if it is one of the API.
pub(crate) fn error(body: &[u8]) -> Option<String> {
    let answer: Value = serde_json::from_slice(body).ok()?;
    let error = answer.get("error")?;
    let text = |name: &str| error.get(name).and_then(Value::as_str).unwrap_or_default();
    Some(format!("{}: {}", text("status"), text("message")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(value: &str) -> String {
        format!(
            r#"{{"timeSeries":[{{"metric":{{"type":"run.googleapis.com/request_count","labels":{{"response_code_class":"5xx"}}}},
            "resource":{{"type":"cloud_run_revision","labels":{{"revision_name":"api-1"}}}},"metricKind":"DELTA","valueType":"INT64",
            "points":[{{"interval":{{"startTime":"2026-01-01T00:01:00Z","endTime":"2026-01-01T00:02:00Z"}},"value":{{"int64Value":"7"}}}},
            {{"interval":{{"startTime":"2026-01-01T00:00:00Z","endTime":"2026-01-01T00:01:00.500Z"}},"value":{value}}}]}}],"unit":"1"}}"#
        )
    }

    fn said(body: &str) -> Result<Answer, String> {
        read(body.as_bytes()).map_err(|why| why.to_string())
    }

    #[test]
    fn points_are_samples_from_the_oldest_on() {
        let answer = said(&body(r#"{"doubleValue":1.5}"#)).unwrap();
        let shown: Vec<(&str, &str)> = answer.series[0].labels.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        assert_eq!(
            shown,
            [
                ("__name__", "run.googleapis.com/request_count"),
                ("resource_type", "cloud_run_revision"),
                ("metric.response_code_class", "5xx"),
                ("resource.revision_name", "api-1"),
            ]
        );
        let samples: Vec<(f64, f64)> = answer.series[0].samples.iter().map(|s| (s.at, s.value)).collect();
        assert_eq!(samples, [(1_767_225_660_500.0, 1.5), (1_767_225_720_000.0, 7.0)]);
        let of = |value| said(&body(value)).unwrap().series[0].samples[0].value;
        assert_eq!((of(r#"{"boolValue":true}"#), of(r#"{"doubleValue":"Infinity"}"#)), (1.0, f64::INFINITY));
        assert_eq!(said("{}").unwrap(), Answer::default(), "none is an answer");
    }

    #[test]
    fn what_is_no_answer_is_an_error() {
        for (body, why) in [
            ("", "no answer of Cloud Monitoring"),
            ("<html>", "no answer of Cloud Monitoring"),
            ("[]", "no answer of Cloud Monitoring"),
            (&body(r#"{"distributionValue":{"count":"3"}}"#), "ALIGN_PERCENTILE_99"),
            (&body(r#"{"int64Value":"many"}"#), "no number"),
            (&body(r#"{"doubleValue":1}"#).replace("00:02:00Z", "noon"), "`2026-01-01Tnoon` is no time"),
            (&body(r#"{"doubleValue":1}"#).replace("00:02:00Z", "00:00:30Z"), "not in the order"),
            (&body(r#"{"doubleValue":1}"#).replace(r#""unit":"1""#, r#""nextPageToken":"x""#), "more than one page"),
        ] {
            let said = said(body).unwrap_err();
            assert!(said.contains(why), "{body}: {said}");
        }
    }

    #[test]
    fn more_labels_than_an_answer_may_have_are_an_error() {
        let named = |count: usize| {
            let labels: Vec<String> = (0..count).map(|n| format!(r#""l{n}":"""#)).collect();
            format!(r#"{{"labels":{{{}}}}}"#, labels.join(","))
        };
        let one = |metric, resource| format!(r#"{{"metric":{},"resource":{}}}"#, named(metric), named(resource));
        let many = |one: String| format!(r#"{{"timeSeries":[{}]}}"#, vec![one; 10_000].join(","));
        assert_eq!(said(&many(one(20, 30))).unwrap().series.len(), 10_000);
        let why = read(many(one(21, 30)).as_bytes());
        assert!(matches!(why, Err(Unread::TooLarge(why)) if why.contains("510000 labels, of at most 500000")));
        let wide = format!(r#"{{"timeSeries":[{}]}}"#, one(32, 33));
        assert!(matches!(read(wide.as_bytes()), Err(Unread::Unreadable(why)) if why.contains("more than 64 labels")));
    }

    #[test]
    fn what_the_server_says_against_its_answer_is_told() {
        let answer = said(r#"{"executionErrors":[{"code":13,"message":"a zone is away"}]}"#).unwrap();
        assert_eq!(answer.warnings, ["a zone is away"]);
        // The series that are there look like all.
        let listed = body(r#"{"doubleValue":1}"#).replace(r#""unit""#, r#""unreachable":["us-east1"],"unit""#);
        assert_eq!(said(&listed).unwrap().warnings, ["us-east1 was unreachable"]);
        let refused = br#"{"error":{"code":403,"message":"Permission denied.","status":"PERMISSION_DENIED"}}"#;
        assert_eq!(error(refused).as_deref(), Some("PERMISSION_DENIED: Permission denied."));
        assert_eq!(error(b"{}"), None);
    }
}
