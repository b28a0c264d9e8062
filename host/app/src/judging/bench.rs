//! The bench: evidence as far as the journal was read, and the policies with their states.

use std::sync::Arc;

use holdpoint_bundle::{Verified, is_disruptive};
use holdpoint_evidence::{Book, Shown};
use holdpoint_journal::{Reader, Row};
use holdpoint_model::{
    Event, EventKind, PhaseId, RequirementId, RunId, Timestamp,
    policy::{Evaluation, Finding, Found, Judgement},
};

use super::{Failed, Seat};
use crate::Error;

/// Bytes of findings and states that the journal keeps of one policy. What goes on for days stays far below.
const KEPT: u64 = 256 << 20;

/// What a policy makes of a tick, with the state that it wants to be given at the next one.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Judged {
    pub(crate) found: Found,
    /// Which of its ticks it was, counted from 1.
    pub(crate) number: u32,
    pub(crate) state: Vec<u8>,
    /// When the tick was.
    pub(crate) at: Timestamp,
}

impl Judged {
    /// As the journal keeps it.
    pub(crate) fn row(self) -> Row {
        Row::found(&self.found, self.number, self.state.into(), self.at.0)
    }
}

/// Evidence and policies, up to a position.
pub(crate) struct Bench {
    run: RunId,
    book: Arc<Book>,
    seats: Vec<(Seat, Memory)>,
    read: u64,
    /// How many stages have ended.
    over: usize,
    /// The place of the stage of each phase.
    stages: Vec<(PhaseId, usize)>,
    /// The place of the last stage of which a phase has begun.
    begun: usize,
}

/// What is known of a policy's evaluations so far.
#[derive(Debug, Clone, Default, PartialEq)]
struct Memory {
    state: Vec<u8>,
    /// The position of the last tick that it has judged.
    judged: u64,
    number: u32,
    ended: bool,
    kept: u64,
}

impl Bench {
    /// A bench that has read nothing.
    pub(crate) fn new(run: RunId, verified: &Verified, seats: Vec<Seat>) -> Self {
        let disruptive = verified.phases.iter().filter(|phase| is_disruptive(&phase.grants));
        let book = Arc::new(Book::new(disruptive.map(|phase| phase.id.clone())));
        let seats = seats.into_iter().map(|seat| (seat, Memory::default())).collect();
        let stages = verified.phases.iter().map(|phase| (phase.id.clone(), verified.place_of(&phase.stage))).collect();
        Self { run, book, seats, read: 0, over: 0, stages, begun: 0 }
    }

    /// Takes up what the policies have found already.
    pub(crate) fn recall(&mut self, reader: &Reader) -> Result<(), Error> {
        let mut states: Vec<(usize, u64)> = Vec::new();
        let seats = &mut self.seats;
        reader.for_each_event(|Event { position, kind, .. }| {
            let EventKind::Found(found) = kind else { return };
            let Some(place) = seats.iter().position(|(seat, _)| seat.id == found.policy) else { return };
            let memory = &mut seats[place].1;
            memory.judged = found.tick;
            memory.number = memory.number.saturating_add(1);
            memory.ended |= matches!(found.judgement, Judgement::Ended(_));
            memory.kept = memory.kept.saturating_add(size(&found.judgement));
            states.push((place, position));
        })?;
        // All of them count, as they do for a host that was there all the time.
        for (place, position) in states {
            let memory = &mut self.seats[place].1;
            memory.state = reader.row(position)?.map(|row| row.state().to_vec()).unwrap_or_default();
            memory.kept = memory.kept.saturating_add(memory.state.len() as u64);
        }
        Ok(())
    }

    /// Reads on, up to and with a position, and judges every tick on the way that was not judged yet.
    pub(crate) fn go_on(&mut self, reader: &Reader, until: u64) -> Result<Vec<Judged>, Error> {
        let mut all = Vec::new();
        self.for_each_judged(reader, until, |judged| all.push(judged))?;
        Ok(all)
    }

    /// The same, one by one: the states of a day are more than anybody wants to keep.
    pub(crate) fn for_each_judged(
        &mut self,
        reader: &Reader,
        until: u64,
        mut see: impl FnMut(Judged),
    ) -> Result<(), Error> {
        let mut failed = None;
        let after = self.read;
        reader.for_each_event_after(after, until, |event| {
            if failed.is_some() {
                return;
            }
            self.read = event.position;
            match &event.kind {
                EventKind::Ticked { last } => {
                    let found = self.judge(event.position, event.at, *last);
                    self.over += usize::from(*last);
                    match found {
                        Ok(found) => found.into_iter().for_each(&mut see),
                        Err(why) => failed = Some(why),
                    }
                }
                EventKind::PhaseStarted { phase } | EventKind::PhaseTakenOver { phase, .. } => self.begin(phase),
                _ => {}
            }
            Arc::make_mut(&mut self.book).take(&event);
        })?;
        failed.map_or(Ok(()), Err)
    }

