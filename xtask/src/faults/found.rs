//! What came of one fault.

use serde_json::{Value, json};

use super::compare::Changed;

/// A fault that was switched on, and what was seen of it.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) fault: &'static str,
    pub(super) seed: u64,
    /// The row that must fail.
    pub(super) expected: &'static str,
    /// What is wrong with the run, but for rows that have nothing to do with the fault.
    pub(super) wrong: Vec<String>,
    /// Those rows.
    pub(super) unrelated: Vec<Changed>,
    /// How long the run took.
    pub(super) seconds: f64,
}

impl Found {
    /// Whether its row fails for it, and nothing else does.
    pub(super) fn is_well(&self) -> bool {
        self.wrong.is_empty() && self.unrelated.is_empty()
    }

    /// What is not as it should be, a line each.
    pub(super) fn complaints(&self) -> Vec<String> {
        let unrelated = self.unrelated.iter().map(ToString::to_string);
        let all = self.wrong.iter().cloned().chain(unrelated);
        all.map(|complaint| format!("{} (seed {}): {complaint}", self.fault, self.seed)).collect()
    }

    pub(super) fn json(&self) -> Value {
        let unrelated: Vec<&str> = self.unrelated.iter().map(|changed| changed.row.as_str()).collect();
        json!({
            "fault": self.fault,
            "seed": self.seed,
            "expected": self.expected,
            "caught": self.wrong.is_empty(),
            "unrelated_changed": unrelated,
            "wrong": self.wrong,
            "seconds": (self.seconds * 10.0).round() / 10.0,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(wrong: &[&str]) -> Found {
        let wrong = wrong.iter().map(|text| (*text).to_owned()).collect();
        Found { fault: "slow", seed: 3, expected: "P3.1", wrong, unrelated: vec![], seconds: 1.26 }
    }

    #[test]
    fn is_told_as_one_object_and_as_lines() {
        assert!(found(&[]).is_well());
        assert_eq!(
            found(&[]).json(),
            json!({ "fault": "slow", "seed": 3, "expected": "P3.1", "caught": true, "unrelated_changed": [], "wrong": [], "seconds": 1.3 })
        );
        let missed = found(&["P3.1 is pass, not fail"]);
        assert!(!missed.is_well() && missed.json()["caught"] == false);
        assert_eq!(missed.complaints(), ["slow (seed 3): P3.1 is pass, not fail"]);
    }
}
