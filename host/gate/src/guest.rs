//! The gate as one guest has it: its calls, its statements, its clock, its random numbers.

use std::sync::Arc;

use holdpoint_model::{Answer, CallError, Class, Digest, LogLevel, Ordinal, PhaseId, Seq, Statement, Timestamp};

use crate::{
    Act, Backend, Budget, Capability, Entry, Halt, Limits, Performed, Recorder, Scrubber, StatementEntry,
    entry::PendingCall,
    request,
    restore::Restores,
    room::Batch,
    virtual_time::{GuestRandom, VirtualClock},
};

/// What holds for every guest of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// The id of the run; part of every idempotency key.
    pub run: Arc<str>,
    /// Where the guests' random numbers come from.
    pub seed: Digest,
    /// Refuse whatever is not a read.
    pub dry_run: bool,
    /// The operator has named the environment as one that may be disturbed on purpose.
    pub may_disrupt: bool,
}

/// What the guests of a run share.
pub struct Gate {
    pub(crate) recorder: Arc<dyn Recorder>,
    pub(crate) scrubber: Arc<dyn Scrubber>,
    pub(crate) rules: Rules,
}

impl Gate {
    /// A gate over a recorder.
    pub fn new(recorder: Arc<dyn Recorder>, scrubber: Arc<dyn Scrubber>, rules: Rules) -> Arc<Self> {
        Arc::new(Self { recorder, scrubber, rules })
    }
}

/// One guest at the gate. It makes one call, or one batch of calls, at a time.
pub struct Guest {
    gate: Arc<Gate>,
    id: PhaseId,
    seq: u32,
    ordinal: u32,
    clock: VirtualClock,
    random: GuestRandom,
    budget: Budget,
    /// A statement was not taken, and that was told.
    cut_short: bool,
    restores: Arc<Restores>,
}

impl Guest {
    /// A guest that starts, or starts again, at the recorded time of its start.
    pub fn new(gate: Arc<Gate>, id: PhaseId, start: Timestamp, limits: Limits) -> Self {
        let random = GuestRandom::new(&gate.rules.seed, &id);
        Self {
            gate,
            id,
            seq: 0,
            ordinal: 0,
            clock: VirtualClock::new(start),
            random,
            budget: Budget::new(limits),
            cut_short: false,
            restores: Arc::default(),
        }
    }

    /// Who it is.
    pub fn id(&self) -> &PhaseId {
        &self.id
    }

    /// How many calls it has made.
    pub fn calls(&self) -> u32 {
        self.seq
    }

    /// The time, as the guest has it.
    pub fn now(&mut self) -> Timestamp {
        self.clock.now()
    }

    /// Random numbers that follow from the run and the guest alone.
    pub fn random(&mut self, bytes: &mut [u8]) {
        self.random.fill(bytes);
    }

    /// Makes a call. `Err` stops the guest; everything that it may know of is in the answer.
    pub async fn call<C: Capability, B: Backend<C>>(
        &mut self,
        backend: &Arc<B>,
        grants: &C::Grants,
        request: C::Request,
    ) -> Result<Answer<C::Response>, Halt> {
        let mut answers = self.perform(backend, grants, vec![request], 1).await?;
        answers.pop().ok_or_else(|| Halt::Journal("the recorder lost an answer".into()))
    }

    /// Makes calls side by side, at most `concurrency` at once. Effects are denied in a batch.
    pub async fn call_all<C: Capability, B: Backend<C>>(
        &mut self,
        backend: &Arc<B>,
        grants: &C::Grants,
        requests: Vec<C::Request>,
        concurrency: usize,
    ) -> Result<Vec<Answer<C::Response>>, Halt> {
        if requests.is_empty() {
            return Ok(Vec::new());
        }
        self.perform(backend, grants, requests, concurrency.max(1)).await
    }

    async fn perform<C: Capability, B: Backend<C>>(
        &mut self,
        backend: &Arc<B>,
        grants: &C::Grants,
        requests: Vec<C::Request>,
        concurrency: usize,
    ) -> Result<Vec<Answer<C::Response>>, Halt> {
        let batch = (requests.len() > 1).then(|| Batch::new(self.budget.batch()));
        let first = self.seq;
        let mut calls: Vec<Box<dyn Act + '_>> = Vec::with_capacity(requests.len());
        let requests: Vec<Arc<C::Request>> = requests.into_iter().map(Arc::new).collect();
        for request in &requests {
            let (entry, fits) = self.next_entry::<C>(request)?;
            calls.push(Box::new(PendingCall::<C, B> {
                gate: self.gate.clone(),
                backend: backend.clone(),
                grants,
                entry: Arc::new(entry),
                request: request.clone(),
                budget: self.budget.call().map_err(Halt::Flood)?.and(fits),
                batch: batch.clone(),
                restores: self.restores.clone(),
                class: Class::Effect,
            }));
        }
        let performed = self.gate.recorder.perform(calls, concurrency).await?;
        let mut answers = Vec::with_capacity(performed.len());
        for ((seq, request), performed) in (first..).zip(&requests).zip(performed) {
            answers.push(self.take::<C, B>(backend, Seq(seq), request, performed).await?);
        }
        Ok(answers)
    }

