//! Written rules given to the real `promtool`: it takes them, and they fire where the policy's rules fire, and nowhere else.

use std::process::Command;

use holdpoint_alerts::{Config, Source, Sources, prometheus};
use holdpoint_rules::promtool::series;
use holdpoint_rules::{Alerts, Evidence, Millis, Rule, SeriesSet, Span, Status, Time};

/// Ten minutes by the second.
const SECONDS: i64 = 599;

/// Runs the real tool in a folder with the files that it needs; whether it was content, and what it said.
#[expect(clippy::disallowed_methods, reason = "the real tool is what the rules are written for")]
fn promtool(files: &[(&str, &str)], arguments: &[&str]) -> (bool, String) {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let output = Command::new("promtool").args(arguments).current_dir(folder.path()).output().unwrap();
    let text = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    (output.status.success(), String::from_utf8(text).unwrap())
}

fn tested(rules: &str, tests: &str) -> (bool, String) {
    promtool(&[("rules.yml", rules), ("test.yml", tests)], &["test", "rules", "test.yml"])
}

fn named() -> Vec<(String, Source)> {
    let pairs = [
        ("requests", "http_requests_total"),
        ("requests_bad", "http_requests_total{code=~\"5..\"}"),
        ("request_duration", "http_request_duration_seconds_bucket"),
        ("memory_bytes", "process_resident_memory_bytes"),
    ];
    pairs.map(|(name, source)| (name.to_owned(), Source::parse(source).unwrap())).into()
}

/// When the policy's first rule begins to fire, in seconds.
fn fires(rules: &[Rule], bad: &str) -> Option<i64> {
    let of = |name: &str, values: &str| series(name, values, Time(0), Span::seconds(1)).unwrap();
    let evidence = Evidence::new(SeriesSet::new(vec![of("requests", "1000x599"), of("requests_bad", bad)]).unwrap());
    let mut alerts = Alerts::default();
    (0..=SECONDS).find(|second| {
        let found = alerts.tick(&rules[..1], &evidence, Time(second * 1_000)).unwrap();
        found.iter().any(|finding| matches!(finding.status, Status::Firing { .. }))
    })
}

#[test]
fn the_rules_that_are_written_are_taken() {
    let config = Config::default();
    for named in [Vec::new(), named()] {
        let sources = config.sources(&named, None).unwrap();
        let text = prometheus("guide", &config.written(&sources).unwrap(), &sources);
        let (content, said) = promtool(&[("rules.yml", &text)], &["check", "rules", "rules.yml"]);
        assert!(content && said.contains("4 rules found"), "{said}\n{text}");
    }
    let braces = "alerts:\n- {name: '{{ A', condition: error_rate > 1%, duration: 0s, severity: info, action: '{{ query \"up\" }} {{'}\n";
    let config = Config { alerts: braces.to_owned(), ..config };
    let text = prometheus("{{", &config.written(&Sources::default()).unwrap(), &Sources::default());
    let (content, said) = promtool(&[("rules.yml", &text)], &["check", "rules", "rules.yml"]);
    assert!(content && said.contains("1 rules found"), "{said}\n{text}");
}

#[test]
fn the_rules_that_are_written_fire_where_the_policy_fires_to_the_second() {
    // The window is one slot, so that its averaging moves no boundary.
    let config = Config { window: Millis(999), ..Config::default() };
    let alerts = config.written(&Sources::default()).unwrap();
    let rules: Vec<Rule> = alerts.iter().map(|alert| alert.rule.clone()).collect();
    let text = prometheus("guide", &alerts, &Sources::default());
    for (name, bad, expected) in [
        ("1.9 % all the time", "19x599", None),
        ("2 % all the time", "20x599", None),
        ("2.1 % for 4:59", "0x99 21x299 0x199", None),
        ("2.1 % for 5:00", "0x99 21x300 0x198", Some(400)),
        ("2.1 % for 5:01", "0x99 21x301 0x197", Some(400)),
        ("without data for a second", "0x99 21x149 _ 21x298", None),
        ("2.1 % from the beginning on", "21x599", Some(300)),
    ] {
        assert_eq!(fires(&rules, bad), expected, "{name}");
        let (content, said) = tested(&text, &one_second(bad, expected));
        assert!(content, "{name}: {said}");
        // And a second earlier is something else.
        let wrong = expected.map_or(Some(SECONDS), |second| Some(second - 1));
        let (content, said) = tested(&text, &one_second(bad, wrong));
        assert!(!content, "{name}: it agrees with everything: {said}");
    }
}

