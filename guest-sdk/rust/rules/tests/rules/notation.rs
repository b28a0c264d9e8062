//! The guide's file as it stands, and what else people write.

use std::borrow::Cow;

use holdpoint_rules::alerts::{Definition, Known, Measures, Unit, condition, duration, prometheus};
use holdpoint_rules::trend::Settings;
use holdpoint_rules::{Across, Compare, Counted, Expression, Measure, Over, Rule, Selector, Severity, Span};
use saphyr_parser::{Event, Parser};

/// The alerts of the guide, as they stand in it but for two spaces in each empty line.
const GUIDE: &str = r#"alerts:
  - name: "High Error Rate"
    condition: "error_rate > 2%"
    duration: "5 minutes"
    severity: "CRITICAL"

  - name: "Slow Response Time"
    condition: "response_time_p95 > 3 seconds"
    duration: "10 minutes"
    severity: "WARNING"

  - name: "Memory Leak Detected"
    condition: "memory_usage_trend > 5% per hour"
    duration: "30 minutes"
    severity: "CRITICAL"

  - name: "Request Isolation Failure"
    condition: "isolation_test_success_rate < 90%"
    duration: "1 minute"
    severity: "CRITICAL"
"#;

/// The scalars of a file, which is all that an alert is.
fn scalars(text: &str) -> Vec<Cow<'_, str>> {
    let events = Parser::new_from_str(text).map(|event| event.unwrap().0);
    events.filter_map(|event| if let Event::Scalar(text, ..) = event { Some(text) } else { None }).collect()
}

pub(crate) fn measures() -> Measures {
    let ratio = |part: &str, whole: &str| {
        let (part, whole) = (Selector::new(part), Selector::new(whole));
        Expression::of(Measure::Ratio { part, whole, window: Span::minutes(2), counted: Counted::Counter })
    };
    let window = Span::minutes(2);
    let p95 = Measure::Quantile {
        buckets: Selector::new("request_seconds_bucket"),
        share: 0.95,
        window,
        counted: Counted::Counter,
    };
    let settings = Settings { warm_up: Span::minutes(5), bucket: Span::minutes(5), ..Settings::default() };
    let trend = Measure::Trend { selector: Selector::new("memory_bytes"), window: Span::hours(2), settings };
    let isolated =
        Measure::Gauge { selector: Selector::new("isolation_success"), over: Over::Now, across: Across::Lowest };
    let mut measures = Measures::default();
    measures.add("error_rate", Known::new(Unit::Share, ratio("requests_bad_total", "requests_total")));
    measures.add("response_time_p95", Known::new(Unit::Seconds, Expression::of(p95)));
    measures.add("memory_usage_trend", Known::new(Unit::SharePerHour, Expression::of(trend).by(&["instance"])));
    let during = Some(Selector::new("isolation_test_running"));
    measures.add("isolation_test_success_rate", Known { during, ..Known::new(Unit::Share, Expression::of(isolated)) });
    measures
}

pub(crate) fn rules_of_the_guide() -> Vec<Rule> {
    let guide = GUIDE.replace("\n\n", "\n  \n");
    let scalars = scalars(&guide);
    let (head, alerts) = scalars.split_first().unwrap();
    assert_eq!(head, "alerts");
    let definitions: Vec<Definition<'_>> = alerts
        .chunks(8)
        .map(|fields| {
            let [n, name, c, condition, d, duration, s, severity] = fields else { panic!("{fields:?}") };
            assert_eq!([n, c, d, s], ["name", "condition", "duration", "severity"]);
            Definition { name, condition, duration, severity }
        })
        .collect();
    measures().rules(&definitions).unwrap()
}

