//! `holdpoint alerts`

use std::path::PathBuf;

use clap::ValueEnum;
use holdpoint_app::{AlertChoices, AlertForm, AlertSource, AlertsOf, Counted, Machine};
use holdpoint_model::PolicyId;

use crate::{bundle_args::BundleChoiceArguments, exit_code::Exit, terminal};

/// Writes the alerts of a policy out, for Prometheus or Cloud Monitoring
///
/// The same definitions by which the policy `alerts` judges a run watch what was released. Where PromQL can't say what the policy judges, the nearest is
/// written, and that it is not the same: in the file and on standard error. Nothing is contacted, and no consent is needed. A bundle needs its inputs
/// and modules, as for plan; a file of alerts needs nothing.
#[derive(clap::Args)]
#[command(override_usage = "holdpoint alerts [OPTIONS] <BUNDLE | --file FILE>", mut_arg("only", |only| only.hide(true)))]
#[command(after_help = "Examples:
  holdpoint alerts --file alerts.yaml > alerts.rules.yml
  holdpoint alerts my-bundle > alerts.rules.yml      then: promtool check rules alerts.rules.yml
  holdpoint alerts --file alerts.yaml --format cloud-monitoring --to policies
                                                     then, for each file: gcloud monitoring policies create --policy-from-file FILE
  holdpoint alerts my-bundle --series requests=http_requests_total --series 'requests_bad=http_requests_total{code=~\"5..\"}'")]
pub(crate) struct Arguments {
    /// The bundle: its folder, or its bundle.toml
    #[arg(value_name = "BUNDLE", required_unless_present = "file")]
    bundle: Option<PathBuf>,

    /// The policy; may be left out where one only has the module `alerts`
    #[arg(long, value_name = "POLICY", value_parser = policy)]
    policy: Option<PolicyId>,

    /// A file of alerts instead of a bundle
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = ["bundle", "policy", "env", "only", "set", "inputs", "service", "modules"]
    )]
    file: Option<PathBuf>,

    /// For whom
    #[arg(long, value_enum, default_value_t)]
    format: Format,

    /// Says what a series is called there: requests, requests_bad, request_duration, memory_bytes, isolation, isolation_running
    #[arg(long, value_name = "NAME=SERIES", value_parser = source)]
    series: Vec<(String, AlertSource)>,

    /// How series of requests count there [default: counters if --series names one of them, else slots]
    #[arg(long, value_enum)]
    counted: Option<Counting>,

    /// A folder that gets a file of rules, or a file for each alert policy, instead of standard output
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,

    /// Write over files that are there
    #[arg(long, requires = "to")]
    force: bool,

    #[command(flatten)]
    choices: BundleChoiceArguments,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Format {
    /// A file of rules
    #[default]
    Prometheus,
    /// JSON of alert policies: a list, or with --to a file for each
    CloudMonitoring,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Counting {
    /// They only ever grow, as those of a service do
    Counters,
    /// Each sample counts what happened in its slot, as those of a run do
    Slots,
}

fn policy(text: &str) -> Result<PolicyId, String> {
    PolicyId::parse(text).map_err(|e| e.to_string())
}

fn source(text: &str) -> Result<(String, AlertSource), String> {
    let (name, series) = text.split_once('=').ok_or("write it as NAME=SERIES")?;
    Ok((name.to_owned(), AlertSource::parse(series).map_err(|mistake| mistake.to_string())?))
}

pub(crate) fn execute(arguments: Arguments, machine: &Machine) -> anyhow::Result<Exit> {
    let Arguments { bundle, policy, file, format, series, counted, to, force, choices } = arguments;
    let of = match (file, bundle) {
        (Some(file), _) => AlertsOf::File(file),
        (None, Some(bundle)) => AlertsOf::Bundle(choices.of(bundle, machine), policy),
        // The parser asks for one of the two.
        (None, None) => anyhow::bail!("name a bundle, or a file of alerts with --file"),
    };
    let form = match format {
        Format::Prometheus => AlertForm::Prometheus,
        Format::CloudMonitoring => AlertForm::CloudMonitoring,
    };
    let counted = counted.map(|counted| match counted {
        Counting::Counters => Counted::Counter,
        Counting::Slots => Counted::Slots,
    });
    let is_written = to.is_some();
    let out = holdpoint_app::alerts(&AlertChoices { of, form, series, counted, to, force }, machine)?;
    if is_written {
        let files: Vec<String> = out.files.iter().map(|file| file.display().to_string()).collect();
        terminal::out(&files.join("\n"));
    } else {
        terminal::out(&out.text);
    }
    for note in &out.notes {
        terminal::say(&format!("note: {note}"));
    }
    Ok(Exit::Done)
}
