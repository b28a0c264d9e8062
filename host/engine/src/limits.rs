//! Bounds of what a guest takes: its memory and tables, and what the host holds for it. Growth beyond them is refused; what was refused is
//! remembered, to be told if the guest crashes.

use wasmtime::{ResourceLimiter, Store};

/// The bounds of one store.
pub(crate) struct Limits {
    memory: usize,
    used: usize,
    refused: Option<String>,
}

/// Elements of each table of a guest.
const TABLE: usize = 100_000;
/// Bytes that one call may bring into the host. Checked while they are copied, before any capability sees a request.
const ONE_CALL: usize = 32 << 20;
/// Handles that a guest may hold: those of the host's resources and those of resources that it defines itself.
const HANDLES: usize = 4_000;

/// Sets what is not asked of a [`ResourceLimiter`].
pub(crate) fn bound<T>(store: &mut Store<T>) {
    store.set_hostcall_fuel(ONE_CALL);
    store.set_max_component_handles(HANDLES);
}

/// The bound that a trap tells of, in our words. The errors behind them have no public types; `tests/e2e` sees to it that the words still
/// match.
pub(crate) fn reached(trap: &str) -> Option<String> {
    if trap.contains("fuel allocated for hostcalls has been exhausted") {
        return Some(format!("limit of {} MiB of arguments in one call reached", ONE_CALL >> 20));
    }
    let handles = ["store handle limit exceeded", "resource table has no free keys"];
    handles.iter().any(|words| trap.contains(words)).then(|| "limit of open handles reached".to_owned())
}

impl Limits {
    pub(crate) fn new(memory: u64) -> Self {
        Self { memory: usize::try_from(memory).unwrap_or(usize::MAX), used: 0, refused: None }
    }

    /// What was refused last.
    pub(crate) fn refused(&self) -> Option<&str> {
        self.refused.as_deref()
    }
}

impl ResourceLimiter for Limits {
    /// Counts all memories of the guest together.
    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let used = self.used.saturating_add(desired.saturating_sub(current));
        if used > self.memory {
            self.refused = Some(format!("memory limit of {} MiB reached", self.memory >> 20));
            return Ok(false);
        }
        self.used = used;
        Ok(true)
    }

    fn table_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        if desired > TABLE {
            self.refused = Some(format!("table limit of {TABLE} elements reached"));
            return Ok(false);
        }
        Ok(true)
    }
}
