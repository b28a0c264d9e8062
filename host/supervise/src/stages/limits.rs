//! Bounds that the kernel keeps for each process of a program.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// Bytes of a file.
const LARGEST_FILE: u64 = 1 << 30;
/// Open files.
const OPEN_FILES: u64 = 1_024;
/// Threads that a process has beside others; the processes themselves are counted by `init`.
const THREADS: u64 = 16;

/// Takes bounds. `apart` says that a namespace of users counts for this job alone.
pub(super) fn apply(memory: u64, processes: u32, apart: bool) -> Result<(), String> {
    // If memory runs out, the program goes before the host does. What can't be raised is as it was.
    let _ = std::fs::write("/proc/self/oom_score_adj", "500");
    bound(Resource::RLIMIT_CORE, 0)?;
    bound(Resource::RLIMIT_FSIZE, LARGEST_FILE)?;
    bound(Resource::RLIMIT_NOFILE, OPEN_FILES)?;
    // Private memory that can be written. Engines of languages reserve much more address space than they use.
    bound(Resource::RLIMIT_DATA, memory)?;
    if apart {
        // Elsewhere it would count everything that the operator runs. It does not hold for root, whom only the count holds.
        bound(Resource::RLIMIT_NPROC, u64::from(processes) * THREADS)?;
    }
    Ok(())
}

/// Lowers a bound, and never raises one that was lower.
fn bound(resource: Resource, most: u64) -> Result<(), String> {
    let failed = |error: nix::Error| format!("{resource:?} can't be bounded: {error}");
    let (_, hard) = getrlimit(resource).map_err(failed)?;
    let most = most.min(hard);
    setrlimit(resource, most, most).map_err(failed)
}
