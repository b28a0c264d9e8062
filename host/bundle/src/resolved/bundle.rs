//! The resolved bundle, put together from its parts.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use holdpoint_model::grant::{Grants, SecretName, StoreKind, StoreName, UrlPattern};
use holdpoint_model::{
    ApprovalTerms, Checklist, Digest, NoticeTarget, PhaseId, PhaseSchedule, PolicyId, RequirementId, ServiceName,
};
use url::Url;

use super::{ResolvedPolicy, ResolvedUser, Rollback, inputs, notify, order, phases, rollback, services, stages};
use crate::authored::Authored;
use crate::authored::environment::Environment;
use crate::checklist::parse_checklist;
use crate::diagnostic::{Diagnostics, Problems};
use crate::module::ModuleError;
use crate::sources::Sources;

/// A resolved bundle. It has not been compared with what the operator allows.
#[derive(Debug, Clone)]
pub struct Resolved {
    pub name: String,
    pub version: String,
    pub environment: EnvironmentFacts,
    /// All services of the environment, in the order of the bundle.
    pub services: Vec<Service>,
    /// The phases that were asked for, each after those that it needs.
    pub phases: Vec<ResolvedPhase>,
    /// The virtual users that loads can be made of.
    pub users: Vec<ResolvedUser>,
    /// What judges the evidence, in the order of the bundle.
    pub policies: Vec<ResolvedPolicy>,
    /// The stages, in their order. A run of what was asked for by name has one.
    pub stages: Vec<String>,
    /// How far ticks are apart at most while something goes on.
    pub tick: Duration,
    /// The phases and policies that were asked for by name; none means all of them.
    pub only: Option<Vec<PhaseId>>,
    pub checklist: Checklist,
    pub rollback: Option<Rollback>,
    /// Who is told what.
    pub notify: Vec<NoticeTarget>,
    /// What telling them asks, as a phase would; none where nobody is told.
    pub notifier: Option<ResolvedPhase>,
    /// The digest of everything that is judged by: the bundle, its checklist and the modules that take part.
    pub digest: Digest,
    /// The bundle's label, for messages about it as a whole.
    pub label: String,
}

/// Facts of the environment under validation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvironmentFacts {
    pub name: String,
    pub project: Option<String>,
    pub region: Option<String>,
    pub secrets: Vec<SecretName>,
    /// Looked up like secrets, and never scrubbed.
    pub public: Vec<SecretName>,
    /// What each of its stores is.
    pub stores: Vec<(StoreName, StoreKind)>,
}

/// A service of the environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    pub name: ServiceName,
    /// What the platform calls it.
    pub title: String,
    /// Where the bundle says that it lives.
    pub within: Vec<UrlPattern>,
    /// Its URL, where it is known.
    pub base: Option<Url>,
    /// The URL was given by `--service`.
    pub overridden: bool,
    /// The bundle can do without it, and no URL was given: no phase of this run has it.
    pub left_out: bool,
    /// Whom Cloud Run is to be asked for, as long as the URL is not known: itself, or the service that it is a tag of.
    pub asked_for: Option<ServiceName>,
}

impl Service {
    /// Whether its URL is one that the bundle states.
    pub fn is_where_the_bundle_says(&self) -> bool {
        self.base.as_ref().is_none_or(|url| self.within.iter().any(|pattern| pattern.covers(url)))
    }
}

/// A phase with everything but the operator's consent.
#[derive(Debug, Clone)]
pub struct ResolvedPhase {
    pub id: PhaseId,
    /// The module as the bundle names it.
    pub module: String,
    pub bytes: Arc<[u8]>,
    pub digest: Digest,
    pub imports: Vec<String>,
    /// JSON with sorted keys.
    pub config: String,
    pub stage: String,
    /// What it wants from a person before it starts.
    pub approval: Option<ApprovalTerms>,
    /// Its time of day.
    pub schedule: Option<PhaseSchedule>,
    /// Phases that disturb on purpose may run beside it.
    pub tolerates_disruption: bool,
    /// Only phases that take part.
    pub needs: Vec<PhaseId>,
    /// The ids that it may claim, and the row that each speaks for.
    pub requirements: Vec<(RequirementId, RequirementId)>,
    /// The services that a grant of http names, in the order of the bundle.
    pub services: Vec<ServiceName>,
    pub grants: Grants,
}

/// Gives the bytes of a module by the name that the bundle has for it.
pub(crate) type Modules<'m> = &'m dyn Fn(&str) -> Result<Vec<u8>, ModuleError>;

impl Resolved {
    /// Parses and resolves. The same sources and modules always give the same; every mistake is reported at once.
    pub fn from_sources(
        sources: &Sources,
        modules: &dyn Fn(&str) -> Result<Vec<u8>, ModuleError>,
    ) -> Result<Self, Diagnostics> {
        let mut problems = Problems::new(&sources.bundle.label, &sources.bundle.text);
        let checklist = parse_checklist(&sources.checklist);
        let resolved = Authored::parse(&sources.bundle.text, &mut problems)
            .and_then(|authored| resolve(&authored, sources, modules, checklist.as_ref().ok(), &mut problems));
        let mut found = problems.into_found();
        found.extend(checklist.err().iter().flat_map(Diagnostics::iter).cloned());
        match resolved {
            Some(resolved) if found.is_empty() => Ok(resolved),
            _ => Err(Diagnostics::new(found)),
        }
    }

