//! The virtual users of a load: resolved as a phase is, with where their identities come from and what is shown to all.

use std::path::{Path, PathBuf};

use holdpoint_model::grant::{DirectoryName, FilesGrant, PathPrefix, SecretName, SecretsGrant};
use holdpoint_model::{HttpVersions, PhaseId};

use super::ResolvedPhase;
use super::phases::Context;
use crate::authored::phase::Phase;
use crate::authored::user::{Identities, User};
use crate::diagnostic::Problems;
use crate::reading::{Located, all_parsed, parsed};

/// Users with everything but the operator's consent.
#[derive(Debug, Clone)]
pub struct ResolvedUser {
    /// Id, module, config and grants, as of a phase. It claims no rows and needs nobody.
    pub base: ResolvedPhase,
    pub identities: Option<IdentitySource>,
    /// Paths of services below which everybody's texts are shown on purpose.
    pub shared: Vec<PathPrefix>,
    /// What they offer to servers.
    pub http: HttpVersions,
}

/// Where the identities of users come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IdentitySource {
    /// Signed with the key that a secret holds.
    Mint(SecretName),
    /// The tokens of a file, one a line.
    File(PathBuf),
    /// What servers have handed to a phase that logs in, and it has passed on.
    Login(PhaseId),
}

impl Context<'_> {
    pub(crate) fn users(&self, problems: &mut Problems<'_>) -> Vec<ResolvedUser> {
        let mut users: Vec<ResolvedUser> = Vec::new();
        for user in &self.authored.users {
            let id = &user.base.id;
            let taken = |other: &PhaseId| *other == id.value;
            if self.authored.phases.iter().any(|phase| taken(&phase.id.value))
                || users.iter().any(|other| taken(&other.base.id))
            {
                problems.at(id.at, format!("`{}` is already the id of a phase or of other users", id.value));
                continue;
            }
            users.extend(self.user(user, problems));
        }
        users
    }

    fn user(&self, user: &User, problems: &mut Problems<'_>) -> Option<ResolvedUser> {
        for http in &user.base.grants.http {
            if let Some(at) = http.auth_at() {
                problems.at(at, "`auth` is for phases; users prove who they are with their identities");
            }
        }
        let grants = &user.base.grants;
        for (kind, at) in grants.kinds_beyond_the_web() {
            problems.at(at, format!("users are granted http and websocket, and no {kind}"));
        }
        let shared = all_parsed(&user.shared, PathPrefix::parse, problems).into_iter().map(|path| path.value).collect();
        let identities = user.identities.as_ref().and_then(|identities| self.identities(identities, problems));
        if let (Some(IdentitySource::Login(login)), Some(Identities::Login(named))) = (&identities, &user.identities) {
            self.log_in_before(&user.base.id.value, (login, named.at), problems);
        }
        let mut base = self.phase(&user.base, &|_| false, problems)?;
        // The operator agrees to where identities come from as to any secret or directory. No module of a user can ask for either: they
        // have no such interface.
        match &identities {
            Some(IdentitySource::Mint(name)) => base.grants.secrets.push(SecretsGrant { name: name.clone() }),
            Some(IdentitySource::File(path)) => base.grants.files.extend(self.folder_of(path)),
            Some(IdentitySource::Login(_)) | None => {}
        }
        Some(ResolvedUser { base, identities, shared, http: user.http })
    }

    fn folder_of(&self, path: &Path) -> Option<FilesGrant> {
        FilesGrant::new(DirectoryName::parse("identities").ok()?, path.parent()?).ok()
    }

    /// Nobody acts before the phase has ended that logs in for them.
    fn log_in_before(&self, users: &PhaseId, (login, at): (&PhaseId, usize), problems: &mut Problems<'_>) {
        let acting = |phase: &&Phase| {
            phase.grants.load.as_ref().is_some_and(|load| load.users.iter().any(|name| name.value == users.as_str()))
        };
        for phase in self.authored.phases.iter().filter(acting).filter(|phase| !self.comes_after(phase, login)) {
            let id = &phase.id.value;
            let text = format!("phase `{id}` has `{users}` act and does not need `{login}`, which logs in for them");
            problems.at_with(at, text, format!("write needs = [\"{login}\"] in phase `{id}`"));
        }
    }

    /// Whether a phase needs another, or one that does.
    fn comes_after(&self, phase: &Phase, other: &PhaseId) -> bool {
        let (mut seen, mut ahead) = (Vec::new(), vec![phase]);
        while let Some(phase) = ahead.pop() {
            for need in phase.needs.iter().filter(|need| !seen.contains(&need.value.as_str())).collect::<Vec<_>>() {
                if need.value == other.as_str() {
                    return true;
                }
                seen.push(need.value.as_str());
                ahead.extend(self.authored.phases.iter().filter(|phase| phase.id.value.as_str() == need.value));
            }
        }
        false
    }

    fn identities(&self, identities: &Identities, problems: &mut Problems<'_>) -> Option<IdentitySource> {
        match identities {
            Identities::Mint(name) => {
                let Located { value: name, at } = parsed(name, SecretName::parse, problems)?;
                let known: Vec<&SecretName> = self.environment.iter().flat_map(|e| &e.secrets).collect();
                if self.environment.is_some() && !known.contains(&&name) {
                    let near = problems.nearest(name.as_str(), known.iter().map(|n| n.as_str()));
                    problems.at(at, format!("secret `{name}` is not bound to the environment{near}"));
                }
                Some(IdentitySource::Mint(name))
            }
            Identities::File(path) => {
                let filled = self.variables.fill(path, problems)?;
                let whole = self.absolute(&filled).ok().filter(|path| self.folder_of(path).is_some());
                if whole.is_none() {
                    problems.at(path.at, "a file of identities has a path without `..`, below the bundle or absolute");
                }
                whole.map(IdentitySource::File)
            }
            Identities::Login(name) => {
                let phases = || self.authored.phases.iter().map(|phase| &phase.id.value);
                let found = phases().find(|id| id.as_str() == name.value);
                if found.is_none() {
                    let near = problems.nearest(&name.value, phases().map(PhaseId::as_str));
                    problems
                        .at(name.at, format!("`{}` is no phase of this bundle that could log in{near}", name.value));
                }
                found.cloned().map(IdentitySource::Login)
            }
        }
    }
}
