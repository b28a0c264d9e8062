//! The same work on many things, several at once: for what computes and waits for nothing.

use std::{panic::resume_unwind, sync::Mutex, thread};

/// Does the work on each thing, so many at once, and gives what came of them in the order of the things. A panic goes on in the caller.
pub(crate) fn together<W: Send, T: Send>(things: Vec<W>, at_once: usize, work: impl Fn(W) -> T + Sync) -> Vec<T> {
    let lanes = at_once.clamp(1, things.len().max(1));
    let next = Mutex::new(things.into_iter().enumerate());
    // Whoever panics does so outside of the lock, so it is never broken.
    let take = || next.lock().ok().and_then(|mut next| next.next());
    let lane = || {
        let mut done = Vec::new();
        while let Some((place, thing)) = take() {
            done.push((place, work(thing)));
        }
        done
    };
    let mut done: Vec<(usize, T)> = thread::scope(|scope| {
        let lanes: Vec<_> = (0..lanes).map(|_| scope.spawn(lane)).collect();
        let done = lanes.into_iter().flat_map(|lane| match lane.join() {
            Ok(done) => done,
            Err(panic) => resume_unwind(panic),
        });
        done.collect()
    });
    done.sort_by_key(|(place, _)| *place);
    done.into_iter().map(|(_, came)| came).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Barrier,
        atomic::{AtomicUsize, Ordering},
    };

    use super::*;

    #[test]
    fn everything_is_done_once_and_stays_in_its_order() {
        for at_once in [0, 1, 3, 200] {
            let done = AtomicUsize::new(0);
            let came = together((0..100).collect(), at_once, |thing: usize| {
                done.fetch_add(1, Ordering::SeqCst);
                2 * thing
            });
            assert_eq!(came, (0..100).map(|thing| 2 * thing).collect::<Vec<_>>(), "{at_once} at once");
            assert_eq!(done.into_inner(), 100);
        }
        assert!(together(Vec::<u8>::new(), 4, |thing| thing).is_empty());
    }

    #[test]
    fn so_many_are_done_at_once_and_no_more() {
        // Each waits for another one, and counts those at work.
        let (pair, working) = (Barrier::new(2), AtomicUsize::new(0));
        let most = together((0..10).collect(), 2, |_: usize| {
            let now = working.fetch_add(1, Ordering::SeqCst) + 1;
            pair.wait();
            working.fetch_sub(1, Ordering::SeqCst);
            pair.wait();
            now
        });
        assert!(most.iter().all(|now| *now <= 2), "{most:?}");
    }

    #[test]
    #[should_panic(expected = "one is broken")]
    fn a_panic_goes_on() {
        together((0..10).collect(), 3, |thing: usize| assert!(thing != 5, "one is broken"));
    }
}
