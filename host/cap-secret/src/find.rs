//! Finding many values in a text in one pass, and growing while a run goes on.

use std::{collections::BTreeMap, sync::Arc};

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use holdpoint_gate::{Replacement, Scrubbed};

use crate::{needle, view::View};

/// A value and what is put in its place.
#[derive(Clone)]
pub(crate) struct Hidden {
    pub(crate) value: String,
    pub(crate) placeholder: String,
}

/// Everything that is looked for. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Finder {
    /// Each at least twice as large as the next, so that a new value rebuilds little and a text is read few times.
    levels: Vec<Arc<Level>>,
}

/// Values that one automaton looks for.
struct Level {
    hidden: Vec<Hidden>,
    text: AhoCorasick,
    /// For each pattern of `text`, which value it is and how it is written.
    written: Vec<(usize, &'static str)>,
    /// One pattern a value, without regard to case.
    hex: AhoCorasick,
}

/// A place in the text.
struct Found<'a> {
    start: usize,
    end: usize,
    hidden: &'a Hidden,
    encoding: &'static str,
}

/// Places that overlap.
struct Region<'a> {
    start: usize,
    end: usize,
    longest: Found<'a>,
}

impl Finder {
    /// Looks for these values too.
    pub(crate) fn add(&mut self, hidden: Vec<Hidden>) {
        let mut new = hidden;
        while let Some(last) = self.levels.pop_if(|last| last.hidden.len() < 2 * new.len()) {
            new.extend(last.hidden.iter().cloned());
        }
        if !new.is_empty() {
            self.levels.push(Arc::new(Level::new(new)));
        }
    }

    /// The text with placeholders for values, or none if it has no value.
    pub(crate) fn scrub(&self, text: &[u8]) -> Option<Scrubbed> {
        if self.levels.is_empty() || text.is_empty() {
            return None;
        }
        let mut found = Vec::new();
        for view in View::all(text) {
            for level in &self.levels {
                level.find(&view, &mut found);
            }
        }
        if found.is_empty() { None } else { Some(replace(text, found)) }
    }
}

impl Level {
    fn new(hidden: Vec<Hidden>) -> Self {
        let mut patterns = Vec::new();
        let mut written = Vec::new();
        for (index, Hidden { value, .. }) in hidden.iter().enumerate() {
            for (pattern, encoding) in needle::patterns(value) {
                patterns.push(pattern);
                written.push((index, encoding));
            }
        }
        let digits = hidden.iter().map(|hidden| needle::hex(&hidden.value));
        Self { text: automaton(patterns, false), written, hex: automaton(digits, true), hidden }
    }

    fn find<'a>(&'a self, view: &View<'_>, found: &mut Vec<Found<'a>>) {
        // Most texts have no secret: the quick question first. All matches, also overlapping ones, are asked for only then.
        if self.text.is_match(&*view.bytes) {
            for matched in self.text.find_overlapping_iter(&*view.bytes) {
                let (index, encoding) = self.written[matched.pattern().as_usize()];
                let encoding = if view.percent && encoding == needle::PLAIN { needle::URL } else { encoding };
                let (start, end) = view.origin(matched.start(), matched.end());
                found.push(Found { start, end, hidden: &self.hidden[index], encoding });
            }
        }
        if self.hex.is_match(&*view.bytes) {
            for matched in self.hex.find_overlapping_iter(&*view.bytes) {
                let (start, end) = view.origin(matched.start(), matched.end());
                found.push(Found {
                    start,
                    end,
                    hidden: &self.hidden[matched.pattern().as_usize()],
                    encoding: needle::HEX,
                });
            }
        }
    }
}

/// An automaton without a table for every byte: tokens are long, and such tables would be too.
fn automaton<P: AsRef<[u8]>>(patterns: impl IntoIterator<Item = P>, ignore_case: bool) -> AhoCorasick {
    AhoCorasick::builder()
        .kind(Some(AhoCorasickKind::ContiguousNFA))
        .match_kind(MatchKind::Standard)
        .ascii_case_insensitive(ignore_case)
        .build(patterns)
        .expect("patterns are far fewer and shorter than an automaton's two billion states")
}

/// Puts placeholders in. Places that overlap become one, so that no part of a value is left at its edge; the longest gives the
/// placeholder.
fn replace(text: &[u8], mut found: Vec<Found<'_>>) -> Scrubbed {
    // Stable: where two readings find the same place, the plainer one is named.
    found.sort_by_key(|place| (place.start, usize::MAX - place.end));
    let mut regions: Vec<Region<'_>> = Vec::new();
    for place in found {
        match regions.last_mut() {
            Some(region) if place.start < region.end => {
                region.end = region.end.max(place.end);
                if place.end - place.start > region.longest.end - region.longest.start {
                    region.longest = place;
                }
            }
            _ => regions.push(Region { start: place.start, end: place.end, longest: place }),
        }
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut counts: BTreeMap<(&str, &'static str), u32> = BTreeMap::new();
    let mut at = 0;
    for Region { start, end, longest } in &regions {
        bytes.extend_from_slice(&text[at..*start]);
        bytes.extend_from_slice(longest.hidden.placeholder.as_bytes());
        *counts.entry((&longest.hidden.placeholder, longest.encoding)).or_default() += 1;
        at = *end;
    }
    bytes.extend_from_slice(&text[at..]);
    let replaced = counts
        .into_iter()
        .map(|((placeholder, encoding), count)| Replacement { placeholder: placeholder.to_owned(), encoding, count })
        .collect();
    Scrubbed { bytes, replaced }
}
