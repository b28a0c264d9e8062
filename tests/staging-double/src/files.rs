//! The files under judgement: a believable, clean staging configuration, and single values
//! of it turned into faults. Writes only below the directory it is given, reads nothing else.

use std::fmt;
use std::fs;
use std::path::Path;

use anyhow::{Context, bail};

use crate::documents;
use crate::draw::Draw;
use crate::source;

const YAML: &str = "config/staging.yaml";
const JSON: &str = "config/services.json";
const TOML: &str = "config/feature-flags.toml";
const ENV: &str = "config/.env.staging";
const JOBS: &str = "config/jobs/nightly.yaml";

const CLEAN: &[(&str, &str)] = &[
    (YAML, include_str!("../clean/staging.yaml")),
    (JSON, include_str!("../clean/services.json")),
    (TOML, include_str!("../clean/feature-flags.toml")),
    (ENV, include_str!("../clean/env.staging")),
    (JOBS, include_str!("../clean/jobs/nightly.yaml")),
];

/// What kind of value a fault replaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// `https://host/path`.
    Url,
    /// `scheme://user:password@host:port/database`.
    Dsn,
}

/// A value in the clean files that a fault may replace.
#[derive(Debug)]
pub(crate) struct Place {
    shape: Shape,
    file: &'static str,
    key: &'static str,
    clean: &'static str,
}

const fn url(file: &'static str, key: &'static str, clean: &'static str) -> Place {
    Place { shape: Shape::Url, file, key, clean }
}

const fn dsn(file: &'static str, key: &'static str, clean: &'static str) -> Place {
    Place { shape: Shape::Dsn, file, key, clean }
}

const MAIN_DATABASE: &str = "postgresql://netra:${STAGING_DB_PASSWORD}@10.42.0.5:5432/netra_staging";
const HISTORY_DATABASE: &str = "postgresql://netra:${STAGING_DB_PASSWORD}@10.42.0.5:5432/netra_history";

/// Each value stands exactly once in its file, as the whole of a value.
const PLACES: &[Place] = &[
    url(YAML, "services.backend.url", "https://netra-backend-staging-demo.a.run.app"),
    url(YAML, "services.backend.health", "https://netra-backend-staging-demo.a.run.app/health"),
    url(YAML, "services.auth.callback", "https://netra-auth-service-demo.a.run.app/auth/callback"),
    url(YAML, "services.frontend.assets", "https://netra-frontend-staging-demo.a.run.app/assets"),
    url(JSON, "services[0].endpoint", "https://netra-backend-staging-demo.a.run.app/api"),
    url(JSON, "services[1].issuer", "https://netra-auth-service-demo.a.run.app"),
    url(JSON, "services[2].endpoint", "https://netra-frontend-staging-demo.a.run.app"),
    url(TOML, "provider.endpoint", "https://netra-backend-staging-demo.a.run.app/flags"),
    url(TOML, "metrics.push", "https://netra-backend-staging-demo.a.run.app/metrics/push"),
    url(ENV, "BACKEND_URL", "https://netra-backend-staging-demo.a.run.app"),
    url(ENV, "AUTH_URL", "https://netra-auth-service-demo.a.run.app"),
    url(ENV, "FRONTEND_URL", "https://netra-frontend-staging-demo.a.run.app"),
    url(JOBS, "jobs[0].target", "https://netra-backend-staging-demo.a.run.app/jobs/compact"),
    dsn(YAML, "databases.postgres.url", MAIN_DATABASE),
    dsn(YAML, "databases.clickhouse.url", "clickhouse://netra@10.42.0.12:9000/analytics"),
    dsn(JSON, "services[0].dependencies.postgres", MAIN_DATABASE),
    dsn(JSON, "services[1].dependencies.sessions", "redis://10.42.0.9:6379/1"),
    dsn(TOML, "provider.cache", "redis://10.42.0.9:6379/2"),
    dsn(TOML, "metrics.store", "clickhouse://netra@10.42.0.12:9000/flags"),
    dsn(ENV, "DATABASE_URL", MAIN_DATABASE),
    dsn(ENV, "REDIS_URL", "redis://10.42.0.9:6379/0"),
    dsn(JOBS, "jobs[0].store", HISTORY_DATABASE),
];

/// Draws a file first and then a value in it, so that every format is met as often.
pub(crate) fn place(shape: Shape, draw: &mut Draw) -> &'static Place {
    let (file, _) = draw.pick(CLEAN);
    let fitting: Vec<&Place> = PLACES.iter().filter(|p| p.file == file && p.shape == shape).collect();
    draw.pick(&fitting)
}

