//! The phase against scripts, at 2026-01-01T00:00:00Z; the cases that are pure data lie in `fixtures/`.

use holdpoint::prelude::*;
use holdpoint::testing::Test;

use crate::run;

#[test]
fn fixtures_come_out_as_they_say() {
    holdpoint::fixtures(run, "fixtures");
}

const LESSONS: &str = "+++\ndate = 2025-12-30\nrelease = \"2.4.0\"\n+++\n# Lessons\n\n## What happened\n\nIt was slow.\n\n## What we change\n\nThe pool.\n";
const RUNBOOK: &str =
    "# Runbook\n\n## Deploy\n\nIf it fails, [roll back](#roll-back).\n\n## Roll back\n\n`holdpoint run`\n";
const REHEARSAL: &str = "rehearsed = 2025-12-01\nrun = \"01JDC5W8Z3N4Q2M7K9T1R6V0XB\"\nenvironment = \"production\"\ndecision = \"rolled-back\"\n";
/// Of the bytes `a run`.
const EVIDENCE: &str =
    "evidence = \"run.db\"\ndigest = \"sha256:7666f0507e9b2d38e9dee8b3a19b4379c41fe8b33413fdc329fcf115b2c76a65\"\n";

/// The phase with a section of its configuration.
fn with<'a>(row: &str, section: &str, given: Value) -> Test<'a> {
    let mut config = json!({ "release": "2.4.0" });
    config[section] = given;
    holdpoint::test(run).requirements([row]).directory("next").config(config)
}

fn lessons<'a>(page: &str) -> Test<'a> {
    let given = json!({ "document": "next/lessons.md", "sections": ["What happened", "What we change"], "template": "next/template.md" });
    let template = "## What happened\n\nSay what was seen.\n\n## What we change\n\nSay who does what.\n";
    with("NEXT-1", "lessons", given).file("next/lessons.md", page).file("next/template.md", template)
}

#[test]
fn lessons_that_are_written_pass_and_what_people_do_stands_beside() {
    let t = lessons(LESSONS);
    t.expect("NEXT-1", Pass, "its date is 48 h ago");
    t.expect("NEXT-1", Pass, "all of them");
    let checks: Vec<_> = t.checks().iter().map(|check| (check.verdict, check.evidence.len())).collect();
    assert_eq!(checks, [(Pass, 1), (Pass, 1), (NotExercised, 0)]);
    assert_eq!(t.checks()[2].observed, "manual: no document shows it");
    assert_eq!(t.calls(), ["read next/lessons.md", "read next/template.md"]);
}

#[test]
fn lessons_of_another_release_or_of_long_ago_fail() {
    for (from, to, says) in [
        ("2.4.0", "2.3.1", "it is of release 2.3.1"),
        ("release = \"2.4.0\"\n", "", "`release` is not there"),
        ("2025-12-30", "2025-12-16", "its date is 16 days ago, of at most 14d"),
        ("2025-12-30", "2026-01-02", "its date is still to come"),
        ("2025-12-30", "\"soon\"", "`date = soon` is neither a date nor a moment"),
        ("date = 2025-12-30", "date =", "it can't be parsed at 1:"),
        ("+++\n", "", "no facts at its top"),
    ] {
        lessons(&LESSONS.replace(from, to)).expect("NEXT-1", Fail, says);
    }
}

#[test]
fn lessons_that_nobody_wrote_fail() {
    for (from, to, says) in [
        ("It was slow.", "TBD: what was seen?", "`What happened` has a placeholder: TBD: what was seen?"),
        ("It was slow.", "", "`What happened` is empty"),
        ("## What we change", "## Thanks", "`What we change` is missing"),
        ("It was slow.", "Say what was seen.", "`What happened` is still that of the template"),
    ] {
        lessons(&LESSONS.replace(from, to)).expect("NEXT-1", Fail, says);
    }
}

fn production<'a>(staging: &str, production: &str) -> Test<'a> {
    let given = json!({
        "staging": "next/staging.yaml", "production": "next/production.env",
        "promote": ["TIMEOUT"], "own": ["URL"], "foreign": ["netra-*-staging"],
    });
    with("NEXT-2", "production", given).file("next/staging.yaml", staging).file("next/production.env", production)
}

