//! What came of the users, row by row.

use holdpoint::load::{End, Stopped, Summary};
use holdpoint::prelude::*;

use crate::{
    LATENCY,
    config::{Config, Profile},
};

const SUCCESS: &str = "P3.2.success";
const AVERAGE: &str = "P3.2.average";
const ISOLATION: &str = "P3.2.isolation";
const USERS: &str = "SUC-3.users";
const STATE: &str = "SUC-3.state";
const SHARED: &str = "P4.1.shared-state";
const HUNDRED: &str = "CRIT-3";
/// So many users the critical checklist speaks of.
const MANY: u32 = 100;
/// The share of their requests that it wants to be served, at the least, whatever is enough elsewhere.
const MOSTLY: f64 = 0.95;

/// The rows that are judged.
pub(crate) fn rows(quick: bool) -> &'static [&'static str] {
    if quick { &[ISOLATION] } else { &[SUCCESS, AVERAGE, ISOLATION, USERS, STATE, SHARED, HUNDRED] }
}

/// Every row.
pub(crate) fn all(cx: &Context, config: &Config, profile: &Profile, done: &Stopped) {
    success(cx, config, done);
    average(cx, config, done);
    isolation(cx, done);
    users(cx, profile, done);
    state(cx.check([STATE], "everybody keeps a state of its own"), done);
    state(cx.check([SHARED], "requests share no state: what one writes the next one reads, and nobody else's"), done);
    hundred(cx, config, profile, done);
}

/// The share of requests that were served, 0 to 1. An iteration that no user was free for is a failure of what kept them waiting.
fn served(done: &Summary) -> f64 {
    let (exchanges, failed) = (done.exchanges(), done.failed());
    let wanted = u64::from(exchanges) + u64::from(done.iterations.dropped);
    f64::from(exchanges.saturating_sub(failed)) / wanted.max(1) as f64
}

/// Whoever was not there was not served badly either, but a load that ended early for its target's sake was.
fn is_through(done: &Summary) -> bool {
    matches!(done.end, End::Completed | End::Bound(_))
}

fn success(cx: &Context, config: &Config, done: &Stopped) {
    let good = served(done);
    let check = cx.check([SUCCESS], "users are served");
    let seen = format!("{:.2} %: {}", percent(good), done.words());
    if !done.exercised {
        return check.inconclusive(observed(seen), done);
    }
    let expected = expected(format!("more than {} % of the requests", percent(config.success)));
    if good > config.success && done.users_at_once < config.at_once {
        let (most, wanted) = (done.users_at_once, config.at_once);
        let few = format!(
            "{most} users had something under way at one time, of {wanted} that were to; with a shorter `pace`, or users that think \
             longer, there are more; {seen}"
        );
        return check.inconclusive(observed(few), done);
    }
    check.passes_if(good > config.success && is_through(done), expected, observed(seen), done);
}

fn average(cx: &Context, config: &Config, done: &Stopped) {
    let check = cx.check([AVERAGE], "users are answered in time");
    let average = done.thresholds.iter().find(|threshold| threshold.metric == LATENCY).and_then(|t| t.observed);
    let Some(average) = average else {
        return check.inconclusive(observed(format!("no answer; {}", done.words())), done);
    };
    let slowest = done.routes.iter().filter_map(|route| Some((route, route.latency?)));
    let slowest = slowest.max_by(|(_, a), (_, b)| a.p99.total_cmp(&b.p99));
    let slowest = slowest.map_or_else(String::new, |(route, latency)| {
        format!("; the slowest is {} with p99 {:.0} ms and {:.0} ms at most", route.route, latency.p99, latency.max)
    });
    let dropped = match done.iterations.dropped {
        0 => String::new(),
        dropped => format!("; {dropped} iterations were not begun, because all users were waiting"),
    };
    let wanted = expected(format!("less than {} ms", config.average.0));
    let seen = observed(format!("{average:.0} ms from when they were due{slowest}{dropped}"));
    check.passes_if(average < config.average.as_f64(), wanted, seen, done);
}

