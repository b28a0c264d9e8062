//! Open files that a program is not to have.

use std::{fs, os::fd::RawFd};

/// Closes all but the standard streams and one more.
pub(super) fn close_all_but(kept: RawFd) -> Result<(), String> {
    let listed = fs::read_dir("/proc/self/fd").map_err(|error| format!("open files can't be listed: {error}"))?;
    let open: Vec<RawFd> =
        listed.flatten().filter_map(|entry| entry.file_name().to_str().and_then(|name| name.parse().ok())).collect();
    for fd in open.into_iter().filter(|fd| *fd > 2 && *fd != kept) {
        // The listing itself is among them, and is closed already.
        let _ = nix::unistd::close(fd);
    }
    Ok(())
}
