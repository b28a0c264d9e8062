//! What scanning costs: nanoseconds a byte for kinds of bodies and numbers of users, in chunks as they come from a socket.
//!
//! `cargo run --release -p holdpoint-canary --example cost`

#![expect(clippy::print_stdout, clippy::disallowed_methods, reason = "it measures, and says what it has measured")]

use std::sync::Arc;
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use holdpoint_canary::{Canaries, Error, Index, Key, Owner, Scanner};
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng as _, SeedableRng as _};

const CHUNK: usize = 16 << 10;
const BODY: usize = 1 << 20;
const ROUNDS: usize = 40;

fn main() -> Result<(), Error> {
    let canaries = Canaries::new(&Key::of_run(&[8; 32], "run"), "load", 0);
    print!("{:<30}", "users");
    let indexes: Vec<(u32, Arc<Index>)> = [100, 10_000, 200_000]
        .into_iter()
        .map(|users| Ok((users, Arc::new(Index::new([(&canaries, users)])?))))
        .collect::<Result<_, Error>>()?;
    indexes.iter().for_each(|(users, _)| print!("{users:>10}"));
    println!();
    for (name, body) in bodies(&canaries.canary(3).text()) {
        print!("{name:<30}");
        for (_, index) in &indexes {
            let mut scanner = Scanner::new(index, Owner { set: 0, user: 3 })?;
            let best = (0..ROUNDS).map(|_| round(&mut scanner, &body)).fold(f64::INFINITY, f64::min);
            print!("{best:>10.2}");
        }
        println!();
    }
    Ok(())
}

/// Nanoseconds a byte.
fn round(scanner: &mut Scanner, body: &[u8]) -> f64 {
    let begun = Instant::now();
    body.chunks(CHUNK).for_each(|chunk| scanner.feed(chunk));
    std::hint::black_box(scanner.finish());
    begun.elapsed().as_secs_f64() * 1e9 / body.len() as f64
}

fn bodies(own: &str) -> Vec<(&'static str, Vec<u8>)> {
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let mut bytes = move |count: usize| {
        let mut bytes = vec![0; count];
        random.fill_bytes(&mut bytes);
        bytes
    };
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let filled = |mut piece: Box<dyn FnMut() -> String>| {
        let mut body = String::new();
        while body.len() < BODY {
            body.push_str(&piece());
        }
        body.into_bytes()
    };
    let uuid = |bytes: &[u8]| {
        let id = hex(bytes);
        format!("{}-{}-{}-{}-{}", &id[..8], &id[8..12], &id[12..16], &id[16..20], &id[20..])
    };
    let user = |id: String, own: &str| {
        format!(
            "{{\"id\":\"{id}\",\"user_name\":\"Ada Lovelace\",\"created_at\":\"2026-11-25T06:38:26Z\",\"href\":\"/api/v1/users/123/messages\",\
             \"text\":\"It is all the same to me, whether you come today or tomorrow.\\nBring a book.\",\"you\":\"{own}\",\"count\":12}},\n"
        )
    };
    let mut ids = bytes.clone();
    let mut digests = bytes.clone();
    let own = own.to_owned();
    vec![
        ("prose", filled(Box::new(|| "It is all the same to me, whether you come today or tomorrow. ".to_owned()))),
        ("JSON", filled(Box::new(|| user("123".to_owned(), "Ada")))),
        ("JSON with uuids", filled(Box::new(move || user(uuid(&ids(16)), "Ada")))),
        ("JSON with own canaries", filled(Box::new(move || user("123".to_owned(), &own)))),
        ("JSON of digests", filled(Box::new(move || format!("{{\"digest\":\"{}\"}},", hex(&digests(32)))))),
        ("base64 of noise, one line", STANDARD.encode(bytes(BODY * 3 / 4)).into_bytes()),
        ("base64 of text, one line", STANDARD.encode("It is all the same to me. ".repeat(BODY / 40)).into_bytes()),
        ("noise", bytes(BODY)),
        ("one letter", "x".repeat(BODY).into_bytes()),
        ("percent signs", "%20%41".repeat(BODY / 6).into_bytes()),
    ]
}
