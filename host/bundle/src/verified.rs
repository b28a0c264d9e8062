//! A bundle whose every ask is allowed, whose modules are the ones that were pinned, and whose services have a place. Only this runs.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use holdpoint_model::grant::{
    Grants, HostPort, HttpAuth, HttpGrant, PathPrefix, ServiceAsk, StoreName, ToolName, UrlPattern, contained,
    services_contained,
};
use holdpoint_model::{
    ApprovalTerms, Checklist, Class, Digest, HttpVersions, NoticeTarget, PhaseId, PhaseSchedule, RequirementId,
    ServiceName,
};
use url::{Host, Url};

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::operator::{GcloudBinding, Operator, SecretBinding, SecretSource, ToolBinding, asks_digest};
use crate::refused::Refused;
use crate::resolved::{
    EnvironmentFacts, IdentitySource, Resolved, ResolvedPhase, ResolvedPolicy, ResolvedUser, Rollback, Service,
};
use crate::sources::Sources;
use crate::stores::{self, PlacedStore};

/// What the engine gets.
#[derive(Debug, Clone)]
pub struct Verified {
    pub name: String,
    pub version: String,
    /// The digest of bundle, checklist and modules.
    pub digest: Digest,
    pub operator_digest: Digest,
    pub environment: EnvironmentFacts,
    /// The services that a phase may reach.
    pub services: Vec<PlacedService>,
    /// Each phase after those that it needs.
    pub phases: Vec<VerifiedPhase>,
    /// The virtual users that loads can be made of.
    pub users: Vec<VerifiedUser>,
    /// What judges the evidence, in the order of the bundle. Nothing that they ask could be refused, so they are as they were resolved.
    pub policies: Vec<ResolvedPolicy>,
    /// The stages that it is decided in, in their order; at least one.
    pub stages: Vec<String>,
    /// How far ticks are apart at most while something goes on.
    pub tick: Duration,
    pub only: Option<Vec<PhaseId>>,
    pub checklist: Checklist,
    pub rollback: Option<Rollback>,
    /// Who is told what.
    pub notify: Vec<NoticeTarget>,
    /// What may be asked for that; none where nobody is told.
    pub notifier: Option<Grants>,
    pub connect_to: BTreeMap<HostPort, SocketAddr>,
    pub ca_file: Option<PathBuf>,
    /// Those that some phase is granted.
    pub secrets: Vec<SecretBinding>,
    /// Those of other environments. None of this run uses them; their values are compared.
    pub secrets_elsewhere: Vec<SecretBinding>,
    /// Where an ID token comes from, for each service that the machine has one for. Whether those that are asked with one have it, is found
    /// out where they are read.
    pub id_tokens: BTreeMap<ServiceName, SecretSource>,
    /// How this machine runs gcloud.
    pub gcloud: GcloudBinding,
    /// What the names of tools stand for.
    pub tools: BTreeMap<ToolName, ToolBinding>,
    /// What the names of stores stand for that some phase is granted.
    pub stores: BTreeMap<StoreName, PlacedStore>,
    pub parallel: usize,
    /// Every effect is refused.
    pub dry_run_only: bool,
    /// The operator has named the environment as one that may be disturbed on purpose.
    pub may_disrupt: bool,
}

/// A service with its URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacedService {
    pub name: ServiceName,
    /// What the platform calls it.
    pub title: String,
    pub base: Url,
}

/// A phase that may run.
#[derive(Debug, Clone)]
pub struct VerifiedPhase {
    pub id: PhaseId,
    pub module: String,
    pub bytes: Arc<[u8]>,
    pub digest: Digest,
    /// JSON with sorted keys.
    pub config: String,
    pub stage: String,
    /// What it wants from a person before it starts.
    pub approval: Option<ApprovalTerms>,
    /// Its time of day.
    pub schedule: Option<PhaseSchedule>,
    /// Phases that disturb on purpose may run beside it.
    pub tolerates_disruption: bool,
    pub needs: Vec<PhaseId>,
    /// The ids that it may claim, and the row that each speaks for.
    pub requirements: Vec<(RequirementId, RequirementId)>,
    /// The services that it may reach, in the order of the bundle.
    pub services: Vec<ServiceName>,
    /// Also its limits.
    pub grants: Grants,
}

