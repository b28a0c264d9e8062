//! The recorder of a run that acts: what the journal has is answered from it, everything else is done and written down.

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use futures::{StreamExt as _, stream};
use holdpoint_gate::{
    Act, Acted, Admission, Boxed, Clock, Encoded, EncodedAnswer, Entry, Halt, Performed, Recorder, StatementEntry,
};
use holdpoint_model::{Class, PhaseId};
use tokio::task::JoinSet;

use crate::{
    Error, Row, RowKind, Writer,
    past::{Found, Pasts, halt},
};

#[cfg(not(feature = "sabotage"))]
fn does_not_wait() -> bool {
    false
}

#[cfg(feature = "sabotage")]
#[expect(clippy::disallowed_methods, reason = "this is the fault that the crash suite must find")]
fn does_not_wait() -> bool {
    std::env::var("HOLDPOINT_SABOTAGE").is_ok_and(|how| how == "no-wait")
}

/// Records to a journal, and rolls forward over what it already has.
pub struct LiveRecorder {
    writer: Writer,
    clock: Arc<dyn Clock>,
    pasts: Pasts,
    /// Effects under way. They outlive the guest that asked for them.
    effects: Mutex<JoinSet<()>>,
}

impl LiveRecorder {
    /// A recorder over the journal that `writer` writes. What stands in it now is past.
    pub fn new(path: &Path, writer: Writer, clock: Arc<dyn Clock>) -> Result<Self, Error> {
        Ok(Self { writer, clock, pasts: Pasts::open(path)?, effects: Mutex::default() })
    }

    /// Waits for the effects that are still under way.
    pub async fn settled(&self) {
        let mut effects = std::mem::take(&mut *self.effects.lock().unwrap_or_else(PoisonError::into_inner));
        while effects.join_next().await.is_some() {}
    }

    fn row(&self, kind: RowKind, entry: Entry, class: Option<Class>, attempt: u32) -> Row {
        Row {
            at: self.clock.now().0,
            kind,
            guest: entry.guest.into(),
            number: entry.seq.0,
            capability: entry.capability.into(),
            version: entry.version,
            class,
            attempt,
            digest: Some(entry.digest),
            summary: entry.summary,
            outcome: None,
            request: entry.request,
            answer: Encoded::default(),
        }
    }

    /// One record for a call that needs no intent.
    async fn record(&self, entry: Arc<Entry>, class: Option<Class>, answer: EncodedAnswer) -> Result<Performed, Halt> {
        let mut row = self.row(RowKind::Call, Arc::unwrap_or_clone(entry), class, 1);
        let performed = complete(&mut row, answer);
        self.writer.append(row).await.map_err(halt)?;
        Ok(performed)
    }

