//! The wasmtime engine that phases run on: deterministic, bounded, interruptible.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

use holdpoint_model::Digest;
use wasmtime::{Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, component::Component};

use crate::{Cache, PhaseModule, linker};

/// How often a running guest can be interrupted.
pub(crate) const TICK: Duration = Duration::from_millis(10);

/// Why a module can't be run.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    #[error("can't start the WebAssembly engine: {0}")]
    Start(String),
    #[error("module {digest} does not compile: {reason}")]
    Compile { digest: Digest, reason: String },
    #[error("module {digest} is not a phase: {reason}")]
    NotAPhase { digest: Digest, reason: String },
    #[error("module {digest} is not a virtual user: {reason}")]
    NotAUser { digest: Digest, reason: String },
    #[error("module {digest} is not a policy: {reason}")]
    NotAPolicy { digest: Digest, reason: String },
}

/// Compiles and runs phases.
pub struct PhaseEngine {
    engine: Engine,
    cache: Option<Cache>,
    linker: wasmtime::component::Linker<crate::state::PhaseState>,
    _ticker: Ticker,
}

impl PhaseEngine {
    /// An engine for as many phases side by side as there are `slots`, whose memories are at most `memory` bytes. Compiled modules are kept
    /// below `cache`.
    pub fn new(memory: u64, slots: u32, cache: Option<PathBuf>) -> Result<Self, EngineError> {
        let start = |e: wasmtime::Error| EngineError::Start(format!("{e:#}"));
        let engine = Engine::new(&config(memory, slots.max(1))).map_err(start)?;
        let linker = linker::phases(&engine).map_err(start)?;
        let ticker = Ticker::start(engine.weak()).map_err(|e| EngineError::Start(e.to_string()))?;
        let cache = cache.and_then(|folder| Cache::open(folder, &engine));
        Ok(Self { engine, cache, linker, _ticker: ticker })
    }

    /// Compiles a module, or takes it from the cache.
    pub fn load(&self, digest: Digest, bytes: &[u8]) -> Result<PhaseModule, EngineError> {
        let component = compiled(&self.engine, self.cache.as_ref(), digest, bytes)?;
        PhaseModule::new(&self.linker, &component)
            .map_err(|e| EngineError::NotAPhase { digest, reason: format!("{e:#}") })
    }

    pub(crate) fn wasmtime(&self) -> &Engine {
        &self.engine
    }
}

/// A module from the cache, or compiled and kept there.
pub(crate) fn compiled(
    engine: &Engine,
    cache: Option<&Cache>,
    digest: Digest,
    bytes: &[u8],
) -> Result<Component, EngineError> {
    if let Some(component) = cache.and_then(|cache| cache.load(engine, &digest)) {
        return Ok(component);
    }
    let component =
        Component::from_binary(engine, bytes).map_err(|e| EngineError::Compile { digest, reason: format!("{e:#}") })?;
    if let Some(cache) = cache {
        cache.store(&digest, &component);
    }
    Ok(component)
}

/// Everything that a guest could observe is fixed here: no threads, one NaN, one result of relaxed SIMD.
fn config(memory: u64, slots: u32) -> Config {
    let mut pool = PoolingAllocationConfig::default();
    pool.total_component_instances(slots)
        .total_core_instances(slots * 8)
        .max_core_instances_per_component(8)
        .total_memories(slots * 2)
        .max_memories_per_component(4)
        .total_tables(slots * 8)
        .max_tables_per_component(8)
        .table_elements(100_000)
        // Clearing a small table costs less than giving its pages back and faulting them in again.
        .table_keep_resident(16 << 10)
        .total_stacks(slots)
        .max_memory_size(usize::try_from(memory).unwrap_or(usize::MAX))
        .max_component_instance_size(1 << 20)
        .max_core_instance_size(1 << 20);
    let mut config = Config::new();
    config
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool))
        .epoch_interruption(true)
        .cranelift_nan_canonicalization(true)
        .wasm_relaxed_simd(true)
        .relaxed_simd_deterministic(true)
        .concurrency_support(false)
        .max_wasm_stack(512 << 10)
        .async_stack_size(1 << 20);
    config
}

/// The thread that moves the epoch on.
pub(crate) struct Ticker {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Ticker {
    pub(crate) fn start(engine: wasmtime::EngineWeak) -> std::io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let thread = std::thread::Builder::new().name("epoch".into()).spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                std::thread::park_timeout(TICK);
                let Some(engine) = engine.upgrade() else { break };
                engine.increment_epoch();
            }
        })?;
        Ok(Self { stop, thread: Some(thread) })
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // A ticker that crashed has nothing left to end.
            let _ = thread.join();
        }
    }
}
