//! One clean demonstration of several, and how it is printed. Decides nothing.

use serde_json::{Value, json};

use crate::faults::Tally;

/// What stands above the rows of the table.
pub(super) const HEAD: &str = "run  seconds  exits        pass   fail  inconclusive  not exercised  false alarms";

/// What came of it.
#[derive(Debug)]
pub(super) struct Round {
    pub(super) number: u32,
    pub(super) seed: u64,
    pub(super) seconds: f64,
    /// Of its runs, in their order.
    pub(super) exits: Vec<u8>,
    pub(super) rows: Tally,
    /// A line each.
    pub(super) alarms: Vec<String>,
}

impl Round {
    /// The row of the table.
    pub(super) fn row(&self) -> String {
        let exits = self.exits.iter().map(u8::to_string).collect::<Vec<_>>().join(", ");
        let Tally { pass, fail, inconclusive, not_exercised } = self.rows;
        let (number, seconds, alarms) = (self.number, self.seconds, self.alarms.len());
        format!(
            "{number:>3}  {seconds:>7.0}  {exits:<9}  {pass:>6}  {fail:>5}  {inconclusive:>12}  {not_exercised:>13}  {alarms:>12}"
        )
    }

    /// The line for machines.
    pub(super) fn object(&self) -> Value {
        let Tally { pass, fail, inconclusive, not_exercised } = self.rows;
        json!({
            "bench": "clean",
            "run": self.number,
            "seed": self.seed,
            "seconds": (self.seconds * 10.0).round() / 10.0,
            "exits": self.exits,
            "rows": { "pass": pass, "fail": fail, "inconclusive": inconclusive, "not-exercised": not_exercised },
            "false_alarms": self.alarms,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(alarms: &[&str]) -> Round {
        let rows = Tally { pass: 71, fail: alarms.len(), inconclusive: 2, not_exercised: 23 };
        let alarms = alarms.iter().map(|alarm| (*alarm).to_owned()).collect();
        Round { number: 3, seed: 7, seconds: 121.26, exits: vec![0, 8, 7], rows, alarms }
    }

    #[test]
    fn a_row_stands_below_its_head() {
        let row = round(&[]).row();
        assert_eq!(row, "  3      121  0, 8, 7        71      0             2             23             0");
        assert_eq!(row.len(), HEAD.len());
        assert!(round(&["KI-2 failed"]).row().ends_with(" 1"));
    }

    #[test]
    fn is_told_as_one_object() {
        assert_eq!(
            round(&["KI-2 failed"]).object(),
            json!({
                "bench": "clean", "run": 3, "seed": 7, "seconds": 121.3, "exits": [0, 8, 7],
                "rows": { "pass": 71, "fail": 1, "inconclusive": 2, "not-exercised": 23 }, "false_alarms": ["KI-2 failed"]
            })
        );
    }
}
