//! How the server of each run answers, and what has to change for that when stricter objectives judge.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

/// Of a hundred requests so many fail; `strict.toml` allows fewer than 25.
const BAD: [u32; 5] = [0, 0, 0, 10, 40];
/// Milliseconds of an answer; `strict.toml` allows 500.
const DELAYS: [u64; 4] = [0, 0, 0, 700];
/// Rows that may change.
const ROWS: [&str; 2] = ["P4.1.errors", "P4.1.p95"];

/// What was drawn for a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Drawn {
    /// Of a hundred requests so many are answered with 500, evenly spread.
    bad: u32,
    pub(super) delay: Duration,
}

impl Drawn {
    /// That of a run by its number: the same each time.
    pub(super) fn of(number: u32) -> Self {
        let [bad, delay] = [0, 1].map(|which| mixed(u64::from(number) * 2 + which));
        let delay = DELAYS[(delay % DELAYS.len() as u64) as usize];
        Self { bad: BAD[(bad % BAD.len() as u64) as usize], delay: Duration::from_millis(delay) }
    }

    /// Whether a request fails, counted from 0.
    pub(super) fn fails(self, request: u32) -> bool {
        let before = |request: u64| request * u64::from(self.bad) / 100;
        before(u64::from(request) + 1) > before(request.into())
    }

    /// Rows that stricter objectives fail.
    fn changes(self) -> BTreeMap<&'static str, &'static str> {
        let [errors, p95] = ROWS;
        let is_so = [(errors, self.bad >= 25), (p95, self.delay > Duration::from_millis(500))];
        is_so.into_iter().filter(|(_, is_so)| *is_so).map(|(row, _)| (row, "fail")).collect()
    }
}

impl fmt::Display for Drawn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} % fail, {} ms each", self.bad, self.delay.as_millis())
    }
}

/// A number that follows from another one and looks like none of them (splitmix64).
fn mixed(number: u64) -> u64 {
    let number = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

/// How many runs have changed. They must be all that were recorded, and each has to have changed as it was drawn.
pub(super) fn changed(runs: &[(String, Drawn)], told: &Value) -> Result<usize> {
    let told = told["runs"].as_array().context("a back-test tells of runs")?;
    ensure!(told.len() == runs.len(), "{} runs were recorded, and {} judged", runs.len(), told.len());
    let (mut changed, mut wrong) = (0, Vec::new());
    for (run, drawn) in runs {
        let judged = told.iter().find(|judged| judged["run"] == run.as_str());
        let judged = judged.with_context(|| format!("run {run} was not judged"))?;
        let (wanted, rows) = (drawn.changes(), rows(judged));
        if wanted != rows || judged["changed"] != !wanted.is_empty() || judged["ticks"] == 0 {
            wrong.push(format!("run {run} ({drawn}) changed {rows:?}, and should have changed {wanted:?}: {judged}"));
        }
        changed += usize::from(!wanted.is_empty());
    }
    ensure!(wrong.is_empty(), "the back-test is wrong\n  {}", wrong.join("\n  "));
    Ok(changed)
}

/// Rows whose verdict is another one, with that.
fn rows(judged: &Value) -> BTreeMap<&str, &str> {
    let differences = judged["differences"].as_array().map(Vec::as_slice).unwrap_or_default();
    let rows = differences.iter().filter(|difference| difference["before"] != difference["after"]);
    let rows = rows.filter_map(|difference| Some((difference["subject"].as_str()?, difference["after"].as_str()?)));
    rows.filter(|(subject, _)| ROWS.contains(subject)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_hundred_runs_have_every_kind() {
        let all: Vec<Drawn> = (0..100).map(Drawn::of).collect();
        let kinds = |rows: usize| all.iter().filter(|drawn| drawn.changes().len() == rows).count();
        assert!(kinds(0) > 30 && kinds(1) > 10 && kinds(2) > 0, "{} {} {}", kinds(0), kinds(1), kinds(2));
        assert_eq!(all, (0..100).map(Drawn::of).collect::<Vec<_>>());
    }

    #[test]
    fn so_many_of_a_hundred_fail() {
        for bad in [0, 10, 40, 100] {
            let drawn = Drawn { bad, delay: Duration::ZERO };
            assert_eq!((0..100).filter(|request| drawn.fails(*request)).count(), bad as usize);
            // Also of the first twenty.
            assert_eq!((0..20).filter(|request| drawn.fails(*request)).count(), bad as usize / 5);
        }
    }

    fn judged(run: &str, rows: &[(&str, &str)]) -> Value {
        let row = |(row, after): &(&str, &str)| json!({ "subject": row, "before": "pass", "after": after });
        let differences: Vec<Value> = rows.iter().map(row).collect();
        json!({ "run": run, "changed": !rows.is_empty(), "ticks": 2, "differences": differences })
    }

    #[test]
    fn what_changes_is_what_was_drawn() {
        let drawn = |bad, delay| Drawn { bad, delay: Duration::from_millis(delay) };
        let runs = [("A".to_owned(), drawn(10, 0)), ("B".to_owned(), drawn(40, 0)), ("C".to_owned(), drawn(0, 700))];
        let told = |b: &[(&str, &str)], c: &[(&str, &str)]| {
            changed(&runs, &json!({ "runs": [judged("A", &[]), judged("B", b), judged("C", c)] }))
        };
        let (errors, p95) = (("P4.1.errors", "fail"), ("P4.1.p95", "fail"));
        assert_eq!(told(&[errors], &[p95]).unwrap(), 2);
        for (b, c) in [
            (&[][..], &[p95][..]),
            (&[errors, p95], &[p95]),
            (&[errors], &[errors]),
            (&[errors], &[("P4.1.p95", "inconclusive")]),
        ] {
            let why = told(b, c).unwrap_err().to_string();
            assert!(why.starts_with("the back-test is wrong"), "{why}");
        }
        let missing = changed(&runs, &json!({ "runs": [judged("A", &[])] })).unwrap_err().to_string();
        assert_eq!(missing, "3 runs were recorded, and 1 judged");
        let other = json!({ "runs": [judged("A", &[]), judged("B", &[errors]), judged("D", &[p95])] });
        assert_eq!(changed(&runs, &other).unwrap_err().to_string(), "run C was not judged");
    }

    #[test]
    fn a_run_that_was_not_judged_at_any_tick_is_wrong() {
        let mut told = judged("A", &[]);
        told["ticks"] = json!(0);
        let runs = [("A".to_owned(), Drawn { bad: 0, delay: Duration::ZERO })];
        assert!(changed(&runs, &json!({ "runs": [told] })).is_err());
    }
}
