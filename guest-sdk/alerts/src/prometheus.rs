//! Alerts as a file of rules for Prometheus.

use holdpoint_rules::alerts::Sources;
use holdpoint_rules::alerts::prometheus::{Entry, annotated, differences};

use crate::Alert;

/// One group of rules. Each says in its annotations what it is, which rows of a release it stands for, and where it is not what the policy judges.
pub fn prometheus(group: &str, alerts: &[Alert], sources: &Sources) -> String {
    let entries: Vec<Entry<'_>> =
        alerts.iter().map(|alert| Entry { rule: &alert.rule, annotations: annotations(alert) }).collect();
    annotated(group, &entries, sources)
}

fn annotations(alert: &Alert) -> Vec<(&'static str, String)> {
    let Alert { written, rule, rows, .. } = alert;
    let mut all = vec![("summary", summary(alert))];
    if !rows.is_empty() {
        all.push(("rows", rows.join(", ")));
    }
    all.extend(written.action.as_ref().map(|action| ("action", action.clone())));
    let differences = differences(rule);
    if !differences.is_empty() {
        all.push(("differs", differences.join("; ")));
    }
    all
}

/// When it fires, as it was written.
pub(crate) fn summary(alert: &Alert) -> String {
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    format!("{} for {}", words(&alert.written.condition), words(&alert.written.duration))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Config;

    #[test]
    fn an_alert_says_what_it_is_and_where_it_is_not_what_is_judged() {
        let (config, sources) = (Config::default(), Sources::default());
        let text = prometheus("guide", &config.written(&sources).unwrap(), &sources);
        for line in [
            r#"- name: "guide""#,
            r#"  - alert: "High Error Rate""#,
            "    for: 5m",
            "      severity: critical",
            r#"      summary: "error_rate > 2% for 5 minutes""#,
            r#"      rows: "ALERT-1""#,
            r#"    expr: "(histogram_quantile(0.95, sum by (le) (sum_over_time(request_duration_bucket[1m]))) > 3) and (sum (sum_over_time(request_duration_bucket{le=\"+Inf\"}[10m])) >= 10)""#,
            r#"    expr: "(min (isolation_success) < 0.9) and on () (max(isolation_running) > 0)""#,
        ] {
            assert!(text.lines().any(|written| written == line), "{line} is not in\n{text}");
        }
        let differs: Vec<&str> = text.lines().filter(|line| line.starts_with("      differs: ")).collect();
        assert!(differs.len() == 1 && differs[0].contains("least squares (deriv)"), "{differs:?}");
        assert!(differs[0].contains("samples of 3h count however old they are"), "{differs:?}");
    }

    #[test]
    fn a_name_or_an_action_is_a_text_and_no_template_and_no_more_of_the_file() {
        let alerts = "alerts:\n- name: \"A\\n  - alert: B\"\n  condition: error_rate > 1%\n  duration: 0s\n  severity: info\n  action: \"{{ query \\\"up\\\" }}\"\n";
        let (config, sources) = (Config { alerts: alerts.to_owned(), ..Config::default() }, Sources::default());
        let text = prometheus("g: \"", &config.written(&sources).unwrap(), &sources);
        for line in [
            r#"- name: "g: \"""#,
            r#"  - alert: "A\u000a  - alert: B""#,
            r#"      action: "{{ \"{{\" }} query \"up\" }}""#,
        ] {
            assert!(text.lines().any(|written| written == line), "{line} is not in\n{text}");
        }
    }
}
