//! The sources of a run as its header keeps them, version 1.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use holdpoint_bundle::{ModuleError, OperatorSource, Resolved, Sources, Text, Verified};
use holdpoint_cap_clock::RunClock;
use holdpoint_journal::{HeaderRecord, RetryRecord, Row};
use holdpoint_model::{Body, Digest, PhaseId, PolicyId, Retry, RunId, Scale, Timestamp};
use serde::{Deserialize, Serialize};

use crate::Error;

#[derive(Serialize, Deserialize)]
struct TextV1 {
    label: String,
    text: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct SourcesV1 {
    bundle: TextV1,
    folder: PathBuf,
    checklist: TextV1,
    operator: Option<(TextV1, PathBuf)>,
    environment: Option<String>,
    inputs: BTreeMap<String, String>,
    services: BTreeMap<String, String>,
    only: Vec<String>,
    /// What the bundle calls the module of each phase, of its users and of its policies.
    module_names: BTreeMap<String, String>,
    /// What files hold that configurations of policies name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    files: BTreeMap<String, String>,
}

impl From<Text> for TextV1 {
    fn from(Text { label, text }: Text) -> Self {
        Self { label, text }
    }
}

impl From<TextV1> for Text {
    fn from(TextV1 { label, text }: TextV1) -> Self {
        Self { label, text }
    }
}

/// How a run is done, if it is not done for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Manner {
    /// Effects are refused.
    pub(crate) dry_run: bool,
    /// Waits pass faster than they do: a rehearsal.
    pub(crate) scale: Option<Scale>,
}

impl Manner {
    /// Whether what is done is done, and what is waited for takes its time.
    pub(crate) fn is_for_good(self) -> bool {
        self == Self::default()
    }

    /// Where nothing can be released, it is all decided at the end.
    pub(crate) fn staged(self, verified: Verified) -> Verified {
        if self.is_for_good() { verified } else { verified.in_one_stage() }
    }

    /// The clock of a run that is as far as this. That of a rehearsal may be ahead of the machine's.
    pub(crate) fn clock(self, at: Timestamp) -> Arc<RunClock> {
        self.scale.map_or_else(RunClock::real, |scale| RunClock::scaled(scale, at))
    }
}

/// The first row of a run.
pub(crate) fn header(
    run: &RunId,
    sources: Sources,
    verified: &Verified,
    manner: Manner,
    retry: Option<Retry>,
    at: f64,
) -> Row {
    let names = verified.askers().map(|phase| (phase.id.to_string(), phase.module.clone()));
    let names = names.chain(verified.policies.iter().map(|policy| (policy.id.to_string(), policy.module.clone())));
    let record = SourcesV1 {
        bundle: sources.bundle.into(),
        folder: sources.folder,
        checklist: sources.checklist.into(),
        operator: sources.operator.map(|operator| (operator.file.into(), operator.folder)),
        environment: sources.environment,
        inputs: sources.inputs,
        services: sources.services,
        only: sources.only,
        module_names: names.collect(),
        files: sources.files,
    };
    // The order of the bodies is that of the maps.
    let modules: BTreeMap<&PhaseId, (Digest, &Arc<[u8]>)> =
        verified.askers().map(|phase| (&phase.id, (phase.digest, &phase.bytes))).collect();
    let policies: BTreeMap<&PolicyId, (Digest, &Arc<[u8]>)> =
        verified.policies.iter().map(|policy| (&policy.id, (policy.digest, &policy.bytes))).collect();
    let header = HeaderRecord {
        holdpoint: env!("CARGO_PKG_VERSION").into(),
        run: run.to_string(),
        bundle: verified.name.clone(),
        bundle_version: verified.version.clone(),
        bundle_digest: verified.digest.to_string(),
        operator_digest: verified.operator_digest.to_string(),
        environment: verified.environment.name.clone(),
        only: verified.only.as_ref().map(|only| only.iter().map(ToString::to_string).collect()),
        dry_run: manner.dry_run,
        scale: manner.scale.map(Scale::times),
        modules: modules.iter().map(|(phase, (digest, _))| (phase.to_string(), digest.to_string())).collect(),
        policies: policies.iter().map(|(policy, (digest, _))| (policy.to_string(), digest.to_string())).collect(),
        sources: serde_json::to_value(&record).expect("a record of texts always encodes"),
        retry: retry.map(RetryRecord::from),
    };
    let bytes = modules.values().map(|(_, bytes)| bytes).chain(policies.values().map(|(_, bytes)| bytes));
    let bodies = bytes.map(|bytes| Body::from(Arc::clone(bytes))).collect();
    Row::run_started(&header, bodies, at)
}

