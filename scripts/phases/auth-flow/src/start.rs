//! What stands in the start of a login. Two starts are compared: what must be fresh differs.

use holdpoint::prelude::*;
use holdpoint::{Answer, CookieJar};

use crate::START;
use crate::authorization::{Authorization, excerpt};
use crate::config::Validated;

/// Parameters that have no business in a URL.
const SECRETS: [&str; 7] =
    ["client_secret", "access_token", "refresh_token", "id_token", "password", "code_verifier", "client_assertion"];

/// Characters of a challenge by S256: 32 bytes in base64url.
const CHALLENGE: usize = 43;

/// Two starts, side by side.
struct Pair<'a> {
    cx: &'a Context,
    answers: &'a [Response; 2],
    starts: [Authorization; 2],
}

/// Starts two logins and states a check for each thing that must be right about them.
pub(crate) fn judge(cx: &Context, auth: &Service, config: &Validated) {
    let name = format!("GET {auth} {} answers 302", config.path);
    let check = cx.check([START], name).expecting(expected("302 with a location"));
    let answers: Answer = cx.http().send(auth.get(&config.path));
    let both = answers.and_then(|first| Ok([first, cx.http().send(auth.get(&config.path))?]));
    let answers = match both {
        Ok(answers) => answers,
        Err(error) => return check.from_error(error),
    };
    let starts = match (Authorization::of(&answers[0]), Authorization::of(&answers[1])) {
        (Ok(first), Ok(second)) => [first, second],
        (Err(seen), _) | (_, Err(seen)) => {
            return check.fail(expected("302 with a location"), observed(seen), &answers[..]);
        }
    };
    check.pass(observed("302 with a location, twice"), &answers[..]);

    let pair = Pair { cx, answers: &answers, starts };
    pair.both("a login starts at the authorization endpoint", config.endpoint.as_str(), |start| {
        is(&start.place(), config.endpoint.as_str())
    });
    pair.both("client_id is the one of this environment", &config.client_id, |start| {
        is(start.one("client_id")?, &config.client_id)
    });
    pair.both("redirect_uri is an allowed one", &config.redirect_uris.join(" or "), |start| allowed(start, config));
    pair.both("response_type is code", "code", |start| is(start.one("response_type")?, "code"));
    pair.both("scope has what the login needs", &config.scopes.join(" "), |start| has_scopes(start, &config.scopes));
    pair.state(config.state_length);
    pair.proof();
    pair.no_secret();
}

/// Whether `redirect_uri` is one of those that are configured, to the letter.
pub(crate) fn allowed(start: &Authorization, config: &Validated) -> Result<String, String> {
    let redirect_uri = start.one("redirect_uri")?;
    if config.redirect_uris.iter().any(|allowed| allowed == redirect_uri) {
        Ok(redirect_uri.to_owned())
    } else {
        Err(excerpt(redirect_uri).into_owned())
    }
}

fn is(seen: &str, wanted: &str) -> Result<String, String> {
    if seen == wanted { Ok(seen.to_owned()) } else { Err(excerpt(seen).into_owned()) }
}

fn has_scopes(start: &Authorization, wanted: &[String]) -> Result<String, String> {
    let scope = start.one("scope")?;
    if wanted.iter().all(|wanted| scope.split(' ').any(|has| has == wanted)) {
        Ok(scope.to_owned())
    } else {
        Err(excerpt(scope).into_owned())
    }
}

impl Pair<'_> {
    /// A check that both starts must pass; the first that does not is shown.
    fn both(&self, name: &str, wanted: &str, seen: impl Fn(&Authorization) -> Result<String, String>) {
        let [first, second] = &self.starts;
        self.conclude(name, wanted, seen(first).and_then(|_| seen(second)));
    }

    fn conclude(&self, name: &str, wanted: &str, seen: Result<String, String>) {
        let check = self.cx.check([START], name).expecting(expected(wanted));
        match seen {
            Ok(seen) => check.pass(observed(seen), &self.answers[..]),
            Err(seen) => check.fail(expected(wanted), observed(seen), &self.answers[..]),
        }
    }

    fn state(&self, shortest: usize) {
        let wanted = format!("another state for each login, of at least {shortest} characters");
        let seen = || {
            let [first, second] = [self.starts[0].one("state")?, self.starts[1].one("state")?];
            if first == second {
                return Err(format!("the same state for two logins: {}", excerpt(first)));
            }
            match first.chars().count().min(second.chars().count()) {
                // A state that is also a cookie is a session token to the host, and its length is not seen.
                _ if self.is_hidden(first) => Ok("two states that are kept from this phase, as cookies are".to_owned()),
                length if length < shortest => Err(format!("a state of {length} characters")),
                length => Ok(format!("two states of {length} characters")),
            }
        };
        self.conclude("state is fresh and long", &wanted, seen());
    }

    fn is_hidden(&self, text: &str) -> bool {
        self.answers.iter().flat_map(Response::replaced).any(|replaced| text.contains(&replaced.placeholder))
    }

    fn proof(&self) {
        let wanted = format!("another code_challenge of {CHALLENGE} characters for each login, with S256");
        let seen = || {
            let mut challenges = Vec::new();
            for start in &self.starts {
                let challenge = start.one("code_challenge")?;
                match start.one("code_challenge_method") {
                    Ok("S256") => {}
                    // Without a method the standard takes it as plain.
                    Ok(other) => return Err(format!("the method {}", excerpt(other))),
                    Err(seen) => return Err(seen),
                }
                let is_of_alphabet = challenge.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
                if challenge.len() != CHALLENGE || !is_of_alphabet {
                    return Err(format!("a code_challenge that is no S256: {}", excerpt(challenge)));
                }
                challenges.push(challenge);
            }
            match challenges.as_slice() {
                [first, second] if first != second => Ok("two challenges with S256".to_owned()),
                _ => Err("the same code_challenge for two logins".to_owned()),
            }
        };
        self.conclude("a proof key guards the code", &wanted, seen());
    }

    fn no_secret(&self) {
        let mut found: Vec<String> = Vec::new();
        for (start, answer) in self.starts.iter().zip(self.answers) {
            found.extend(
                start.names().filter(|name| SECRETS.contains(name)).map(|name| format!("the parameter {name}")),
            );
            let mut jar = CookieJar::new();
            jar.keep(answer);
            // A token that this browser was just given may stand in its own URL, as some states do.
            let known = answer.replaced().iter().map(|replaced| replaced.placeholder.as_str());
            let secret = known.filter(|placeholder| jar.values().all(|value| value != *placeholder));
            found.extend(secret.filter(|p| start.url.as_str().contains(p)).map(|p| format!("the value of {p}")));
        }
        found.dedup();
        let seen = if found.is_empty() { Ok("none".to_owned()) } else { Err(found.join(", ")) };
        self.conclude("no secret stands in the URL", "no credential and no secret", seen);
    }
}
