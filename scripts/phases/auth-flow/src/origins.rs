//! Where people may be sent: scheme, host and port, compared as a browser reads them. Pure.

use url::{Host, Url};

/// A list of origins. An empty one allows nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Origins(Vec<Origin>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Origin {
    /// The host's text before a `*` and after it; without one the whole host.
    host: (String, Option<String>),
    port: Option<u16>,
}

impl Origins {
    /// Reads `https://host`, perhaps with a port; one `*` in the host stands for characters of one part.
    pub(crate) fn allow(&mut self, text: &str) -> Result<(), String> {
        let rest = text.strip_prefix("https://").ok_or("does not begin with https://")?;
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        // A letter in the star's place makes it a URL that can be read strictly.
        let url = Url::parse(&format!("https://{}/", rest.replacen('*', "x", 1)))
            .map_err(|e| format!("is no origin: {e}"))?;
        let plain = url.path() == "/" && url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
        let host = rest.split(':').next().unwrap_or_default().to_ascii_lowercase();
        let after_star = host.split_once('*').map(|(_, after)| after);
        let is_wide = after_star.is_some_and(|after| after.contains('*') || after.matches('.').count() < 2);
        if !plain || !matches!(url.host(), Some(Host::Domain(_))) || is_wide {
            return Err(
                "is no origin; write https:// and a host, with at most one * before its last two parts".to_owned()
            );
        }
        let host = match host.split_once('*') {
            Some((before, after)) => (before.to_owned(), Some(after.to_owned())),
            None => (host, None),
        };
        self.0.push(Origin { host, port: url.port() });
        Ok(())
    }

    /// Allows the origin of a URL.
    pub(crate) fn allow_that_of(&mut self, url: &Url) {
        let host = (url.host_str().unwrap_or_default().to_owned(), None);
        self.0.push(Origin { host, port: url.port() });
    }

    /// Whether people may be sent there.
    pub(crate) fn allows(&self, url: &Url) -> bool {
        let Some(host) = url.host_str().filter(|_| url.scheme() == "https" && url.username().is_empty()) else {
            return false;
        };
        self.0.iter().any(|origin| origin.port == url.port() && origin.is_host(host))
    }
}

impl Origin {
    fn is_host(&self, host: &str) -> bool {
        match &self.host {
            (whole, None) => host == whole,
            (before, Some(after)) => {
                let between = host.strip_prefix(before.as_str()).and_then(|rest| rest.strip_suffix(after.as_str()));
                between.is_some_and(|text| !text.is_empty() && !text.contains('.'))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compares_as_a_browser_reads() {
        let mut origins = Origins::default();
        assert!(!origins.allows(&Url::parse("https://a.example/").unwrap()), "an empty list allows nothing");
        origins.allow("https://app.example").unwrap();
        origins.allow("https://netra-*.run.app/").unwrap();
        origins.allow_that_of(&Url::parse("https://auth.example:8443/auth/callback").unwrap());
        for (url, allowed) in [
            ("https://app.example/chat?x=1", true),
            ("https://APP.example", true),
            ("https://app.example:443/", true),
            ("https://app.example:444/", false),
            ("http://app.example/", false),
            ("https://app.example.evil.example/", false),
            ("https://app.example@evil.example/", false),
            ("https://user@app.example/", false),
            ("https://netra-x1.run.app/", true),
            ("https://netra-.run.app/", false),
            ("https://netra-x.evil.run.app/", false),
            ("https://netra-x.run.app.evil.example/", false),
            ("https://auth.example:8443/", true),
            ("https://auth.example/", false),
            ("javascript:alert(1)", false),
        ] {
            assert_eq!(origins.allows(&Url::parse(url).unwrap()), allowed, "{url}");
        }
    }

    #[test]
    fn refuses_what_is_no_origin() {
        for text in [
            "",
            "app.example",
            "http://app.example",
            "https://",
            "https://*",
            "https://*.example",
            "https://app.example/path",
            "https://app.example?x",
            "https://a*.b*.example",
            "https://user@app.example",
            "https://127.0.0.1",
        ] {
            assert!(Origins::default().allow(text).is_err(), "{text}");
        }
    }
}
