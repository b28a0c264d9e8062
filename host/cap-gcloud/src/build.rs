//! Definitions of builds, as far as they may say anything: what is done, what comes out, and for how long. Pure.
//!
//! It refuses what would lead a build to other accounts, secrets, machines or buckets than those that the project gives every build.

use serde_json::{Map, Value};

/// The fields of a definition.
const FIELDS: [&str; 5] = ["steps", "images", "tags", "timeout", "substitutions"];

/// Whether a definition says no more than it may. gcloud would read YAML too, which has more ways to say a thing than this looks for.
pub(crate) fn check(stdin: &[u8]) -> Result<(), String> {
    let Ok(definition) = serde_json::from_slice::<Map<String, Value>>(stdin) else {
        return Err("its standard input is no definition of a build as JSON".into());
    };
    match definition.keys().find(|field| !FIELDS.contains(&field.as_str())) {
        None => Ok(()),
        Some(field) => {
            let shown: String = field.chars().take(80).collect();
            Err(format!("a definition of a build has no field {shown:?} here; there are {}", FIELDS.join(", ")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_definition_says_what_is_done_and_nothing_else() {
        assert!(check(br#"{"steps":[{"name":"docker"}],"images":["a"],"tags":["x"],"timeout":"600s"}"#).is_ok());
        for definition in [
            r#"{"steps":[],"serviceAccount":"projects/p/serviceAccounts/owner"}"#,
            r#"{"steps":[],"service_account":"projects/p/serviceAccounts/owner"}"#,
            r#"{"steps":[],"availableSecrets":{}}"#,
            r#"{"steps":[],"options":{"pool":{"name":"elsewhere"}}}"#,
            r#"{"steps":[],"logsBucket":"gs://elsewhere"}"#,
            r#"{"steps":[],"source":{}}"#,
            "steps: []",
            "[]",
            "",
        ] {
            assert!(check(definition.as_bytes()).is_err(), "{definition}");
        }
    }
}
