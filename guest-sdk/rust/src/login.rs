//! A login of a test account: from its start over an issuer that consents at once to the callback, hop by hop.
//!
//! Each hop is a request to a service of the bundle; where an answer points decides the path and never the place. It judges nothing: whether a login
//! that did not come through fails a row is for the phase to say.

use serde::Deserialize;

use crate::{CallError, Cause, Check, Context, CookieJar, Level, Response, Service, observed};

/// How a test account logs in, as a bundle says it.
///
/// ```toml
/// [phase.config.login]
/// service = "auth"       # the service that logs people in
/// start = "/auth/test"   # the path that begins it
/// issuer = "issuer"      # the service that vouches for the account
/// ```
/// The grants of the phase let it GET the start and the callback of the one, and the consent of the other. A callback is good once, so its class is
/// `effect`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Login {
    service: String,
    start: String,
    issuer: String,
}

/// Why nobody is logged in.
#[derive(Clone, Debug, PartialEq)]
pub enum NoLogin {
    /// This run does not reach who is needed for it.
    Absent(String),
    /// A hop had no answer.
    Call(CallError),
    /// A hop had another answer than one that leads on.
    Wrong {
        /// What was seen.
        seen: String,
        /// The calls that show it.
        calls: Vec<u32>,
    },
}

impl From<CallError> for NoLogin {
    fn from(error: CallError) -> Self {
        Self::Call(error)
    }
}

impl NoLogin {
    /// Closes a check for which the login was only the way: without it nothing was tried, or nobody knows.
    pub fn conclude(&self, check: Check<'_>) {
        match self {
            Self::Absent(why) => check.not_exercised(why),
            Self::Call(error) => check.inconclusive(observed(format!("nobody is logged in: {error}")), error),
            Self::Wrong { seen, calls } => {
                check.inconclusive(observed(format!("nobody is logged in: {seen}")), calls.clone());
            }
        }
    }
}

impl Login {
    /// The service that logs people in, if this run reaches it and who vouches for the account.
    pub fn service(&self, cx: &Context) -> Result<Service, NoLogin> {
        let [service, _] = self.services(cx)?;
        Ok(service)
    }

    /// Logs in and gives what the browser then holds. If it can't be known whether the callback was answered, another login is begun, once.
    pub fn enter(&self, cx: &Context) -> Result<(CookieJar, Response), NoLogin> {
        match self.once(cx) {
            Err(NoLogin::Call(error)) if matches!(error.cause(), Cause::InDoubt(_) | Cause::Interrupted(_)) => {
                cx.log(Level::Warn, format!("a login was left and another begun: {error}"));
                self.once(cx)
            }
            other => other,
        }
    }

    fn once(&self, cx: &Context) -> Result<(CookieJar, Response), NoLogin> {
        let [service, issuer] = self.services(cx)?;
        let mut jar = CookieJar::new();
        let started = cx.http().send(service.get(&self.start))?;
        jar.keep(&started);
        let consented = cx.http().send(issuer.get(onward(&started, "the start of the login")?))?;
        let entered = cx.http().send(service.get(onward(&consented, "the issuer")?).cookies(&jar))?;
        jar.keep(&entered);
        if entered.status() >= 400 || jar.is_empty() {
            return Err(wrong(format!("the callback answers {} and no session", entered.status()), &entered));
        }
        Ok((jar, entered))
    }

    fn services(&self, cx: &Context) -> Result<[Service; 2], NoLogin> {
        let known = |name: &String| {
            let found = cx.services().find(|service| service.name() == name);
            found.ok_or_else(|| {
                NoLogin::Absent(format!(
                    "no service `{name}` is given, so no test account can log in (--service {name}=URL)"
                ))
            })
        };
        Ok([known(&self.service)?, known(&self.issuer)?])
    }
}

/// The path that a redirect leads to, with its query.
fn onward(response: &Response, who: &str) -> Result<String, NoLogin> {
    let location = response.header("location").filter(|_| (300..400).contains(&response.status()));
    let Some(location) = location else {
        return Err(wrong(format!("{who} answers {} and leads nowhere", response.status()), response));
    };
    let path = path(location).ok_or_else(|| wrong(format!("{who} leads to no path"), response))?;
    if response.replaced().iter().any(|replaced| path.contains(&replaced.placeholder)) {
        let seen = format!("{who} has a session token in its URL, and the host puts those into headers alone");
        return Err(wrong(seen, response));
    }
    Ok(path.to_owned())
}

/// Path and query of a URL, which may be one below the same host.
fn path(location: &str) -> Option<&str> {
    let rest = location.split_once("://").map_or(location, |(_, rest)| rest);
    let path = &rest[rest.find('/')?..];
    Some(path.split('#').next().unwrap_or(path)).filter(|path| !path.starts_with("//"))
}

fn wrong(seen: String, response: &Response) -> NoLogin {
    NoLogin::Wrong { seen, calls: response.calls.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Scripted, Test, get, ok, status, test};
    use serde_json::json;

    fn leads(to: &str) -> Scripted {
        status(302).header("location", to)
    }

    /// A phase that logs in and asks who it is.
    fn logging_in(start: Scripted, entered: Scripted) -> Test<'static> {
        let run = |cx: &Context, login: Login| {
            let check = cx.check(["A"], "logged in");
            match login.enter(cx) {
                Ok((jar, entered)) => check.pass(observed(jar.get("sid").unwrap_or_default()), &entered),
                Err(none) => none.conclude(check),
            }
            Ok(())
        };
        test(run)
            .service("auth")
            .service("issuer")
            .config(json!({ "service": "auth", "start": "/start", "issuer": "issuer" }))
            .answer(get("/start"), start)
            .answer(get("/consent?state=s").on("issuer"), leads("https://auth.example/back?code=c#top"))
            .answer(get("/back?code=c").on("auth"), entered)
    }

    #[test]
    fn each_hop_is_asked_of_its_service() {
        let entered = leads("/").header("set-cookie", "sid=session-one");
        let t = logging_in(leads("https://issuer.example/consent?state=s"), entered);
        t.expect("A", crate::Verdict::Pass, "session-one");
        assert_eq!(t.calls(), ["GET auth /start", "GET issuer /consent?state=s", "GET auth /back?code=c"]);
    }

    #[test]
    fn a_hop_that_leads_nowhere_logs_nobody_in() {
        let start = || leads("https://issuer.example/consent?state=s");
        for (start, entered, seen) in [
            (ok(json!({})), ok(json!({})), "the start of the login answers 200 and leads nowhere"),
            (leads("https://issuer.example"), ok(json!({})), "the start of the login leads to no path"),
            (leads("////evil"), ok(json!({})), "leads to no path"),
            (start(), status(400), "the callback answers 400"),
            (start(), ok(json!({})), "the callback answers 200 and no session"),
            (crate::testing::refused(), ok(json!({})), "connection refused"),
        ] {
            logging_in(start, entered).expect("A", crate::Verdict::Inconclusive, seen);
        }
    }

    #[test]
    fn without_an_issuer_nothing_is_tried() {
        let run = |cx: &Context, login: Login| {
            login.service(cx).expect_err("there is none").conclude(cx.check(["A"], "logged in"));
            Ok(())
        };
        let t = test(run).service("auth").config(json!({ "service": "auth", "start": "/start", "issuer": "issuer" }));
        t.expect("A", crate::Verdict::NotExercised, "no service `issuer` is given");
        assert!(t.calls().is_empty());
    }
}
