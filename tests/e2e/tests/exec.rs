//! Phases that start tools: the team's real test runner, and programs that misbehave.

use std::fmt::Write as _;
use std::process::Command;

use holdpoint_e2e::process::until;
use holdpoint_e2e::{Outcome, PYTEST, Scene, inline};
use holdpoint_testkit::{alive, marker};
use serde_json::{Value, json};

/// The phase of a bundle.
struct Tools<'a> {
    guest: &'a str,
    row: &'a str,
    config: Value,
    /// Its grants, in TOML.
    grants: &'a str,
    /// What the operator pins, in TOML.
    pins: &'a str,
}

impl Tools<'_> {
    /// A bundle with this phase, whose operator allows what it asks.
    fn scene(&self) -> Scene {
        let scene = Scene::bare();
        self.write(&scene);
        scene.run(&["allow", "BUNDLE", "--yes"]).exits(0);
        scene
    }

    fn write(&self, scene: &Scene) {
        let Self { guest, row, config, grants, pins } = self;
        scene.write(
            "bundle/bundle.toml",
            &format!(
                "[bundle]\nname = \"scene\"\nversion = \"1.0.0\"\nchecklist = \"checklist.toml\"\n[environments.test]\n\
                 [[phase]]\nid = \"tools\"\nmodule = \"{guest}\"\nrequirements = [\"{row}\"]\ndeadline = \"2m\"\n\
                 config = {}\n[phase.grants]\n{grants}\n",
                inline(config)
            ),
        );
        scene.write(
            "bundle/checklist.toml",
            &format!("[[row]]\nid = \"{row}\"\ntitle = \"row\"\nlevel = \"required\"\n"),
        );
        scene.write("holdpoint.toml", pins);
    }
}

/// The one check of the newest run.
fn only(scene: &Scene) -> String {
    let mut all = scene.checks();
    assert_eq!(all.len(), 1, "{all:#?}");
    all.remove(0)
}

/// P1.2 over these files of Python.
fn isolation(files: &[(&str, &str)]) -> Scene {
    let tools = Tools {
        guest: "local-isolation",
        row: "P1.2",
        config: json!({ "tool": "pytest", "arguments": ["tests"] }),
        grants: "exec = [{ tools = [\"pytest\"] }]\nfiles = [{ directory = \"source\", path = \"source\" }]",
        pins: &format!("[tools.pytest]\nprogram = \"/usr/bin/python3\"\n{PYTEST}"),
    };
    let scene = Scene::bare();
    scene.write("bundle/source/tests/conftest.py", "");
    for (path, text) in files {
        scene.write(&format!("bundle/source/tests/{path}"), text);
    }
    tools.write(&scene);
    scene.run(&["allow", "BUNDLE", "--yes"]).exits(0);
    scene
}

const GOOD: &str = "def test_adds():\n    assert 1 + 1 == 2\n\ndef test_prints():\n    print('noise')\n";

#[test]
fn pytest_that_is_content_passes_and_the_run_replays_without_it() {
    let scene = isolation(&[("test_good.py", GOOD)]);
    scene.run(&["run", "BUNDLE"]).exits(0);
    assert!(only(&scene).starts_with("pass: 2 passed, 0 failed, 0 skipped in "), "{}", only(&scene));
    // What replays has neither the tests nor the tool.
    std::fs::remove_dir_all(scene.path().join("bundle")).expect("the bundle can be taken away");
    scene.write("holdpoint.toml", "");
    scene.run(&["replay", "last"]).exits(0);
}

#[test]
fn pytest_with_one_failing_test_fails_by_its_name() {
    let scene = isolation(&[("test_good.py", GOOD), ("test_bad.py", "def test_breaks():\n    assert 'a' == 'b'\n")]);
    scene.run(&["run", "BUNDLE"]).exits(1);
    let found = scene.checks();
    assert!(
        found.contains(&"fail: 2 passed, 1 failed, 0 skipped: tests.test_bad::test_breaks".to_owned()),
        "{found:#?}"
    );
    assert!(found.iter().any(|one| one.starts_with("fail: AssertionError: assert 'a' == 'b'")), "{found:#?}");
}

#[test]
fn pytest_that_can_not_import_its_tests_fails_by_their_file() {
    let scene = isolation(&[("test_good.py", GOOD), ("test_lost.py", "import nothing_of_that_name\n")]);
    scene.run(&["run", "BUNDLE"]).exits(1);
    let found = scene.checks();
    assert!(found.iter().any(|one| one.starts_with("fail: ") && one.contains("test_lost")), "{found:#?}");
}

