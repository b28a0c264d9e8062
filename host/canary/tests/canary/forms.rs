//! Each form by hand, at every place and at every cut.

use std::io::{Read as _, Write as _};
use std::sync::Arc;

use holdpoint_canary::{Canaries, Finding, Form, Index, Key, LENGTH, Owner, PART, Scanner, Seen};

use crate::pieces::{Around, Writing};

const ALL: u32 = u32::MAX;

struct World {
    canaries: Canaries,
    index: Arc<Index>,
}

impl World {
    fn new() -> Self {
        let canaries = Canaries::new(&Key::of_run(&[1; 32], "run"), "load", 0);
        let index = Arc::new(Index::new([(&canaries, 1_000)]).expect("an index"));
        Self { canaries, index }
    }

    fn text(&self, user: u32) -> String {
        self.canaries.canary(user).text()
    }

    fn scan<'b>(&self, chunks: impl IntoIterator<Item = &'b [u8]>) -> Seen {
        let mut scanner = Scanner::new(&self.index, user(0)).expect("a user");
        for chunk in chunks {
            scanner.feed(chunk);
        }
        scanner.finish()
    }

    /// What is found, which is the same wherever the text is cut.
    fn found(&self, text: &[u8]) -> Seen {
        let seen = self.scan([text]);
        for cut in 0..text.len() {
            assert_eq!(self.scan([&text[..cut], &text[cut..]]), seen, "{cut} {}", String::from_utf8_lossy(text));
        }
        assert_eq!(self.scan(text.chunks(1)), seen, "{}", String::from_utf8_lossy(text));
        seen
    }
}

fn user(user: u32) -> Owner {
    Owner { set: 0, user }
}

fn base64(before: &str, alphabet: u8, around: Around) -> Writing {
    Writing::Base64 { before: before.into(), after: b"\"}".to_vec(), alphabet, around }
}

/// All ways of writing, with the form that they are found as.
fn writings() -> Vec<(Writing, Form)> {
    let mut writings = vec![
        (Writing::Plain, Form::Plain),
        (Writing::Upper, Form::CaseChanged),
        (Writing::Mixed(0x5a5a_a5a5), Form::CaseChanged),
        (Writing::Json(ALL), Form::Escaped),
        (Writing::Json(0x0f00_1080), Form::Escaped),
        (Writing::Json(0b101), Form::Escaped),
        (Writing::Percent(1 << 7), Form::Escaped),
        (Writing::Percent(1 << 20), Form::Escaped),
        (Writing::JsonTwice(ALL), Form::Escaped),
        (Writing::Percent(ALL), Form::Escaped),
        (Writing::Percent(0x8000_0001), Form::Escaped),
        (Writing::PercentTwice(ALL), Form::Escaped),
    ];
    for before in ["", "x", "xy", "{\"name\":\""] {
        for alphabet in 0..4 {
            for around in [Around::Nothing, Around::Upper, Around::Percent, Around::JsonSlashes] {
                writings.push((base64(before, alphabet, around), Form::Base64));
            }
        }
    }
    for end in ["\n", "\r\n", "\\n", "\\r\\n"] {
        for before in 0..60 {
            writings.push((base64(&"~".repeat(before), 0, Around::Lines(end)), Form::Base64));
        }
    }
    writings
}

#[test]
fn every_form_of_a_whole_canary_is_found_with_its_owner() {
    let world = World::new();
    for (number, (writing, form)) in writings().into_iter().enumerate() {
        let owner = number as u32 + 1;
        for (before, after) in
            [("", ""), ("{\"a\":\"", "\"}"), ("name%3D", "%26"), ("x", "y"), ("\\n", "\\n"), ("é", "é")]
        {
            let text = [before.as_bytes(), &writing.write(&world.text(owner)), after.as_bytes()].concat();
            let seen = world.found(&text);
            let [Finding { owner: named, form: seen_as, end, matched }] = seen.leaks.as_slice() else {
                panic!("{seen:?} in {}", String::from_utf8_lossy(&text))
            };
            assert_eq!((*named, *seen_as, seen.foreign, seen.own), (user(owner), form, 1, 0), "{writing:?}");
            assert_eq!(matched.to_lowercase(), world.text(owner));
            assert!(*end <= text.len() as u64);
            if form != Form::Base64 {
                assert_eq!(*end, (text.len() - after.len()) as u64, "{}", String::from_utf8_lossy(&text));
            }
        }
    }
}

#[test]
fn any_16_characters_are_enough_and_15_are_not() {
    let world = World::new();
    let whole = world.text(42);
    for length in [1, 7, 8, 9, PART - 1, PART, PART + 1, 24, LENGTH - 1] {
        for start in 0..=LENGTH - length {
            let part = &whole[start..start + length];
            for writing in [
                Writing::Plain,
                Writing::Upper,
                Writing::Json(ALL),
                Writing::Json(1 << (length / 2)),
                Writing::Percent(ALL),
                base64("", 1, Around::Nothing),
                base64("uu", 2, Around::Nothing),
            ] {
                let text = [b"=", writing.write(part).as_slice(), b"="].concat();
                let seen = world.found(&text);
                if length < PART {
                    assert_eq!(seen, Seen::default(), "{}", String::from_utf8_lossy(&text));
                } else {
                    assert_eq!((seen.foreign, seen.leaks.len()), (1, 1), "{}", String::from_utf8_lossy(&text));
                    assert_eq!(seen.leaks[0].matched.to_lowercase(), part);
                    assert!(!seen.leaks[0].is_whole() && seen.leaks[0].owner == user(42));
                }
            }
        }
    }
}