    /// Takes an answer in: budget, clock, open handles.
    async fn take<C: Capability, B: Backend<C>>(
        &mut self,
        backend: &Arc<B>,
        seq: Seq,
        request: &C::Request,
        performed: Performed,
    ) -> Result<Answer<C::Response>, Halt> {
        let Performed { answer, at, from_journal } = performed;
        self.budget.answer(answer.message.size());
        self.clock.advance(at);
        let answer = answer.decode::<C::Response>().map_err(|e| Halt::Journal(e.to_string()))?;
        if from_journal && answer.is_ok() {
            self.restores.replayed::<C, B>(backend, request, seq).await;
        }
        Ok(answer)
    }

    /// The next call, and whether its request is kept.
    fn next_entry<C: Capability>(&mut self, asked: &C::Request) -> Result<(Entry, Answer<()>), Halt> {
        let (request, fits) = request::encode(asked, &mut self.budget).map_err(|e| Halt::Journal(e.to_string()))?;
        let seq = Seq(self.seq);
        self.seq += 1;
        let entry = Entry {
            guest: self.id.clone(),
            seq,
            capability: C::NAME,
            version: C::VERSION,
            digest: request.digest(C::NAME, C::VERSION),
            summary: C::summary(asked),
            request,
        };
        Ok((entry, fits))
    }

    /// States something. Statements are scrubbed: a guest may have put together what the gate took apart.
    pub async fn state(&mut self, mut statement: Statement) -> Result<Answer<()>, Halt> {
        let counted = match &statement {
            Statement::Sample { .. } => self.budget.sample(size(&statement)),
            _ => self.budget.statement(size(&statement)),
        };
        if let Err(exhausted) = counted.map_err(Halt::Flood)? {
            self.tell_once(&exhausted).await?;
            return Ok(Err(exhausted));
        }
        scrub(&mut statement, &*self.gate.scrubber);
        self.record(statement).await?;
        Ok(Ok(()))
    }

    /// The first statement that is not taken is told of in its place, so that a report does not only lack what came after.
    async fn tell_once(&mut self, exhausted: &CallError) -> Result<(), Halt> {
        if std::mem::replace(&mut self.cut_short, true) {
            return Ok(());
        }
        let CallError::Exhausted(why) = exhausted else { return Ok(()) };
        let message = format!("{why}; what the phase states beyond it is not kept");
        self.record(Statement::Log { level: LogLevel::Warn, message }).await
    }

    async fn record(&mut self, statement: Statement) -> Result<(), Halt> {
        let ordinal = Ordinal(self.ordinal);
        self.ordinal += 1;
        self.gate.recorder.state(StatementEntry { guest: self.id.clone(), ordinal, statement }).await
    }

    /// Takes secrets out of a text of the guest that is kept elsewhere than in a statement.
    pub fn scrub(&self, text: &mut String) {
        self.gate.scrubber.scrub_text(text);
    }

    /// The guest has returned. A journal that knows more of it than it asked is a divergence.
    pub fn finish(&self) -> Result<(), Halt> {
        self.gate.recorder.finish(&self.id)
    }
}

fn size(statement: &Statement) -> u64 {
    let bytes = match statement {
        Statement::Check(check) => {
            let rows: usize = check.requirements.iter().map(|id| id.as_str().len()).sum();
            check.name.len() + check.expected.len() + check.observed.len() + rows + 4 * check.evidence.len()
        }
        Statement::Measure { name, unit, .. } => name.len() + unit.len() + 8,
        Statement::Sample { name, labels, .. } => {
            let labels: usize = labels.iter().map(|(name, value)| name.len() + value.len()).sum();
            name.len() + labels + 16
        }
        Statement::Attach(attachment) => attachment.name.len() + attachment.media_type.len() + attachment.content.len(),
        Statement::Progress { message, .. } => message.len() + 8,
        Statement::Log { message, .. } => message.len(),
    };
    bytes as u64
}

fn scrub(statement: &mut Statement, scrubber: &dyn Scrubber) {
    match statement {
        Statement::Check(check) => {
            scrubber.scrub_text(&mut check.name);
            scrubber.scrub_text(&mut check.expected);
            scrubber.scrub_text(&mut check.observed);
        }
        Statement::Measure { name, unit, .. } => {
            scrubber.scrub_text(name);
            scrubber.scrub_text(unit);
        }
        Statement::Sample { name, labels, .. } => {
            scrubber.scrub_text(name);
            for (name, value) in labels {
                scrubber.scrub_text(name);
                scrubber.scrub_text(value);
            }
        }
        Statement::Attach(attachment) => {
            scrubber.scrub_text(&mut attachment.name);
            scrubber.scrub_text(&mut attachment.media_type);
            if let Some(scrubbed) = scrubber.scrub(attachment.content.bytes()) {
                attachment.content = scrubbed.bytes.into();
            }
        }
        Statement::Progress { message, .. } | Statement::Log { message, .. } => scrubber.scrub_text(message),
    }
}
