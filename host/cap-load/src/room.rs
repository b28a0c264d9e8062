//! Whether this machine has room for a plan: descriptors and memory. A plan that does not fit is refused with the numbers, before it starts.

use std::fs;

/// What one user takes of the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    pub descriptors: u64,
    pub bytes: u64,
}

impl Default for Cost {
    /// Of an instance of a module with a connection.
    fn default() -> Self {
        Self { descriptors: 2, bytes: 4 << 20 }
    }
}

/// What is free.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Room {
    descriptors: u64,
    bytes: u64,
}

/// Descriptors and bytes that stay free for everything else.
const SPARE_DESCRIPTORS: u64 = 64;
const SPARE_BYTES: u64 = 256 << 20;
/// Where the machine does not say: what every one has.
const UNKNOWN: Room = Room { descriptors: 256, bytes: 1 << 30 };

impl Room {
    /// As the machine says now.
    pub(crate) fn now() -> Self {
        let limits = fs::read_to_string("/proc/self/limits").unwrap_or_default();
        let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
        let open = fs::read_dir("/proc/self/fd").map_or(0, |entries| entries.count() as u64);
        let limit = open_files(&limits).unwrap_or(UNKNOWN.descriptors);
        Self { descriptors: limit.saturating_sub(open), bytes: available(&memory).unwrap_or(UNKNOWN.bytes) }
    }

    /// Whether so many users fit, or why not.
    pub(crate) fn fits(&self, users: u32, cost: Cost) -> Result<(), String> {
        let users = u64::from(users);
        let descriptors = users.saturating_mul(cost.descriptors).saturating_add(SPARE_DESCRIPTORS);
        if descriptors > self.descriptors {
            return Err(format!(
                "{users} users need {descriptors} descriptors, and this process may open {} more; raise the limit \
                 (ulimit -n) or plan fewer users",
                self.descriptors
            ));
        }
        let bytes = users.saturating_mul(cost.bytes).saturating_add(SPARE_BYTES);
        if bytes > self.bytes {
            let (needed, free) = (bytes >> 20, self.bytes >> 20);
            return Err(format!(
                "{users} users need {needed} MiB of memory, and this machine has {free} MiB; plan fewer users"
            ));
        }
        Ok(())
    }
}

/// The soft limit, from Linux' table of a process' limits.
fn open_files(limits: &str) -> Option<u64> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    match line.split_whitespace().next()? {
        "unlimited" => Some(u64::MAX),
        number => number.parse().ok(),
    }
}

/// From Linux' table of memory, in bytes.
fn available(memory: &str) -> Option<u64> {
    let line = memory.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib << 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_linux_says() {
        let limits = "Limit                     Soft Limit           Hard Limit           Units\n\
                      Max processes             95935                95935                processes\n\
                      Max open files            1024                 1048576              files\n";
        assert_eq!(open_files(limits), Some(1_024));
        assert_eq!(
            open_files("Max open files            unlimited            unlimited            files"),
            Some(u64::MAX)
        );
        assert_eq!(open_files(""), None);
        assert_eq!(available("MemTotal:       24 kB\nMemAvailable:   21340404 kB\n"), Some(21_340_404 << 10));
        assert_eq!(available("MemAvailable: much"), None);
    }

    #[test]
    fn a_plan_that_does_not_fit_is_refused_with_the_numbers() {
        let room = Room { descriptors: 1_000, bytes: 1 << 30 };
        let cost = Cost { descriptors: 1, bytes: 128 << 10 };
        room.fits(900, cost).unwrap();
        let why = room.fits(1_000, cost).unwrap_err();
        assert!(why.starts_with("1000 users need 1064 descriptors, and this process may open 1000 more"), "{why}");
        let why = room.fits(900, Cost { bytes: 2 << 20, ..cost }).unwrap_err();
        assert!(why.starts_with("900 users need 2056 MiB of memory, and this machine has 1024 MiB"), "{why}");
        room.fits(u32::MAX, Cost { descriptors: u64::MAX, bytes: u64::MAX }).unwrap_err();
    }
}
