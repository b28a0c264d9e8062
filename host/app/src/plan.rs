//! Which phases can start, which can't any more. Pure: it looks at what has happened and says what comes next.

use std::collections::{BTreeMap, BTreeSet};

use holdpoint_bundle::{Verified, VerifiedPhase, is_disruptive};
use holdpoint_model::{
    Check, Class, Event, EventKind, Level, Origin, OutcomeKind, PhaseEnd, PhaseFacts, PhaseId, RequirementId, Seq,
    Statement, Timestamp, Verdict, judge,
};
use holdpoint_report::PlannedPhase;

use crate::{gcloud, rollback};

/// The phases of a run and how far each is.
#[derive(Debug, Clone)]
pub(crate) struct Progress {
    phases: BTreeMap<PhaseId, Phase>,
}

#[derive(Debug, Clone, Default)]
struct Phase {
    started: Option<Timestamp>,
    origin: Option<Origin>,
    checks: Vec<Check>,
    end: Option<PhaseEnd>,
    /// It has changed something, or may have.
    acted: bool,
    /// Effects whose answer is not known.
    sent: BTreeSet<Seq>,
}

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    Start(PhaseId),
    Skip(PhaseId, String),
    /// It is under way and is to end, for good.
    Stop(PhaseId, String),
}

/// The phases of a bundle as its report needs them.
pub(crate) fn planned(verified: &Verified) -> Vec<PlannedPhase> {
    let rows = |pairs: &[(RequirementId, RequirementId)]| pairs.iter().map(|(_, row)| row.clone()).collect();
    verified
        .phases
        .iter()
        .map(|phase| PlannedPhase {
            id: phase.id.clone(),
            requirements: rows(&phase.requirements),
            needs: phase.needs.clone(),
            rollback: verified.rollback.as_ref().is_some_and(|rollback| rollback.phases.contains(&phase.id)),
        })
        .collect()
}

impl Progress {
    /// Nothing has happened.
    pub(crate) fn new() -> Self {
        Self { phases: BTreeMap::new() }
    }

    /// Takes in what has happened.
    pub(crate) fn take(&mut self, event: &Event) {
        match &event.kind {
            EventKind::PhaseStarted { phase } => {
                self.phases.entry(phase.clone()).or_default().started.get_or_insert(event.at);
            }
            EventKind::PhaseTakenOver { phase, origin } => {
                let phase = self.phases.entry(phase.clone()).or_default();
                phase.started.get_or_insert(event.at);
                phase.origin = Some(origin.clone());
            }
            EventKind::Stated { phase, statement: Statement::Check(check), .. } => {
                self.phases.entry(phase.clone()).or_default().checks.push(check.clone());
            }
            EventKind::Call(call) if call.class.is_some_and(Class::happens_once) => {
                let refused = matches!(call.outcome, Some(OutcomeKind::Denied | OutcomeKind::Exhausted))
                    || gcloud::changed_nothing(call);
                let phase = self.phases.entry(call.phase.clone()).or_default();
                match call.outcome {
                    None => drop(phase.sent.insert(call.seq)),
                    Some(_) => {
                        phase.sent.remove(&call.seq);
                        phase.acted |= !refused;
                    }
                }
            }
            EventKind::PhaseEnded { phase, end } => {
                self.phases.entry(phase.clone()).or_default().end = Some(end.clone());
            }
            _ => {}
        }
    }

    /// When a phase was started first.
    pub(crate) fn started(&self, phase: &PhaseId) -> Option<Timestamp> {
        self.phases.get(phase)?.started
    }

    /// The run that has the calls of a phase that was taken over.
    pub(crate) fn origin(&self, phase: &PhaseId) -> Option<&Origin> {
        self.phases.get(phase)?.origin.as_ref()
    }

    /// How a phase ended.
    pub(crate) fn end(&self, phase: &PhaseId) -> Option<&PhaseEnd> {
        self.phases.get(phase)?.end.as_ref()
    }

    /// What can be done now, in the order of the bundle. `running` are the phases under way.
    pub(crate) fn next(&self, verified: &Verified, running: &[PhaseId]) -> Vec<Step> {
        let open = |id: &PhaseId| self.end(id).is_none() && !running.contains(id);
        let course = rollback::Course::of(verified, self, running);
        if let Some(steps) = course.instead() {
            return steps;
        }
        verified
            .phases
            .iter()
            .filter(|phase| open(&phase.id) && course.lets(&phase.id))
            .filter_map(|phase| {
                let needs: Vec<Need> = phase.needs.iter().map(|id| self.need(verified, id)).collect();
                let unmet = needs.iter().find_map(|need| match need {
                    Need::Unmet(reason) => Some(reason.clone()),
                    _ => None,
                });
                match unmet {
                    Some(reason) => Some(Step::Skip(phase.id.clone(), reason)),
                    None if needs.iter().all(|need| *need == Need::Met) => Some(Step::Start(phase.id.clone())),
                    None => None,
                }
            })
            .collect()
    }

