//! Alerts as alert policies of Cloud Monitoring, whose conditions are PromQL.
//!
//! Source: the reference of `projects.alertPolicies`, `PrometheusQueryLanguageCondition`. `gcloud monitoring policies create --policy-from-file` takes
//! each document.

use holdpoint_rules::alerts::Sources;
use holdpoint_rules::alerts::prometheus::{condition, differences};
use holdpoint_rules::{Severity, Span};
use serde_json::{Value, json};

use crate::prometheus::summary;
use crate::{Alert, Error};

/// How often it is evaluated there; thirty seconds are the least.
const EVERY: &str = "30s";

/// The longest documentation in bytes. There it is 8,192 characters.
const LONGEST: usize = 8_000;

/// A policy for each alert, in their order.
///
/// # Errors
/// If what an alert says of itself is longer than its documentation may be there.
pub fn cloud_monitoring(group: &str, alerts: &[Alert], sources: &Sources) -> Result<Vec<Value>, Error> {
    alerts.iter().map(|alert| policy(group, alert, sources)).collect()
}

fn policy(group: &str, alert: &Alert, sources: &Sources) -> Result<Value, Error> {
    let (rule, documentation) = (&alert.rule, documentation(alert));
    if documentation.len() > LONGEST {
        return Err(Error::Long { alert: rule.name.clone(), most: LONGEST });
    }
    let mut policy = json!({
        "displayName": rule.name,
        "documentation": { "content": documentation, "mimeType": "text/markdown" },
        "combiner": "OR",
        "enabled": true,
        "conditions": [{
            "displayName": summary(alert),
            "conditionPrometheusQueryLanguage": {
                "query": condition(rule, sources),
                "duration": seconds(rule.hold),
                "evaluationInterval": EVERY,
                "labels": { "severity": rule.severity.to_string() },
                "ruleGroup": group,
            },
        }],
    });
    // It has no word for what people are merely to know.
    let severity = match rule.severity {
        Severity::Critical => Some("CRITICAL"),
        Severity::Warning => Some("WARNING"),
        Severity::Info => None,
    };
    if let Some(severity) = severity {
        policy["severity"] = json!(severity);
    }
    Ok(policy)
}

fn documentation(alert: &Alert) -> String {
    let mut paragraphs = vec![plain(&summary(alert))];
    if !alert.rows.is_empty() {
        paragraphs.push(plain(&format!("Rows: {}", alert.rows.join(", "))));
    }
    paragraphs.extend(alert.written.action.as_ref().map(|action| plain(&format!("Action: {action}"))));
    paragraphs.extend(differences(&alert.rule).iter().map(|difference| plain(&format!("Differs: {difference}"))));
    paragraphs.join("\n\n")
}

/// A text in Markdown that is nothing but text, and in which no variable (`${…}`) is expanded.
fn plain(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut plain = String::new();
    for c in words.join(" ").chars() {
        if "\\`*_{}[]<>()#!|$~&".contains(c) {
            plain.push('\\');
        }
        plain.push(c);
    }
    plain
}

/// A length of time as the JSON of Google has it.
fn seconds(span: Span) -> String {
    let (whole, rest) = (span.0 / 1_000, span.0 % 1_000);
    if rest == 0 { format!("{whole}s") } else { format!("{whole}.{rest:03}s") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Config;

    #[test]
    fn the_alerts_of_the_guide_are_policies_as_the_api_has_them() {
        let (config, sources) = (Config::default(), Sources::default());
        let policies = cloud_monitoring("guide", &config.written(&sources).unwrap(), &sources).unwrap();
        assert_eq!(policies.len(), 4);
        assert_eq!(
            policies[0],
            json!({
                "displayName": "High Error Rate",
                "documentation": { "content": "error\\_rate \\> 2% for 5 minutes\n\nRows: ALERT-1", "mimeType": "text/markdown" },
                "severity": "CRITICAL",
                "combiner": "OR",
                "enabled": true,
                "conditions": [{
                    "displayName": "error_rate > 2% for 5 minutes",
                    "conditionPrometheusQueryLanguage": {
                        "query": "(sum (sum_over_time(requests_bad[1m])) / sum (sum_over_time(requests[1m])) > 0.02) and \
                                  (sum (sum_over_time(requests[5m])) >= 10)",
                        "duration": "300s",
                        "evaluationInterval": "30s",
                        "labels": { "severity": "critical" },
                        "ruleGroup": "guide",
                    },
                }],
            })
        );
        let differs = |at: usize| policies[at]["documentation"]["content"].as_str().unwrap().contains("Differs: ");
        assert_eq!([0, 1, 2, 3].map(differs), [false, false, true, false]);
    }

    #[test]
    fn what_a_file_says_becomes_no_markup_no_variable_and_no_severity_that_is_none() {
        let alerts = "alerts:\n- {name: 'A ${x}', condition: error_rate > 1%, duration: 500 ms, severity: info, action: '${secret} [x](http://y)'}\n";
        let (config, sources) = (Config { alerts: alerts.to_owned(), ..Config::default() }, Sources::default());
        let policies = cloud_monitoring("g", &config.written(&sources).unwrap(), &sources).unwrap();
        let content = policies[0]["documentation"]["content"].as_str().unwrap();
        assert!(content.ends_with("Action: \\$\\{secret\\} \\[x\\]\\(http://y\\)"), "{content}");
        assert_eq!(policies[0].get("severity"), None);
        assert_eq!(policies[0]["conditions"][0]["conditionPrometheusQueryLanguage"]["duration"], "0.500s");
    }

    #[test]
    fn what_an_alert_says_of_itself_has_a_bound() {
        let of = |length: usize| {
            let action = "x".repeat(length);
            let alert = format!(
                "alerts:\n- {{name: A, condition: error_rate > 1%, duration: 1m, severity: info, action: {action}}}\n"
            );
            let config = Config { alerts: alert, ..Config::default() };
            let alerts = config.written(&Sources::default()).unwrap();
            cloud_monitoring("g", &alerts, &Sources::default()).map(|policies| policies.len())
        };
        assert_eq!(of(7_900), Ok(1));
        assert_eq!(of(8_000), Err(Error::Long { alert: "A".to_owned(), most: LONGEST }));
    }
}