/// A test of when the alert begins to fire.
fn one_second(bad: &str, fires: Option<i64>) -> String {
    let before = fires.map_or(SECONDS, |second| second - 1);
    let mut text = format!(
        "rule_files: [rules.yml]\nevaluation_interval: 1s\ntests:\n- interval: 1s\n  input_series:\n  \
         - {{series: requests, values: '1000x599'}}\n  - {{series: requests_bad, values: '{bad}'}}\n  promql_expr_test:\n  \
         - {{expr: 'max_over_time(ALERTS{{alertstate=\"firing\"}}[10m])', eval_time: {before}s, exp_samples: []}}\n"
    );
    if let Some(second) = fires {
        let labels = "ALERTS{alertname=\"High Error Rate\",alertstate=\"firing\",severity=\"critical\"}";
        text.push_str(&format!(
            "  - expr: 'ALERTS{{alertstate=\"firing\"}}'\n    eval_time: {second}s\n    exp_samples:\n    - {{labels: '{labels}', value: 1}}\n"
        ));
    }
    text
}

#[test]
fn rules_over_the_counters_of_a_team_fire_above_the_limit_only() {
    let config = Config::default();
    let sources = config.sources(&named(), None).unwrap();
    let rules = prometheus("guide", &config.written(&sources).unwrap(), &sources);
    // In fifteen seconds: bad ones of a thousand requests, slow ones of a hundred, and bytes by which a memory grows.
    let test = |bad: u32, slow: u32, growth: u32| {
        let (good, fast) = (1_000 - bad, 100 - slow);
        format!(
            "rule_files: [rules.yml]\nevaluation_interval: 15s\ntests:\n- interval: 15s\n  input_series:\n  \
             - {{series: 'http_requests_total{{code=\"200\"}}', values: '0+{good}x960'}}\n  \
             - {{series: 'http_requests_total{{code=\"503\"}}', values: '0+{bad}x960'}}\n  \
             - {{series: 'http_request_duration_seconds_bucket{{le=\"3\"}}', values: '0+{fast}x960'}}\n  \
             - {{series: 'http_request_duration_seconds_bucket{{le=\"4\"}}', values: '0+100x960'}}\n  \
             - {{series: 'http_request_duration_seconds_bucket{{le=\"+Inf\"}}', values: '0+100x960'}}\n  \
             - {{series: 'process_resident_memory_bytes{{instance=\"a\"}}', values: '2400000+{growth}x960'}}\n  \
             promql_expr_test:\n  - expr: 'count by (alertname) (ALERTS{{alertstate=\"firing\"}})'\n    eval_time: 4h\n    exp_samples:\n"
        )
    };
    let fired = "    - {labels: '{alertname=\"High Error Rate\"}', value: 1}\n    - {labels: '{alertname=\"Slow Response Time\"}', value: 1}\n    \
                 - {labels: '{alertname=\"Memory Leak Detected\"}', value: 1}\n";
    // A hundred bytes in fifteen seconds are one percent an hour of what it was at the beginning of four hours.
    let (content, said) = tested(&rules, &(test(21, 6, 1_000) + fired));
    assert!(content, "{said}");
    let (content, said) = tested(&rules, &test(19, 4, 100));
    assert!(content, "{said}");
}
