//! The report of a run: facts, rows and the decision, ready to be rendered.

use holdpoint_model::{
    Approval, Cancellation, Check, Checklist, Decision, Denial, Digest, Event, Level, LogLevel, Notice, NoticeEnd,
    Origin, OutcomeKind, PhaseEnd, PhaseId, RequirementId, Row, RunFacts, RunHeader, RunId, Scale, ScheduledStart, Seq,
    Timestamp, Verdict, Waiver, decide,
};

use crate::{CallCounts, Collector, PlannedPhase, PolicyReport};

/// What a run has found.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// Facts that were fixed before the first phase; none if the events hold no start of a run.
    pub header: Option<RunHeader>,
    pub started: Option<Timestamp>,
    /// When the first decision was recorded; none while the run is unfinished.
    pub ended: Option<Timestamp>,
    /// Who ended it for good, and why.
    pub cancelled: Option<Cancellation>,
    /// How often another host process took the run up again.
    pub resumed: u32,
    /// In the order of the plan.
    pub phases: Vec<PhaseReport>,
    /// The approvals that phases waited for or wait for, in the order of the asks.
    pub approvals: Vec<Approval>,
    /// The notifications, in their order; at most [`Report::KEPT`].
    pub notices: Vec<NoticeReport>,
    /// In the order of the bundle.
    pub policies: Vec<PolicyReport>,
    /// The stages that it is decided in, in their order.
    pub stages: Vec<String>,
    /// How many of them have ended.
    pub over: usize,
    /// In the order of the checklist.
    pub rows: Vec<Row>,
    /// None while the run is unfinished.
    pub decision: Option<Decision>,
    /// Distinct denials, in the order of the events; at most [`Report::KEPT`].
    pub denials: Vec<DeniedCall>,
    /// The first calls that were neither answered nor denied; at most [`Report::KEPT`].
    pub unanswered: Vec<UnansweredCall>,
    /// What is odd about the events, in words.
    pub notes: Vec<String>,
}

/// What a run has found in one phase.
#[derive(Debug, Clone, PartialEq)]
pub struct PhaseReport {
    pub id: PhaseId,
    pub requirements: Vec<RequirementId>,
    pub needs: Vec<PhaseId>,
    /// The place of the stage that it belongs to.
    pub stage: usize,
    /// It is part of the rollback.
    pub rollback: bool,
    /// Where it was executed, if not in this run. The times are then of that run, and so are the calls that are evidence.
    pub taken_over: Option<Origin>,
    /// The time of day that it waits for, or has waited for last.
    pub scheduled: Option<ScheduledStart>,
    pub started: Option<Timestamp>,
    pub ended: Option<Timestamp>,
    /// How it ended; none while it runs or waits.
    pub end: Option<PhaseEnd>,
    pub checks: Vec<Check>,
    pub measures: Vec<Measure>,
    /// How many samples of series it stated.
    pub samples: u64,
    pub attachments: Vec<AttachmentFacts>,
    /// The first log lines; at most [`PhaseReport::LOG_LINES`].
    pub log: Vec<LogLine>,
    /// Log lines that are not in `log`.
    pub log_left_out: u64,
    /// The newest progress message.
    pub progress: Option<String>,
    pub calls: CallCounts,
    /// The slowest calls of those whose duration is known, slowest first; at most [`PhaseReport::SLOWEST`].
    pub slowest: Vec<SlowCall>,
}

/// Somebody who was to be told something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeReport {
    pub notice: Notice,
    /// What came of it; none while it is under way, or was when the host stopped.
    pub end: Option<NoticeEnd>,
}

/// A number that a phase stated.
#[derive(Debug, Clone, PartialEq)]
pub struct Measure {
    pub name: String,
    pub value: f64,
    pub unit: String,
}

/// An attachment without its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttachmentFacts {
    pub name: String,
    pub media_type: String,
    /// In bytes.
    pub size: usize,
    pub digest: Digest,
}

/// A line of a phase's log.
#[derive(Debug, Clone, PartialEq)]
pub struct LogLine {
    pub at: Timestamp,
    pub level: LogLevel,
    pub message: String,
}

/// A call and how long it took.
#[derive(Debug, Clone, PartialEq)]
pub struct SlowCall {
    pub seq: Seq,
    pub summary: String,
    pub milliseconds: f64,
}

