use super::*;
use crate::Unread;

const OPEN: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

fn text(page: &str) -> Result<Page, String> {
    read(Some("text/plain; version=0.0.4"), page.as_bytes()).map_err(|why| why.to_string())
}

fn open(page: &str) -> Result<Page, String> {
    read(Some(OPEN), page.as_bytes()).map_err(|why| why.to_string())
}

fn pairs(labels: &[(&str, &str)]) -> Vec<(String, String)> {
    labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn a_page_in_the_text_format_is_read_with_its_families() {
    let page = text(
        "# HELP http_requests_total The total\\nof \\\\ requests.\n# TYPE http_requests_total counter\n\
         http_requests_total{method=\"post\",path=\"a\\\"b\\n\\\\\"} 1027 1395066363000\nhttp_requests_total {method=\"get\",} 3\n\n\
         # just a comment\n\tup NaN\n# TYPE latency histogram\nlatency_bucket{le=\"+Inf\"} 2\nlatency_sum 1.5e1\nlatency_count 2\n\
         # TYPE rpc summary\nrpc{quantile=\"0.5\"} -Inf -7\nrpc_sum +Inf\n# HELP unseen nobody\n# TYPE odd untyped\nodd 0.25\n",
    )
    .unwrap();
    let named: Vec<(&str, Kind, usize)> =
        page.families.iter().map(|family| (family.name.as_str(), family.kind, family.samples.len())).collect();
    assert_eq!(
        named,
        [
            ("http_requests_total", Kind::Counter, 2),
            ("up", Kind::Unknown, 1),
            ("latency", Kind::Histogram, 3),
            ("rpc", Kind::Summary, 2),
            ("odd", Kind::Unknown, 1),
        ]
    );
    let requests = &page.families[0];
    assert_eq!(requests.help, "The total\nof \\ requests.");
    assert_eq!(requests.samples[0].labels, pairs(&[("method", "post"), ("path", "a\"b\n\\")]));
    assert_eq!((requests.samples[0].value, requests.samples[0].at), (1027.0, Some(1_395_066_363_000.0)));
    assert!(page.families[1].samples[0].value.is_nan());
    assert_eq!(page.families[3].samples[0].at, Some(-7.0));
    assert_eq!(page.newest(), Some(1_395_066_363_000.0));
}

#[test]
fn a_page_in_open_metrics_is_read_with_its_families() {
    let page = open(
        "# TYPE requests counter\n# UNIT requests seconds\n# HELP requests Say \\\"how many\\\".\n\
         requests_total{code=\"200\"} 17.0 1520879607.789 # {trace_id=\"a b\"} 0.67 1520879607\nrequests_created{code=\"200\"} 1\n\
         # TYPE build info\nbuild_info{version=\"1\"} 1\n# TYPE state stateset\nstate{state=\"a\"} 1\n\
         # TYPE size gaugehistogram\nsize_bucket{le=\"+Inf\"} 4 # {} 1\nsize_gcount 4\nsize_gsum 2\nrequests_other 1\n# EOF\n",
    )
    .unwrap();
    let named: Vec<(&str, Kind, usize)> =
        page.families.iter().map(|family| (family.name.as_str(), family.kind, family.samples.len())).collect();
    assert_eq!(
        named,
        [
            ("requests", Kind::Counter, 2),
            ("build", Kind::Info, 1),
            ("state", Kind::StateSet, 1),
            ("size", Kind::GaugeHistogram, 3),
            ("requests_other", Kind::Unknown, 1),
        ]
    );
    assert_eq!((page.families[0].unit.as_str(), page.families[0].help.as_str()), ("seconds", "Say \"how many\"."));
    assert_eq!(page.families[0].samples[0].at, Some(1_520_879_607_789.0));
    assert_eq!(open("up 1\n# EOF").unwrap().families.len(), 1, "the last line need not end");
}

#[test]
fn a_page_that_can_not_be_read_to_its_end_is_an_error_with_its_place() {
    for (page, why) in [
        ("", "has no sample"),
        ("# HELP up all is well\n", "has no sample"),
        ("<html>all is well</html>", "line 1 of the page: it does not begin with the name"),
        ("{\"status\": \"ok\"}", "line 1 of the page: it does not begin with the name"),
        ("up 1\nup{a=\"b\"", "line 2 of the page: its labels are not divided"),
        ("up 1\nup{a=\"b", "the value of a label does not end"),
        ("up{a} 1", "its labels do not end"),
        ("up{a=b} 1", "a label has no value"),
        ("up{1=\"b\"} 1", "a label has no name"),
        ("up{a:b=\"b\"} 1", "a label has no name"),
        ("up{a=\"b\" c=\"d\"} 1", "not divided by commas"),
        ("up{a=\"b\",a=\"c\"} 1", "a label stands there twice"),
        ("up{a=\"\\x\"} 1", "an escape that there is not"),
        ("up{a=\"b\"}", "it has no value"),
        ("up one", "its value is no number"),
        ("up 1 noon", "its time is no number"),
        ("up 1 1.5", "its time is no number"),
        ("up 1 2 3", "more stands there"),
        ("up 1 2 # {} 1", "more stands there"),
        ("1up 1", "does not begin with the name"),
        ("up", "it is no sample"),
        ("up 1\nup 1", "line 2 of the page: the sample stands there twice"),
        ("up{a=\"1\",b=\"2\"} 1\nup{b=\"2\",a=\"1\"} 1", "stands there twice"),
        ("up 1 5\nup 1 5", "stands there twice"),
        ("# TYPE up gauge\n# TYPE up gauge\nup 1", "it was said before"),
        ("up 1\n# TYPE up gauge", "behind samples of its metric"),
        ("# TYPE up number\nup 1", "no type of a metric"),
        ("# TYPE up histogram\nup 1", "line 2 of the page: its name is none of a sample of its metric's type"),
        ("# TYPE up info\nup 1", "no type of a metric"),
        ("# TYPE 1up gauge\nup 1", "no name of a metric"),
        ("# HELP", "it names no metric"),
        ("# HELP up \\\"\nup 1", "an escape that there is not"),
    ] {
        let said = text(page).unwrap_err();
        assert!(said.contains(why), "{page}: {said}");
    }
    for (page, why) in [
        ("up 1\n", "no `# EOF`"),
        ("# EOF\n", "has no sample"),
        ("up 1\n# EOF\nup 2\n", "line 3 of the page: it stands behind the end"),
        ("up 1\n\n# EOF\n", "line 2 of the page: it is empty"),
        ("# a comment\nup 1\n# EOF\n", "none of HELP, TYPE, UNIT and EOF"),
        ("up 1 2 # trace 1\n# EOF\n", "its exemplar has no labels"),
        ("up 1 2 # {a=\"b\"}\n# EOF\n", "its exemplar has no value"),
        ("up 1 2 # {a=\"b\"} 1 2 3\n# EOF\n", "more stands there than an exemplar has"),
        ("up 1 NaN\n# EOF\n", "its time is no number"),
        ("# TYPE up untyped\nup 1\n# EOF\n", "no type of a metric"),
        ("# TYPE up counter\nup 1\n# EOF\n", "line 2 of the page: its name is none of a sample of its metric's type"),
        ("# TYPE up info\nup 1\n# EOF\n", "none of a sample of its metric's type"),
        ("# TYPE up gaugehistogram\nup_bucket 1\nup 1\n# EOF\n", "line 3 of the page: its name is none"),
    ] {
        let said = open(page).unwrap_err();
        assert!(said.contains(why), "{page}: {said}");
    }
    assert!(read(None, b"up{a=\"\xff\"} 1").unwrap_err().to_string().contains("no UTF-8"));
}

#[test]
fn every_type_is_read_by_its_word() {
    for (kind, suffix) in [
        (Kind::Counter, "_total"),
        (Kind::Gauge, ""),
        (Kind::Histogram, "_count"),
        (Kind::GaugeHistogram, "_gcount"),
        (Kind::Summary, "_count"),
        (Kind::Info, "_info"),
        (Kind::StateSet, ""),
        (Kind::Unknown, ""),
    ] {
        let page = open(&format!("# TYPE up {}\nup{suffix} 1\n# EOF\n", kind.word())).unwrap();
        assert_eq!(page.families[0].kind, kind);
    }
}

#[test]
fn what_says_that_it_is_something_else_is_not_read() {
    for other in ["text/html; charset=utf-8", "application/json", "application/vnd.google.protobuf", ""] {
        let said = read(Some(other), b"up 1\n").unwrap_err().to_string();
        assert!(said.contains("no page of metrics"), "{other}: {said}");
    }
    assert_eq!(read(None, b"up 1\n").unwrap().format, Format::Text);
    assert_eq!(read(Some("Text/Plain"), b"up 1\n").unwrap().format, Format::Text);
}

#[test]
fn more_than_a_bound_is_an_error_and_never_cut() {
    let labels = |count: usize| {
        let labels: Vec<String> = (0..count).map(|n| format!("l{n}=\"\"")).collect();
        text(&format!("up{{{}}} 1\n", labels.join(",")))
    };
    assert!(labels(64).is_ok());
    assert!(labels(65).unwrap_err().contains("more than 64 labels"));
    let samples = |count: usize| (0..count).map(|n| format!("a{{n=\"{n}\"}} 1\n")).collect::<String>();
    assert!(text(&samples(200_000)).is_ok());
    assert!(matches!(read(None, samples(200_001).as_bytes()), Err(Unread::TooLarge(_))));
    let labelled = |labels: usize| {
        let labels: String = (1..labels).map(|n| format!(",l{n}=\"\"")).collect();
        (0..10_000).map(|n| format!("a{{l0=\"{n}\"{labels}}} 1\n")).collect::<String>()
    };
    assert!(text(&labelled(50)).is_ok());
    assert!(
        matches!(read(None, (labelled(50) + "a{b=\"\"} 1\n").as_bytes()), Err(Unread::TooLarge(why)) if why.contains("500001 labels"))
    );
    let families = |count: usize| (0..count).map(|n| format!("a{n} 1\n")).collect::<String>();
    assert!(text(&families(10_000)).is_ok());
    assert!(matches!(read(None, families(10_001).as_bytes()), Err(Unread::TooLarge(_))));
    let described = (0..10_001).map(|n| format!("# HELP a{n} x\n")).collect::<String>();
    assert!(matches!(read(None, described.as_bytes()), Err(Unread::TooLarge(_))), "also what has no samples");
}
