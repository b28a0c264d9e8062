//! Every form × place × neighbours × cuts: what was written is found, with its owner, and nothing else.

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use holdpoint_canary::{Canaries, Index, Key, LENGTH, Owner, PART, Scanner, Seen};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::pieces::{Around, Writing};

const USERS: u32 = 10_000;

static CANARIES: LazyLock<Canaries> = LazyLock::new(|| Canaries::new(&Key::of_run(&[4; 32], "run"), "load", 3));
static INDEX: LazyLock<Arc<Index>> = LazyLock::new(|| Arc::new(Index::new([(&*CANARIES, USERS)]).expect("an index")));

/// A part of a canary as it is written somewhere.
#[derive(Debug, Clone)]
struct Piece {
    user: u32,
    start: usize,
    length: usize,
    writing: Writing,
}

impl Piece {
    fn write(&self) -> Vec<u8> {
        self.writing.write(&CANARIES.canary(self.user).text()[self.start..self.start + self.length])
    }
}

fn writing() -> impl Strategy<Value = Writing> {
    let around = prop_oneof![
        Just(Around::Nothing),
        Just(Around::Percent),
        Just(Around::JsonSlashes),
        Just(Around::Upper),
        prop::sample::select(vec!["\n", "\r\n", "\\n", "\\r\\n"]).prop_map(Around::Lines),
    ];
    let neighbours =
        || prop_oneof![vec(any::<u8>(), 0..8), vec(any::<u8>(), 0..120), "[ -~]{0,90}".prop_map(String::into_bytes)];
    prop_oneof![
        Just(Writing::Plain),
        Just(Writing::Upper),
        any::<u32>().prop_map(Writing::Mixed),
        any::<u32>().prop_map(Writing::Json),
        Just(Writing::Json(u32::MAX)),
        any::<u32>().prop_map(Writing::JsonTwice),
        any::<u32>().prop_map(Writing::Percent),
        Just(Writing::Percent(u32::MAX)),
        any::<u32>().prop_map(Writing::PercentTwice),
        (neighbours(), neighbours(), any::<u8>(), around)
            .prop_map(|(before, after, alphabet, around)| Writing::Base64 { before, after, alphabet, around }),
    ]
}

fn piece(lengths: std::ops::RangeInclusive<usize>) -> impl Strategy<Value = Piece> {
    (0..USERS, lengths, any::<prop::sample::Index>(), writing()).prop_map(|(user, length, start, writing)| {
        let start = start.index(LENGTH - length + 1);
        Piece { user, start, length, writing }
    })
}

/// What stands between: anything, what servers write, and text that could be a canary by its characters.
fn filler() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        Just(Vec::new()),
        vec(any::<u8>(), 0..60),
        "[ -~]{0,60}".prop_map(String::into_bytes),
        "[0-9a-hjkmnp-tv-zA-HJKMNP-TV-Z]{0,60}".prop_map(String::into_bytes),
        "[A-Za-z0-9+/]{0,60}".prop_map(String::into_bytes),
        "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}".prop_map(String::into_bytes),
        "(\\\\[nrtbf\"/\\\\]|%[0-9a-f]{2}|\\\\u00[0-9a-f]{2}|[a-z]){0,30}".prop_map(String::into_bytes),
        r#"\{"(id|name)":"[a-z ]{0,40}"(,"n":[0-9]{1,9})?\}"#.prop_map(String::into_bytes),
    ]
}

/// Filler and pieces in turn. A piece that begins within an escape would not be what was written, so that such filler is closed.
fn body(parts: &[(Vec<u8>, Piece)], apart: bool) -> Vec<u8> {
    let mut body = Vec::new();
    for (filler, piece) in parts {
        body.extend(filler);
        let open = filler.iter().rev().take(7).any(|byte| matches!(byte, b'\\' | b'%'));
        if apart || open {
            body.push(b'"');
        }
        body.extend(piece.write());
        if apart {
            body.push(b'"');
        }
    }
    body
}

fn scan(body: &[u8], cuts: &[usize]) -> Seen {
    let mut scanner = Scanner::new(&INDEX, Owner { set: 0, user: 0 }).expect("a user");
    let mut from = 0;
    for cut in cuts {
        scanner.feed(&body[from..*cut]);
        from = *cut;
    }
    scanner.feed(&body[from..]);
    scanner.finish()
}

fn cuts(body: &[u8], cuts: &[prop::sample::Index]) -> Vec<usize> {
    let cuts: BTreeSet<usize> = cuts.iter().map(|cut| cut.index(body.len() + 1)).collect();
    cuts.into_iter().collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_was_written_is_found(
        parts in vec((filler(), piece(PART..=LENGTH)), 1..6),
        places in vec(any::<prop::sample::Index>(), 0..6),
    ) {
        let body = body(&parts, false);
        let seen = scan(&body, &[]);
        let wanted: BTreeSet<u32> = parts.iter().map(|(_, piece)| piece.user).filter(|user| *user != 0).collect();
        let found: BTreeSet<u32> = seen.leaks.iter().map(|leak| leak.owner.user).collect();
        prop_assert_eq!(&found, &wanted, "{}", String::from_utf8_lossy(&body));
        prop_assert_eq!(seen.own > 0, parts.iter().any(|(_, piece)| piece.user == 0));
        // However it is cut, and byte by byte, which leaves nothing out unread.
        prop_assert_eq!(&scan(&body, &cuts(&body, &places)), &seen);
        prop_assert_eq!(&scan(&body, &(1..body.len()).collect::<Vec<_>>()), &seen);
    }

    #[test]
    fn each_is_counted_once(parts in vec((filler(), piece(PART..=LENGTH)), 1..4)) {
        let body = body(&parts, true);
        let seen = scan(&body, &[]);
        prop_assert_eq!(seen.foreign + seen.own, parts.len() as u64, "{}", String::from_utf8_lossy(&body));
        for (_, piece) in parts.iter().filter(|(_, piece)| piece.user != 0) {
            let text = CANARIES.canary(piece.user).text();
            let leak = seen.leaks.iter().find(|leak| leak.owner.user == piece.user).unwrap();
            prop_assert!(text.contains(&leak.matched.to_lowercase()));
        }
    }

    #[test]
    fn less_than_16_characters_are_nothing(parts in vec((filler(), piece(1..=PART - 1)), 1..6)) {
        let mut body = Vec::new();
        for (filler, mut piece) in parts {
            // A neighbour that happens to be the next character would make it one more.
            if let Writing::Base64 { before, after, .. } = &mut piece.writing {
                before.push(b'.');
                after.insert(0, b'.');
            }
            body.extend(filler);
            body.push(b'"');
            body.extend(piece.write());
            body.push(b'"');
        }
        prop_assert_eq!(scan(&body, &[]), Seen::default(), "{}", String::from_utf8_lossy(&body));
    }
}
