//! What the auth service keeps: logins that have begun, and sessions. Each login is good once, for the
//! browser that began it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::tokens::Tokens;

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

    pub(crate) fn log_in(&self, session: String, account: String) {
        self.kept().sessions.keep(session, account);
    }

    pub(crate) fn account(&self, session: &str) -> Option<String> {
        self.kept().sessions.get(session).cloned()
    }

    pub(crate) fn log_out(&self, session: &str) {
        self.kept().sessions.take(session);
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::{Accounts, Begun, Provider};

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
