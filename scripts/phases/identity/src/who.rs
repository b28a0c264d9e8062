//! Who acts, and for how long. The row is judged by several checks, so that the one that fails says what is wrong.

use holdpoint::Identity;
use holdpoint::prelude::*;

use crate::config::Config;

const ROW: [&str; 1] = ["PRE-1.identity"];

/// The identity, if there is one.
pub(crate) fn judge(cx: &Context, config: &Config) -> Option<Identity> {
    let check = cx.check(ROW, "gcloud acts as somebody").expecting(expected("an identity"));
    let identity = match cx.gcloud().identity() {
        Ok(identity) => identity,
        Err(error) => {
            check.from_error(error);
            return None;
        }
    };
    check.pass(observed(&identity), &identity);
    kind(cx, config, &identity);
    principal(cx, config, &identity);
    end(cx, config, &identity);
    Some(identity)
}

fn kind(cx: &Context, config: &Config, identity: &Identity) {
    use holdpoint::IdentityKind::{Other, Token};
    let Some(kinds) = &config.kinds else { return };
    let check = cx.check(ROW, "it is of a kind that may act");
    let wanted = expected(listed(kinds));
    match identity.kind() {
        kind if kinds.contains(&kind) => check.expecting(wanted).pass(observed(kind), identity),
        // It may well be one of them.
        kind @ (Token | Other) => {
            check.expecting(wanted).inconclusive(observed(format!("{kind}: nobody tells what it is")), identity)
        }
        kind => check.fail(wanted, observed(kind), identity),
    }
}

fn principal(cx: &Context, config: &Config, identity: &Identity) {
    let Some(patterns) = &config.principals else { return };
    let check = cx.check(ROW, "it is one of those that may act").expecting(expected(listed(patterns)));
    match identity.principal() {
        None => {
            check.inconclusive(observed(format!("nobody tells who it is; its kind is {}", identity.kind())), identity)
        }
        Some(name) => {
            let may = patterns.iter().any(|pattern| pattern.covers(name));
            check.passes_if(may, expected(listed(patterns)), observed(name), identity);
        }
    }
}

fn end(cx: &Context, config: &Config, identity: &Identity) {
    let Some(lasts) = config.lasts else { return };
    let wanted = expected(format!("for {} or more", span(lasts)));
    let check = cx.check(ROW, "its token holds long enough").expecting(wanted.clone());
    let Some(ends) = identity.ends() else {
        return check.inconclusive(observed(format!("nobody tells when a {} ends", identity.kind())), identity);
    };
    let now = cx.now();
    if ends <= now {
        return check.fail(wanted, observed(format!("it ended {} ago", span(now.since(ends)))), identity);
    }
    let left = ends.since(now);
    check.passes_if(left >= lasts, wanted, observed(format!("for {}", span(left))), identity);
}

fn listed<T: std::fmt::Display>(items: &[T]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// Minutes and seconds.
fn span(millis: Millis) -> String {
    let seconds = millis.0 / 1_000;
    match (seconds / 60, seconds % 60) {
        (0, seconds) => format!("{seconds} s"),
        (minutes, 0) => format!("{minutes} min"),
        (minutes, seconds) => format!("{minutes} min {seconds} s"),
    }
}
