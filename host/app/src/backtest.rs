//! Judging runs of the past once more, with another policy: which verdicts and decisions would have been others, when and why.
//!
//! No guest is executed: the ticks and the evidence are those that the journal has. What a run did then is not undone in thought: where the other
//! policy would have called for a rollback, that is told, and what came after is judged as it happened.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::Arc,
};

use holdpoint_bundle::{BuiltModule, ResolvedPolicy, Rollback, Verified};
use holdpoint_journal::Reader;
use holdpoint_model::{
    Decision, Digest, Event, EventKind, PolicyId, RequirementId, RunId, Timestamp, Verdict,
    policy::{Finding, Found, Judgement},
};
use holdpoint_report::{Difference, Report, Subject, body_differences};

use crate::{
    Error, Machine,
    judging::{Bench, Judge, Judged, Seat, engine},
    record::StoredSources,
    report,
    store::{RunRef, Stored, stored_runs},
    together::together,
};

/// The most bytes of a configuration.
const CONFIG: usize = 1 << 20;
/// The most runs that are judged at once: each may have 144 MiB of evidence.
const AT_ONCE: usize = 8;

/// Which runs, and with what.
#[derive(Debug, Clone)]
pub struct BacktestChoices {
    /// None is every run of this machine.
    pub runs: Option<Vec<RunRef>>,
    /// The policy of the run whose place it takes; none is the one of the file's name, or the only one.
    pub policy: Option<PolicyId>,
    pub module: PathBuf,
    /// JSON, or TOML by its name; none leaves the configuration of the policy that it takes the place of.
    pub config: Option<PathBuf>,
}

/// What a run would have come to.
#[derive(Debug)]
pub struct Backtest {
    pub run: RunId,
    pub started: Option<Timestamp>,
    pub policy: PolicyId,
    /// It takes the place of a policy of the run; otherwise the run had none of this id, and it judges besides.
    pub replaces: bool,
    /// Ticks that it judged. Runs of earlier versions have none.
    pub ticks: u64,
    pub before: Option<Decision>,
    pub after: Option<Decision>,
    /// Of the decision, of rows, and of findings of the policy.
    pub differences: Vec<Difference>,
    /// When each of these rules began to say what it says at the end.
    pub since: BTreeMap<String, Timestamp>,
    /// Rows that would have called for a rollback, with the rule, the moment, and whether it had called for one then.
    pub triggers: Vec<Trigger>,
}

/// A rule that fires or fails for a row that calls for a rollback.
#[derive(Debug, Clone, PartialEq)]
pub struct Trigger {
    pub row: RequirementId,
    pub rule: String,
    pub at: Timestamp,
    /// The row had called for it in the run, too.
    pub also_before: bool,
}

/// A run, or why it can't be judged.
pub type Backtested = (RunId, Result<Backtest, Error>);

/// Judges runs once more. The error is one of the choices; what is wrong with one run stands in its place.
pub fn backtest(choices: &BacktestChoices, machine: &Machine) -> Result<Vec<Backtested>, Error> {
    let BuiltModule { path, bytes, .. } = BuiltModule::typed(&choices.module, machine.builtin)?;
    let config = choices.config.as_deref().map(config).transpose()?;
    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let own = PolicyId::parse(&stem.replace('_', "-")).ok();
    let digest = Digest::of(&bytes);
    let runs = choices.runs.as_ref().map_or(AT_ONCE, Vec::len).clamp(1, AT_ONCE);
    let at_once = std::thread::available_parallelism().map_or(1, usize::from).min(runs);
    let judge: Arc<dyn Judge> = Arc::new(engine(machine, at_once as u32)?.compile(digest, &bytes)?);
    let other = Other { policy: choices.policy.clone(), own, digest, bytes: bytes.into(), judge, config };
    let stored: Vec<(RunId, Stored)> = match &choices.runs {
        None => stored_runs(machine),
        Some(runs) => runs.iter().map(|run| named(run, machine)).collect::<Result<_, _>>()?,
    };
    if stored.is_empty() {
        return Err(Error::Usage(format!("there are no runs in {}", machine.runs.display())));
    }
    Ok(together(stored, at_once, |(run, stored)| {
        let judged = other.judge(&run, &stored);
        (run, judged)
    }))
}

