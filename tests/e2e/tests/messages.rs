//! What people read when something is wrong: every mistake at once with its place, and the line that would mend it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::Command;

use holdpoint_e2e::{Outcome, Phase, Scene, guests, process::Live, staging::Staging};

const HEAD: &str = r#"[bundle]
name = "scene"
version = "1.0.0"
checklist = "checklist.toml"

[environments.test.services.backend]
name = "backend"
url = "http://127.0.0.1:9"
"#;

const READS: &str = r#"
[[phase]]
id = "reads"
module = "swarm"
requirements = ["P3.1"]
config = { calls = 1 }
[phase.grants]
http = [{ services = ["backend"], methods = ["GET"] }]
"#;

const CHECKLIST: &str = "[[row]]\nid = \"P3.1\"\ntitle = \"healthy\"\nlevel = \"required\"\n";

/// A bundle with these phases; the operator's file is `operator`.
fn scene(phases: &str, operator: &str) -> Scene {
    let scene = Scene::bare();
    scene.write("bundle/bundle.toml", &format!("{HEAD}{phases}"));
    scene.write("bundle/checklist.toml", CHECKLIST);
    scene.write("holdpoint.toml", operator);
    scene
}

/// A command line of somebody who has no operator's file.
fn without_operator(scene: &Scene, arguments: &[&str]) -> Command {
    let mut command = scene.holdpoint.command();
    command.current_dir(scene.path()).env("HOME", scene.path().join("home")).args(arguments);
    command.arg("--modules").arg(guests());
    command
}

