//! The wasmtime engine of policies: fuel in the place of time.

use std::path::PathBuf;

use holdpoint_model::Digest;
use wasmtime::{
    Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig,
    component::{Component, HasSelf, Linker},
};

use super::{
    PolicyLimits, PolicyModule,
    bindings::{Policy, PolicyPre},
    evidence::PolicyState,
    imports::forbidden,
};
use crate::{Cache, EngineError, engine::compiled};

/// Compiles policies.
pub struct PolicyEngine {
    engine: Engine,
    cache: Option<Cache>,
    linker: Linker<PolicyState>,
    limits: PolicyLimits,
}

impl PolicyEngine {
    /// An engine for as many evaluations side by side as there are `slots`. Compiled modules are kept below `cache`.
    ///
    /// # Errors
    /// If the machine has no room for it.
    pub fn new(limits: PolicyLimits, slots: u32, cache: Option<PathBuf>) -> Result<Self, EngineError> {
        let start = |e: wasmtime::Error| EngineError::Start(format!("{e:#}"));
        let engine = Engine::new(&config(limits.memory, slots.max(1))).map_err(start)?;
        let mut linker = Linker::new(&engine);
        Policy::add_to_linker::<_, HasSelf<PolicyState>>(&mut linker, |state| state).map_err(start)?;
        let cache = cache.and_then(|folder| Cache::open(folder, &engine));
        Ok(Self { engine, cache, linker, limits })
    }

    /// Compiles a module, or takes it from the cache.
    ///
    /// # Errors
    /// If it is no component, imports anything but evidence, or does not export what a policy exports.
    pub fn compile(&self, digest: Digest, bytes: &[u8]) -> Result<PolicyModule, EngineError> {
        let component = compiled(&self.engine, self.cache.as_ref(), digest, bytes)?;
        let no_policy = |reason: String| EngineError::NotAPolicy { digest, reason };
        if let Some(reason) = self.forbidden(&component) {
            return Err(no_policy(reason));
        }
        let failed = |e: wasmtime::Error| no_policy(format!("{e:#}"));
        let pre = self.linker.instantiate_pre(&component).map_err(failed)?;
        let pre = PolicyPre::new(pre).map_err(failed)?;
        Ok(PolicyModule::new(pre, self.limits))
    }

    /// Why the imports of a module keep it from being a policy; all of them.
    fn forbidden(&self, component: &Component) -> Option<String> {
        let ty = component.component_type();
        let reasons: Vec<String> = ty.imports(&self.engine).filter_map(|(name, _)| forbidden(name)).collect();
        (!reasons.is_empty()).then(|| reasons.join("; "))
    }
}

/// Everything that a policy could observe is fixed here: no threads, one NaN, one result of relaxed SIMD, no epoch.
fn config(memory: u64, slots: u32) -> Config {
    let mut pool = PoolingAllocationConfig::default();
    pool.total_component_instances(slots)
        .total_core_instances(slots.saturating_mul(8))
        .max_core_instances_per_component(8)
        .total_memories(slots.saturating_mul(2))
        .max_memories_per_component(2)
        .total_tables(slots.saturating_mul(8))
        .max_tables_per_component(8)
        .table_elements(100_000)
        .max_memory_size(usize::try_from(memory).unwrap_or(usize::MAX))
        .max_component_instance_size(1 << 20)
        .max_core_instance_size(1 << 20);
    let mut config = Config::new();
    config
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool))
        .consume_fuel(true)
        .cranelift_nan_canonicalization(true)
        .wasm_relaxed_simd(true)
        .relaxed_simd_deterministic(true)
        .concurrency_support(false)
        .max_wasm_stack(512 << 10);
    config
}
