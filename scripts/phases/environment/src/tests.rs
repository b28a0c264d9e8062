use holdpoint::prelude::*;
use holdpoint::testing::Test;

use crate::run;

#[test]
fn fixtures_come_out_as_they_say() {
    holdpoint::fixtures(run, "fixtures");
}

fn secrets<'a>(others: &[(&str, Option<bool>)]) -> Test<'a> {
    let t = holdpoint::test(run).secret("KEY", true).config(json!({ "secrets": ["KEY"] }));
    others.iter().fold(t, |t, (name, alike)| t.elsewhere("KEY", "production", name, *alike))
}

#[test]
fn a_value_that_nobody_else_has_passes_and_a_shared_one_names_both() {
    let t = secrets(&[("A", Some(false)), ("B", Some(false))]);
    t.expect("NOTE-1", Pass, "others have A of production, B of production");
    assert_eq!(t.calls(), ["elsewhere KEY"]);
    secrets(&[("A", Some(false)), ("B", Some(true))]).expect("NOTE-1", Fail, "B of production has the same value");
}

#[test]
fn what_cannot_be_compared_is_never_good_news_and_says_what_to_do() {
    let t = secrets(&[]);
    t.expect("NOTE-1", Inconclusive, "the operator's file has no secret of another environment; bind ");
    secrets(&[("A", None)]).expect("NOTE-1", Inconclusive, "no value to compare with: A of production; bind ");
    // Others that differ, and files in which nothing is found, do not stand in for it.
    let t = secrets(&[("A", Some(false)), ("B", None)]).file("config/a.yaml", "a: 1\n");
    let t = t.config(json!({ "secrets": ["KEY"], "foreign": { "config": ["netra-production"] } }));
    t.expect("NOTE-1", Inconclusive, "no value to compare with: B of production");
    t.expect("NOTE-1", Inconclusive, "or leave this one out of `secrets`");
    assert_eq!(t.checks().len(), 2, "{}", t.shown());
    let t = holdpoint::test(run).config(json!({ "secrets": ["KEY"] }));
    t.expect("NOTE-1", Inconclusive, "denied secret KEY");
}

fn files<'a>(content: &str) -> Test<'a> {
    let foreign = json!({ "config": ["netra-*-production", "PRODUCTION_"] });
    holdpoint::test(run)
        .file("config/a.yaml", "url: https://netra-staging.example\n")
        .file("config/jobs/.env.x", content)
        .config(json!({ "foreign": foreign }))
}

#[test]
fn what_is_anothers_is_told_with_its_line_and_without_its_value() {
    let t = files("A=1\nURL=https://u:secret-word@netra-api-production.example\nproduction_key=9");
    let seen = "config/jobs/.env.x:2 has netra-*-production; config/jobs/.env.x:3 has PRODUCTION_";
    t.expect("NOTE-1", Fail, seen);
    assert!(!t.shown().contains("secret-word"));
    files("A=1").expect("NOTE-1", Pass, "nothing in 2 files");
}

#[test]
fn of_many_findings_some_are_told() {
    files(&"PRODUCTION_KEY=1\n".repeat(25)).expect("NOTE-1", Fail, "; and 5 more");
}

#[test]
fn what_is_not_read_says_nothing() {
    let config = json!({ "foreign": { "config": ["production"] } });
    let t = holdpoint::test(run).directory("config").config(config.clone());
    t.expect("NOTE-1", Inconclusive, "0 files match");
    let t = holdpoint::test(run).config(config.clone());
    t.expect("NOTE-1", Inconclusive, "denied");
    let t = holdpoint::test(run).denied_file("config/a.yaml").config(config.clone());
    t.expect("NOTE-1", Inconclusive, "config/a.yaml cannot be read");
    let t = holdpoint::test(run).file("config/a.yaml", vec![0xff]).config(config);
    t.expect("NOTE-1", Inconclusive, "config/a.yaml is not UTF-8");
}

#[test]
fn a_mistake_in_the_configuration_names_the_field() {
    for (config, error) in [
        (json!({}), "config.secrets and config.foreign name nothing"),
        (json!({ "secrets": vec!["K"; 101] }), "have at most 100 entries"),
        (json!({ "secrets": ["K"], "include": [] }), "config.include is empty"),
        (json!({ "foreign": { "config": [] } }), "config.foreign.config names 1 to 100 words"),
        (json!({ "foreign": { "config": ["abc"] } }), "`abc` is no word to look for"),
    ] {
        let t = holdpoint::test(run).secret("K", true).config(config);
        let actual = t.returned().expect_err(error);
        assert!(actual.contains(error), "{actual}");
    }
}
