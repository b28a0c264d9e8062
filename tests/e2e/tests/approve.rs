//! A phase waits for a person's word, and a rollback does: given in time it counts, silence and a denial never do.

use std::time::Duration;

use holdpoint_e2e::{
    Outcome, Phase, Scene,
    process::{Live, until},
    rows::{Judge, scene},
    staging::Staging,
};

const APPROVALS: &str = "[approvals]\nphases = [\"gate\", \"undo\"]\nby = [\"alice\"]\n";

/// `gate` waits after `first`, and `other` has nothing to do with it.
fn gated(staging: &Staging, operator: &str, terms: &str) -> Scene {
    let gate = Judge { needs: &["first"], ..Judge::good("gate") };
    let scene = scene(&staging.backend(), operator, &[Judge::good("first"), gate, Judge::good("other")]);
    scene.edit("bundle/bundle.toml", |bundle| {
        let (before, gate) = bundle.split_once("id = \"gate\"").expect("it has a gate");
        let gate = gate.replacen("[phase.grants]", &format!("[phase.approval]\n{terms}\n[phase.grants]"), 1);
        format!("{before}id = \"gate\"{gate}")
    });
    scene
}

/// `first` changes something, `second` fails, and `undo` takes back when it is approved.
fn rolling_back(staging: &Staging, within: &str) -> Scene {
    let second = Judge { needs: &["first"], ..Judge::bad("second") };
    let scene = scene(&staging.backend(), APPROVALS, &[Judge::good("first"), second, Judge::good("undo")]);
    scene.edit("bundle/bundle.toml", |bundle| {
        format!(
            "{bundle}\n[rollback]\nphase = \"undo\"\nundoes = [\"first\"]\nwhen = [\"SECOND\"]\nmode = \"ask\"\nwithin = \"{within}\"\n"
        )
    });
    scene
}

/// Starts a command line and waits until a phase of the newest run waits and nothing else is under way.
fn waiting(scene: &Scene, arguments: &[&str]) -> Live {
    let run = scene.start(arguments);
    until_it_waits(scene);
    run
}

fn until_it_waits(scene: &Scene) {
    until("it waits for an approval", || {
        let has_run =
            std::fs::read_dir(scene.path().join(".holdpoint/runs")).is_ok_and(|mut runs| runs.next().is_some());
        has_run && {
            let report = scene.run(&["report"]).stdout;
            let under_way = |line: &&str| line.contains(" pending ");
            report.contains("waits for approval") && report.lines().filter(under_way).count() == 0
        }
    });
}

fn answer(scene: &Scene, phase: &str, more: &[&str]) -> Outcome {
    let arguments = [&["approve", "last", phase, "--by", "alice", "--reason", "seen, REL-1"], more].concat();
    scene.run(&arguments)
}

#[test]
fn a_phase_waits_while_others_go_on_and_an_approval_lets_it_start() {
    let staging = Staging::start();
    let scene = gated(&staging, APPROVALS, "by = \"the release manager\"");
    let run = waiting(&scene, &["run", "BUNDLE"]);
    assert_eq!(staging.effects().len(), 2, "`first` and `other` have done their work, and `gate` has not");
    let report = scene.run(&["report"]).exits(0).stdout;
    assert!(report.contains(" gate --by NAME --reason TEXT") && report.contains(" by the release manager"), "{report}");
    let shown = scene.run(&["show", "last", "gate"]).exits(0).stdout;
    assert!(shown.contains("waits for approval: holdpoint approve "), "{shown}");
    answer(&scene, "first", &[]).refuses(&["phase `first` needs no approval; of the run `gate` can"]);
    answer(&scene, "gaet", &[]).refuses(&["the run has no phase `gaet`", "`gate`"]);
    scene.run(&["approve", "01ZZ", "gate", "--by", "alice", "--reason", "x"]).refuses(&["01ZZ"]);
    let approved = answer(&scene, "gate", &["--output", "json"]).exits(0);
    assert_eq!((&approved.json()["approved"], &approved.json()["at_rest"]), (&true.into(), &false.into()));
    let run = run.finish().exits(0);
    assert!(run.stderr.contains("gate: waits for approval: holdpoint approve "), "{run:?}");
    assert!(run.stderr.contains("gate: approved by alice: seen, REL-1"), "{run:?}");
    assert!(run.stdout.contains("  gate  approved by alice: seen, REL-1 ("), "{run:?}");
    assert_eq!(staging.effects().len(), 3);
    answer(&scene, "gate", &[]).refuses(&["has ended with `release`; there is nothing to approve"]);
    let replay = scene.run(&["replay", "last", "--keep", "second.db"]).exits(0);
    assert!(replay.stdout.contains("the same again: release"), "{replay:?}");
    let report = scene.run(&["report", "./second.db"]).exits(0).stdout;
    assert!(report.contains("  gate  approved by alice: seen, REL-1 ("), "{report}");
}