    /// An effect: the intent is durable, then it is acted, then the answer is durable, then the guest goes on.
    async fn effect<'a>(&self, mut call: Box<dyn Act + 'a>, class: Class, attempt: u32) -> Result<Performed, Halt> {
        let entry = call.entry().clone();
        let intent = self.row(RowKind::Intent, Entry::clone(&entry), Some(class), attempt);
        if does_not_wait() {
            self.writer.append(intent).await.map_err(halt)?;
        } else {
            self.writer.append_durable(intent).await.map_err(halt)?;
        }
        let acting = call.act(attempt);
        self.conclude(entry, class, attempt, acting)
            .await?
            .ok_or_else(|| Halt::Journal("acting brought no answer".into()))
    }

    /// Waits for an effect on a task of its own and records its answer there, so that neither is lost with the guest. `None`: it
    /// turned out not to have happened.
    async fn conclude(
        &self,
        entry: Arc<Entry>,
        class: Class,
        attempt: u32,
        acting: Boxed<'static, Acted>,
    ) -> Result<Option<Performed>, Halt> {
        let (writer, clock) = (self.writer.clone(), self.clock.clone());
        let mut row = self.row(RowKind::Outcome, Entry::clone(&entry), Some(class), attempt);
        // The intent has the request.
        row.request = Encoded::default();
        let (done, wait) = tokio::sync::oneshot::channel();
        self.effects.lock().unwrap_or_else(PoisonError::into_inner).spawn(async move {
            let result = match acting.await {
                Acted::Answer(answer) => {
                    row.at = clock.now().0;
                    let performed = complete(&mut row, answer);
                    writer.append_durable(row).await.map(|()| Some(performed)).map_err(halt)
                }
                Acted::NotHappened => Ok(None),
            };
            // Nobody waits if the guest is gone; the answer is recorded all the same.
            let _ = done.send(result);
        });
        wait.await.unwrap_or_else(|_| Err(Halt::Journal("an effect was ended before it was recorded".into())))
    }

    /// An intent without an answer: read back, and act again only if it has not happened.
    async fn settle<'a>(&self, mut call: Box<dyn Act + 'a>, attempt: u32) -> Result<Performed, Halt> {
        let (entry, reading) = (call.entry().clone(), call.settle());
        match self.conclude(entry, Class::Effect, attempt, reading).await? {
            Some(performed) => Ok(performed),
            None => self.effect(call, Class::Effect, attempt.saturating_add(1)).await,
        }
    }

    async fn one<'a>(&self, mut call: Box<dyn Act + 'a>) -> Result<Performed, Halt> {
        let entry = call.entry().clone();
        match self.pasts.of(&entry.guest, |past, reader| past.call(reader, &entry))? {
            Found::Answered(performed, _) => Ok(performed),
            Found::Open { attempt } => self.settle(call, attempt).await,
            Found::Nothing => match call.admit() {
                Admission::Refused(error) => {
                    drop(call);
                    self.record(entry, None, EncodedAnswer::of_error(&error)).await
                }
                Admission::Granted(class) if class.happens_once() => self.effect(call, class, 1).await,
                Admission::Granted(class) => {
                    let acting = call.act(1);
                    // The entry is then nobody else's, and moves into its record.
                    drop(call);
                    let answer = answer(acting.await);
                    self.record(entry, Some(class), answer).await
                }
            },
        }
    }

    /// Reads side by side, recorded in the order of their numbers.
    async fn batch<'a>(&self, calls: Vec<Box<dyn Act + 'a>>, concurrency: usize) -> Result<Vec<Performed>, Halt> {
        let mut performed = Vec::with_capacity(calls.len());
        let mut open = Vec::new();
        for mut call in calls {
            let entry = call.entry().clone();
            match self.pasts.of(&entry.guest, |past, reader| past.call(reader, &entry))? {
                Found::Answered(answer, _) => performed.push(answer),
                // Effects are denied in batches, so a batch has no intents.
                Found::Open { .. } => return Err(Halt::Journal("an effect stands where a batch was recorded".into())),
                Found::Nothing => open.push(match call.admit() {
                    Admission::Granted(class) => answered(entry, Some(class), call.act(1)),
                    Admission::Refused(error) => {
                        let refused = Acted::Answer(EncodedAnswer::of_error(&error));
                        answered(entry, None, Box::pin(std::future::ready(refused)))
                    }
                }),
            }
        }
        let mut answers = stream::iter(open).buffered(concurrency);
        while let Some((entry, class, answer)) = answers.next().await {
            performed.push(self.record(entry, class, answer).await?);
        }
        Ok(performed)
    }
}

/// What a call of a batch comes to.
type InBatch = (Arc<Entry>, Option<Class>, EncodedAnswer);

fn answered(entry: Arc<Entry>, class: Option<Class>, acting: Boxed<'static, Acted>) -> Boxed<'static, InBatch> {
    Box::pin(async move { (entry, class, answer(acting.await)) })
}

/// Puts an answer into its row.
fn complete(row: &mut Row, answer: EncodedAnswer) -> Performed {
    row.outcome = Some(answer.kind);
    row.answer = answer.message.clone();
    Performed { answer, at: holdpoint_model::Timestamp(row.at), from_journal: false }
}

/// The answer of a call that needs no settling.
fn answer(acted: Acted) -> EncodedAnswer {
    match acted {
        Acted::Answer(answer) => answer,
        Acted::NotHappened => EncodedAnswer::of_error(&holdpoint_model::CallError::Failed("it did not happen".into())),
    }
}

impl Recorder for LiveRecorder {
    fn perform<'a>(
        &'a self,
        mut calls: Vec<Box<dyn Act + 'a>>,
        concurrency: usize,
    ) -> Boxed<'a, Result<Vec<Performed>, Halt>> {
        Box::pin(async move {
            match calls.len() {
                1 => match calls.pop() {
                    Some(call) => Ok(vec![self.one(call).await?]),
                    None => Ok(Vec::new()),
                },
                _ => self.batch(calls, concurrency).await,
            }
        })
    }

    fn state(&self, entry: StatementEntry) -> Boxed<'_, Result<(), Halt>> {
        Box::pin(async move {
            let StatementEntry { guest, ordinal, statement } = entry;
            let row = Row::of_statement(&guest, ordinal, &statement, self.clock.now().0);
            if self.pasts.of(&guest, |past, reader| past.statement(reader, ordinal, &row))? {
                return Ok(());
            }
            self.writer.append(row).await.map_err(halt)
        })
    }

    fn finish(&self, guest: &PhaseId) -> Result<(), Halt> {
        self.pasts.of(guest, |past, reader| past.finish(reader, true))
    }
}
