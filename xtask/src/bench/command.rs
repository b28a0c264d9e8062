//! What `bench` builds and runs.

use anyhow::Result;
use clap::ValueEnum;

use super::{back_test, clean, cold_start, day, inner, load, policy};
use crate::project::Project;
use crate::sh::{Line, say};
use crate::{guests, test};

/// Kills of the long crash suite.
const MANY: &str = "1000";
/// Runs that are judged once more at most: some hundred of them take minutes to be made.
const MOST_RUNS: i64 = 1_000;
/// Clean demonstrations that are one measurement at most: a day and a half of them.
const MOST_CLEAN: i64 = 1_000;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// What standard output is for
    #[arg(long, value_enum, default_value_t = Output::Text)]
    output: Output,
    /// Run the crash suite with this many kills instead of measuring, 1000 if it is not said
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = MANY)]
    crash: Option<u32>,
    /// Watch the memory of a load for so many minutes instead, an hour if it is not said
    #[arg(long, value_name = "MINUTES", num_args = 0..=1, default_missing_value = "60", conflicts_with_all = ["crash", "load"])]
    soak: Option<u32>,
    /// Measure what the evidence of a whole day takes instead
    #[arg(long, conflicts_with_all = ["crash", "soak", "load"])]
    day: bool,
    /// Measure virtual users beside other load generators instead
    #[arg(long, conflicts_with = "crash")]
    load: bool,
    /// Measure an evaluation of a policy beside regorus instead
    #[arg(long, conflicts_with_all = ["crash", "soak", "load", "day"])]
    policy: bool,
    /// Run so many demonstrations in which nothing is wrong instead, 20 if it is not said; a row that fails or changes is a false alarm
    #[arg(
        long, value_name = "N", num_args = 0..=1, default_missing_value = "20",
        value_parser = clap::value_parser!(u32).range(1..=MOST_CLEAN),
        conflicts_with_all = ["crash", "soak", "load", "day", "policy"]
    )]
    clean: Option<u32>,
    /// Make so many short runs and judge them by stricter objectives instead, 100 if it is not said
    #[arg(
        long, value_name = "N", num_args = 0..=1, default_missing_value = "100",
        value_parser = clap::value_parser!(u32).range(1..=MOST_RUNS),
        conflicts_with_all = ["crash", "soak", "load", "day", "policy", "clean"]
    )]
    back_test: Option<u32>,
    /// How many evaluations
    #[arg(long, default_value_t = 200, requires = "policy", value_parser = clap::value_parser!(u32).range(1..))]
    evaluations: u32,
    /// With how many users, each more than 100
    #[arg(long, value_delimiter = ',', default_values_t = [150, 1_500, 10_000], requires = "load")]
    users: Vec<u32>,
    /// Over what everybody speaks with the server
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = load::Wire::ALL, requires = "load")]
    over: Vec<load::Wire>,
    /// How long everybody asks, each time
    #[arg(long, default_value_t = 10, requires = "load")]
    seconds: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Output {
    Text,
    Json,
}

pub(crate) fn run(project: &Project, arguments: &Arguments) -> Result<()> {
    if let Some(kills) = arguments.crash {
        return crash(project, kills);
    }
    if let Some(minutes) = arguments.soak {
        return soak(project, minutes);
    }
    if let Some(count) = arguments.clean {
        return clean::figures(project, count, arguments.output == Output::Json);
    }
    guests::build(project)?;
    let figures = if arguments.policy {
        policy::figures(project, arguments.evaluations)?
    } else if arguments.load {
        build(project)?;
        load::figures(
            project,
            load::Work { users: &arguments.users, seconds: arguments.seconds, over: &arguments.over },
        )?
    } else if arguments.day {
        build(project)?;
        day::figures(project)?
    } else if let Some(count) = arguments.back_test {
        build(project)?;
        back_test::figures(project, count)?
    } else {
        build(project)?;
        let cold_start = cold_start::figure(project)?;
        say("bench", "instantiation, recorded calls and replay, by target/release/measure");
        [vec![cold_start], inner::figures(project)?].concat()
    };
    for figure in figures {
        match arguments.output {
            Output::Json => println!("{}", figure.object()),
            Output::Text => println!("{}", figure.text()),
        }
    }
    Ok(())
}

/// The command line and what looks inside of the host, optimised.
fn build(project: &Project) -> Result<()> {
    let line = project.cargo("bench").args(["build", "--release", "--workspace"]);
    line.args(["--bin", "holdpoint", "--bin", "measure"]).run()
}

/// The crash suite of the tests, for longer.
fn crash(project: &Project, kills: u32) -> Result<()> {
    let line = longer(project, &["crash::", "release_crash::"])?;
    // A deployment takes as long as hundreds of requests.
    let releases = (kills / 5).clamp(20, 200);
    line.env("HOLDPOINT_KILLS", kills.to_string()).env("HOLDPOINT_RELEASE_KILLS", releases.to_string()).run()
}

/// The soak of the tests, for longer.
fn soak(project: &Project, minutes: u32) -> Result<()> {
    longer(project, &["soak::"])?.env("HOLDPOINT_SOAK_SECONDS", (minutes.max(1) * 60).to_string()).run()
}

/// A line that runs some of the tests, with everything that they start.
fn longer(project: &Project, tests: &[&str]) -> Result<Line> {
    test::build(project)?;
    let line = project.cargo("bench").args(["test", "--workspace", "--test", "e2e", "--", "--nocapture"]).args(tests);
    Ok(test::with_environment(project, line))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    #[derive(Debug, Parser)]
    struct Typed {
        #[command(flatten)]
        arguments: super::Arguments,
    }

    #[test]
    fn clean_runs_have_a_bound_and_are_measured_alone() {
        let clean = |words: &[&str]| {
            let typed = Typed::try_parse_from(["bench", "--clean"].iter().chain(words));
            typed.ok().map(|typed| typed.arguments.clean)
        };
        assert_eq!((clean(&[]), clean(&["3"]), clean(&["1000"])), (Some(Some(20)), Some(Some(3)), Some(Some(1_000))));
        for refused in [&["0"][..], &["1001"], &["some"], &["3", "--day"], &["3", "--crash"]] {
            assert_eq!(clean(refused), None, "{refused:?}");
        }
    }

    #[test]
    fn runs_of_a_back_test_have_a_bound_and_are_measured_alone() {
        let runs = |words: &[&str]| {
            let typed = Typed::try_parse_from(["bench", "--back-test"].iter().chain(words));
            typed.ok().map(|typed| typed.arguments.back_test)
        };
        assert_eq!((runs(&[]), runs(&["7"]), runs(&["1000"])), (Some(Some(100)), Some(Some(7)), Some(Some(1_000))));
        for refused in [&["0"][..], &["1001"], &["some"], &["3", "--day"], &["3", "--clean"]] {
            assert_eq!(runs(refused), None, "{refused:?}");
        }
    }
}
