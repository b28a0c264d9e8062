//! Services go back, one after the other, and are looked at afterwards.

use std::collections::BTreeMap;

use holdpoint::Failure;
use holdpoint::cloud_run::{self, Found, Listing, TrafficMap};
use holdpoint::prelude::*;

use crate::state::{State, title};
use crate::{Config, ROW};

/// How long between two looks.
const PAUSE: Millis = Millis(1_000);

/// Whether all of them are as they were.
pub(crate) fn all(cx: &Context, config: &Config, states: &[(&String, State)], listing: &Listing) -> bool {
    let gone = gone(cx, states);
    let mut asked: Vec<(&String, &TrafficMap)> = Vec::new();
    for (name, state) in states {
        match state {
            State::Deployed(before) => {
                let lost = before.shares().find_map(|(revision, _)| Some((revision, gone.get(revision)?)));
                if let Some((revision, why)) = lost {
                    let seen = format!("{revision} can't serve any more: {why}; {}", by_hand(config, name, before));
                    cx.check([ROW], title(name)).fail(expected(before), observed(seen), listing);
                } else if shift(cx, config, name, before) {
                    asked.push((name, before));
                }
            }
            State::Back(before) => cx.check([ROW], title(name)).pass(observed(format!("{before}, as before")), listing),
            State::Foreign(_) | State::Lost(_) => state.hold(cx, name, listing),
        }
    }
    let back = states.iter().filter(|(_, state)| matches!(state, State::Back(_))).count();
    back + look(cx, config, &asked) == states.len()
}

/// The revisions to go back to that are not there or not ready, with what is said of each.
fn gone(cx: &Context, states: &[(&String, State)]) -> BTreeMap<String, String> {
    let wanted = states.iter().filter_map(|(_, state)| match state {
        State::Deployed(before) => Some(before.shares().map(|(revision, _)| revision)),
        _ => None,
    });
    let wanted: Vec<&str> = wanted.flatten().collect();
    let described = cloud_run::revisions(cx, wanted.iter().copied());
    let mut gone = BTreeMap::new();
    for (name, described) in wanted.into_iter().zip(described) {
        let why = match described {
            Err(unknown) if unknown.failure() == Some(Failure::NotFound) => Some(unknown.to_string()),
            // A question without an answer is no reason to leave a bad release where it is.
            Err(_) => None,
            Ok((revision, _)) => match revision.ready() {
                Some(condition) if condition.status == "False" => Some(condition.why()),
                _ => None,
            },
        };
        gone.extend(why.map(|why| (name.to_owned(), why)));
    }
    gone
}

/// Asks for the traffic that was; a refusal fails the row.
fn shift(cx: &Context, config: &Config, name: &str, before: &TrafficMap) -> bool {
    let command = Command::new("run services update-traffic").argument(name).flag("to-revisions", before.to_flag());
    let check = || cx.check([ROW], title(name)).expecting(expected(before));
    match cx.gcloud().run(&command) {
        Ok(done) if done.failure().is_none() => return true,
        Ok(refused) => {
            let seen = format!("{}; {}", refused.last_line(), by_hand(config, name, before));
            check().fail(expected(before), observed(seen), &refused);
        }
        Err(error) => check().from_error(&error),
    }
    false
}

/// Looks until all of them serve what was asked for, or the time is over; how many do.
fn look(cx: &Context, config: &Config, asked: &[(&String, &TrafficMap)]) -> usize {
    if asked.is_empty() {
        return 0;
    }
    let start = cx.now();
    loop {
        let listing = match cloud_run::services(cx) {
            Ok(listing) => listing,
            Err(unknown) => {
                for (name, before) in asked {
                    let check = cx.check([ROW], title(name)).expecting(expected(before));
                    check.inconclusive(observed(format!("asked for, and not seen: {unknown}")), &unknown);
                }
                return 0;
            }
        };
        let seen = |name: &str| match listing.named(name) {
            Found::One(service) if service.is_settled() => service.traffic().to_string(),
            Found::One(service) => format!("{}; the change is not done", service.traffic()),
            Found::None | Found::Several => "the service is gone".to_owned(),
        };
        let done = asked.iter().all(|(name, before)| seen(name) == before.to_string());
        if done || cx.now().since(start) >= config.within || cx.sleep(PAUSE).is_err() {
            for (name, before) in asked {
                let seen = seen(name);
                let right = seen == before.to_string();
                let seen = if right { seen } else { format!("{seen}; {}", by_hand(config, name, before)) };
                cx.check([ROW], title(name)).passes_if(right, expected(before), observed(seen), &listing);
            }
            return asked.iter().filter(|(name, before)| seen(name) == before.to_string()).count();
        }
    }
}

/// The command for a person.
fn by_hand(config: &Config, name: &str, before: &TrafficMap) -> String {
    format!(
        "by hand: gcloud run services update-traffic {name} --project={} --region={} --to-revisions={}",
        config.project,
        config.region,
        before.to_flag()
    )
}
