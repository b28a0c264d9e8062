//! Reports as runners write them, and as nobody should.

use proptest::prelude::*;

use super::*;

const PYTEST: &str = include_str!("samples/pytest.xml");
const NEXTEST: &str = include_str!("samples/nextest.xml");
const NODE: &str = include_str!("samples/node.tap");
const GO: &str = include_str!("samples/go.json");
const LIBTEST: &str = include_str!("samples/libtest.json");

fn read(format: Format, text: &str) -> Result<TestReport, ParseError> {
    parse(format, text.as_bytes())
}

/// The cases in short: outcome and name.
fn short(format: Format, text: &str) -> Vec<String> {
    let report = read(format, text).unwrap();
    report.cases.iter().map(|case| format!("{:?} {} {}", case.outcome, case.suite, case.name)).collect()
}

fn message<'a>(report: &'a TestReport, name: &str) -> &'a str {
    report.cases.iter().find(|case| case.name == name).unwrap().message.as_deref().unwrap_or_default()
}

fn refused(format: Format, text: &str, part: &str) {
    match read(format, text) {
        Err(error) => assert!(error.to_string().contains(part), "{error}"),
        Ok(report) => panic!("should be refused with {part:?}: {} cases", report.cases.len()),
    }
}

#[test]
fn reads_junit_of_pytest() {
    assert_eq!(
        short(Format::Junit, PYTEST),
        [
            "Pass test_sample test_pass",
            "Fail test_sample test_fail",
            "Error test_sample test_error",
            "Skipped test_sample test_skip",
            "Skipped test_sample test_xfail",
            "Pass test_sample test_param[\\xe9]",
            "Pass test_sample test_param[a b]",
        ]
    );
    let report = read(Format::Junit, PYTEST).unwrap();
    assert!(message(&report, "test_fail").starts_with("AssertionError: assert '<a>&b' == "), "{report:?}");
    assert!(message(&report, "test_fail").ends_with("test_sample.py:3: AssertionError"), "{report:?}");
    assert_eq!(message(&report, "test_skip"), "not here\n/tmp/exec-samples/test_sample.py:7: not here");
    assert_eq!(report.cases[1].seconds, Some(0.005));
    assert_eq!((report.count(Outcome::Pass), report.count(Outcome::Error)), (3, 1));
}

#[test]
fn reads_junit_of_nextest_where_a_case_passed_at_last() {
    assert_eq!(
        short(Format::Junit, NEXTEST),
        ["Pass nx tests::flaky", "Pass nx tests::passes", "Fail nx tests::fails"]
    );
    let report = read(Format::Junit, NEXTEST).unwrap();
    assert!(message(&report, "tests::flaky").contains("first"), "how it failed before it passed is kept");
    assert!(
        message(&report, "tests::fails").contains("assertion `left == right` failed: <&>\n  left: 1"),
        "{report:?}"
    );
}

#[test]
fn reads_junit_of_gotestsum_and_suites_within_suites() {
    let text = r#"<?xml version="1.0" encoding="UTF-8"?>
        <testsuites tests="3" failures="1" errors="0" time="0.1">
          <testsuite tests="2" failures="1" time="0.002000" name="example.com/a">
            <properties><property name="go.version" value="go1.23 linux/amd64"></property></properties>
            <testcase classname="example.com/a" name="TestA" time="0.000000"></testcase>
            <testcase classname="" name="TestB" time="1,234.5"><failure message="Failed" type=""><![CDATA[a <b> & c]]></failure></testcase>
            <testsuite name="inner" failures="1"><testcase name="deep"><system-out>x</system-out></testcase></testsuite>
          </testsuite>
          <testsuite name="broken" errors="1"><error message="setup"/></testsuite>
        </testsuites>"#;
    assert_eq!(
        short(Format::Junit, text),
        ["Pass example.com/a TestA", "Fail example.com/a TestB", "Pass inner deep", "Error broken broken"]
    );
    let report = read(Format::Junit, text).unwrap();
    assert_eq!((message(&report, "TestB"), report.cases[1].seconds), ("Failed\na <b> & c", Some(1_234.5)));
}

#[test]
fn reads_tap_of_node() {
    assert_eq!(
        short(Format::Tap, NODE),
        ["Pass  passes", "Fail  fails", "Skipped  skipped", "Skipped  later", "Fail  outer"],
        "an outer case stands for those within it"
    );
    let report = read(Format::Tap, NODE).unwrap();
    assert_eq!((message(&report, "fails"), message(&report, "skipped")), ("1 == 2", "not here"));
    assert_eq!(report.cases[0].seconds, Some(1.678288 / 1_000.0));
}

#[test]
fn reads_tap_as_perl_writes_it() {
    let text = "1..4\nok 1 - a \\# b\nprinted\nnot ok 2 c\n#   Failed test 'c'\n# at t.t line 3\nok\nnot ok 4 # skipped: no net\n# end\n";
    let report = read(Format::Tap, text).unwrap();
    assert_eq!(short(Format::Tap, text), ["Pass  a # b", "Fail  c", "Pass  ", "Skipped  "]);
    assert_eq!(message(&report, "c"), "Failed test 'c'\nat t.t line 3");
}

#[test]
fn reads_lines_of_go() {
    assert_eq!(
        short(Format::Json, GO),
        [
            "Pass example.com/a TestA",
            "Fail example.com/a TestB/sub",
            "Fail example.com/a TestB",
            "Skipped example.com/a TestC",
            "Error example.com/broken example.com/broken",
        ]
    );
    let report = read(Format::Json, GO).unwrap();
    assert!(message(&report, "TestB/sub").contains("a_test.go:9: got 1"), "{report:?}");
    assert!(message(&report, "example.com/broken").contains("[build failed]"), "{report:?}");
}

