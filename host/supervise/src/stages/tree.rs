//! The processes that came of this one, as the kernel lists them.

use std::{collections::HashSet, fs};

use nix::{
    sys::{
        signal::{Signal, kill},
        wait::{WaitPidFlag, WaitStatus, waitpid},
    },
    unistd::Pid,
};

/// Nobody is looked for beyond this; a program with bounds has long been ended then.
const MOST: usize = 20_000;

/// How many there are. None: the kernel does not say.
pub(super) fn count() -> Option<usize> {
    let mut ahead = children("self")?;
    let mut seen = HashSet::new();
    while let Some(process) = ahead.pop() {
        if seen.len() < MOST && seen.insert(process) {
            ahead.extend(children(&process.to_string()).unwrap_or_default());
        }
    }
    Some(seen.len())
}

fn children(process: &str) -> Option<Vec<u32>> {
    let mut children = Vec::new();
    for task in fs::read_dir(format!("/proc/{process}/task")).ok()?.flatten() {
        let listed = fs::read_to_string(task.path().join("children")).ok()?;
        children.extend(listed.split_whitespace().filter_map(|id| id.parse::<u32>().ok()));
    }
    Some(children)
}

/// Ends all. Whoever loses its parent becomes a child of this process, so in the end everybody is one.
///
/// The ids are those of this process: it is called where there is no namespace of processes.
pub(super) fn end_all() {
    loop {
        for child in children("self").unwrap_or_default() {
            if let Ok(child) = i32::try_from(child) {
                let _ = kill(Pid::from_raw(child), Signal::SIGKILL);
            }
        }
        loop {
            match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
                Ok(WaitStatus::StillAlive) => break,
                Ok(_) | Err(nix::Error::EINTR) => {}
                Err(_) => return,
            }
        }
        std::thread::yield_now();
    }
}
