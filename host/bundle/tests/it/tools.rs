//! Tools: a bundle names them, an operator pins and allows them.

use crate::support::{modules, operator, resolve, sample, sample_with, verify};
use holdpoint_bundle::{Operator, Plan, Resolved, Sources, allow, asks_in_words};

const PIN: &str = "[tools.pytest]\nprogram = \"/usr/bin/python3\"\ndirectory = \"config\"\n";

/// The sample, whose phase `config` may start `pytest` too.
fn granted(exec: &str) -> Sources {
    sample_with(&format!("exec = [{exec}]"))
}

#[test]
fn a_tool_that_is_allowed_and_pinned_may_be_started() {
    let sources = granted("{ tools = [\"pytest\"], class = \"read\" }");
    let text = allow(&resolve(&sources), &operator(PIN)).unwrap();
    assert!(text.contains("exec = [\n    { tools = [\"pytest\"], class = \"read\" },\n]"), "{text}");
    assert_eq!(allow(&resolve(&sources), &operator(&text)).unwrap(), text, "allowing twice changes nothing");
    let verified = verify(sources.clone(), &text).unwrap();
    assert_eq!(verified.tools.len(), 1);
    assert!(asks_in_words(&resolve(&sources)).contains(&"config: start pytest, as read".to_owned()));
    let plan = Plan::of(&resolve(&sources), Some(&operator(&text))).unwrap();
    assert!(plan.refusals.is_empty() && plan.phases.iter().flat_map(|p| &p.grants).any(|g| g.what.contains("pytest")));
}

#[test]
fn the_lines_that_are_missing_are_told() {
    let sources = granted("{ tools = [\"pytest\", \"docker\"] }");
    let allowed = allow(&resolve(&sample()), &operator(PIN)).unwrap();
    assert_eq!(
        verify(sources, &allowed).unwrap_err().to_string(),
        r#"holdpoint.toml  phase `config` asks for more than was allowed, to start pytest, docker
    to allow it, add to [bundles.netra-staging.staging] in holdpoint.toml:
        exec = [{ tools = ["pytest", "docker"] }]
holdpoint.toml  phase `config` starts the tool `docker`, which this machine does not have
    to pin it, add to holdpoint.toml:
        [tools.docker]
        program = "/…/docker"
2 errors, nothing was run"#
    );
}

#[test]
fn a_tool_is_not_called_less_dangerous_than_the_operator_has_it() {
    let text = allow(&resolve(&granted("{ tools = [\"pytest\"] }")), &operator(PIN)).unwrap();
    let text = text.lines().filter(|line| !line.starts_with("asks")).collect::<Vec<_>>().join("\n");
    let error = verify(granted("{ tools = [\"pytest\"], class = \"read\" }"), &text).unwrap_err().to_string();
    assert!(error.contains("exec = [{ tools = [\"pytest\"], class = \"read\" }]"), "{error}");
    assert!(
        verify(granted("{ tools = [\"pytest\"], class = \"disruptive\" }"), &text)
            .is_err_and(|error| { error.to_string().contains("add \"staging\" to disruptive") })
    );
}

#[test]
fn a_tool_is_granted_with_the_directory_that_it_works_in() {
    let pin = PIN.replace("\"config\"", "\"source\"");
    let error = allow(&resolve(&granted("{ tools = [\"pytest\"] }")), &operator(&pin)).unwrap_err().to_string();
    assert!(
        error.contains("works in the directory `source`, and may not read that")
            && error.contains("files = [{ directory = \"source\", path = \"…\" }]"),
        "{error}"
    );
}

#[test]
fn an_empty_list_grants_nothing_and_asks_for_nothing() {
    let sources = granted("{ tools = [] }");
    let text = allow(&resolve(&sources), &operator("")).unwrap();
    assert!(!text.contains("exec"), "{text}");
    assert!(verify(sources.clone(), &text).is_ok());
    assert!(asks_in_words(&resolve(&sources)).contains(&"config: a grant of exec that grants nothing".to_owned()));
}

#[test]
fn mistakes_of_grants_and_pins_are_told_at_their_place() {
    let sources = granted(
        "{ tools = [\"/bin/sh\"] }, { class = \"read\" }, { tools = [\"a\"], class = \"harmless\", shell = true }",
    );
    let error = Resolved::from_sources(&sources, &modules).unwrap_err().to_string();
    for part in [
        "`/bin/sh` is not the name of a tool",
        "a grant of exec lacks `tools`",
        "`harmless` is not a class",
        "unknown field `shell`",
    ] {
        assert!(error.contains(part), "{part} is not in\n{error}");
    }
    let text = "[tools.a]\nnetwork = \"internet\"\nrequire = [\"jail\"]\nenvironment = { \"A=B\" = \"x\", C = 1 }\ninherit = [\"a b\"]\n\
                memory = \"much\"\nprocesses = 0\nargs = []\nwithout = [\"network\"]\n[tools.\"../b\"]\nprogram = \"/b\"\n\
                [tools.c]\nprogram = \"/c\"\nrequire = [\"seccomp\"]\nwithout = [\"seccomp\"]\n";
    let error = Operator::parse(&operator(text)).unwrap_err().to_string();
    for part in [
        "tool `a` lacks `program`",
        "`internet` is not a network: write none, loopback or full",
        "`jail` is no way of the kernel to confine",
        "`A=B` is not a variable with a value",
        "a variable is a string, not an integer",
        "`a b` is not the name of a variable",
        "`processes` is a whole number from 1",
        "unknown field `args`",
        "`../b` is not the name of a tool",
        "`network` can't be left out: write some of processes, landlock, seccomp, limits",
        "`seccomp` is in `require` and in `without`",
    ] {
        assert!(error.contains(part), "{part} is not in\n{error}");
    }
}
