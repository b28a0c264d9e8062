//! What came of the chats.

use holdpoint::load::{End, Quantiles, Route, Stopped, Summary};
use holdpoint::prelude::*;
use holdpoint::upper_limit;

use crate::config::Config;
use crate::{CHAT, ISOLATION};

/// All routes of one kind.
struct Kind {
    exchanges: u32,
    failed: u32,
    /// Why the first did.
    why: String,
    slowest: Option<Quantiles>,
}

pub(crate) fn all(cx: &Context, config: &Config, done: &Stopped) {
    let (opened, sent) = (kind(done, "OPEN "), kind(done, "SEND "));
    sockets(cx, done, &opened);
    messages(cx, config, done, &sent);
    answered(cx, config, done, &sent);
    isolation(cx, done);
}

fn kind(done: &Summary, begins: &str) -> Kind {
    let routes: Vec<&Route> = done.routes.iter().filter(|route| route.route.starts_with(begins)).collect();
    let sum = |count: fn(&Route) -> u32| routes.iter().fold(0, |all: u32, route| all.saturating_add(count(route)));
    let why = routes.iter().find(|route| route.failures.all() > 0).map(|route| route.failures.to_string());
    Kind {
        exchanges: sum(|route| route.exchanges),
        failed: sum(|route| route.failures.all()),
        why: why.unwrap_or_default(),
        slowest: routes.iter().filter_map(|route| route.service).max_by(|a, b| a.p95.total_cmp(&b.p95)),
    }
}

/// A load that came to its end, or to one that says nothing of the chat.
fn is_through(done: &Summary) -> bool {
    matches!(done.end, End::Completed | End::Bound(_))
}

fn sockets(cx: &Context, done: &Stopped, opened: &Kind) {
    let check = cx.check([CHAT], "sockets open");
    if opened.exchanges == 0 {
        return check.inconclusive(observed(format!("no socket was asked for; {}", done.words())), done);
    }
    let (all, failed) = (opened.exchanges, opened.failed);
    let why = if failed == 0 { String::new() } else { format!(" ({})", opened.why) };
    let seen = observed(format!("{} of {all} opened{why}", all - failed));
    check.passes_if(failed == 0, expected("every socket that is asked for"), seen, done);
}

fn messages(cx: &Context, config: &Config, done: &Stopped, sent: &Kind) {
    let check = cx.check([CHAT], "every message is answered by its events, once, in order and in time");
    let (all, failed) = (sent.exchanges, sent.failed);
    if all == 0 {
        return check.inconclusive(observed(format!("no message; {}", done.words())), done);
    }
    let wrong: Vec<String> = done
        .checks
        .iter()
        .filter(|said| said.wrong > 0)
        .map(|said| format!("\"{}\" was wrong {} times", said.name, said.wrong))
        .collect();
    let why = match (failed, wrong.is_empty()) {
        (0, _) => String::new(),
        (_, true) => format!(" ({})", sent.why),
        (_, false) => format!(" ({}; {})", sent.why, wrong.join("; ")),
    };
    // What there may be at most of what was not seen.
    let most = upper_limit(0, all.into()) * 100.0;
    let bound = if failed == 0 { format!(", at most {most:.2} % with 95 % confidence") } else { String::new() };
    let seen = format!("{failed} of {all} went wrong{why}{bound}");
    if failed == 0 && (all < config.messages || !is_through(done)) {
        let few = format!("{seen}; {} messages were to show it; {}", config.messages, done.words());
        return check.inconclusive(observed(few), done);
    }
    check.passes_if(
        failed == 0,
        expected("no message of which an event is lost, late, out of order or there twice"),
        observed(seen),
        done,
    );
}

fn answered(cx: &Context, config: &Config, done: &Stopped, sent: &Kind) {
    let check = cx.check([CHAT], "answers come soon");
    let Some(times) = sent.slowest else {
        return check.inconclusive(observed(format!("no message; {}", done.words())), done);
    };
    let seen = format!("p95 {:.0} ms, p99 {:.0} ms, {:.0} ms at most", times.p95, times.p99, times.max);
    let wanted = expected(format!("a p95 below {} ms", config.answered.0));
    check.passes_if(times.p95 < config.answered.as_f64(), wanted, observed(seen), done);
}

fn isolation(cx: &Context, done: &Stopped) {
    let check = cx.check([ISOLATION], "nobody hears what another has said");
    let isolation = done.isolation();
    if !isolation.is_exercised() {
        // That the chat says nothing is told by its own row; isolation others may have shown all the same.
        let why = "nobody ever heard its own words, so nobody could have heard another's";
        return check.not_exercised(format!("{isolation}; {why}; {}", done.words()));
    }
    let first = done.leaks.first().map_or_else(String::new, |leak| format!("; first {leak}"));
    let seen = observed(format!("{isolation}{first}"));
    check.passes_if(done.leak_count == 0, expected("no canary of another user"), seen, done);
}
