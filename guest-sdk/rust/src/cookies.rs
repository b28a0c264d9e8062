//! Cookies of one service, as far as a phase needs them: by name. Domains, paths and times are not looked at, except that a
//! cookie that is taken away goes.

use std::collections::BTreeMap;

use crate::{Opening, Request, Response};

/// What a browser would hold after the answers that it was shown. A clone is another browser that holds the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CookieJar(BTreeMap<String, String>);

impl CookieJar {
    /// A browser that holds nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in what an answer sets, and lets go what it takes away. Values are placeholders where the host hides them.
    pub fn keep(&mut self, response: &Response) {
        let set = response.headers().iter().filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie"));
        for (_, text) in set {
            let mut parts = text.split(';').map(str::trim);
            let Some((name, value)) = parts.next().and_then(|pair| pair.split_once('=')) else { continue };
            if value.is_empty() || parts.any(ends) {
                self.0.remove(name);
            } else {
                self.0.insert(name.to_owned(), value.to_owned());
            }
        }
    }

    /// The value of a cookie.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The values of all cookies, in the order of their names.
    pub fn values(&self) -> impl Iterator<Item = &str> {
        self.0.values().map(String::as_str)
    }

    /// A browser that holds this cookie alone, if it is there.
    #[must_use]
    pub fn only(&self, name: &str) -> Self {
        Self(
            self.0
                .iter()
                .filter(|(known, _)| *known == name)
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect(),
        )
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What a request carries of them.
    fn header(&self) -> Option<String> {
        let pairs: Vec<String> = self.0.iter().map(|(name, value)| format!("{name}={value}")).collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }
}

/// Whether an attribute takes the cookie away: servers do it with an age of zero or a date long past.
fn ends(attribute: &str) -> bool {
    let Some((name, value)) = attribute.split_once('=') else { return false };
    let value = value.trim();
    match name.trim().to_ascii_lowercase().as_str() {
        "max-age" => value.parse::<f64>().is_ok_and(|seconds| seconds <= 0.0),
        "expires" => value.contains("1970"),
        _ => false,
    }
}

impl Request {
    /// Sends the cookies along; without any there is no header.
    pub fn cookies(self, jar: &CookieJar) -> Self {
        match jar.header() {
            Some(cookies) => self.header("cookie", cookies),
            None => self,
        }
    }
}

impl Opening {
    /// Sends the cookies along with the handshake; without any there is no header.
    pub fn cookies(self, jar: &CookieJar) -> Self {
        match jar.header() {
            Some(cookies) => self.header("cookie", cookies),
            None => self,
        }
    }
}