fn named(run: &RunRef, machine: &Machine) -> Result<(RunId, Stored), Error> {
    let stored = run.find(machine)?;
    let header = StoredSources::of(&Reader::open(&stored.journal())?.header()?)?;
    Ok((header.run, stored))
}

fn config(path: &Path) -> Result<String, Error> {
    let failed = |why: String| Error::Usage(format!("{} is no configuration: {why}", path.display()));
    let text =
        String::from_utf8(holdpoint_bundle::bounded(path, CONFIG)?).map_err(|_| failed("it is not UTF-8".into()))?;
    holdpoint_bundle::config_text(&path.to_string_lossy(), &text).map_err(failed)
}

/// The policy that judges instead.
struct Other {
    policy: Option<PolicyId>,
    own: Option<PolicyId>,
    digest: Digest,
    bytes: Arc<[u8]>,
    judge: Arc<dyn Judge>,
    config: Option<String>,
}

impl Other {
    fn judge(&self, run: &RunId, stored: &Stored) -> Result<Backtest, Error> {
        let reader = Reader::open(&stored.journal())?;
        reader.verify()?;
        let mut verified = StoredSources::of(&reader.header()?)?.verify()?;
        let before = report::of_journal(&stored.journal(), &verified)?;
        let (place, replaces) = self.take_part(&mut verified, &before)?;
        let ResolvedPolicy { id: policy, config, requirements, stage, .. } = verified.policies[place].clone();
        let stage = verified.place_of(&stage);
        let seat = Seat { id: policy.clone(), judge: self.judge.clone(), config, requirements, stage };
        let mut bench = Bench::new(run.clone(), &verified, vec![seat]);
        let mut found: BTreeMap<u64, Found> = BTreeMap::new();
        bench.for_each_judged(&reader, u64::MAX, |Judged { found: judged, .. }| {
            found.insert(judged.tick, judged);
        })?;
        if !replaces {
            // Nobody has asked it for a row, so it owes none.
            let claimed = claimed(found.values().map(|found| &found.judgement));
            verified.policies[place].requirements.retain(|(_, row)| claimed.contains(row));
        }
        let ticks = found.len() as u64;
        let (after, said) = told(&reader, &verified, &policy, found)?;
        let differences = body_differences(&before, &after).into_iter().filter(|found| found.is_judgement());
        Ok(Backtest {
            run: run.clone(),
            started: before.started,
            replaces,
            ticks,
            before: before.decision,
            after: after.decision,
            differences: differences.collect(),
            since: since(&said),
            triggers: triggers(&verified, &before, &said),
            policy,
        })
    }

    /// Takes the place of a policy of the bundle, or stands beside those that it has and may claim any row.
    fn take_part(&self, verified: &mut Verified, before: &Report) -> Result<(usize, bool), Error> {
        let known = |id: &PolicyId| verified.policies.iter().position(|policy| policy.id == *id);
        let only = if verified.policies.len() == 1 { Some(0) } else { None };
        let place = match (&self.policy, &self.own) {
            (Some(id), _) => known(id),
            (None, Some(own)) => known(own).or(only),
            (None, None) => only,
        };
        if let Some(place) = place {
            let policy = &mut verified.policies[place];
            (policy.bytes, policy.digest) = (self.bytes.clone(), self.digest);
            if let Some(config) = &self.config {
                policy.config.clone_from(config);
            }
            return Ok((place, true));
        }
        let Some(id) = self.policy.clone().or_else(|| self.own.clone()) else {
            let names: Vec<&str> = verified.policies.iter().map(|policy| policy.id.as_str()).collect();
            let hint = format!("the run has {}; write --with ID=FILE", names.join(", "));
            return Err(Error::Usage(format!("it is not clear whose place the policy takes: {hint}")));
        };
        let rows = verified.checklist.rows.iter().map(|row| (row.id.clone(), row.id.clone()));
        // It judges to the end of what was decided.
        let decided = before.next_stage().and_then(|_| before.over.checked_sub(1));
        let stage = verified.stages.get(decided.unwrap_or(before.begun()));
        let policy = ResolvedPolicy {
            module: id.to_string(),
            stage: stage.cloned().unwrap_or_default(),
            id,
            bytes: self.bytes.clone(),
            digest: self.digest,
            config: self.config.clone().unwrap_or_else(|| "{}".to_owned()),
            requirements: rows.collect(),
        };
        verified.policies.push(policy);
        Ok((verified.policies.len() - 1, false))
    }
}

