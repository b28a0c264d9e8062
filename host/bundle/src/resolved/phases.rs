//! One phase: its module, its configuration, its rows and its grants.

use std::path::{Path, PathBuf};

use holdpoint_model::grant::{
    DirectoryName, FilesGrant, GcloudGrant, Grants, Limits, LoadGrant, ProjectId, Region, SecretName, SecretsGrant,
    format_duration, format_size,
};
use holdpoint_model::{Checklist, PhaseId, RequirementId, ServiceName};

use super::{Modules, ResolvedPhase, Service};
use crate::authored::Authored;
use crate::authored::environment::Environment;
use crate::authored::grants::{AuthoredHttp, Fill};
use crate::authored::load::AuthoredLoad;
use crate::authored::phase::{Phase, resolve_table};
use crate::diagnostic::Problems;
use crate::interpolate::Variables;
use crate::module::{ModuleFacts, World};
use crate::reading::Located;
use crate::sources::Sources;

/// What a phase is resolved against.
pub(crate) struct Context<'c> {
    pub(crate) authored: &'c Authored,
    pub(crate) sources: &'c Sources,
    pub(crate) modules: Modules<'c>,
    pub(crate) checklist: Option<&'c Checklist>,
    pub(crate) environment: Option<&'c Environment>,
    pub(crate) services: &'c [Service],
    pub(crate) variables: &'c Variables,
    pub(crate) stages: &'c [String],
}