    /// Whoever asks for grants: the phases and, as phases, the users.
    pub fn askers(&self) -> impl Iterator<Item = &ResolvedPhase> + Clone {
        self.phases.iter().chain(self.users.iter().map(|user| &user.base))
    }

    /// The same with whoever sends notifications.
    pub fn asking(&self) -> impl Iterator<Item = &ResolvedPhase> + Clone {
        self.askers().chain(&self.notifier)
    }

    /// The digests of the modules that take part.
    pub fn modules(&self) -> BTreeMap<PhaseId, Digest> {
        self.askers().map(|phase| (phase.id.clone(), phase.digest)).collect()
    }

    /// The digests of the modules of policies.
    pub fn policy_modules(&self) -> BTreeMap<PolicyId, Digest> {
        self.policies.iter().map(|policy| (policy.id.clone(), policy.digest)).collect()
    }
}

fn resolve(
    authored: &Authored,
    sources: &Sources,
    modules: Modules<'_>,
    checklist: Option<&Checklist>,
    problems: &mut Problems<'_>,
) -> Option<Resolved> {
    let environment = choose_environment(authored, sources, problems);
    let variables = inputs::variables(authored, environment, sources, problems);
    let services = environment.map(|e| services::resolve(e, sources, &variables, problems)).unwrap_or_default();
    let only = order::select(authored, &sources.only, problems);
    let order = order::sort(authored, problems);
    let rollback = rollback::resolve(authored, checklist, problems);
    let mut stages = stages::resolve(authored, rollback.as_ref(), problems);
    let context = phases::Context {
        authored,
        sources,
        modules,
        checklist,
        environment,
        services: &services,
        variables: &variables,
        stages: &stages,
    };
    let taking_part = |id: &PhaseId| only.as_ref().is_none_or(|only| only.contains(id));
    let phases: Vec<ResolvedPhase> = order
        .into_iter()
        .filter(|index| taking_part(&authored.phases[*index].id.value))
        .filter_map(|index| context.phase(&authored.phases[index], &taking_part, problems))
        .collect();
    let users = context.users(problems);
    let named = |id: &str| only.as_ref().is_none_or(|only| only.iter().any(|name| name.as_str() == id));
    let policies = context.policies(&named, problems);
    let (notify, notifier) = notify::resolve(authored, environment, problems);
    inputs::report_missing(authored, &variables, only.is_none(), problems);
    let environment = environment?;
    let checklist = checklist?.clone();
    let mut parts = vec![sources.bundle.text.as_bytes(), sources.checklist.text.as_bytes()];
    parts.extend(sources.files.iter().flat_map(|(name, text)| [name.as_bytes(), text.as_bytes()]));
    parts.extend(policies.iter().map(|policy| policy.digest.0.as_slice()));
    parts.extend(phases.iter().chain(users.iter().map(|user| &user.base)).map(|phase| phase.digest.0.as_slice()));
    let digest = Digest::of_parts(&parts);
    Some(Resolved {
        name: authored.name.clone(),
        version: authored.version.clone(),
        environment: EnvironmentFacts {
            name: environment.name.clone(),
            project: environment.project.clone(),
            region: environment.region.clone(),
            secrets: environment.secrets.clone(),
            public: environment.public.clone(),
            stores: environment.stores.clone(),
        },
        services,
        phases,
        users,
        policies,
        stages: {
            stages.truncate(if only.is_some() { 1 } else { usize::MAX });
            stages
        },
        tick: authored.tick(),
        only,
        checklist,
        rollback,
        notify,
        notifier,
        digest,
        label: sources.bundle.label.clone(),
    })
}

fn choose_environment<'a>(
    authored: &'a Authored,
    sources: &Sources,
    problems: &mut Problems<'_>,
) -> Option<&'a Environment> {
    let names: Vec<&str> = authored.environments.iter().map(|e| e.name.as_str()).collect();
    match &sources.environment {
        Some(wanted) => {
            let found = authored.environments.iter().find(|e| e.name == *wanted);
            if found.is_none() {
                let near = problems.nearest(wanted, names.iter().copied());
                let hint =
                    format!("the bundle has {}", if names.is_empty() { "none".to_owned() } else { names.join(", ") });
                problems.typed(format!("environment `{wanted}` is not one of the bundle{near}"), Some(hint));
            }
            found
        }
        None => match authored.environments.as_slice() {
            [one] => Some(one),
            [] => {
                problems.whole("a bundle has at least one [environments.NAME]", None);
                None
            }
            _ => {
                problems.typed(
                    "the bundle has several environments",
                    Some(format!("pass --env with one of {}", names.join(", "))),
                );
                None
            }
        },
    }
}
