//! What the backend's process takes, as its metrics have it. Simulated: the double's own memory says nothing of the real system's.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use crate::change::Change;

/// Bytes of memory when nothing leaks, and how many it may have.
const RESIDENT: u64 = 200 << 20;
const MOST_RESIDENT: u64 = 512 << 20;
/// Bytes of its disk that are in use, and how many it has.
const DISK: u64 = 3 << 30;
const MOST_DISK: u64 = 10 << 30;
/// The share of its one processor that it uses.
const BUSY: f64 = 0.2;
/// The share of what is nearly used up.
const PRESSED: f64 = 0.95;

/// What can be nearly used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resource {
    /// Its processor.
    Processor,
    /// Its memory.
    Memory,
    /// Its pool of connections.
    Connections,
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Processor => "processor",
            Self::Memory => "memory",
            Self::Connections => "connections",
        })
    }
}

/// What the process takes, and what it has.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Taken {
    /// The share of its processor that it uses.
    pub(crate) cpu: f64,
    /// Seconds of processor since the start.
    pub(crate) cpu_seconds: f64,
    pub(crate) resident: u64,
    pub(crate) most_resident: u64,
    pub(crate) disk: u64,
    pub(crate) most_disk: u64,
}

/// So much of it that hardly any is left.
pub(crate) fn nearly(all: u64) -> u64 {
    (all as f64 * PRESSED) as u64
}

/// How much of its processor was used so far, and how much memory has crept away.
#[derive(Debug)]
pub(crate) struct Resources(Mutex<(Instant, f64, u64)>);

impl Resources {
    pub(crate) fn new(start: Instant) -> Self {
        Self(Mutex::new((start, 0.0, 0)))
    }

    /// What is taken now, if so many requests and so many agents left memory behind. Between two looks the processor was as busy as it is now.
    pub(crate) fn taken(&self, now: Instant, changes: &[Change], (requests, agents): (u64, u64)) -> Taken {
        let pressed = |resource| changes.contains(&Change::Pressed(resource));
        let leaked = |change: &Change| match change {
            Change::MemoryLeak(bytes) => requests.saturating_mul(*bytes),
            Change::AgentLeak(bytes) => agents.saturating_mul(*bytes),
            _ => 0,
        };
        let leaked = changes.iter().map(leaked).fold(0, u64::saturating_add);
        let resident = if pressed(Resource::Memory) { nearly(MOST_RESIDENT) } else { RESIDENT };
        let mut used = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let busy = if pressed(Resource::Processor) { PRESSED } else { BUSY };
        let creep = changes.iter().find_map(|change| match change {
            Change::MemoryCreep(bytes) => Some(*bytes),
            _ => None,
        });
        let crept = used.2.saturating_add(creep.unwrap_or(0));
        *used = (now, used.1 + now.saturating_duration_since(used.0).as_secs_f64() * busy, crept);
        Taken {
            cpu: busy,
            cpu_seconds: used.1,
            resident: resident.saturating_add(leaked).saturating_add(crept),
            most_resident: MOST_RESIDENT,
            disk: DISK,
            most_disk: MOST_DISK,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn each_resource_is_pressed_by_itself() {
        let start = Instant::now();
        let a_second = |number| start + Duration::from_secs(number);
        let resources = Resources::new(start);
        let well = resources.taken(a_second(10), &[], (7, 3));
        assert_eq!(well.resident, 200 << 20);
        assert!((well.cpu_seconds - 2.0).abs() < 1e-9, "{well:?}");
        let busy = resources.taken(a_second(20), &[Change::Pressed(Resource::Processor)], (0, 0));
        assert!((busy.cpu_seconds - 11.5).abs() < 1e-9, "{busy:?}");
        assert_eq!(busy.resident, well.resident);
        let full = [Change::Pressed(Resource::Memory), Change::MemoryLeak(10), Change::AgentLeak(1_000)];
        let full = resources.taken(a_second(20), &full, (7, 3));
        assert_eq!((full.resident, full.cpu_seconds), (510_027_366 + 70 + 3_000, busy.cpu_seconds));
        let early = resources.taken(a_second(19), &[Change::Pressed(Resource::Connections)], (0, 0));
        assert_eq!((well.cpu, busy.cpu), (0.2, 0.95));
        let creeping = [(); 3]
            .map(|()| resources.taken(a_second(20), &[Change::MemoryCreep(10)], (0, 0)).resident - well.resident);
        assert_eq!(creeping, [10, 20, 30], "with each look");
        assert_eq!(early, Taken { cpu_seconds: busy.cpu_seconds, ..well });
    }
}