/// Users that may run.
#[derive(Debug, Clone)]
pub struct VerifiedUser {
    /// Id, module, config and grants, as of a phase. It claims no rows and needs nobody.
    pub base: VerifiedPhase,
    pub identities: Option<IdentitySource>,
    /// Paths of services below which everybody's texts are shown on purpose.
    pub shared: Vec<PathPrefix>,
    /// What they offer to servers.
    pub http: HttpVersions,
}

impl From<ResolvedUser> for VerifiedUser {
    fn from(user: ResolvedUser) -> Self {
        Self { base: user.base.into(), identities: user.identities, shared: user.shared, http: user.http }
    }
}

impl Verified {
    /// Whoever has a module: the phases and, as phases, the users.
    pub fn askers(&self) -> impl Iterator<Item = &VerifiedPhase> {
        self.phases.iter().chain(self.users.iter().map(|user| &user.base))
    }

    /// Compares a resolved bundle with what the operator allows. `pinned` are the digests that a run's header holds, where there is one
    /// already: a module that is another since then is refused.
    pub fn new(
        resolved: Resolved,
        sources: &Sources,
        pinned: Option<&BTreeMap<PhaseId, Digest>>,
    ) -> Result<Self, Diagnostics> {
        let missing = unplaced(&resolved);
        Self::lacking(resolved, sources, pinned, missing).map_err(Diagnostics::from)
    }

    /// The same, with what is known to be missing besides.
    pub(crate) fn lacking(
        resolved: Resolved,
        sources: &Sources,
        pinned: Option<&BTreeMap<PhaseId, Digest>>,
        missing: Vec<Diagnostic>,
    ) -> Result<Self, Refused> {
        let Some(source) = &sources.operator else {
            return Err(Diagnostics::new(vec![no_operator(&resolved)]).into());
        };
        let operator = Operator::parse(source)?;
        let mut found = check_grants(&resolved, &operator, &source.file.label);
        found.extend(resolved.askers().filter_map(|phase| check_digest(phase, pinned, &resolved.label)));
        found.extend(missing);
        let stores = stores::placed(&resolved, &operator);
        let granted = |binding: &SecretBinding| {
            resolved.asking().any(|phase| phase.grants.secrets.iter().any(|grant| grant.name == binding.name))
                || stores.values().any(|store| store.binding.password.as_ref() == Some(&binding.name))
        };
        let here = |binding: &SecretBinding| is_of(binding, &resolved.environment.name);
        let (here, secrets_elsewhere): (Vec<_>, Vec<_>) = operator.secrets.into_iter().partition(here);
        let secrets = here.into_iter().filter(granted).collect();
        let mut connect_to = operator.connect_to;
        connect_to
            .extend(resolved.reached().filter_map(|service| pinned_by_override(service, &operator.service_overrides)));
        let verified = Self {
            operator_digest: Operator::digest(Some(source)),
            services: placed(&resolved),
            phases: resolved.phases.into_iter().map(VerifiedPhase::from).collect(),
            users: resolved.users.into_iter().map(VerifiedUser::from).collect(),
            policies: resolved.policies,
            stages: resolved.stages,
            tick: resolved.tick,
            name: resolved.name,
            version: resolved.version,
            digest: resolved.digest,
            may_disrupt: operator.disruptive.contains(&resolved.environment.name),
            environment: resolved.environment,
            only: resolved.only,
            checklist: resolved.checklist,
            rollback: resolved.rollback,
            notify: resolved.notify,
            notifier: resolved.notifier.map(|notifier| notifier.grants),
            connect_to,
            ca_file: operator.ca_file,
            secrets,
            secrets_elsewhere,
            id_tokens: operator.id_tokens,
            gcloud: operator.gcloud,
            tools: operator.tools,
            stores,
            parallel: operator.parallel,
            dry_run_only: operator.dry_run_only,
        };
        if found.is_empty() { Ok(verified) } else { Err(Refused::new(Diagnostics::new(found), verified)) }
    }
}

