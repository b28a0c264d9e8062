//! SEC-5: whoever asks too much is refused for a while, is told for how long, and nobody else notices.

use holdpoint::Answer;
use holdpoint::prelude::*;

use crate::asking::{Asker, is_good, seen};
use crate::config::Route;
use crate::tokens::{Missing, Tokens, untried, with};

const ROW: &str = "SEC-5";
/// The most requests that a ramp takes, whatever a configuration says.
const MOST_ASKED: u32 = 5_000;
/// The longest that is waited for a user to be served again.
const LONGEST: Millis = Millis(600_000);
/// What a clock of another machine may be off by.
const GRACE: Millis = Millis(1_000);

/// What is asked, how often, and what comes of it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rate {
    /// A read, which costs little.
    route: Route,
    /// A limit is reached within so many requests, one after the other.
    #[serde(default = "two_hundred")]
    most: u32,
    /// Who was refused is served again after so long at most.
    #[serde(default = "a_minute")]
    recovers: Millis,
}

impl Rate {
    pub(crate) fn check(&self) -> Result<()> {
        self.route.check("rate.route")?;
        if self.route.method != "GET" {
            return Err(Error::new("config.rate.route is asked again and again, so it has to be a GET"));
        }
        if !(2..=MOST_ASKED).contains(&self.most) {
            return Err(Error::new(format!("config.rate.most is {}, and has to be 2 to {MOST_ASKED}", self.most)));
        }
        if self.recovers > LONGEST {
            return Err(Error::new(format!("config.rate.recovers is {}, of at most {LONGEST}", self.recovers)));
        }
        Ok(())
    }
}

pub(crate) fn judge(asker: &Asker<'_>, rate: &Rate, tokens: &Tokens) -> Result<()> {
    let route = &rate.route;
    let wanted = format!("429 within {} requests", rate.most);
    let check = asker.check(ROW, format!("{route} refuses whoever asks too much")).expecting(expected(&wanted));
    let user = match &tokens.user {
        Ok(user) => user,
        Err(why) => {
            untried(check, why);
            return Ok(());
        }
    };
    let other = match &tokens.other {
        Ok(other) => Ok((other.as_str(), ask(asker, route, other)?)),
        Err(why) => Err(why),
    };
    let began = asker.cx.now();
    let mut calls = Vec::new();
    let mut limit = None;
    for asked in 1..=rate.most {
        asker.cx.progress(asked, rate.most, "asking until it is refused");
        match ask(asker, route, user)? {
            Ok(response) if response.status() == 429 => {
                limit = Some((asked, response));
                break;
            }
            Ok(response) if response.status() >= 400 => {
                let seen = format!("{} at request {asked}", seen(&response));
                check.fail(expected(wanted), observed(seen), &response);
                return Ok(());
            }
            Ok(response) => calls.push(response.seq()),
            Err(error) => {
                check.from_error(error);
                return Ok(());
            }
        }
    }
    let took = asker.cx.now().since(began);
    let Some((asked, refusal)) = limit else {
        check.fail(expected(wanted), observed(format!("none of {} was refused, in {took}", rate.most)), calls);
        return Ok(());
    };
    check.pass(observed(format!("429 at request {asked}, after {took}")), &refusal);
    // At once, while the limit holds.
    others(asker, route, other)?;
    recovery(asker, rate, user, &refusal)
}

fn ask(asker: &Asker<'_>, route: &Route, token: &str) -> Result<Answer> {
    Ok(asker.send(with(route.request(asker.cx)?, token)))
}

/// `other` is the token of another user, and what that was answered before.
fn others(asker: &Asker<'_>, route: &Route, other: Result<(&str, Answer), &Missing>) -> Result<()> {
    let wanted = "another user is served as before";
    let check = asker.check(ROW, format!("{route} refuses nobody else")).expecting(expected(wanted));
    let (other, before) = match other {
        Ok(other) => other,
        Err(why) => {
            untried(check, why);
            return Ok(());
        }
    };
    match &before {
        Ok(response) if is_good(response) => {}
        Ok(response) => {
            check.inconclusive(observed(format!("it was {} before already", seen(response))), response);
            return Ok(());
        }
        Err(error) => {
            check.from_error(error);
            return Ok(());
        }
    }
    match ask(asker, route, other)? {
        Ok(response) => {
            let is_served = response.status() < 400;
            check.passes_if(is_served, expected(wanted), observed(seen(&response)), (&before, &response));
        }
        Err(error) => check.from_error(error),
    }
    Ok(())
}

fn recovery(asker: &Asker<'_>, rate: &Rate, user: &str, refusal: &Response) -> Result<()> {
    let wanted = format!("retry-after, of {} at most", rate.recovers);
    let check = asker.check(ROW, "who is refused is told when to come again").expecting(expected(&wanted));
    let wait = match refusal.header("retry-after").map(|text| (text, seconds(text))) {
        Some((text, Some(wait))) => {
            check.passes_if(wait <= rate.recovers, expected(wanted), observed(format!("{text} s")), refusal);
            wait.min(rate.recovers)
        }
        // A date is allowed; how far off it is depends on the server's clock, so the longest time is waited.
        Some((text, None)) if text.ends_with("GMT") => {
            check.pass(observed(text), refusal);
            rate.recovers
        }
        Some((text, None)) => {
            check.fail(expected(wanted), observed(format!("`{text}`, which is no time")), refusal);
            rate.recovers
        }
        None => {
            check.fail(expected(wanted), observed("no retry-after"), refusal);
            rate.recovers
        }
    };
    let wanted = "an answer that does not refuse";
    let name = format!("who has waited is served by {} again", rate.route);
    let check = asker.check(ROW, name).expecting(expected(wanted));
    if let Err(error) = asker.cx.sleep(Millis(wait.0.saturating_add(GRACE.0))) {
        check.from_error(error);
        return Ok(());
    }
    match ask(asker, &rate.route, user)? {
        Ok(response) => {
            let is_served = response.status() < 400;
            let seen = format!("{} after {wait}", seen(&response));
            check.passes_if(is_served, expected(wanted), observed(seen), (refusal, &response));
        }
        Err(error) => check.from_error(error),
    }
    Ok(())
}

/// The header as whole seconds.
fn seconds(text: &str) -> Option<Millis> {
    text.trim().parse::<u32>().ok()?.checked_mul(1_000).map(Millis)
}

fn two_hundred() -> u32 {
    200
}

fn a_minute() -> Millis {
    Millis(60_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_seconds_are_read_and_nothing_else() {
        assert_eq!(seconds(" 30 "), Some(Millis(30_000)));
        for none in ["", "soon", "-1", "1.5", "4294967295", "Wed, 21 Oct 2026 07:28:00 GMT"] {
            assert_eq!(seconds(none), None, "{none}");
        }
    }
}