#[test]
fn the_alerts_of_the_guide_are_read_as_they_stand() {
    let rules = rules_of_the_guide();
    let read: Vec<_> = rules
        .iter()
        .map(|rule| (rule.name.as_str(), rule.condition.compare, rule.condition.limit, rule.hold, rule.severity))
        .collect();
    assert_eq!(
        read,
        [
            ("High Error Rate", Compare::Above, 0.02, Span::minutes(5), Severity::Critical),
            ("Slow Response Time", Compare::Above, 3.0, Span::minutes(10), Severity::Warning),
            ("Memory Leak Detected", Compare::Above, 0.05, Span::minutes(30), Severity::Critical),
            ("Request Isolation Failure", Compare::Below, 0.9, Span::minutes(1), Severity::Critical),
        ]
    );
}

#[test]
fn the_alerts_of_the_guide_are_written_for_prometheus() {
    let text = prometheus::file("guide", &rules_of_the_guide());
    for line in [
        r#"- name: "guide""#,
        r#"  - alert: "High Error Rate""#,
        r#"    expr: "sum (increase(requests_bad_total[2m])) / sum (increase(requests_total[2m])) > 0.02""#,
        r#"    for: 5m"#,
        r#"    expr: "histogram_quantile(0.95, sum by (le) (rate(request_seconds_bucket[2m]))) > 3""#,
        r#"    expr: "sum by (instance) (deriv(memory_bytes[2h])) * 3600 / sum by (instance) (min_over_time(memory_bytes[2h])) > 0.05""#,
        r#"    expr: "(min (isolation_success) < 0.9) and on () (max(isolation_test_running) > 0)""#,
        r#"      severity: warning"#,
    ] {
        assert!(text.lines().any(|written| written == line), "{line} is not in\n{text}");
    }
}

#[test]
fn conditions_are_read_in_every_unit() {
    for (text, limit, unit) in [
        ("a > 2%", 0.02, Unit::Share),
        ("a>2 %", 0.02, Unit::Share),
        ("a >= 99.9%", 0.999, Unit::Share),
        ("a < 0.1%", 0.001, Unit::Share),
        ("a > 3 seconds", 3.0, Unit::Seconds),
        ("a > 500 ms", 0.5, Unit::Seconds),
        ("a > 1.5s", 1.5, Unit::Seconds),
        ("a > 2 minutes", 120.0, Unit::Seconds),
        ("a > 5% per hour", 0.05, Unit::SharePerHour),
        ("a > 1%/min", 0.6, Unit::SharePerHour),
        ("a <= 24% per day", 0.01, Unit::SharePerHour),
        ("  a.b:c_1   >  10  ", 10.0, Unit::Number),
    ] {
        let read = condition(text).unwrap();
        assert_eq!((read.condition.limit, read.unit), (limit, unit), "{text}");
    }
}

#[test]
fn durations_are_read_as_people_and_prometheus_write_them() {
    for (text, span) in [
        ("5 minutes", Span::minutes(5)),
        ("1 minute", Span::minutes(1)),
        ("90s", Span::seconds(90)),
        ("1h30m", Span::minutes(90)),
        ("1 hour 30 minutes", Span::minutes(90)),
        ("1.5 hours", Span::minutes(90)),
        ("500ms", Span(500)),
        ("0s", Span::ZERO),
        ("7 days", Span::hours(168)),
    ] {
        assert_eq!(duration(text).unwrap(), span, "{text}");
    }
    // What is written is read again as the same.
    for span in [Span(1), Span(61_001), Span::hours(25), Span::ZERO] {
        assert_eq!(duration(&span.to_string()).unwrap(), span);
    }
}