impl Verified {
    /// The place of a stage. Where all is decided at once, every stage is that one.
    pub fn place_of(&self, stage: &str) -> usize {
        self.stages.iter().position(|known| known == stage).unwrap_or(0)
    }

    /// Decided all at once, at the end.
    #[must_use]
    pub fn in_one_stage(mut self) -> Self {
        self.stages.truncate(1);
        self
    }

    /// The users that loads of the phases that take part may be made of.
    pub fn acting(&self) -> impl Iterator<Item = &VerifiedUser> {
        let named = |user: &PhaseId| {
            let mut loads = self.phases.iter().filter_map(|phase| phase.grants.load.as_ref());
            loads.any(|load| load.users.contains(user))
        };
        self.users.iter().filter(move |user| named(&user.base.id))
    }

    /// The services that some phase asks with an ID token, in the order of the bundle.
    pub fn services_with_id_token(&self) -> impl Iterator<Item = &PlacedService> {
        let asks = |grant: &HttpGrant, service: &ServiceName| {
            grant.auth == Some(HttpAuth::IdToken) && grant.services.contains(service)
        };
        let asked = move |service: &&PlacedService| {
            self.phases.iter().any(|phase| phase.grants.http.iter().any(|grant| asks(grant, &service.name)))
        };
        self.services.iter().filter(asked)
    }
}

impl From<ResolvedPhase> for VerifiedPhase {
    fn from(phase: ResolvedPhase) -> Self {
        Self {
            id: phase.id,
            module: phase.module,
            bytes: phase.bytes,
            digest: phase.digest,
            config: phase.config,
            stage: phase.stage,
            approval: phase.approval,
            schedule: phase.schedule,
            tolerates_disruption: phase.tolerates_disruption,
            needs: phase.needs,
            requirements: phase.requirements,
            services: phase.services,
            grants: phase.grants,
        }
    }
}

/// Without an operator's file nothing is allowed.
pub(crate) fn no_operator(resolved: &Resolved) -> Diagnostic {
    let hint = format!(
        "run `holdpoint allow` on the bundle, or pass --operator with a file that has [bundles.{}]",
        resolved.name
    );
    whole("operator", "there is no operator's file, so nothing is allowed", Some(hint))
}

impl Resolved {
    /// The services that some phase may reach.
    pub(crate) fn reached(&self) -> impl Iterator<Item = &Service> {
        self.services.iter().filter(|service| self.askers().any(|phase| phase.services.contains(&service.name)))
    }

    /// Where the bundle wants to reach services. One that was moved elsewhere by `--service` asks for nothing: the operator's
    /// `service-overrides` decide about it.
    pub(crate) fn service_asks(&self) -> Vec<ServiceAsk> {
        self.reached()
            .filter(|service| !service.overridden || service.is_where_the_bundle_says())
            .map(|service| ServiceAsk { name: service.name.clone(), within: service.within.clone() })
            .collect()
    }
}

