//! Parameters that say where people go must not send them elsewhere: not to the provider, and not after the login.

use holdpoint::prelude::*;
use url::Url;
use url::form_urlencoded::byte_serialize;

use crate::START;
use crate::authorization::{Authorization, excerpt, place};
use crate::config::Validated;
use crate::login::{Flow, Trouble};
use crate::start;

/// A host that is nobody's.
const EVIL: &str = "evil.example";

/// Values by which others have been led away. `home` is a host that a careless comparison would take for its own.
pub(crate) fn values(home: &Url) -> Vec<String> {
    let host = home.host_str().unwrap_or_default();
    [
        format!("https://{EVIL}/"),
        format!("//{EVIL}/"),
        format!("/\\{EVIL}/"),
        format!("\\\\{EVIL}/"),
        format!("%2F%2F{EVIL}/"),
        format!("https://{host}@{EVIL}/"),
        format!("https://{host}.{EVIL}/"),
    ]
    .into()
}

/// What became of one value.
enum Led {
    /// Refused, or to where it should.
    Rightly,
    /// Elsewhere, or nowhere that a server should be led.
    Astray(String),
    /// It can't be told.
    Unknown(String),
}

/// How the values of one parameter fared.
#[derive(Default)]
struct Outcome {
    astray: Vec<String>,
    unknown: Vec<String>,
    calls: Vec<u32>,
}

impl Outcome {
    fn note(&mut self, value: &str, led: Led, calls: Vec<u32>) {
        let (list, seen) = match led {
            Led::Rightly => return,
            Led::Astray(seen) => (&mut self.astray, seen),
            Led::Unknown(seen) => (&mut self.unknown, seen),
        };
        list.push(format!("{value} → {seen}"));
        self.calls.extend(calls);
    }

    fn conclude(self, check: Check<'_>, wanted: &str, count: usize) {
        let Self { astray, unknown, calls } = self;
        if !astray.is_empty() {
            check.fail(expected(wanted), observed(astray.join("; ")), calls);
        } else if !unknown.is_empty() {
            check.expecting(expected(wanted)).inconclusive(observed(unknown.join("; ")), calls);
        } else {
            check.expecting(expected(wanted)).pass(observed(format!("so with {count} hostile values")), ());
        }
    }
}

/// Starts a login with every parameter and every value; none may change where it leads.
pub(crate) fn judge_start(cx: &Context, auth: &Service, config: &Validated) {
    let values = values(&config.home);
    for parameter in &config.parameters {
        let check = cx.check([START], format!("{parameter} does not change where a login starts"));
        let requests = values.iter().map(|value| auth.get(with(&config.path, parameter, value)));
        let mut outcome = Outcome::default();
        for ((_, answer), value) in cx.http().send_all(requests).into_iter().zip(&values) {
            let led = match &answer {
                Ok(response) => of_start(response, config),
                Err(error) => unanswered(error),
            };
            outcome.note(value, led, answer.calls());
        }
        outcome.conclude(check, "the endpoint with an allowed redirect_uri, or a refusal", values.len());
    }
}

/// Logs in with every parameter and every value; none may change where people are afterwards.
pub(crate) fn judge_login(cx: &Context, flow: &Flow<'_>, config: &Validated) {
    let values = values(&config.home);
    for parameter in &config.parameters {
        let check = cx.check([START], format!("{parameter} does not lead away after a login"));
        let mut outcome = Outcome::default();
        for value in &values {
            let (led, calls) = match flow.log_in(|path| with(path, parameter, value)) {
                Ok(entered) => {
                    flow.leave(&entered);
                    (of_end(&entered.response, config), entered.response.calls())
                }
                // A login that is refused leads nowhere.
                Err(Trouble::Wrong { calls, .. }) => (Led::Rightly, calls),
                Err(Trouble::Unseen { observed, calls, .. }) => (Led::Unknown(observed), calls),
                Err(Trouble::Call(error)) => (unanswered(&error), error.calls()),
            };
            outcome.note(value, led, calls);
        }
        outcome.conclude(check, "an allowed origin, or a refusal", values.len());
    }
}

pub(crate) fn with(path: &str, parameter: &str, value: &str) -> String {
    let escaped: String = byte_serialize(value.as_bytes()).collect();
    let separator = if path.contains('?') { '&' } else { '?' };
    format!("{path}{separator}{parameter}={escaped}")
}

fn unanswered(error: &CallError) -> Led {
    match error.cause() {
        Cause::Timeout(_) | Cause::Failed(_) => Led::Astray(error.to_string()),
        Cause::Denied(_) | Cause::InDoubt(_) | Cause::Interrupted(_) | Cause::Exhausted(_) => {
            Led::Unknown(error.to_string())
        }
    }
}

fn of_start(response: &Response, config: &Validated) -> Led {
    match response.status() {
        302 => match Authorization::of(response) {
            Ok(start) if start.place() == config.endpoint.as_str() => match start::allowed(&start, config) {
                Ok(_) => Led::Rightly,
                Err(seen) => Led::Astray(format!("redirect_uri {seen}")),
            },
            // An own page that says what was wrong.
            Ok(_) | Err(_) => of_end(response, config),
        },
        _ => of_end(response, config),
    }
}

fn of_end(response: &Response, config: &Validated) -> Led {
    match (response.status(), response.header("location")) {
        (300..=399, Some(location)) => match config.home.join(location) {
            Ok(url) if config.origins.allows(&url) => Led::Rightly,
            Ok(url) => Led::Astray(excerpt(&place(&url)).into_owned()),
            Err(_) => Led::Astray(format!("`{}`, which is no URL", excerpt(location))),
        },
        (400..=499, _) => Led::Rightly,
        (status @ 500.., _) => Led::Astray(status.to_string()),
        (status, _) => Led::Unknown(format!("{status}, a page that may lead anywhere")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_escaped_into_the_query() {
        assert_eq!(with("/auth/google", "next", "/\\evil.example/"), "/auth/google?next=%2F%5Cevil.example%2F");
        assert_eq!(with("/auth?x=1", "next", "%2F"), "/auth?x=1&next=%252F");
    }

    #[test]
    fn every_value_leads_away_where_it_is_followed() {
        let home = Url::parse("https://auth.example/auth/callback").unwrap();
        for value in values(&home) {
            // As a browser reads it, decoded once more where it was escaped.
            let value = value.replace("%2F", "/");
            let host = home.join(&value).unwrap().host_str().unwrap().to_owned();
            assert!(host.ends_with(EVIL), "{value} leads to {host}");
        }
    }
}
