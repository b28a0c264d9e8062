//! The request to an authorization endpoint, as it stands in a redirect. Pure: it reads what an answer says and judges nothing.

use std::borrow::Cow;

use holdpoint::prelude::*;
use url::Url;

/// Where a start sends a browser.
#[derive(Clone, Debug)]
pub(crate) struct Authorization {
    pub(crate) url: Url,
    pairs: Vec<(String, String)>,
}

impl Authorization {
    /// Reads it from an answer, or says what was seen instead.
    pub(crate) fn of(response: &Response) -> Result<Self, String> {
        if response.status() != 302 {
            return Err(status_seen(response));
        }
        let location = response.header("location").ok_or("302 without a location")?;
        let url =
            Url::parse(location).map_err(|_| format!("302 to `{}`, which is no absolute URL", excerpt(location)))?;
        let pairs = url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
        Ok(Self { url, pairs })
    }

    /// Scheme, host, port and path: the URL without what was asked.
    pub(crate) fn place(&self) -> String {
        place(&self.url)
    }

    /// The value of a parameter that must stand there once, or what was seen instead.
    pub(crate) fn one(&self, name: &str) -> Result<&str, String> {
        let mut values = self.pairs.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str());
        match (values.next(), values.count()) {
            (None, _) => Err(format!("no {name}")),
            (Some(""), 0) => Err(format!("an empty {name}")),
            (Some(value), 0) => Ok(value),
            (Some(_), more) => Err(format!("{} values of {name}", more + 1)),
        }
    }

    /// The names of all parameters.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.pairs.iter().map(|(name, _)| name.as_str())
    }

    /// The path and the query, for the service that the URL was found to be of.
    pub(crate) fn path(&self) -> &str {
        &self.url[url::Position::BeforePath..url::Position::AfterQuery]
    }
}

/// A URL without query and fragment.
pub(crate) fn place(url: &Url) -> String {
    url[..url::Position::AfterPath].to_owned()
}

/// What an answer was that should have been another.
pub(crate) fn status_seen(response: &Response) -> String {
    let text = response.text();
    match excerpt(text.trim()) {
        said if said.is_empty() => response.status().to_string(),
        said => format!("{}: {said}", response.status()),
    }
}

/// A short piece of what a server said.
pub(crate) fn excerpt(text: &str) -> Cow<'_, str> {
    const LONGEST: usize = 120;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]).into(),
        None => text.into(),
    }
}