/// What the operator does not allow.
pub(crate) fn check_grants(resolved: &Resolved, operator: &Operator, label: &str) -> Vec<Diagnostic> {
    let (bundle, environment) = (&resolved.name, &resolved.environment.name);
    let mut found = Vec::new();
    if operator.environments.as_ref().is_some_and(|allowed| !allowed.contains(environment)) {
        let hint = format!("to allow it, add \"{environment}\" to environments in {label}");
        found.push(whole(
            label,
            &format!("environment `{environment}` is not one that this machine may validate"),
            Some(hint),
        ));
    }
    found.extend(resolved.reached().filter_map(|service| check_override(service, operator, label)));
    found.extend(check_disruption(resolved, operator, label));
    found.extend(check_secrets(resolved, operator, label));
    found.extend(
        resolved
            .phases
            .iter()
            .chain(&resolved.notifier)
            .flat_map(|phase| check_tools(phase, operator, resolved, label)),
    );
    found.extend(stores::check(resolved, operator, label));
    let Some(ceiling) = operator.ceiling(bundle, environment) else {
        let hint =
            format!("`holdpoint allow` shows what it asks and writes [bundles.{bundle}.{environment}] into {label}");
        found.push(whole(
            label,
            &format!("nothing is allowed to bundle `{bundle}` in environment `{environment}`"),
            Some(hint),
        ));
        return found;
    };
    let entry = operator.bundles.get(&(bundle.clone(), environment.clone()));
    let changed = entry.and_then(|entry| entry.asks).is_some_and(|asks| asks != asks_digest(resolved));
    let more = if changed { "asks for more than was allowed, to" } else { "asks for what is not allowed, to" };
    let phases = resolved.phases.iter().map(|phase| ("phase", phase));
    let users = resolved.users.iter().map(|user| ("user", &user.base));
    let told = resolved.notifier.iter().map(|notifier| ("whoever sends what", notifier));
    let asks = phases.chain(users).chain(told).filter_map(|(what, asker)| {
        contained(&asker.grants, &ceiling).err().map(|missing| (format!("{what} `{}`", asker.id), missing))
    });
    let services = services_contained(&resolved.service_asks(), &ceiling)
        .err()
        .map(|missing| (format!("bundle `{bundle}`"), missing));
    for (who, missing) in asks.chain(services) {
        for missing in missing {
            let table = match missing.table {
                "" => format!("[bundles.{bundle}.{environment}]"),
                table => format!("[{table}]"),
            };
            let hint = format!("to allow it, add to {table} in {label}:\n    {}", missing.line);
            found.push(whole(label, &format!("{who} {more} {}", missing.what), Some(hint)));
        }
    }
    found
}

/// Whether a run of this environment may use a secret.
pub(crate) fn is_of(binding: &SecretBinding, environment: &str) -> bool {
    binding.environment.as_ref().is_none_or(|of| of == environment)
}

/// No secret of another environment is granted to anybody.
fn check_secrets(resolved: &Resolved, operator: &Operator, label: &str) -> Vec<Diagnostic> {
    let environment = &resolved.environment.name;
    let foreign = |binding: &&SecretBinding| !is_of(binding, environment);
    let refused = operator.secrets.iter().filter(foreign).flat_map(|binding| {
        let name = &binding.name;
        let asks = move |phase: &&ResolvedPhase| phase.grants.secrets.iter().any(|grant| grant.name == *name);
        resolved.asking().filter(asks).map(move |phase| {
            let of = binding.environment.as_deref().unwrap_or_default();
            let message = format!(
                "`{}` asks for secret `{name}`, which is of environment `{of}`, not of `{environment}`",
                phase.id
            );
            let hint =
                format!("give `{environment}` a secret of its own; [secrets.{name}] in {label} says whose this is");
            whole(label, &message, Some(hint))
        })
    });
    refused.collect()
}

/// Every tool that a phase may start stands for something on this machine, and works in a directory that the phase may read.
fn check_tools(phase: &ResolvedPhase, operator: &Operator, resolved: &Resolved, label: &str) -> Vec<Diagnostic> {
    let asked: BTreeSet<&ToolName> = phase.grants.exec.iter().flat_map(|grant| &grant.tools).collect();
    let check = |name: &ToolName| {
        let id = &phase.id;
        let Some(tool) = operator.tools.get(name) else {
            let message = format!("phase `{id}` starts the tool `{name}`, which this machine does not have");
            let hint = format!("to pin it, add to {label}:\n    [tools.{name}]\n    program = \"/…/{name}\"");
            return Some(whole(label, &message, Some(hint)));
        };
        let directory = tool.directory.as_ref()?;
        if phase.grants.files.iter().any(|grant| grant.directory == *directory) {
            return None;
        }
        let message = format!(
            "phase `{id}` starts the tool `{name}`, which works in the directory `{directory}`, and may not read that"
        );
        let line = format!("files = [{{ directory = \"{directory}\", path = \"…\" }}]");
        let hint = format!("to grant it, add to [phase.grants] of '{id}' in {}:\n    {line}", resolved.label);
        Some(whole(&resolved.label, &message, Some(hint)))
    };
    asked.into_iter().filter_map(check).collect()
}

