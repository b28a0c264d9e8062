//! Tokens of the gate's consent. Only this crate makes them; a backend can do nothing without one.

use std::{marker::PhantomData, sync::Arc};

use holdpoint_model::{Class, PhaseId, Seq};

use crate::{Capability, Room};

/// A granted, recorded call. It owns the request, so a backend can only do what was granted and written down.
pub struct Permit<C: Capability> {
    request: Arc<C::Request>,
    guest: PhaseId,
    seq: Seq,
    class: Class,
    attempt: u32,
    run: Arc<str>,
    room: Room,
    capability: PhantomData<C>,
}

impl<C: Capability> Permit<C> {
    pub(crate) fn new(
        request: Arc<C::Request>,
        guest: PhaseId,
        seq: Seq,
        class: Class,
        attempt: u32,
        run: Arc<str>,
        room: Room,
    ) -> Self {
        Self { request, guest, seq, class, attempt, run, room, capability: PhantomData }
    }

    /// What was granted.
    pub fn request(&self) -> &C::Request {
        &self.request
    }

    /// Who asked.
    pub fn guest(&self) -> &PhaseId {
        &self.guest
    }

    /// The number of the call.
    pub fn seq(&self) -> Seq {
        self.seq
    }

    /// What it does to the world.
    pub fn class(&self) -> Class {
        self.class
    }

    /// 1, or more where an earlier attempt is known not to have happened.
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// Room for the answer.
    pub fn room(&self) -> &Room {
        &self.room
    }

    /// The idempotency key of the call: the same for every attempt, never used by another call.
    pub fn key(&self) -> String {
        effect_key(&self.run, &self.guest, self.seq)
    }
}

/// An effect whose answer was lost, and leave to read back whether it has happened.
pub struct Doubt<C: Capability> {
    request: Arc<C::Request>,
    guest: PhaseId,
    key: String,
    capability: PhantomData<C>,
}

impl<C: Capability> Doubt<C> {
    pub(crate) fn new(request: Arc<C::Request>, guest: PhaseId, seq: Seq, run: &str) -> Self {
        let key = effect_key(run, &guest, seq);
        Self { request, guest, key, capability: PhantomData }
    }

    /// The effect in doubt.
    pub fn request(&self) -> &C::Request {
        &self.request
    }

    /// Who asked.
    pub fn guest(&self) -> &PhaseId {
        &self.guest
    }

    /// The key it was sent with.
    pub fn key(&self) -> &str {
        &self.key
    }
}

/// Something that a call had opened before the host stopped, and leave to open it again.
pub struct Opened<C: Capability> {
    request: C::Request,
    seq: Seq,
    capability: PhantomData<C>,
}

impl<C: Capability> Opened<C> {
    pub(crate) fn new(request: C::Request, seq: Seq) -> Self {
        Self { request, seq, capability: PhantomData }
    }

    /// The request that opened it.
    pub fn request(&self) -> &C::Request {
        &self.request
    }

    /// Its handle.
    pub fn seq(&self) -> Seq {
        self.seq
    }
}

fn effect_key(run: &str, guest: &PhaseId, seq: Seq) -> String {
    format!("{run}/{guest}/{seq}")
}