/// Text as it is everywhere: without places, ids and times of this run.
fn stable(scene: &Scene, check: impl FnOnce()) {
    let mut settings = insta::Settings::clone_current();
    let folder = scene.path().canonicalize().unwrap();
    settings.add_filter(&escaped(&folder.display().to_string()), "[FOLDER]");
    settings.add_filter(&escaped(&guests().display().to_string()), "[GUESTS]");
    settings.add_filter("[0-9A-HJKMNP-TV-Z]{26}", "[RUN]");
    settings.add_filter(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", "[TIME]");
    settings.add_filter(r"\d\d:\d\d:\d\d", "[CLOCK]");
    settings.add_filter(r"\d\.\d s", "x.x s");
    settings.add_filter(r"127\.0\.0\.1:\d{4,5}", "[PLACE]");
    settings.bind(check);
}

fn escaped(text: &str) -> String {
    text.replace('.', r"\.")
}

/// Nothing was begun.
fn nothing_ran(scene: &Scene, outcome: &Outcome) {
    assert_eq!(outcome.code, Some(2), "{outcome:?}");
    assert_eq!(outcome.stdout, "", "{outcome:?}");
    assert!(!scene.path().join(".holdpoint").exists(), "a run was begun");
}

#[test]
fn every_mistake_of_a_bundle_is_told_at_once() {
    let phases = r#"
[[phase]]
id = "health"
module = "health"
deadlines = "5m"
requirements = ["P3.2"]
needs = ["delpoy"]

[[phase]]
id = "deploy"
module = "nowhere"
requirements = ["P3.1"]
[phase.grants]
http = [{ services = ["bakend"], methods = ["get"] }]
"#;
    let scene = scene(phases, "");
    for command in ["check", "run", "allow"] {
        let outcome = scene.run(&[command, "BUNDLE"]);
        nothing_ran(&scene, &outcome);
        stable(&scene, || {
            insta::allow_duplicates! { insta::assert_snapshot!(outcome.stderr, @r#"
            bundle.toml:12:11  module health imports holdpoint:http/http, but phase `health` grants no http
                to allow it, add to [phase.grants] of 'health': http = [{ services = ["…"], methods = ["GET"] }]
            bundle.toml:13:1  unknown field `deadlines`, did you mean `deadline`?
            bundle.toml:14:18  requirement `P3.2` is not a row of the checklist, did you mean `P3.1`?
            bundle.toml:15:11  phase `health` needs `delpoy`, which does not exist, did you mean `deploy`?
            bundle.toml:19:11  there is no built module nowhere
                looked for [GUESTS]/nowhere.wasm
                build it with `cargo build --release --target wasm32-wasip2`, or the modules of holdpoint with `cargo xtask guests`
                a program that has modules inside takes them by `builtin:` before their names
            bundle.toml:22:24  service `bakend` is not in the environment, did you mean `backend`?
            bundle.toml:22:46  `get` is not an HTTP method: use 1 to 20 upper-case letters, e.g. GET
            7 errors, nothing was run
            "#); }
        });
    }
}

#[test]
fn without_an_operators_file_nothing_is_allowed() {
    let scene = scene(READS, "");
    std::fs::remove_file(scene.path().join("holdpoint.toml")).unwrap();
    let outcome = Live::start(&mut without_operator(&scene, &["run", "bundle"])).finish();
    nothing_ran(&scene, &outcome);
    stable(&scene, || {
        insta::assert_snapshot!(outcome.stderr, @r#"
        operator  there is no operator's file, so nothing is allowed
            run `holdpoint allow` on the bundle, or pass --operator with a file that has [bundles.scene]
        1 error, nothing was run
        "#)
    });
    // One that was named must be there.
    let outcome = scene.run(&["run", "BUNDLE"]);
    nothing_ran(&scene, &outcome);
    stable(
        &scene,
        || insta::assert_snapshot!(outcome.stderr, @"error: can't read the operator's file holdpoint.toml: No such file or directory (os error 2)"),
    );
}

#[test]
fn an_operators_file_beside_the_bundle_is_ignored_with_a_warning() {
    let scene = scene(READS, "");
    scene.run(&["allow", "BUNDLE", "--yes"]).exits(0);
    std::fs::rename(scene.path().join("holdpoint.toml"), scene.path().join("bundle/holdpoint.toml")).unwrap();
    let outcome = Live::start(&mut without_operator(&scene, &["run", "bundle"])).finish();
    nothing_ran(&scene, &outcome);
    stable(&scene, || {
        insta::assert_snapshot!(outcome.stderr, @r#"
        warning: [FOLDER]/bundle/holdpoint.toml is ignored, for it lies where a bundle's author could put it; pass --operator [FOLDER]/bundle/holdpoint.toml if you mean it
        operator  there is no operator's file, so nothing is allowed
            run `holdpoint allow` on the bundle, or pass --operator with a file that has [bundles.scene]
        1 error, nothing was run
        "#)
    });
}

#[test]
fn allow_shows_what_is_asked_and_writes_only_what_was_consented_to() {
    let scene = scene(READS, "# ours\n");
    let asked = scene.run(&["allow", "BUNDLE"]).exits(2);
    stable(&scene, || {
        insta::assert_snapshot!(format!("{}---\n{}", asked.stdout, asked.stderr), @r#"
        validate the environment test
        reach service backend at http://127.0.0.1:9
        reads: send GET to services backend
        reads: run for 5m with 10000 calls, 64MiB of memory and 64MiB of output
        ---
        warning: service backend is at 127.0.0.1:9, a loopback address, where no request goes unless you say so; to allow it, add below [connect-to] in holdpoint.toml:
            "127.0.0.1:9" = "127.0.0.1:9"
        nothing was written; pass --yes to write without being asked
        "#);
    });
    let operator = || std::fs::read_to_string(scene.path().join("holdpoint.toml")).unwrap();
    assert_eq!(operator(), "# ours\n");
    scene.run(&["allow", "BUNDLE", "--yes"]).exits(0);
    assert!(operator().starts_with("# ours\n") && operator().contains("[bundles.scene.test]"), "{}", operator());
    let again = scene.run(&["allow", "BUNDLE"]).exits(0);
    assert!(again.stderr.contains("holdpoint.toml allows this already"), "{again:?}");
}

#[test]
fn an_address_on_this_machine_that_nothing_leads_to_is_told_before_a_run_is_denied_it() {
    let scene = scene(READS, "");
    scene.run(&["allow", "BUNDLE", "--yes"]).exits(0);
    let warning = "warning: service backend is at 127.0.0.1:9, a loopback address";
    let line = "\n    \"127.0.0.1:9\" = \"127.0.0.1:9\"\n";
    let told = scene.run(&["check", "BUNDLE"]).exits(0);
    assert!(told.stderr.contains(warning) && told.stderr.contains(line), "{told:?}");
    // The line that it names is the one that helps.
    scene.edit("holdpoint.toml", |text| format!("{text}\n[connect-to]{line}"));
    for command in ["check", "allow"] {
        let told = scene.run(&[command, "BUNDLE"]).exits(0);
        assert!(!told.stderr.contains("warning"), "{told:?}");
    }
}

#[test]
fn a_bundle_that_asks_for_more_than_was_allowed_is_refused_with_the_difference() {
    let scene = scene(READS, "");
    scene.run(&["allow", "BUNDLE", "--yes"]).exits(0);
    let more = READS
        .replace(r#"["GET"]"#, r#"["GET", "POST"]"#)
        .replace("[phase.grants]", "deadline = \"2h\"\n[phase.grants]");
    scene.write("bundle/bundle.toml", &format!("{HEAD}{more}"));
    let outcome = scene.run(&["run", "BUNDLE"]);
    nothing_ran(&scene, &outcome);
    stable(&scene, || {
        insta::assert_snapshot!(outcome.stderr, @r#"
        holdpoint.toml  phase `reads` asks for more than was allowed, to run for 2h
            to allow it, add to [limits] in holdpoint.toml:
                max-deadline = "2h"
        holdpoint.toml  phase `reads` asks for more than was allowed, to send POST to service backend
            to allow it, add to [bundles.scene.test] in holdpoint.toml:
                http = [{ services = ["backend"], methods = ["POST"] }]
        2 errors, nothing was run
        "#)
    });
}

#[test]
fn mistakes_on_the_command_line_are_told_like_those_in_files() {
    let scene = scene(READS, "");
    let wrong = ["check", "BUNDLE", "--set", "x=1", "--service", "bakend=ftp://x", "--only", "read"];
    let outcome = scene.run(&wrong);
    nothing_ran(&scene, &outcome);
    stable(&scene, || {
        insta::assert_snapshot!(outcome.stderr, @r#"
        command line  environment `test` has no service `bakend`, did you mean `backend`?
        command line  the bundle has no input `x`
        command line  the bundle has no phase `read`, did you mean `reads`?
        3 errors, nothing was run
        "#)
    });
}

#[test]
fn inputs_are_read_from_a_file_and_one_that_lacks_is_told_with_what_it_is() {
    let scene = scene(READS, "");
    scene.run(&["allow", "BUNDLE", "--yes"]).exits(0);
    let folder = "config = { required = true, description = \"the folder with the configuration\" }";
    scene.edit("bundle/bundle.toml", |text| format!("[inputs]\n{folder}\nother = {{ required = true }}\n{text}"));
    let lacks = scene.run(&["check", "BUNDLE"]);
    assert!(lacks.stderr.contains("pass --set config=…: the folder with the configuration"), "{lacks:?}");
    scene.write("inputs", "# of this environment\n\nconfig=/etc\nother=a=b\n");
    scene.run(&["check", "BUNDLE", "--inputs", "inputs"]).exits(0);
    scene.write("inputs", "config=/etc\n");
    scene.run(&["check", "BUNDLE", "--inputs", "inputs"]).refuses(&["input `other` has no value"]);
    scene.run(&["check", "BUNDLE", "--inputs", "inputs", "--set", "other=1"]).exits(0);
    for (text, says) in
        [("config=/etc\nother\n".to_owned(), "line 2: write it as NAME=VALUE"), ("#".repeat(70_000), "65536")]
    {
        scene.write("inputs", &text);
        scene.run(&["check", "BUNDLE", "--inputs", "inputs"]).refuses(&["--inputs", says]);
    }
    scene.run(&["check", "BUNDLE", "--inputs", "nowhere"]).refuses(&["nowhere", "No such file"]);
}

#[test]
fn a_folder_that_is_not_there_is_told_before_a_run_begins() {
    let missing = Phase {
        id: "reads".into(),
        guest: "config".into(),
        table: "requirements = [\"P3.1\"]".into(),
        grants: "files = [{ directory = \"config\", path = \"/nowhere/at/all\" }]".into(),
    };
    let scene = Scene::new("http://127.0.0.1:9", &[missing]);
    for command in ["check", "run"] {
        let told = scene.run(&[command, "BUNDLE"]).exits(2);
        assert!(told.stderr.contains("directory `config` can't be opened at /nowhere/at/all"), "{told:?}");
    }
    assert!(!scene.path().join(".holdpoint/runs").exists(), "nothing was begun");
}

#[test]
fn a_run_and_its_denials_are_told_in_report_and_show() {
    let staging = Staging::start();
    let table = "requirements = [\"P3.1\"]\nconfig = { steps = 1 }".to_owned();
    let grants = "http = [{ services = [\"backend\"], methods = [\"GET\"] }]".to_owned();
    let phase = Phase { id: "writes".into(), guest: "crash".into(), table, grants };
    let scene = Scene::new(&staging.backend(), &[phase]);
    let run = scene.run(&["run", "BUNDLE"]).exits(1);
    assert_eq!(staging.effects(), []);
    let report = scene.run(&["report"]).exits(0);
    let page = run.stdout.strip_prefix(report.stdout.trim_end()).expect("a run ends with its report");
    assert!(page.starts_with(" · report: ") && page.trim_end().ends_with("/report.html"), "{page}");
    let show = scene.run(&["show", "last", "writes"]).exits(0);
    let call = scene.run(&["show", "last", "writes/1"]).exits(0);
    stable(&scene, || {
        insta::assert_snapshot!(report.stdout, @r#"
        scene 1.0.0 · environment test · run [RUN]

          writes                fail              1 check       x.x s   ✗ P3.1

          ✗ P3.1  healthy
              expected  200 each time
              observed  1 steps, 1 not 200 1: denied http POST backend /effects: no grant of service backend covers the method POST; granted: services backend (GET)
              by        writes: every answer is 200
              see       holdpoint show [RUN] writes/1

          phase `writes` was denied http POST backend /effects
            no grant of service backend covers the method POST; granted: services backend (GET)
            to allow it, add to [phase.grants] of 'writes' in bundle.toml:
                http = [{ services = ["backend"], paths = ["/effects"], methods = ["POST"] }]
            and to the operator's file, which bounds every bundle on this machine

        hold · failed: P3.1
        "#);
        insta::assert_snapshot!(show.stdout, @r#"
        2  [CLOCK]  writes                      started
        3  [CLOCK]  writes                      progress    0/1 step
        4  [CLOCK]  writes                   0  read        GET backend /health  answered
        5  [CLOCK]  writes                   1  -           POST backend /effects  denied
        6  [CLOCK]  writes                      measure     step 0 = 0 effects
        7  [CLOCK]  writes                      check       fail P3.1 · every answer is 200 · 1 steps, 1 not 200 1: deni…
        8  [CLOCK]  writes                      completed
        "#);
    });
    for part in ["POST backend /effects  denied", "no grant of service backend covers the method POST", "request body"]
    {
        assert!(call.stdout.contains(part), "no `{part}`: {call:?}");
    }
}

#[test]
fn a_run_that_is_not_there_is_told_where_it_was_looked_for() {
    let staging = Staging::start();
    let scene = Scene::new(&staging.backend(), &[Phase::reading("reads", "swarm", "{ calls = 1 }")]);
    for command in ["show", "report", "replay", "resume"] {
        let none = scene.run(&[command, "last"]).exits(2);
        assert_eq!(none.stderr, "error: there are no runs in .holdpoint/runs\n");
    }
    assert_eq!(scene.run(&["runs"]).exits(0).stderr, "there are no runs in .holdpoint/runs\n");
    assert_eq!(scene.run(&["resume"]).exits(2).stderr, "error: no run in .holdpoint/runs was interrupted\n");
    scene.run(&["run", "BUNDLE"]).exits(0);
    scene.run(&["run", "BUNDLE"]).exits(0);
    for command in ["show", "report", "replay", "resume"] {
        let unknown = scene.run(&[command, "nothere"]).exits(2);
        let expected = "error: no run in .holdpoint/runs begins or ends with NOTHERE; see `holdpoint runs`\n";
        assert_eq!(unknown.stderr, expected);
        // Ids begin with their time.
        let several = scene.run(&[command, "0"]).exits(2);
        assert!(several.stderr.starts_with("error: 2 runs begin or end with 0"), "{several:?}");
        let file = scene.run(&[command, "./none.db"]).exits(2);
        assert!(file.stderr.contains("none.db") || command == "resume", "{file:?}");
    }
    for item in ["writes", "reads/7", "999"] {
        let nothing = scene.run(&["show", "last", item]).exits(2);
        assert_eq!(nothing.stderr, format!("error: the run has nothing called {item}\n"));
    }
}

#[test]
fn a_folder_without_a_bundle_is_told_once() {
    let scene = scene(READS, "");
    std::fs::remove_dir_all(scene.path().join("bundle")).unwrap();
    let outcome = scene.run(&["check", "BUNDLE"]);
    nothing_ran(&scene, &outcome);
    assert_eq!(outcome.stderr.matches("No such file").count(), 1, "{outcome:?}");
}

#[test]
fn a_module_that_is_no_phase_is_told() {
    let scene = scene(READS, "");
    scene.run(&["allow", "BUNDLE", "--yes"]).exits(0);
    let folder = scene.path().join("modules");
    std::fs::create_dir(&folder).unwrap();
    for (content, said) in [(&b"not wasm"[..], "swarm"), (b"\0asm\x01\0\0\0", "it is a core module")] {
        std::fs::write(folder.join("swarm.wasm"), content).unwrap();
        let outcome = scene.run(&["check", "bundle", "--modules", "modules"]);
        nothing_ran(&scene, &outcome);
        assert!(outcome.stderr.contains(said), "{outcome:?}");
    }
}

#[test]
fn the_help_of_every_command_has_an_example() {
    let scene = Scene::bare();
    let help = scene.run(&["--help"]).exits(0).stdout;
    assert!(help.contains("Examples:") && help.contains("Exit codes:"), "{help}");
    let commands: Vec<&str> = help
        .lines()
        .skip_while(|line| !line.starts_with("Commands:"))
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_whitespace().next())
        .filter(|command| *command != "help")
        .collect();
    assert!(commands.len() >= 8, "{commands:?}");
    for command in commands {
        let help = scene.run(&[command, "--help"]).exits(0).stdout;
        assert!(help.contains("Example") && help.contains(&format!("holdpoint {command}")), "{help}");
    }
}

#[test]
fn a_command_that_is_not_there_is_a_usage_error() {
    let outcome = Scene::bare().run(&["rnu"]).exits(2);
    assert!(outcome.stderr.contains("rnu"), "{outcome:?}");
}
