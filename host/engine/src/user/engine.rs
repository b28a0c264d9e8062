//! The wasmtime engine of users: made for one module when its load starts, with a pool as large as the load.

use std::path::PathBuf;

use holdpoint_model::Digest;
use wasmtime::{
    Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, ResourcesRequired, Store, UpdateDeadline,
    component::{Component, HasSelf, Linker},
};

use super::{
    bindings::{self, VirtualUserPre},
    compute::Tick,
    state::UserState,
};
use crate::{
    Cache, EngineError,
    engine::{TICK, Ticker, compiled},
    limits,
};

/// Bytes of addresses that a memory reserves. A larger one would be cheaper to check; a smaller one lets ten thousand fit.
const RESERVED: u64 = 64 << 20;
/// Memories and tables that a user has unless its module needs more.
const USUAL: Room = Room { memories: 1, tables: 2 };
/// Beyond these ten thousand users do not fit into the addresses of a process.
const MOST: Room = Room { memories: 4, tables: 16 };
const TABLE: usize = 20_000;

/// What each user takes of the pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Room {
    memories: u32,
    tables: u32,
}

/// An engine for the users of one load.
pub struct UserEngine {
    engine: Engine,
    _ticker: Ticker,
}

/// A compiled module, ready to become as many users as its engine has room for.
#[derive(Clone)]
pub struct UserModule(pub(super) VirtualUserPre<UserState>);

impl UserEngine {
    /// Makes an engine for this module with room for as many users as there are `slots`, whose memories are at most `memory` bytes.
    pub fn new(
        digest: Digest,
        bytes: &[u8],
        slots: u32,
        memory: u64,
        cache: Option<PathBuf>,
    ) -> Result<(Self, UserModule), EngineError> {
        let memory = memory.min(RESERVED);
        let (engine, component) = match made(digest, bytes, USUAL, slots, memory, cache.clone()) {
            Ok(fits) => fits,
            // A pool refuses a module that needs more before anybody can ask it how much. One for a single user tells, or says what else is wrong.
            Err(_) => {
                let (_, component) = made(digest, bytes, MOST, 1, memory, cache.clone())?;
                made(digest, bytes, needed(&component), slots, memory, cache)?
            }
        };
        let not_a_user = |e: wasmtime::Error| EngineError::NotAUser { digest, reason: format!("{e:#}") };
        let linker = linker(&engine).map_err(|e| EngineError::Start(format!("{e:#}")))?;
        let pre = linker.instantiate_pre(&component).map_err(not_a_user)?;
        let module = UserModule(VirtualUserPre::new(pre).map_err(not_a_user)?);
        let ticker = Ticker::start(engine.weak()).map_err(|e| EngineError::Start(e.to_string()))?;
        Ok((Self { engine, _ticker: ticker }, module))
    }

    /// A store with its bounds.
    pub(super) fn store(&self, state: UserState) -> Store<UserState> {
        let mut store = Store::new(&self.engine, state);
        store.limiter(|state| &mut state.limits);
        limits::bound(&mut store);
        store.set_epoch_deadline(1);
        store.epoch_deadline_callback(|mut store| match store.data_mut().tick() {
            Tick::Waited => Ok(UpdateDeadline::Continue(1)),
            Tick::Computed => Ok(UpdateDeadline::Yield(1)),
            Tick::Over => {
                let most = u128::from(store.data().most_ticks) * TICK.as_millis();
                Err(wasmtime::format_err!("limit of {most} ms of computing in one iteration reached"))
            }
        });
        store
    }
}

/// A pool of its own, and the module compiled for it.
fn made(
    digest: Digest,
    bytes: &[u8],
    room: Room,
    slots: u32,
    memory: u64,
    cache: Option<PathBuf>,
) -> Result<(Engine, Component), EngineError> {
    let start = |e: wasmtime::Error| EngineError::Start(format!("{e:#}"));
    let engine = Engine::new(&config(room, slots.max(1), memory)).map_err(start)?;
    let cache = cache.and_then(|folder| Cache::open(folder, &engine));
    let component = compiled(&engine, cache.as_ref(), digest, bytes)?;
    Ok((engine, component))
}

/// The room that a module needs. One that brings other components along does not say.
fn needed(component: &Component) -> Room {
    let room = |needs: ResourcesRequired| Room { memories: needs.num_memories.max(1), tables: needs.num_tables.max(1) };
    component.resources_required().map_or(MOST, room)
}

/// As deterministic as for phases where it costs nothing, and with a pool that fits.
fn config(room: Room, slots: u32, memory: u64) -> Config {
    let mut pool = PoolingAllocationConfig::default();
    pool.total_component_instances(slots)
        .total_core_instances(slots.saturating_mul(8))
        .max_core_instances_per_component(8)
        .total_memories(slots.saturating_mul(room.memories))
        .max_memories_per_component(room.memories)
        .total_tables(slots.saturating_mul(room.tables))
        .max_tables_per_component(room.tables)
        .table_elements(TABLE)
        .table_keep_resident(4 << 10)
        .total_stacks(slots)
        .max_memory_size(usize::try_from(memory).unwrap_or(usize::MAX))
        .max_component_instance_size(1 << 20)
        .max_core_instance_size(1 << 20);
    let mut config = Config::new();
    config
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool))
        .memory_reservation(RESERVED)
        .memory_guard_size(64 << 10)
        .epoch_interruption(true)
        .relaxed_simd_deterministic(true)
        .concurrency_support(false)
        .max_wasm_stack(128 << 10)
        .async_stack_size(256 << 10);
    config
}

fn linker(engine: &Engine) -> wasmtime::Result<Linker<UserState>> {
    let mut linker = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    bindings::VirtualUser::add_to_linker::<_, HasSelf<UserState>>(&mut linker, |state| state)?;
    Ok(linker)
}
