//! Sockets: a bundle asks for them, an operator allows them.

use crate::support::{operator, resolve, sample, sample_with, verify};
use holdpoint_bundle::{Plan, Sources, allow, asks_in_words};

/// The sample, whose phase `config` may open sockets too.
fn granted(websocket: &str) -> Sources {
    sample_with(&format!("websocket = [{websocket}]"))
}

#[test]
fn a_socket_that_is_allowed_may_be_opened() {
    let sources = granted("{ services = [\"backend\"], paths = [\"/ws\"] }");
    let text = allow(&resolve(&sources), &operator("")).unwrap();
    assert!(text.contains("websocket = [\n    { services = [\"backend\"], paths = [\"/ws\"] },\n]"), "{text}");
    assert_eq!(allow(&resolve(&sources), &operator(&text)).unwrap(), text, "allowing twice changes nothing");
    let verified = verify(sources.clone(), &text).unwrap();
    let config = verified.phases.iter().find(|phase| phase.id.as_str() == "config").unwrap();
    assert_eq!(config.services.len(), 1, "a service is there that only sockets are opened to");
    assert!(
        asks_in_words(&resolve(&sources)).contains(&"config: open sockets to services backend below /ws".to_owned())
    );
    let plan = Plan::of(&resolve(&sources), Some(&operator(&text))).unwrap();
    assert!(plan.refusals.is_empty());
    assert!(plan.phases.iter().flat_map(|p| &p.grants).any(|g| g.what.starts_with("open sockets")));
}

#[test]
fn the_lines_that_are_missing_are_told() {
    let allowed = allow(&resolve(&sample()), &operator("")).unwrap();
    let error = verify(granted("{ services = [\"backend\"], paths = [\"/ws\"] }"), &allowed).unwrap_err().to_string();
    assert!(error.contains("to open sockets to services backend below /ws"), "{error}");
    assert!(error.contains("        websocket = [{ services = [\"backend\"], paths = [\"/ws\"] }]"), "{error}");
}

#[test]
fn frames_are_not_called_less_dangerous_than_the_operator_has_them() {
    let text = allow(&resolve(&granted("{ services = [\"backend\"] }")), &operator("")).unwrap();
    let text = text.lines().filter(|line| !line.starts_with("asks")).collect::<Vec<_>>().join("\n");
    let error = verify(granted("{ services = [\"backend\"], class = \"read\" }"), &text).unwrap_err().to_string();
    assert!(error.contains("websocket = [{ services = [\"backend\"], class = \"read\" }]"), "{error}");
    let error = verify(granted("{ services = [\"backend\"], class = \"disruptive\" }"), &text).unwrap_err().to_string();
    assert!(error.contains("add \"staging\" to disruptive"), "{error}");
}

#[test]
fn an_empty_list_grants_nothing_and_asks_for_nothing() {
    let sources = granted("{ services = [] }");
    let text = allow(&resolve(&sources), &operator("")).unwrap();
    assert!(!text.contains("websocket"), "{text}");
    assert!(verify(sources.clone(), &text).is_ok());
    assert!(asks_in_words(&resolve(&sources)).contains(&"config: a grant of websocket that grants nothing".to_owned()));
}