#[test]
fn a_denial_ends_the_wait_at_once_and_says_who_and_why() {
    let staging = Staging::start();
    let scene = gated(&staging, APPROVALS, "not-before = \"48h\"");
    let run = waiting(&scene, &["run", "BUNDLE", "--output", "json"]);
    answer(&scene, "gate", &[]).refuses(&["phase `gate` can't be approved before 20", "; it is 20"]);
    answer(&scene, "gate", &["--deny"]).exits(0);
    let run = run.finish().exits(3);
    assert_eq!((run.decision().as_str(), run.row("GATE").as_str()), ("inconclusive", "not-exercised"));
    let report = scene.run(&["report"]).exits(0).stdout;
    assert!(report.contains("not exercised: GATE row gate (denied by alice: seen, REL-1)"), "{report}");
    assert!(report.ends_with("inconclusive · phase `gate`: denied by alice: seen, REL-1\n"), "{report}");
    assert_eq!(staging.effects().len(), 2);
    scene.run(&["replay"]).exits(0);
}

#[test]
fn silence_is_never_a_release_not_even_of_a_phase_without_rows() {
    let staging = Staging::start();
    for rows in [true, false] {
        let scene = gated(&staging, APPROVALS, "within = \"1s\"");
        if !rows {
            scene.edit("bundle/bundle.toml", |bundle| {
                bundle.replace("requirements = [\"P3.1\"]\nmap = { \"P3.1\" = \"GATE\" }\n", "")
            });
            scene.write(
                "bundle/checklist.toml",
                "[[row]]\nid = \"FIRST\"\ntitle = \"a\"\nlevel = \"required\"\n[[row]]\nid = \"OTHER\"\ntitle = \"b\"\nlevel = \"required\"\n",
            );
        }
        let before = staging.effects().len();
        let run = scene.run(&["run", "BUNDLE"]).exits(3);
        assert!(run.stdout.contains("nobody approved it until 20"), "{run:?}");
        assert_eq!(staging.effects().len(), before + 2, "{run:?}");
        scene.run(&["replay"]).exits(0);
    }
}

#[test]
fn a_killed_run_waits_on_and_an_answer_at_rest_counts_when_it_is_resumed() {
    let staging = Staging::start();
    let scene = gated(&staging, APPROVALS, "within = \"1h\"");
    let until_of =
        |scene: &Scene| scene.run(&["report", "--format", "json"]).exits(0).json()["approvals"][0]["until"].clone();
    drop(waiting(&scene, &["run", "BUNDLE"]));
    let deadline = until_of(&scene);
    let resumed = waiting(&scene, &["resume"]);
    assert_eq!(until_of(&scene), deadline, "the time to answer does not begin anew");
    resumed.interrupt();
    resumed.finish().exits(130);
    let approved = answer(&scene, "gate", &[]).exits(0);
    assert!(approved.stderr.contains("goes on with it"), "{approved:?}");
    answer(&scene, "gate", &["--deny"])
        .refuses(&["phase `gate` has its answer already, since 20", "approved by alice"]);
    assert_eq!(staging.effects().len(), 2, "nothing starts while nobody works on the run");
    scene.run(&["resume"]).exits(0);
    assert_eq!(staging.effects().len(), 3);
    scene.run(&["replay"]).exits(0);
}

#[test]
fn the_operators_file_of_today_says_who_may_answer() {
    let staging = Staging::start();
    let scene = gated(&staging, "", "within = \"1h\"");
    let run = waiting(&scene, &["run", "BUNDLE"]);
    let lines = ["does not allow it", "add to [approvals]:", "phases = [\"gate\"]", "by = [\"alice\"]"];
    answer(&scene, "gate", &[]).refuses(&lines);
    answer(&scene, "gate", &["--deny"]).refuses(&lines);
    let allowed = std::fs::read_to_string(scene.path().join("holdpoint.toml")).expect("the operator's file");
    // With a host it is the host's file: whoever asks can't bring another.
    scene.write("theirs.toml", &format!("{allowed}\n{APPROVALS}"));
    let mut theirs = scene.holdpoint.command();
    theirs.current_dir(scene.path()).args(["--operator", "theirs.toml", "approve", "last", "gate"]);
    theirs.args(["--by", "alice", "--reason", "seen, REL-1"]);
    Live::start(&mut theirs).finish().refuses(&lines);
    scene.write("holdpoint.toml", &format!("{allowed}\n{}", APPROVALS.replace("alice", "bob")));
    answer(&scene, "gate", &[]).refuses(&["by = [\"alice\"]"]);
    drop(run);
    answer(&scene, "gate", &[]).refuses(&["by = [\"alice\"]"]);
    scene.write("holdpoint.toml", &format!("{allowed}\n{APPROVALS}"));
    answer(&scene, "gate", &[]).exits(0);
    scene.run(&["resume"]).exits(0);
}

