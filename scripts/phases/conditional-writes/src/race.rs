//! WRITE-2: of writers who start from one version at the same time one is taken. Who looks first and writes then takes several.

use holdpoint::prelude::*;

use crate::writers::{Only, Tally, Writers};

const ROW: &str = "WRITE-2";
const NAME: &str = "of writers who start from one version one is taken";

pub(crate) fn judge(writers: &Writers<'_>) {
    let count = writers.config.writers;
    let wanted = format!("one of {count} is taken, and {} for all others", writers.config.refused());
    let check = writers.cx.check([ROW], NAME).expecting(expected(&wanted));
    let version = match writers.begin("the start") {
        Ok(version) => version,
        Err(conclude) => return conclude(check),
    };
    let names: Vec<String> = (1..=count).map(|number| format!("writer {number}")).collect();
    let requests = names.iter().map(|name| writers.write(name, Only::IfMatches(&version)));
    let mut tally = Tally::default();
    for (name, (_, answer)) in names.iter().zip(writers.cx.http().concurrency(count).send_all(requests)) {
        tally.note(name, &answer, &writers.config.refusals);
    }
    let Tally { taken, mut wrong, unknown, calls } = tally;
    if taken.len() > 1 {
        wrong.push(format!("{} were taken, of which all but one are lost", taken.len()));
    }
    if !wrong.is_empty() {
        check.fail(expected(wanted), observed(wrong.join("; ")), calls);
    } else if !unknown.is_empty() {
        check.inconclusive(observed(unknown.join("; ")), calls);
    } else {
        match taken.first() {
            Some(winner) => writers.judge_standing(check, &wanted, winner),
            None => check.inconclusive(observed("nobody was taken"), calls),
        }
    }
}
