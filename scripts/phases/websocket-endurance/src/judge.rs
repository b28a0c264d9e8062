//! The two sockets side by side, and what is said of them.

use holdpoint::prelude::*;

use crate::config::Config;
use crate::held::{Held, hold};
use crate::line::{Line, Opener, Step};
use crate::{DROPS, STABLE};

/// The number of a message beyond those of heartbeats.
const LAST: u32 = 1_000_000;

const HELD: &str = "a socket with a heartbeat is held";

pub(crate) fn all(cx: &Context, config: &Config, service: Service) {
    let opener = match Opener::new(cx, config, service) {
        Ok(opener) => opener,
        Err(none) => return none.conclude(cx.check([STABLE, DROPS], HELD)),
    };
    let (first, silent) = match (opener.open(), opener.open()) {
        (Ok(first), Ok(silent)) => (first, silent),
        (Err(closed), _) | (_, Err(closed)) => {
            return closed.conclude(cx.check([STABLE, DROPS], "a socket opens").expecting(expected("101")));
        }
    };
    match hold(cx, config, &opener, first) {
        Ok(held) => {
            judge_held(cx, config, &held);
            judge_silent(cx, silent);
            judge_reconnect(cx, &opener);
        }
        // Nobody knows what would have been.
        Err(error) => cx.check([STABLE, DROPS], HELD).from_error(error),
    }
}

fn judge_held(cx: &Context, config: &Config, held: &Held) {
    let wanted = expected(format!("open for {}, with a heartbeat each {}", config.hold, config.heartbeat));
    let check = cx.check([STABLE, DROPS], HELD);
    match (held.ends.first(), &held.gone) {
        (None, _) if config.hold <= config.past => {
            let seen = format!("held for {}, and the balancer's time-out is {}", config.hold, config.past);
            check.expecting(wanted).inconclusive(observed(seen), ());
        }
        (None, _) => check.expecting(wanted).pass(observed(format!("open over {} heartbeats", held.beats)), ()),
        (Some((after, why)), gone) => {
            let again = match gone {
                None => "another opened each time".to_owned(),
                Some(why) => format!("then no other opened: {why}"),
            };
            let seen = format!("ended after {after}: {why}; {} ends in all, and {again}", held.ends.len());
            check.fail(wanted, observed(seen), held.calls.clone());
        }
    }
    let check = cx.check([STABLE, DROPS], "every heartbeat is answered");
    let wanted = expected(format!("each within {}", config.within));
    if held.beats == 0 {
        check.expecting(wanted).inconclusive(observed("no socket lived to its first heartbeat"), held.calls.clone());
    } else {
        let seen = observed(format!("{} of {} were not", held.missed, held.beats));
        check.passes_if(held.missed == 0, wanted, seen, held.calls.clone());
    }
    let check = cx.check([STABLE], "every message is answered by its events, once, in order and in time");
    let wanted = expected(format!("{} events within {}", config.events.len(), config.within));
    if held.messages == 0 {
        return check.expecting(wanted).inconclusive(observed("no message was sent"), held.calls.clone());
    }
    let what = if held.wrong > 0 { format!(" ({})", held.wrongs()) } else { String::new() };
    let seen = format!("{} of {} went wrong{what}", held.wrong, held.messages);
    check.passes_if(held.wrong == 0, wanted, observed(seen), held.calls.clone());
}

/// A socket that nothing went over has ended by now, or answers.
fn judge_silent(cx: &Context, silent: Line<'_>) {
    let wanted = expected("its end, or an answer");
    let check = cx.check([DROPS], "a socket without a heartbeat is not half open").expecting(wanted.clone());
    match silent.is_answered(LAST) {
        Ok(Step::Done(true)) => {
            check.pass(observed("an answer"), ());
            silent.leave();
        }
        Ok(Step::Done(false)) => {
            check.fail(wanted, observed("neither: it is open, and its message was not answered"), ());
            silent.leave();
        }
        Ok(Step::Ended(end)) => check.pass(observed(format!("its end: {}", end.why)), end.calls),
        Err(error) => check.from_error(error),
    }
}

fn judge_reconnect(cx: &Context, opener: &Opener<'_>) {
    let wanted = expected("101, and an answer");
    let check =
        cx.check([STABLE, DROPS], "after the end of a socket another opens and answers").expecting(wanted.clone());
    let line = match opener.open() {
        Ok(line) => line,
        Err(closed) => return closed.conclude(check),
    };
    match line.is_answered(LAST) {
        Ok(Step::Done(true)) => check.pass(observed("101, and an answer"), ()),
        Ok(Step::Done(false)) => check.fail(wanted, observed("101, and no answer"), ()),
        Ok(Step::Ended(end)) => check.fail(wanted, observed(format!("101, and its end: {}", end.why)), end.calls),
        Err(error) => check.from_error(error),
    }
    line.leave();
}