/// Nobody was shown the canary of another.
pub(crate) fn isolation(cx: &Context, done: &Stopped) {
    let check = cx.check([ISOLATION], "nobody is shown anything of another");
    let isolation = done.isolation();
    if !isolation.is_exercised() {
        let seen = format!("{isolation}; no user was ever shown its own text, so nothing could have shown another's");
        return check.inconclusive(observed(format!("{seen}; {}", done.words())), done);
    }
    let seen = if done.leak_count == 0 { isolation.to_string() } else { leaked(done) };
    let seen = seen + &done.shared_words();
    check.passes_if(done.leak_count == 0, expected("no canary of another user"), observed(seen), done);
}

/// The first leaks, each with both users.
fn leaked(done: &Summary) -> String {
    let told: Vec<String> = done.leaks.iter().take(3).map(ToString::to_string).collect();
    format!("{} leaks in {} exchanges: {}", done.leak_count, done.exchanges(), told.join("; "))
}

fn users(cx: &Context, profile: &Profile, done: &Stopped) {
    let check = cx.check([USERS], "so many users act");
    let lost = match &done.first_loss {
        Some(why) => format!(", {} ended before the load did: {why}", done.users_lost),
        None => String::new(),
    };
    let (all, at_once, begun) = (done.users, done.users_at_once, done.iterations.started);
    let seen = observed(format!("{all} users, {at_once} at once, {begun} iterations{lost}"));
    let wanted = expected(format!("{} users to the end", profile.users));
    if begun < profile.users {
        // They take turns, so not all have acted.
        return check.inconclusive(seen, done);
    }
    check.passes_if(all >= profile.users && done.users_lost == 0, wanted, seen, done);
}

/// Everybody read what it had written itself.
fn state(check: Check<'_>, done: &Stopped) {
    let (exchanges, isolation) = (done.exchanges(), done.isolation());
    if !isolation.is_exercised() {
        return check.inconclusive(observed(done.words()), done);
    }
    let wrong = done.routes.iter().find(|route| route.failures.content > 0);
    let seen = match wrong {
        _ if done.leak_count > 0 => leaked(done),
        Some(route) => {
            let all: u32 = done.routes.iter().map(|route| route.failures.content).sum();
            format!("{all} of {exchanges} answers were not what the user had written, first of {}", route.route)
        }
        None => isolation.to_string(),
    };
    check.passes_if(
        wrong.is_none() && done.leak_count == 0,
        expected("what each user has written, and of nobody else"),
        observed(seen + &done.shared_words()),
        done,
    );
}

/// A hundred users and more who are all active at once are served, each apart from the others. Fewer show nothing of it; nor do those who were never shown
/// their own.
fn hundred(cx: &Context, config: &Config, profile: &Profile, done: &Stopped) {
    let check = cx.check([HUNDRED], "a hundred users at once are served, each apart from the others");
    if profile.users < MANY {
        return check.not_exercised(format!("{} users are planned, and it takes {MANY}", profile.users));
    }
    let (good, isolation) = (served(done), done.isolation());
    let least = config.success.max(MOSTLY);
    let success = percent(least);
    let wanted = expected(format!("{MANY} users at once, more than {success} % of the requests served, no leak"));
    if done.leak_count > 0 {
        return check.fail(wanted, observed(leaked(done)), done);
    }
    let seen = format!("{} users at once; {:.2} %: {}; {isolation}", done.users_at_once, percent(good), done.words());
    if !done.exercised {
        return check.inconclusive(observed(seen), done);
    }
    let to_the_end = done.users.saturating_sub(done.users_lost);
    if good <= least || !is_through(done) || to_the_end < MANY {
        return check.fail(wanted, observed(format!("{to_the_end} users to the end, {seen}")), done);
    }
    if !isolation.is_exercised() {
        return check.inconclusive(observed(seen), done);
    }
    if done.users_at_once < MANY {
        return check.not_exercised(format!("{seen}, and it takes {MANY} at once"));
    }
    check.expecting(wanted).pass(observed(seen), done);
}

fn percent(share: f64) -> f64 {
    (share * 10_000.0).round() / 100.0
}