/// The rows that it has spoken for.
fn claimed<'a>(judgements: impl Iterator<Item = &'a Judgement>) -> BTreeSet<RequirementId> {
    judgements
        .filter_map(|judgement| match judgement {
            Judgement::Findings { findings, .. } => Some(findings),
            Judgement::Ended(_) => None,
        })
        .flatten()
        .flat_map(|finding| finding.requirements.iter().cloned())
        .collect()
}

/// The report of a run as it is with what another policy found, and that by the moment of each tick.
fn told(
    reader: &Reader,
    verified: &Verified,
    policy: &PolicyId,
    mut found: BTreeMap<u64, Found>,
) -> Result<(Report, Vec<(Timestamp, Found)>), Error> {
    let mut collector = report::collector(verified);
    let (mut said, mut ended) = (Vec::new(), false);
    reader.for_each_event(|event| {
        let (position, at) = (event.position, event.at);
        match &event.kind {
            EventKind::Found(found) if found.policy == *policy => return,
            // The decision is what follows.
            EventKind::RunEnded { .. } => return ended = true,
            EventKind::RunResumed => ended = false,
            _ => {}
        }
        collector.take(event);
        if let Some(found) = found.remove(&position) {
            said.push((at, found.clone()));
            collector.take(Event { position, at, kind: EventKind::Found(found) });
        }
    })?;
    let mut report = collector.finish(&verified.checklist);
    report.decision = ended.then(|| report.comes_to());
    Ok((report, said))
}

/// When each rule of the policy came to say what it says at the end.
fn since(said: &[(Timestamp, Found)]) -> BTreeMap<String, Timestamp> {
    let (mut last, mut since) = (BTreeMap::new(), BTreeMap::new());
    for (at, found) in said {
        let Judgement::Findings { findings, .. } = &found.judgement else { continue };
        for finding in findings {
            let says = (finding.verdict, finding.firing);
            if last.insert(&finding.name, says) != Some(says) {
                since.insert(finding.name.clone(), *at);
            }
        }
    }
    since
}

/// The rows for which it calls for a rollback, if the run was one that takes anything back by itself or asks.
fn triggers(verified: &Verified, before: &Report, said: &[(Timestamp, Found)]) -> Vec<Trigger> {
    let is_dry = before.header.as_ref().is_some_and(|header| header.dry_run);
    let able = |rollback: &&Rollback| rollback.can_be_called_for() && verified.only.is_none() && !is_dry;
    let Some(rollback) = verified.rollback.as_ref().filter(able) else { return Vec::new() };
    let first = |row: &RequirementId| {
        said.iter().find_map(|(at, found)| {
            let Judgement::Findings { findings, .. } = &found.judgement else { return None };
            let calls = |finding: &&Finding| finding.firing || finding.verdict == Verdict::Fail;
            let finding = findings.iter().filter(calls).find(|finding| finding.requirements.contains(row))?;
            Some((finding.name.clone(), *at))
        })
    };
    let failed =
        |row: &RequirementId| before.rows.iter().any(|known| known.id == *row && known.verdict == Verdict::Fail);
    let fired = |row: &RequirementId| before.policies.iter().any(|policy| policy.standing.fired(row).is_some());
    let trigger = |row: &RequirementId| {
        let (rule, at) = first(row)?;
        Some(Trigger { row: row.clone(), rule, at, also_before: fired(row) || failed(row) })
    };
    rollback.when.iter().filter_map(trigger).collect()
}

impl Backtest {
    /// Whether the run would have been judged otherwise.
    pub fn is_changed(&self) -> bool {
        // What was expected and observed may be told in other words, and mean the same.
        let of_run = |difference: &Difference| {
            matches!(difference.subject, Subject::Decision | Subject::Row(_)) && difference.before != difference.after
        };
        self.before != self.after
            || self.differences.iter().any(of_run)
            || self.triggers.iter().any(|trigger| !trigger.also_before)
    }
}