    /// Why those that need a phase can't start; none if they can, or may be able to later.
    pub(crate) fn unmet(&self, verified: &Verified, id: &PhaseId) -> Option<String> {
        match self.need(verified, id) {
            Need::Unmet(reason) => Some(reason),
            Need::Met | Need::Open => None,
        }
    }

    /// Whether a phase is good enough for those that need it: it completed, and no required row of it is open or failed.
    fn need(&self, verified: &Verified, id: &PhaseId) -> Need {
        let Some(end) = self.end(id) else { return Need::Open };
        if *end != PhaseEnd::Completed {
            return Need::Unmet(format!("needs `{id}`, which was {}", end.word()));
        }
        let Some(phase) = verified.phases.iter().find(|phase| phase.id == *id) else { return Need::Met };
        if verified.rollback.as_ref().is_some_and(|rollback| rollback.phases.contains(id)) {
            // What serves after a rollback is looked at all the more where that did not go as it should.
            return Need::Met;
        }
        let facts = self.facts(phase, end);
        let rows = judge(&verified.checklist, std::slice::from_ref(&facts));
        let bad = rows.iter().find(|row| {
            row.level == Level::Required
                && facts.requirements.contains(&row.id)
                && matches!(row.verdict, Verdict::Fail | Verdict::Inconclusive)
        });
        match bad {
            Some(row) => Need::Unmet(format!("needs `{id}`, whose row {} is {}", row.id, row.verdict)),
            None => Need::Met,
        }
    }
}

impl Progress {
    /// Whether a phase has changed something, or may have.
    pub(crate) fn has_acted(&self, phase: &PhaseId) -> bool {
        self.phases.get(phase).is_some_and(|phase| phase.acted || !phase.sent.is_empty())
    }

    /// What a phase that has ended is judged by.
    pub(crate) fn facts(&self, phase: &VerifiedPhase, end: &PhaseEnd) -> PhaseFacts {
        PhaseFacts {
            id: phase.id.clone(),
            requirements: phase.requirements.iter().map(|(_, row)| row.clone()).collect(),
            checks: self.phases.get(&phase.id).map(|phase| phase.checks.clone()).unwrap_or_default(),
            end: Some(end.clone()),
        }
    }
}

