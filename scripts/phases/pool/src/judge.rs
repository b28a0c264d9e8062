//! What the steps come to: whether the users are borne, where the knee is, and whether all connections are back.

use holdpoint::prelude::*;

use crate::config::Config;
use crate::gauges::named;
use crate::steps::{Step, Steps};
use crate::watch::{Before, Levels};
use crate::{BEARS, COMES_BACK};

/// How many times as many connections the same load may have in use, and how many more: a look is one moment of it.
const LEVEL: (f64, f64) = (1.5, 2.0);
/// Findings that are told.
const SHOWN: usize = 3;

/// So many users do not use the pool up.
pub(crate) fn bears(cx: &Context, config: &Config, steps: &Steps) {
    tell(cx, steps);
    let (users, most) = (config.users, config.waiting_at_most);
    let wanted = expected(format!(
        "{users} users with less than {} % in use, at most {most} waiting for longer than {}, and nobody who gives up",
        percent(config.at_most),
        config.waiting_for
    ));
    let check = cx.check([BEARS], "the pool bears so many users").expecting(wanted.clone());
    let knee = steps.knee();
    if let Some(step) = knee.filter(|step| step.users <= users) {
        return check.fail(wanted, observed(in_words(step)), step);
    }
    if let Some((refused, error)) = steps.refused.as_ref().filter(|(refused, _)| *refused <= users) {
        return check.inconclusive(observed(format!("{refused} users could not act: {error}")), error);
    }
    let mut borne = steps.climbed.iter().filter(|step| step.users <= users);
    if let Some((step, why)) = borne.find_map(|step| Some((step, unproven(config, step)?))) {
        return check.inconclusive(observed(why), step);
    }
    let beyond = match (knee, &steps.refused) {
        (Some(knee), _) => in_words(knee),
        (None, Some((refused, error))) => format!("{refused} users could not act: {error}"),
        (None, None) => format!("no knee up to {} users", steps.climbed.last().map_or(0, |step| step.users)),
    };
    match steps.climbed.iter().find(|step| step.users == users) {
        Some(step) => check.pass(observed(format!("{step}; {beyond}")), (step, knee)),
        None => check.inconclusive(observed(format!("{users} users were not come to; {beyond}")), ()),
    }
}

fn in_words(knee: &Step) -> String {
    let first = knee.seen.first.map_or_else(String::new, |sign| format!(", first {sign}"));
    format!("the knee is at {} users{first}; {knee}", knee.users)
}

/// Why a step in which the pool did not give way does not show that it bears it.
fn unproven(config: &Config, step: &Step) -> Option<String> {
    let open = || {
        let failed = step.load.failed();
        let is_open = failed > 0 && !step.seen.is_counted;
        is_open.then(|| format!("{step}; no {} tells whether they gave up", config.gauges.timeouts))
    };
    step.unproven().or_else(open)
}

/// What each step has come to.
fn tell(cx: &Context, steps: &Steps) {
    for step in steps.all() {
        let under = format!("under {} users", step.users);
        if let Some(pool) = &step.seen.fullest {
            cx.measure(format!("pool in use {under}"), pool.in_use, "connections");
            cx.measure(format!("pool waiting {under}"), step.seen.waiting, "requests");
        }
        if let Some(slowest) = step.slowest() {
            cx.measure(format!("p95 {under}"), slowest, "ms");
        }
    }
    if let Some(knee) = steps.knee() {
        cx.measure("knee of the pool", f64::from(knee.users), "users");
    }
}

/// Every connection is back when nobody acts, and the same load needs as many as before.
pub(crate) fn comes_back(cx: &Context, config: &Config, before: &Before, steps: &Steps) {
    let wanted = expected(format!("within {} as many in use as before, and under the same load too", config.settles));
    let check = cx.check([COMES_BACK], "connections come back").expecting(wanted.clone());
    let kept: Vec<(&Step, String)> = steps.all().filter_map(|step| Some((step, kept(step, &before.least)?))).collect();
    if let Some((step, _)) = kept.first() {
        let told: Vec<&str> = kept.iter().take(SHOWN).map(|(_, told)| told.as_str()).collect();
        return check.fail(wanted, observed(told.join("; ")), step);
    }
    if let (None, Some((users, error))) = (steps.climbed.first(), &steps.refused) {
        return check.inconclusive(observed(format!("{users} users could not act: {error}")), error);
    }
    let again = match &steps.again {
        Ok(again) => again,
        Err(error) => return check.inconclusive(observed(format!("nobody could act again: {error}")), error),
    };
    let same: Vec<&Step> = steps.climbed.first().into_iter().chain(again).collect();
    if let Some((step, why)) = same.iter().find_map(|step| Some((step, step.unproven()?))) {
        return check.inconclusive(observed(why), step);
    }
    if let Some(step) = steps.all().find(|step| !step.after.keys().any(|pool| before.least.contains_key(pool))) {
        let seen = format!("no pool of before was seen again after {} users", step.users);
        return check.inconclusive(observed(seen), step);
    }
    let in_use: Vec<f64> = same.iter().filter_map(|step| step.seen.median()).collect();
    let (Some(first), Some(last), Some(step)) = (in_use.first(), in_use.last(), same.last()) else {
        return check.inconclusive(observed("the same load was not done again"), ());
    };
    let shown: Vec<String> = in_use.iter().map(f64::to_string).collect();
    let seen = observed(format!(
        "{} in use before and after each of {} steps; under {} users {}",
        before.least.values().sum::<f64>(),
        steps.all().count(),
        step.users,
        shown.join(", ")
    ));
    let (times, more) = LEVEL;
    check.passes_if(*last <= first * times + more, wanted, seen, step);
}

/// The pools that had more in use after a step than before all of them.
fn kept(step: &Step, before: &Levels) -> Option<String> {
    let more = |(pool, level): (&String, &f64)| {
        let before = before.get(pool).filter(|before| *level > **before)?;
        let users = step.users;
        Some(format!("{level} in use after {users} users, {before} before ({})", named(pool)))
    };
    let told: Vec<String> = step.after.iter().filter_map(more).take(SHOWN).collect();
    (!told.is_empty()).then(|| told.join(", "))
}

fn percent(share: f64) -> f64 {
    (share * 10_000.0).round() / 100.0
}
