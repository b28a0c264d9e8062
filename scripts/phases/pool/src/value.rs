//! One value of a configuration file, by its key: YAML with JSON, or lines of `KEY=value`. Nothing is filled in. Pure.

use saphyr_parser::{Event, Parser};

const DEEPEST: usize = 64;

/// What a file says at a key, as it is written there: `a.b.c` goes from one mapping to the next. A key that stands there twice says nothing.
pub(crate) fn of(path: &str, text: &str, key: &str) -> Result<String, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    let mut found = match name.rsplit('.').next() {
        Some("yaml" | "yml" | "json") => of_yaml(text, key)?,
        Some("toml") => return Err("TOML is not read here".to_owned()),
        _ => of_lines(text, key),
    };
    match (found.pop(), found.len()) {
        (Some(value), 0) => Ok(value),
        (None, _) => Err(format!("it has no {key}")),
        (Some(_), _) => Err(format!("{key} stands there more than once")),
    }
}

fn of_lines(text: &str, key: &str) -> Vec<String> {
    let assigned = text.lines().map(str::trim).filter(|line| !line.starts_with('#')).filter_map(|line| {
        let (name, value) = line.strip_prefix("export ").unwrap_or(line).split_once('=')?;
        (name.trim() == key).then(|| plain(value.trim()).to_owned())
    });
    assigned.collect()
}

/// Without its quotation marks, or the comment behind it.
fn plain(value: &str) -> &str {
    for quote in ['"', '\''] {
        if let Some((inner, _)) = value.strip_prefix(quote).and_then(|rest| rest.split_once(quote)) {
            return inner;
        }
    }
    value.split_once(" #").map_or(value, |(value, _)| value.trim_end())
}

/// What is open around an event.
enum Open {
    /// The key of the value to come; none before a key.
    Mapping(Option<String>),
    Sequence,
}

fn of_yaml(text: &str, key: &str) -> Result<Vec<String>, String> {
    let (mut open, mut found): (Vec<Open>, Vec<String>) = (Vec::new(), Vec::new());
    let mut parser = Parser::new_from_str(text);
    while let Some(event) = parser.next_event() {
        let (event, _) =
            event.map_err(|error| format!("line {}: it can't be parsed: {}", error.marker().line(), error.info()))?;
        match event {
            Event::Scalar(value, ..) => {
                if !matches!(open.last(), Some(Open::Mapping(None))) && is_at(&open, key) {
                    found.push(value.to_string());
                }
                close(&mut open, &value);
            }
            // What an alias stands for is nobody's at this key.
            Event::Alias(_) => close(&mut open, "*"),
            Event::MappingStart(..) => open.push(Open::Mapping(None)),
            Event::SequenceStart(..) => open.push(Open::Sequence),
            Event::MappingEnd | Event::SequenceEnd => {
                open.pop();
                close(&mut open, "?");
            }
            Event::DocumentStart(_) | Event::DocumentEnd => open.clear(),
            Event::Nothing | Event::StreamStart | Event::StreamEnd => {}
        }
        if open.len() > DEEPEST {
            return Err(format!("it is nested deeper than {DEEPEST}"));
        }
    }
    Ok(found)
}

/// A key or a value is complete.
fn close(open: &mut [Open], it: &str) {
    match open.last_mut() {
        Some(Open::Mapping(key @ None)) => *key = Some(it.to_owned()),
        Some(Open::Mapping(key)) => *key = None,
        Some(Open::Sequence) | None => {}
    }
}

/// Whether these keys lead to that one, by mappings alone.
fn is_at(open: &[Open], key: &str) -> bool {
    let path: Option<Vec<&str>> = open
        .iter()
        .map(|open| match open {
            Open::Mapping(key) => key.as_deref(),
            Open::Sequence => None,
        })
        .collect();
    path.is_some_and(|path| path.join(".") == key)
}

#[cfg(test)]
mod tests {
    use super::*;

    const YAML: &str = "databases:\n  postgres:\n    url: x\n    pool: { min: 2, max: 200 }\n  list: [{ max: 3 }]\n? [a]\n: { max: 4 }\n\
                        twice: 1\nodd.key: 5\n---\ntwice: 2\n";

    #[test]
    fn a_value_is_found_by_its_key_in_each_notation() {
        let json = r#"{ "pool": { "size": "20", "other": [{ "size": 3 }] } }"#;
        let lines = "# POOL=1\nexport POOL=20 # as many as\nQUOTED=\"5s\"\nPOOL_MORE=3\nPOOL_TWICE=1\nPOOL_TWICE=2\n";
        for (path, text, key, value) in [
            ("config/app.yaml", YAML, "databases.postgres.pool.max", "200"),
            ("config/app.yml", YAML, "odd.key", "5"),
            ("config/app.json", json, "pool.size", "20"),
            ("config/.env.staging", lines, "POOL", "20"),
            ("config/.env", lines, "QUOTED", "5s"),
        ] {
            assert_eq!(of(path, text, key).as_deref(), Ok(value), "{path} {key}");
        }
    }

    #[test]
    fn what_is_not_there_or_there_twice_says_nothing() {
        let deep = ["[", "]"].map(|bracket| bracket.repeat(70)).concat();
        for (path, text, key, why) in [
            ("a.yaml", YAML, "databases.postgres.pool", "it has no databases.postgres.pool"),
            ("a.yaml", YAML, "databases.list.max", "it has no databases.list.max"),
            ("a.yaml", YAML, "max", "it has no max"),
            ("a.yaml", YAML, "twice", "twice stands there more than once"),
            ("a.json", "{ \"a\": ", "a", "can't be parsed"),
            ("a.yaml", &deep, "a", "it is nested deeper than 64"),
            (".env", "POOL=1\nPOOL=2\n", "POOL", "POOL stands there more than once"),
            (".env", "#POOL=1\n", "POOL", "it has no POOL"),
            ("a.toml", "a = 1\n", "a", "TOML is not read here"),
        ] {
            let error = of(path, text, key).expect_err(why);
            assert!(error.contains(why), "{path} {key}: {error}");
        }
    }
}
