//! How this machine runs gcloud: what the operator's file says, and what the environment has.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use holdpoint_bundle::GcloudBinding;
use holdpoint_cap_gcloud::{Failure, GcloudConfig};
use holdpoint_model::{CallEvent, OutcomeKind};
use holdpoint_supervise::Supervisor;

/// Variables of the operator's that gcloud may see while it is asked for a token, and at no other time.
const OWN: [&str; 10] = [
    "HOME",
    "PATH",
    "USER",
    "CLOUDSDK_CONFIG",
    "CLOUDSDK_ACTIVE_CONFIG_NAME",
    "CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE",
    "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE",
    "GCE_METADATA_HOST",
    "GCE_METADATA_ROOT",
    "GOOGLE_APPLICATION_CREDENTIALS",
];

/// The configuration of every phase of a run.
pub(crate) fn config(binding: &GcloudBinding) -> GcloudConfig {
    let own = own();
    GcloudConfig {
        supervisor: Supervisor::of_this_program(),
        program: binding.program.clone().unwrap_or_else(|| found(own.get("PATH").map_or("", String::as_str))),
        account: binding.account.clone(),
        token_file: binding.token_file.clone(),
        ca_file: binding.ca_file.clone(),
        added: binding.environment.clone(),
        own,
    }
}

/// Whether there is a gcloud to run. Whom it acts as is found out when the first command is given.
pub(crate) fn probe(binding: &GcloudBinding) -> Result<(), String> {
    let program = config(binding).program;
    if program.is_file() {
        return Ok(());
    }
    let why = match &binding.program {
        Some(program) => format!("there is no program {}", program.display()),
        None => "gcloud is not on the path".to_owned(),
    };
    Err(format!("{why}; install gcloud, or name its program in [gcloud] of the operator's file"))
}

fn own() -> BTreeMap<String, String> {
    #[expect(clippy::disallowed_methods, reason = "the operator's own gcloud is asked in the operator's environment")]
    let value = |name: &str| std::env::var(name).ok();
    OWN.iter().filter_map(|name| Some(((*name).to_owned(), value(name)?))).collect()
}

/// The first gcloud on the path. Without one the name alone, so that starting it says what is missing.
fn found(path: &str) -> PathBuf {
    let absolute = |folder: &&str| Path::new(folder).is_absolute();
    let candidates = path.split(':').filter(absolute).map(|folder| Path::new(folder).join("gcloud"));
    candidates.into_iter().find(|file| file.is_file()).unwrap_or_else(|| PathBuf::from("gcloud"))
}

/// Whether an effect was answered, and the answer says for sure that it has changed nothing.
pub(crate) fn changed_nothing(call: &CallEvent) -> bool {
    #[derive(serde::Deserialize)]
    struct Ended {
        failure: Option<Failure>,
    }
    let ended = call.answer.as_deref().and_then(|answer| serde_json::from_str::<Ended>(answer).ok());
    let answered = call.capability == "gcloud" && call.outcome == Some(OutcomeKind::Answered);
    answered && ended.and_then(|ended| ended.failure).is_some_and(Failure::is_harmless)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_gcloud_on_the_path_is_taken_and_none_of_a_relative_folder() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a", "b"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        std::fs::write(folder.path().join("b/gcloud"), "").unwrap();
        let at = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
        assert_eq!(found(&format!(".:{}:{}", at("a"), at("b"))), folder.path().join("b/gcloud"));
        assert_eq!(found(&at("a")), Path::new("gcloud"));
    }
}
