//! A journal's file with any bytes of it altered.
//!
//! The input is edits of a small journal: bytes put elsewhere, cut out, or put in, pages copied over others, the end cut off. A reader
//! ends without a panic, within memory and time that follow from the file, and what it believes is what was recorded: where the chain
//! holds, the rows are the recorded ones from the first on.
#![no_main]

use arbitrary::Arbitrary;
use holdpoint_fuzz::journals;
use holdpoint_journal::Reader;
use libfuzzer_sys::fuzz_target;

#[derive(Debug, Arbitrary)]
enum Edit<'a> {
    /// Bytes over those at a place.
    Over(u16, &'a [u8]),
    /// One bit.
    Flip(u32),
    /// A part over another part.
    Copy {
        from: u32,
        to: u32,
        length: u16,
    },
    Cut(u32),
    Whole(&'a [u8]),
}

/// A page of the file.
const PAGE: usize = 16_384;

fuzz_target!(|edits: Vec<Edit<'_>>| {
    let mut bytes = journals::bytes().to_vec();
    for edit in edits.iter().take(16) {
        let length = bytes.len().max(1);
        match *edit {
            Edit::Over(at, over) => {
                // Headers of pages are where structure is, so every page's beginning is near.
                let at = usize::from(at >> 8) * PAGE % length + usize::from(at & 0xff);
                let room = bytes.len().saturating_sub(at).min(over.len());
                bytes[at.min(length - 1)..][..room].copy_from_slice(&over[..room]);
            }
            Edit::Flip(bit) if !bytes.is_empty() => bytes[bit as usize / 8 % length] ^= 1 << (bit % 8),
            Edit::Copy { from, to, length: count } => {
                let (from, to) = (from as usize % length, to as usize % length);
                let count = usize::from(count).min(bytes.len().saturating_sub(from.max(to)));
                bytes.copy_within(from..from + count, to);
            }
            Edit::Cut(at) => bytes.truncate(at as usize % length),
            Edit::Whole(whole) => bytes = whole.to_vec(),
            Edit::Flip(_) => {}
        }
    }
    let path = journals::place(&bytes);
    let Ok(reader) = Reader::open(&path) else { return };
    let events = reader.events();
    let _ = (reader.header(), reader.head());
    if reader.verify().is_ok() {
        let (read, recorded) = (journals::all(&reader).expect("what was verified can be read"), journals::read());
        assert!(recorded.starts_with(&read), "{read:?} was believed");
        assert_eq!(events.expect("what was verified can be read").len(), read.len());
    }
});
