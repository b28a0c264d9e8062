//! Lanes at work side by side, each on a thread of its own, and the signal that stops them all.
//!
//! Knows nothing of faults.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use anyhow::{Context, Result, anyhow};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc;

use crate::demo::Signals;
use crate::sh::say;

/// Whether somebody wants everything to end. Who sees it begins nothing more; what runs gets the signal itself.
#[derive(Debug, Default)]
pub(crate) struct Stop(AtomicBool);

impl Stop {
    pub(crate) fn set(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    pub(crate) fn is_set(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

/// Does the work of each lane, all at once, and returns when the last has ended: what came of each, in their order. A lane that fails stops no other.
pub(crate) fn side_by_side<W: Send, T: Send>(
    works: Vec<W>,
    work: impl Fn(W, &Stop) -> Result<T> + Sync,
) -> Result<Vec<Result<T>>> {
    let runtime = Builder::new_current_thread().enable_all().build().context("start the runtime that hears signals")?;
    let mut signals = runtime.block_on(async { Signals::listen() })?;
    Ok(until(&runtime, signals.next(), works, work))
}

/// The same, stopped by whatever gives the name of a signal.
fn until<W: Send, T: Send>(
    runtime: &Runtime,
    stopping: impl Future<Output = &'static str>,
    works: Vec<W>,
    work: impl Fn(W, &Stop) -> Result<T> + Sync,
) -> Vec<Result<T>> {
    let (stop, work) = (&Stop::default(), &work);
    let (working, mut last) = mpsc::channel::<()>(1);
    thread::scope(|scope| {
        let lanes: Vec<_> = works
            .into_iter()
            .map(|lane| {
                let working = working.clone();
                scope.spawn(move || {
                    let end = work(lane, stop);
                    drop(working);
                    end
                })
            })
            .collect();
        // The channel ends with the last lane, also with one that panics.
        drop(working);
        runtime.block_on(async {
            tokio::select! {
                name = stopping => {
                    say("lanes", &format!("got SIG{name}, ending every lane"));
                    stop.set();
                }
                _ = last.recv() => {}
            }
        });
        lanes.into_iter().map(|lane| lane.join().unwrap_or_else(|_| Err(anyhow!("it panicked")))).collect()
    })
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};
    use std::sync::Barrier;

    use anyhow::bail;

    use super::*;

    fn runtime() -> Runtime {
        Builder::new_current_thread().enable_all().build().unwrap()
    }

    #[test]
    fn a_lane_that_fails_or_panics_stops_no_other() {
        let together = Barrier::new(3);
        let ends = until(&runtime(), pending(), vec!["fails", "panics", "works"], |how, stop| {
            // Nobody passes here alone.
            together.wait();
            match how {
                "fails" => bail!("broken"),
                "panics" => panic!("on purpose"),
                _ => Ok(stop.is_set()),
            }
        });
        let told: Vec<String> =
            ends.into_iter().map(|end| end.map_or_else(|error| error.to_string(), |set| set.to_string())).collect();
        assert_eq!(told, ["broken", "it panicked", "false"]);
    }

    #[test]
    fn a_signal_stops_every_lane() {
        let ends = until(&runtime(), ready("INT"), vec![1, 2], |lane, stop| {
            while !stop.is_set() {
                thread::yield_now();
            }
            Ok(lane)
        });
        assert_eq!(ends.into_iter().map(Result::unwrap).collect::<Vec<_>>(), [1, 2]);
    }
}