#[test]
fn pytest_that_collects_nothing_or_skips_everything_is_no_pass() {
    let skipped = "import pytest\n\n@pytest.mark.skip\ndef test_later():\n    assert False\n";
    for (files, exit, says) in [
        (&[][..], 1, "fail: no test was executed, exit code 5"),
        (
            &[("test_later.py", skipped)][..],
            3,
            "inconclusive: no test was executed, exit code 0; 0 passed, 0 failed, 1 skipped",
        ),
    ] {
        let scene = isolation(files);
        scene.run(&["run", "BUNDLE"]).exits(exit);
        let found = only(&scene);
        assert!(found.starts_with(says), "{found}");
    }
}

const SHELL: &str =
    "[tools.sh]\nprogram = \"/bin/sh\"\narguments = [\"-c\"]\nenvironment = { PATH = \"/usr/bin:/bin\" }\n";
const MAY: &str = "exec = [{ tools = [\"sh\"] }]";

/// A shell that does this, with more lines for its pin.
fn shell(scripts: &[&str], pin: &str) -> Scene {
    let start: Vec<Value> = scripts.iter().map(|script| json!({ "tool": "sh", "arguments": [script] })).collect();
    let config = json!({ "start": start });
    Tools { guest: "tool", row: "P3.1", config, grants: MAY, pins: &format!("{SHELL}{pin}") }.scene()
}

