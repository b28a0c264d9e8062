use super::*;
use crate::Source;

const AT: f64 = 1_767_225_600_000.0;

fn of(question: Question) -> Request {
    Request { source: Source::of("prometheus"), question }
}

fn query(promql: &str) -> Request {
    of(Question::Query { promql: promql.into(), at: None })
}

fn range(from: f64, to: f64, step_ms: u32) -> Request {
    of(Question::Range { promql: "up".into(), from, to, step_ms })
}

fn cloud() -> CloudQuery {
    CloudQuery {
        project: "acme-staging".into(),
        filter: "metric.type = \"run.googleapis.com/request_count\"".into(),
        from: AT,
        to: AT + 600_500.0,
        alignment_period_ms: 60_000,
        aligner: "ALIGN_RATE".into(),
        reducer: Some("REDUCE_SUM".into()),
        group_by: vec!["resource.labels.revision_name".into()],
    }
}

fn reason(request: &Request) -> String {
    check(request).expect_err("should be refused").reason
}

fn sent(request: &Request) -> (String, String, String) {
    let (_, request) = check(request).unwrap();
    let Target::Service { path, .. } = request.target else { panic!("it goes to a service") };
    (request.method, path, String::from_utf8(request.body.bytes().to_vec()).unwrap())
}

#[test]
fn a_query_is_a_form() {
    let (method, path, body) = sent(&query("sum(rate(x{a=\"b&c\"}[5m]))"));
    assert_eq!((method.as_str(), path.as_str()), ("POST", "/api/v1/query"));
    assert_eq!(body, "query=sum%28rate%28x%7Ba%3D%22b%26c%22%7D%5B5m%5D%29%29");
    let at = of(Question::Query { promql: "up".into(), at: Some(AT + 5.0) });
    assert_eq!(sent(&at).2, "query=up&time=1767225600.005");
    let (_, path, body) = sent(&range(AT, AT + 60_000.0, 1_500));
    assert_eq!(
        (path.as_str(), body.as_str()),
        ("/api/v1/query_range", "query=up&start=1767225600.000&end=1767225660.000&step=1.500")
    );
}

#[test]
fn time_series_are_asked_for_whole() {
    let (method, path, _) = sent(&of(Question::Series(cloud())));
    assert_eq!(method, "GET");
    assert_eq!(
        path,
        "/v3/projects/acme-staging/timeSeries?filter=metric.type+%3D+%22run.googleapis.com%2Frequest_count%22\
         &interval.startTime=2026-01-01T00%3A00%3A00Z&interval.endTime=2026-01-01T00%3A10%3A00.5Z&aggregation.alignmentPeriod=60s\
         &aggregation.perSeriesAligner=ALIGN_RATE&aggregation.crossSeriesReducer=REDUCE_SUM\
         &aggregation.groupByFields=resource.labels.revision_name&view=FULL&pageSize=100000"
    );
}

#[test]
fn what_is_asked_has_bounds() {
    assert!(check(&query(&"x".repeat(16 << 10))).is_ok());
    assert!(reason(&query(&"x".repeat((16 << 10) + 1))).contains("longer than 16 KiB"));
    assert!(reason(&query(" \n")).contains("empty"));
    assert!(reason(&query("a\0b")).contains("a character that no query has"));
    for at in [-1.0, f64::NAN, f64::INFINITY, LAST_TIME + 1.0] {
        assert!(reason(&of(Question::Query { promql: "up".into(), at: Some(at) })).contains("is no time"), "{at}");
    }
    assert!(check(&range(AT, AT + 11_000.0, 1)).is_ok());
    assert!(reason(&range(AT, AT + 11_001.0, 1)).contains("more than 11000"));
    assert!(reason(&range(AT, AT, 0)).contains("more than 11000"));
    assert!(reason(&range(AT, AT - 1.0, 1)).contains("ends before it begins"));
    for timeout_ms in [0, 60_001] {
        let mut request = query("up");
        request.source.timeout_ms = timeout_ms;
        assert!(reason(&request).contains("time-out"));
    }
    assert!(reason(&Request { source: Source::of("a/b"), ..query("up") }).contains("no name"));
    for path in ["metrics", "//metrics", "/a/../b", "/a b", "http://other/metrics"] {
        check(&of(Question::Scrape { path: path.into() })).expect_err(path);
    }
}

#[test]
fn time_series_have_bounds() {
    let refused = |change: fn(&mut CloudQuery)| {
        let mut query = cloud();
        change(&mut query);
        reason(&of(Question::Series(query)))
    };
    assert!(refused(|query| query.project = "a/b".into()).contains("no project"));
    assert!(refused(|query| query.filter = "x".repeat(2_049)).contains("longer than 2 KiB"));
    assert!(refused(|query| query.to = 0.0).contains("ends before it begins"));
    assert!(refused(|query| query.from = f64::NAN).contains("is no time"));
    assert!(refused(|query| query.alignment_period_ms = 59_000).contains("no alignment period"));
    assert!(refused(|query| query.alignment_period_ms = 60_500).contains("no alignment period"));
    assert!(refused(|query| query.aligner = "align&x".into()).contains("no aligner"));
    assert!(refused(|query| query.aligner = String::new()).contains("no aligner"));
    assert!(refused(|query| query.reducer = Some("x".into())).contains("no aligner"));
    assert!(refused(|query| query.group_by = vec!["x".into(); 9]).contains("more than 8 fields"));
    assert!(refused(|query| query.group_by = vec!["x".repeat(129)]).contains("more than 128 bytes"));
    let mut widest = cloud();
    widest.filter = "\"".repeat(2_048);
    assert!(check(&of(Question::Series(widest))).is_ok(), "the longest filter fits into a URL");
}
