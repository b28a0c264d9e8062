//! Bounds of a guest's memory and tables. Growth beyond them is refused; what was refused is remembered, to be told if the guest crashes.

use wasmtime::ResourceLimiter;

/// The bounds of one store.
pub(crate) struct Limits {
    memory: usize,
    used: usize,
    refused: Option<String>,
}

/// Elements of all tables of a guest.
const TABLE: usize = 100_000;

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
