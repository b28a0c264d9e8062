//! Several things side by side, some at most at once. It knows nothing of what they are.

use std::collections::BTreeMap;

use holdpoint_app::Cancel;
use tokio::task::{JoinError, JoinSet};

/// Begins the first ones, and another whenever one has ended, until somebody interrupts; tells `ended` what came of each. One that breaks off keeps no
/// other from its end. Returns those that were not begun.
pub(super) async fn side_by_side<W, T, F>(
    all: Vec<W>,
    at_once: usize,
    cancel: &Cancel,
    begin: impl Fn(&W) -> F,
    mut ended: impl FnMut(W, Result<T, JoinError>),
) -> Vec<W>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let mut waiting = all.into_iter();
    let mut going = JoinSet::new();
    let mut known = BTreeMap::new();
    loop {
        while going.len() < at_once && !*cancel.borrow() {
            let Some(next) = waiting.next() else { break };
            known.insert(going.spawn(begin(&next)).id(), next);
        }
        let Some(joined) = going.join_next_with_id().await else { return waiting.collect() };
        let (id, came) = match joined {
            Ok((id, came)) => (id, Ok(came)),
            Err(broken) => (broken.id(), Err(broken)),
        };
        if let Some(one) = known.remove(&id) {
            ended(one, came);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        collections::BTreeSet,
        sync::{
            Arc,
            atomic::{AtomicUsize, Ordering},
        },
    };

    use tokio::sync::{Barrier, watch};

    use super::*;

    #[tokio::test]
    async fn they_go_on_at_once() {
        let (_stop, cancel) = watch::channel(false);
        let meeting = Arc::new(Barrier::new(3));
        let begin = |one: &u8| {
            let (one, meeting) = (*one, meeting.clone());
            async move {
                // Whoever waited for another to end would wait for ever.
                meeting.wait().await;
                one
            }
        };
        let mut came = BTreeSet::new();
        let ended = |one, end: Result<u8, JoinError>| {
            assert_eq!(end.unwrap(), one);
            came.insert(one);
        };
        let left = side_by_side(vec![1, 2, 3], 8, &cancel, begin, ended).await;
        assert!(left.is_empty());
        assert_eq!(came, BTreeSet::from([1, 2, 3]));
    }

    #[tokio::test]
    async fn no_more_go_on_at_once_than_may_and_all_have_their_turn() {
        let (_stop, cancel) = watch::channel(false);
        let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let begin = |_: &u8| {
            let (now, most) = (now.clone(), most.clone());
            async move {
                most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                tokio::task::yield_now().await;
                now.fetch_sub(1, Ordering::SeqCst);
            }
        };
        let mut came = Vec::new();
        let left = side_by_side((0..7).collect(), 2, &cancel, begin, |one, _| came.push(one)).await;
        came.sort_unstable();
        assert!(left.is_empty());
        assert_eq!(came, [0, 1, 2, 3, 4, 5, 6]);
        assert_eq!(most.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn one_that_breaks_off_keeps_no_other_from_its_end() {
        let (_stop, cancel) = watch::channel(false);
        let begin = |one: &u8| {
            let one = *one;
            async move { assert_ne!(one, 2, "it breaks off") }
        };
        let mut came = Vec::new();
        side_by_side(vec![1, 2, 3], 1, &cancel, begin, |one, end| came.push((one, end.is_ok()))).await;
        assert_eq!(came, [(1, true), (2, false), (3, true)]);
    }

    #[tokio::test]
    async fn after_an_interrupt_none_is_begun() {
        let (stop, cancel) = watch::channel(false);
        let stop = Arc::new(stop);
        let begin = |_: &u8| {
            let stop = stop.clone();
            async move { stop.send(true).unwrap() }
        };
        let mut came = Vec::new();
        let left = side_by_side(vec![1, 2, 3], 1, &cancel, begin, |one, _| came.push(one)).await;
        assert_eq!((came, left), (vec![1], vec![2, 3]));
    }
}