#[test]
fn reads_lines_of_libtest() {
    assert_eq!(
        short(Format::Json, LIBTEST),
        ["Fail  tests::fails", "Pass  tests::flaky", "Skipped  tests::ignored", "Pass  tests::passes"]
    );
}

#[test]
fn a_report_that_is_cut_off_is_none() {
    // Lines of Go do not say how many packages there are, so a cut between two of them can't be seen here.
    let package = &GO[..GO.find("{\"ImportPath\"").unwrap()];
    let whole = [(Format::Junit, PYTEST), (Format::Junit, NEXTEST), (Format::Json, LIBTEST), (Format::Json, package)];
    for (format, text) in whole {
        let whole = text.trim_end();
        for at in (0..whole.len()).filter(|at| whole.is_char_boundary(*at)) {
            let cut = read(format, &whole[..at]);
            // What has not said anything yet announces nothing.
            assert!(
                cut.as_ref().is_ok_and(|report| report.cases.is_empty()) || cut.is_err(),
                "{format:?} {at} {cut:?}"
            );
        }
    }
    for at in 0..NODE.find("\n1..5").unwrap() {
        assert!(read(Format::Tap, &NODE[..at]).is_err());
    }
    refused(Format::Tap, "1..2\nok 1\n", "it plans 2 cases and has 1");
    refused(Format::Tap, "1..1\nok 1\nBail out! no database\n", "gave up: no database");
}

#[test]
fn a_report_that_hides_what_it_declares_is_none() {
    let text = r#"<testsuite failures="2" errors="1"><testcase name="a"><failure/></testcase></testsuite>"#;
    refused(Format::Junit, text, "declare 3 failures and errors and hold 1");
    refused(
        Format::Json,
        "{\"type\":\"suite\",\"event\":\"started\",\"test_count\":2}\n{\"type\":\"suite\",\"event\":\"ok\"}",
        "announce 2 cases",
    );
}

#[test]
fn entities_are_those_of_xml_alone() {
    let laughs = r#"<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><testsuite name="&b;"/>"#;
    refused(Format::Junit, laughs, "a document type is not taken");
    refused(Format::Junit, r#"<testsuite name="&b;"/>"#, "at byte 0");
    refused(
        Format::Junit,
        "<testsuite><testcase><failure>&b;</failure></testcase></testsuite>",
        "not one of XML's own",
    );
    refused(Format::Junit, r#"<!DOCTYPE x SYSTEM "file:///etc/passwd"><testsuite/>"#, "a document type is not taken");
    let fine = r#"<testsuite><testcase name="&#233;&lt;"><error>&amp;&#x41;&quot;</error></testcase></testsuite>"#;
    let report = read(Format::Junit, fine).unwrap();
    assert_eq!((report.cases[0].name.as_str(), report.cases[0].message.as_deref()), ("é<", Some("&A\"")));
}

#[test]
fn everything_is_bounded() {
    let nested = "<testsuite>".repeat(100_000);
    refused(Format::Junit, &nested, "lie deeper than 32");
    refused(Format::Junit, &format!("<testsuite><p>{}", "<a>".repeat(100)), "lie deeper than 32");
    let attributes: String = (0..100_000).map(|n| format!(" a{n}=\"\"")).collect();
    refused(Format::Junit, &format!("<testsuite{attributes}/>"), "more than 64 attributes");
    refused(
        Format::Junit,
        &format!("<testsuite>{}</testsuite>", "<testcase/>".repeat(10_001)),
        "more than 10000 cases",
    );
    refused(Format::Tap, &"ok\n".repeat(10_002), "more than 10000 cases");
    refused(Format::Json, &format!("{{\"type\":{}", "[".repeat(100_000)), "line 1");
    refused(Format::Tap, &" ".repeat((8 << 20) + 1), "more than 8388608 bytes");
    assert!(
        parse(Format::Junit, b"<testsuite>\xff</testsuite>").unwrap_err().to_string().contains("byte 11 is not UTF-8")
    );

    let long = "é".repeat(1 << 19);
    let text = format!(
        "<testsuite><testcase name='{long}' classname='{long}'><failure message='{long}'>{long}</failure></testcase></testsuite>"
    );
    let case = read(Format::Junit, &text).unwrap().cases.remove(0);
    assert_eq!((case.name.len(), case.suite.len(), case.message.unwrap().len()), (1_024, 1_024, 2_048));
}

#[test]
fn what_is_something_else_is_refused() {
    for (text, part) in [
        ("", "it ends before its root does"),
        ("<html></html>", "begins with neither"),
        ("<testsuite></testsuites>", "at byte"),
        ("<testsuite><testcase><testcase/></testcase></testsuite>", "stands where none may"),
        ("<testsuite><testcase name=x/></testsuite>", "at byte"),
    ] {
        refused(Format::Junit, text, part);
    }
    refused(Format::Tap, "hello\n", "it has no plan");
    refused(Format::Tap, "1..x\n", "line 1: a plan is");
    refused(Format::Tap, "1..1\n1..1\nok\n", "line 2: there is a second plan");
    refused(Format::Json, "{not json}", "line 1");
    assert_eq!(
        read(Format::Json, "nothing at all").unwrap(),
        TestReport::default(),
        "no cases are for the phase to judge"
    );
}

proptest! {
    #[test]
    fn nothing_makes_a_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), text in "[<>/&;a-z \"='!#0-9.\\n{}:é-]{0,200}") {
        for format in [Format::Junit, Format::Tap, Format::Json] {
            let _ = parse(format, &bytes);
            let _ = parse(format, text.as_bytes());
            let _ = parse(format, format!("<testsuite><testcase>{text}").as_bytes());
            let _ = parse(format, format!("1..1\nok {text}").as_bytes());
        }
    }
}
