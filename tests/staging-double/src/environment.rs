//! The environment of whoever validates the double: the variables that the guide wants set, with
//! made-up values, the key that signs test users, and what a fault makes of them. Sets nothing itself.

use std::fmt;

use crate::fault::{Drawn, FaultSetting};
use crate::login::{GOOGLE_CLIENT, TEST_SIGNING_KEY};

/// One variable of the environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// Its value; a variable without one is not set.
    pub value: Option<&'static str>,
}

/// As they should be. No key of any provider looks like these.
const CLEAN: [Variable; 7] = [
    Variable { name: "OPENAI_API_KEY", value: Some("demo.openai.5f0c9a7e21d84b36a1") },
    Variable { name: "ANTHROPIC_API_KEY", value: Some("demo.anthropic.c27b60f3e9154d08b4") },
    Variable { name: "GEMINI_API_KEY", value: Some("demo.gemini.84e1d5a09c3f4276fe") },
    Variable { name: "GOOGLE_STAGING_CLIENT_ID", value: Some(GOOGLE_CLIENT) },
    Variable { name: "GOOGLE_STAGING_CLIENT_SECRET", value: Some("demo.client.b93f7c12d06e4a58e7") },
    Variable { name: "STAGING_TEST_SIGNING_KEY", value: Some(TEST_SIGNING_KEY) },
    // Of another environment, for whoever compares.
    Variable { name: "GOOGLE_PRODUCTION_CLIENT_SECRET", value: Some("demo.live.47c0d9ae15b84f62d3") },
];

/// What to start a validation with: every variable, as a fault leaves it if one is given.
pub fn environment(setting: Option<&FaultSetting>) -> Vec<Variable> {
    let altered = setting.and_then(|setting| match &setting.drawn {
        Drawn::Environment(variable) => Some(*variable),
        Drawn::Server { .. } | Drawn::File(_) | Drawn::Source(_) => None,
    });
    let one = |clean: Variable| altered.filter(|altered| altered.name == clean.name).unwrap_or(clean);
    CLEAN.into_iter().map(one).collect()
}

impl fmt::Display for Variable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.value {
            Some(value) => write!(f, "{} set to {value:?}", self.name),
            None => write!(f, "{} not set", self.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{CLEAN, environment};
    use crate::fault::{Drawn, Fault};

    #[test]
    fn a_fault_alters_one_variable_and_leaves_the_others() {
        assert_eq!(environment(None), CLEAN);
        let mut faults = 0;
        for fault in Fault::all() {
            let setting = fault.settle(7);
            let changed: Vec<_> = environment(Some(&setting)).into_iter().filter(|v| !CLEAN.contains(v)).collect();
            match &setting.drawn {
                Drawn::Environment(variable) => {
                    assert_eq!(changed, [*variable], "{setting}");
                    faults += 1;
                }
                _ => assert_eq!(changed, [], "{setting}"),
            }
        }
        assert_eq!(faults, 10, "two kinds for each of five variables");
    }

    #[test]
    fn no_value_is_too_short_to_be_taken_out_of_answers() {
        assert!(CLEAN.iter().all(|variable| variable.value.is_some_and(|value| value.len() >= 8)));
    }
}
