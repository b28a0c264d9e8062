//! What the store of one user holds. It is small: there are thousands.

use std::sync::Arc;

use holdpoint_canary::Canary;
use holdpoint_cap_http::user::{Crowd, UserClient};
use holdpoint_cap_websocket::UserSockets;
use holdpoint_gate::Unrecorded;
use holdpoint_model::Timestamp;
use tokio::time::Instant;
use wasmtime::component::ResourceTable;
use wasmtime_wasi::{WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};

use super::{
    aside::{Aside, Beside},
    compute::{Compute, Tick},
    random::Random,
};
use crate::limits::Limits;

/// Characters of the last note that are kept.
const LONGEST_NOTE: usize = 1_000;
/// Handles of WASI that a user may hold.
const HANDLES: usize = 100;

/// The state of one user's store.
pub(crate) struct UserState {
    pub(super) guest: Unrecorded,
    pub(super) aside: Arc<Aside>,
    pub(super) client: Arc<UserClient>,
    pub(super) sockets: Arc<UserSockets>,
    pub(super) crowd: Arc<Crowd>,
    pub(super) number: u32,
    pub(super) canary: Canary,
    pub(super) random: Random,
    /// When the clocks of all users were read, and what they said.
    pub(super) clock: (Instant, Timestamp),
    pub(super) limits: Limits,
    pub(super) compute: Compute,
    pub(super) most_ticks: u32,
    pub(super) note: Option<Box<str>>,
    /// Made when the module first calls something of WASI, which most never do.
    pub(super) wasi: Option<Box<Wasi>>,
}

/// What WASI wants of whoever calls it.
pub(super) struct Wasi {
    context: WasiCtx,
    table: ResourceTable,
}

impl UserState {
    /// A backend of the user whose work is done beside its stack.
    pub(super) fn beside<B>(&self, backend: &Arc<B>) -> Beside<B> {
        Beside { aside: self.aside.clone(), backend: backend.clone() }
    }

    /// The time, as this machine has it.
    pub(super) fn now(&self) -> Timestamp {
        let (read, said) = self.clock;
        Timestamp(said.0 + read.elapsed().as_secs_f64() * 1_000.0)
    }

    pub(super) fn tick(&mut self) -> Tick {
        self.compute.tick(self.most_ticks)
    }

    /// Keeps the last thing that the user says of itself.
    pub(super) fn note(&mut self, text: &str) {
        let end = text.char_indices().nth(LONGEST_NOTE).map_or(text.len(), |(end, _)| end);
        self.note = Some(text[..end].into());
    }
}

impl WasiView for UserState {
    /// No arguments, environment, directories or network; what is printed goes nowhere.
    fn ctx(&mut self) -> WasiCtxView<'_> {
        let Wasi { context, table } = &mut **self.wasi.get_or_insert_with(|| {
            let mut table = ResourceTable::new();
            table.set_max_capacity(HANDLES);
            let context = WasiCtxBuilder::new().allow_tcp(false).allow_udp(false).allow_ip_name_lookup(false).build();
            Box::new(Wasi { context, table })
        });
        WasiCtxView { ctx: context, table }
    }
}
