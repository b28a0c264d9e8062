//! Whoever goes beyond a bound is ended, and the bound is named.

use holdpoint_engine::policy::PolicyError;

use crate::scene::{each_second, rude};

#[test]
fn a_policy_that_goes_beyond_a_bound_is_ended_and_the_bound_is_named() {
    for (act, count, says) in [
        ("loop", 0, "limit of 300000000 units of fuel reached"),
        ("allocate", 0, "memory limit of 32 MiB reached"),
        ("recurse", 0, "limit of the call stack reached"),
        ("ask", 1_000, "limit of 1000 questions for evidence reached"),
        ("judge", 1_001, "limit of 1000 findings reached: there are 1001"),
        ("state", (1 << 20) + 1, "limit of 1048576 bytes of state reached: it has 1048577"),
        ("text", 16_400, "limit of 16384 bytes of texts in one finding reached by `0`"),
    ] {
        let ended = rude(act, count, vec![]);
        assert!(
            matches!(&ended, Err(PolicyError::Exceeded(reason)) if reason.starts_with(says)),
            "{act}: {ended:?}\nshould say\n{says}"
        );
    }
}

#[test]
fn a_policy_within_its_bounds_is_not_ended() {
    for (act, count, findings) in [("ask", 990, 1), ("judge", 1_000, 1_000), ("state", 1 << 20, 0), ("text", 16_300, 1)]
    {
        let judged = rude(act, count, vec![]).unwrap();
        assert_eq!(judged.evaluation.findings.len(), findings, "{act}");
    }
}

#[test]
fn what_is_no_evaluation_or_none_at_all_is_told_apart() {
    for (act, error) in [
        ("twice", PolicyError::Malformed("two findings of the name `0`".into())),
        ("refuse", PolicyError::Refused("nothing to judge ".into())),
        ("nonsense", PolicyError::Refused(String::new())),
        ("panic", PolicyError::Trapped("wasm trap: wasm `unreachable` instruction executed".into())),
    ] {
        let ended = rude(act, 0, vec![]).unwrap_err();
        match (&error, &ended) {
            (PolicyError::Refused(wanted), PolicyError::Refused(said)) if wanted.is_empty() => {
                assert!(said.contains("config.act: unknown variant `nonsense`"), "{said}");
            }
            _ => assert_eq!(ended, error, "{act}"),
        }
    }
}

#[test]
fn a_text_without_an_end_is_cut() {
    let ended = rude("refuse", 10_000, vec![]).unwrap_err();
    assert!(matches!(&ended, PolicyError::Refused(said) if said.len() < 5_000 && said.ends_with('…')), "{ended:?}");
}

#[test]
fn more_evidence_than_there_may_be_is_refused_by_name() {
    let day = || each_second("m", &[], (0..40_000).map(f64::from));
    // At ten minutes 601 of them are there.
    assert!(rude("select", 100, vec![day()]).is_ok());
    let refused = |act: &str, count: u32, series| rude(act, count, series).unwrap_err().to_string();
    let samples = refused("select", 200, vec![day()]);
    assert!(samples.contains("evidence of m: samples of all answers are more than 100000"), "{samples}");
    let many = (0..1_001).map(|n| each_second("m", &[("n", &n.to_string())], [1.0])).collect();
    let series = refused("select", 1, many);
    assert!(series.contains("series of one answer are more than 1000"), "{series}");
    let matchers = refused("matchers", 33, vec![]);
    assert!(matchers.contains("the selector has more than 32 matchers"), "{matchers}");
    assert!(rude("matchers", 32, vec![]).is_ok());
}