fn check_override(service: &Service, operator: &Operator, label: &str) -> Option<Diagnostic> {
    let base = service.base.as_ref().filter(|_| service.overridden)?;
    if service.is_where_the_bundle_says() || operator.service_overrides.iter().any(|pattern| pattern.covers(base)) {
        return None;
    }
    let within: Vec<String> = service.within.iter().map(UrlPattern::to_string).collect();
    let message = format!(
        "--service {}={base} is neither within {} nor an override that this machine allows",
        service.name,
        within.join(", ")
    );
    let place = &base[..url::Position::BeforePath];
    let hint = format!("to allow it, add to {label}:\n    service-overrides = [\"{place}\"]");
    Some(whole(label, &message, Some(hint)))
}

/// A service that was moved to an address by `--service`, as the operator's file allows: to name the address is to allow it, also
/// where it is one that names may not lead to.
fn pinned_by_override(service: &Service, overrides: &[UrlPattern]) -> Option<(HostPort, SocketAddr)> {
    let base = service
        .base
        .as_ref()
        .filter(|base| service.overridden && overrides.iter().any(|pattern| pattern.covers(base)))?;
    let address = match base.host()? {
        Host::Ipv4(address) => IpAddr::V4(address),
        Host::Ipv6(address) => IpAddr::V6(address),
        Host::Domain(_) => return None,
    };
    let port = base.port_or_known_default()?;
    Some((HostPort::parse(base.host_str()?, port).ok()?, SocketAddr::new(address, port)))
}

fn check_disruption(resolved: &Resolved, operator: &Operator, label: &str) -> Option<Diagnostic> {
    let environment = &resolved.environment.name;
    let phase = resolved.askers().find(|phase| is_disruptive(&phase.grants));
    let phase = phase.filter(|_| !operator.disruptive.contains(environment))?;
    let message = format!("phase `{}` disturbs environment `{environment}` on purpose", phase.id);
    Some(whole(label, &message, Some(format!("to allow it, add \"{environment}\" to disruptive in {label}"))))
}

/// Whether something of what is granted disturbs an environment on purpose.
pub fn is_disruptive(grants: &Grants) -> bool {
    let requests = grants.http.iter().map(|grant| grant.class);
    let commands = grants.gcloud.iter().flat_map(|grant| &grant.commands).map(|command| command.class);
    let tools = grants.exec.iter().map(|grant| grant.class);
    let sockets = grants.websocket.iter().map(|grant| grant.class);
    let mut classes = requests.chain(commands).chain(tools).chain(sockets);
    classes.any(|class| class == Some(Class::Disruptive)) || grants.load.as_ref().is_some_and(|load| load.disturb)
}

fn check_digest(phase: &ResolvedPhase, pinned: Option<&BTreeMap<PhaseId, Digest>>, label: &str) -> Option<Diagnostic> {
    // Taken from the bytes when they were read, moments ago.
    let actual = phase.digest;
    let wanted = match pinned {
        None => phase.digest,
        Some(pinned) => match pinned.get(&phase.id) {
            Some(digest) => *digest,
            None => {
                return Some(whole(
                    label,
                    &format!("phase `{}` is not part of the run that was begun", phase.id),
                    None,
                ));
            }
        },
    };
    (actual != wanted).then(|| {
        let message = format!("module {} of phase `{}` is {actual}, and {wanted} was pinned", phase.module, phase.id);
        whole(label, &message, Some("put the pinned module back, or begin a new run".to_owned()))
    })
}

/// Where each service is whose URL is known.
fn placed(resolved: &Resolved) -> Vec<PlacedService> {
    let place = |service: &Service| {
        let (name, title) = (service.name.clone(), service.title.clone());
        service.base.clone().map(|base| PlacedService { name, title, base })
    };
    resolved.reached().filter_map(place).collect()
}

/// The services that have no place, and what would give them one.
fn unplaced(resolved: &Resolved) -> Vec<Diagnostic> {
    let nowhere = resolved.reached().filter(|service| service.base.is_none());
    nowhere
        .map(|service| {
            let message = format!("the URL of service `{}` is not known", service.name);
            whole(&resolved.label, &message, Some(format!("pass --service {}=URL", service.name)))
        })
        .collect()
}

pub(crate) fn whole(file: &str, message: &str, hint: Option<String>) -> Diagnostic {
    Diagnostic { file: file.to_owned(), position: None, message: message.to_owned(), hint }
}
