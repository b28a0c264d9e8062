//! Has everybody do the same work, one after the other, and puts the figures side by side.

use std::path::PathBuf;

use anyhow::{Result, ensure};

use super::peers::{LoadPeer, PEERS};
use super::target::Nginx;
use super::wire::Wire;
use super::{Ran, hostile, ours, percentiles};
use crate::bench::figure::{Better, Figure, Peer};
use crate::project::Project;
use crate::sh::say;

/// Users that everybody has before memory is looked at, so that what all share is not counted.
const FIRST: u32 = 100;

/// What is measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Work<'a> {
    pub(crate) users: &'a [u32],
    pub(crate) seconds: u32,
    pub(crate) over: &'a [Wire],
}

/// Figures of ours beside every peer that is here, for each number of users and each way to speak.
pub(crate) fn figures(project: &Project, work: Work<'_>) -> Result<Vec<Figure>> {
    ensure!(
        work.users.iter().all(|users| *users > FIRST),
        "more than {FIRST} users are needed, of whom memory is told"
    );
    let nginx = Nginx::start(project)?;
    let mut peers = Vec::new();
    for peer in PEERS {
        match peer.find(project) {
            Some(program) => peers.push((peer, program)),
            None => say("bench", &format!("without {}, which `cargo xtask setup --bench` installs", peer.name())),
        }
    }
    let mut figures = Vec::new();
    for wire in work.over {
        figures.extend(over(project, (&nginx, *wire), work, &peers)?);
    }
    if work.over.contains(&Wire::Plain) {
        figures.extend(percentiles::figures(project, &nginx, work.seconds)?);
        figures.push(hostile::figure(project, &nginx, work.seconds)?);
    }
    Ok(figures)
}

fn over(
    project: &Project,
    (nginx, wire): (&Nginx, Wire),
    work: Work<'_>,
    peers: &[(LoadPeer, PathBuf)],
) -> Result<Vec<Figure>> {
    let ours = |users| ours::run(project, (nginx, wire), users, work.seconds);
    let first = ours(FIRST)?;
    let all = work.users.iter().map(|users| Ok((*users, ours(*users)?))).collect::<Result<Vec<_>>>()?;
    let mut figures = Vec::new();
    let mut beside = 0;
    for (peer, program) in peers.iter().filter(|(peer, _)| peer.speaks(wire)) {
        beside += 1;
        let theirs = |users| peer.run(project, program, (nginx, wire), (users, work.seconds));
        let their_first = theirs(FIRST)?;
        for (users, ran) in &all {
            let their = theirs(*users)?;
            figures.extend(beside_of((wire, *users), (ran, &first), Some((peer.name(), &their, &their_first))));
        }
    }
    if beside == 0 {
        figures.extend(all.iter().flat_map(|(users, ran)| beside_of((wire, *users), (ran, &first), None)));
    }
    Ok(figures)
}

/// The figures of a number of users, of ours and of a peer. What either has none of is left out.
fn beside_of((wire, users): (Wire, u32), (ran, first): (&Ran, &Ran), peer: Option<(&str, &Ran, &Ran)>) -> Vec<Figure> {
    let named = |of: &dyn Fn(&Ran, &Ran) -> Option<f64>| match peer {
        None => Some(None),
        Some((name, their, their_first)) => {
            of(their, their_first).map(|figure| Some(Peer { name: name.to_owned(), figure }))
        }
    };
    let figure = |name: &str, unit: &str, of: &dyn Fn(&Ran, &Ran) -> Option<f64>| {
        let (metric, unit, ours) = (wire.metric(name, users), unit.to_owned(), of(ran, first)?);
        Some(Figure { bench: "load", metric, unit, better: Better::Lower, ours, peer: named(of)? })
    };
    let cpu = figure("cpu-per-request", "us", &|ran, _| Some(cpu_of(ran)));
    let memory = figure("memory-per-user", "KiB", &|ran, first| Some(memory_of(ran, first, users)));
    let begun = figure("all-begun", "ms", &|ran, _| ran.begun.map(|begun| begun.as_secs_f64() * 1e3));
    [cpu, memory, begun].into_iter().flatten().collect()
}

/// Microseconds of processor a request.
fn cpu_of(ran: &Ran) -> f64 {
    ran.usage.cpu.as_secs_f64() * 1e6 / ran.requests.max(1) as f64
}

/// KiB of a user beyond the first.
fn memory_of(ran: &Ran, first: &Ran, users: u32) -> f64 {
    ran.usage.peak.saturating_sub(first.usage.peak) as f64 / 1024.0 / f64::from(users - FIRST)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::usage::Usage;
    use super::*;

    #[test]
    fn what_all_users_share_is_not_counted() {
        let ran = |requests, cpu_ms, mib: u64| Ran {
            requests,
            usage: Usage { cpu: Duration::from_millis(cpu_ms), peak: mib << 20 },
            begun: None,
        };
        let (first, many) = (ran(1_000, 20, 40), ran(2_000, 50, 140));
        assert_eq!((cpu_of(&many), memory_of(&many, &first, 1_124)), (25.0, 100.0));
        assert_eq!(memory_of(&first, &many, 1_124), 0.0);
    }

    #[test]
    fn a_figure_that_somebody_lacks_is_left_out() {
        let ran =
            |begun: Option<u64>| Ran { requests: 1, usage: Usage::default(), begun: begun.map(Duration::from_millis) };
        let metrics = |ours, theirs| {
            let (ours, theirs) = (ran(ours), ran(theirs));
            let figures = beside_of((Wire::H2, 150), (&ours, &ours), Some(("k6", &theirs, &theirs)));
            figures.into_iter().map(|figure| (figure.metric, figure.ours)).collect::<Vec<_>>()
        };
        assert_eq!(metrics(Some(7), Some(9))[2], ("all-begun-h2-150".to_owned(), 7.0));
        assert_eq!((metrics(None, Some(9)).len(), metrics(Some(7), None).len()), (2, 2));
    }
}