#[test]
fn characters_that_are_not_the_next_ones_do_not_count() {
    let world = World::new();
    let whole = world.text(42);
    let other = |c: char| if c == 'z' { 'y' } else { 'z' };
    for length in [PART - 1, PART] {
        for start in 1..LENGTH - length {
            let wrong = |place: usize| other(char::from(whole.as_bytes()[place]));
            let text = format!("{}{}{}", wrong(start - 1), &whole[start..start + length], wrong(start + length));
            for writing in [Writing::Plain, Writing::Json(ALL), Writing::Percent(ALL), base64("u", 0, Around::Nothing)]
            {
                let seen = world.found(&writing.write(&text));
                assert_eq!(seen.foreign, u64::from(length == PART), "{text}");
            }
        }
    }
}

#[test]
fn the_last_character_in_base64_may_be_shared_with_any_byte() {
    let world = World::new();
    for start in 0..=LENGTH - PART {
        let part = &world.text(42)[start..start + PART];
        for after in [0x00, 0x2f, 0x6f, 0xaf, 0xe0, 0xef, 0xf0, 0xff] {
            for (before, alphabet) in ["", "~", "~~"].into_iter().flat_map(|before| [(before, 1), (before, 3)]) {
                let before = before.as_bytes().to_vec();
                let writing = Writing::Base64 { before, after: vec![after; 3], alphabet, around: Around::Nothing };
                let text = writing.write(part);
                assert_eq!(world.found(&text).foreign, 1, "{}", String::from_utf8_lossy(&text));
            }
        }
    }
}

#[test]
fn what_was_there_is_shown_in_its_case() {
    let world = World::new();
    let text = world.text(7);
    let mixed: String =
        text.chars().enumerate().map(|(n, c)| if n % 3 == 0 { c.to_ascii_uppercase() } else { c }).collect();
    for range in [0..32, 0..16, 5..25, 16..32, 13..29] {
        let seen = world.found(mixed[range.clone()].as_bytes());
        assert_eq!(seen.leaks[0].matched, mixed[range]);
    }
}

#[test]
fn a_part_between_signs_that_could_begin_an_escape_is_found() {
    let world = World::new();
    for start in 0..=LENGTH - PART {
        for owner in 1..40 {
            for before in ["%", "\\", "\\u", "\\\\", "%2", "%25", "\\x", "100%"] {
                for after in ["", "%", "\\n"] {
                    let text = format!("{before}{}{after}", &world.text(owner)[start..start + PART]);
                    let seen = world.found(text.as_bytes());
                    assert_eq!(seen.leaks.iter().map(|leak| leak.owner).collect::<Vec<_>>(), [user(owner)], "{text}");
                }
            }
        }
    }
}

#[test]
fn own_canaries_are_counted_and_no_leak() {
    let world = World::new();
    let own = world.text(0);
    let text = format!("{own} {} {}", own.to_uppercase(), &own[3..25]);
    let seen = world.found(text.as_bytes());
    assert_eq!(seen, Seen { own: 3, ..Seen::default() });
}

#[test]
fn canaries_side_by_side_are_all_found() {
    let world = World::new();
    let text: String = (1..=5).map(|owner| world.text(owner)).collect();
    let seen = world.found(text.as_bytes());
    assert_eq!(seen.leaks.iter().map(|leak| leak.owner.user).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    assert!(seen.leaks.iter().all(Finding::is_whole));
    // The same one again is counted, and shown once.
    let seen = world.found([world.text(3), world.text(3), world.text(4)].concat().as_bytes());
    assert_eq!((seen.foreign, seen.leaks.len()), (3, 2));
}

#[test]
fn what_a_server_compressed_is_found_once_the_caller_has_decoded_it() {
    let world = World::new();
    let text = format!("{{\"name\":\"{}\"}}", world.text(9)).repeat(20);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(text.as_bytes()).unwrap();
    let gzip = gzip.finish().unwrap();
    let mut deflate = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    deflate.write_all(text.as_bytes()).unwrap();
    let deflate = deflate.finish().unwrap();

    let decoders: [Box<dyn std::io::Read>; 2] = [
        Box::new(flate2::read::GzDecoder::new(gzip.as_slice())),
        Box::new(flate2::read::ZlibDecoder::new(deflate.as_slice())),
    ];
    for mut decoder in decoders {
        let mut scanner = Scanner::new(&world.index, user(0)).unwrap();
        let mut piece = [0; 33];
        loop {
            let length = decoder.read(&mut piece).unwrap();
            if length == 0 {
                break;
            }
            scanner.feed(&piece[..length]);
        }
        assert_eq!(scanner.finish().foreign, 20);
    }
}