#[test]
fn a_part_of_a_bundle_and_a_dry_run_ask_nobody() {
    let staging = Staging::start();
    let scene = gated(&staging, APPROVALS, "not-before = \"48h\"");
    scene.run(&["run", "BUNDLE", "--only", "first,gate"]).exits(7);
    let plan = scene.run(&["plan", "BUNDLE"]).exits(0).stdout;
    assert!(plan.contains("waits for an approval, not before 2d of the run, within 1d"), "{plan}");
    // One that only reads does its work in a dry run too.
    let mut other = Phase::reading("other", "swarm", "{ calls = 2 }");
    other.table.push_str("\n[phase.approval]\nnot-before = \"48h\"");
    let scene = Scene::new(&staging.backend(), &[other]);
    let run = scene.run(&["run", "BUNDLE", "--dry-run"]).exits(7);
    assert!(!run.stdout.contains("approv") && !run.stderr.contains("approv"), "{run:?}");
}

#[test]
fn a_rehearsal_hurries_to_where_an_answer_counts_and_waits_there_for_a_person() {
    let staging = Staging::start();
    let scene = gated(&staging, APPROVALS, "not-before = \"10d\"");
    let run = waiting(&scene, &["run", "BUNDLE", "--scale", "100000"]);
    // A person who does not answer at once has a day for it, of which a rehearsal would have less than a second.
    until("its answer counts", || {
        scene.run(&["report"]).stdout.contains("waits for approval") && {
            std::thread::sleep(Duration::from_secs(3));
            answer(&scene, "gate", &[]).code == Some(0)
        }
    });
    run.finish().exits(8);
    assert_eq!(staging.effects().len(), 3);
}

#[test]
fn what_is_asked_for_without_bounds_is_refused() {
    let staging = Staging::start();
    let scene = gated(&staging, APPROVALS, "within = \"31d\"");
    scene.run(&["check", "BUNDLE"]).refuses(&["an approval is waited for at most 30d"]);
    let reason = "x".repeat(501);
    scene.run(&["approve", "last", "gate", "--by", "alice", "--reason", &reason]).refuses(&["1 to 500 characters"]);
}

#[test]
fn a_rollback_that_asks_freezes_the_run_and_begins_when_it_is_approved() {
    let staging = Staging::start();
    let scene = rolling_back(&staging, "1h");
    let run = waiting(&scene, &["run", "BUNDLE"]);
    assert_eq!(staging.effects().len(), 1, "nothing is taken back yet");
    let report = scene.run(&["report"]).exits(0).stdout;
    assert!(report.contains("(a rollback was called for by row SECOND, which failed)"), "{report}");
    answer(&scene, "undo", &[]).exits(0);
    run.finish().exits(5);
    assert_eq!(staging.effects().len(), 2);
    scene.run(&["replay"]).exits(0);
}

#[test]
fn a_rollback_that_nobody_approves_holds_with_what_called_for_it() {
    let staging = Staging::start();
    let called = "a rollback was called for by row SECOND, which failed, and nobody approved it";
    let scene = rolling_back(&staging, "1s");
    let run = scene.run(&["run", "BUNDLE"]).exits(1);
    assert!(run.stdout.contains(&format!("hold · failed: SECOND · {called} until 20")), "{run:?}");
    let scene = rolling_back(&staging, "1h");
    let run = waiting(&scene, &["run", "BUNDLE"]);
    answer(&scene, "undo", &["--deny"]).exits(0);
    let run = run.finish().exits(1);
    assert!(run.stdout.contains(&format!("hold · failed: SECOND · {called}: denied by alice: seen, REL-1")), "{run:?}");
    assert_eq!(staging.effects().len(), 2, "nothing was taken back: {run:?}");
    scene.run(&["replay"]).exits(0);
}

#[test]
fn a_rollback_waits_on_after_its_host_was_killed() {
    let staging = Staging::start();
    let scene = rolling_back(&staging, "1h");
    drop(waiting(&scene, &["run", "BUNDLE"]));
    let resumed = waiting(&scene, &["resume"]);
    answer(&scene, "undo", &[]).exits(0);
    resumed.finish().exits(5);
}
