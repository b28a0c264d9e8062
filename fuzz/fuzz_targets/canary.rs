//! A foreign canary is found in any form that is promised, wherever the bytes are cut, and nothing else is.
//!
//! Parts of canaries of 16 characters or more are written between whatever bytes, in whatever neighbourhood, and encoded with it. Then:
//! - every owner of a part is named, and nobody else but who has a part in the bytes by a second opinion (comparisons teach the fuzzer
//!   canaries); the receiver's own are counted;
//! - what is shown stood in the owner's canary;
//! - pieces of any size, and single bytes, which leave nothing out, make no difference.
#![no_main]

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use arbitrary::Arbitrary;
use holdpoint_canary::{Canaries, Index, Key, LENGTH, MOST_LEAKS, Owner, PART, Scanner, Seen};
use holdpoint_fuzz::written::{self, Encoding, Escape};
use libfuzzer_sys::fuzz_target;

const USERS: u32 = 256;

static CANARIES: LazyLock<Canaries> = LazyLock::new(|| Canaries::new(&Key::of_run(&[1; 32], "R"), "load", 0));
static INDEX: LazyLock<Arc<Index>> = LazyLock::new(|| Arc::new(Index::new([(&*CANARIES, USERS)]).expect("an index")));

#[derive(Debug, Arbitrary)]
struct Piece<'a> {
    user: u8,
    start: u8,
    length: u8,
    capitals: bool,
    before: &'a str,
    after: &'a str,
    encoding: Encoding,
    escape: Escape,
    bytes: &'a [u8],
}

#[derive(Debug, Arbitrary)]
struct Input<'a> {
    pieces: Vec<Piece<'a>>,
    cuts: Vec<u8>,
}

fuzz_target!(|input: Input<'_>| {
    let mut text = Vec::new();
    let mut owners = BTreeSet::new();
    for piece in input.pieces.iter().take(MOST_LEAKS) {
        if !matches!(piece.encoding, Encoding::Hex | Encoding::HexUpper) {
            let length = PART + usize::from(piece.length) % (LENGTH - PART + 1);
            let start = usize::from(piece.start) % (LENGTH - length + 1);
            let part = CANARIES.canary(u32::from(piece.user)).text()[start..start + length].to_owned();
            let part = if piece.capitals { part.to_uppercase() } else { part };
            // A line's end cannot be a part of any escape.
            text.push(b'\n');
            let whole = format!("{}{part}{}", piece.before, piece.after);
            text.extend(piece.escape.write(&piece.encoding.write(&whole)).as_bytes());
            text.push(b'\n');
            owners.insert(u32::from(piece.user));
        }
        text.extend_from_slice(piece.bytes);
    }
    let seen = scan([text.as_slice()]);
    let mut found: BTreeSet<u32> = seen.leaks.iter().map(|leak| leak.owner.user).collect();
    if seen.own > 0 {
        found.insert(0);
    }
    assert!(found.is_superset(&owners), "{owners:?} is not in {found:?}: {}", String::from_utf8_lossy(&text));
    for leak in seen.leaks.iter().filter(|leak| !owners.contains(&leak.owner.user)) {
        assert!(written::has(&text, &leak.matched), "{leak:?} is not in {}", String::from_utf8_lossy(&text));
    }
    for leak in &seen.leaks {
        assert!(CANARIES.canary(leak.owner.user).text().contains(&leak.matched.to_lowercase()));
        assert!(leak.matched.len() >= PART && leak.end <= text.len() as u64);
    }
    assert_eq!(scan(text.chunks(1)), seen, "{}", String::from_utf8_lossy(&text));
    let mut rest = text.as_slice();
    let mut pieces = Vec::new();
    for cut in &input.cuts {
        let (piece, after) = rest.split_at(usize::from(*cut).min(rest.len()));
        pieces.push(piece);
        rest = after;
    }
    pieces.push(rest);
    assert_eq!(scan(pieces), seen, "{}", String::from_utf8_lossy(&text));
});

fn scan<'t>(pieces: impl IntoIterator<Item = &'t [u8]>) -> Seen {
    let mut scanner = Scanner::new(&INDEX, Owner { set: 0, user: 0 }).expect("a user");
    pieces.into_iter().for_each(|piece| scanner.feed(piece));
    scanner.finish()
}
