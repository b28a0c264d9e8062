//! Many exchanges: one leak in 10,000 is found, and nothing that is none.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use holdpoint_canary::{Canaries, Index, Key, Owner, Scanner};
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng as _, SeedableRng as _};

const USERS: u32 = 10_000;

/// How many exchanges are tried for a false leak, unless the environment says otherwise.
const EXCHANGES: u64 = 1_000_000;

struct World {
    canaries: Canaries,
    index: Arc<Index>,
    random: ChaCha8Rng,
}

impl World {
    fn new(seed: u64) -> Self {
        let canaries = Canaries::new(&Key::of_run(&[6; 32], "run"), "load", 0);
        let index = Arc::new(Index::new([(&canaries, USERS)]).expect("an index"));
        Self { canaries, index, random: ChaCha8Rng::seed_from_u64(seed) }
    }

    fn user(&mut self) -> u32 {
        self.random.next_u32() % USERS
    }

    /// What servers answer: ids, digests, tokens, in all alphabets, one of them the canaries' own.
    fn body(&mut self, own: &str, body: &mut String) {
        let mut bytes = [0; 132];
        self.random.fill_bytes(&mut bytes);
        body.clear();
        body.push_str("{\"id\":\"");
        for (place, part) in [(0, 4), (4, 6), (6, 8), (8, 10), (10, 16)].into_iter().enumerate() {
            body.push_str(if place == 0 { "" } else { "-" });
            hex(&bytes[part.0..part.1], body);
        }
        body.push_str("\",\"digest\":\"");
        hex(&bytes[16..48], body);
        body.push_str("\",\"cursor\":\"");
        STANDARD.encode_string(&bytes[48..75], body);
        body.push_str("\",\"session\":\"");
        URL_SAFE_NO_PAD.encode_string(&bytes[75..100], body);
        body.push_str("\",\"ulid\":\"");
        body.extend(
            bytes[100..132].iter().map(|byte| char::from(b"0123456789abcdefghjkmnpqrstvwxyz"[usize::from(byte % 32)])),
        );
        body.push_str("\",\"you\":\"");
        body.push_str(own);
        body.push_str("\",\"text\":\"It works.\\nNext line\"}");
    }
}

fn hex(bytes: &[u8], text: &mut String) {
    let digit = |value: u8| char::from(b"0123456789abcdef"[usize::from(value)]);
    text.extend(bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]));
}

/// `HOLDPOINT_EXCHANGES=10000000` tries as many.
#[expect(clippy::disallowed_methods, reason = "how long a test takes is for whoever runs it to say")]
fn exchanges() -> u64 {
    std::env::var("HOLDPOINT_EXCHANGES").ok().and_then(|number| number.parse().ok()).unwrap_or(EXCHANGES)
}

#[test]
fn no_exchange_is_a_false_leak() {
    let mut world = World::new(1);
    let receiver = 77;
    let own = world.canaries.canary(receiver).text();
    let mut scanner = Scanner::new(&world.index, Owner { set: 0, user: receiver }).unwrap();
    let (mut body, mut seen_own) = (String::new(), 0);
    let exchanges = exchanges();
    for exchange in 0..exchanges {
        world.body(&own, &mut body);
        scanner.feed(body.as_bytes());
        let seen = scanner.finish();
        assert_eq!(seen.foreign, 0, "exchange {exchange}: {seen:?} in {body}");
        seen_own += seen.own;
    }
    assert_eq!(seen_own, exchanges);
}

#[test]
fn one_leak_in_10_000_is_found_with_its_owner() {
    let mut world = World::new(2);
    let (mut body, mut planted, mut found) = (String::new(), Vec::new(), Vec::new());
    for exchange in 0..100_000_u32 {
        let receiver = world.user();
        let own = world.canaries.canary(receiver).text();
        world.body(&own, &mut body);
        if world.user() == 0 {
            let owner = (receiver + 1 + world.random.next_u32() % (USERS - 1)) % USERS;
            let foreign = world.canaries.canary(owner).text();
            let text = match exchange % 4 {
                0 => foreign,
                1 => foreign.to_uppercase(),
                2 => foreign[5..21].to_owned(),
                _ => STANDARD.encode(format!("user {foreign} said")),
            };
            body = body.replace("It works.", &text);
            planted.push((receiver, owner));
        }
        let mut scanner = Scanner::new(&world.index, Owner { set: 0, user: receiver }).unwrap();
        body.as_bytes().chunks(97).for_each(|chunk| scanner.feed(chunk));
        let seen = scanner.finish();
        assert_eq!(seen.own, 1);
        found.extend(seen.leaks.into_iter().map(|leak| (receiver, leak.owner.user)));
    }
    assert!(!planted.is_empty());
    assert_eq!(found, planted);
}
