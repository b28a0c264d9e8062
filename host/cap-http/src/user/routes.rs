//! What requests are counted under. Their paths are made alike where they name one thing among many, and there are only so many.

use std::{
    collections::HashMap,
    fmt::Write as _,
    sync::{Arc, PoisonError, RwLock},
};

use crate::Target;

/// Routes of a load. What comes after them is counted under its method and destination alone.
pub(crate) const MOST_ROUTES: usize = 200;
const LONGEST: usize = 160;
/// A part of a path that is as long names one thing among many: an id, a digest, a canary.
const ONE_AMONG_MANY: usize = 16;

/// The routes of a load.
#[derive(Debug, Default)]
pub(super) struct Routes(RwLock<HashMap<String, Arc<str>>>);

impl Routes {
    /// The route of what is done to a target: a method, or what is done to a socket.
    pub(super) fn of(&self, action: &str, target: &Target) -> Arc<str> {
        let whole = name(action, target, true);
        if let Some(known) = self.0.read().unwrap_or_else(PoisonError::into_inner).get(&whole) {
            return known.clone();
        }
        let mut routes = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let name = if routes.len() < MOST_ROUTES { whole } else { name(action, target, false) };
        // Methods and destinations are bounded by grants, so that these few beyond the bound are as well.
        routes.entry(name).or_insert_with_key(|name| name.as_str().into()).clone()
    }
}

fn name(action: &str, target: &Target, with_path: bool) -> String {
    let (to, path) = match target {
        Target::Service { service, path } => (service.as_str(), path.as_str()),
        Target::Url(url) => {
            let rest = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
            rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()))
        }
    };
    let mut name = format!("{action} {to} ");
    if with_path {
        let path = path.split_once('?').map_or(path, |(path, _)| path);
        for part in path.split('/').skip(1) {
            let part = if is_one_among_many(part) { "*" } else { part };
            let _ = write!(name, "/{part}");
        }
    } else {
        name.push('…');
    }
    if name.len() > LONGEST {
        let end = (0..=LONGEST).rev().find(|end| name.is_char_boundary(*end)).unwrap_or(0);
        name.truncate(end);
        name.push('…');
    }
    name
}

fn is_one_among_many(part: &str) -> bool {
    let has_digit = part.bytes().any(|byte| byte.is_ascii_digit());
    let version = part.len() < 4 && part.starts_with('v');
    has_digit && !version && (part.len() >= ONE_AMONG_MANY || part.bytes().all(|b| b.is_ascii_digit() || b == b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(path: &str) -> Target {
        Target::Service { service: "backend".into(), path: path.into() }
    }

    #[test]
    fn requests_of_a_kind_have_one_route() {
        let routes = Routes::default();
        for (path, route) in [
            ("/api/me?x=1", "GET backend /api/me"),
            ("/api/v2/files/117", "GET backend /api/v2/files/*"),
            ("/a/jtp0n89fk9hvyeew1znytnn9sxwxcrfq", "GET backend /a/*"),
            ("/a/550e8400-e29b-41d4-a716-446655440000/b", "GET backend /a/*/b"),
            ("/organisation-settings", "GET backend /organisation-settings"),
            ("/", "GET backend /"),
        ] {
            assert_eq!(&*routes.of("GET", &service(path)), route);
        }
        let url = Target::Url("https://api.example.com/v1/7?x".into());
        assert_eq!(&*routes.of("GET", &url), "GET api.example.com /v1/*");
        assert_eq!(&*routes.of("OPEN", &Target::Url("wss://api.example.com/ws".into())), "OPEN api.example.com /ws");
    }

    #[test]
    fn there_are_no_more_than_so_many() {
        let routes = Routes::default();
        for n in 0..10_000 {
            let route = routes.of("GET", &service(&format!("/page{n}/{}", "x".repeat(400))));
            assert!(route.len() <= LONGEST + 3, "{route}");
        }
        assert!(routes.0.read().unwrap().len() <= MOST_ROUTES + 1);
        assert_eq!(&*routes.of("GET", &service("/another")), "GET backend …");
    }
}
