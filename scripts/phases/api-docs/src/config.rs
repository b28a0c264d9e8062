//! What the bundle says of the description.

use std::collections::BTreeMap;

use holdpoint::prelude::*;

const MOST: usize = 500;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    pub(crate) service: String,
    #[serde(default = "usual")]
    pub(crate) path: String,
    pub(crate) page: Option<String>,
    #[serde(default)]
    pub(crate) routes: Vec<String>,
    #[serde(default)]
    pub(crate) parameters: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) unasked: Vec<String>,
}

fn usual() -> String {
    "/openapi.json".to_owned()
}

impl Config {
    pub(crate) fn check(&self) -> Result<()> {
        for (field, paths) in [("routes", &self.routes), ("unasked", &self.unasked)] {
            if paths.len() > MOST {
                return Err(Error::new(format!("config.{field} has {} paths, of at most {MOST}", paths.len())));
            }
            if let Some(path) = paths.iter().find(|path| !path.starts_with('/')) {
                return Err(Error::new(format!("config.{field}: `{path}` must begin with `/`")));
            }
        }
        for (field, path) in [("path", Some(&self.path)), ("page", self.page.as_ref())] {
            if path.is_some_and(|path| !path.starts_with('/')) {
                return Err(Error::new(format!(
                    "config.{field} must begin with `/`: it is one below the service's url"
                )));
            }
        }
        if let Some((name, value)) = self.parameters.iter().find(|(_, value)| !is_part(value)) {
            return Err(Error::new(format!("config.parameters.{name}: `{value}` is no part of a path")));
        }
        Ok(())
    }
}

/// Letters, digits and what else may stand in a part of a path as it is.
pub(crate) fn is_part(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~');
    (1..=200).contains(&text.len()) && !text.starts_with('.') && text.bytes().all(is_plain)
}
