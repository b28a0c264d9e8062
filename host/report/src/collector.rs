//! From events to the report. It keeps what judging and reading need and counts the rest, so that a day-long run fits in memory.

use std::collections::BTreeMap;

use holdpoint_model::{
    Approval, ApprovalAnswer, Attachment, CallEvent, Checklist, Decision, Digest, Event, EventKind, OutcomeKind,
    PhaseEnd, PhaseFacts, PhaseId, PolicyFacts, RequirementId, RunHeader, ScheduledStart, Seq, Statement, Timestamp,
    Waiver, judge, policy::Found, rehearse, waive,
};

use crate::{
    AttachmentFacts, DeniedCall, LogLine, Measure, NoticeReport, PhaseReport, PlannedPolicy, PolicyReport, Report,
    SlowCall, UnansweredCall,
    answer::{denial_in, duration_in, reason_in},
    text,
};

/// A phase as the bundle plans it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedPhase {
    pub id: PhaseId,
    /// The rows that it may claim.
    pub requirements: Vec<RequirementId>,
    /// The phases that must have passed before it.
    pub needs: Vec<PhaseId>,
    /// The place of the stage that it belongs to.
    pub stage: usize,
    /// It is part of the rollback: it takes back what another phase did, or looks at what serves afterwards.
    pub rollback: bool,
}

/// Most calls whose beginning is remembered until they end. Far above what a run has under way at once.
const UNDER_WAY: usize = 10_000;
/// Most characters of a log line, a progress message or a reason.
const TEXT: usize = 2_000;
/// Most approvals: as many as a bundle has phases.
const APPROVALS: usize = 256;
/// Most notes.
const NOTES: usize = 20;

/// Takes the events of a run one by one, in their order.
#[derive(Debug)]
pub struct Collector {
    report: Report,
    under_way: BTreeMap<(PhaseId, Seq), Timestamp>,
    recorded: Option<Decision>,
    waivers: Vec<Waiver>,
    /// When the last decision was recorded, or else the last event.
    moment: Timestamp,
}

impl Collector {
    /// Begins with no events.
    pub fn new(phases: &[PlannedPhase]) -> Self {
        let report = Report {
            header: None,
            started: None,
            ended: None,
            cancelled: None,
            resumed: 0,
            phases: phases.iter().map(empty).collect(),
            approvals: Vec::new(),
            notices: Vec::new(),
            policies: Vec::new(),
            stages: Vec::new(),
            over: 0,
            rows: Vec::new(),
            decision: None,
            denials: Vec::new(),
            unanswered: Vec::new(),
            notes: Vec::new(),
        };
        Self { report, under_way: BTreeMap::new(), recorded: None, waivers: Vec::new(), moment: Timestamp(0.0) }
    }

    /// With the policies that judge the run.
    #[must_use]
    pub fn judged_by(mut self, policies: &[PlannedPolicy]) -> Self {
        self.report.policies = policies.iter().map(PolicyReport::new).collect();
        self
    }

    /// Decided in these stages, one after the other; in one if there are none.
    #[must_use]
    pub fn in_stages(mut self, stages: Vec<String>) -> Self {
        self.report.stages = stages;
        self
    }

    /// Takes the next event.
    pub fn take(&mut self, event: Event) {
        let Event { position, at, kind } = event;
        let changes_nothing = matches!(
            kind,
            EventKind::NoticeIntended(_)
                | EventKind::NoticeEnded(_)
                | EventKind::RunHandedOver
                | EventKind::RunImported
        );
        if !changes_nothing {
            self.moment = at;
        }
        match kind {
            EventKind::RunStarted(header) => self.start(at, header),
            EventKind::RunResumed => {
                self.report.resumed += 1;
                self.report.ended = None;
                self.recorded = None;
            }
            EventKind::RunHandedOver | EventKind::RunImported => {}
            EventKind::PhaseStarted { phase } => {
                let phase = self.phase(&phase);
                phase.started.get_or_insert(at);
                phase.end = None;
            }
            EventKind::PhaseTakenOver { phase, origin } => {
                let phase = self.phase(&phase);
                phase.started.get_or_insert(at);
                phase.taken_over = Some(origin);
            }
            EventKind::Call(call) => self.call(position, at, call),
            EventKind::Stated { phase, statement, .. } => self.stated(at, &phase, statement),
            EventKind::PhaseEnded { phase, end } => {
                let phase = self.phase(&phase);
                phase.ended = Some(at);
                phase.end = Some(end);
            }
            EventKind::Ticked { last } => self.report.over += usize::from(last),
            EventKind::Found(found) => self.found(at, &found),
            EventKind::RunCancelled(cancellation) => self.report.cancelled = Some(cancellation),
            EventKind::RunEnded { decision, .. } => {
                self.report.ended.get_or_insert(at);
                self.recorded = Some(decision);
            }
            EventKind::PhaseScheduled(start) => self.scheduled(start),
            EventKind::ApprovalAsked(ask) => self.asked(Approval { asked: at, ask, answer: None }),
            EventKind::ApprovalAnswered(answer) => self.answered(at, answer),
            EventKind::NoticeIntended(notice) => {
                let notices = &mut self.report.notices;
                if notices.len() < Report::KEPT && notices.iter().all(|told| told.notice.key != notice.key) {
                    notices.push(NoticeReport { notice, end: None });
                }
            }
            EventKind::NoticeEnded(end) => {
                if let Some(told) = self.report.notices.iter_mut().find(|told| told.notice.key == end.key) {
                    told.end = Some(end);
                }
            }
            EventKind::RowWaived(waiver) => {
                self.recorded = None;
                self.waivers.push(waiver);
            }
            EventKind::WaiverWithdrawn { row, .. } => {
                self.recorded = None;
                self.waivers.retain(|waiver| waiver.row != row);
            }
        }
    }

