use super::*;
use crate::bounds::MOST_LABELS;

fn labels(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn said(body: &str) -> Result<Answer, String> {
    read(body.as_bytes()).map_err(|why| why.to_string())
}

fn data(kind: &str, result: &str) -> String {
    format!(r#"{{"status":"success","data":{{"resultType":"{kind}","result":{result}}}}}"#)
}

#[test]
fn a_vector_a_matrix_and_a_scalar_are_series() {
    let vector = r#"[{"metric":{"__name__":"up","job":"a\"b"},"value":[1700000000.781,"1"]},{"metric":{},"value":[1700000000,"NaN"]}]"#;
    let answer = said(&data("vector", vector)).unwrap();
    assert_eq!(answer.series[0].labels, labels(&[("__name__", "up"), ("job", "a\"b")]));
    assert_eq!(answer.series[0].samples, [Sample { at: 1_700_000_000_781.0, value: 1.0 }]);
    assert!(answer.series[1].samples[0].value.is_nan());
    let matrix = r#"[{"metric":{},"values":[[1,"+Inf"],[2,"-Inf"],[3.5,"1e-3"]]}]"#;
    let samples = said(&data("matrix", matrix)).unwrap().series.remove(0).samples;
    let shown: Vec<(f64, f64)> = samples.into_iter().map(|sample| (sample.at, sample.value)).collect();
    assert_eq!(shown, [(1_000.0, f64::INFINITY), (2_000.0, f64::NEG_INFINITY), (3_500.0, 0.001)]);
    assert_eq!(said(&data("scalar", r#"[1.5,"42"]"#)).unwrap().newest(), Some(1_500.0));
    assert_eq!(said(&data("vector", "[]")).unwrap(), Answer::default(), "none is an answer");
}

#[test]
fn what_the_server_says_against_its_answer_is_told() {
    let body = r#"{"status":"success","warnings":["a store is away"],"infos":["is it a counter?"],"data":{"resultType":"vector","result":[]}}"#;
    let answer = said(body).unwrap();
    assert_eq!(
        (answer.warnings, answer.infos),
        (vec!["a store is away".to_owned()], vec!["is it a counter?".to_owned()])
    );
}

#[test]
fn what_is_no_answer_is_an_error() {
    let many: Vec<String> = (0..=MOST_LABELS).map(|n| format!("\"l{n}\":\"\"")).collect();
    let many = format!(r#"[{{"metric":{{{}}},"value":[1,"1"]}}]"#, many.join(","));
    for (body, why) in [
        ("", "no answer of the API"),
        ("<html>all is well</html>", "no answer of the API"),
        ("{}", "no answer of the API"),
        ("[]", "no answer of the API"),
        (r#"{"status":"success"}"#, "a success without data"),
        (
            r#"{"status":"error","errorType":"bad_data","error":"parse error"}"#,
            "the query failed: bad_data: parse error",
        ),
        (&data("string", r#"[1,"a text"]"#), "gives a text"),
        (&data("vector", r#"[1,"1"]"#), "its result is of another"),
        (&data("scalar", "[]"), "its result is of another"),
        (&data("scalar", r#"[1,"x"]"#), "its result is of another"),
        (&data("scalar", "[1]"), "two parts"),
        (&data("scalar", r#"[1,"1",2]"#), "two parts"),
        (&data("matrix", r#"[{"metric":{},"value":[1,"1"]}]"#), "no samples of its kind"),
        (&data("vector", r#"[{"metric":{},"values":[[1,"1"]]}]"#), "no samples of its kind"),
        (&data("vector", r#"[{"metric":{},"histogram":[1,{}]}]"#), "native histograms"),
        (&data("vector", r#"[{"metric":{},"value":[1,"one"]}]"#), "`one` is no number"),
        (&data("vector", r#"[{"metric":{},"value":[1]}]"#), "no answer of the API"),
        (&data("vector", r#"[{"metric":{"a":"1","a":"2"},"value":[1,"1"]}]"#), "stands there twice"),
        (&data("vector", r#"[{"metric":{},"value":[1,"1"]},2]"#), "mixed"),
        (&data("matrix", r#"[{"metric":{},"values":[[2,"1"],[1,"1"]]}]"#), "not in the order"),
        (&data("vector", &many), "more than 64 labels"),
        (&format!("{} x", data("vector", "[]")), "no answer of the API"),
    ] {
        let said = said(body).unwrap_err();
        assert!(said.contains(why), "{body}: {said}");
    }
}

#[test]
fn too_many_series_are_an_error() {
    let one = r#"{"metric":{},"value":[1,"1"]}"#;
    let many = |count| data("vector", &format!("[{}]", vec![one; count].join(",")));
    assert_eq!(said(&many(10_000)).unwrap().series.len(), 10_000);
    assert!(matches!(read(many(10_001).as_bytes()), Err(Unread::TooLarge(_))));
}

#[test]
fn too_many_labels_in_all_are_an_error() {
    let many = |labels: usize| {
        let labels: Vec<String> = (0..labels).map(|n| format!("\"l{n}\":\"\"")).collect();
        let one = format!(r#"{{"metric":{{{}}},"value":[1,"1"]}}"#, labels.join(","));
        data("vector", &format!("[{}]", vec![one; 10_000].join(",")))
    };
    assert_eq!(said(&many(50)).unwrap().series.len(), 10_000);
    let why = read(many(51).as_bytes());
    assert!(matches!(why, Err(Unread::TooLarge(why)) if why.contains("510000 labels, of at most 500000")));
}

#[test]
fn an_error_says_what_is_wrong_with_the_query() {
    let body = br#"{"status":"error","errorType":"bad_data","error":"1:3: parse error"}"#;
    assert_eq!(error(body).as_deref(), Some("bad_data: 1:3: parse error"));
    assert_eq!(error(b"<html>"), None);
}
