//! Metrics: a bundle asks who may be asked for them, an operator allows it.

use crate::support::{operator, resolve, sample, sample_with, verify};
use holdpoint_bundle::{Plan, Sources, allow, asks_in_words};
use holdpoint_model::Class;

/// The sample, whose phase `config` may ask for metrics too.
fn granted(metrics: &str) -> Sources {
    sample_with(&format!("metrics = [{metrics}]"))
}

#[test]
fn what_is_allowed_may_be_asked() {
    let line = "{ services = [\"backend\"], queries = true, scrape = [\"/metrics\"], projects = [\"acme-staging\"] }";
    let sources = granted(line);
    let text = allow(&resolve(&sources), &operator("")).unwrap();
    assert!(text.contains(&format!("metrics = [\n    {line},\n]")), "{text}");
    assert_eq!(allow(&resolve(&sources), &operator(&text)).unwrap(), text, "allowing twice changes nothing");
    let verified = verify(sources.clone(), &text).unwrap();
    let config = verified.phases.iter().find(|phase| phase.id.as_str() == "config").unwrap();
    assert_eq!(config.services.len(), 1, "a service is there that is only asked for metrics");
    let words =
        "ask services backend for metrics by queries, pages of metrics below /metrics, time series of acme-staging";
    assert!(asks_in_words(&resolve(&sources)).contains(&format!("config: {words}")));
    let plan = Plan::of(&resolve(&sources), Some(&operator(&text))).unwrap();
    assert!(plan.refusals.is_empty());
    assert!(plan.phases.iter().flat_map(|p| &p.grants).any(|g| g.what == words && g.class == Class::Read));
}

#[test]
fn the_lines_that_are_missing_are_told() {
    let allowed = allow(&resolve(&sample()), &operator("")).unwrap();
    let sources = granted("{ services = [\"backend\"], queries = true }");
    let error = verify(sources.clone(), &allowed).unwrap_err().to_string();
    assert!(error.contains("        metrics = [{ services = [\"backend\"], queries = true }]"), "{error}");
    let narrow =
        allow(&resolve(&granted("{ services = [\"backend\"], scrape = [\"/metrics\"] }")), &operator("")).unwrap();
    let kept: String =
        narrow.lines().filter(|line| !line.starts_with("asks")).map(|line| format!("{line}\n")).collect();
    let error = verify(sources, &kept).unwrap_err().to_string();
    assert!(error.contains("        metrics = [{ services = [\"backend\"], queries = true }]"), "{error}");
}

#[test]
fn an_empty_list_grants_nothing_and_asks_for_nothing() {
    for nothing in ["{ services = [], queries = true }", "{ services = [\"backend\"], queries = false }"] {
        let sources = granted(nothing);
        let text = allow(&resolve(&sources), &operator("")).unwrap();
        assert!(!text.contains("metrics"), "{text}");
        assert!(verify(sources.clone(), &text).is_ok());
        let words = asks_in_words(&resolve(&sources));
        assert!(words.contains(&"config: a grant of metrics that grants nothing".to_owned()), "{words:?}");
    }
}
