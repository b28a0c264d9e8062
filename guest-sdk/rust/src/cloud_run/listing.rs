//! A list of services, and what it has under a name.

use std::fmt;

use super::Service;
use crate::{Completed, Evidence};

/// The services of the project and region of the environment.
#[derive(Debug)]
pub struct Listing {
    services: Vec<Service>,
    list: Completed,
}

/// What a list has under a name.
#[derive(Debug)]
pub enum Found<'a> {
    /// The service.
    One(&'a Service),
    /// Nothing.
    None,
    /// One in each of several regions.
    Several,
}

impl Listing {
    pub(super) fn new(services: Vec<Service>, list: Completed) -> Self {
        Self { services, list }
    }

    /// All of them.
    pub fn services(&self) -> &[Service] {
        &self.services
    }

    /// How long the command took.
    pub fn milliseconds(&self) -> f64 {
        self.list.milliseconds()
    }

    /// The one with this name.
    pub fn named(&self, name: &str) -> Found<'_> {
        let mut named = self.services.iter().filter(|service| service.name() == name);
        match (named.next(), named.next()) {
            (None, _) => Found::None,
            (Some(service), None) => Found::One(service),
            (Some(_), Some(_)) => Found::Several,
        }
    }
}

impl Evidence for Listing {
    fn calls(&self) -> Vec<u32> {
        self.list.calls()
    }
}

impl fmt::Display for Listing {
    /// The names, for whoever looked for one that is not there.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.services.iter().map(Service::name).take(10).collect();
        if names.is_empty() { f.write_str("no service at all") } else { f.write_str(&names.join(", ")) }
    }
}
