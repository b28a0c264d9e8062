//! One kind against what is there: found, created or updated, and read back.

use holdpoint::prelude::*;
use holdpoint::{Completed, Failure};

use crate::OnDrift;
use crate::compare::differences;
use crate::definition::Definition;
use crate::kind::Kind;

/// How often a list is read until it shows what was just changed, and how long is waited in between.
const READS: u32 = 3;
const PAUSE: Millis = Millis(2_000);
/// How many differences are told.
const TOLD: usize = 5;

/// What was changed and is still to be read back.
struct Changed<'a> {
    wanted: &'a Definition,
    done: &'static str,
    calls: Vec<u32>,
}

pub(crate) fn all(cx: &Context, kind: &Kind, wanted: &[Definition], on_drift: OnDrift) {
    if wanted.is_empty() {
        return;
    }
    let before = match List::read(cx, kind) {
        Ok(list) => list,
        Err((why, calls)) => {
            wanted.iter().for_each(|one| check(cx, kind, one).inconclusive(observed(&why), calls.clone()));
            return;
        }
    };
    let changed: Vec<Changed<'_>> = wanted.iter().filter_map(|one| change(cx, kind, one, &before, on_drift)).collect();
    read_back(cx, kind, &changed);
}

fn check<'c>(cx: &'c Context, kind: &Kind, one: &Definition) -> Check<'c> {
    let check = cx.check([kind.row], format!("{} `{}` is there", kind.noun, one.name));
    check.expecting(expected(format!("as {} says", one.file)))
}

fn as_said(one: &Definition) -> holdpoint::Expected {
    expected(format!("as {} says", one.file))
}

/// States what can be said at once, or changes something and gives it back.
fn change<'a>(cx: &Context, kind: &Kind, one: &'a Definition, before: &List, on_drift: OnDrift) -> Option<Changed<'a>> {
    let evidence = [before.calls.clone(), one.calls.clone()].concat();
    let (command, done) = match before.named(&one.name).as_slice() {
        [] => (kind.create(&one.body), "created"),
        [found] => {
            let drift = differences(&one.body, found);
            if drift.is_empty() {
                check(cx, kind, one).pass(observed("there already, nothing was changed"), evidence);
                return None;
            }
            if on_drift == OnDrift::Fail {
                check(cx, kind, one).fail(as_said(one), observed(format!("drifted: {}", told(&drift))), evidence);
                return None;
            }
            let Some(command) = kind.update(found, &one.body) else {
                check(cx, kind, one).inconclusive(observed("it is listed without a name to change it by"), evidence);
                return None;
            };
            (command, "updated")
        }
        several => {
            let seen = format!("{} of that name", several.len());
            check(cx, kind, one).fail(expected("one of that name"), observed(seen), evidence);
            return None;
        }
    };
    match cx.gcloud().run(&command) {
        Ok(ended) => match ended.failure() {
            None => return Some(Changed { wanted: one, done, calls: ended.calls() }),
            // Who is not known, or was not understood, has not been refused.
            Some(Failure::Unauthenticated | Failure::Usage) => {
                check(cx, kind, one).inconclusive(observed(words(&ended)), &ended);
            }
            Some(_) => {
                check(cx, kind, one).fail(as_said(one), observed(format!("not {done}: {}", words(&ended))), &ended)
            }
        },
        Err(error) => check(cx, kind, one).from_error(error),
    }
    None
}

/// Why a command failed: its own words, which may have several lines.
fn words(ended: &Completed) -> String {
    let said = ended.stderr().lines().find(|line| line.starts_with("ERROR:")).unwrap_or_else(|| ended.last_line());
    ended.failure().map_or_else(|| said.to_owned(), |failure| format!("{failure}: {}", said.trim()))
}

fn told(drift: &[String]) -> String {
    let more = drift.len().saturating_sub(TOLD);
    let list = drift.iter().take(TOLD).cloned().collect::<Vec<_>>().join("; ");
    if more == 0 { list } else { format!("{list}; and {more} more") }
}

fn read_back(cx: &Context, kind: &Kind, changed: &[Changed<'_>]) {
    if changed.is_empty() {
        return;
    }
    let mut last = List::read(cx, kind);
    for _ in 1..READS {
        let shown = |list: &List| changed.iter().all(|one| list.wrong(one.wanted).is_none());
        if last.as_ref().is_ok_and(shown) || cx.sleep(PAUSE).is_err() {
            break;
        }
        last = List::read(cx, kind);
    }
    for Changed { wanted, done, calls } in changed {
        let check = check(cx, kind, wanted);
        match &last {
            Err((why, seen)) => {
                let what = format!("{done}, and could not be read back: {why}");
                check.inconclusive(observed(what), [calls.clone(), seen.clone()].concat());
            }
            Ok(list) => {
                let evidence = [calls.clone(), list.calls.clone()].concat();
                match list.wrong(wanted) {
                    None => check.pass(observed(format!("{done}, and reads back so")), evidence),
                    Some(wrong) => check.fail(as_said(wanted), observed(format!("{done}, but {wrong}")), evidence),
                }
            }
        }
    }
}

/// All of one kind in the project.
struct List {
    items: Vec<Value>,
    calls: Vec<u32>,
}

impl List {
    fn read(cx: &Context, kind: &Kind) -> Result<Self, (String, Vec<u32>)> {
        let ended = cx.gcloud().run(&kind.list()).map_err(|error| (error.to_string(), error.calls()))?;
        if ended.is_truncated() {
            return Err(("the list is longer than is read".to_owned(), ended.calls()));
        }
        match ended.json() {
            Ok(items) => Ok(Self { items, calls: ended.calls() }),
            Err(error) => Err((error.to_string(), ended.calls())),
        }
    }

    fn named(&self, name: &str) -> Vec<&Value> {
        self.items.iter().filter(|item| item.get("displayName").and_then(Value::as_str) == Some(name)).collect()
    }

    /// What of a definition is not so.
    fn wrong(&self, wanted: &Definition) -> Option<String> {
        match self.named(&wanted.name).as_slice() {
            [] => Some("none of that name is listed".to_owned()),
            [found] => {
                let drift = differences(&wanted.body, found);
                (!drift.is_empty()).then(|| told(&drift))
            }
            several => Some(format!("there are {} of that name", several.len())),
        }
    }
}
