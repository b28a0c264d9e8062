//! What the auth service keeps: logins that have begun, and sessions. Each login is good once, for the
//! browser that began it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::tokens::Tokens;
use crate::change::SessionKept;

/// The OAuth client that is registered with Google for staging.
pub const GOOGLE_CLIENT: &str = "410000000000-netra-staging.apps.googleusercontent.com";

const GOOGLE_AUTHORIZE: &str = "https://accounts.google.com/o/oauth2/v2/auth";

/// Who vouches for an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Provider {
    Google,
    /// The test issuer.
    Test,
}

impl Provider {
    /// Where a login begins.
    pub(crate) fn authorize(self) -> String {
        match self {
            Provider::Google => GOOGLE_AUTHORIZE.to_owned(),
            Provider::Test => format!("{}/authorize", super::issuer::url()),
        }
    }

    pub(crate) fn client(self) -> &'static str {
        match self {
            Provider::Google => GOOGLE_CLIENT,
            Provider::Test => super::TEST_CLIENT,
        }
    }
}

/// A login that has begun.
#[derive(Debug, Clone)]
pub(crate) struct Begun {
    pub(crate) provider: Provider,
    /// What the browser that began it holds.
    pub(crate) browser: String,
    pub(crate) verifier: String,
    pub(crate) nonce: String,
    /// Where people go afterwards, as it was asked.
    pub(crate) then: String,
}

/// Logins by state, and accounts by session.
#[derive(Debug, Default)]
pub(crate) struct Accounts(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    logins: Tokens<Begun>,
    sessions: Tokens<String>,
    renewals: Tokens<Renewal>,
}

/// What a session is renewed with, once.
#[derive(Debug, Clone)]
struct Renewal {
    account: String,
    session: String,
}

/// A session and what renews it, as a browser holds them.
#[derive(Debug)]
pub(crate) struct Pair {
    pub(crate) session: String,
    pub(crate) renewal: String,
}

impl Accounts {
    pub(crate) fn begin(&self, state: String, login: Begun) {
        self.kept().logins.keep(state, login);
    }

    /// The login of a state, for its browser alone. It is over then; a wrong browser does not end it.
    pub(crate) fn end(&self, state: &str, browser: Option<&str>) -> Option<Begun> {
        let mut kept = self.kept();
        kept.logins.get(state).filter(|login| Some(login.browser.as_str()) == browser)?;
        kept.logins.take(state)
    }

    /// The login of a state, whoever asks. What no auth service should do.
    pub(crate) fn end_for_anybody(&self, state: &str) -> Option<Begun> {
        self.kept().logins.take(state)
    }

    /// The login of a browser, whatever the state. What no auth service should do.
    pub(crate) fn end_without_state(&self, browser: &str) -> Option<Begun> {
        let mut kept = self.kept();
        let state = kept.logins.find(|login| login.browser == browser)?;
        kept.logins.take(&state)
    }

    pub(crate) fn log_in(&self, pair: &Pair, account: String) {
        let mut kept = self.kept();
        let renewal = Renewal { account: account.clone(), session: pair.session.clone() };
        kept.sessions.keep(pair.session.clone(), account);
        kept.renewals.keep(pair.renewal.clone(), renewal);
    }

    /// Puts a new pair in the place of an old one; false if nothing is renewed with that. What a fault keeps stays good.
    pub(crate) fn renew(&self, renewal: &str, fresh: &Pair, keeps: impl Fn(SessionKept) -> bool) -> bool {
        let old = {
            let mut kept = self.kept();
            let old = match keeps(SessionKept::Renewal) {
                true => kept.renewals.get(renewal).cloned(),
                false => kept.renewals.take(renewal),
            };
            if let Some(old) = old.as_ref().filter(|_| !keeps(SessionKept::Session)) {
                kept.sessions.take(&old.session);
            }
            old
        };
        let is_known = old.is_some();
        if let Some(old) = old {
            self.log_in(fresh, old.account);
        }
        is_known
    }

    pub(crate) fn account(&self, session: &str) -> Option<String> {
        self.kept().sessions.get(session).cloned()
    }

    /// Ends a session, and what renews it unless a fault keeps that.
    pub(crate) fn log_out(&self, session: &str, keeps: impl Fn(SessionKept) -> bool) {
        let mut kept = self.kept();
        kept.sessions.take(session);
        if !keeps(SessionKept::LoggedOut)
            && let Some(renewal) = kept.renewals.find(|renewal| renewal.session == session)
        {
            kept.renewals.take(&renewal);
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::{Accounts, Begun, Pair, Provider};
    use crate::change::SessionKept;

    fn pair(number: u32) -> Pair {
        Pair { session: format!("session-{number}"), renewal: format!("renewal-{number}") }
    }

    #[test]
    fn a_pair_is_renewed_once_and_gone_with_its_logout() {
        let accounts = Accounts::default();
        let well = |_: SessionKept| false;
        accounts.log_in(&pair(1), "somebody".to_owned());
        assert!(!accounts.renew("renewal-0", &pair(9), well));
        assert!(accounts.renew("renewal-1", &pair(2), well));
        assert_eq!((accounts.account("session-1"), accounts.account("session-2")), (None, Some("somebody".to_owned())));
        assert!(!accounts.renew("renewal-1", &pair(9), well));
        accounts.log_out("session-2", well);
        assert_eq!(accounts.account("session-2"), None);
        assert!(!accounts.renew("renewal-2", &pair(9), well));
    }

    #[test]
    fn what_a_fault_keeps_stays_good() {
        let accounts = Accounts::default();
        accounts.log_in(&pair(1), "somebody".to_owned());
        assert!(accounts.renew("renewal-1", &pair(2), |kept| kept == SessionKept::Session));
        assert!(accounts.account("session-1").is_some());
        assert!(accounts.renew("renewal-2", &pair(3), |kept| kept == SessionKept::Renewal));
        assert!(accounts.renew("renewal-2", &pair(4), |_| false));
        accounts.log_out("session-4", |kept| kept == SessionKept::LoggedOut);
        assert_eq!(accounts.account("session-4"), None);
        assert!(accounts.renew("renewal-4", &pair(5), |_| false));
    }

    #[test]
    fn a_login_is_good_once_and_for_its_browser() {
        let accounts = Accounts::default();
        let text = |text: &str| text.to_owned();
        let login = Begun {
            provider: Provider::Test,
            browser: text("browser"),
            verifier: text("v"),
            nonce: text("n"),
            then: text("/"),
        };
        accounts.begin(text("state"), login);
        assert!(accounts.end("state", None).is_none());
        assert!(accounts.end("state", Some("other")).is_none());
        assert!(accounts.end("other", Some("browser")).is_none());
        assert!(accounts.end("state", Some("browser")).is_some());
        assert!(accounts.end("state", Some("browser")).is_none());
    }
}
