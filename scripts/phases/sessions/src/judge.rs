//! Two logins: one that is renewed, and one that is ended.

use holdpoint::prelude::*;
use holdpoint::{CookieJar, NoLogin};

use crate::config::Config;
use crate::{LOGIN, SESSIONS};

/// How a session refuses whoever is not logged in.
const REFUSED: &str = "401 or 403";
/// How a refresh refuses what it does not renew.
const NOT_RENEWED: &str = "400, 401 or 403";

/// The service with what the bundle says of it.
struct Sessions<'a> {
    cx: &'a Context,
    config: &'a Config,
    service: Service,
}

pub(crate) fn all(cx: &Context, config: &Config) {
    let service = match config.login.service(cx) {
        Ok(service) => service,
        Err(none) => return none.conclude(cx.check([SESSIONS, LOGIN], "a test account logs in")),
    };
    let sessions = Sessions { cx, config, service };
    match &config.refresh {
        Some(path) => sessions.judge_refresh(path),
        // A logout alone does not show that what was renewed is dead.
        None => cx
            .check([SESSIONS], "a session is renewed")
            .inconclusive(observed("config.refresh names no path that renews one"), ()),
    }
    sessions.judge_logout();
}

impl Sessions<'_> {
    fn judge_refresh(&self, path: &str) {
        let Some(old) = self.log_in("a test account logs in, to be renewed") else { return };
        let renewing = old.only(self.config.renewing());
        let check = self.cx.check([SESSIONS], "a refresh gives another session that is good");
        let wanted = "another session that answers 200";
        let mut new = old.clone();
        match self.post(path, &renewing) {
            Ok(answer) if (200..400).contains(&answer.status()) => {
                new.keep(&answer);
                let name = &self.config.session_cookie;
                let is_another = new.get(name).is_some() && new.get(name) != old.get(name);
                match self.who(&new) {
                    Ok(who) => {
                        let what = if is_another { "another session" } else { "the same session" };
                        let seen = observed(format!("{what} that answers {}", who.status()));
                        check.passes_if(is_another && who.status() == 200, expected(wanted), seen, (&answer, &who));
                    }
                    Err(error) => check.expecting(expected(wanted)).from_error(error),
                }
            }
            Ok(answer) => {
                let seen = observed(format!("the refresh answers {}", answer.status()));
                check.fail(expected(wanted), seen, &answer);
                return self.leave(&old);
            }
            Err(error) => {
                check.expecting(expected(wanted)).from_error(error);
                return self.leave(&old);
            }
        }
        self.judge_dead("after a refresh the old session is refused", &old);
        self.judge_not_renewed("what has renewed a session renews no other", path, &renewing);
        self.leave(&new);
    }

    fn judge_logout(&self) {
        let Some(jar) = self.log_in("a test account logs in, to be logged out") else { return };
        let wanted = "200 to 399";
        match self.post(&self.config.logout, &jar) {
            Ok(answer) => {
                let is_answered = (200..400).contains(&answer.status());
                let check = self.cx.check([SESSIONS, LOGIN], "a logout is answered");
                check.passes_if(is_answered, expected(wanted), observed(answer.status()), &answer);
            }
            // Whether it happened is seen in the session, which is asked next.
            Err(error) if matches!(error.cause(), Cause::InDoubt(_)) => {
                self.cx.log(Level::Warn, format!("the logout is read back from its session: {error}"));
            }
            Err(error) => {
                let check = self.cx.check([SESSIONS, LOGIN], "a logout is answered");
                return check.expecting(expected(wanted)).from_error(error);
            }
        }
        self.judge_dead("after a logout its session is refused", &jar);
        if let Some(path) = &self.config.refresh {
            let renewing = jar.only(self.config.renewing());
            self.judge_not_renewed("after a logout nothing is renewed", path, &renewing);
        }
    }

    /// A session that answers, or none: then a check says so.
    fn log_in(&self, name: &str) -> Option<CookieJar> {
        let wanted = "a session that answers 200";
        let check = self.cx.check([SESSIONS, LOGIN], name).expecting(expected(wanted));
        let (jar, entered) = match self.config.login.enter(self.cx) {
            Ok(entered) => entered,
            Err(NoLogin::Call(error)) => {
                check.from_error(error);
                return None;
            }
            Err(NoLogin::Wrong { seen, calls }) => {
                check.fail(expected(wanted), observed(seen), calls);
                return None;
            }
            Err(none @ NoLogin::Absent(_)) => {
                none.conclude(check);
                return None;
            }
        };
        match self.who(&jar) {
            Ok(who) => {
                let is_well = who.status() == 200;
                let seen = observed(format!("a session that answers {}", who.status()));
                check.passes_if(is_well, expected(wanted), seen, (&entered, &who));
                is_well.then_some(jar)
            }
            Err(error) => {
                check.from_error(error);
                None
            }
        }
    }

    fn judge_dead(&self, name: &str, jar: &CookieJar) {
        let check = self.cx.check([SESSIONS], name).expecting(expected(REFUSED));
        match self.who(jar) {
            Ok(who) => {
                let is_refused = matches!(who.status(), 401 | 403);
                check.passes_if(is_refused, expected(REFUSED), observed(who.status()), &who);
            }
            Err(error) => check.from_error(error),
        }
    }

    fn judge_not_renewed(&self, name: &str, path: &str, renewing: &CookieJar) {
        let check = self.cx.check([SESSIONS], name).expecting(expected(NOT_RENEWED));
        match self.post(path, renewing) {
            Ok(answer) => {
                let is_refused = matches!(answer.status(), 400 | 401 | 403);
                check.passes_if(is_refused, expected(NOT_RENEWED), observed(answer.status()), &answer);
                let mut jar = CookieJar::new();
                jar.keep(&answer);
                if jar.get(&self.config.session_cookie).is_some() {
                    self.leave(&jar);
                }
            }
            Err(error) => check.from_error(error),
        }
    }

    /// Who is logged in, by the session alone.
    fn who(&self, jar: &CookieJar) -> Result<Response, CallError> {
        let session = jar.only(&self.config.session_cookie);
        self.cx.http().send(self.service.get(&self.config.session).cookies(&session))
    }

    fn post(&self, path: &str, jar: &CookieJar) -> Result<Response, CallError> {
        self.cx.http().send(self.service.post(path).cookies(jar))
    }

    /// Ends a session that was made on the way. What a logout does is judged elsewhere.
    fn leave(&self, jar: &CookieJar) {
        if let Err(error) = self.post(&self.config.logout, jar) {
            self.cx.log(Level::Warn, format!("a session of the test account may be left: {error}"));
        }
    }
}
