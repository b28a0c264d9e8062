//! A login of the test account, hop by hop: the start, the issuer, the callback. Each is a request to a service; where an answer
//! points is compared before it is asked.

use holdpoint::CookieJar;
use holdpoint::prelude::*;
use url::Url;

use crate::authorization::{Authorization, excerpt, place, status_seen};
use crate::config::{Login, Validated};
use crate::start;

/// What drives logins.
pub(crate) struct Flow<'a> {
    cx: &'a Context,
    auth: &'a Service,
    issuer: Service,
    config: &'a Validated,
    login: &'a Login,
    /// Where the issuer says that logins begin.
    endpoint: Url,
}

/// Why a login went no further.
pub(crate) enum Trouble {
    /// There was no answer.
    Call(CallError),
    /// There was another one than should have been.
    Wrong { expected: String, observed: String, calls: Vec<u32> },
    /// There was one that this phase can't go on with, through no fault of who answered.
    Unseen { expected: String, observed: String, calls: Vec<u32> },
}

/// A login that came as far as its callback, which was not asked yet.
#[derive(Clone)]
pub(crate) struct Returning {
    /// The browser's cookies.
    pub(crate) jar: CookieJar,
    /// The callback's path, without the query.
    path: String,
    pub(crate) code: String,
    pub(crate) state: String,
}

/// What the callback answered, and what the browser holds then.
pub(crate) struct Entered {
    pub(crate) jar: CookieJar,
    pub(crate) response: Response,
}

impl From<CallError> for Trouble {
    fn from(error: CallError) -> Self {
        Self::Call(error)
    }
}

fn wrong<T>(expected: impl Into<String>, observed: impl Into<String>, evidence: impl Evidence) -> Result<T, Trouble> {
    Err(Trouble::Wrong { expected: expected.into(), observed: observed.into(), calls: evidence.calls() })
}

impl<'a> Flow<'a> {
    /// Asks the issuer where logins begin.
    pub(crate) fn discover(
        cx: &'a Context,
        auth: &'a Service,
        issuer: Service,
        config: &'a Validated,
        login: &'a Login,
    ) -> Result<Self, Trouble> {
        #[derive(Deserialize)]
        struct Discovery {
            authorization_endpoint: String,
        }
        let response = cx.http().send(issuer.get("/.well-known/openid-configuration"))?;
        let endpoint = response.json::<Discovery>().ok().and_then(|d| Url::parse(&d.authorization_endpoint).ok());
        match endpoint.filter(|_| response.status() == 200) {
            Some(endpoint) => Ok(Self { cx, auth, issuer, config, login, endpoint }),
            None => wrong("200 with an authorization_endpoint", status_seen(&response), &response),
        }
    }

    /// Goes the whole way. `path` may add to the path that starts it.
    ///
    /// If it can't be known whether the callback was answered, the login is left and another begun, once: codes are good once.
    pub(crate) fn log_in(&self, path: impl Fn(&str) -> String) -> Result<Entered, Trouble> {
        let come_back = || -> Result<Entered, Trouble> {
            let returning = self.come_back(&path(&self.login.start))?;
            let query = [("code", returning.code.as_str()), ("state", returning.state.as_str())];
            Ok(self.enter(&returning, &query)?)
        };
        match come_back() {
            Err(Trouble::Call(error)) if matches!(error.cause(), Cause::InDoubt(_) | Cause::Interrupted(_)) => {
                self.cx.log(Level::Warn, format!("a login was left and another begun: {error}"));
                come_back()
            }
            other => other,
        }
    }

    /// From the start to the callback, which is not asked.
    pub(crate) fn begin(&self) -> Result<Returning, Trouble> {
        self.come_back(&self.login.start)
    }

    fn come_back(&self, path: &str) -> Result<Returning, Trouble> {
        let mut jar = CookieJar::new();
        let started = self.cx.http().send(self.auth.get(path))?;
        jar.keep(&started);
        let wanted = format!("302 to {}", self.endpoint);
        let start = match Authorization::of(&started) {
            Ok(start) if start.place() == self.endpoint.as_str() => start,
            Ok(start) => return wrong(wanted, format!("302 to {}", excerpt(&start.place())), &started),
            Err(seen) => return wrong(wanted, seen, &started),
        };
        let redirect_uri = match start::allowed(&start, self.config) {
            Ok(redirect_uri) => redirect_uri,
            Err(seen) => {
                return wrong(format!("redirect_uri {}", self.config.redirect_uris.join(" or ")), seen, &started);
            }
        };
        let state = match start.one("state") {
            Ok(state) => state.to_owned(),
            Err(seen) => return wrong("a state", seen, &started),
        };
        if started.replaced().iter().any(|replaced| start.url.as_str().contains(&replaced.placeholder)) {
            return Err(Trouble::Unseen {
                expected: "a start that can be followed".to_owned(),
                observed: "the state is a cookie too, and the host keeps cookies from this phase; it puts them into headers alone"
                    .to_owned(),
                calls: started.calls(),
            });
        }

        let consented = self.cx.http().send(self.issuer.get(start.path()))?;
        let back = consented.header("location").and_then(|location| Url::parse(location).ok());
        let Some(back) = back.filter(|_| (300..400).contains(&consented.status())) else {
            return wrong("the issuer sends the browser back", status_seen(&consented), (&started, &consented));
        };
        if place(&back) != redirect_uri {
            let seen = format!("back to {}", excerpt(&place(&back)));
            return wrong(format!("back to {redirect_uri}"), seen, (&started, &consented));
        }
        let value =
            |name: &str| back.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned());
        match (value("code"), value("state")) {
            (Some(code), Some(returned)) if returned == state => {
                Ok(Returning { jar, path: back.path().to_owned(), code, state })
            }
            _ => wrong("a code and the state that was sent", "another state, or no code", (&started, &consented)),
        }
    }

    /// Asks the callback with this query, as the browser of a login.
    pub(crate) fn enter(&self, returning: &Returning, query: &[(&str, &str)]) -> Result<Entered, CallError> {
        let query: String = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
        let path = format!("{}?{query}", returning.path);
        let response = self.cx.http().send(self.auth.get(path).cookies(&returning.jar))?;
        let mut jar = returning.jar.clone();
        jar.keep(&response);
        Ok(Entered { jar, response })
    }

    /// Asks who is logged in.
    pub(crate) fn session(&self, jar: &CookieJar) -> Result<Response, CallError> {
        self.cx.http().send(self.auth.get(&self.login.session).cookies(jar))
    }

    /// Ends a session.
    pub(crate) fn log_out(&self, jar: &CookieJar) -> Result<Response, CallError> {
        self.cx.http().send(self.auth.post(&self.login.logout).cookies(jar))
    }

    /// Ends a session that was made on the way, so that none stays behind. What a logout does is judged elsewhere.
    pub(crate) fn leave(&self, entered: &Entered) {
        if let Err(error) = self.log_out(&entered.jar) {
            self.cx.log(Level::Warn, format!("a session of the test account may be left: {error}"));
        }
    }
}
