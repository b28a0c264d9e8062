//! One value of a configuration file, by its key. Nothing is filled in. Pure.

/// What a file says at a key, as it is written there: `a.b.c` goes from one mapping to the next. A key that stands there twice says nothing.
pub(crate) fn of(path: &str, text: &str, key: &str) -> Result<String, String> {
    let scalars = holdpoint_formats::scalars(path, text)
        .map_err(|unreadable| format!("line {}: it can't be parsed: {}", unreadable.at.line, unreadable.why))?;
    let mut found: Vec<String> =
        scalars.into_iter().filter(|scalar| scalar.path.join(".") == key).map(|scalar| scalar.value).collect();
    match (found.pop(), found.len()) {
        (Some(value), 0) => Ok(value),
        (None, _) => Err(format!("it has no {key}")),
        (Some(_), _) => Err(format!("{key} stands there more than once")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const YAML: &str = "databases:\n  postgres:\n    url: x\n    pool: { min: 2, max: 200 }\n  list: [{ max: 3 }]\nodd.key: 5\n---\ntwice: 1\n---\ntwice: 2\n";

    #[test]
    fn a_value_is_found_by_its_key_in_each_notation() {
        let json = r#"{ "pool": { "size": "20", "other": [{ "size": 3 }] } }"#;
        let lines = "# POOL=1\nexport POOL=20 # as many as\nQUOTED=\"5s\"\nPOOL_MORE=3\n";
        for (path, text, key, value) in [
            ("config/app.yaml", YAML, "databases.postgres.pool.max", "200"),
            ("config/app.yml", YAML, "odd.key", "5"),
            ("config/app.json", json, "pool.size", "20"),
            ("config/app.toml", "[pool]\nsize = 20\n", "pool.size", "20"),
            ("config/.env.staging", lines, "POOL", "20"),
            ("config/.env", lines, "QUOTED", "5s"),
        ] {
            assert_eq!(of(path, text, key).as_deref(), Ok(value), "{path} {key}");
        }
    }

    #[test]
    fn what_is_not_there_or_there_twice_says_nothing() {
        for (path, text, key, why) in [
            ("a.yaml", YAML, "databases.postgres.pool", "it has no databases.postgres.pool"),
            ("a.yaml", YAML, "databases.list.max", "it has no databases.list.max"),
            ("a.yaml", YAML, "max", "it has no max"),
            ("a.yaml", YAML, "twice", "twice stands there more than once"),
            ("a.json", "{ \"a\": ", "a", "it can't be parsed"),
            (".env", "POOL=1\nPOOL=2\n", "POOL", "POOL stands there more than once"),
            (".env", "#POOL=1\n", "POOL", "it has no POOL"),
        ] {
            let error = of(path, text, key).expect_err(why);
            assert!(error.contains(why), "{path} {key}: {error}");
        }
    }
}