#[test]
fn production_has_what_staging_taught_and_nothing_of_it() {
    let staging = "TIMEOUT: 300\nURL: https://api.staging.example\n";
    let t = production(staging, "TIMEOUT=300\nURL=https://api.example\n");
    t.expect("NEXT-2", Pass, "1 values are the same");
    t.expect("NEXT-2", Pass, "1 values differ");
    t.expect("NEXT-2", Pass, "nothing in 2 values");
    assert_eq!(t.checks()[0].evidence, [0, 1]);
    for (file, says) in [
        ("TIMEOUT=30\nURL=https://api.example\n", "TIMEOUT=30, and TIMEOUT=300 in staging"),
        ("URL=https://api.example\n", "TIMEOUT is not in production"),
        ("TIMEOUT=300\nURL=https://api.staging.example\n", "URL is the same in both"),
        (
            "TIMEOUT=300\nURL=https://api.example\nX=http://api.staging.example/x\n",
            "3:3 X names what staging has at URL",
        ),
        ("TIMEOUT=300\nURL=https://api.example\nX=netra-api-staging\n", "3:3 X has netra-*-staging"),
    ] {
        production(staging, file).expect("NEXT-2", Fail, says);
    }
    production("a: [1\n", "TIMEOUT=300\n").expect("NEXT-2", Inconclusive, "it can't be parsed at ");
}

fn schedule<'a>(announcement: &str) -> Test<'a> {
    with("NEXT-3", "schedule", json!({ "announcement": "next/a.toml" })).file("next/a.toml", announcement)
}

#[test]
fn notice_is_given_two_days_before() {
    let announced = "announced = 2025-12-31T12:00:00Z\nstarts = ";
    let t = schedule(&format!("{announced}2026-01-02T12:00:00Z\n"));
    t.expect("NEXT-3", Pass, "a notice of 48 h, and 36 h from now");
    for (starts, says) in [
        ("2026-01-02T11:00:00Z", "a notice of 47 h"),
        ("2025-12-31T11:00:00Z", "it starts before it was announced"),
        ("2026-01-02T12:00:00", "is neither a date nor a moment with its offset"),
        ("\"\"", "`starts` is empty"),
        ("2026-01-02", "a notice of hours needs moments: write 2026-01-02T09:00:00Z"),
    ] {
        schedule(&format!("{announced}{starts}\n")).expect("NEXT-3", Fail, says);
    }
    // By the beginnings of both days it would be 48 hours, and be no more than 25.
    let day = "announced = 2025-12-31\nstarts = 2026-01-02T00:00:00Z\n";
    schedule(day).expect("NEXT-3", Fail, "`announced = 2025-12-31`: a notice of hours needs moments");
    let past = "announced = 2025-12-01T00:00:00Z\nstarts = 2025-12-31T23:00:00Z\n";
    schedule(past).expect("NEXT-3", Fail, "it was to start 1 h ago");
}

fn rehearsal<'a>(document: &str) -> Test<'a> {
    let given = json!({ "document": "next/rehearsal.toml" });
    with("NEXT-4", "rehearsal", given).file("next/rehearsal.toml", document).file("next/run.db", "a run")
}

#[test]
fn a_rehearsal_counts_while_it_is_not_too_old() {
    let t = rehearsal(&format!("{REHEARSAL}{EVIDENCE}"));
    t.expect("NEXT-4", Pass, "run 01JDC5W8Z3N4Q2M7K9T1R6V0XB is 31 days ago");
    assert_eq!(t.checks().len(), 3);
    for (from, to, says) in [
        ("2025-12-01", "2025-10-02", "is 91 days ago, of at most 90d"),
        ("2025-12-01", "2026-01-03", "is still to come"),
        ("rolled-back", "rollback-failed", "decision is rollback-failed"),
        ("production", "staging", "environment is staging"),
        ("01JDC5W8Z3N4Q2M7K9T1R6V0XB", "the one of May", "`run = the one of May` is no id of a run"),
        ("decision = \"rolled-back\"\n", "", "`decision` is not there"),
    ] {
        rehearsal(&REHEARSAL.replace(from, to)).expect("NEXT-4", Fail, says);
    }
}

#[test]
fn evidence_that_is_named_is_the_file_that_is_meant() {
    let with = |evidence: &str| rehearsal(&format!("{REHEARSAL}{evidence}"));
    with(EVIDENCE).expect("NEXT-4", Pass, "sha256:");
    // What people write of a run shows none.
    let why = "name `evidence` and `digest`, as `holdpoint export` prints them";
    with("").expect("NEXT-4", Inconclusive, why);
    let (_, digest) = EVIDENCE.split_once('\n').unwrap();
    with(digest).expect("NEXT-4", Inconclusive, why);
    with(&EVIDENCE.replace("run.db", "gone.db")).expect("NEXT-4", Fail, "no such file");
    with(&EVIDENCE.replace("sha256:", "sha256:0")).expect("NEXT-4", Fail, "sha256:0");
    with("evidence = \"run.db\"\n").expect("NEXT-4", Fail, "`digest` is not there");
    with("evidence = \"\"\n").expect("NEXT-4", Fail, "`evidence` is empty");
}