    fn begin(&mut self, phase: &PhaseId) {
        let of_phase = self.stages.iter().find(|(known, _)| known == phase).map(|(_, stage)| *stage);
        self.begun = self.begun.max(of_phase.unwrap_or_default());
    }

    /// What the policies make of the book as it is, at a tick, which may be the last one of a stage. Those of an earlier stage have judged. Those of
    /// one that never began have no last word: what they have seen is of another.
    fn judge(&mut self, tick: u64, now: Timestamp, last: bool) -> Result<Vec<Judged>, Error> {
        let mut found = Vec::new();
        for (seat, memory) in &mut self.seats {
            if memory.ended || memory.judged >= tick || seat.stage < self.over {
                continue;
            }
            let is_last = last && seat.stage == self.over && seat.stage <= self.begun;
            let shown = Shown {
                book: self.book.clone(),
                run: self.run.clone(),
                now,
                is_last,
                requirements: seat.requirements.iter().map(|(claim, _)| claim.clone()).collect(),
            };
            let (judgement, state) = evaluated(seat, memory, shown)?;
            memory.judged = tick;
            memory.number = memory.number.saturating_add(1);
            memory.ended = matches!(judgement, Judgement::Ended(_));
            memory.kept = memory.kept.saturating_add(size(&judgement)).saturating_add(state.len() as u64);
            memory.state.clone_from(&state);
            let policy = seat.id.clone();
            let number = memory.number;
            found.push(Judged { found: Found { policy, tick, judgement }, number, state, at: now });
        }
        Ok(found)
    }
}

/// The positions of a run's ticks.
pub(crate) fn ticks(reader: &Reader) -> Result<Vec<u64>, Error> {
    let mut ticks = Vec::new();
    reader.for_each_event(|event| {
        ticks.extend(matches!(event.kind, EventKind::Ticked { .. }).then_some(event.position));
    })?;
    Ok(ticks)
}

fn evaluated(seat: &Seat, memory: &Memory, shown: Shown) -> Result<(Judgement, Vec<u8>), Error> {
    let ended = |why: String| Ok((Judgement::Ended(why), Vec::new()));
    if let Some(beyond) = shown.book.beyond() {
        return ended(beyond.to_string());
    }
    if memory.kept > KEPT {
        return ended(format!("its findings and states come to more than the {KEPT} bytes that are kept"));
    }
    match seat.judge.evaluate(&seat.config, &memory.state, Arc::new(shown)) {
        Ok((Evaluation { findings, state }, fuel)) => {
            match findings.into_iter().map(|finding| of_rows(finding, &seat.requirements)).collect() {
                Ok(findings) => Ok((Judgement::Findings { findings, fuel }, state)),
                Err(why) => ended(why),
            }
        }
        Err(Failed::Policy(why)) => ended(why),
        Err(Failed::Host(why)) => Err(Error::Policy { policy: seat.id.to_string(), reason: why }),
    }
}

/// A finding for the rows that its claims speak for.
fn of_rows(finding: Finding, known: &[(RequirementId, RequirementId)]) -> Result<Finding, String> {
    let row = |claim: &RequirementId| {
        let found = known.iter().find(|(own, _)| own == claim).map(|(_, row)| row.clone());
        found.ok_or_else(|| format!("`{}` claims row {claim}, which the bundle does not let it claim", finding.name))
    };
    let requirements = finding.requirements.iter().map(row).collect::<Result<_, _>>()?;
    Ok(Finding { requirements, ..finding })
}

/// Bytes that a judgement is kept in, about.
fn size(judgement: &Judgement) -> u64 {
    let text = |finding: &Finding| {
        let ids: usize = finding.requirements.iter().map(|id| id.as_str().len() + 3).sum();
        let action = finding.action.as_ref().map_or(0, String::len);
        100 + finding.name.len() + finding.expected.len() + finding.observed.len() + action + ids
    };
    match judgement {
        Judgement::Findings { findings, .. } => findings.iter().map(text).sum::<usize>() as u64,
        Judgement::Ended(why) => why.len() as u64,
    }
}
