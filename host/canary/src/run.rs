//! Leaves out what can't have a canary, without looking at every place. Nothing is decided here: what is not left out is read character by
//! character, and that would have found nothing in what is.

use crate::code::PART;

/// Where the next run of fitting places begins that is long enough, or that reaches the end, so that it may become so. `from` is where one may
/// begin. Where few places fit, one of 16 is looked at.
#[inline]
pub(crate) fn next(mut from: usize, places: usize, fits: impl Fn(usize) -> bool) -> Option<usize> {
    while from < places {
        let probe = (from + PART - 1).min(places - 1);
        if let Some(misfit) = (from..=probe).rev().find(|place| !fits(*place)) {
            // Nothing that begins before the misfit is long enough; what begins behind it may be.
            let start = misfit + 1;
            if start > probe {
                from = start;
                continue;
            }
            match (probe + 1..places.min(start + PART)).find(|place| !fits(*place)) {
                Some(misfit) => from = misfit + 1,
                None => return Some(start),
            }
        } else {
            return Some(from);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn starts(text: &str) -> Vec<usize> {
        let fits = |at: usize| text.as_bytes()[at] == b'x';
        let (mut starts, mut from) = (Vec::new(), 0);
        while let Some(start) = next(from, text.len(), fits) {
            starts.push(start);
            from = (start..text.len()).find(|at| !fits(*at)).unwrap_or(text.len());
        }
        starts
    }

    #[test]
    fn finds_what_is_long_enough_or_may_become_so() {
        assert_eq!(starts(""), [0; 0]);
        assert_eq!(starts("..xxx....xx.."), [0; 0]);
        assert_eq!(starts("..xxx....xx"), [9]);
        assert_eq!(starts("x"), [0]);
        let (long, short) = ("x".repeat(PART), "x".repeat(PART - 1));
        assert_eq!(starts(&format!("{long}.{short}.{long}x.")), [0, 2 * PART + 1]);
        for before in 0..50 {
            for (between, length) in [(1, PART), (2, PART + 3), (17, 60)] {
                let gap = ".".repeat(before);
                let text = format!("{gap}{}{}{short}.", "x".repeat(length), ".".repeat(between));
                assert_eq!(starts(&text), [before], "{text}");
            }
        }
    }
}
