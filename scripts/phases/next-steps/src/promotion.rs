//! What production has from staging, what it has of its own, and what of staging it names. Pure. A value is shown without passwords, or not at all.

use std::collections::{BTreeMap, BTreeSet};

use holdpoint::words::Pattern;
use holdpoint_formats::{Scalar, masked, scalars, with_names};

/// The most hosts and projects of staging that are looked for.
const MOST_NAMES: usize = 200;

/// Fewer characters stand in too many texts.
const SHORTEST: usize = 4;

/// Values that name nothing.
const PLAIN: [&str; 8] = ["true", "false", "null", "none", "yes", "no", "on", "off"];

/// The values of a file of configuration, each with its dotted key.
#[derive(Debug)]
pub(crate) struct Values(Vec<(String, Scalar)>);

impl Values {
    pub(crate) fn parse(path: &str, text: &str) -> Result<Self, String> {
        let scalars = scalars(path, text)
            .map_err(|error| format!("it can't be parsed at {}:{}: {}", error.at.line, error.at.column, error.why))?;
        Ok(Self(with_names(scalars).into_iter().map(|scalar| (scalar.path.join("."), scalar)).collect()))
    }

    /// The values of the keys that a pattern names, by key; what a file says twice has two.
    fn of(&self, pattern: &str) -> BTreeMap<&str, Vec<&str>> {
        let mut found: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (key, scalar) in self.0.iter().filter(|(key, _)| covers(pattern, key)) {
            found.entry(key).or_default().push(&scalar.value);
        }
        found
    }
}

/// Whether a pattern names a key: the key itself, or with `.*` at its end one below.
fn covers(pattern: &str, key: &str) -> bool {
    let is_below = |above: &str| key.strip_prefix(above).is_some_and(|rest| rest.starts_with('.'));
    pattern == key || pattern.strip_suffix(".*").is_some_and(is_below)
}

/// Each key has in production the value that it has in staging.
pub(crate) fn promoted(staging: &Values, production: &Values, keys: &[String]) -> Result<String, Vec<String>> {
    let (mut count, mut problems) = (0, Vec::new());
    for pattern in keys {
        let (theirs, ours) = (staging.of(pattern), production.of(pattern));
        if theirs.is_empty() {
            problems.push(format!("{pattern} is not in staging"));
        }
        for (key, wanted) in &theirs {
            match ours.get(key) {
                Some(found) if found == wanted => count += 1,
                Some(found) => problems.push(format!("{}, and {} in staging", shown(key, found), shown(key, wanted))),
                None => problems.push(format!("{key} is not in production")),
            }
        }
        let alone = ours.keys().filter(|key| !theirs.contains_key(*key));
        problems.extend(alone.map(|key| format!("{key} is in production alone")));
    }
    if problems.is_empty() { Ok(format!("{count} values are the same")) } else { Err(problems) }
}

/// Each key has in production another value than in staging.
pub(crate) fn own(staging: &Values, production: &Values, keys: &[String]) -> Result<String, Vec<String>> {
    let (mut count, mut problems) = (0, Vec::new());
    for pattern in keys {
        let (theirs, ours) = (staging.of(pattern), production.of(pattern));
        if theirs.is_empty() {
            problems.push(format!("{pattern} is not in staging"));
        }
        for (key, values) in &theirs {
            match ours.get(key) {
                Some(found) if found.iter().any(|value| values.contains(value)) => {
                    problems.push(format!("{key} is the same in both"));
                }
                Some(_) => count += 1,
                None => problems.push(format!("{key} is not in production")),
            }
        }
    }
    if problems.is_empty() { Ok(format!("{count} values differ")) } else { Err(problems) }
}

/// No value of production names a host or a project that staging has at one of these keys, or has one of these words.
pub(crate) fn named(
    staging: &Values,
    production: &Values,
    own: &[String],
    foreign: &[Pattern],
) -> Result<String, Vec<String>> {
    let of_key = |(key, values): (&str, Vec<&str>)| {
        values.into_iter().filter_map(name).map(|name| (name, key.to_owned())).collect::<Vec<_>>()
    };
    let names: BTreeSet<(String, String)> =
        own.iter().flat_map(|pattern| staging.of(pattern)).flat_map(of_key).collect();
    if names.len() > MOST_NAMES {
        let count = names.len();
        return Err(vec![format!("{count} values of staging are its own, of at most {MOST_NAMES}; name fewer keys")]);
    }
    let mut problems = Vec::new();
    for (key, scalar) in &production.0 {
        let value = scalar.value.to_lowercase();
        let place = format!("{}:{} {key}", scalar.at.line, scalar.at.column);
        let theirs = names.iter().filter(|(name, _)| stands_in(name, &value));
        problems.extend(theirs.map(|(_, theirs)| format!("{place} names what staging has at {theirs}")));
        let words = foreign.iter().filter(|word| word.is_in(&value));
        problems.extend(words.map(|word| format!("{place} has {word}")));
    }
    if problems.is_empty() { Ok(format!("nothing in {} values", production.0.len())) } else { Err(problems) }
}

/// The host of an address, or the whole of another value, in small letters; nothing where that names nothing.
fn name(value: &str) -> Option<String> {
    let name = match value.split_once("://") {
        Some((_, rest)) => {
            let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
            let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
            host.trim_end_matches(|c: char| c.is_ascii_digit()).strip_suffix(':').unwrap_or(host)
        }
        None => value.trim(),
    };
    let name = name.to_lowercase();
    let is_number = name.parse::<f64>().is_ok();
    (name.chars().count() >= SHORTEST && !is_number && !PLAIN.contains(&name.as_str())).then_some(name)
}

