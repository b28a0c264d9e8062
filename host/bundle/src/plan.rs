//! What a run of a bundle would do, seen without doing any of it. Nothing is contacted, and no consent is needed to look.

use std::time::Duration;

use holdpoint_model::grant::{HostPort, HttpGrant, Limits, LoadGrant, SecretName, WebsocketGrant};
use holdpoint_model::{
    ApprovalTerms, Class, Digest, Level, PhaseId, PhaseSchedule, PolicyId, RequirementId, ServiceName,
};

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::late::Late;
use crate::operator::Operator;
use crate::resolved::{EnvironmentFacts, IdentitySource, Resolved, ResolvedPhase, ResolvedUser, Rollback, Service};
use crate::sources::OperatorSource;
use crate::verified::{check_grants, no_operator};
use crate::words::{http, join, load};

/// A run as it would be.
#[derive(Debug, Clone)]
pub struct Plan {
    pub name: String,
    pub version: String,
    pub digest: Digest,
    pub environment: EnvironmentFacts,
    /// The phases in the order of their levels. Those of one level run side by side, as far as `parallel` lets them.
    pub phases: Vec<PlannedPhase>,
    /// Who acts in loads.
    pub users: Vec<PlannedUsers>,
    /// What judges the evidence.
    pub policies: Vec<PlannedPolicy>,
    /// How far ticks are apart at most, for policies.
    pub tick: Duration,
    /// How many phases run side by side at most.
    pub parallel: usize,
    pub services: Vec<PlannedService>,
    /// Rows that no phase or policy of this run judges, but those that are off.
    pub unjudged: Vec<PlannedRow>,
    /// Rows that are off: nobody judges them here, so a person does or nobody.
    pub off: Vec<PlannedRow>,
    /// How what it deploys would be taken back.
    pub rollback: Option<Rollback>,
    /// Every effect is refused by the operator's file.
    pub dry_run_only: bool,
    /// What keeps it from being run as it is.
    pub refusals: Vec<Diagnostic>,
}

/// A phase of a plan.
#[derive(Debug, Clone)]
pub struct PlannedPhase {
    pub id: PhaseId,
    /// 1 for those that start at once, and one more than the highest of those that it needs.
    pub level: usize,
    /// As the bundle names it.
    pub module: String,
    pub digest: Digest,
    pub needs: Vec<PhaseId>,
    /// The stage that it waits for; none where it is of the first one, or of none.
    pub stage: Option<String>,
    /// What it wants from a person before it starts.
    pub approval: Option<ApprovalTerms>,
    /// This machine lets nobody give it.
    pub unapprovable: bool,
    /// Its time of day.
    pub schedule: Option<PhaseSchedule>,
    /// Phases that disturb on purpose may run beside it.
    pub tolerates_disruption: bool,
    pub rows: Vec<PlannedRow>,
    pub services: Vec<ServiceName>,
    pub grants: Vec<PlannedGrant>,
    pub secrets: Vec<PlannedSecret>,
    pub limits: Limits,
}

/// Virtual users of a plan.
#[derive(Debug, Clone)]
pub struct PlannedUsers {
    pub id: PhaseId,
    /// As the bundle names it.
    pub module: String,
    pub digest: Digest,
    pub grants: Vec<PlannedGrant>,
    /// Whose they are, in words; none if they have no identities.
    pub identities: Option<String>,
    /// Of each user: the time is that of an iteration.
    pub limits: Limits,
}

/// A policy of a plan.
#[derive(Debug, Clone)]
pub struct PlannedPolicy {
    pub id: PolicyId,
    /// As the bundle names it.
    pub module: String,
    pub digest: Digest,
    /// The stage at whose end its rows are decided; none where there is one stage only.
    pub stage: Option<String>,
    pub rows: Vec<PlannedRow>,
}

/// A grant in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedGrant {
    pub what: String,
    /// The most dangerous class of what it lets through.
    pub class: Class,
}

/// A row of the checklist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedRow {
    pub id: RequirementId,
    pub title: String,
    pub level: Level,
}

/// A service that some phase may reach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedService {
    pub name: ServiceName,
    pub title: String,
    /// Its URL, or the patterns that it must lie within once it is known.
    pub place: String,
    /// Otherwise Cloud Run is asked when a run begins.
    pub known: bool,
    /// Where connections really go, if the operator leads them elsewhere.
    pub connect_to: Option<String>,
}

