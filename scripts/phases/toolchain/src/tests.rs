//! The phase against scripts; the cases that are pure data lie in `fixtures/`.

use holdpoint::Exit;
use holdpoint::prelude::*;
use holdpoint::testing::{Test, ToolEnds, denied_tool, ends, exits, unstartable};

use super::python::SCRIPT;
use super::run;
use super::version::Version;

#[test]
fn fixtures_come_out_as_they_say() {
    holdpoint::fixtures(run, "fixtures");
}

fn python(ends: ToolEnds) -> Test<'static> {
    let packages = json!({ "pyyaml": "yaml", "requests": "requests" });
    let command = Tool::new("python3").argument("-c").argument(SCRIPT).stdin(packages.to_string());
    let config = json!({ "python": {
        "row": "PRE-3.python", "tool": "python3", "packages": packages, "at-least": { "pyyaml": "6.0" },
    } });
    holdpoint::test(run).config(config).tool(command, ends)
}

fn told(answer: &Value) -> Test<'static> {
    python(exits(0, answer.to_string()))
}

#[test]
fn packages_that_are_there_and_recent_pass() {
    let t = told(&json!({ "pyyaml": { "version": "6.0.2" }, "requests": { "version": "2.31" } }));
    t.expect("PRE-3.python", Pass, "6.0.2");
    assert_eq!(t.checks().len(), 2);
}

#[test]
fn one_that_is_missing_or_old_fails_by_its_name() {
    let missing = json!({ "error": "ModuleNotFoundError: No module named 'yaml'" });
    told(&json!({ "pyyaml": missing, "requests": { "version": "2" } })).expect(
        "PRE-3.python",
        Fail,
        "No module named 'yaml'; pip install pyyaml",
    );
    told(&json!({ "pyyaml": { "version": "5.4.1" }, "requests": { "version": "2" } })).expect(
        "PRE-3.python",
        Fail,
        "5.4.1",
    );
}

#[test]
fn what_is_not_told_or_can_not_be_compared_is_never_passed() {
    told(&json!({ "requests": { "version": "2" } })).expect("PRE-3.python", Inconclusive, "nothing is told");
    let t = told(&json!({ "pyyaml": { "version": "6.0rc1" }, "requests": { "version": "2" } }));
    t.expect("PRE-3.python", Inconclusive, "6.0rc1");
    python(exits(0, "hello")).expect("PRE-3.python", Fail, "can't be read");
    python(exits(1, "").stderr("Traceback\nSyntaxError: x\n")).expect("PRE-3.python", Fail, "SyntaxError: x");
}

fn docker(ends: ToolEnds) -> Test<'static> {
    let config =
        json!({ "commands": [{ "row": "PRE-3.docker", "tool": "docker", "arguments": ["info"], "prints": "." }] });
    holdpoint::test(run).config(config).tool(Tool::new("docker").argument("info"), ends)
}

#[test]
fn a_command_passes_if_it_returns_0_and_says_something() {
    docker(exits(0, "27.1\n")).expect("PRE-3.docker", Pass, "27.1");
    docker(exits(0, "\n")).expect("PRE-3.docker", Fail, "exit code 0");
    docker(exits(1, "").stderr("Cannot connect to the Docker daemon\n")).expect("PRE-3.docker", Fail, "Cannot connect");
    docker(ends(Exit::Deadline, "")).expect("PRE-3.docker", Fail, "deadline");
}

#[test]
fn a_tool_that_is_not_there_fails_and_one_that_is_not_granted_judges_nothing() {
    docker(unstartable("docker was not started: no such file")).expect("PRE-3.docker", Fail, "no such file");
    docker(denied_tool()).expect("PRE-3.docker", Inconclusive, "denied");
    docker(ends(Exit::Killed("too many processes".into()), "")).expect("PRE-3.docker", Inconclusive, "processes");
}

