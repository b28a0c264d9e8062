//! All tests, with what they need built before: guests, the command line, the command line that can be sabotaged, so that the crash
//! suite can show that it would notice, and the command line with modules inside.

use std::path::PathBuf;

use anyhow::{Result, anyhow, bail};

use crate::dist;
use crate::failures::Failures;
use crate::guests::{self, copy_if_changed};
use crate::project::Project;
use crate::servers::{self, Server};
use crate::sh::{Line, say};
use crate::tools;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// What `cargo test` is given; without -p all crates are tested
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGS")]
    args: Vec<String>,
}

impl Arguments {
    /// The arguments as they were typed. The parser drops a leading `--`, which means something to `cargo test`.
    pub(crate) fn typed(self) -> Vec<String> {
        let typed: Vec<String> = std::env::args().skip(2).collect();
        if typed.ends_with(&self.args) { typed } else { self.args }
    }
}

pub(crate) fn run(project: &Project, args: &[String]) -> Result<()> {
    let mut missing = servers::ensure()?;
    missing.extend(servers::ensure_kinto(project)?);
    build(project)?;
    let mut failures = Failures::default();
    let ended = line(project, &split(args), &missing).run_seen(|line| failures.see(line));
    let ended = ended.map_err(|error| anyhow!("{error:#}{}", failures.told()));
    // Also after a failure, so that nobody takes what did not run for good.
    report_left_out(project, &missing).and(ended)
}

/// Builds what tests start.
pub(crate) fn build(project: &Project) -> Result<()> {
    guests::build(project)?;
    project.build_holdpoint("test", &["sabotage"])?;
    copy_if_changed(&project.holdpoint(), &sabotaged(project))?;
    dist::gather(project)?;
    dist::with_modules(project, project.holdpoint_line("test")).run()?;
    copy_if_changed(&project.holdpoint(), &with_modules(project))?;
    // Last, so that the program under its usual name is the unharmed one.
    project.build_holdpoint("test", &[])
}

fn with_modules(project: &Project) -> PathBuf {
    project.target.join("with-modules/holdpoint")
}

fn sabotaged(project: &Project) -> PathBuf {
    project.target.join("sabotage/holdpoint")
}

/// Arguments before and after `--`.
#[derive(Debug, PartialEq, Eq)]
struct Split {
    cargo: Vec<String>,
    tests: Vec<String>,
}

fn split(args: &[String]) -> Split {
    let at = args.iter().position(|arg| arg == "--").unwrap_or(args.len());
    let mut cargo = args[..at].to_vec();
    let chosen =
        |arg: &String| arg.starts_with("-p") || arg.starts_with("--package") || arg == "--workspace" || arg == "--all";
    if !cargo.iter().any(chosen) {
        cargo.insert(0, "--workspace".to_owned());
    }
    Split { cargo, tests: args.get(at + 1..).unwrap_or_default().to_vec() }
}

fn line(project: &Project, split: &Split, missing: &[&Server]) -> Line {
    let threads = std::env::var("RUST_TEST_THREADS").unwrap_or_else(|_| threads().to_string());
    let skips = missing.iter().flat_map(|server| ["--skip", server.name]);
    with_environment(
        project,
        project.cargo("test").arg("test").args(&split.cargo).arg("--").args(&split.tests).args(skips),
    )
    .env("RUST_TEST_THREADS", threads)
}

/// Two for each processor: most tests wait for a server, or for gcloud, half of their time.
fn threads() -> usize {
    2 * std::thread::available_parallelism().map_or(1, usize::from)
}

/// Where tests find what was built for them.
pub(crate) fn with_environment(project: &Project, line: Line) -> Line {
    line.env("HOLDPOINT_GUESTS", project.guests())
        .env("HOLDPOINT_BIN", project.holdpoint())
        .env("HOLDPOINT_SABOTAGED", sabotaged(project))
        .env("HOLDPOINT_WITH_MODULES", with_modules(project))
        .env("HOLDPOINT_KINTO", tools::KINTO.folder(project))
}

/// Names the tests that could not run.
fn report_left_out(project: &Project, missing: &[&Server]) -> Result<()> {
    for server in missing {
        let listed =
            project.cargo("test").args(["test", "--workspace", "--", server.name, "--list", "--format", "terse"]);
        let listed = listed.text()?;
        let tests: Vec<&str> = listed.lines().filter_map(|line| line.strip_suffix(": test")).collect();
        say("test", &format!("{} is not installed, so {} tests did not run", server.name, tests.len()));
        for test in tests {
            eprintln!("      {test}");
        }
    }
    if !missing.is_empty() && servers::in_ci() {
        bail!("tests were left out and CI is true");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn all_crates_are_tested_unless_some_are_named() {
        assert_eq!(split(&[]), Split { cargo: texts(&["--workspace"]), tests: vec![] });
        assert_eq!(
            split(&texts(&["-p", "xtask", "--", "a"])),
            Split { cargo: texts(&["-p", "xtask"]), tests: texts(&["a"]) }
        );
        assert_eq!(split(&texts(&["name"])), Split { cargo: texts(&["--workspace", "name"]), tests: vec![] });
        assert_eq!(split(&texts(&["--", "a"])), Split { cargo: texts(&["--workspace"]), tests: texts(&["a"]) });
    }
}
