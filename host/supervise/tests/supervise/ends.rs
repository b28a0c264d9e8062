//! However a process ends, nothing is left of it. With namespaces the kernel sees to that, without them the stage `init` does.

use std::time::Duration;

use holdpoint_supervise::{End, Layer, Watched};
use holdpoint_testkit::{alive, marker, until_alive};

use super::machine::{PATIENCE, bounds, family, finish, run, sh, supervisor, ways};

#[tokio::test]
async fn an_end_that_comes_from_outside_takes_the_whole_tree() {
    for (namespaces, bounds) in ways() {
        let (marker, shown) = (marker(), format!("namespaces {namespaces}, {bounds:?}"));
        let program = sh(&family(&marker, &format!("trap '' TERM; exec sleep {marker}")), bounds);
        let process = supervisor(namespaces).start(&program, b"").await.unwrap();
        let watched = process.watch(until_alive(&marker, 5, PATIENCE), Duration::ZERO).await;
        assert_eq!(watched, Watched::Over(()), "{shown}");
        assert_eq!(alive(&marker), [0; 0], "{shown}");
    }
}

#[tokio::test]
async fn what_a_program_leaves_behind_ends_with_it() {
    for (namespaces, bounds) in ways() {
        let (marker, shown) = (marker(), format!("namespaces {namespaces}, {bounds:?}"));
        // It goes when it is told to, by the end of its input.
        let script = family(&marker, "echo on; read line; exit 3");
        let (end, out, _) = run(namespaces, &sh(&script, bounds), b"go\n").await;
        assert_eq!((end, out.as_str()), (End::Code(3), "on\n"), "{shown}");
        assert_eq!(alive(&marker), [0; 0], "{shown}");
    }
}

#[tokio::test]
async fn a_process_that_is_dropped_is_ended_with_all_that_came_of_it() {
    for (namespaces, bounds) in ways() {
        let marker = marker();
        let program = sh(&family(&marker, &format!("exec sleep {marker}")), bounds);
        let process = supervisor(namespaces).start(&program, b"").await.unwrap();
        until_alive(&marker, 5, PATIENCE).await;
        drop(process);
        until_alive(&marker, 0, PATIENCE).await;
    }
}

#[tokio::test]
async fn a_program_that_is_given_patience_may_tidy_up() {
    for (namespaces, bounds) in ways() {
        let marker = marker();
        let script = format!("trap 'echo tidied; exit 0' TERM; sleep {marker} & wait");
        let mut process = supervisor(namespaces).start(&sh(&script, bounds), b"").await.unwrap();
        let (stdout, _) = process.streams();
        let watched = process.watch(until_alive(&marker, 1, PATIENCE), PATIENCE).await;
        assert_eq!(watched, Watched::Over(()));
        let mut out = String::new();
        tokio::io::AsyncReadExt::read_to_string(&mut stdout.unwrap(), &mut out).await.unwrap();
        assert_eq!((out.as_str(), alive(&marker)), ("tidied\n", vec![]));
    }
}

#[tokio::test]
async fn its_code_and_its_signal_are_told() {
    for (namespaces, bounds) in ways() {
        for (script, expected) in [("exit 7", End::Code(7)), ("kill -SEGV $$", End::Signal(11))] {
            assert_eq!(run(namespaces, &sh(script, bounds.clone()), b"").await.0, expected);
        }
    }
}

#[tokio::test]
async fn processes_are_counted_where_there_is_a_bound_of_them() {
    let bounds = holdpoint_supervise::Bounds { processes: 4, ..bounds() };
    let script = "for i in 1 2 3 4 5 6 7 8; do sleep 600 & done; wait";
    let process = supervisor(true).start(&sh(script, Some(bounds)), b"").await.unwrap();
    let counted = process.confinement().applied.contains(&Layer::Count);
    if counted {
        assert_eq!(finish(process).await.0, End::Crowded);
    }
    let script = "for i in 1 2 3 4 5 6 7 8; do sleep 0.1 & done; wait; echo all";
    assert_eq!(run(true, &sh(script, None), b"").await.1, "all\n");
}
