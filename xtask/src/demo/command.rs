//! `cargo xtask demo`: its arguments, what it says, and its exit code, which is the command line's own.

use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result, anyhow};
use clap::ValueEnum;

use super::browser::ensure_browser;
use super::child::Signals;
use super::fault::Fault;
use super::lane::Lane;
use super::phases::Scope;
use super::ports::PORTS;
use super::run::{Demo, Outcome, Performed, Stdout, build};
use super::seed;
use super::stores::ensure_stores;
use super::system::{PYTHON, gcloud_is_here, pytest_is_here};
use crate::project::Project;
use crate::sh::say;

/// The row of the release's own tests.
const TESTS: &str = "P1.2";
/// A usage error, as everywhere in Holdpoint.
const USAGE: u8 = 2;
/// Something around the demonstration went wrong. It must not look like a judgement.
const HOST_FAULT: u8 = 4;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Make one thing wrong
    #[arg(long, value_name = "NAME")]
    fault: Option<String>,
    /// What the fault's parameters are drawn from [default: another each time, printed]
    #[arg(long, requires = "fault")]
    seed: Option<u64>,
    /// Print `NAME REQUIREMENT-ID EXIT description` of each fault, and end
    #[arg(long)]
    list_faults: bool,
    /// Deploy nothing, as on a machine without the Google Cloud CLI
    #[arg(long)]
    without_gcloud: bool,
    /// Leave everything running afterwards, until Ctrl-C
    #[arg(long)]
    keep: bool,
    /// What standard output is for
    #[arg(long, value_enum, default_value_t = Output::Text)]
    output: Output,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Output {
    Text,
    Json,
}

pub(crate) fn run(project: &Project, arguments: &Arguments) -> Result<ExitCode> {
    if arguments.list_faults {
        print!("{}", listed(Fault::all()));
        return Ok(ExitCode::SUCCESS);
    }
    let fault = match &arguments.fault {
        None => None,
        Some(name) => match Fault::named(name) {
            Some(fault) => Some(fault),
            None => return Ok(refused(&anyhow!("no fault is named {name}; --list-faults shows them"), USAGE)),
        },
    };
    let code = match perform(project, arguments, fault) {
        Ok(exit) => ExitCode::from(exit),
        Err(error) => refused(&error, HOST_FAULT),
    };
    Ok(code)
}

fn refused(error: &anyhow::Error, exit: u8) -> ExitCode {
    eprintln!("error: {error:#}");
    ExitCode::from(exit)
}

fn listed(faults: impl Iterator<Item = Fault>) -> String {
    faults.map(|f| format!("{} {} {} {}\n", f.name(), f.requirement(), f.exit(), f.description())).collect()
}

fn perform(project: &Project, arguments: &Arguments, fault: Option<Fault>) -> Result<u8> {
    let json = arguments.output == Output::Json;
    build(project)?;
    let gcloud = !arguments.without_gcloud && gcloud_is_here();
    if !gcloud && fault.is_some_and(|fault| fault.scope().needs_gcloud()) {
        return Err(anyhow!("this fault strikes what gcloud does or shows, and gcloud is not here"));
    }
    let stores = ensure_stores()?;
    if !stores && fault.is_some_and(|fault| fault.scope().asks_stores()) {
        return Err(anyhow!("phases ask stores here, and PostgreSQL, Redis or ClickHouse is not installed"));
    }
    if !stores {
        say(
            "demo",
            "without PostgreSQL, Redis and ClickHouse: the phase that asks them is left out, and that of the page",
        );
    }
    let browser = ensure_browser()?;
    if !browser && fault.is_some_and(|fault| fault.scope().opens_a_page()) {
        return Err(anyhow!("a page is opened here, and Chromium is not installed"));
    }
    if !browser {
        say("demo", "without Chromium: the phase that opens the page of the frontend is left out");
    }
    let pytest = pytest_is_here();
    if !pytest && fault.is_some_and(|fault| fault.requirement() == TESTS) {
        return Err(anyhow!("this fault strikes tests, and {PYTHON} has no pytest to run them"));
    }
    if !pytest {
        say("demo", &format!("without pytest in {PYTHON}: {TESTS} is not passed, and decides nothing"));
    }
    if !gcloud {
        say(
            "demo",
            "without gcloud: nothing is deployed, and the phases that would are left out, like that of the page",
        );
    }
    let demo = |scope, lane, stdout| Demo {
        project,
        scope,
        setting: fault.map(|fault| fault.settle(arguments.seed.unwrap_or_else(seed::fresh))),
        json,
        stdout,
        lane,
        cloud_seed: 0,
        runs: project.root.join(".holdpoint/runs"),
    };
    let shown = if json { Stdout::Pass } else { Stdout::Ours };
    let runtime = tokio::runtime::Runtime::new().context("start the runtime of the system")?;
    if fault.is_some() || arguments.keep {
        // What finds the fault, or what is kept: that is what was released.
        let scope = fault.map_or_else(|| Scope::of_all(gcloud, stores, browser), Fault::scope);
        return runtime.block_on(alone(&demo(scope, Lane::FIRST, shown), fault, arguments.keep));
    }
    let [release, day, after] = Scope::of_demo(gcloud, stores, browser);
    let begun = Instant::now();
    let exit = runtime.block_on(whole(
        &demo(release, Lane::FIRST, shown),
        &demo(day, Lane::numbered(2), Stdout::Hold),
        &demo(after, Lane::FIRST, shown),
    ))?;
    say("demo", &format!("took {} s", begun.elapsed().as_secs()));
    Ok(exit)
}

