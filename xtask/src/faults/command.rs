//! Which faults, how many side by side, and what is said of them.

use std::fs;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use clap::ValueEnum;

use super::found::Found;
use super::look::{Look, Looked};
use super::{lanes, share, whole};
use crate::demo::{self, Fault, Lane, Outcome};
use crate::project::Project;
use crate::sh::say;

/// Lanes where nobody says how many: the machine that the figures are of has two cores, and a whole release has both busy.
const LANES: u16 = 2;
const LANES_OF_WHOLE: u16 = 1;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Only these faults; all otherwise
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Only those that this row must catch
    #[arg(long, value_name = "ID")]
    row: Vec<String>,
    /// Only the first of each row, as ci does
    #[arg(long)]
    quick: bool,
    /// Run the whole bundle for each, not only the phases that find it; takes hours
    #[arg(long)]
    full: bool,
    /// How many are looked for side by side [default: 2, with --full 1]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=i64::from(Lane::MOST)))]
    lanes: Option<u16>,
    /// What standard output is for: with json an object a line, for each fault
    #[arg(long, value_enum, default_value_t = Output::Text)]
    output: Output,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Output {
    Text,
    Json,
}

pub(crate) fn run(project: &Project, arguments: &Arguments) -> Result<ExitCode> {
    for name in &arguments.names {
        ensure!(Fault::named(name).is_some(), "no fault is named {name}; `cargo xtask demo --list-faults` shows them");
    }
    for row in &arguments.row {
        ensure!(Fault::all().any(|fault| fault.requirement() == row), "no fault is made for row {row}");
    }
    let chosen = |fault: Fault| {
        let (names, rows) = (&arguments.names, &arguments.row);
        if arguments.quick && !is_first(fault) {
            return false;
        }
        let named = names.iter().any(|name| name == fault.name());
        named || rows.iter().any(|row| row == fault.requirement()) || (names.is_empty() && rows.is_empty())
    };
    let profile = Profile::of(arguments.full, arguments.lanes);
    let begun = Instant::now();
    let looked = each(project, profile, None, chosen, |found| {
        if arguments.output == Output::Json {
            println!("{}", found.json());
        }
    })?;
    let asked_for = !arguments.names.is_empty() || !arguments.row.is_empty();
    let wrong = looked.complaints(asked_for);
    wrong.iter().for_each(|line| eprintln!("error: {line}"));
    let (caught, all) = (looked.found.iter().filter(|found| found.is_well()).count(), looked.found.len());
    let seconds: f64 = looked.found.iter().map(|found| found.seconds).sum();
    let passed = begun.elapsed().as_secs_f64();
    let left_out = match looked.left_out {
        0 => String::new(),
        some => format!("; {some} are left out"),
    };
    say(
        "faults",
        &format!(
            "{caught} of {all} are caught, and nothing else changes; {seconds:.0} s within {passed:.0} s{left_out}"
        ),
    );
    Ok(if wrong.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The first fault of each row, in two lanes. A release without a fault may be there already.
pub(crate) fn quick(project: &Project, released: Option<&Outcome>) -> Result<()> {
    let wrong = each(project, Profile::of(false, None), released, is_first, |_| {})?.complaints(false);
    if wrong.is_empty() { Ok(()) } else { bail!("{}", wrong.join("\n  ")) }
}

/// Whether no fault before it is for the same row.
pub(super) fn is_first(fault: Fault) -> bool {
    let first = Fault::all().find(|other| other.requirement() == fault.requirement());
    first.is_some_and(|first| first.name() == fault.name())
}

/// How much is run for each fault, and how many are looked for side by side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Profile {
    full: bool,
    lanes: u16,
}

impl Profile {
    fn of(full: bool, lanes: Option<u16>) -> Self {
        Self { full, lanes: lanes.unwrap_or(if full { LANES_OF_WHOLE } else { LANES }) }
    }
}

impl Looked {
    /// What is not as it should be, a line each. What somebody has asked for by its name or row must have been looked for; otherwise something must.
    fn complaints(&self, asked_for: bool) -> Vec<String> {
        let unseen = if asked_for && self.left_out > 0 {
            Some(format!("{} of the faults that were asked for are left out", self.left_out))
        } else if self.found.is_empty() && self.failures.is_empty() {
            Some("no fault was looked for".to_owned())
        } else {
            None
        };
        self.found.iter().flat_map(Found::complaints).chain(self.failures.iter().cloned()).chain(unseen).collect()
    }
}

fn each(
    project: &Project,
    profile: Profile,
    released: Option<&Outcome>,
    chosen: impl Fn(Fault) -> bool,
    tell: impl Fn(&Found) + Sync,
) -> Result<Looked> {
    demo::build(project)?;
    let (gcloud, stores, browser) = (demo::gcloud_is_here(), demo::ensure_stores()?, demo::ensure_browser()?);
    let mut works = share::works(if profile.full { whole::scope } else { Fault::scope }, chosen);
    let mut all = Looked::default();
    works.retain(|share::Work { scope, faults }| {
        let lacking = match scope {
            _ if scope.needs_gcloud() && !gcloud => Some("gcloud"),
            _ if scope.asks_stores() && !stores => Some("a store"),
            _ if scope.opens_a_page() && !browser => Some("Chromium"),
            _ => None,
        };
        if let Some(lacking) = lacking {
            all.left_out += faults.len();
            say("faults", &format!("{} are left out, because {lacking} is not here: {scope:?}", faults.len()));
        }
        lacking.is_none()
    });
    let whole = profile.full.then(|| taken_back_for(project)).transpose()?;
    let look = Look { project, released, whole };
    let shares: Vec<_> = (1..).map(Lane::numbered).zip(share::shared(works, profile.lanes)).collect();
    let names: Vec<Lane> = shares.iter().map(|(lane, _)| *lane).collect();
    let ends = lanes::side_by_side(shares, |(lane, works), stop| Ok(look.along(lane, &works, stop, &tell)))?;
    for (lane, end) in names.into_iter().zip(ends) {
        match end {
            Ok(looked) => {
                all.found.extend(looked.found);
                all.failures.extend(looked.failures);
            }
            Err(error) => all.failures.push(format!("{lane}: {error:#}")),
        }
    }
    Ok(all)
}

fn taken_back_for(project: &Project) -> Result<Vec<String>> {
    let path = project.root.join(demo::BUNDLE).join("bundle.toml");
    let text = fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
    whole::taken_back_for(&text).with_context(|| format!("read {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_two_lanes_and_one_of_whole_releases_unless_somebody_says_otherwise() {
        assert_eq!(Profile::of(false, None), Profile { full: false, lanes: 2 });
        assert_eq!(Profile::of(true, None), Profile { full: true, lanes: 1 });
        assert_eq!(Profile::of(true, Some(3)).lanes, 3);
    }

    #[test]
    fn lanes_have_a_bound() {
        #[derive(Debug, clap::Parser)]
        struct Typed {
            #[command(flatten)]
            arguments: Arguments,
        }
        let lanes = |n: &str| {
            let typed = <Typed as clap::Parser>::try_parse_from(["faults", "--lanes", n]);
            typed.ok().and_then(|typed| typed.arguments.lanes)
        };
        assert_eq!((lanes("1"), lanes("4")), (Some(1), Some(4)));
        assert_eq!((lanes("0"), lanes("5"), lanes("many")), (None, None, None));
    }

    #[test]
    fn a_failure_of_a_lane_is_a_complaint_beside_those_of_faults() {
        let found = |wrong: &[&str]| {
            let wrong = wrong.iter().map(|text| (*text).to_owned()).collect();
            Found { fault: "slow", seed: 3, expected: "P3.1", wrong, unrelated: vec![], seconds: 1.0 }
        };
        let failures = vec!["lane 2, Pool: interrupted".to_owned()];
        let looked = Looked { found: vec![found(&[]), found(&["ended with 0"])], failures, left_out: 0 };
        assert_eq!(looked.complaints(false), ["slow (seed 3): ended with 0", "lane 2, Pool: interrupted"]);
        let well = |left_out| Looked { found: vec![found(&[])], failures: vec![], left_out };
        assert!(well(0).complaints(true).is_empty() && well(2).complaints(false).is_empty());
        assert_eq!(well(2).complaints(true), ["2 of the faults that were asked for are left out"]);
    }

    #[test]
    fn nothing_looked_for_is_nothing_caught() {
        for asked_for in [true, false] {
            assert_eq!(Looked::default().complaints(asked_for), ["no fault was looked for"]);
        }
        let left_out = Looked { left_out: 3, ..Looked::default() };
        assert_eq!(left_out.complaints(false), ["no fault was looked for"]);
        assert_eq!(left_out.complaints(true), ["3 of the faults that were asked for are left out"]);
    }
}
