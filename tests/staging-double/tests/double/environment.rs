use holdpoint_staging_double::{Drawn, Fault, environment};
use serde_json::Value;

use crate::client::{healthy, post};
use holdpoint_staging_double::Service;

/// Faults of one kind, each with many of its settings.
fn values(ending: &str) -> Vec<(&'static str, Option<&'static str>)> {
    let faults =
        Fault::all().iter().filter(|fault| fault.name.ends_with(ending) && fault.requirement.starts_with("PRE-2"));
    faults
        .flat_map(|fault| (0..40).map(|seed| fault.settle(seed)))
        .map(|setting| match &setting.drawn {
            Drawn::Environment(variable) => {
                assert!(environment(Some(&setting)).contains(variable));
                (variable.name, variable.value)
            }
            other => panic!("{other:?}"),
        })
        .collect()
}

#[test]
fn a_missing_variable_is_not_set_or_has_nothing_in_it() {
    let values = values("-missing");
    assert!(values.iter().all(|(_, value)| value.is_none_or(|value| value.trim().is_empty())));
    assert!(values.contains(&("GEMINI_API_KEY", None)) && values.contains(&("GOOGLE_STAGING_CLIENT_ID", Some(""))));
}

#[test]
fn a_stand_in_is_text_that_is_no_value() {
    let values = values("-stand-in");
    assert!(values.iter().all(|(_, value)| value.is_some_and(|value| !value.trim().is_empty())));
    assert!(values.contains(&("OPENAI_API_KEY", Some("your-openai-api-key"))));
}

#[tokio::test]
async fn no_server_takes_a_fault_of_the_environment() -> anyhow::Result<()> {
    let double = healthy().await?;
    let answer = post(&double, Service::Backend, "/__double/fault/openai-missing").await?;
    assert_eq!(answer.status, 409);
    let Value::String(why) = &answer.json()?["error"] else { panic!("an error is told") };
    assert!(why.contains("OPENAI_API_KEY is a variable of whoever validates"), "{why}");
    Ok(())
}
