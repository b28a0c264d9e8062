//! What comes of answers: of good ones, of those that say that something is wrong, and of those that are none.

use holdpoint_cap_metrics::{CloudQuery, Question, Source};
use holdpoint_model::CallError;

use crate::{
    phase::{NOW, ask, query, scrape, source},
    server::{Server, answer},
};

const JSON: &str = "application/json";

fn vector(items: &str) -> Vec<u8> {
    let body = format!(r#"{{"status":"success","data":{{"resultType":"vector","result":[{items}]}}}}"#);
    answer("200 OK", JSON, body.as_bytes())
}

/// What an answer comes to, if it is an error.
async fn error(bytes: Vec<u8>, question: Question) -> CallError {
    let server = Server::answering(bytes).await;
    ask(server.address, source(), question).await.unwrap_err()
}

async fn failed(bytes: Vec<u8>, question: Question) -> String {
    match error(bytes, question).await {
        CallError::Failed(why) => why,
        other => panic!("it should have failed: {other:?}"),
    }
}

async fn exhausted(bytes: Vec<u8>, question: Question) -> String {
    match error(bytes, question).await {
        CallError::Exhausted(why) => why,
        other => panic!("it should be too large: {other:?}"),
    }
}

#[tokio::test]
async fn a_query_goes_below_the_services_url_with_its_credential() {
    let server = Server::answering(vector(r#"{"metric":{"key":"the-real-key"},"value":[1767225540,"1"]}"#)).await;
    let source = Source { secret: Some("KEY".into()), ..source() };
    let response = ask(server.address, source, query()).await.unwrap();
    let answer = response.answer(&query()).unwrap();
    assert_eq!((answer.newest(), response.received), (Some(NOW - 60_000.0), NOW), "how old it is follows from both");
    assert_eq!(answer.series[0].labels, [("key".to_owned(), "$KEY".to_owned())], "an answer is scrubbed");
    let seen = server.seen().remove(0).to_ascii_lowercase();
    assert!(seen.starts_with("post /base/api/v1/query http/1.1\r\n"), "{seen}");
    assert!(seen.contains("\r\nauthorization: bearer the-real-key\r\n"), "{seen}");
    assert!(seen.ends_with("\r\n\r\nquery=up"), "{seen}");
}

#[tokio::test]
async fn a_credential_that_is_not_for_the_service_is_denied_and_not_sent() {
    let server = Server::answering(vector("")).await;
    let of = |name: &str| Source { secret: Some(name.into()), ..source() };
    let denied = ask(server.address, of("OTHER"), query()).await.unwrap_err();
    assert!(matches!(denied, CallError::Denied(_)), "{denied:?}");
    let missing = ask(server.address, of("LOST"), query()).await.unwrap_err();
    assert!(matches!(&missing, CallError::Failed(why) if why.contains("no value for secret LOST")), "{missing:?}");
    assert_eq!(server.seen(), [""; 0]);
}

#[tokio::test]
async fn a_page_is_read_in_either_format() {
    let open = "# TYPE a counter\na_total 1\n# EOF\n";
    for (kind, body, families) in
        [("text/plain; version=0.0.4", "a_total 1\n", 1), ("application/openmetrics-text; version=1.0.0", open, 1)]
    {
        let server = Server::answering(answer("200 OK", kind, body.as_bytes())).await;
        let page = ask(server.address, source(), scrape()).await.unwrap().page().unwrap();
        assert_eq!(page.families.len(), families);
        let seen = server.seen().remove(0).to_ascii_lowercase();
        assert!(seen.starts_with("get /base/metrics http/1.1\r\n") && seen.contains("openmetrics-text"), "{seen}");
    }
}

fn cloud() -> Question {
    Question::Series(CloudQuery {
        project: "acme-staging".into(),
        filter: "metric.type = \"x\"".into(),
        from: NOW - 600_000.0,
        to: NOW,
        alignment_period_ms: 60_000,
        aligner: "ALIGN_RATE".into(),
        reducer: None,
        group_by: vec![],
    })
}

#[tokio::test]
async fn time_series_of_a_project_are_asked_for() {
    let query = cloud();
    let body =
        br#"{"timeSeries":[{"points":[{"interval":{"endTime":"2026-01-01T00:00:00Z"},"value":{"doubleValue":2}}]}]}"#;
    let server = Server::answering(answer("200 OK", JSON, body)).await;
    let response = ask(server.address, source(), query.clone()).await.unwrap();
    assert_eq!(response.answer(&query).unwrap().newest(), Some(NOW));
    assert!(server.seen()[0].starts_with("GET /base/v3/projects/acme-staging/timeSeries?filter="));
    let refused = br#"{"error":{"code":403,"message":"not yours","status":"PERMISSION_DENIED"}}"#;
    let said = failed(answer("403 Forbidden", JSON, refused), query.clone()).await;
    assert!(said.contains("status 403: PERMISSION_DENIED: not yours"), "{said}");
    let more = br#"{"timeSeries":[],"nextPageToken":"x"}"#;
    assert!(exhausted(answer("200 OK", JSON, more), query).await.contains("more than one page"));
}

#[tokio::test]
async fn a_query_that_is_wrong_fails_with_the_words_of_the_server() {
    let body = br#"{"status":"error","errorType":"bad_data","error":"1:3: parse error"}"#;
    for status in ["400 Bad Request", "422 Unprocessable Entity"] {
        let said = failed(answer(status, JSON, body), query()).await;
        assert!(said.contains(&status[..3]) && said.contains("bad_data: 1:3: parse error"), "{said}");
    }
    // Nor is it an answer if it says so with status 200.
    assert!(failed(answer("200 OK", JSON, body), query()).await.contains("the query failed: bad_data"));
}

#[tokio::test]
async fn a_server_that_wants_a_credential_or_is_elsewhere_is_no_answer() {
    let said = failed(answer("401 Unauthorized", "text/plain", b"who\r\nare you?\n"), query()).await;
    assert_eq!(said, "query prometheus up: status 401: who  are you?");
    assert!(failed(answer("302 Found", "text/html", b""), query()).await.ends_with("status 302"));
    assert!(failed(answer("204 No Content", JSON, b""), scrape()).await.ends_with("status 204"));
    let long = "x".repeat(10_000);
    assert!(failed(answer("500 Oops", "text/plain", long.as_bytes()), scrape()).await.len() < 600);
}

#[tokio::test]
async fn a_secret_across_the_place_where_words_are_cut_is_found() {
    let echo = |before: usize| format!("{}the-real-key and more", "x".repeat(before));
    let of_the_api = format!(r#"{{"status":"error","errorType":"bad_data","error":"{}"}}"#, echo(484));
    let of_the_cloud = format!(r#"{{"error":{{"status":"INTERNAL","message":"{}"}}}}"#, echo(484));
    for (body, question) in
        [(echo(494), scrape()), (echo(494), query()), (of_the_api, query()), (of_the_cloud, cloud())]
    {
        let said = failed(answer("500 Oops", "text/plain", body.as_bytes()), question).await;
        assert!(said.ends_with("xxx$KEY a"), "{said}");
    }
}

#[tokio::test]
async fn garbage_with_status_200_is_no_answer() {
    for body in ["", "<html>all is well</html>", "{}", "null", "{\"status\":\"success\""] {
        let said = failed(answer("200 OK", JSON, body.as_bytes()), query()).await;
        assert!(said.contains("no answer of the API of Prometheus"), "{body}: {said}");
        let said = failed(answer("200 OK", "text/plain", body.as_bytes()), scrape()).await;
        assert!(said.contains("page"), "{body}: {said}");
    }
    let page = answer("200 OK", "text/html", b"up 1\n");
    assert!(failed(page, scrape()).await.contains("which is no page of metrics"));
    let cut = answer("200 OK", "application/openmetrics-text", b"up 1\n");
    assert!(failed(cut, scrape()).await.contains("so it is not whole"));
}

#[tokio::test]
async fn more_than_a_bound_is_too_large_and_never_cut() {
    let one = r#"{"metric":{},"value":[1,"1"]}"#;
    let said = exhausted(vector(&vec![one; 10_001].join(",")), query()).await;
    assert!(said.contains("10001 series, of at most 10000"), "{said}");
    let large = format!("up 1\n# {}\n", "x".repeat(8 << 20));
    let said = exhausted(answer("200 OK", "text/plain", large.as_bytes()), scrape()).await;
    assert!(said.contains("larger than 8 MiB"), "{said}");
}