/// A secret that a phase uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedSecret {
    pub name: SecretName,
    /// Where its value may go by the operator's file; none if it is bound to no place there.
    pub goes_to: Option<String>,
}

impl Plan {
    /// Plans a run. The operator's file may be absent; what it does not allow is told with the plan.
    pub fn of(resolved: &Resolved, source: Option<&OperatorSource>) -> Result<Self, Diagnostics> {
        let (operator, mut refusals) = match source {
            Some(source) => {
                let operator = Operator::parse(source)?;
                let refusals = check_grants(resolved, &operator, &source.file.label);
                (operator, refusals)
            }
            None => (Operator { parallel: 16, ..Operator::default() }, vec![no_operator(resolved)]),
        };
        refusals.extend(Late::of(resolved).err().into_iter().flatten());
        let mut phases: Vec<PlannedPhase> = Vec::with_capacity(resolved.phases.len());
        for phase in &resolved.phases {
            // Each phase stands after those that it needs.
            let below = phases.iter().filter(|other| phase.needs.contains(&other.id)).map(|other| other.level).max();
            phases.push(planned(phase, below.unwrap_or(0) + 1, resolved, &operator));
        }
        if let Some(rollback) = resolved.rollback.as_ref().filter(|_| resolved.only.is_none()) {
            // Its phases stand behind all others, whatever they need.
            let (theirs, others): (Vec<_>, Vec<_>) =
                phases.iter_mut().partition(|phase| rollback.phases.contains(&phase.id));
            let last = others.iter().map(|phase| phase.level).max().unwrap_or(0);
            theirs.into_iter().for_each(|phase| phase.level += last);
        }
        phases.sort_by_key(|phase| phase.level);
        let policies: Vec<PlannedPolicy> = resolved
            .policies
            .iter()
            .map(|policy| PlannedPolicy {
                id: policy.id.clone(),
                module: policy.module.clone(),
                digest: policy.digest,
                stage: Some(policy.stage.clone()).filter(|_| resolved.stages.len() > 1),
                rows: rows_of(&policy.requirements, resolved),
            })
            .collect();
        let of_phases = phases.iter().flat_map(|phase| &phase.rows);
        let claimed: Vec<&RequirementId> =
            of_phases.chain(policies.iter().flat_map(|policy| &policy.rows)).map(|row| &row.id).collect();
        let judged = |id: &RequirementId| claimed.contains(&id);
        let rows = resolved.checklist.rows.iter().filter(|row| !judged(&row.id)).map(|row| PlannedRow {
            id: row.id.clone(),
            title: row.title.clone(),
            level: row.level,
        });
        let (off, unjudged) = rows.partition(|row| row.level == Level::Off);
        Ok(Self {
            name: resolved.name.clone(),
            version: resolved.version.clone(),
            digest: resolved.digest,
            environment: resolved.environment.clone(),
            services: resolved.reached().map(|service| located(service, &operator)).collect(),
            unjudged,
            off,
            users: resolved.users.iter().map(acting).collect(),
            policies,
            tick: resolved.tick,
            phases,
            rollback: resolved.rollback.clone().filter(|_| resolved.only.is_none()),
            parallel: operator.parallel,
            dry_run_only: operator.dry_run_only,
            refusals,
        })
    }

    /// The grants of this class, with the phase or the users that have each.
    pub fn of_class(&self, class: Class) -> impl Iterator<Item = (&PhaseId, &str)> {
        let phases = self.phases.iter().map(|phase| (&phase.id, &phase.grants));
        let users = self.users.iter().map(|users| (&users.id, &users.grants));
        phases.chain(users).flat_map(move |(id, grants)| {
            let grants = grants.iter().filter(move |grant| grant.class == class);
            grants.map(move |grant| (id, grant.what.as_str()))
        })
    }
}

fn acting(user: &ResolvedUser) -> PlannedUsers {
    let ResolvedUser { base, identities, .. } = user;
    PlannedUsers {
        id: base.id.clone(),
        module: base.module.clone(),
        digest: base.digest,
        grants: base.grants.http.iter().map(requests).chain(base.grants.websocket.iter().map(sockets)).collect(),
        identities: identities.as_ref().map(|source| match source {
            IdentitySource::Mint(name) => format!("signed with the secret {name}"),
            IdentitySource::File(path) => format!("those in {}", path.display()),
            IdentitySource::Login(phase) => format!("those that phase {phase} logs in with"),
        }),
        limits: base.grants.limits,
    }
}

