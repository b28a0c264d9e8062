//! The stages that a bundle decides in.

use crate::support::{modules, operator, resolve, sample, verify};
use holdpoint_bundle::{Resolved, Sources, allow};

/// The sample with more at its end.
fn with(more: &str) -> Sources {
    let mut sources = sample();
    sources.bundle.text.push_str(more);
    sources
}

const DAY: &str = "\n[[phase]]\nid = \"watch\"\nmodule = \"phases/plain\"\nneeds = [\"health\"]\nstage = \"day\"\n";

fn policy(fields: &str) -> String {
    format!("{DAY}\n[[policy]]\nid = \"objectives\"\nmodule = \"policies/objectives\"\n{fields}\n")
}

fn refused(sources: &Sources) -> String {
    Resolved::from_sources(sources, &modules).map(|_| ()).unwrap_err().to_string()
}

#[test]
fn stages_come_in_the_order_in_which_phases_name_them() {
    assert_eq!(resolve(&sample()).stages, ["deploy"]);
    let resolved = resolve(&with(DAY));
    assert_eq!(resolved.stages, ["deploy", "day"]);
    assert_eq!(resolved.phases.last().map(|phase| phase.stage.as_str()), Some("day"));
    let allowed = allow(&resolved, &operator("")).unwrap();
    let verified = verify(with(DAY), &allowed).unwrap();
    assert_eq!((verified.place_of("deploy"), verified.place_of("day")), (0, 1));
    let whole = verified.in_one_stage();
    assert_eq!((whole.stages.len(), whole.place_of("day")), (1, 0));
}

#[test]
fn what_is_asked_for_by_name_is_one_stage() {
    let mut sources = with(DAY);
    sources.only = vec!["watch".to_owned()];
    assert_eq!(resolve(&sources).stages, ["deploy"]);
}

#[test]
fn a_policy_judges_to_the_end_of_the_last_stage_unless_it_says_otherwise() {
    assert_eq!(resolve(&with(&policy(""))).policies[0].stage, "day");
    assert_eq!(resolve(&with(&policy("stage = \"deploy\""))).policies[0].stage, "deploy");
    let unknown = refused(&with(&policy("stage = \"dya\"")));
    assert!(unknown.contains("no phase is of stage `dya`, did you mean `day`?"), "{unknown}");
}

#[test]
fn what_a_phase_needs_is_not_of_a_later_stage() {
    let more = format!("{DAY}\n[[phase]]\nid = \"early\"\nmodule = \"phases/plain\"\nneeds = [\"watch\"]\n");
    let message = refused(&with(&more));
    assert!(
        message.contains("phase `early` of stage `deploy` needs `watch` of stage `day`, which comes later"),
        "{message}"
    );
}

#[test]
fn the_rollback_is_of_no_stage() {
    let more = "\n[[phase]]\nid = \"back\"\nmodule = \"phases/plain\"\nstage = \"nowhere\"\n[rollback]\nphase = \"back\"\nundoes = [\"health\"]\nwhen = [\"P3.1\"]\n";
    assert_eq!(resolve(&with(&format!("{more}{DAY}"))).stages, ["deploy", "day"]);
}
