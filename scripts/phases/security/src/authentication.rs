//! SEC-2: nobody gets at what is protected without a good token of their own.

use holdpoint::Answer;
use holdpoint::prelude::*;

use crate::asking::{Asker, is_away, is_good};
use crate::config::{Route, bounded};
use crate::owned::{self, Owned};
use crate::tokens::{Token, Tokens, untried, with};

pub(crate) const ROW: &str = "SEC-2";

/// Head and claims of a token that says it needs no signature, and is valid until 2100.
const UNSIGNED: &str =
    "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJzdWIiOiJob2xkcG9pbnQiLCJuYW1lIjoiaG9sZHBvaW50IiwiZXhwIjo0MTAyNDQ0ODAwfQ.";
/// The same with HS256 and a signature of zeros.
pub(crate) const FORGED: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJob2xkcG9pbnQiLCJuYW1lIjoiaG9sZHBvaW50IiwiZXhwIjo0MTAyNDQ0ODAwfQ.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
/// `holdpoint:not-a-password`.
const MADE_UP: &str = "aG9sZHBvaW50Om5vdC1hLXBhc3N3b3Jk";

/// Which routes are protected, and what belongs to whom.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Authentication {
    routes: Vec<Route>,
    #[serde(default)]
    owned: Vec<Owned>,
    /// The statuses that refuse.
    #[serde(default = "refusals")]
    refusals: Vec<u16>,
}

impl Authentication {
    pub(crate) fn check(&self) -> Result<()> {
        bounded("authentication.routes", &self.routes, 1)?;
        bounded("authentication.owned", &self.owned, 0)?;
        bounded("authentication.refusals", &self.refusals, 1)?;
        if let Some(status) = self.refusals.iter().find(|status| !matches!(status, 300..=499)) {
            return Err(Error::new(format!(
                "config.authentication.refusals: {status} refuses nobody; write statuses of 300 to 499"
            )));
        }
        self.routes.iter().try_for_each(|route| route.check("authentication.routes"))?;
        self.owned.iter().try_for_each(Owned::check)
    }
}

pub(crate) fn judge(asker: &Asker<'_>, authentication: &Authentication, tokens: &Tokens) -> Result<()> {
    for route in &authentication.routes {
        without_token(asker, authentication, route, tokens.expired.as_ref())?;
        with_token(asker, route, &tokens.user)?;
    }
    for owned in &authentication.owned {
        let control = authentication.routes.iter().find(|route| route.is_read() && route.service == owned.service);
        owned::judge(asker, owned, tokens, control)?;
    }
    Ok(())
}

/// What is no token of anybody, by its name, with the header that carries it.
fn bad(expired: Option<&Token>) -> Vec<(&'static str, Option<String>)> {
    let mut bad = vec![
        ("no token", None),
        ("a word", Some("Bearer not-a-token".to_owned())),
        ("no scheme", Some("not-a-token".to_owned())),
        ("an unsigned token", Some(format!("Bearer {UNSIGNED}"))),
        ("a forged token", Some(format!("Bearer {FORGED}"))),
        ("a made-up password", Some(format!("Basic {MADE_UP}"))),
    ];
    if let Some(Ok(expired)) = expired {
        bad.push(("an expired token", Some(expired.clone())));
    }
    bad
}

fn without_token(
    asker: &Asker<'_>,
    authentication: &Authentication,
    route: &Route,
    expired: Option<&Token>,
) -> Result<()> {
    let wanted = authentication.refusals.iter().map(u16::to_string).collect::<Vec<_>>().join(" or ");
    let check = asker.check(ROW, format!("{route} is for nobody without a good token")).expecting(expected(&wanted));
    let (mut open, mut unknown, mut calls) = (Vec::new(), Vec::new(), Vec::new());
    let bad = bad(expired);
    for (kind, header) in &bad {
        let request = route.request(asker.cx)?;
        let answer: Answer = asker.send(match header {
            Some(header) => request.header("authorization", header),
            None => request,
        });
        match &answer {
            // Who is not answered has not been let in, and was not refused either.
            Ok(response) if is_away(response) => unknown.push(format!("{kind} → {}", response.status())),
            Ok(response) if authentication.refusals.contains(&response.status()) => continue,
            Ok(response) => open.push(format!("{kind} → {}", response.status())),
            Err(error) => unknown.push(format!("{kind} → {error}")),
        }
        calls.extend(answer.calls());
    }
    if !open.is_empty() {
        check.fail(expected(wanted), observed(open.join("; ")), calls);
    } else if !unknown.is_empty() {
        check.inconclusive(observed(unknown.join("; ")), calls);
    } else {
        check.pass(observed(format!("so with {}", names(&bad))), ());
    }
    if let Some(Err(why)) = expired {
        untried(asker.check(ROW, format!("{route} is for nobody with an expired token")), why);
    }
    Ok(())
}

fn names(bad: &[(&str, Option<String>)]) -> String {
    bad.iter().map(|(kind, _)| *kind).collect::<Vec<_>>().join(", ")
}

/// A route that refuses everybody would pass without being protected. Only what reads is asked.
fn with_token(asker: &Asker<'_>, route: &Route, user: &Token) -> Result<()> {
    if !route.is_read() {
        return Ok(());
    }
    let request = route.request(asker.cx)?;
    let wanted = "200 to 299";
    let check = asker.check(ROW, format!("{route} is there for a user")).expecting(expected(wanted));
    let token = match user {
        Ok(token) => token,
        Err(why) => {
            untried(check, why);
            return Ok(());
        }
    };
    match asker.send(with(request, token)) {
        Ok(response) if is_good(&response) => check.pass(observed(response.status()), &response),
        Ok(response) if response.status() >= 500 => {
            check.fail(expected(wanted), observed(response.status()), &response);
        }
        // Perhaps the token is not what it should be; the refusals of others then say nothing.
        Ok(response) => {
            check.inconclusive(observed(format!("{} for a user's own token", response.status())), &response);
        }
        Err(error) => check.from_error(error),
    }
    Ok(())
}

fn refusals() -> Vec<u16> {
    vec![401, 403]
}