#[test]
fn a_mistake_says_where_it_is_and_what_would_do() {
    let wrong_conditions = [
        ("", "column 1: a name is wanted here; begin with what is measured, as in `error_rate > 2%`"),
        ("2% < a", "column 1: a name is wanted here; begin with what is measured, as in `error_rate > 2%`"),
        ("a is 2%", "column 3: `is` is no comparison; write `>`, `>=`, `<` or `<=` with a space around it"),
        ("a == 2%", "column 3: `==` is no comparison; write `>`, `>=`, `<` or `<=` with a space around it"),
        ("a >> 2%", "column 3: `>>` is no comparison; write `>`, `>=`, `<` or `<=` with a space around it"),
        ("a > two", "column 5: `two` is no number; write digits, with a point for fractions, as in `2` or `0.5`"),
        ("a > 1,5%", "column 6: `,5%` is not understood; a condition ends after its number and unit"),
        ("a > 1.2.3%", "column 5: `1.2.3%` is no number; write digits, with a point for fractions, as in `2` or `0.5`"),
        ("a >", "column 4: `the end` is no number; write digits, with a point for fractions, as in `2` or `0.5`"),
        ("a > 3 fortnights", "column 7: `fortnights` is no unit; write ms, seconds, minutes, hours or days, or `%`"),
        ("a > 5% per year", "column 12: `year` is no time to grow in; write `per minute`, `per hour` or `per day`"),
        ("größe > 5%", "column 3: `öße` is no comparison; write `>`, `>=`, `<` or `<=` with a space around it"),
        ("a > 5% or b > 1%", "column 8: `or` is not understood; a condition ends after its number and unit"),
    ];
    for (text, says) in wrong_conditions {
        assert_eq!(condition(text).unwrap_err().to_string(), says, "{text}");
    }
    for (text, says) in [
        ("5", "column 2: a duration without a unit; say of what, as in `5 minutes`, `90s` or `1h30m`"),
        ("", "column 1: `the end` is no number; write digits, with a point for fractions, as in `2` or `0.5`"),
        ("-5 minutes", "column 1: `-5` is no number; write digits, with a point for fractions, as in `2` or `0.5`"),
        ("5 weeks", "column 3: `weeks` is no unit; write ms, seconds, minutes, hours or days, or `%`"),
        (
            "8 days",
            "column 1: `8` of this unit is no whole number of milliseconds up to seven days; write a duration such as `5 minutes`",
        ),
        (
            "0.5ms",
            "column 1: `0.5` of this unit is no whole number of milliseconds up to seven days; write a duration such as `5 minutes`",
        ),
        ("6 days 48 hours", "column 1: it is longer than seven days; shorten it"),
    ] {
        assert_eq!(duration(text).unwrap_err().to_string(), says, "{text}");
    }
    let long = format!("{} > 2%", "a".repeat(600));
    assert_eq!(condition(&long).unwrap_err().to_string(), "column 1: it is longer than 500 bytes; shorten it");
    let huge = format!("a > {}%", "9".repeat(400));
    assert!(condition(&huge).unwrap_err().to_string().contains("is too large; write a smaller number"));
}

#[test]
fn every_mistake_of_a_file_is_told_with_its_alert_and_field() {
    let good = Definition { name: "a", condition: "error_rate > 2%", duration: "5m", severity: "Critical" };
    let wrong = [
        Definition { condition: "eror_rate > 2%", ..good },
        Definition { condition: "response_time_p95 > 3", ..good },
        Definition { condition: "error_rate > 2% per hour", ..good },
        Definition { duration: "5 min utes", ..good },
        Definition { severity: "bad", ..good },
    ];
    let told: Vec<String> = measures().rules(&wrong).unwrap_err().iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "alert \"a\", condition, column 1: nothing measures `eror_rate`; take one of error_rate, isolation_test_success_rate, \
             memory_usage_trend, response_time_p95",
            "alert \"a\", condition, column 21: `3` is a number and response_time_p95 is a time; write a time such as `3 seconds` or `500 ms`",
            "alert \"a\", condition, column 14: `2% per hour` is a growth and error_rate is a share; write a percentage such as `2%`",
            "alert \"a\", duration, column 7: `utes` is no number; write digits, with a point for fractions, as in `2` or `0.5`",
            "alert \"a\", severity, column 1: `bad` is no severity; write CRITICAL, WARNING or INFO",
        ]
    );
    assert_eq!(measures().rules(&[good]).unwrap().len(), 1);
    let none = measures().rules(&[]).unwrap_err();
    assert_eq!(
        none[0].to_string(),
        "alert \"\", alerts, column 1: there is no alert; write at least one below `alerts:`"
    );
}
