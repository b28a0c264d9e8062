//! The bench: evidence as far as the journal was read, and the policies with their states.

use std::{collections::BTreeMap, sync::Arc};

use holdpoint_bundle::{Verified, is_disruptive};
use holdpoint_evidence::{Book, Shown};
use holdpoint_journal::{Reader, Row};
use holdpoint_model::{
    Event, EventKind, PolicyId, RequirementId, RunId, Timestamp,
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
        Self { run, book, seats: seats.into_iter().map(|seat| (seat, Memory::default())).collect(), read: 0 }
    }

    /// Takes up what the policies have found already.
    pub(crate) fn recall(&mut self, reader: &Reader) -> Result<(), Error> {
        let mut last: BTreeMap<PolicyId, u64> = BTreeMap::new();
        let seats = &mut self.seats;
        reader.for_each_event(|Event { position, kind, .. }| {
            let EventKind::Found(found) = kind else { return };
            let Some((_, memory)) = seats.iter_mut().find(|(seat, _)| seat.id == found.policy) else { return };
            memory.judged = found.tick;
            memory.number = memory.number.saturating_add(1);
            memory.ended |= matches!(found.judgement, Judgement::Ended(_));
            memory.kept = memory.kept.saturating_add(size(&found.judgement));
            last.insert(found.policy, position);
        })?;
        for (seat, memory) in &mut self.seats {
            let row = last.get(&seat.id).map(|position| reader.row(*position)).transpose()?.flatten();
            memory.state = row.map(|row| row.state().to_vec()).unwrap_or_default();
            // What earlier states came to is not known any more; it was within the bound.
            memory.kept = memory.kept.saturating_add(memory.state.len() as u64);
        }
        Ok(())
    }

    /// Reads on, up to and with a position, and judges every tick on the way that was not judged yet.
    pub(crate) fn go_on(&mut self, reader: &Reader, until: u64) -> Result<Vec<Judged>, Error> {
        let (mut judged, mut failed) = (Vec::new(), None);
        let after = self.read;
        reader.for_each_event_after(after, until, |event| {
            if failed.is_some() {
                return;
            }
            self.read = event.position;
            if let EventKind::Ticked { last } = event.kind {
                match self.judge(event.position, event.at, last) {
                    Ok(found) => judged.extend(found),
                    Err(why) => failed = Some(why),
                }
            }
            Arc::make_mut(&mut self.book).take(&event);
        })?;
        match failed {
            Some(why) => Err(why),
            None => Ok(judged),
        }
    }

    /// What the policies make of the book as it is, at a tick.
    fn judge(&mut self, tick: u64, now: Timestamp, is_last: bool) -> Result<Vec<Judged>, Error> {
        let mut found = Vec::new();
        for (seat, memory) in &mut self.seats {
            if memory.ended || memory.judged >= tick {
                continue;
            }
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
        100 + finding.name.len() + finding.expected.len() + finding.observed.len() + ids
    };
    match judgement {
        Judgement::Findings { findings, .. } => findings.iter().map(text).sum::<usize>() as u64,
        Judgement::Ended(why) => why.len() as u64,
    }
}
