//! One call on its way through the gate: what the gate does when a recorder asks for it.

use std::{sync::Arc, time::Duration};

use holdpoint_model::{Answer, CallError, Class, Denial};

use crate::{
    Act, Acted, Admission, Backend, BackendError, Boxed, Capability, Doubt, EncodedAnswer, Entry, Gate, Message,
    Permit, Room, Rules, Scrubber, Settlement, restore::Restores, room::Batch,
};

/// A call whose request is known and whose fate is not.
pub(crate) struct PendingCall<'a, C: Capability, B> {
    pub(crate) gate: Arc<Gate>,
    pub(crate) backend: Arc<B>,
    pub(crate) grants: &'a C::Grants,
    pub(crate) request: Arc<C::Request>,
    pub(crate) entry: Arc<Entry>,
    /// What the budget says; heard last.
    pub(crate) budget: Result<(), CallError>,
    /// It is one of several that are sent side by side.
    pub(crate) batch: Option<Arc<Batch>>,
    pub(crate) restores: Arc<Restores>,
    /// An intent found in the journal is an effect; a live call learns its class at admission.
    pub(crate) class: Class,
}

impl<C: Capability, B: Backend<C>> PendingCall<'_, C, B> {
    fn judge(&self) -> Result<Class, CallError> {
        let class = C::authorize(self.grants, &self.request).map_err(CallError::Denied)?;
        admissible(&self.gate.rules, class, self.batch.is_some()).map_err(|(reason, remedy)| {
            let wanted = format!("{} {}", C::NAME, self.entry.summary);
            CallError::Denied(Denial { wanted, reason, remedy })
        })?;
        self.budget.clone()?;
        Ok(class)
    }
}

/// Whether a run makes calls of a class at all; if not, why and what to do.
pub(crate) fn admissible(rules: &Rules, class: Class, batch: bool) -> Result<(), (String, String)> {
    let refuse = |reason: &str, remedy: &str| Err((reason.to_owned(), remedy.to_owned()));
    if class == Class::Disruptive && !rules.may_disrupt {
        let remedy = "leave the disruptive call out, or name the environment in `disruptive` of the operator's file";
        return refuse("this environment may not be disrupted", remedy);
    }
    if class.happens_once() && batch {
        return refuse(&format!("a batch takes no call of class {class}"), "send it alone, with `send`");
    }
    if class > Class::Read && rules.dry_run {
        return refuse(&format!("a dry run makes no call of class {class}"), "run without --dry-run");
    }
    Ok(())
}

impl<C: Capability, B: Backend<C>> Act for PendingCall<'_, C, B> {
    fn entry(&self) -> &Arc<Entry> {
        &self.entry
    }

    fn admit(&mut self) -> Admission {
        match self.judge() {
            Ok(class) => {
                self.class = class;
                Admission::Granted(class)
            }
            Err(error) => Admission::Refused(error),
        }
    }

    fn act(&mut self, attempt: u32) -> Boxed<'static, Acted> {
        let live = self.live();
        let Entry { guest, seq, .. } = &*self.entry;
        let room = Room::within(self.batch.as_ref());
        let permit = Permit::new(
            self.request.clone(),
            guest.clone(),
            *seq,
            self.class,
            attempt,
            self.gate.rules.run.clone(),
            room.clone(),
        );
        Box::pin(async move {
            if let Err(full) = room.left() {
                return Acted::Answer(full.into());
            }
            let answer = live.act(permit).await;
            Acted::Answer(room.admit(live.encode(answer)))
        })
    }

    fn settle(&mut self) -> Boxed<'static, Acted> {
        let live = self.live();
        Box::pin(async move {
            match live.read_back().await {
                Settlement::Happened(response) => Acted::Answer(live.encode(Ok(response))),
                Settlement::NotHappened => Acted::NotHappened,
                Settlement::Unknown(reason) => Acted::Answer(live.encode(Err(CallError::InDoubt(reason)))),
            }
        })
    }
}

impl<C: Capability, B: Backend<C>> PendingCall<'_, C, B> {
    fn live(&self) -> Live<C, B> {
        Live {
            gate: self.gate.clone(),
            backend: self.backend.clone(),
            request: self.request.clone(),
            entry: self.entry.clone(),
            class: self.class,
            restores: self.restores.clone(),
            limit: C::limit(&self.request),
        }
    }
}

/// What acting needs, without a borrow of the guest: an effect outlives it.
struct Live<C: Capability, B> {
    gate: Arc<Gate>,
    backend: Arc<B>,
    request: Arc<C::Request>,
    entry: Arc<Entry>,
    class: Class,
    restores: Arc<Restores>,
    limit: Duration,
}

impl<C: Capability, B: Backend<C>> Live<C, B> {
    async fn act(&self, permit: Permit<C>) -> Answer<C::Response> {
        self.restores.bring_back(C::handle(&self.request)).await.map_err(CallError::Interrupted)?;
        let millis = u32::try_from(self.limit.as_millis()).unwrap_or(u32::MAX);
        let acted = tokio::time::timeout(self.limit, self.backend.act(permit)).await;
        match acted.unwrap_or(Err(BackendError::Timeout(millis))) {
            Ok(response) => Ok(response),
            Err(BackendError::NotSent(text)) => Err(CallError::Failed(text)),
            Err(BackendError::Interrupted(text)) => Err(CallError::Interrupted(text)),
            Err(BackendError::Denied(denial)) => Err(CallError::Denied(denial)),
            Err(error) if self.class.happens_once() => self.in_doubt(error).await,
            Err(BackendError::Timeout(limit)) => Err(CallError::Timeout(limit)),
            Err(BackendError::Unknown(text)) => Err(CallError::Failed(text)),
            Err(BackendError::Exhausted(text)) => Err(CallError::Exhausted(text)),
        }
    }

    /// An effect was sent and brought no answer. Reading back may find that it happened; that it did not can't be concluded yet,
    /// for the request may still be under way.
    async fn in_doubt(&self, error: BackendError) -> Answer<C::Response> {
        match self.read_back().await {
            Settlement::Happened(response) => Ok(response),
            Settlement::NotHappened => Err(CallError::InDoubt(format!("{error}; read back: not seen yet"))),
            Settlement::Unknown(reason) => Err(CallError::InDoubt(format!("{error}; {reason}"))),
        }
    }

    async fn read_back(&self) -> Settlement<C::Response> {
        let Entry { guest, seq, .. } = &*self.entry;
        let doubt = Doubt::new(self.request.clone(), guest.clone(), *seq, &self.gate.rules.run);
        let settled = tokio::time::timeout(self.limit, self.backend.settle(doubt)).await;
        settled.unwrap_or_else(|_| Settlement::Unknown("reading back did not answer in time".into()))
    }

    fn encode(&self, mut answer: Answer<C::Response>) -> EncodedAnswer {
        scrub(&mut answer, &*self.gate.scrubber);
        EncodedAnswer::of(&answer).unwrap_or_else(|e| EncodedAnswer::of_error(&CallError::Failed(e.to_string())))
    }
}

/// Takes secrets out of an answer. Denials and bounds are the host's own words.
pub(crate) fn scrub<M: Message>(answer: &mut Answer<M>, scrubber: &dyn Scrubber) {
    match answer {
        Ok(response) => response.scrub(scrubber),
        Err(CallError::Failed(text) | CallError::InDoubt(text) | CallError::Interrupted(text)) => {
            scrubber.scrub_text(text);
        }
        Err(_) => {}
    }
}
