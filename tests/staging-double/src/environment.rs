//! The environment of whoever validates the double: the variables that the guide wants set, with
//! made-up values, the key that signs test users, tokens of two of them, and what a fault makes of them. Sets nothing itself.

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

/// What an error tells while a fault has it so.
pub(crate) const OPENAI_KEY: &str = "demo.openai.5f0c9a7e21d84b36a1";

/// Signed with [`TEST_SIGNING_KEY`]: of one user and of another until 2100, and one that ended with 2019.
pub(crate) const USER_TOKEN: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJzZWN1cml0eS11c2VyIiwibmFtZSI6IlNlY3VyaXR5IFVzZXIiLCJleHAiOjQxMDI0NDQ4MDB9.srptfPTd_oQeLMwhQblINiZ8_EO815Y5miPqMIJBlB8";
pub(crate) const OTHER_TOKEN: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJzZWN1cml0eS1vdGhlciIsIm5hbWUiOiJTZWN1cml0eSBPdGhlciIsImV4cCI6NDEwMjQ0NDgwMH0.5dsZfxovZ_jHcX_5OIRsux5i-G5i2VlJow-5xBEnQEE";
pub(crate) const EXPIRED_TOKEN: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJzZWN1cml0eS11c2VyIiwibmFtZSI6IlNlY3VyaXR5IFVzZXIiLCJleHAiOjE1Nzc4MzY4MDB9.jvflc537ZrIELpQMO8uSshlD5ZiJGed2s6IQ39L7f2Q";

/// As they should be. No key of any provider looks like these.
const CLEAN: [Variable; 10] = [
    Variable { name: "OPENAI_API_KEY", value: Some(OPENAI_KEY) },
    Variable { name: "ANTHROPIC_API_KEY", value: Some("demo.anthropic.c27b60f3e9154d08b4") },
    Variable { name: "GEMINI_API_KEY", value: Some("demo.gemini.84e1d5a09c3f4276fe") },
    Variable { name: "GOOGLE_STAGING_CLIENT_ID", value: Some(GOOGLE_CLIENT) },
    Variable { name: "GOOGLE_STAGING_CLIENT_SECRET", value: Some("demo.client.b93f7c12d06e4a58e7") },
    Variable { name: "STAGING_TEST_SIGNING_KEY", value: Some(TEST_SIGNING_KEY) },
    Variable { name: "STAGING_USER_TOKEN", value: Some(USER_TOKEN) },
    Variable { name: "STAGING_OTHER_TOKEN", value: Some(OTHER_TOKEN) },
    Variable { name: "STAGING_EXPIRED_TOKEN", value: Some(EXPIRED_TOKEN) },
    // Of another environment, for whoever compares.
    Variable { name: "GOOGLE_PRODUCTION_CLIENT_SECRET", value: Some("demo.live.47c0d9ae15b84f62d3") },
];

/// What to start a validation with: every variable, as a fault leaves it if one is given.
pub fn environment(setting: Option<&FaultSetting>) -> Vec<Variable> {
    let altered = setting.and_then(|setting| match &setting.drawn {
        Drawn::Environment(variable) => Some(*variable),
        Drawn::Server { .. } | Drawn::File(_) | Drawn::Source(_) | Drawn::Document(_) => None,
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
