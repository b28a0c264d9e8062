//! What the bundle says, and what must hold of it before anything is asked.

use std::fmt;

use holdpoint::prelude::*;

use crate::authentication::Authentication;
use crate::cors::Cors;
use crate::https::Https;
use crate::input::Input;
use crate::leaks::Leaks;
use crate::rate::Rate;
use crate::tokens::Named;

/// The most entries that any list of the configuration has.
pub(crate) const MOST: usize = 50;

/// Methods that a route may have.
const METHODS: [&str; 6] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

/// A section for each row; a row whose section is absent is not judged.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    #[serde(default)]
    pub(crate) tokens: Named,
    pub(crate) https: Option<Https>,
    pub(crate) authentication: Option<Authentication>,
    pub(crate) cors: Option<Cors>,
    pub(crate) leaks: Option<Leaks>,
    pub(crate) rate: Option<Rate>,
    pub(crate) input: Option<Input>,
}

/// A request that is made of a service.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Route {
    pub(crate) service: String,
    pub(crate) path: String,
    #[serde(default = "get_method")]
    pub(crate) method: String,
    /// What is sent with it where it is as it should be.
    pub(crate) json: Option<Value>,
}

impl Config {
    /// `claimed` are the rows that the bundle lets this phase speak for: each needs its section.
    pub(crate) fn check(&self, claimed: &[String]) -> Result<()> {
        let sections = [
            ("SEC-1", "https", self.https.is_some()),
            ("SEC-2", "authentication", self.authentication.is_some()),
            ("SEC-3", "cors", self.cors.is_some()),
            ("SEC-4", "leaks", self.leaks.is_some()),
            ("SEC-5", "rate", self.rate.is_some()),
            ("SEC-6", "input", self.input.is_some()),
        ];
        if sections.iter().all(|(.., is_there)| !is_there) {
            return Err(Error::new(
                "config has no section, and nothing asked for is nothing passed; write https, authentication, cors, leaks, rate or input",
            ));
        }
        if let Some((row, section, _)) =
            sections.iter().find(|(row, _, is_there)| !is_there && claimed.iter().any(|id| id == row))
        {
            return Err(Error::new(format!("the bundle lists {row}, and config.{section} is not there")));
        }
        self.tokens.check()?;
        self.https.as_ref().map_or(Ok(()), Https::check)?;
        self.authentication.as_ref().map_or(Ok(()), Authentication::check)?;
        self.cors.as_ref().map_or(Ok(()), Cors::check)?;
        self.leaks.as_ref().map_or(Ok(()), Leaks::check)?;
        self.rate.as_ref().map_or(Ok(()), Rate::check)?;
        self.input.as_ref().map_or(Ok(()), Input::check)
    }
}

impl Route {
    /// The request as it should be, without a token.
    pub(crate) fn request(&self, cx: &Context) -> Result<Request> {
        let request = cx.service(&self.service)?.request(&self.method, &self.path);
        Ok(match &self.json {
            Some(json) => request.json(json),
            None => request,
        })
    }

    /// Whether it only reads, by its method.
    pub(crate) fn is_read(&self) -> bool {
        matches!(self.method.as_str(), "GET" | "HEAD")
    }

    pub(crate) fn check(&self, field: &str) -> Result<()> {
        if !METHODS.contains(&self.method.as_str()) {
            let methods = METHODS.join(", ");
            return Err(Error::new(format!("config.{field}: the method `{}` is none of {methods}", self.method)));
        }
        below_service(field, &self.path)
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.method, self.service, self.path)
    }
}

/// A path must be one below the service's URL.
pub(crate) fn below_service(field: &str, path: &str) -> Result<()> {
    if path.starts_with('/') {
        Ok(())
    } else {
        Err(Error::new(format!("config.{field}: `{path}` must begin with `/`: it is one below the service's url")))
    }
}

/// A list must have something, and not too much.
pub(crate) fn bounded<T>(field: &str, items: &[T], least: usize) -> Result<()> {
    match items.len() {
        few if few < least => {
            Err(Error::new(format!("config.{field} is empty, and nothing asked for is nothing passed")))
        }
        many if many > MOST => Err(Error::new(format!("config.{field} has {many} entries, of at most {MOST}"))),
        _ => Ok(()),
    }
}

fn get_method() -> String {
    "GET".to_owned()
}
