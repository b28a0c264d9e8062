//! `bundle.toml` and `checklist.toml` as anybody may write them, with inputs and services as anybody may type them.
//!
//! The input is texts between zero bytes: the bundle, the checklist (absent: one with three rows), then `--set`, `--service` and `--only`
//! as `NAME=VALUE` or a name. Whatever they are:
//! - resolving ends, without a panic, in a bundle or in at least one mistake, and twice in the same;
//! - a place that a mistake names lies in its text;
//! - a service that a phase may reach where the bundle has put it is asked for there, so that the operator gets to see it;
//! - every phase comes after those that it needs;
//! - without an operator's file nothing is allowed.
#![no_main]

use std::collections::BTreeSet;

use holdpoint_bundle::{Diagnostics, Resolved, Verified, asks_in_words};
use holdpoint_fuzz::sources;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let mut texts = text.split('\0');
    let mut sources = sources::of(texts.next().unwrap_or_default());
    if let Some(checklist) = texts.next().filter(|text| !text.is_empty()) {
        sources.checklist.text = checklist.to_owned();
    }
    for typed in texts.take(4) {
        match typed.split_once('=') {
            Some((name, value)) if value.contains("://") => drop(sources.services.insert(name.into(), value.into())),
            Some((name, value)) => drop(sources.inputs.insert(name.into(), value.into())),
            None => sources.only.push(typed.to_owned()),
        }
    }
    let first = Resolved::from_sources(&sources, &sources::modules);
    let second = Resolved::from_sources(&sources, &sources::modules);
    match (&first, &second) {
        (Ok(first), Ok(second)) => {
            assert_eq!(first.digest, second.digest);
            assert_eq!(asks_in_words(first), asks_in_words(second));
        }
        (Err(first), Err(second)) => assert_eq!(first, second),
        _ => panic!("the same sources gave a bundle once and mistakes once"),
    }
    match first {
        Err(mistakes) => judge_mistakes(&mistakes, &sources.bundle.text, &sources.checklist.text),
        Ok(resolved) => {
            judge(&resolved);
            assert!(Verified::new(resolved, &sources, None).is_err(), "nothing is allowed without an operator's file");
        }
    }
});

fn judge_mistakes(mistakes: &Diagnostics, bundle: &str, checklist: &str) {
    assert!(mistakes.iter().count() > 0);
    for mistake in mistakes.iter() {
        let text = if mistake.file == "bundle.toml" { bundle } else { checklist };
        if let Some((line, column)) = mistake.position {
            let found = text.split('\n').nth(line - 1).expect("the line is there");
            assert!(column <= found.chars().count() + 1, "{mistake}");
        }
    }
}

fn judge(resolved: &Resolved) {
    let words = asks_in_words(resolved);
    for service in &resolved.services {
        let reached = resolved.phases.iter().any(|phase| phase.services.contains(&service.name));
        if reached && !service.overridden && service.base.is_some() {
            let asked = format!("reach service {} at ", service.name);
            assert!(words.iter().any(|line| line.starts_with(&asked)), "{service:?} is reached and not asked for");
            assert!(service.is_where_the_bundle_says(), "{service:?}");
        }
    }
    let mut seen = BTreeSet::new();
    for phase in &resolved.phases {
        assert!(phase.needs.iter().all(|need| seen.contains(need)), "{} comes before what it needs", phase.id);
        assert!(seen.insert(phase.id.clone()), "{} takes part twice", phase.id);
        assert!(phase.grants.limits.memory > 0 && !phase.grants.limits.deadline.is_zero());
        serde_json::from_str::<serde_json::Value>(&phase.config).expect("a config is JSON");
    }
}
