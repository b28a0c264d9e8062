//! The operator's file as anybody may write it, and what `allow` makes of it.
//!
//! The input is two texts with a zero byte between them: the operator's file, and a bundle (absent: the shipped one). Then:
//! - reading ends, without a panic, in an operator's file or in at least one mistake;
//! - what `allow` writes can be read; its entry allows exactly what the bundle asks, neither less nor more, and nothing else of the file
//!   means something else than before;
//! - what was allowed may run, and allowing it again changes nothing;
//! - comments outside of the entry stay.
#![no_main]

use std::collections::BTreeSet;

use holdpoint_bundle::{Operator, Resolved, Sources, Verified, allow};
use holdpoint_fuzz::sources;
use holdpoint_model::grant::HttpGrant;
use libfuzzer_sys::fuzz_target;

const SHIPPED: &str = include_str!("../../scripts/bundles/netra-staging/bundle.toml");

fuzz_target!(|text: &str| {
    let (operator, bundle) = text.split_once('\0').unwrap_or((text, SHIPPED));
    let operator = sources::operator(operator);
    let before = match Operator::parse(&operator) {
        Ok(before) => before,
        Err(mistakes) => return assert!(mistakes.iter().count() > 0),
    };
    let mut sources = sources::of(bundle);
    sources.inputs.insert("config".into(), "/srv/config".into());
    let Ok(resolved) = Resolved::from_sources(&sources, &sources::modules) else { return };
    let written = match allow(&resolved, &operator) {
        Ok(written) => written,
        Err(why) => {
            // A bound of the machine is told; a place in a text that nobody wrote is not.
            return assert!(why.iter().all(|one| one.position.is_none()), "{why}");
        }
    };
    let again = sources::operator(&written);
    let mut after = Operator::parse(&again).unwrap_or_else(|e| panic!("{e}\n{written}"));
    assert_eq!(allow(&resolved, &again).as_deref(), Ok(written.as_str()), "allowing twice");
    may_run(&resolved, &mut sources, &written);
    exactly(&resolved, &after);
    let key = (resolved.name.clone(), resolved.environment.name.clone());
    let old = before.bundles.get(&key).is_some();
    after.bundles.remove(&key);
    let mut rest = before;
    rest.bundles.remove(&key);
    assert_eq!(rest, after, "the rest of the file means what it meant");
    if !old {
        let comments =
            |text: &str| text.lines().filter(|line| line.starts_with('#')).map(|line| line.trim_end().to_owned()).collect::<Vec<_>>();
        let kept: BTreeSet<String> = comments(&written).into_iter().collect();
        let multiline = operator.file.text.contains("\"\"\"") || operator.file.text.contains("'''");
        assert!(multiline || comments(&operator.file.text).iter().all(|line| kept.contains(line)), "{written}");
    }
});

fn may_run(resolved: &Resolved, sources: &mut Sources, written: &str) {
    sources.operator = Some(sources::operator(written));
    if let Err(why) = Verified::new(resolved.clone(), sources, None) {
        assert!(why.iter().all(|one| one.message.contains("is not known, and")), "{why}\n{written}");
    }
}

fn exactly(resolved: &Resolved, operator: &Operator) {
    let entry = &operator.bundles[&(resolved.name.clone(), resolved.environment.name.clone())];
    let grants = || resolved.phases.iter().map(|phase| &phase.grants);
    let asked: Vec<HttpGrant> =
        grants().flat_map(|g| &g.http).map(|grant| HttpGrant { secret: vec![], ..grant.clone() }).collect();
    assert!(
        asked.iter().all(|grant| entry.http.contains(grant)) && entry.http.iter().all(|grant| asked.contains(grant))
    );
    let paths: BTreeSet<_> = grants().flat_map(|g| &g.files).map(|grant| grant.path().to_owned()).collect();
    assert_eq!(paths, entry.directories.iter().cloned().collect());
    let secrets: BTreeSet<_> = grants().flat_map(|g| &g.secrets).map(|grant| grant.name.clone()).collect();
    assert_eq!(secrets, entry.secrets.iter().cloned().collect());
    for (service, patterns) in &entry.services {
        let asked = resolved.services.iter().find(|asked| asked.name == *service).expect("it is of the bundle");
        assert_eq!(asked.within, *patterns);
    }
}
