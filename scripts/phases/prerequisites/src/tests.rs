//! The phase against scripts; the cases that are pure data lie in `fixtures/`.

use holdpoint::prelude::*;

use super::run;

#[test]
fn fixtures_come_out_as_they_say() {
    holdpoint::fixtures(run, "fixtures");
}

#[test]
fn each_secret_is_asked_for_once_and_none_is_referred_to() {
    let t = holdpoint::test(run)
        .secret("B_KEY", true)
        .secret("A_KEY", true)
        .config(json!({ "secrets": { "B_KEY": "PRE-2.b", "A_KEY": "PRE-2.a" } }));
    assert_eq!(t.calls(), ["available A_KEY", "available B_KEY"]);
    assert_eq!(t.rows().into_iter().collect::<Vec<_>>(), [("PRE-2.a", Pass), ("PRE-2.b", Pass)]);
}

#[test]
fn a_failure_names_the_variable_and_what_to_do() {
    let t = holdpoint::test(run)
        .secret("OPENAI_API_KEY", false)
        .config(json!({ "secrets": { "OPENAI_API_KEY": "PRE-2.openai" } }));
    t.expect("PRE-2.openai", Fail, "a real value for OPENAI_API_KEY");
    t.expect("PRE-2.openai", Fail, "set it where [secrets.OPENAI_API_KEY] of the operator's file takes it from");
}

#[test]
fn two_secrets_of_one_row_are_judged_apart() {
    let t = holdpoint::test(run)
        .secret("A_KEY", true)
        .stand_in("B_KEY")
        .config(json!({ "secrets": { "A_KEY": "PRE-2.keys", "B_KEY": "PRE-2.keys" } }));
    t.expect("PRE-2.keys", Fail, "12 bytes that only stands for a value");
    assert_eq!(t.checks().len(), 2);
}