impl Place {
    /// The same value with another host and port. A URL also becomes plain `http`, which is
    /// how such a leftover looks; a database address keeps its scheme and its user.
    pub(crate) fn redirected(&self, shape: Shape, host: &str, port: u32) -> Alteration {
        let (scheme, rest) = self.clean.split_once("://").expect("every place has a scheme");
        let (authority, path) = match rest.find('/') {
            Some(at) => rest.split_at(at),
            None => (rest, ""),
        };
        let value = match (shape, authority.rsplit_once('@')) {
            (Shape::Url, _) => format!("http://{host}:{port}{path}"),
            (Shape::Dsn, Some((user, _))) => format!("{scheme}://{user}@{host}:{port}{path}"),
            (Shape::Dsn, None) => format!("{scheme}://netra:netra@{host}:{port}{path}"),
        };
        Alteration { file: self.file, key: self.key, clean: self.clean, value }
    }
}

/// One value of the clean files and what stands there instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alteration {
    /// Relative to the directory that was written.
    pub file: &'static str,
    /// Where in the file, for people.
    pub key: &'static str,
    /// The right value.
    pub clean: &'static str,
    /// The faulty value.
    pub value: String,
}

impl fmt::Display for Alteration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "file {}, key {}, value {}", self.file, self.key, self.value)
    }
}

/// Writes the clean files below `dir`, over what stands there, with the source tree and the documents.
pub fn write(dir: &Path) -> anyhow::Result<()> {
    for (name, text) in CLEAN.iter().chain(source::CLEAN) {
        let path = dir.join(name);
        let folder = path.parent().expect("every clean file lies in a folder");
        fs::create_dir_all(folder).with_context(|| format!("create {}", folder.display()))?;
        fs::write(&path, text).with_context(|| format!("write {}", path.display()))?;
    }
    documents::write(dir)
}

/// Puts the faulty value in the place of the clean one in the files below `dir`. Refuses a
/// file in which the clean value does not stand exactly once.
pub fn apply(dir: &Path, alteration: &Alteration) -> anyhow::Result<()> {
    let path = dir.join(alteration.file);
    let text =
        fs::read_to_string(&path).with_context(|| format!("read {}, which `files::write` makes", path.display()))?;
    let found = whole_values(&text, alteration.clean);
    let [at] = found[..] else {
        bail!(
            "replace {} in {}: the clean value stands there {} times instead of once; write the files anew",
            alteration.key,
            path.display(),
            found.len()
        );
    };
    let altered = [&text[..at], &alteration.value, &text[at + alteration.clean.len()..]].concat();
    fs::write(&path, altered).with_context(|| format!("write {}", path.display()))
}

/// Where `value` stands with nothing more before or after it: the address of a host is also
/// the beginning of the addresses of its pages.
fn whole_values(text: &str, value: &str) -> Vec<usize> {
    let ends = |c: Option<char>| c.is_none_or(|c| c.is_whitespace() || matches!(c, '"' | '\'' | '=' | ','));
    text.match_indices(value)
        .map(|(at, _)| at)
        .filter(|at| ends(text[..*at].chars().next_back()) && ends(text[at + value.len()..].chars().next()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{CLEAN, PLACES, Shape, whole_values};

    #[test]
    fn every_place_stands_once_in_its_file() {
        for place in PLACES {
            let (_, text) = CLEAN.iter().find(|(name, _)| *name == place.file).expect("a clean file");
            assert_eq!(whole_values(text, place.clean).len(), 1, "{place:?}");
        }
    }

    #[test]
    fn every_file_has_a_place_for_each_shape() {
        for (name, _) in CLEAN {
            for shape in [Shape::Url, Shape::Dsn] {
                assert!(PLACES.iter().any(|p| p.file == *name && p.shape == shape), "{name} {shape:?}");
            }
        }
    }

    #[test]
    fn a_database_address_keeps_its_user_and_gets_another_host() {
        let place = PLACES.iter().find(|p| p.key == "DATABASE_URL").expect("a place");
        let altered = place.redirected(Shape::Dsn, "localhost", 6432);
        assert_eq!(altered.value, "postgresql://netra:${STAGING_DB_PASSWORD}@localhost:6432/netra_staging");
    }

    #[test]
    fn a_url_keeps_its_path() {
        let place = PLACES.iter().find(|p| p.key == "services.auth.callback").expect("a place");
        let altered = place.redirected(Shape::Url, "[::1]", 8081);
        assert_eq!(altered.value, "http://[::1]:8081/auth/callback");
    }
}
