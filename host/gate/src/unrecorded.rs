//! The gate as a virtual user has it: the same grants, classes, budgets, permits and scrubbing as a phase, and no records.
//!
//! A load makes more calls than a journal takes, and its evidence is what was counted. So nothing that a user does is replayed, resumed or
//! settled: an effect whose answer was lost stays in doubt. Statements, durable waits and handles are the business of phases.

use std::sync::Arc;

use holdpoint_model::{Answer, CallError, Class, Denial, PhaseId, Seq};

use crate::{
    Backend, BackendError, Budget, Capability, Gate, Halt, Limits, Permit, Room,
    entry::{admissible, scrub},
};

/// Who has the budget, in the text of a refusal.
const WHO: &str = "the user";

/// One virtual user at the gate. It makes one call at a time.
pub struct Unrecorded {
    gate: Arc<Gate>,
    id: PhaseId,
    seq: u32,
    limits: Limits,
    budget: Budget,
}

impl Gate {
    /// A user that nobody else in the run is called like. Its budget is that of one iteration.
    pub fn unrecorded(self: &Arc<Self>, id: PhaseId, limits: Limits) -> Unrecorded {
        Unrecorded { gate: self.clone(), id, seq: 0, limits, budget: Budget::of(WHO, limits) }
    }
}

impl Unrecorded {
    /// Who it is.
    pub fn id(&self) -> &PhaseId {
        &self.id
    }

    /// How many calls it has made.
    pub fn calls(&self) -> u32 {
        self.seq
    }

    /// The next iteration begins, with a budget of its own.
    pub fn begin(&mut self) {
        self.budget = Budget::of(WHO, self.limits);
    }

    /// Makes a call. `Err` ends the user; everything that it may know of is in the answer.
    pub async fn call<C: Capability, B: Backend<C>>(
        &mut self,
        backend: &B,
        grants: &C::Grants,
        request: C::Request,
    ) -> Result<Answer<C::Response>, Halt> {
        let seq = Seq(self.seq);
        self.seq = self.seq.wrapping_add(1);
        // What is denied counts as well, or refusals could be asked for without end.
        let budget = self.budget.call().map_err(Halt::Flood)?;
        let class = match self.judge::<C>(grants, &request, budget) {
            Ok(class) => class,
            Err(error) => return Ok(Err(error)),
        };
        let limit = C::limit(&request);
        let (run, room) = (self.gate.rules.run.clone(), Room::within(None));
        let permit = Permit::new(Arc::new(request), self.id.clone(), seq, class, 1, run, room);
        let millis = u32::try_from(limit.as_millis()).unwrap_or(u32::MAX);
        let acted = tokio::time::timeout(limit, backend.act(permit)).await;
        let mut answer = acted.unwrap_or(Err(BackendError::Timeout(millis))).map_err(|error| refused(error, class));
        scrub(&mut answer, &*self.gate.scrubber);
        if let Ok(response) = &mut answer {
            use crate::Message as _;
            let mut bytes = 0;
            response.bodies(&mut |body| bytes += body.len() as u64);
            self.budget.answer(bytes);
        }
        Ok(answer)
    }

    fn judge<C: Capability>(
        &self,
        grants: &C::Grants,
        request: &C::Request,
        budget: Result<(), CallError>,
    ) -> Result<Class, CallError> {
        let class = C::authorize(grants, request).map_err(CallError::Denied)?;
        admissible(&self.gate.rules, class, false).map_err(|(reason, remedy)| {
            let wanted = format!("{} {}", C::NAME, C::summary(request));
            CallError::Denied(Denial { wanted, reason, remedy })
        })?;
        budget.map(|()| class)
    }

    /// Takes secrets out of a text of the user that somebody else will read.
    pub fn scrub(&self, text: &mut String) {
        self.gate.scrubber.scrub_text(text);
    }
}

/// What the user is told when acting brought nothing. Nobody reads back, so an effect without an answer stays in doubt.
fn refused(error: BackendError, class: Class) -> CallError {
    match error {
        BackendError::NotSent(text) => CallError::Failed(text),
        BackendError::Interrupted(text) => CallError::Interrupted(text),
        BackendError::Denied(denial) => CallError::Denied(denial),
        error if class.happens_once() => CallError::InDoubt(error.to_string()),
        BackendError::Timeout(limit) => CallError::Timeout(limit),
        BackendError::Unknown(text) => CallError::Failed(text),
        BackendError::Exhausted(text) => CallError::Exhausted(text),
    }
}