fn requests(grant: &HttpGrant) -> PlannedGrant {
    let class = grant.methods.iter().map(|method| grant.class_of(method)).max();
    // Without a method it grants nothing, and says so.
    PlannedGrant { what: http(grant), class: class.unwrap_or(Class::Read) }
}

fn sockets(grant: &WebsocketGrant) -> PlannedGrant {
    PlannedGrant { what: grant.words(), class: grant.class() }
}

fn planned(phase: &ResolvedPhase, level: usize, resolved: &Resolved, operator: &Operator) -> PlannedPhase {
    let mut grants: Vec<PlannedGrant> = phase.grants.http.iter().map(requests).collect();
    for grant in &phase.grants.files {
        let what = format!("read files below {} as {}", grant.path().display(), grant.directory);
        grants.push(PlannedGrant { what, class: Class::Read });
    }
    if let Some(grant) = &phase.grants.gcloud {
        let commands = grant.commands_in_words().into_iter();
        grants.extend(commands.map(|(what, class)| PlannedGrant { what, class }));
    }
    for grant in &phase.grants.exec {
        grants.push(PlannedGrant { what: grant.words(), class: grant.class() });
    }
    grants.extend(phase.grants.websocket.iter().map(sockets));
    for grant in &phase.grants.metrics {
        grants.push(PlannedGrant { what: grant.words(), class: Class::Read });
    }
    for grant in &phase.grants.data {
        grants.push(PlannedGrant { what: grant.words(), class: grant.class() });
    }
    if let Some(grant) = &phase.grants.load {
        // What its requests do to the world is said by the grants of http. What users do happens once.
        let class = match grant {
            LoadGrant { disturb: true, .. } => Class::Disruptive,
            LoadGrant { users, .. } if users.is_empty() => Class::Repeatable,
            LoadGrant { .. } => Class::Effect,
        };
        grants.push(PlannedGrant { what: load(grant), class });
    }
    PlannedPhase {
        id: phase.id.clone(),
        level,
        module: phase.module.clone(),
        digest: phase.digest,
        needs: phase.needs.clone(),
        stage: resolved.stages.iter().skip(1).find(|stage| **stage == phase.stage).cloned(),
        // Whoever asks for phases by name gets those.
        approval: phase.approval.clone().filter(|_| resolved.only.is_none()),
        schedule: phase.schedule.clone().filter(|_| resolved.only.is_none()),
        tolerates_disruption: phase.tolerates_disruption,
        unapprovable: phase.approval.is_some() && !operator.approvals.allows_somebody(&phase.id),
        rows: rows_of(&phase.requirements, resolved),
        services: phase.services.clone(),
        grants,
        secrets: phase.grants.secrets.iter().map(|grant| secret(&grant.name, operator)).collect(),
        limits: phase.grants.limits,
    }
}

fn rows_of(claims: &[(RequirementId, RequirementId)], resolved: &Resolved) -> Vec<PlannedRow> {
    // Several claims may speak for one row.
    let is_first = |place: usize, id| claims[..place].iter().all(|(_, before)| before != id);
    let claimed = claims.iter().enumerate().filter(|(place, (_, id))| is_first(*place, id));
    let rows = claimed.filter_map(|(_, (_, id))| resolved.checklist.row(id));
    rows.map(|row| PlannedRow { id: row.id.clone(), title: row.title.clone(), level: row.level }).collect()
}

fn secret(name: &SecretName, operator: &Operator) -> PlannedSecret {
    let binding = operator.secrets.iter().find(|binding| binding.name == *name);
    let goes_to = binding.and_then(|binding| {
        let header = binding.header.as_ref().filter(|_| !binding.services.is_empty())?;
        Some(format!("services {} in header {header}", join(&binding.services)))
    });
    PlannedSecret { name: name.clone(), goes_to }
}

fn located(service: &Service, operator: &Operator) -> PlannedService {
    let connect_to = service.base.as_ref().and_then(|base| {
        let from = HostPort::parse(base.host_str()?, base.port_or_known_default()?).ok()?;
        operator.connect_to.get(&from).map(ToString::to_string)
    });
    PlannedService {
        name: service.name.clone(),
        title: service.title.clone(),
        place: service.base.as_ref().map_or_else(|| join(&service.within), ToString::to_string),
        known: service.base.is_some(),
        connect_to,
    }
}
