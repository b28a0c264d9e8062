//! One file: read, parsed, searched, and what came of it stated.

use holdpoint::prelude::*;
use holdpoint::{Content, Entry};
use holdpoint_formats::{self as formats, Scalar, masked};

use crate::address::Meaning;
use crate::config::Config;
use crate::key::role;
use crate::value::{Found, addresses};

/// The longest file that is parsed, in bytes.
const LONGEST: f64 = 4.0 * 1024.0 * 1024.0;

/// How many findings of one file are stated each by itself.
const MOST_FINDINGS: usize = 50;

/// How many strings inside of strings are opened.
const DEEPEST_NESTING: usize = 4;

const WANTED: &str = "no loopback address";

/// States what came of a file; gives back how many private addresses are in it. `used` marks the exceptions that excused something.
pub(crate) fn judge(cx: &Context, config: &Config, entry: &Entry, used: &mut [bool]) -> usize {
    let path = &entry.path;
    let check = || cx.check(["P1.3"], format!("{path} names no loopback address")).expecting(expected(WANTED));
    if entry.size > LONGEST {
        check().inconclusive(observed(format!("{} bytes, and files of at most {LONGEST} are read", entry.size)), ());
        return 0;
    }
    let content = match cx.files().read(path) {
        Ok(content) => content,
        Err(error) => {
            check().inconclusive(observed(format!("it cannot be read: {error}")), &error);
            return 0;
        }
    };
    let text = match content.text() {
        Ok(text) => text,
        Err(error) => {
            check().inconclusive(observed(format!("it is not UTF-8 from byte {}", error.valid_up_to())), &content);
            return 0;
        }
    };
    match formats::scalars(path, text) {
        Ok(scalars) => search(cx, config, path, &content, &formats::with_names(scalars), used),
        Err(error) => {
            let place = format!("{path}:{}:{}", error.at.line, error.at.column);
            check().inconclusive(observed(format!("{place}: it cannot be parsed: {}", error.why)), &content);
            0
        }
    }
}

/// One finding: a value and an address in it.
struct Finding<'a> {
    scalar: &'a Scalar,
    found: Found,
}

fn search(
    cx: &Context,
    config: &Config,
    path: &str,
    content: &Content,
    scalars: &[Scalar],
    used: &mut [bool],
) -> usize {
    let opened: Vec<Scalar> = scalars.iter().flat_map(|scalar| opened(scalar, DEEPEST_NESTING)).collect();
    let all = opened.iter().flat_map(|scalar| {
        let found = addresses(&scalar.value, role(&scalar.path, &config.listen_keys), scalar.before.as_deref());
        found.into_iter().map(move |found| Finding { scalar, found })
    });
    let (private, findings): (Vec<_>, Vec<_>) = all.partition(|finding| finding.found.meaning == Meaning::Private);
    for Finding { scalar, found } in private.iter().take(MOST_FINDINGS) {
        cx.log(Level::Info, format!("{}: {} is a private address", place(path, scalar), found.text));
    }
    let (excused, findings): (Vec<_>, Vec<_>) =
        findings.into_iter().partition(|finding| excuse(config, path, finding, used));
    state(cx, config, path, content, opened.len(), &excused, &findings);
    private.len()
}

fn state(
    cx: &Context,
    config: &Config,
    path: &str,
    content: &Content,
    values: usize,
    excused: &[Finding<'_>],
    findings: &[Finding<'_>],
) {
    if findings.is_empty() {
        let mut seen = format!("none in {values} values");
        if let Some(first) = excused.first() {
            let reason = config
                .exceptions
                .iter()
                .find(|e| e.covers(path, &first.scalar.path.join(".")))
                .map_or("", |e| e.reason.trim());
            seen.push_str(&format!(", {} excused: {reason}", excused.len()));
        }
        let check = cx.check(["P1.3"], format!("{path} names no loopback address")).expecting(expected(WANTED));
        return check.pass(observed(seen), content);
    }
    for Finding { scalar, found } in findings.iter().take(MOST_FINDINGS) {
        let check = cx.check(["P1.3"], format!("{} names no loopback address", place(path, scalar)));
        let seen = format!("{} ({}) in {}: {}", found.text, found.meaning, place(path, scalar), masked(&scalar.value));
        check.fail(expected(WANTED), observed(seen), content);
    }
    if findings.len() > MOST_FINDINGS {
        let check = cx.check(["P1.3"], format!("{path} names no further loopback address"));
        check.fail(expected(WANTED), observed(format!("{} more", findings.len() - MOST_FINDINGS)), content);
    }
}

/// A value, or the values that it holds.
fn opened(scalar: &Scalar, depth: usize) -> Vec<Scalar> {
    match formats::nested(scalar) {
        Some(inner) if depth > 0 => inner.iter().flat_map(|scalar| opened(scalar, depth - 1)).collect(),
        _ => vec![scalar.clone()],
    }
}

fn excuse(config: &Config, path: &str, finding: &Finding<'_>, used: &mut [bool]) -> bool {
    let key = finding.scalar.path.join(".");
    let Some(at) = config.exceptions.iter().position(|exception| exception.covers(path, &key)) else { return false };
    if let Some(used) = used.get_mut(at) {
        *used = true;
    }
    true
}

fn place(path: &str, scalar: &Scalar) -> String {
    format!("{path}:{}:{} {}", scalar.at.line, scalar.at.column, scalar.path.join("."))
}
