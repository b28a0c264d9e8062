//! What the bundle says of sessions.

use holdpoint::Login;
use holdpoint::prelude::*;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Config {
    pub(crate) login: Login,
    pub(crate) session: String,
    pub(crate) refresh: Option<String>,
    pub(crate) logout: String,
    pub(crate) session_cookie: String,
    pub(crate) refresh_cookie: Option<String>,
}

impl Config {
    pub(crate) fn check(&self) -> Result<()> {
        let paths =
            [("session", Some(&self.session)), ("refresh", self.refresh.as_ref()), ("logout", Some(&self.logout))];
        for (field, path) in paths {
            if path.is_some_and(|path| !path.starts_with('/')) {
                return Err(Error::new(format!(
                    "config.{field} must begin with `/`: it is one below the service's url"
                )));
            }
        }
        if self.session_cookie.is_empty() || self.refresh_cookie.as_deref() == Some("") {
            return Err(Error::new("config.session-cookie and config.refresh-cookie name cookies"));
        }
        Ok(())
    }

    /// The cookie that renews a session.
    pub(crate) fn renewing(&self) -> &str {
        self.refresh_cookie.as_deref().unwrap_or(&self.session_cookie)
    }
}