/// A run as its header describes it.
pub(crate) struct StoredSources {
    pub(crate) run: RunId,
    pub(crate) manner: Manner,
    sources: Sources,
    pinned: BTreeMap<PhaseId, Digest>,
    policies: BTreeMap<PolicyId, Digest>,
    /// By the name that the bundle has for the module.
    modules: BTreeMap<String, Body>,
}

impl StoredSources {
    /// Reads a header.
    pub(crate) fn of(row: &Row) -> Result<Self, Error> {
        let damaged = |what: &str| {
            Error::Journal(holdpoint_journal::Error::Damaged { position: 1, what: format!("its header {what}") })
        };
        let header = HeaderRecord::of(row)?;
        let record: SourcesV1 =
            serde_json::from_value(header.sources).map_err(|e| damaged(&format!("can't be read: {e}")))?;
        if header.modules.len() + header.policies.len() != row.request.bodies.len() {
            return Err(damaged("lacks a module"));
        }
        let (mut pinned, mut policies, mut modules) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let digest = |text: &str| Digest::parse(text).map_err(|e| damaged(&e.to_string()));
        for (phase, text) in &header.modules {
            pinned.insert(PhaseId::parse(phase).map_err(|e| damaged(&e.to_string()))?, digest(text)?);
        }
        for (policy, text) in &header.policies {
            policies.insert(PolicyId::parse(policy).map_err(|e| damaged(&e.to_string()))?, digest(text)?);
        }
        for (id, body) in header.modules.keys().chain(header.policies.keys()).zip(&row.request.bodies) {
            let name = record.module_names.get(id).ok_or_else(|| damaged("lacks the name of a module"))?;
            modules.insert(name.clone(), body.clone());
        }
        Ok(Self {
            run: RunId::parse(&header.run).map_err(|e| damaged(&e.to_string()))?,
            manner: Manner {
                dry_run: header.dry_run,
                scale: header.scale.map(Scale::new).transpose().map_err(|e| damaged(&e.to_string()))?,
            },
            sources: Sources {
                bundle: record.bundle.into(),
                folder: record.folder,
                checklist: record.checklist.into(),
                files: record.files,
                operator: record.operator.map(|(file, folder)| OperatorSource { file: file.into(), folder }),
                environment: record.environment,
                inputs: record.inputs,
                services: record.services,
                only: record.only,
            },
            pinned,
            policies,
            modules,
        })
    }

    /// The same bundle again, from the same texts and modules.
    pub(crate) fn verify(&self) -> Result<Verified, Error> {
        self.verify_as(&self.sources)
    }

    /// The same bundle and choices for the operator of today, with what they are verified from.
    pub(crate) fn verify_today(&self, operator: Option<OperatorSource>) -> Result<(Sources, Verified), Error> {
        let sources = Sources { operator, ..self.sources.clone() };
        let verified = self.verify_as(&sources)?;
        Ok((sources, verified))
    }

    /// The texts and choices.
    pub(crate) fn sources(&self) -> &Sources {
        &self.sources
    }

    fn verify_as(&self, sources: &Sources) -> Result<Verified, Error> {
        let resolved = Resolved::from_sources(sources, &|module| match self.modules.get(module) {
            Some(bytes) => Ok(bytes.bytes().to_vec()),
            None => Err(ModuleError { message: format!("the run has no module {module}"), hint: None }),
        })?;
        if resolved.policy_modules() != self.policies {
            let what = "the modules of its policies are not those that its header names".into();
            return Err(Error::Journal(holdpoint_journal::Error::Damaged { position: 1, what }));
        }
        Ok(self.manner.staged(Verified::new(resolved, sources, Some(&self.pinned))?))
    }
}