#[test]
fn a_tool_that_is_not_granted_is_denied_and_recorded_and_starts_nothing() {
    let marker = marker();
    let config = json!({ "start": [
        { "tool": "sleep", "arguments": [marker] },
        { "tool": "/bin/sleep", "arguments": [marker] },
        { "tool": "sh", "arguments": ["echo fine"] },
    ] });
    let pins = format!("{SHELL}[tools.sleep]\nprogram = \"/bin/sleep\"\n");
    let scene = Tools { guest: "tool", row: "P3.1", config, grants: MAY, pins: &pins }.scene();
    scene.run(&["run", "BUNDLE"]).exits(1);
    let found = scene.checks();
    assert!(found[0].contains("denied exec sleep: no grant covers tool \"sleep\"; granted: sh"), "{found:#?}");
    assert!(found[1].contains("denied exec /bin/sleep"), "{found:#?}");
    assert!(found[2].starts_with("pass: exit code 0") && found[2].contains("fine"), "{found:#?}");
    assert_eq!(alive(&marker), [0; 0]);
    let shown = scene.run(&["show", "last", "tools/0"]).exits(0).stdout;
    // It is shown as JSON.
    assert!(shown.contains(r#"exec = [{ tools = [\"sleep\"] }]"#), "{shown}");
}

#[test]
fn a_tool_that_the_machine_does_not_have_is_told_before_anything_runs_with_the_lines_that_are_missing() {
    let config = json!({ "start": [{ "tool": "sh" }] });
    let tools = Tools { guest: "tool", row: "P3.1", config, grants: MAY, pins: SHELL };
    let scene = tools.scene();
    let text = std::fs::read_to_string(scene.path().join("holdpoint.toml")).expect("it was written");
    scene.write("holdpoint.toml", text.strip_prefix(SHELL).unwrap_or(&text));
    let refused = scene.run(&["check", "BUNDLE"]).exits(2);
    assert!(
        refused.stderr.contains("starts the tool `sh`, which this machine does not have")
            && refused.stderr.contains("[tools.sh]"),
        "{refused:?}"
    );
    // The pin alone is no consent.
    scene.write("holdpoint.toml", &format!("{SHELL}[bundles.scene.test]\n"));
    let refused = scene.run(&["check", "BUNDLE"]).exits(2);
    assert!(refused.stderr.contains("exec = [{ tools = [\"sh\"] }]"), "{refused:?}");
    scene.write("holdpoint.toml", &text);
    let plan = scene.run(&["plan", "BUNDLE"]).exits(0).stdout;
    assert!(plan.contains("start sh"), "{plan}");
}

#[test]
fn a_module_that_starts_tools_is_refused_where_none_is_granted() {
    let config = json!({ "start": [] });
    let tools = Tools { guest: "tool", row: "P3.1", config, grants: "", pins: SHELL };
    let scene = Scene::bare();
    tools.write(&scene);
    let refused = scene.run(&["check", "BUNDLE"]).exits(2);
    assert!(refused.stderr.contains("imports holdpoint:exec/exec, but phase `tools` grants no exec"), "{refused:?}");
}

#[test]
fn a_program_that_is_another_than_was_pinned_is_not_started() {
    let scene = shell(&["echo fine"], "");
    let sum = Command::new("sha256sum").arg("/bin/sh").output().expect("sha256sum can be started").stdout;
    let sum = String::from_utf8_lossy(&sum)[..64].to_owned();
    let text = std::fs::read_to_string(scene.path().join("holdpoint.toml")).expect("it was written");
    let pinned = |sha256: &str| text.replacen("program =", &format!("sha256 = \"{sha256}\"\nprogram ="), 1);
    scene.write("holdpoint.toml", &pinned(&sum));
    scene.run(&["run", "BUNDLE"]).exits(0);
    scene.write("holdpoint.toml", &pinned(&"0".repeat(64)));
    scene.run(&["run", "BUNDLE"]).exits(1);
    assert!(only(&scene).contains("is not the program that is pinned: it has sha256:"), "{}", only(&scene));
}

#[test]
fn a_tool_reads_and_reaches_no_more_than_its_pin_gives() {
    let secret = tempfile::NamedTempFile::new().expect("a temporary file");
    std::fs::write(secret.path(), "nobody's business").expect("a file can be written");
    let read = format!("cat {}", secret.path().display());
    let scene = shell(&[&read, "cat < /dev/tcp/127.0.0.1/22 || python3 -c 'import socket; socket.socket()'"], "");
    scene.run(&["run", "BUNDLE"]).exits(1);
    let found = scene.checks();
    if found[0].contains("lacking landlock") || found[0].contains(", landlock:") {
        // A kernel without it can't hold a tool back, and the answer to the start says so.
        assert!(found[0].contains("nobody's business"), "{found:#?}");
    } else {
        assert!(found[0].contains("applied") && found[0].contains("landlock"), "{found:#?}");
        assert!(found[0].starts_with("fail: ") && !found[0].contains("nobody's business"), "{found:#?}");
    }
    assert!(found[1].starts_with("fail: "), "no network was to be there: {found:#?}");
    // With `require` it is not even started where the kernel lacks something.
    let strict = shell(&[&read], "require = [\"landlock\"]\n");
    strict.run(&["run", "BUNDLE"]).exits(1);
    assert!(!only(&strict).contains("nobody's business"), "{}", only(&strict));
    let given = shell(&[&read], &format!("read = [\"{}\"]\n", secret.path().display()));
    given.run(&["run", "BUNDLE"]).exits(0);
    assert!(only(&given).contains("nobody's business"), "{}", only(&given));
}

#[test]
fn a_host_that_is_killed_leaves_no_tool_behind_and_a_resumed_run_judges_nothing_by_it() {
    let marker = marker();
    let scene = shell(&[&format!("setsid sleep {marker} & sleep {marker} & exec sleep {marker}")], "");
    let live = scene.start(&["run", "BUNDLE"]);
    until("three processes run", || alive(&marker).len() == 3);
    drop(live);
    until("none is left", || alive(&marker).is_empty());
    let resumed: Outcome = scene.run(&["resume", "last"]).exits(1);
    // It may have been killed before it had written down that the tool runs.
    let told = ["interrupted", "in doubt"].iter().any(|words| only(&scene).contains(words));
    assert!(told, "{} {resumed:?}", only(&scene));
    assert_eq!(alive(&marker), [0; 0], "nothing is started a second time");
    scene.run(&["replay", "last"]).exits(0);
}

#[test]
fn a_cancelled_run_ends_its_tools() {
    let marker = marker();
    let scene = shell(&[&format!("sleep {marker} & exec sleep {marker}")], "");
    let live = scene.start(&["run", "BUNDLE"]);
    until("both processes run", || alive(&marker).len() == 2);
    live.interrupt();
    live.finish();
    until("none is left", || alive(&marker).is_empty());
}

#[test]
fn a_deadline_ends_a_tool_with_all_that_it_has_started() {
    let marker = marker();
    let script = format!("setsid sleep {marker} & (trap '' TERM; sleep {marker}) & exec sleep {marker}");
    let scene = shell(&[&script], "deadline = \"2s\"\n");
    scene.run(&["run", "BUNDLE"]).exits(1);
    assert!(only(&scene).starts_with("fail: ended at its deadline"), "{}", only(&scene));
    assert_eq!(alive(&marker), [0; 0], "the end of a job is the end of its last process");
}

#[test]
fn a_phase_stops_what_runs_until_it_is_told_to() {
    let marker = marker();
    let start = json!([{ "tool": "sh", "arguments": [format!("exec sleep {marker}")], "stop": "1s" }]);
    let config = json!({ "start": start });
    let scene = Tools { guest: "tool", row: "P3.1", config, grants: MAY, pins: SHELL }.scene();
    scene.run(&["run", "BUNDLE"]).exits(1);
    assert!(only(&scene).starts_with("fail: ended by the host: the phase stopped it"), "{}", only(&scene));
    assert_eq!(alive(&marker), [0; 0]);
}

#[test]
fn output_is_bounded_and_counted() {
    let scene = shell(&["head -c 50000000 /dev/zero | tr '\\0' x"], "output = \"64KiB\"\n");
    let outcome = scene.start(&["run", "BUNDLE"]).finish_watched();
    assert!(outcome.peak < 400 << 20, "the host held {} bytes", outcome.peak);
    outcome.exits(0);
    assert!(only(&scene).contains("wrote 50000000 and 0 bytes, of which 65536 are kept"), "{}", only(&scene));
    let journal = std::fs::metadata(scene.journal()).expect("there is a journal").len();
    assert!(journal < 30 << 20, "{journal} bytes");
}

#[test]
fn a_secret_that_a_tool_writes_is_in_no_file_of_the_run() {
    const SECRET: &str = "hunter2-and-a-good-deal-more";
    let scene = shell(
        &[
            "echo \"token is $TOKEN\"; printf %s \"$TOKEN\" | base64 >&2",
            "test \"$TOKEN\" = hunter2-and-a-good-deal-more",
        ],
        "inherit = [\"TOKEN\", \"NOT_SET\"]\n",
    );
    let mut command = scene.command(&["run", "BUNDLE"]);
    holdpoint_e2e::process::Live::start(command.env("TOKEN", SECRET)).finish().exits(0);
    let found = scene.checks();
    assert!(found[0].contains("token is ") && !found[0].contains(SECRET), "{found:#?}");
    let journal = std::fs::read(scene.journal()).expect("the journal can be read");
    let holds = |text: &str| journal.windows(text.len()).any(|bytes| bytes == text.as_bytes());
    // The bundle itself says it once, in the arguments of the second start, which proves that it would be found.
    assert!(holds("token is "), "the output is in the journal");
    assert!(!holds("token is hunter2") && !holds("aHVudGVyMi1hbmQtYS1nb29kLWRlYWwtbW9yZQ"));
}

#[test]
fn a_tool_sees_nothing_of_the_environment_but_what_its_pin_has() {
    let scene = shell(&["env | cut -d= -f1 | sort | tr '\\n' ' '"], "");
    let mut command = scene.command(&["run", "BUNDLE"]);
    holdpoint_e2e::process::Live::start(command.env("OPENAI_API_KEY", "sk-not-for-tools")).finish().exits(0);
    let found = only(&scene);
    let seen = found.split("stdout \"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default();
    // The shell itself sets those two.
    let names: Vec<&str> = seen.split(' ').filter(|name| !["PWD", "_", "SHLVL", "OLDPWD", ""].contains(name)).collect();
    assert_eq!(names, ["PATH"], "{found}");
}

#[test]
fn a_dry_run_starts_nothing_but_what_only_reads() {
    let config = json!({ "start": [{ "tool": "sh", "arguments": ["echo fine"] }] });
    let tools = Tools { guest: "tool", row: "P3.1", config, grants: MAY, pins: SHELL };
    let scene = tools.scene();
    scene.run(&["run", "BUNDLE", "--dry-run"]).exits(1);
    assert!(only(&scene).contains("denied"), "{}", only(&scene));
    let scene = Tools { grants: "exec = [{ tools = [\"sh\"], class = \"read\" }]", ..tools }.scene();
    scene.run(&["run", "BUNDLE", "--dry-run"]).exits(7);
    assert!(only(&scene).starts_with("pass: exit code 0"), "{}", only(&scene));
}

/// What the phase `toolchain` finds with these tables of its configuration.
fn toolchain(config: Value, pins: &str) -> Scene {
    let mut names = String::new();
    for name in pins.lines().filter_map(|line| line.strip_prefix("[tools.")?.strip_suffix(']')) {
        write!(names, "\"{name}\", ").expect("a string takes every text");
    }
    Tools { guest: "toolchain", row: "PRE-3", config, grants: &format!("exec = [{{ tools = [{names}] }}]"), pins }
        .scene()
}

#[test]
fn packages_of_the_real_python_are_there_or_not() {
    let pins = "[tools.python3]\nprogram = \"/usr/bin/python3\"\n";
    let python = |packages: Value| json!({ "python": { "row": "PRE-3", "tool": "python3", "packages": packages } });
    let scene = toolchain(python(json!({ "nothing-of-that-name": "nothing_of_that_name" })), pins);
    scene.run(&["run", "BUNDLE"]).exits(1);
    assert!(only(&scene).contains("No module named 'nothing_of_that_name'"), "{}", only(&scene));
}

#[test]
fn pytest_is_a_package_of_the_real_python_with_a_version() {
    let pins = "[tools.python3]\nprogram = \"/usr/bin/python3\"\n";
    let python = |least: &str| {
        let packages = json!({ "pytest": "pytest" });
        json!({ "python": { "row": "PRE-3", "tool": "python3", "packages": packages, "at-least": { "pytest": least } } })
    };
    toolchain(python("5.0"), pins).run(&["run", "BUNDLE"]).exits(0);
    let scene = toolchain(python("1000"), pins);
    scene.run(&["run", "BUNDLE"]).exits(1);
    assert!(only(&scene).starts_with("fail: "), "{}", only(&scene));
}

#[test]
fn a_script_of_the_team_and_a_tool_that_is_missing_fail_their_row() {
    let config = json!({ "commands": [{ "row": "PRE-3", "tool": "rules", "arguments": ["-c", "echo auth imports backend; exit 4"] }] });
    let scene = toolchain(config, "[tools.rules]\nprogram = \"/bin/sh\"\n");
    scene.run(&["run", "BUNDLE"]).exits(1);
    assert_eq!(only(&scene), "fail: exit code 4: auth imports backend");
    let config = json!({ "commands": [{ "row": "PRE-3", "tool": "docker", "arguments": ["info"] }] });
    let scene = toolchain(config, "[tools.docker]\nprogram = \"/nowhere/docker\"\n");
    scene.run(&["run", "BUNDLE"]).exits(1);
    assert!(only(&scene).contains("/nowhere/docker"), "{}", only(&scene));
}

/// Docker as a script: what it does when it is asked whether its daemon answers, and which version its compose has.
fn docker(command: Value, info: &str, compose: &str) -> Scene {
    let script = format!("case \"$1\" in info) {info};; compose) {compose};; esac");
    toolchain(
        json!({ "commands": [command] }),
        &format!("[tools.docker]\nprogram = \"/bin/sh\"\narguments = [\"-c\", '''{script}''', \"docker\"]\n"),
    )
}

#[test]
fn docker_whose_daemon_answers_passes_and_one_whose_daemon_is_down_or_too_old_fails() {
    let info = || json!({ "row": "PRE-3", "tool": "docker", "arguments": ["info"], "prints": ".", "at-least": "24" });
    let compose =
        || json!({ "row": "PRE-3", "tool": "docker", "arguments": ["compose", "version"], "at-least": "2.20" });
    let down = "echo Cannot connect to the Docker daemon >&2; exit 1";
    let absent = "echo docker: no such command: compose >&2; exit 1";
    for (command, daemon, part, exit, says) in [
        (info(), "echo 27.1.1", absent, 0, "pass: 27.1.1"),
        (info(), down, absent, 1, "fail: exit code 1: Cannot connect to the Docker daemon"),
        (info(), "echo 20.10.24", absent, 1, "fail: 20.10.24"),
        (info(), "true", absent, 1, "fail: exit code 0"),
        (compose(), down, "echo Docker Compose version v2.29.7", 0, "pass: Docker Compose version v2.29.7"),
        (compose(), down, absent, 1, "fail: exit code 1: docker: no such command: compose"),
        (compose(), down, "echo Docker Compose version v2.19.1", 1, "fail: Docker Compose version v2.19.1"),
    ] {
        let scene = docker(command, daemon, part);
        scene.run(&["run", "BUNDLE"]).exits(exit);
        assert_eq!(only(&scene), says);
    }
}