/// Whether a phase may run beside those that do: what disturbs an environment on purpose runs alone, so that nobody judges what it has disturbed.
pub(crate) fn may_start(verified: &Verified, phase: &PhaseId, running: &[PhaseId]) -> bool {
    let disturbs = |id: &PhaseId| {
        let mut phases = verified.phases.iter();
        phases.any(|phase| phase.id == *id && is_disruptive(&phase.grants))
    };
    running.is_empty() || !(disturbs(phase) || running.iter().any(disturbs))
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Need {
    Met,
    Open,
    Unmet(String),
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use holdpoint_bundle::{EnvironmentFacts, Rollback};
    use holdpoint_model::{
        CallEvent, Checklist, ChecklistRow, Digest, Ordinal,
        grant::{Grants, LoadGrant},
    };

    use super::*;

    fn id(text: &str) -> PhaseId {
        PhaseId::parse(text).expect("a phase id")
    }

    fn row(text: &str) -> RequirementId {
        RequirementId::parse(text).expect("a requirement id")
    }

    /// A phase that judges the row of its own name in capitals.
    fn phase(name: &str, needs: &[&str]) -> VerifiedPhase {
        let own = row(&name.to_uppercase());
        VerifiedPhase {
            id: id(name),
            module: name.into(),
            bytes: Arc::from([]),
            digest: Digest::of(b""),
            config: "{}".into(),
            stage: "deploy".into(),
            needs: needs.iter().map(|name| id(name)).collect(),
            requirements: vec![(own.clone(), own)],
            services: vec![],
            grants: Grants::none(id(name)),
        }
    }

    /// `b` needs `a`, `c` needs `b`, `d` needs nothing.
    fn bundle(level: Level) -> Verified {
        let rows = ["A", "B", "C", "D"].map(|name| ChecklistRow { id: row(name), title: String::new(), level });
        Verified {
            name: "test".into(),
            version: "1".into(),
            digest: Digest::of(b""),
            operator_digest: Digest::of(b""),
            environment: EnvironmentFacts {
                name: "test".into(),
                project: None,
                region: None,
                secrets: vec![],
                public: vec![],
            },
            services: vec![],
            phases: vec![phase("a", &[]), phase("b", &["a"]), phase("c", &["b"]), phase("d", &[])],
            users: vec![],
            only: None,
            checklist: Checklist { rows: rows.into() },
            rollback: None,
            connect_to: BTreeMap::new(),
            ca_file: None,
            secrets: vec![],
            id_tokens: BTreeMap::new(),
            gcloud: holdpoint_bundle::GcloudBinding::default(),
            tools: BTreeMap::new(),
            parallel: 16,
            dry_run_only: false,
            may_disrupt: false,
        }
    }

    fn take(progress: &mut Progress, kind: EventKind) {
        progress.take(&Event { position: 0, at: Timestamp(0.0), kind });
    }

    fn ended(progress: &mut Progress, name: &str, verdict: Verdict, end: PhaseEnd) {
        let check = Check {
            requirements: vec![row(&name.to_uppercase())],
            name: "it".into(),
            verdict,
            expected: String::new(),
            observed: String::new(),
            evidence: vec![],
        };
        let statement = Statement::Check(check);
        take(progress, EventKind::Stated { phase: id(name), ordinal: Ordinal(0), statement });
        take(progress, EventKind::PhaseEnded { phase: id(name), end });
    }

    #[test]
    fn phases_start_side_by_side_and_after_what_they_need() {
        let (bundle, mut progress) = (bundle(Level::Required), Progress::new());
        assert_eq!(progress.next(&bundle, &[]), [Step::Start(id("a")), Step::Start(id("d"))]);
        assert_eq!(progress.next(&bundle, &[id("a"), id("d")]), []);
        ended(&mut progress, "a", Verdict::Pass, PhaseEnd::Completed);
        assert_eq!(progress.next(&bundle, &[id("d")]), [Step::Start(id("b"))]);
    }

    #[test]
    fn what_disturbs_runs_alone() {
        let mut bundle = bundle(Level::Required);
        let (a, d) = (id("a"), id("d"));
        assert!(may_start(&bundle, &d, std::slice::from_ref(&a)), "nobody disturbs anything");
        let most = std::time::Duration::from_secs(1);
        bundle.phases[0].grants.load = Some(LoadGrant {
            max_users: 1,
            max_rate: 1,
            max_duration: most,
            max_requests: 1,
            disturb: true,
            users: vec![],
        });
        assert!(may_start(&bundle, &a, &[]));
        assert!(!may_start(&bundle, &a, std::slice::from_ref(&d)), "it waits for those that run");
        assert!(!may_start(&bundle, &d, &[a]), "and they for it");
    }

    #[test]
    fn what_needs_a_failed_phase_is_skipped_and_so_on() {
        let (bundle, mut progress) = (bundle(Level::Required), Progress::new());
        ended(&mut progress, "a", Verdict::Fail, PhaseEnd::Completed);
        let reason = "needs `a`, whose row A is fail".to_owned();
        assert_eq!(progress.next(&bundle, &[id("d")]), [Step::Skip(id("b"), reason.clone())]);
        take(&mut progress, EventKind::PhaseEnded { phase: id("b"), end: PhaseEnd::Skipped(reason) });
        let reason = "needs `b`, which was skipped".to_owned();
        assert_eq!(progress.next(&bundle, &[id("d")]), [Step::Skip(id("c"), reason)]);
    }

    #[test]
    fn a_crash_counts_whatever_was_found_before() {
        let (bundle, mut progress) = (bundle(Level::Required), Progress::new());
        ended(&mut progress, "a", Verdict::Pass, PhaseEnd::Trapped("x".into()));
        assert!(matches!(&progress.next(&bundle, &[id("d")])[..], [Step::Skip(..)]));
    }

    /// `c` takes back what `a` did if row B fails; `d` has nothing to do with it.
    fn with_rollback(automatic: bool) -> Verified {
        let mut bundle = bundle(Level::Required);
        let mut undo = phase("c", &[]);
        std::mem::swap(&mut undo, &mut bundle.phases[2]);
        bundle.rollback = Some(Rollback {
            phase: id("c"),
            phases: [id("c")].into(),
            undoes: vec![id("a")],
            when: vec![row("B")],
            automatic,
        });
        bundle
    }

    fn called(progress: &mut Progress, name: &str, outcome: OutcomeKind) {
        answered(progress, name, outcome, None);
    }

    /// An effect that was sent, and then answered.
    fn answered(progress: &mut Progress, name: &str, outcome: OutcomeKind, answer: Option<&str>) {
        sent(progress, name, None, None);
        sent(progress, name, Some(outcome), answer);
    }

    fn sent(progress: &mut Progress, name: &str, outcome: Option<OutcomeKind>, answer: Option<&str>) {
        let call = CallEvent {
            phase: id(name),
            seq: Seq(0),
            capability: "gcloud".into(),
            class: Some(Class::Effect),
            summary: String::new(),
            attempt: 1,
            outcome,
            request: String::new(),
            answer: answer.map(str::to_owned),
        };
        take(progress, EventKind::Call(call));
    }

    #[test]
    fn a_rollback_waits_and_is_left_out_where_nothing_calls_for_it() {
        let (bundle, mut progress) = (with_rollback(true), Progress::new());
        assert_eq!(progress.next(&bundle, &[]), [Step::Start(id("a")), Step::Start(id("d"))]);
        called(&mut progress, "a", OutcomeKind::Answered);
        for name in ["a", "b", "d"] {
            ended(&mut progress, name, Verdict::Pass, PhaseEnd::Completed);
        }
        assert_eq!(progress.next(&bundle, &[]), [Step::Skip(id("c"), "nothing called for it".into())]);
    }

    #[test]
    fn a_row_that_fails_ends_what_is_under_way_and_then_takes_back() {
        let (bundle, mut progress) = (with_rollback(true), Progress::new());
        called(&mut progress, "a", OutcomeKind::Answered);
        ended(&mut progress, "a", Verdict::Pass, PhaseEnd::Completed);
        ended(&mut progress, "b", Verdict::Fail, PhaseEnd::Completed);
        let why = || "rolled back: row B failed".to_owned();
        assert_eq!(progress.next(&bundle, &[id("d")]), [Step::Stop(id("d"), why())]);
        assert_eq!(progress.next(&bundle, &[]), [Step::Skip(id("d"), why())]);
        take(&mut progress, EventKind::PhaseEnded { phase: id("d"), end: PhaseEnd::Cancelled(why()) });
        assert_eq!(progress.next(&bundle, &[]), [Step::Start(id("c"))]);
    }

    #[test]
    fn a_phase_that_breaks_off_in_the_midst_of_its_effects_is_taken_back() {
        let (bundle, mut progress) = (with_rollback(true), Progress::new());
        called(&mut progress, "a", OutcomeKind::InDoubt);
        take(&mut progress, EventKind::PhaseEnded { phase: id("a"), end: PhaseEnd::Trapped("x".into()) });
        let why = || "rolled back: phase `a` was trapped".to_owned();
        assert_eq!(progress.next(&bundle, &[]), [Step::Skip(id("b"), why()), Step::Skip(id("d"), why())]);
    }

    #[test]
    fn a_command_that_was_refused_has_changed_nothing() {
        for (failure, outcome, acted) in [
            ("permission-denied", OutcomeKind::Answered, false),
            ("conflict", OutcomeKind::Answered, false),
            ("conflict", OutcomeKind::InDoubt, true),
            ("unavailable", OutcomeKind::Answered, true),
        ] {
            let mut progress = Progress::new();
            let answer = format!("{{\"exit\":1,\"failure\":\"{failure}\",\"stderr\":\"\"}}");
            answered(&mut progress, "a", outcome, Some(&answer));
            assert_eq!(progress.has_acted(&id("a")), acted, "{failure} {outcome:?}");
        }
        let mut progress = Progress::new();
        sent(&mut progress, "a", None, None);
        assert!(progress.has_acted(&id("a")), "nobody knows what became of it");
    }

    #[test]
    fn nothing_is_taken_back_that_nobody_did_or_wants_back() {
        for (automatic, outcome) in [(true, OutcomeKind::Denied), (false, OutcomeKind::Answered)] {
            let (bundle, mut progress) = (with_rollback(automatic), Progress::new());
            called(&mut progress, "a", outcome);
            for (name, verdict) in [("a", Verdict::Pass), ("b", Verdict::Fail), ("d", Verdict::Pass)] {
                ended(&mut progress, name, verdict, PhaseEnd::Completed);
            }
            assert!(matches!(&progress.next(&bundle, &[])[..], [Step::Skip(skipped, _)] if *skipped == id("c")));
        }
        let mut alone = with_rollback(true);
        alone.only = Some(vec![id("c")]);
        alone.phases.retain(|phase| phase.id == id("c"));
        assert_eq!(Progress::new().next(&alone, &[]), [Step::Start(id("c"))]);
    }

    #[test]
    fn an_advisory_row_holds_nobody_up() {
        let (bundle, mut progress) = (bundle(Level::Advisory), Progress::new());
        ended(&mut progress, "a", Verdict::Fail, PhaseEnd::Completed);
        assert_eq!(progress.next(&bundle, &[id("d")]), [Step::Start(id("b"))]);
    }
}