/// One scope, whose system may stay afterwards.
async fn alone(demo: &Demo<'_>, fault: Option<Fault>, keep: bool) -> Result<u8> {
    let Performed { outcome, system, .. } = demo.run().await?;
    say("demo", &verdict(&outcome, fault, demo.scope));
    if keep {
        stays().await?;
    }
    system.stop().await;
    Ok(exit(&outcome, fault, demo.scope))
}

/// Everything without a fault: a release, and beside it a day in a rehearsal, which mostly waits and is shown afterwards; then what a team does before
/// production. Nothing is begun after what did not end as it should.
async fn whole(release: &Demo<'_>, day: &Demo<'_>, after: &Demo<'_>) -> Result<u8> {
    let (release, day) = tokio::join!(ended(release), async {
        say("demo", "a day is rehearsed meanwhile, and shown afterwards");
        day.run().await
    });
    // What the day came to is told also where the release could not be begun.
    let Performed { outcome, system, held } = day?;
    held.tell();
    say("demo", &verdict(&outcome, None, Scope::Day));
    system.stop().await;
    for exit in [release?, exit(&outcome, None, Scope::Day)] {
        if exit != 0 {
            return Ok(exit);
        }
    }
    ended(after).await
}

/// The exit code of a scope in which nothing is wrong, which is 0 where it ended as it should.
async fn ended(demo: &Demo<'_>) -> Result<u8> {
    alone(demo, None, false).await
}

/// As it should without a fault is 0, whatever the command line said; otherwise it is the command line's own.
fn exit(outcome: &Outcome, fault: Option<Fault>, scope: Scope) -> u8 {
    if fault.is_none() && outcome.exit == scope.clean_end().0 { 0 } else { outcome.exit }
}

async fn stays() -> Result<()> {
    say("demo", &format!("the services stay at 127.0.0.1:{} by their names", PORTS.front));
    say("demo", &format!("the emulated cloud stays behind the proxy 127.0.0.1:{}", PORTS.proxy));
    say("demo", "Ctrl-C ends them");
    Signals::listen()?.next().await;
    Ok(())
}

/// Whether it ended as it should.
fn verdict(outcome: &Outcome, fault: Option<Fault>, scope: Scope) -> String {
    let (what, wanted) = match fault {
        None => ("without a fault".to_owned(), scope.clean_end().0),
        Some(fault) => (format!("with {}, which {} must catch", fault.name(), fault.requirement()), fault.exit()),
    };
    if outcome.exit == wanted {
        format!("ended with {wanted}, as it should {what}")
    } else {
        format!("ended with {}, should have ended with {wanted} {what}", outcome.exit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digests::Digests;

    #[test]
    fn every_fault_is_one_line_of_four_fields() {
        for line in listed(Fault::all()).lines() {
            let mut words = line.splitn(4, ' ');
            let (name, id, exit, text) = (words.next(), words.next(), words.next(), words.next());
            assert!(name.is_some_and(|name| Fault::named(name).is_some()), "{line}");
            let is_row = |id: &str| {
                include_str!("../../../scripts/bundles/netra-staging/checklist.toml")
                    .contains(&format!("id = \"{id}\""))
            };
            assert!(id.is_some_and(is_row) && text.is_some(), "{line}");
            assert!(exit.is_some_and(|exit| exit.parse::<u8>().is_ok()), "{line}");
        }
    }

    #[test]
    fn an_end_as_it_should_be_is_0_where_nothing_is_wrong() {
        let outcome = |exit| Outcome { exit, object: None, digests: Digests::new() };
        for (ended, fault, scope, wanted) in [
            (8, None, Scope::Day, 0),
            (7, None, Scope::Standing, 0),
            (0, None, Scope::Day, 0),
            (1, None, Scope::Day, 1),
            (1, Fault::named("slow"), Scope::Quiet, 1),
        ] {
            assert_eq!(exit(&outcome(ended), fault, scope), wanted, "{ended} {scope:?}");
        }
    }

    #[test]
    fn says_when_the_end_is_not_the_wanted_one() {
        let outcome = |exit| Outcome { exit, object: None, digests: Digests::new() };
        assert_eq!(verdict(&outcome(0), None, Scope::Release), "ended with 0, as it should without a fault");
        assert_eq!(verdict(&outcome(7), None, Scope::Standing), "ended with 7, as it should without a fault");
        assert!(
            verdict(&outcome(0), Fault::named("slow"), Scope::Quiet)
                .starts_with("ended with 0, should have ended with 1 with slow")
        );
    }
}