/// A denial, and how often the phase ran into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeniedCall {
    pub phase: PhaseId,
    /// The first call that was denied so.
    pub seq: Seq,
    pub denial: Denial,
    pub times: u64,
}

/// A call that was made and brought no answer.
#[derive(Debug, Clone, PartialEq)]
pub struct UnansweredCall {
    pub position: u64,
    pub at: Timestamp,
    pub phase: PhaseId,
    pub seq: Seq,
    pub summary: String,
    pub outcome: OutcomeKind,
    /// What is known of the reason.
    pub reason: String,
}

impl Report {
    /// Most entries of the lists of denials and of unanswered calls.
    pub const KEPT: usize = 100;

    /// Builds the report of a run from its events, in their order.
    pub fn build(checklist: &Checklist, phases: &[PlannedPhase], events: impl IntoIterator<Item = Event>) -> Self {
        let mut collector = Collector::new(phases);
        events.into_iter().for_each(|event| collector.take(event));
        collector.finish(checklist)
    }

    /// The rows that count, i.e. that are not off.
    pub fn judged(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| row.level != Level::Off)
    }

    /// The rows that count and have a verdict that nobody answers for.
    pub fn with(&self, verdict: Verdict) -> impl Iterator<Item = &Row> {
        self.judged().filter(move |row| row.verdict == verdict && row.waived.is_none())
    }

    /// The rows that somebody answers for although they did not pass, with the waiver.
    pub fn waived(&self) -> impl Iterator<Item = (&Row, &Waiver)> {
        self.rows.iter().filter_map(|row| Some((row, row.waived.as_ref()?)))
    }

    /// The rows that pass and were tried before without passing, with the verdict that they had then. A row that was not tried
    /// before has not changed its mind.
    pub fn flaky(&self) -> impl Iterator<Item = (&Row, Verdict)> {
        let retry = self.header.as_ref().and_then(|header| header.retry.as_ref());
        self.judged().filter(|row| row.verdict == Verdict::Pass).filter_map(move |row| {
            let before = *retry?.before.get(&row.id)?;
            matches!(before, Verdict::Fail | Verdict::Inconclusive).then_some((row, before))
        })
    }

    /// What the rows come to, whether or not the run has ended.
    pub fn comes_to(&self) -> Decision {
        let header = self.header.as_ref();
        let facts = RunFacts {
            only: header.is_some_and(|header| header.only.is_some()),
            dry_run: header.is_some_and(|header| header.dry_run),
            rehearsed: self.rehearsal().is_some(),
            cancelled: self.cancelled.is_some(),
            blind: self.blind().next().is_some(),
            rollback: self.rollback(),
            unapproved: self.unapproved().any(|approval| !self.is_missed(&approval.ask.phase)),
            refused_rollback: self.refused_rollback().is_some(),
        };
        // Nothing is missing where there was nothing to take back. What only a later stage can find out counts when it is found.
        let counts = |row: &&Row| match row.verdict {
            Verdict::NotExercised if self.is_of_rollback(&row.id) => false,
            Verdict::Fail => true,
            _ => !self.waits_for_a_stage(&row.id),
        };
        decide(self.rows.iter().filter(counts), facts)
    }

    /// How many times faster waits passed than they do, if it was a rehearsal.
    pub fn rehearsal(&self) -> Option<Scale> {
        self.header.as_ref()?.scale
    }

    /// The stage that comes next, if one has been decided and there are more.
    pub fn next_stage(&self) -> Option<&str> {
        if self.over == 0 || self.cancelled.is_some() {
            return None;
        }
        self.stages.get(self.over).map(String::as_str)
    }

    /// Rows that are decided with a stage that is to come are pending, whatever is said of them so far; but for what has failed.
    pub(crate) fn defer(&mut self) {
        let open = |row: &Row| row.level != Level::Off && row.verdict != Verdict::Fail;
        let with = |row: &Row| self.stages.get(self.stage_of(&row.id).max(self.over));
        let later = |row: &Row| with(row).filter(|_| open(row) && self.waits_for_a_stage(&row.id)).cloned();
        let later: Vec<Option<String>> = self.rows.iter().map(later).collect();
        for (row, stage) in self.rows.iter_mut().zip(later).filter_map(|(row, stage)| Some((row, stage?))) {
            row.verdict = Verdict::Pending;
            row.observed = format!("it is decided with stage `{stage}`");
        }
    }

    /// The place of the last stage of which a phase has begun.
    pub fn begun(&self) -> usize {
        let begun = self.phases.iter().filter(|phase| phase.started.is_some() && !phase.rollback);
        begun.map(|phase| phase.stage).max().unwrap_or(0)
    }

    /// Rows of a stage that never began have no verdict, but for what has failed before, or was left open by a phase of a stage that began. What its
    /// policies have seen is of another stage.
    pub(crate) fn leave_out(&mut self) {
        let begun = self.begun();
        let why = |row: &Row| {
            let stage = self.stage_of(&row.id);
            let open = matches!(row.verdict, Verdict::Pending | Verdict::Inconclusive);
            let ended = self.blind().any(|(policy, _)| policy.requirements.contains(&row.id));
            let mut before = self.phases.iter().filter(|phase| phase.stage <= begun && !phase.rollback);
            let tried = before.any(|phase| phase.requirements.contains(&row.id));
            let never = stage > begun && stage < self.over && open && !ended && !tried;
            let mut phases = self.phases.iter().filter(|phase| never && phase.stage == stage && !phase.rollback);
            phases.find_map(|phase| phase.end.as_ref()).map(|end| end.reason().to_owned())
        };
        let left: Vec<Option<String>> = self.rows.iter().map(why).collect();
        for (row, why) in self.rows.iter_mut().zip(left).filter_map(|(row, why)| Some((row, why?))) {
            row.verdict = Verdict::NotExercised;
            row.observed = why;
        }
    }

    /// Whether a row is decided later than what is decided now: with a later stage, or with a rollback that may still come.
    fn waits_for_a_stage(&self, row: &RequirementId) -> bool {
        self.next_stage().is_some() && (self.is_of_rollback(row) || self.stage_of(row) >= self.over)
    }

    /// The place of the stage at whose end a row is decided: the last one that anybody judges it in.
    pub fn stage_of(&self, row: &RequirementId) -> usize {
        let phases = self.phases.iter().filter(|phase| !phase.rollback && phase.requirements.contains(row));
        let policies = self.policies.iter().filter(|policy| policy.requirements.contains(row));
        phases.map(|phase| phase.stage).chain(policies.map(|policy| policy.stage)).max().unwrap_or(0)
    }

    /// The policies that were ended, with the reason: what they would have found, nobody knows.
    pub fn blind(&self) -> impl Iterator<Item = (&PolicyReport, &str)> {
        self.policies.iter().filter_map(|policy| Some((policy, policy.standing.ended.as_deref()?)))
    }

    /// The approvals that phases waited for in vain: they were denied, or nobody gave them while there was time.
    pub fn unapproved(&self) -> impl Iterator<Item = &Approval> {
        let refused = |approval: &&Approval| {
            let phase = self.phases.iter().find(|phase| phase.id == approval.ask.phase);
            let ended = phase.is_some_and(|phase| phase.started.is_none() && phase.end.is_some());
            ended && !approval.is_given()
        };
        self.approvals.iter().filter(refused)
    }

    /// The notifications that nobody got, with the reason. They change no decision.
    pub fn undelivered(&self) -> impl Iterator<Item = (&Notice, &str)> {
        self.notices.iter().filter_map(|told| Some((&told.notice, told.end.as_ref()?.failed.as_deref()?)))
    }

    /// The rollback that was called for and that nobody approved.
    pub fn refused_rollback(&self) -> Option<&Approval> {
        self.unapproved().find(|approval| !approval.ask.cause.is_empty())
    }

    /// Whether a required row says that a phase is missing: then that row decides, and whoever waives it answers for it.
    fn is_missed(&self, phase: &PhaseId) -> bool {
        let mut judges = self.phases.iter().filter(|known| known.id == *phase).flat_map(|known| &known.requirements);
        judges.any(|id| {
            let mut rows = self.rows.iter().filter(|row| row.id == *id && row.level == Level::Required);
            // A row that is decided later says nothing yet.
            let counts = |row: &Row| row.verdict == Verdict::Fail || !self.waits_for_a_stage(&row.id);
            rows.any(|row| row.verdict != Verdict::Pass && !row.rehearsed && counts(row))
        })
    }

    /// The ask that a phase waits with now.
    pub(crate) fn waits(&self, phase: &PhaseReport) -> Option<&Approval> {
        let mut asks = self.approvals.iter().filter(|approval| approval.ask.phase == phase.id);
        asks.find(|approval| phase.started.is_none() && phase.end.is_none() && approval.answer.is_none())
    }

    /// Whether a rollback was begun, and succeeded in every phase of it that was asked for and every required row that those judge. A dry
    /// run takes nothing back.
    pub fn rollback(&self) -> Option<bool> {
        let header = self.header.as_ref()?;
        let asked = |phase: &&PhaseReport| header.only.as_ref().is_none_or(|only| only.contains(&phase.id));
        let part: Vec<&PhaseReport> = self.phases.iter().filter(|phase| phase.rollback).filter(asked).collect();
        if header.dry_run || part.iter().all(|phase| phase.started.is_none()) {
            return None;
        }
        let judged = |row: &&Row| part.iter().any(|phase| phase.requirements.contains(&row.id));
        let mut rows = self.rows.iter().filter(|row| row.level == Level::Required && self.is_of_rollback(&row.id));
        let ended = part.iter().all(|phase| phase.end == Some(PhaseEnd::Completed));
        let well = |row: &Row| row.verdict == Verdict::Pass || row.rehearsed || row.waived.is_some();
        Some(ended && rows.all(|row| !judged(&row) || well(row)))
    }

    /// Whether only phases of the rollback judge a row. Policies judge before it.
    fn is_of_rollback(&self, row: &RequirementId) -> bool {
        if self.policies.iter().any(|policy| policy.requirements.contains(row)) {
            return false;
        }
        let mut judges = self.phases.iter().filter(|phase| phase.requirements.contains(row)).peekable();
        judges.peek().is_some() && judges.all(|phase| phase.rollback)
    }

    /// The rows that failed.
    pub fn failed(&self) -> impl Iterator<Item = &Row> {
        self.with(Verdict::Fail)
    }

    /// The rows that were tried and have no verdict.
    pub fn inconclusive(&self) -> impl Iterator<Item = &Row> {
        self.with(Verdict::Inconclusive)
    }

    /// The rows that were not tried; `observed` says why.
    pub fn not_exercised(&self) -> impl Iterator<Item = &Row> {
        self.with(Verdict::NotExercised)
    }

    /// The checks that speak for a row with the verdict that it has, with the phase that made them.
    pub fn checks_behind<'a>(&'a self, row: &'a Row) -> impl Iterator<Item = (&'a PhaseReport, &'a Check)> {
        self.phases
            .iter()
            .filter(|phase| phase.requirements.contains(&row.id))
            .flat_map(|phase| phase.checks.iter().map(move |check| (phase, check)))
            .filter(|(_, check)| check.verdict == row.verdict && check.requirements.contains(&row.id))
    }

    /// The calls of all phases.
    pub fn calls(&self) -> CallCounts {
        let mut sum = CallCounts::default();
        self.phases.iter().for_each(|phase| sum.add(&phase.calls));
        sum
    }
}

impl PhaseReport {
    /// The run that has the phase's calls.
    pub fn executed_in<'a>(&'a self, header: &'a RunHeader) -> &'a RunId {
        self.taken_over.as_ref().map_or(&header.run, |origin| &origin.run)
    }

    /// Most log lines that are kept.
    pub const LOG_LINES: usize = 200;
    /// Most calls in the list of slow ones.
    pub const SLOWEST: usize = 5;

    /// What the phase comes to: its worst check, made worse by a bad end. None if it has ended well and had nothing to judge.
    pub fn verdict(&self) -> Option<Verdict> {
        let owed = match &self.end {
            None => Some(Verdict::Pending),
            Some(PhaseEnd::Skipped(_)) => Some(Verdict::NotExercised),
            Some(PhaseEnd::Completed) if self.checks.is_empty() && !self.requirements.is_empty() => {
                Some(Verdict::Inconclusive)
            }
            Some(PhaseEnd::Completed) => None,
            Some(_) => Some(Verdict::Inconclusive),
        };
        Verdict::fold(self.checks.iter().map(|check| check.verdict).chain(owed))
    }

    /// Milliseconds from its start to its end.
    pub fn duration(&self) -> Option<f64> {
        Some(self.ended?.since(self.started?))
    }
}
