//! Bounds, borders between texts, and several sets of canaries.

use std::sync::Arc;

use holdpoint_canary::{Canaries, Error, Form, Index, Key, MOST_LEAKS, Owner, Scanner, Seen};

fn canaries(load: &str, incarnation: u32) -> Canaries {
    Canaries::new(&Key::of_run(&[2; 32], "run"), load, incarnation)
}

#[test]
fn an_answer_with_everybody_in_it_names_some_and_counts_all() {
    let all = canaries("load", 0);
    let index = Arc::new(Index::new([(&all, 10_000)]).unwrap());
    let mut scanner = Scanner::new(&index, Owner { set: 0, user: 5 }).unwrap();
    for user in 0..10_000 {
        scanner.feed(format!("{}, ", all.canary(user)).as_bytes());
    }
    let seen = scanner.finish();
    assert_eq!((seen.own, seen.foreign, seen.leaks.len()), (1, 9_999, MOST_LEAKS));
}

#[test]
fn what_is_no_neighbour_is_not_joined() {
    let all = canaries("load", 0);
    let index = Arc::new(Index::new([(&all, 10)]).unwrap());
    let text = all.canary(3).text();
    let mut scanner = Scanner::new(&index, Owner { set: 0, user: 5 }).unwrap();
    for escape in ["", "%", "\\u00"] {
        scanner.feed(&text.as_bytes()[..12]);
        scanner.feed(escape.as_bytes());
        scanner.separate();
        scanner.feed(&text.as_bytes()[12..24]);
        scanner.feed(b"%2e");
    }
    assert_eq!(scanner.finish(), Seen::default());
    // An answer that was cut off within an escape leaves nothing behind.
    scanner.feed(format!("{}\\u00", &text[..31]).as_bytes());
    let seen = scanner.finish();
    assert_eq!((seen.foreign, seen.leaks[0].end, seen.leaks[0].form), (1, 31, Form::Plain));
    scanner.feed(&text.as_bytes()[..15]);
    assert_eq!(scanner.finish(), Seen::default());
    scanner.feed(&text.as_bytes()[15..]);
    assert_eq!(scanner.finish().leaks[0].end, 17);
}

#[test]
fn other_loads_and_earlier_incarnations_are_foreign_too() {
    let (before, now, beside) = (canaries("chat", 0), canaries("chat", 1), canaries("browse", 0));
    let index = Arc::new(Index::new([(&now, 100), (&before, 200), (&beside, 50)]).unwrap());
    let mut scanner = Scanner::new(&index, Owner { set: 0, user: 7 }).unwrap();
    scanner.feed(format!("{} {} {}", now.canary(7), before.canary(7), beside.canary(49)).as_bytes());
    let seen = scanner.finish();
    assert_eq!(seen.own, 1);
    let owners: Vec<Owner> = seen.leaks.iter().map(|leak| leak.owner).collect();
    assert_eq!(owners, [Owner { set: 1, user: 7 }, Owner { set: 2, user: 49 }]);
    // Nobody is there whose canary is not known.
    let nobody = Owner { set: 2, user: 50 };
    assert_eq!(Scanner::new(&index, nobody).unwrap_err(), Error::Unknown(nobody));
    scanner.feed(beside.canary(50).text().as_bytes());
    assert_eq!(scanner.finish(), Seen::default());
}

#[test]
fn a_long_answer_of_any_bytes_holds_no_memory() {
    let all = canaries("load", 0);
    let index = Arc::new(Index::new([(&all, 10)]).unwrap());
    let mut scanner = Scanner::new(&index, Owner { set: 0, user: 5 }).unwrap();
    let own = all.canary(5).text();
    // A token without an end, escapes without an end, lines without an end, and a group again and again.
    for piece in ["A".repeat(4096), "\\".repeat(4096), "%25".repeat(1365), "-".repeat(76) + "\n", own[..8].repeat(512)]
    {
        for _ in 0..200 {
            scanner.feed(piece.as_bytes());
        }
        let held = format!("{scanner:?}").len();
        assert!(held < 20_000, "{held} characters of state after {}", &piece[..8]);
    }
    assert_eq!(scanner.finish(), Seen::default());
}