    fn start(&mut self, at: Timestamp, header: RunHeader) {
        if self.report.header.is_some() {
            return self.note("the run has more than one header; the first one counts".into());
        }
        self.report.started = Some(at);
        self.report.header = Some(header);
    }

    /// One that was missed may wait for another time.
    fn scheduled(&mut self, start: ScheduledStart) {
        if let Some(phase) = self.report.phases.iter_mut().find(|phase| phase.id == start.phase) {
            phase.scheduled = Some(start);
        }
    }

    /// A phase asks once; what is said a second time does not count.
    fn asked(&mut self, approval: Approval) {
        let approvals = &mut self.report.approvals;
        if approvals.iter().all(|known| known.ask.phase != approval.ask.phase) && approvals.len() < APPROVALS {
            approvals.push(approval);
        }
    }

    fn answered(&mut self, at: Timestamp, answer: ApprovalAnswer) {
        let mut approvals = self.report.approvals.iter_mut();
        match approvals.find(|approval| approval.ask.phase == answer.phase) {
            Some(approval) => drop(approval.answer.get_or_insert((at, answer))),
            None => self.note(format!("an answer for phase `{}` was recorded, which did not ask", answer.phase)),
        }
    }

    fn note(&mut self, note: String) {
        if self.report.notes.len() < NOTES && !self.report.notes.contains(&note) {
            self.report.notes.push(note);
        }
    }

    fn phase(&mut self, id: &PhaseId) -> &mut PhaseReport {
        let place = self.report.phases.iter().position(|phase| phase.id == *id).unwrap_or_else(|| {
            // It may claim no row, so what it found is shown and judges nothing.
            self.note(format!("phase `{id}` is not in the plan; it judges no row"));
            let unplanned =
                PlannedPhase { id: id.clone(), requirements: Vec::new(), needs: Vec::new(), stage: 0, rollback: false };
            self.report.phases.push(empty(&unplanned));
            self.report.phases.len() - 1
        });
        &mut self.report.phases[place]
    }

    fn found(&mut self, at: Timestamp, found: &Found) {
        match self.report.policies.iter_mut().find(|policy| policy.id == found.policy) {
            Some(policy) => policy.take(at, found),
            None => self.note(format!("policy `{}` is not in the bundle; it judges no row", found.policy)),
        }
    }

    fn call(&mut self, position: u64, at: Timestamp, call: CallEvent) {
        let key = (call.phase.clone(), call.seq);
        let Some(outcome) = call.outcome else {
            if self.under_way.len() < UNDER_WAY {
                self.under_way.entry(key).or_insert(at);
            }
            return;
        };
        let begun = self.under_way.remove(&key);
        let answer = call.answer.as_deref().unwrap_or_default();
        let took = if outcome == OutcomeKind::Answered { duration_in(answer) } else { None };
        let took = took.or_else(|| begun.map(|begun| at.since(begun)));
        let phase = self.phase(&call.phase);
        phase.calls.count(call.class, outcome);
        if let Some(milliseconds) = took {
            keep_slow(&mut phase.slowest, &call, milliseconds);
        }
        match outcome {
            OutcomeKind::Answered => {}
            OutcomeKind::Denied => self.denied(call),
            _ if self.report.unanswered.len() < Report::KEPT => self.report.unanswered.push(UnansweredCall {
                position,
                at,
                reason: text::clip(reason_in(answer), TEXT),
                phase: call.phase,
                seq: call.seq,
                summary: call.summary,
                outcome,
            }),
            _ => {}
        }
    }

    fn denied(&mut self, call: CallEvent) {
        let Some(denial) = denial_in(call.answer.as_deref().unwrap_or_default()) else {
            return self.note(format!("the denial of call {}/{} can't be read", call.phase, call.seq));
        };
        let denials = &mut self.report.denials;
        if let Some(known) = denials.iter_mut().find(|known| known.phase == call.phase && known.denial == denial) {
            known.times += 1;
        } else if denials.len() < Report::KEPT {
            denials.push(DeniedCall { phase: call.phase, seq: call.seq, denial, times: 1 });
        }
    }

