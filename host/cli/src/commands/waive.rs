//! `holdpoint waive`

use holdpoint_app::{Machine, RunRef, Until, WaiveChoices};
use holdpoint_model::{RequirementId, Timestamp, grant::parse_duration, parse_name, parse_reason};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{Output, run::conclude};
use crate::exit_code::Exit;

/// Lets a run go on in spite of a row that did not pass
///
/// The row keeps its verdict and counts as passed; the waiver is recorded in the run with the decision that then follows, and stands in
/// the first line of every report. A release still needs a row that really passed. The operator's file says who may waive which rows, and for
/// how long. Exits with the code of the new decision.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  holdpoint waive last KI-1 --by alice --reason 'cold starts are known, OPS-17' --until 7d
  holdpoint waive 01KB P3.1 --by alice --reason 'the backend is being moved' --until 2026-12-01
  holdpoint waive 01KB P3.1 --by bob --reason 'it was moved' --withdraw

In the operator's file:
  [waivers]
  rows = [\"KI-1\", \"P3.*\"]
  by = [\"alice\"]
  max = \"7d\"")]
pub(crate) struct Arguments {
    /// The run: its id, the beginning or the end of it, or `last`
    run: RunRef,

    /// The row of the checklist
    row: RequirementId,

    /// Who answers for it
    #[arg(long, value_name = "NAME", value_parser = parse_name)]
    by: String,

    /// Why, in one line
    #[arg(long, value_name = "TEXT", value_parser = parse_reason)]
    reason: String,

    /// Until when: a date (its beginning in UTC), a moment (RFC 3339), or from now on (7d, 12h)
    #[arg(long, value_name = "DATE", value_parser = until, required_unless_present = "withdraw", conflicts_with = "withdraw")]
    until: Option<Until>,

    /// Take the waiver back
    #[arg(long)]
    withdraw: bool,

    /// What stdout gets
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

fn until(text: &str) -> Result<Until, String> {
    if let Ok(duration) = parse_duration(text) {
        return Ok(Until::For(duration));
    }
    // A date is its beginning.
    let moment = OffsetDateTime::parse(text, &Rfc3339)
        .or_else(|_| OffsetDateTime::parse(&format!("{text}T00:00:00Z"), &Rfc3339));
    match moment {
        Ok(at) if (1970..=9999).contains(&at.year()) => Ok(Until::At(Timestamp(at.unix_timestamp() as f64 * 1_000.0))),
        _ => Err("write it as 2026-12-01, as 2026-12-01T18:00:00Z, or as 7d".into()),
    }
}

pub(crate) async fn execute(arguments: Arguments, machine: &Machine) -> anyhow::Result<Exit> {
    let Arguments { run, row, by, reason, until, withdraw: _, output } = arguments;
    let report = holdpoint_app::waive(&WaiveChoices { run, row, by, reason, until }, machine).await?;
    Ok(conclude(&report, machine, output))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_dates_moments_and_durations() {
        let at = |text| match until(text) {
            Ok(Until::At(at)) => at.to_string(),
            other => panic!("{text}: {other:?}"),
        };
        assert_eq!(at("2026-12-01"), "2026-12-01T00:00:00.000Z");
        assert_eq!(at("2026-12-01T18:30:00Z"), "2026-12-01T18:30:00.000Z");
        assert_eq!(at("2026-12-01T18:30:00+02:00"), "2026-12-01T16:30:00.000Z");
        assert_eq!(until("7d"), Ok(Until::For(std::time::Duration::from_secs(7 * 86_400))));
        for bad in ["", "tomorrow", "2026-13-01", "2026-02-30", "01.12.2026", "1969-12-31", "+12026-01-01", "7"] {
            assert!(until(bad).is_err(), "{bad:?} should be refused");
        }
    }
}