impl Context<'_> {
    pub(crate) fn phase(
        &self,
        phase: &Phase,
        taking_part: &dyn Fn(&PhaseId) -> bool,
        problems: &mut Problems<'_>,
    ) -> Option<ResolvedPhase> {
        let requirements = self.requirements(&phase.requirements, &phase.map, problems);
        let grants = self.grants(phase, problems);
        let services = self.granted_services(phase, &grants, problems);
        let config = resolve_table(&phase.config, self.variables, problems).to_string();
        let (module, bytes, facts) = self.module(phase, problems)?;
        let needs = self
            .authored
            .phases
            .iter()
            .map(|other| &other.id.value)
            .filter(|id| taking_part(id) && phase.needs.iter().any(|need| need.value == id.as_str()))
            .cloned()
            .collect();
        Some(ResolvedPhase {
            id: phase.id.value.clone(),
            module,
            bytes: bytes.into(),
            digest: facts.digest,
            imports: facts.imports,
            config,
            stage: phase.stage.clone(),
            approval: phase.approval.clone(),
            schedule: phase.schedule.clone(),
            tolerates_disruption: phase.tolerates_disruption,
            needs,
            requirements,
            services,
            grants,
        })
    }

    fn module(&self, phase: &Phase, problems: &mut Problems<'_>) -> Option<(String, Vec<u8>, ModuleFacts)> {
        let asked = &phase.grants;
        let granted: Vec<&str> = [
            ("http", !asked.http.is_empty()),
            ("files", !asked.files.is_empty()),
            ("secrets", !asked.secrets.is_empty()),
            ("gcloud", !asked.gcloud.is_empty()),
            ("exec", !asked.exec.is_empty()),
            ("websocket", !asked.websocket.is_empty()),
            ("load", asked.load.is_some()),
            ("metrics", !asked.metrics.is_empty()),
            ("data", !asked.data.is_empty()),
        ]
        .into_iter()
        .filter_map(|(name, granted)| granted.then_some(name))
        .collect();
        self.read_module(phase.module.as_ref()?, (phase.id.value.as_str(), &granted), phase.world, problems)
    }

    /// The bytes of a module for somebody with these grants, if it is what it is to be.
    pub(super) fn read_module(
        &self,
        module: &Located<String>,
        (id, granted): (&str, &[&str]),
        world: &World,
        problems: &mut Problems<'_>,
    ) -> Option<(String, Vec<u8>, ModuleFacts)> {
        let Located { value: module, at } = module.clone();
        let bytes = match (self.modules)(&module) {
            Ok(bytes) => bytes,
            Err(e) => {
                // Many phases may name one module, and many modules be missing for one reason: each is told once, and so is what helps.
                if problems.has_told(&e.message) {
                    return None;
                }
                let hint: Vec<&str> =
                    e.hint.iter().flat_map(|hint| hint.lines()).filter(|line| !problems.has_told(line)).collect();
                let hint = hint.join("\n");
                if hint.is_empty() {
                    problems.at(at, e.message)
                } else {
                    problems.at_with(at, e.message, hint)
                }
                return None;
            }
        };
        let facts = ModuleFacts::read(&bytes)
            .map_err(|why| problems.at(at, format!("module {module} can't run: {why}")))
            .ok()?;
        for (message, hint) in facts.refusals(&module, id, granted, world) {
            match hint {
                Some(hint) => problems.at_with(at, message, hint),
                None => problems.at(at, message),
            }
        }
        Some((module, bytes, facts))
    }

    /// What may be claimed, and the row for each. Every row stands in the checklist.
    pub(super) fn requirements(
        &self,
        requirements: &[Located<RequirementId>],
        map: &[(Located<RequirementId>, Located<RequirementId>)],
        problems: &mut Problems<'_>,
    ) -> Vec<(RequirementId, RequirementId)> {
        for (claim, _) in map {
            if !requirements.iter().any(|r| r.value == claim.value) {
                problems.at(claim.at, format!("`map` renames `{}`, which is not in `requirements`", claim.value));
            }
        }
        let mut rows = Vec::new();
        for claim in requirements {
            let row = map.iter().find(|(from, _)| from.value == claim.value).map_or(claim, |(_, to)| to);
            if let Some(checklist) = self.checklist
                && checklist.row(&row.value).is_none()
            {
                let near = problems.nearest(row.value.as_str(), checklist.rows.iter().map(|r| r.id.as_str()));
                problems.at(row.at, format!("requirement `{}` is not a row of the checklist{near}", row.value));
            }
            rows.push((claim.value.clone(), row.value.clone()));
        }
        rows
    }

    fn grants(&self, phase: &Phase, problems: &mut Problems<'_>) -> Grants {
        let limits = self.limits(phase, problems);
        let filler = |text: &Located<String>, problems: &mut Problems<'_>| self.variables.fill(text, problems);
        let mut fill = Fill { filler: &filler, problems };
        let http = phase.grants.http.iter().map(|http| http.resolve(&mut fill)).collect();
        let mut files: Vec<FilesGrant> = Vec::new();
        for asked in &phase.grants.files {
            let directory = fill.one(&asked.directory, DirectoryName::parse);
            let path = fill.one(&asked.path, |path| self.absolute(path));
            let Some((directory, path)) = directory.zip(path) else { continue };
            if files.iter().any(|grant| grant.directory == directory) {
                fill.problems.at(asked.directory.at, format!("directory `{directory}` is granted a second time"));
                continue;
            }
            match FilesGrant::new(directory, &path) {
                Ok(grant) => files.push(grant),
                Err(e) => fill.problems.at(asked.path.at, e.to_string()),
            }
        }
        let secrets = self.secrets(phase, &mut fill);
        let exec = phase.grants.exec.iter().map(|tools| tools.resolve(&mut fill)).collect();
        let websocket = phase.grants.websocket.iter().map(|sockets| sockets.resolve(&mut fill)).collect();
        let metrics = phase.grants.metrics.iter().map(|metrics| metrics.resolve(&mut fill)).collect();
        let data = phase.grants.data.iter().map(|data| data.resolve(&mut fill)).collect();
        self.check_stores(phase, fill.problems);
        let gcloud = self.gcloud(phase, &mut fill);
        let load = phase.grants.load.as_ref().map(|load| self.load(load, fill.problems));
        let phase = phase.id.value.clone();
        Grants { phase, http, files, secrets, gcloud, exec, load, websocket, metrics, data, limits }
    }

    /// Users are those of the bundle.
    fn load(&self, load: &AuthoredLoad, problems: &mut Problems<'_>) -> LoadGrant {
        let known = || self.authored.users.iter().map(|user| user.base.id.value.as_str());
        let users = load.users.iter().filter_map(|name| {
            let found = self.authored.users.iter().find(|user| user.base.id.value.as_str() == name.value);
            if found.is_none() {
                let near = problems.nearest(&name.value, known());
                problems.at(name.at, format!("`{}` are no users of this bundle{near}", name.value));
            }
            found.map(|user| user.base.id.value.clone())
        });
        LoadGrant { users: users.collect(), ..load.bounds.clone() }
    }

    /// Commands act in the project and the region of the environment, and in no other.
    fn gcloud(&self, phase: &Phase, fill: &mut Fill<'_, '_>) -> Option<GcloudGrant> {
        let at = phase.grants.gcloud.first()?.command.at;
        let environment = self.environment?;
        let Some(project) = &environment.project else {
            let hint = format!("add to [environments.{}]: project = \"…\"", environment.name);
            fill.problems.at_with(at, "gcloud is granted, and the environment has no project", hint);
            return None;
        };
        let commands = phase.grants.gcloud.iter().map(|command| command.resolve(fill)).collect();
        let project = Located { value: project.clone(), at };
        let region = environment.region.clone().map(|region| Located { value: region, at });
        let region = region.map(|region| fill.one(&region, Region::parse));
        Some(GcloudGrant { project: fill.one(&project, ProjectId::parse)?, region: region.flatten(), commands })
    }

    /// Every store that a grant names is one of the environment.
    fn check_stores(&self, phase: &Phase, problems: &mut Problems<'_>) {
        let Some(environment) = self.environment else { return };
        let known = || environment.stores.iter().map(|(name, _)| name.as_str());
        for named in phase.grants.data.iter().flat_map(|data| &data.stores) {
            if !named.value.contains("${") && known().all(|name| name != named.value) {
                let near = problems.nearest(&named.value, known());
                problems.at(named.at, format!("store `{}` is not in the environment{near}", named.value));
            }
        }
    }

    /// Relative paths start from the bundle's folder.
    pub(super) fn absolute(&self, path: &str) -> Result<PathBuf, &'static str> {
        if path.is_empty() {
            Err("the path of a directory is not empty")
        } else {
            Ok(self.sources.folder.join(Path::new(path)))
        }
    }

    fn secrets(&self, phase: &Phase, fill: &mut Fill<'_, '_>) -> Vec<SecretsGrant> {
        let mut secrets = Vec::new();
        for asked in &phase.grants.secrets {
            let Some(name) = fill.one(asked, SecretName::parse) else { continue };
            let known: Vec<&SecretName> =
                self.environment.iter().flat_map(|e| e.secrets.iter().chain(&e.public)).collect();
            if self.environment.is_some() && !known.contains(&&name) {
                let near = fill.problems.nearest(name.as_str(), known.iter().map(|n| n.as_str()));
                fill.problems.at(asked.at, format!("secret `{name}` is not bound to the environment{near}"));
            }
            secrets.push(SecretsGrant { name });
        }
        secrets
    }

    fn limits(&self, phase: &Phase, problems: &mut Problems<'_>) -> Limits {
        let (default, most) = (phase.world.limits(), Limits::ABSOLUTE);
        let asked = &phase.grants;
        if let Some(calls) = asked.calls.as_ref().filter(|calls| calls.value > most.max_calls) {
            problems.at(calls.at, format!("no phase makes more than {} calls", most.max_calls));
        }
        for (size, bound) in [(&asked.memory, most.memory), (&asked.output, most.output)] {
            if let Some(size) = size.as_ref().filter(|size| size.value > bound || size.value == 0) {
                problems.at(size.at, format!("a phase has more than nothing and at most {}", format_size(bound)));
            }
        }
        let deadline = phase.deadline.unwrap_or(default.deadline);
        if deadline > most.deadline {
            problems.at(phase.id.at, format!("no phase runs longer than {}", format_duration(most.deadline)));
        }
        Limits {
            deadline,
            max_calls: asked.calls.as_ref().map_or(default.max_calls, |calls| calls.value),
            memory: asked.memory.as_ref().map_or(default.memory, |memory| memory.value),
            output: asked.output.as_ref().map_or(default.output, |output| output.value),
        }
    }

    /// The services that grants name and that this run has, in the order of the bundle. Each exists.
    fn granted_services(&self, phase: &Phase, grants: &Grants, problems: &mut Problems<'_>) -> Vec<ServiceName> {
        if self.environment.is_some() {
            let sockets = phase.grants.websocket.iter().flat_map(|sockets| &sockets.services);
            let metrics = phase.grants.metrics.iter().flat_map(|metrics| &metrics.services);
            let http = phase.grants.http.iter().flat_map(|http: &AuthoredHttp| &http.services);
            for named in http.chain(sockets).chain(metrics) {
                if !named.value.contains("${") && self.services.iter().all(|s| s.name.as_str() != named.value) {
                    let near = problems.nearest(&named.value, self.services.iter().map(|s| s.name.as_str()));
                    problems.at(named.at, format!("service `{}` is not in the environment{near}", named.value));
                }
            }
        }
        let granted = |name: &ServiceName| {
            grants.http.iter().any(|grant| grant.services.contains(name))
                || grants.websocket.iter().any(|grant| grant.services.contains(name))
                || grants.metrics.iter().any(|grant| grant.services.contains(name))
        };
        let here = self.services.iter().filter(|service| !service.left_out).map(|service| &service.name);
        here.filter(|name| granted(name)).cloned().collect()
    }
}
