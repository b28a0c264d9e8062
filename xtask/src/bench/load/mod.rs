//! Virtual users beside other load generators, towards the same nginx: processor time of a request and memory of a user, of whole
//! processes, as the operating system counts them.

mod ours;
mod peers;
mod target;
mod usage;

use anyhow::{Result, ensure};

use super::figure::{Better, Figure, Peer};
use crate::project::Project;
use crate::sh::say;

use peers::PEERS;
use target::Nginx;
use usage::Usage;

/// Users that everybody has before memory is looked at, so that what all share is not counted.
const FIRST: u32 = 100;

/// What one program has done and used.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Ran {
    requests: u64,
    usage: Usage,
}

/// What is measured.
#[derive(Debug, Clone, Copy)]
pub(super) struct Work<'a> {
    pub(super) users: &'a [u32],
    pub(super) seconds: u32,
}

/// Figures of ours beside every peer that is here, for each number of users.
pub(super) fn figures(project: &Project, work: Work<'_>) -> Result<Vec<Figure>> {
    ensure!(
        work.users.iter().all(|users| *users > FIRST),
        "more than {FIRST} users are needed, of whom memory is told"
    );
    let nginx = Nginx::start(project)?;
    let ours = |users| ours::run(project, &nginx, users, work.seconds);
    let first = ours(FIRST)?;
    let mut all = Vec::new();
    for users in work.users {
        all.push((*users, ours(*users)?));
    }
    let mut figures = Vec::new();
    let mut beside = 0;
    for peer in PEERS {
        let Some(program) = peer.find(project) else {
            say("bench", &format!("without {}, which `cargo xtask setup --bench` installs", peer.name()));
            continue;
        };
        beside += 1;
        let theirs = |users| peer.run(project, &program, &nginx, (users, work.seconds));
        let their_first = theirs(FIRST)?;
        for (users, ran) in &all {
            let their = theirs(*users)?;
            let named = |figure| Some(Peer { name: peer.name().to_owned(), figure });
            figures.push(cpu(*users, ran, named(cpu_of(&their))));
            figures.push(memory(*users, ran, &first, named(memory_of(&their, &their_first, *users))));
        }
    }
    if beside == 0 {
        figures.extend(all.iter().flat_map(|(users, ran)| [cpu(*users, ran, None), memory(*users, ran, &first, None)]));
    }
    Ok(figures)
}

/// Microseconds of processor a request.
fn cpu_of(ran: &Ran) -> f64 {
    ran.usage.cpu.as_secs_f64() * 1e6 / ran.requests.max(1) as f64
}

/// KiB of a user beyond the first.
fn memory_of(ran: &Ran, first: &Ran, users: u32) -> f64 {
    ran.usage.peak.saturating_sub(first.usage.peak) as f64 / 1024.0 / f64::from(users - FIRST)
}

fn cpu(users: u32, ran: &Ran, peer: Option<Peer>) -> Figure {
    figure(format!("cpu-per-request-{users}"), "us", cpu_of(ran), peer)
}

fn memory(users: u32, ran: &Ran, first: &Ran, peer: Option<Peer>) -> Figure {
    figure(format!("memory-per-user-{users}"), "KiB", memory_of(ran, first, users), peer)
}

fn figure(metric: String, unit: &str, ours: f64, peer: Option<Peer>) -> Figure {
    Figure { bench: "load", metric, unit: unit.to_owned(), better: Better::Lower, ours, peer }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_all_users_share_is_not_counted() {
        let ran = |requests, cpu_ms, mib: u64| Ran {
            requests,
            usage: Usage { cpu: Duration::from_millis(cpu_ms), peak: mib << 20 },
        };
        let (first, many) = (ran(1_000, 20, 40), ran(2_000, 50, 140));
        assert_eq!((cpu_of(&many), memory_of(&many, &first, 1_124)), (25.0, 100.0));
        assert_eq!(memory_of(&first, &many, 1_124), 0.0);
    }
}