fn training<'a>(runbook: &str, trained: &str) -> Test<'a> {
    let given = json!({
        "runbook": "next/runbook.md", "sections": ["Deploy", "Roll back"], "trained": "next/trained.toml", "team": ["alice", "Bob B."],
    });
    with("NEXT-5", "training", given).file("next/runbook.md", runbook).file("next/trained.toml", trained)
}

#[test]
fn everybody_of_the_team_is_trained_by_a_page_that_holds_together() {
    let trained = "[trained]\nalice = 2025-12-20\n\"Bob B.\" = 2025-12-20\ncarol = 2025-01-01\n";
    let t = training(RUNBOOK, trained);
    t.expect("NEXT-5", Pass, "all of them");
    t.expect("NEXT-5", Pass, "all do");
    t.expect("NEXT-5", Pass, "all 2");
    training(&RUNBOOK.replace("(#roll-back)", "(#undo)"), trained).expect("NEXT-5", Fail, "no heading for #undo");
    training(&RUNBOOK.replace("`holdpoint run`", "TODO"), trained).expect(
        "NEXT-5",
        Fail,
        "`Roll back` has a placeholder",
    );
    for (from, to, says) in [
        ("\"Bob B.\"", "bob", "`trained.Bob B.` is not there"),
        ("alice = 2025-12-20", "alice = 2025-07-01", "`alice`: it is 184 days ago, of at most 180d"),
        ("alice = 2025-12-20", "alice = 2026-01-05", "`alice`: it is still to come"),
        ("[trained]", "trained", "it can't be parsed at 1:"),
    ] {
        training(RUNBOOK, &trained.replace(from, to)).expect("NEXT-5", Fail, says);
    }
}

#[test]
fn a_row_without_its_section_is_not_exercised_and_one_that_is_not_listed_says_nothing() {
    let t = holdpoint::test(run).requirements(["NEXT-1", "NEXT-3"]);
    t.expect("NEXT-1", NotExercised, "config.lessons names no document");
    t.expect("NEXT-3", NotExercised, "config.schedule names no document");
    assert_eq!((t.checks().len(), t.calls().len()), (2, 0));
}

#[test]
fn a_document_that_is_not_there_fails_and_one_that_is_not_seen_says_nothing() {
    let of = || with("NEXT-3", "schedule", json!({ "announcement": "next/a.toml" }));
    of().expect("NEXT-3", Fail, "no such file; write it, or take it out of the configuration");
    of().denied_file("next/a.toml").expect("NEXT-3", Inconclusive, "denied files next/a.toml");
    of().file("next/a.toml", vec![b'#'; 64 * 1024 + 1]).expect("NEXT-3", Inconclusive, "65537 bytes, of at most 65536");
    of().file("next/a.toml", b"a = \xff".to_vec()).expect("NEXT-3", Inconclusive, "it is not UTF-8 from byte 4");
    let long = production(&format!("a: {}", "x".repeat(1024 * 1024)), "A=1\n");
    long.expect("NEXT-2", Inconclusive, "1048579 bytes, of at most 1048576");
}

#[test]
fn a_mistake_in_the_configuration_names_the_field() {
    let page = |sections: Vec<&str>| json!({ "lessons": { "document": "d/x.md", "sections": sections } });
    let files = json!({ "staging": "d/a", "production": "d/b" });
    for (config, error) in [
        (page(vec![]), "config.lessons.sections is empty"),
        (page(vec!["a"; 201]), "config.lessons.sections has 201 entries, of at most 200"),
        (json!({ "release": " " }), "config.release is empty"),
        (json!({ "production": files }), "config.production has none of promote, own and foreign"),
        (
            json!({ "schedule": { "announcement": "d/x", "notice": "2 days" } }),
            "config.schedule.notice: `2 days` is no length",
        ),
        (json!({ "schedule": { "announcement": "d/x", "within": "1d" } }), "config.schedule.within: unknown field"),
        (
            json!({ "training": { "runbook": "d/x", "sections": ["a"], "trained": "d/y", "team": [] } }),
            "config.training.team is empty",
        ),
    ] {
        let t = holdpoint::test(run).config(config);
        let actual = t.returned().expect_err(error);
        assert!(actual.contains(error), "{actual}");
    }
}
