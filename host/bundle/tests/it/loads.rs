//! Load: a bundle asks for it, an operator bounds it.

use crate::support::{operator, resolve, sample, sample_with, verify};
use holdpoint_bundle::{Plan, Sources, allow, asks_in_words};

const ASK: &str = "load = { max-users = 20, max-rate = 10, max-duration = \"30m\", max-requests = 18000 }";

/// The sample, whose phase `config` may put load on what it may ask.
fn granted() -> Sources {
    sample_with(ASK)
}

#[test]
fn a_load_that_is_allowed_may_be_put() {
    let text = allow(&resolve(&granted()), &operator("")).unwrap();
    assert!(text.contains(ASK), "{text}");
    assert_eq!(allow(&resolve(&granted()), &operator(&text)).unwrap(), text, "allowing twice changes nothing");
    verify(granted(), &text).unwrap();
    let words = "config: put load of at most 20 users, 10 iterations a second, 30m and 18000 requests";
    assert!(asks_in_words(&resolve(&granted())).contains(&words.to_owned()));
    let plan = Plan::of(&resolve(&granted()), Some(&operator(&text))).unwrap();
    assert!(plan.refusals.is_empty());
    assert!(plan.phases.iter().flat_map(|p| &p.grants).any(|g| g.what.contains("18000 requests")));
}

#[test]
fn every_bound_is_the_operators() {
    let allowed = allow(&resolve(&sample()), &operator("")).unwrap();
    let error = verify(granted(), &allowed).unwrap_err().to_string();
    assert!(error.contains(ASK), "{error}");
    let text = allow(&resolve(&granted()), &operator("")).unwrap();
    let text = text.lines().filter(|line| !line.starts_with("asks")).collect::<Vec<_>>().join("\n");
    for (wider, narrower) in [
        ("max-users = 20", "max-users = 19"),
        ("max-rate = 10", "max-rate = 9"),
        ("max-duration = \"30m\"", "max-duration = \"29m\""),
        ("max-requests = 18000", "max-requests = 17999"),
    ] {
        let error = verify(granted(), &text.replace(wider, narrower)).unwrap_err().to_string();
        assert!(error.contains(ASK), "{narrower}: {error}");
    }
}
