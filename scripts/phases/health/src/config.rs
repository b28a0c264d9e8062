//! What the bundle says about health: which endpoints, how fast, and what they must say.

use std::collections::BTreeMap;
use std::fmt;

use holdpoint::prelude::*;
use serde::Deserializer;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error as _, MapAccess, Visitor};

/// The most endpoints that one run asks.
const MOST_ENDPOINTS: usize = 500;
/// The most values, and the most headers, that one endpoint has to show.
const MOST_EXPECTED: usize = 50;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    /// Asked of every granted service that lists none of its own.
    #[serde(default)]
    pub(crate) endpoints: Vec<Endpoint>,
    /// What differs for a service.
    #[serde(default)]
    pub(crate) services: BTreeMap<String, Particular>,
    /// The limit for the whole exchange.
    #[serde(default = "two_seconds")]
    pub(crate) within: Millis,
    #[serde(default)]
    pub(crate) retries: u32,
    /// What `status` may say, in any case.
    #[serde(default = "well")]
    pub(crate) healthy: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Particular {
    endpoints: Option<Vec<Endpoint>>,
    /// Dependencies that at least one endpoint of the service must report.
    #[serde(default)]
    dependencies: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Endpoint {
    pub(crate) path: String,
    pub(crate) within: Option<Millis>,
    pub(crate) expect: Expect,
    /// Dependencies that this endpoint must report.
    pub(crate) dependencies: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expect {
    #[serde(default = "two_hundred")]
    pub(crate) status: u16,
    /// Whether the body is JSON with a `status` and perhaps `dependencies`.
    #[serde(default = "yes")]
    pub(crate) json: bool,
    /// What the body must contain.
    pub(crate) contains: Option<String>,
    /// What must stand at places of the body, whether or not it has a `status`.
    #[serde(default)]
    pub(crate) values: BTreeMap<String, Value>,
    /// What headers must be, whatever letters their names are written in.
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, String>,
}

impl Config {
    /// The endpoints of each granted service, in the order of the bundle.
    pub(crate) fn declared(&self, services: &[Service]) -> Result<Vec<(Service, Endpoint)>> {
        let names = || services.iter().map(Service::name).collect::<Vec<_>>().join(", ");
        if services.is_empty() {
            return Err(Error::new(
                "no service is granted to this phase, so there is nothing to ask; grant http to at least one service",
            ));
        }
        if let Some(unknown) = self.services.keys().find(|name| !services.iter().any(|service| service.name() == *name))
        {
            return Err(Error::new(format!(
                "config.services names `{unknown}`, which is not granted to this phase; granted: {}",
                names()
            )));
        }
        if self.healthy.is_empty() {
            return Err(Error::new(
                "config.healthy is empty, so no endpoint could ever be healthy; list at least one word",
            ));
        }
        let mut declared = Vec::new();
        for service in services {
            let endpoints = self.endpoints_of(service.name());
            if endpoints.is_empty() {
                return Err(Error::new(format!(
                    "service `{service}` has no endpoint, and zero checks are no pass; add config.endpoints or config.services.{service}.endpoints"
                )));
            }
            declared.extend(endpoints.iter().map(|endpoint| (service.clone(), endpoint.clone())));
        }
        if declared.len() > MOST_ENDPOINTS {
            return Err(Error::new(format!("{} endpoints are declared, of at most {MOST_ENDPOINTS}", declared.len())));
        }
        Ok(declared)
    }

    /// What a service must report.
    pub(crate) fn dependencies(&self, service: &str) -> &[String] {
        self.services.get(service).map(|particular| particular.dependencies.as_slice()).unwrap_or_default()
    }

    fn endpoints_of(&self, service: &str) -> &[Endpoint] {
        let own = self.services.get(service).and_then(|particular| particular.endpoints.as_ref());
        own.unwrap_or(&self.endpoints)
    }
}

impl Default for Expect {
    fn default() -> Self {
        Self { status: two_hundred(), json: yes(), contains: None, values: BTreeMap::new(), headers: BTreeMap::new() }
    }
}

impl Expect {
    /// Whether the body is read at all.
    pub(crate) fn reads_body(&self) -> bool {
        self.json || self.contains.is_some() || !self.values.is_empty()
    }

    /// What is wrong with it, if anything is.
    fn mistake(&self) -> Option<String> {
        for (field, count) in [("values", self.values.len()), ("headers", self.headers.len())] {
            if count > MOST_EXPECTED {
                return Some(format!("expect.{field} has {count} entries, of at most {MOST_EXPECTED}"));
            }
        }
        let place = self.values.keys().find(|place| !place.starts_with('/'))?;
        Some(format!("expect.values: `{place}` is no place within JSON, as in \"/storage\""))
    }
}

/// Either form of an endpoint; by hand, because an untagged enum would lose the message of what is wrong.
impl<'de> Deserialize<'de> for Endpoint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Full {
            path: String,
            within: Option<Millis>,
            #[serde(default)]
            expect: Expect,
            #[serde(default)]
            dependencies: Vec<String>,
        }

        struct Form;

        impl<'de> Visitor<'de> for Form {
            type Value = Endpoint;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a path such as \"/health\", or { path, within, expect, dependencies }")
            }

            fn visit_str<E: serde::de::Error>(self, path: &str) -> Result<Endpoint, E> {
                endpoint(Full {
                    path: path.to_owned(),
                    within: None,
                    expect: Expect::default(),
                    dependencies: Vec::new(),
                })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Endpoint, A::Error> {
                endpoint(Full::deserialize(MapAccessDeserializer::new(map))?)
            }
        }

        fn endpoint<E: serde::de::Error>(full: Full) -> Result<Endpoint, E> {
            let Full { path, within, expect, dependencies } = full;
            if !path.starts_with('/') {
                return Err(E::custom(format!("path `{path}` must begin with `/`: it is one below the service's url")));
            }
            if !expect.json && !dependencies.is_empty() {
                return Err(E::custom(format!(
                    "{path} must report dependencies, but `json = false` leaves its body unread"
                )));
            }
            if let Some(mistake) = expect.mistake() {
                return Err(E::custom(format!("{path}: {mistake}")));
            }
            Ok(Endpoint { path, within, expect, dependencies })
        }

        deserializer.deserialize_any(Form).map_err(D::Error::custom)
    }
}

fn two_seconds() -> Millis {
    Millis(2_000)
}

fn well() -> Vec<String> {
    ["healthy", "ok", "alive"].map(String::from).into()
}

fn two_hundred() -> u16 {
    200
}

fn yes() -> bool {
    true
}
