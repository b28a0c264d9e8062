//! The virtual users of a bundle, made when a load wants them: module, clients, identities, canaries.

use std::{fs, path::PathBuf, sync::Arc};

use holdpoint_bundle::{IdentitySource, Verified, VerifiedUser};
use holdpoint_cap_http::user::{Crowd, CrowdConfig, Disturbance};
use holdpoint_cap_load::{Crews, PlannedDisturbance, Ready, Starting, Wanted, numbers};
use holdpoint_cap_secret::RunVault;
use holdpoint_engine::user::{UserEngine, UserLimits, UserModule, UsersConfig, VirtualUsers};
use holdpoint_gate::{BackendError, Clock, Gate};
use holdpoint_identity::Identities;
use holdpoint_model::{Digest, PhaseId, RunId};
use serde_json::{Map, Value};

use crate::{
    backends::{Network, bases},
    canaries::{Marked, RunCanaries},
    logins, secrets,
};

/// The most that is read as a file of identities.
const LONGEST_FILE: u64 = 256 << 20;

/// Makes the users of one run.
pub(crate) struct BundleCrews {
    pub(crate) verified: Arc<Verified>,
    pub(crate) run: RunId,
    pub(crate) network: Arc<Network>,
    pub(crate) gate: Arc<Gate>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) canaries: RunCanaries,
    /// What servers have handed to phases, and where these say whose it is.
    pub(crate) vault: Arc<RunVault>,
    pub(crate) journal: PathBuf,
    /// Where compiled modules are kept.
    pub(crate) cache: Option<PathBuf>,
}

impl Crews for BundleCrews {
    fn start<'a>(&'a self, wanted: Wanted<'a>, load: Ready) -> Starting<'a> {
        Box::pin(async move {
            let users = self.users(wanted).await.map_err(BackendError::NotSent)?;
            load.start(users)
        })
    }
}

impl BundleCrews {
    async fn users(&self, wanted: Wanted<'_>) -> Result<VirtualUsers, String> {
        let user = self.verified.users.iter().find(|user| user.base.id.as_str() == wanted.id);
        let user = user.ok_or_else(|| format!("the bundle has no users `{}`", wanted.id))?;
        let config = told(&user.base.config, wanted.config)?;
        let identities = self.identities(user).await?;
        if let Some(identities) = &identities {
            identities.suffice(wanted.users).map_err(|e| e.to_string())?;
        }
        let Marked { canaries, index, set, names } =
            self.canaries.of_load(wanted.load, wanted.incarnation, numbers(wanted.users))?;
        let disturbance = wanted.disturbance.map(|plan| self.disturbance(plan, wanted.load));
        let crowd = Crowd::new(CrowdConfig {
            services: bases(&self.verified),
            connect_to: self.network.connect_to.clone(),
            ca_file: self.network.ca_file.clone(),
            grants: user.base.grants.clone(),
            index,
            set,
            shared: user.shared.clone(),
        });
        let limits = limits(user);
        let (engine, module) = self.compiled(user, wanted.users, limits.memory).await?;
        let config = UsersConfig {
            name: PhaseId::parse(wanted.load).map_err(|e| e.to_string())?,
            config,
            crowd: Arc::new(crowd.map_err(|e| e.to_string())?.speaking(user.http).disturbed(disturbance)),
            gate: self.gate.clone(),
            canaries,
            sets: names,
            identities,
            seed: Digest::of_parts(&[b"users", self.run.as_str().as_bytes(), wanted.load.as_bytes()]),
            now: self.clock.now(),
            limits,
        };
        Ok(VirtualUsers::new(engine, module, config))
    }

    async fn identities(&self, user: &VerifiedUser) -> Result<Option<Identities>, String> {
        let Some(IdentitySource::Login(phase)) = &user.identities else { return identities(&self.verified, user) };
        let (journal, phase, vault) = (self.journal.clone(), phase.clone(), self.vault.clone());
        let read = tokio::task::spawn_blocking(move || logins::identities(&journal, &phase, &vault)).await;
        read.map_err(|e| e.to_string())?.map(Some)
    }

    /// What goes wrong on purpose. A host that goes on with the load comes to the same.
    fn disturbance(&self, plan: &PlannedDisturbance, load: &str) -> Disturbance {
        let PlannedDisturbance { seed, users_one_in, requests_one_in, harms } = plan.clone();
        let seed = seed.unwrap_or_else(|| {
            let drawn = Digest::of_parts(&[b"disturbance", self.run.as_str().as_bytes(), load.as_bytes()]);
            drawn.0.iter().take(4).fold(0, |seed, byte| seed << 8 | u32::from(*byte))
        });
        Disturbance { seed, users_one_in, requests_one_in, harms }
    }

    /// An engine with the module. Compiling takes processors and no waiting, so it is done aside.
    async fn compiled(&self, user: &VerifiedUser, users: u32, memory: u64) -> Result<(UserEngine, UserModule), String> {
        let (digest, bytes, cache) = (user.base.digest, user.base.bytes.clone(), self.cache.clone());
        let made = tokio::task::spawn_blocking(move || UserEngine::new(digest, &bytes, users, memory, cache)).await;
        made.map_err(|e| e.to_string())?.map_err(|e| e.to_string())
    }
}

/// Who users are, as this machine knows it before a run; none if the bundle gives them no identities, or a phase has to log in first.
pub(crate) fn identities(verified: &Verified, user: &VerifiedUser) -> Result<Option<Identities>, String> {
    let Some(source) = &user.identities else { return Ok(None) };
    let identities = match source {
        IdentitySource::Mint(name) => {
            let key = secrets::named(verified, name).map_err(|e| e.to_string())?;
            let key = key.ok_or_else(|| format!("the secret {name}, which signs their identities, is not set"))?;
            Identities::mint(&key).map_err(|e| format!("the secret {name}: {e}"))
        }
        IdentitySource::Login(_) => return Ok(None),
        IdentitySource::File(path) => {
            let failed = |e: &dyn std::fmt::Display| format!("the identities in {}: {e}", path.display());
            let length = fs::metadata(path).map_err(|e| failed(&e))?.len();
            if length > LONGEST_FILE {
                return Err(failed(&format!("it has {length} bytes, more than {LONGEST_FILE}")));
            }
            let text = fs::read_to_string(path).map_err(|e| failed(&e))?;
            Identities::listed(&text).map_err(|e| failed(&e))
        }
    };
    identities.map(Some)
}

/// The configuration of users, with the fields that the phase wants otherwise.
fn told(config: &str, other: &str) -> Result<String, String> {
    if other.is_empty() {
        return Ok(config.to_owned());
    }
    let mut all: Map<String, Value> = serde_json::from_str(config).map_err(|e| e.to_string())?;
    let other: Map<String, Value> =
        serde_json::from_str(other).map_err(|e| format!("what users are told is no JSON object: {e}"))?;
    all.extend(other);
    Ok(Value::Object(all).to_string())
}

fn limits(user: &VerifiedUser) -> UserLimits {
    let granted = user.base.grants.limits;
    UserLimits {
        memory: granted.memory,
        iteration: granted.deadline,
        calls: granted.max_calls,
        ..UserLimits::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phase_changes_some_fields_of_what_users_are_told() {
        assert_eq!(told(r#"{"think":1}"#, ""), Ok(r#"{"think":1}"#.into()));
        assert_eq!(told(r#"{"item":"a","think":1}"#, r#"{"think":2}"#), Ok(r#"{"item":"a","think":2}"#.into()));
        assert!(told("{}", "[1]").unwrap_err().starts_with("what users are told is no JSON object"));
    }
}