/// Whether a name begins where no other does, and ends with no letter behind it: `db.staging` is in `x@db.staging:5432`, and not in `my-db.staging`.
fn stands_in(name: &str, text: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    text.match_indices(name).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + name.len()..].chars().next();
        !before.is_some_and(is_part) && !after.is_some_and(char::is_alphanumeric)
    })
}

fn shown(key: &str, values: &[&str]) -> String {
    masked(&format!("{key}={}", values.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAGING: &str = "environment: staging\nlimits: { errors: 0.02, p95: 2000 }\napi:\n  token: s3cret\n  url: https://api.staging.example:8443/v1\n\
                           flags: [a, b]\ndatabase: postgres://app:pw@10.42.0.5:5432/netra\n";
    const PRODUCTION: &str = "environment: production\nlimits: { errors: 0.02, p95: 2000 }\napi:\n  token: other\n  url: https://api.example/v1\n\
                              flags: [a, b]\ndatabase: postgres://app:pw@10.52.0.5:5432/netra\n";

    fn values(text: &str) -> Values {
        Values::parse("x.yaml", text).expect("it is YAML")
    }

    fn keys(keys: &[&str]) -> Vec<String> {
        keys.iter().map(|key| (*key).to_owned()).collect()
    }

    fn altered(from: &str, to: &str) -> Values {
        assert!(PRODUCTION.contains(from), "{from}");
        values(&PRODUCTION.replace(from, to))
    }

    #[test]
    fn what_is_promoted_is_the_same() {
        let staging = values(STAGING);
        let promote = |production: &Values, patterns: &[&str]| promoted(&staging, production, &keys(patterns));
        let same = promote(&values(PRODUCTION), &["limits.*", "flags.*", "limits.p95"]);
        assert_eq!(same, Ok("5 values are the same".to_owned()));
        let told = |production: &Values, pattern: &str| promote(production, &[pattern]).expect_err(pattern).join("; ");
        let other = altered("errors: 0.02", "errors: 0.05");
        assert_eq!(told(&other, "limits.*"), "limits.errors=0.05, and limits.errors=0.02 in staging");
        assert_eq!(told(&altered("errors: 0.02, ", ""), "limits.errors"), "limits.errors is not in production");
        assert_eq!(told(&altered("p95: 2000", "p95: 2000, p99: 1"), "limits.*"), "limits.p99 is in production alone");
        assert_eq!(told(&values(PRODUCTION), "limit.*"), "limit.* is not in staging");
        assert_eq!(told(&values(PRODUCTION), "api.token"), "api.token=***, and api.token=*** in staging");
    }

    #[test]
    fn what_is_its_own_differs() {
        let staging = values(STAGING);
        let patterns = keys(&["environment", "api.*", "database"]);
        assert_eq!(own(&staging, &values(PRODUCTION), &patterns), Ok("4 values differ".to_owned()));
        let told = |production: &Values| own(&staging, production, &patterns).expect_err("it is wrong").join("; ");
        assert_eq!(told(&altered("other", "s3cret")), "api.token is the same in both");
        assert_eq!(told(&altered("environment: production\n", "")), "environment is not in production");
        assert_eq!(own(&staging, &staging, &keys(&["none"])), Err(vec!["none is not in staging".to_owned()]));
    }

    #[test]
    fn what_is_stagings_is_told_with_its_place_and_without_its_value() {
        let staging = values(STAGING);
        let patterns = keys(&["environment", "api.*", "database"]);
        let told = |production: &Values| named(&staging, production, &patterns, &[]);
        assert_eq!(told(&values(PRODUCTION)), Ok("nothing in 8 values".to_owned()));
        let wrong = altered("[a, b]", "[a, 'https://API.staging.example/x', x-staging]");
        assert_eq!(told(&wrong), Err(vec!["6:12 flags.[1] names what staging has at api.url".to_owned()]));
        let wrong = altered("10.52.0.5", "10.42.0.5");
        assert_eq!(told(&wrong), Err(vec!["7:11 database names what staging has at database".to_owned()]));
        let secret = told(&altered("[a, b]", "[a, s3cret]")).expect_err("it is staging's").join("; ");
        assert_eq!(secret, "6:12 flags.[1] names what staging has at api.token");
        let word: Pattern = serde_json::from_str("\"api.*ple\"").expect("a word");
        let found = named(&staging, &values(PRODUCTION), &[], &[word]);
        assert_eq!(found, Err(vec!["5:8 api.url has api.*ple".to_owned()]));
    }

    #[test]
    fn a_value_that_names_nothing_is_not_looked_for() {
        for (value, found) in [
            ("https://user:p@Db.Staging.example:5432/x?y", Some("db.staging.example")),
            ("redis://10.42.0.9", Some("10.42.0.9")),
            (" Netra-Staging ", Some("netra-staging")),
            ("2000.5", None),
            ("abc", None),
            ("True", None),
            ("https:///x", None),
        ] {
            assert_eq!(name(value).as_deref(), found, "{value}");
        }
        assert!(stands_in("netra-staging", "gs://netra-staging-logs/x"));
        assert!(!stands_in("db.staging", "my-db.staging") && !stands_in("staging", "stagings"));
    }

    #[test]
    fn there_are_no_more_names_than_so_many() {
        let many: String = (0..=MOST_NAMES).map(|n| format!("a{n}: host-{n}.example\n")).collect();
        let many = values(&format!("hosts:\n  {}", many.trim_end().replace('\n', "\n  ")));
        let told = named(&many, &many, &keys(&["hosts.*"]), &[]).expect_err("too many").join("; ");
        assert_eq!(told, "201 values of staging are its own, of at most 200; name fewer keys");
    }
}
