//! Which parts there are, and the runs of the demonstration among them.

use std::cell::OnceCell;
use std::process::ExitCode;

use anyhow::Result;

use super::deny;
use super::parts::{self, End, Part};
use crate::demo::{self, Lane, Outcome, Scope};
use crate::project::Project;
use crate::{bench, docs, faults, guests, test, tidy};

/// Clean demonstrations besides the release of the part `demo`, so that there are three. Each takes about five minutes, which is what
/// faults in two lanes save.
const CLEAN: u32 = 2;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Only these parts, whatever they need; all of them otherwise
    #[arg(value_name = "PART")]
    parts: Vec<String>,
}

pub(crate) fn run(project: &Project, arguments: &Arguments) -> Result<ExitCode> {
    let part =
        |name, needs, work: fn(&Project) -> Result<()>| Part { name, needs, work: Box::new(move || work(project)) };
    // The clean release, which faults are compared with too.
    let released = OnceCell::new();
    let all = [
        part("fmt", &[], |p| p.cargo("fmt").args(["fmt", "--all", "--check"]).run()),
        part("tidy", &[], tidy::run),
        part("clippy", &[], |p| {
            p.cargo("clippy").args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]).run()
        }),
        part("docs", &[], docs::check),
        part("guests", &[], guests::build),
        part("deny", &[], deny::run),
        // All that fails is told at once: a run of this takes half an hour.
        part("test", &["guests"], |p| test::run(p, &["--no-fail-fast".to_owned()])),
        Part { name: "demo", needs: &["guests"], work: Box::new(|| demonstration(project, &released)) },
        Part { name: "clean", needs: &["demo"], work: Box::new(|| bench::clean(project, CLEAN, released.get())) },
        Part { name: "faults", needs: &["demo"], work: Box::new(|| faults::quick(project, released.get())) },
    ];
    let past = parts::run(&parts::chosen(all.into(), &arguments.parts)?);
    eprint!("{}", parts::table(&past));
    let good = past.iter().all(|part| part.end == End::Done);
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The clean demonstration, which must release.
fn demonstration(project: &Project, released: &OnceCell<Outcome>) -> Result<()> {
    demo::build(project)?;
    let scope = Scope::of_all(demo::gcloud_is_here(), demo::ensure_stores()?, demo::ensure_browser()?);
    let clean = faults::clean(project, Lane::FIRST, scope)?;
    if scope.deploys() {
        // It is set once.
        let _ = released.set(clean);
    }
    Ok(())
}
