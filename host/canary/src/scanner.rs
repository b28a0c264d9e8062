//! Reads what one user receives, piece by piece, and says whose canaries are in it.

use std::sync::Arc;

use crate::base64;
use crate::code::{self, ALPHABET};
use crate::escape::{self, Unescaper};
use crate::finding::{Finding, Form, Owner, Seen};
use crate::index::{Error, Index};
use crate::lane::{Lane, Sighting};
use crate::run;
use crate::window::Match;

/// How many owners are named for one answer. All are counted.
pub const MOST_LEAKS: usize = 64;

/// Reads one answer after another of one user. It holds about a kilobyte, however long an answer is.
#[derive(Debug)]
pub struct Scanner {
    index: Arc<Index>,
    /// The number of the receiver's canary.
    receiver: u32,
    /// Bytes that were fed before the ones at hand.
    fed: u64,
    /// The text as it is.
    raw: Lane,
    /// The text without its escapes, from the first one in a token on.
    unescaped: Option<Box<(Unescaper, Lane)>>,
    /// Whether the last byte belongs to a token.
    within: bool,
    sightings: Vec<Sighting>,
    seen: Seen,
    last: Option<Last>,
}

/// What was counted last. The text and the text without escapes are two readings of the same bytes.
#[derive(Debug)]
struct Last {
    number: u32,
    end: u64,
    length: usize,
    /// Where among the leaks it is.
    kept: Option<usize>,
}

impl Scanner {
    /// Reads for a user of the index.
    pub fn new(index: &Arc<Index>, receiver: Owner) -> Result<Self, Error> {
        Ok(Self {
            receiver: index.number(receiver)?,
            index: Arc::clone(index),
            fed: 0,
            raw: Lane::default(),
            unescaped: None,
            within: false,
            sightings: Vec::new(),
            seen: Seen::default(),
            last: None,
        })
    }

    /// Takes the next bytes.
    pub fn feed(&mut self, bytes: &[u8]) {
        let mut at = 0;
        while at < bytes.len() {
            if !self.within {
                let Some(start) = run::next(at, bytes.len(), |place| belongs(bytes[place])) else { break };
                (at, self.within) = (start, true);
            }
            while at < bytes.len() && self.within {
                at += self.read(&bytes[at..], self.fed + at as u64 + 1);
            }
            self.count();
        }
        self.fed += bytes.len() as u64;
    }

    /// What comes next is no neighbour of what came before: another header, another frame.
    pub fn separate(&mut self) {
        self.raw.close(&mut self.sightings);
        if let Some(mut readings) = self.unescaped.take() {
            let (unescaper, lane) = &mut *readings;
            let (index, fed, sightings) = (&self.index, self.fed, &mut self.sightings);
            unescaper.close(&mut |byte, escaped| lane.push(byte, escaped, fed, index, sightings));
            lane.close(sightings);
        }
        self.within = false;
        self.count();
    }

    /// The answer has ended. The next one begins at 0.
    pub fn finish(&mut self) -> Seen {
        self.separate();
        (self.fed, self.last) = (0, None);
        self.seen.leaks.sort_by_key(|leak| leak.end);
        std::mem::take(&mut self.seen)
    }

    /// Reads some of these bytes, of which there are any and the first ends at `end`, in all ways. Says how many.
    fn read(&mut self, bytes: &[u8], end: u64) -> usize {
        let is_idle = self.unescaped.as_ref().is_none_or(|readings| readings.0.is_idle());
        let length = if is_idle { bytes.iter().take_while(|byte| base64::is_inner(**byte)).count() } else { 0 };
        if length == 0 {
            self.read_one(bytes[0], end);
            return 1;
        }
        self.raw.push_all(&bytes[..length], end, &self.index, &mut self.sightings);
        if let Some(readings) = &mut self.unescaped {
            readings.1.push_all(&bytes[..length], end, &self.index, &mut self.sightings);
        }
        length
    }

    fn read_one(&mut self, byte: u8, end: u64) {
        if escape::begins(byte) {
            match &self.unescaped {
                Some(readings) => self.raw.leave_to(&readings.1),
                None => self.unescaped = Some(Box::new((Unescaper::default(), self.raw.fork()))),
            }
        }
        self.raw.push(byte, false, end, &self.index, &mut self.sightings);
        if let Some(readings) = &mut self.unescaped {
            let (unescaper, lane) = &mut **readings;
            let (index, sightings) = (&self.index, &mut self.sightings);
            unescaper.push(byte, &mut |byte, escaped| lane.push(byte, escaped, end, index, sightings));
        }
        if !belongs(byte) {
            // Every reading has ended with it, an escape too.
            (self.within, self.unescaped) = (false, None);
        }
    }

    fn count(&mut self) {
        if self.sightings.is_empty() {
            return;
        }
        let mut sightings = std::mem::take(&mut self.sightings);
        sightings.sort_by_key(|(seen, _)| seen.end);
        for (seen, base64) in sightings.drain(..) {
            self.sighting(&seen, base64);
        }
        self.sightings = sightings;
    }

    fn sighting(&mut self, seen: &Match, base64: bool) {
        let (number, end, length) = (seen.number, seen.end, seen.length());
        if let Some(last) = self.last.as_mut().filter(|last| last.number == number && last.end == end) {
            if length > last.length {
                last.length = length;
                if let Some(kept) = last.kept {
                    self.seen.leaks[kept] = finding(&self.index, seen, base64);
                }
            }
            return;
        }
        let mut kept = None;
        if number == self.receiver {
            self.seen.own += 1;
        } else {
            self.seen.foreign += 1;
            let owner = self.index.owner(number);
            let leaks = &mut self.seen.leaks;
            if leaks.len() < MOST_LEAKS && leaks.iter().all(|leak| leak.owner != owner) {
                kept = Some(leaks.len());
                leaks.push(finding(&self.index, seen, base64));
            }
        }
        self.last = Some(Last { number, end, length, kept });
    }
}

/// Whether a byte may stand within a canary in any of its forms: breaks of lines do, in base64. Anything else separates two tokens.
#[inline]
fn belongs(byte: u8) -> bool {
    base64::is_inner(byte) || escape::begins(byte) || matches!(byte, b'\r' | b'\n')
}

fn finding(index: &Index, seen: &Match, base64: bool) -> Finding {
    let groups = &index.canary(seen.number).0;
    let character = |place: usize| {
        let character = char::from(ALPHABET[usize::from(code::digit(groups, place))]);
        if seen.capitals >> place & 1 == 1 { character.to_ascii_uppercase() } else { character }
    };
    let form = match (base64, seen.escaped, seen.capitals) {
        (true, ..) => Form::Base64,
        (_, true, _) => Form::Escaped,
        (.., 0) => Form::Plain,
        _ => Form::CaseChanged,
    };
    let matched = (seen.first..seen.behind).map(character).collect();
    Finding { owner: index.owner(seen.number), form, end: seen.end, matched }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_thousand_scanners_are_ten_megabytes() {
        let readings = size_of::<(Unescaper, Lane)>();
        assert!(size_of::<Scanner>() + readings <= 1_000, "{} and {readings}", size_of::<Scanner>());
    }
}
