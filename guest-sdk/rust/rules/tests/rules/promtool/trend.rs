//! A trend is the one measure with another formula: Prometheus has least squares of all samples, we have the median of the slopes between
//! troughs, with its confidence. Where both look at a line they agree; where they differ, the table says why.

use holdpoint_rules::alerts::prometheus;
use holdpoint_rules::trend::Settings;
use holdpoint_rules::{
    Alerts, Compare, Condition, Expression, Measure, Missing, Rule, Selector, Series, Severity, Span, Status, Time,
};

use super::promtool;
use crate::data::{evidence, labels, series};

/// Four hours by the minute.
const MINUTES: i64 = 240;

struct Row {
    name: &'static str,
    level: fn(f64) -> f64,
    ours: Status,
    fires_there: bool,
    why: &'static str,
}

const FIRES: Status = Status::Firing { since: Time(MINUTES * 60_000), kept: false };

const TABLE: &[Row] = &[
    Row { name: "a line above the limit", level: |h| 400.0 + 24.0 * h, ours: FIRES, fires_there: true, why: "" },
    Row { name: "a line below it", level: |h| 400.0 + 16.0 * h, ours: Status::Clear, fires_there: false, why: "" },
    Row { name: "a line that stays", level: |_| 400.0, ours: Status::Clear, fires_there: false, why: "" },
    Row {
        name: "a saw whose teeth become higher",
        level: |h| 400.0 + 60.0 * h * (h * 60.0 / 10.0).fract(),
        ours: Status::Clear,
        fires_there: true,
        why: "least squares see the teeth, troughs are where they were",
    },
    Row {
        name: "a quarter of an hour that was high and is over",
        level: |h| if (3.35..3.55).contains(&h) { 1_500.0 } else { 400.0 },
        ours: Status::Clear,
        fires_there: true,
        why: "least squares are moved by outliers, a median of slopes is not",
    },
    Row {
        name: "a quarter of an hour that is high now",
        level: |h| if h >= 3.7 { 700.0 } else { 400.0 },
        ours: Status::Clear,
        fires_there: true,
        why: "one point of many is no trend yet",
    },
    Row {
        name: "a leak for an hour and nothing before it",
        level: |h| if h >= 3.0 { 400.0 + 60.0 * (h - 3.0) } else { f64::NAN },
        ours: Status::Inconclusive(Missing::WarmingUp),
        fires_there: true,
        why: "least squares take two samples for a trend; ours wants five points after warming up",
    },
];

fn rule() -> Rule {
    let settings =
        Settings { warm_up: Span::minutes(20), bucket: Span::minutes(15), reach: Span::minutes(5), baseline: None };
    let measure = Measure::Trend { selector: Selector::new("memory"), window: Span::hours(4), settings };
    let above = Condition { compare: Compare::Above, limit: 0.05 };
    Rule::new("leak", Severity::Critical, Expression::of(measure).by(&["instance"]), above)
}

fn value(row: &Row, minute: i64) -> Option<f64> {
    Some((row.level)(minute as f64 / 60.0)).filter(|value| !value.is_nan())
}

#[test]
fn promtool_differs_in_trends_where_the_table_says_so_and_nowhere_else() {
    let all: Vec<Series> = TABLE
        .iter()
        .map(|row| {
            series("memory", labels(&[("instance", row.name)]), Span::minutes(1), (0..=MINUTES).map(|m| value(row, m)))
        })
        .collect();
    let findings = Alerts::default().tick(&[rule()], &evidence(all), Time(MINUTES * 60_000)).unwrap();
    let mut test =
        "rule_files: [rules.yml]\nevaluation_interval: 4h\ntests:\n- interval: 1m\n  input_series:\n".to_owned();
    for row in TABLE {
        let values = (0..=MINUTES).map(|m| value(row, m).map_or_else(|| "_".to_owned(), |value| value.to_string()));
        let values = values.collect::<Vec<_>>().join(" ");
        test.push_str(&format!("  - series: 'memory{{instance=\"{}\"}}'\n    values: '{values}'\n", row.name));
    }
    test.push_str("  promql_expr_test:\n  - expr: ALERTS\n    eval_time: 4h\n    exp_samples:\n");
    for row in TABLE {
        let finding = findings.iter().find(|finding| finding.labels.get("instance") == row.name).unwrap();
        assert_eq!(finding.status, row.ours, "{}: {:?}", row.name, finding.reading);
        assert_eq!(matches!(row.ours, Status::Firing { .. }) == row.fires_there, row.why.is_empty(), "{}", row.name);
        if row.fires_there {
            let alert = format!(
                "ALERTS{{alertname=\"leak\",alertstate=\"firing\",instance=\"{}\",severity=\"critical\"}}",
                row.name
            );
            test.push_str(&format!("    - {{labels: '{alert}', value: 1}}\n"));
        }
        println!("  {}: {}", row.name, if row.why.is_empty() { "both say the same" } else { row.why });
    }
    let rules = prometheus::file("trend", &[rule()]);
    let (output, said) = promtool(&[("rules.yml", &rules), ("test.yml", &test)], &["test", "rules", "test.yml"]);
    assert!(output.status.success(), "{said}");
}