/// Compose as a part of Docker, or by itself.
fn compose(part: ToolEnds, alone: ToolEnds) -> Test<'static> {
    let config = json!({ "commands": [{
        "row": "PRE-3.compose", "tool": "docker", "arguments": ["compose", "version"], "at-least": "2.20",
        "or": [{ "tool": "docker-compose", "arguments": ["--version"] }],
    }] });
    let test = holdpoint::test(run).config(config).tool(Tool::new("docker").arguments(["compose", "version"]), part);
    test.tool(Tool::new("docker-compose").argument("--version"), alone)
}

#[test]
fn what_counts_as_a_tool_is_asked_where_the_tool_is_not_there() {
    let row = "PRE-3.compose";
    let absent = || exits(1, "").stderr("docker: 'compose' is not a docker command.\n");
    let unknown = || ends(Exit::Killed("too many processes".into()), "");
    let old = || exits(0, "docker-compose version 1.29.2, build 5becea4c\n");
    compose(exits(0, "Docker Compose version v2.29.7\n"), old()).expect(row, Pass, "v2.29.7");
    compose(absent(), exits(0, "Docker Compose version v2.20.0-0ubuntu1\n")).expect(row, Pass, "v2.20.0");
    compose(absent(), old()).expect(row, Fail, "docker-compose version 1.29.2");
    compose(absent(), old()).expect(row, Fail, "version 2.20 or later");
    compose(absent(), unstartable("docker-compose was not started: no such file")).expect(row, Fail, "not a docker");
    compose(absent(), denied_tool()).expect(row, Inconclusive, "denied");
    compose(absent(), unknown()).expect(row, Inconclusive, "too many processes");
    compose(unknown(), absent()).expect(row, Inconclusive, "too many processes");
    compose(exits(0, "Docker Compose version v2.21.0-rc.1\n"), old()).expect(row, Inconclusive, "tells no version");
    compose(exits(0, "yes\n"), old()).expect(row, Inconclusive, "tells no version that can be compared with 2.20");
}

#[test]
fn what_the_bundle_does_not_use_is_not_exercised_for_the_reason_that_it_gives() {
    let unused = |why: &str| holdpoint::test(run).config(json!({ "unused": { "PRE-3.docker": why } }));
    unused("nothing is built here").expect("PRE-3.docker", NotExercised, "nothing is built here");
    assert!(unused(" ").returned().is_err_and(|error| error.contains("says of PRE-3.docker no reason")));
    let both =
        json!({ "commands": [{ "row": "PRE-3.docker", "tool": "docker" }], "unused": { "PRE-3.docker": "not here" } });
    let t = holdpoint::test(run).config(both);
    assert!(t.returned().is_err_and(|error| error.contains("says of PRE-3.docker what is asked")));
    assert!(t.checks().is_empty());
}

#[test]
fn a_version_is_the_first_that_a_tool_tells() {
    for (text, told) in [
        ("Docker version 27.1.1, build 6312585", Some("27.1.1")),
        ("\"24.0.5-0ubuntu1\"", Some("24.0.5")),
        ("2.29.7-desktop.1", Some("2.29.7")),
        ("v2.24.6+ds1-0ubuntu1", Some("2.24.6")),
        ("28.0.0-rc.1", None),
        ("build 6312585", None),
        ("", None),
    ] {
        assert_eq!(Version::told_in(text), told.and_then(Version::parse), "{text}");
    }
}

#[test]
fn nothing_asked_is_an_error() {
    assert!(holdpoint::test(run).returned().is_err_and(|error| error.contains("nothing asked for")));
}

#[test]
fn versions_are_compared_by_their_numbers() {
    let version = |text: &str| Version::parse(text).unwrap();
    assert!(version("2.31.0") > version("2.4"));
    assert_eq!(version("6.0").cmp(&version("6")), std::cmp::Ordering::Equal);
    assert!(version("1.0.post1") >= version("1.0") && version("1.2+local") > version("1.1"));
    for text in ["", "x", "6.0rc1", "1.0.dev2", "99999999999", "1..2"] {
        assert_eq!(Version::parse(text), None, "{text}");
    }
}
