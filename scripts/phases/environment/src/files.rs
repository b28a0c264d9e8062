//! Files of a directory, searched line by line for what is another environment's.

use std::collections::BTreeSet;

use holdpoint::prelude::*;
use holdpoint::words::Pattern;

use crate::ROW;
use crate::config::Config;

/// The most files of a directory.
const MOST_FILES: usize = 2_000;
/// How many findings are told.
const SHOWN: usize = 20;

pub(crate) fn judge(cx: &Context, config: &Config, directory: &str, foreign: &[Pattern]) {
    let wanted = expected("nothing of another environment");
    let check = cx.check([ROW], format!("what {directory} holds is of this environment")).expecting(wanted.clone());
    let mut paths = BTreeSet::new();
    for pattern in &config.include {
        match cx.files().glob(directory, pattern) {
            Ok(listing) => paths.extend(listing.into_iter().map(|entry| entry.path)),
            Err(error) => return check.inconclusive(observed(&error), &error),
        }
    }
    if paths.is_empty() || paths.len() > MOST_FILES {
        let seen = format!("{} files match, of 1 to {MOST_FILES}", paths.len());
        return check.inconclusive(observed(seen), ());
    }
    let (mut found, mut calls) = (Vec::new(), Vec::new());
    for path in &paths {
        let content = match cx.files().read(path) {
            Ok(content) => content,
            Err(error) => return check.inconclusive(observed(format!("{path} cannot be read: {error}")), &error),
        };
        let Ok(text) = content.text() else {
            return check.inconclusive(observed(format!("{path} is not UTF-8")), &content);
        };
        let places = places(text, foreign);
        if !places.is_empty() {
            calls.push(content.seq());
        }
        found.extend(places.into_iter().map(|(line, pattern)| format!("{path}:{line} has {pattern}")));
    }
    if found.is_empty() {
        return check.pass(observed(format!("nothing in {} files", paths.len())), ());
    }
    let more = found.len().saturating_sub(SHOWN);
    found.truncate(SHOWN);
    let rest = if more > 0 { format!("; and {more} more") } else { String::new() };
    check.fail(wanted, observed(format!("{}{rest}", found.join("; "))), calls);
}

/// The lines, from 1, with what stands in each. What else stands there may be a secret, and is not shown.
fn places<'p>(text: &str, foreign: &'p [Pattern]) -> Vec<(usize, &'p Pattern)> {
    let mut places = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.to_lowercase();
        places.extend(foreign.iter().filter(|pattern| pattern.is_in(&line)).map(|pattern| (number, pattern)));
    }
    places
}