    fn stated(&mut self, at: Timestamp, phase: &PhaseId, statement: Statement) {
        let phase = self.phase(phase);
        match statement {
            Statement::Check(check) => phase.checks.push(check),
            Statement::Measure { name, value, unit } => phase.measures.push(Measure { name, value, unit }),
            Statement::Sample { .. } => phase.samples += 1,
            Statement::Attach(Attachment { name, media_type, content }) => phase.attachments.push(AttachmentFacts {
                name,
                media_type,
                size: content.len(),
                digest: Digest::of(content.bytes()),
            }),
            Statement::Progress { message, .. } => phase.progress = Some(text::clip(message, TEXT)),
            Statement::Log { level, message } if phase.log.len() < PhaseReport::LOG_LINES => {
                phase.log.push(LogLine { at, level, message: text::clip(message, TEXT) });
            }
            Statement::Log { .. } => phase.log_left_out += 1,
        }
    }

    /// Judges what was collected.
    pub fn finish(mut self, checklist: &Checklist) -> Report {
        for (id, _) in std::mem::take(&mut self.under_way).into_keys() {
            self.phase(&id).calls.under_way += 1;
        }
        let Self { mut report, recorded, mut waivers, moment, .. } = self;
        let over = if report.cancelled.is_some() { usize::MAX } else { report.over };
        if let Some(only) = report.header.as_ref().and_then(|header| header.only.clone()) {
            report.phases.iter_mut().filter(|phase| untouched(phase) && !only.contains(&phase.id)).for_each(|phase| {
                phase.end = Some(PhaseEnd::Skipped("the run was asked for other phases only".into()));
            });
        }
        report.rows = judged(checklist, &mut report.phases, (&report.policies, over));
        report.leave_out();
        waivers.retain(|waiver| waiver.until.0 > moment.0);
        waive(&mut report.rows, &waivers);
        if let Some(scale) = report.rehearsal() {
            rehearse(&mut report.rows, scale);
        }
        report.defer();
        let derived = report.header.is_some().then(|| report.comes_to());
        match (recorded, derived) {
            (None, _) => {}
            (Some(_), None) => {
                report.notes.push("the run has a decision and no header; the decision does not count".into())
            }
            (Some(recorded), Some(derived)) => {
                report.decision = Some(cautious(recorded, derived));
                if recorded != derived {
                    report.notes.push(format!(
                        "the run recorded the decision {recorded}, and its events come to {derived}; the worse one counts"
                    ));
                }
            }
        }
        report
    }
}

fn empty(planned: &PlannedPhase) -> PhaseReport {
    PhaseReport {
        id: planned.id.clone(),
        requirements: planned.requirements.clone(),
        needs: planned.needs.clone(),
        stage: planned.stage,
        rollback: planned.rollback,
        taken_over: None,
        scheduled: None,
        started: None,
        ended: None,
        end: None,
        checks: Vec::new(),
        measures: Vec::new(),
        samples: 0,
        attachments: Vec::new(),
        log: Vec::new(),
        log_left_out: 0,
        progress: None,
        calls: crate::CallCounts::default(),
        slowest: Vec::new(),
    }
}

fn untouched(phase: &PhaseReport) -> bool {
    phase.started.is_none() && phase.end.is_none() && phase.checks.is_empty()
}

/// Lends the checks of the phases to the judge and takes them back: there may be many.
fn judged(
    checklist: &Checklist,
    phases: &mut [PhaseReport],
    (policies, over): (&[PolicyReport], usize),
) -> Vec<holdpoint_model::Row> {
    let facts: Vec<PhaseFacts> = phases
        .iter_mut()
        .map(|phase| PhaseFacts {
            id: phase.id.clone(),
            requirements: phase.requirements.clone(),
            checks: std::mem::take(&mut phase.checks),
            end: phase.end.clone(),
        })
        .collect();
    let policies: Vec<PolicyFacts> = policies
        .iter()
        .map(|policy| PolicyFacts {
            id: policy.id.clone(),
            requirements: policy.requirements.clone(),
            standing: policy.standing.clone(),
            over: policy.stage < over,
        })
        .collect();
    let rows = judge(checklist, &facts, &policies);
    phases.iter_mut().zip(facts).for_each(|(phase, facts)| phase.checks = facts.checks);
    rows
}

/// The worse of two decisions, if a record and what it is judged to mean disagree.
fn cautious(a: Decision, b: Decision) -> Decision {
    let caution = |decision: Decision| match decision {
        Decision::Release => 0,
        Decision::Partial => 1,
        Decision::Rehearsed => 2,
        Decision::Inconclusive => 3,
        Decision::Hold => 4,
        Decision::RolledBack => 5,
        Decision::RollbackFailed => 6,
    };
    if caution(a) >= caution(b) { a } else { b }
}

fn keep_slow(slowest: &mut Vec<SlowCall>, call: &CallEvent, milliseconds: f64) {
    let place = slowest.partition_point(|known| known.milliseconds.total_cmp(&milliseconds).is_ge());
    if place < PhaseReport::SLOWEST {
        slowest.insert(place, SlowCall { seq: call.seq, summary: call.summary.clone(), milliseconds });
        slowest.truncate(PhaseReport::SLOWEST);
    }
}

#[cfg(test)]
mod tests;
