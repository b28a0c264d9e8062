//! The examples for pipelines, and the page about them: they can be parsed, and the real command line understands each line of
//! `holdpoint` in them.

use std::path::{Path, PathBuf};

use holdpoint_e2e::Scene;
use saphyr_parser::{Event, Parser};

/// A line of `holdpoint` by its words.
type Line = Vec<String>;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The command lines of a shell script.
fn of_script(text: &str) -> Vec<Line> {
    let text = text.replace("\\\n", " ");
    text.lines().map(str::trim).filter(|line| line.starts_with("holdpoint ")).map(words).collect()
}

/// The words of a line of a shell, up to whatever is no argument any more.
fn words(line: &str) -> Line {
    let plain = line.split([';', '|', '>', '&', '#']).next().unwrap_or_default();
    plain.split_whitespace().map(|word| word.trim_matches(['"', '\'']).to_owned()).collect()
}

/// The command lines of YAML: those in scripts, and lists of words.
fn of_yaml(path: &str) -> Vec<Line> {
    let text = read(path);
    let (mut found, mut lists): (Vec<Line>, Vec<Line>) = (Vec::new(), Vec::new());
    for event in Parser::new_from_str(&text) {
        match event.unwrap_or_else(|error| panic!("{path}: {error}")).0 {
            Event::Scalar(scalar, ..) => {
                found.extend(of_script(&scalar));
                if let Some(list) = lists.last_mut() {
                    list.push(scalar.into_owned());
                }
            }
            Event::SequenceStart(..) => lists.push(Vec::new()),
            Event::SequenceEnd => {
                found.extend(lists.pop().filter(|list| list.first().is_some_and(|first| first == "holdpoint")))
            }
            _ => {}
        }
    }
    found
}

/// The lists of words of a Dockerfile.
fn of_dockerfile(path: &str) -> Vec<Line> {
    let text = read(path);
    let lists = text.lines().filter_map(|line| line.split_once('[').map(|(_, rest)| format!("[{rest}")));
    let lists = lists.map(|list| serde_json::from_str::<Line>(&list).unwrap_or_else(|error| panic!("{path}: {error}")));
    lists.filter(|list| list.first().is_some_and(|first| first == "holdpoint") && list.len() > 1).collect()
}

/// The command lines in blocks of shell of a page.
fn of_page(path: &str) -> Vec<Line> {
    read(path)
        .split("```sh\n")
        .skip(1)
        .flat_map(|rest| of_script(rest.split("```").next().unwrap_or_default()))
        .collect()
}

/// The command line is asked for its help behind all arguments: whatever it does not know before that is a mistake.
fn understood(lines: &[Line], least: usize) {
    assert!(lines.len() >= least, "{lines:?}");
    let scene = Scene::bare();
    scene.write("holdpoint.toml", "");
    for line in lines {
        let mut arguments: Vec<&str> = line.iter().skip(1).map(String::as_str).collect();
        arguments.push("--help");
        let outcome = scene.run(&arguments);
        assert_eq!(outcome.code, Some(0), "{line:?}: {outcome:?}");
    }
}

#[test]
fn the_workflow_of_github_is_understood() {
    understood(&of_yaml("examples/github-actions/holdpoint.yml"), 5);
}

#[test]
fn the_build_of_cloud_build_is_understood() {
    understood(&of_yaml("examples/cloud-build/cloudbuild.yaml"), 1);
}

#[test]
fn the_verification_of_cloud_deploy_and_its_image_are_understood() {
    understood(&of_yaml("examples/cloud-deploy/skaffold.yaml"), 1);
    understood(&of_dockerfile("examples/cloud-deploy/Dockerfile"), 1);
}

#[test]
fn the_page_about_pipelines_is_understood() {
    understood(&of_page("docs/ci.md"), 6);
}

#[test]
fn every_example_is_tried() {
    let mut found: Vec<String> = Vec::new();
    for folder in std::fs::read_dir(root().join("examples")).expect("there are examples") {
        for file in std::fs::read_dir(folder.expect("it can be read").path()).expect("a folder") {
            found.push(file.expect("it can be read").file_name().to_string_lossy().into_owned());
        }
    }
    found.sort();
    assert_eq!(found, ["Dockerfile", "cloudbuild.yaml", "holdpoint.yml", "skaffold.yaml"]);
}

#[test]
fn a_line_that_nobody_understands_is_found() {
    let scene = Scene::bare();
    scene.write("holdpoint.toml", "");
    let lines = of_script("url=x\nholdpoint run bundle \\\n  --seriously > out\n# holdpoint not this\n");
    assert_eq!(lines, [["holdpoint", "run", "bundle", "--seriously"]]);
    scene.run(&["run", "bundle", "--seriously", "--help"]).exits(2);
}
