//! WRITE-1: a write that is based on what is gone, or on nothing being there, comes too late.

use holdpoint::prelude::*;

use crate::writers::{Only, Tally, Writers};

const ROW: &str = "WRITE-1";
const NAME: &str = "a write that is based on what is gone is refused";

pub(crate) fn judge(writers: &Writers<'_>) {
    let wanted = writers.config.refused();
    let check = writers.cx.check([ROW], NAME).expecting(expected(&wanted));
    let version = match writers.begin("the first") {
        Ok(version) => version,
        Err(conclude) => return conclude(check),
    };
    // Who refuses every condition guards nothing.
    let next = writers.cx.http().send(writers.write("the next", Only::IfMatches(&version)));
    match &next {
        Ok(response) if (200..300).contains(&response.status()) => {}
        Ok(response) => {
            let seen = format!("{} for a write that is based on what stands there", response.status());
            return check.inconclusive(observed(seen), response);
        }
        Err(error) => return check.from_error(error),
    }
    let mut tally = Tally::default();
    for (writer, only) in [("if-match", Only::IfMatches(&version)), ("if-none-match", Only::IfNothing)] {
        let answer = writers.cx.http().send(writers.write(writer, only));
        tally.note(writer, &answer, &writers.config.refusals);
    }
    let Tally { taken, wrong, unknown, calls } = tally;
    let taken = taken.iter().map(|writer| format!("{writer} → taken"));
    let seen: Vec<String> = taken.chain(wrong).collect();
    if !seen.is_empty() {
        check.fail(expected(wanted), observed(seen.join("; ")), calls);
    } else if !unknown.is_empty() {
        check.inconclusive(observed(unknown.join("; ")), calls);
    } else {
        writers.judge_standing(check, &wanted, "the next");
    }
}
