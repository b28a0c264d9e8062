//! What the host calls: configuration in, end of the phase out. It judges nothing.

use serde::de::DeserializeOwned;

use crate::{Context, Error, Result};

/// Parses `config` and runs a phase with it. An error names the field that is wrong.
pub fn run<C: DeserializeOwned>(config: &str, run: impl Fn(&Context, C) -> Result<()>) -> Result<(), String> {
    let cx = Context::default();
    let outcome = parse(config).and_then(|config| run(&cx, config));
    // Both matter: the phase's own error, and what the report refused to take.
    let finished = cx.finish();
    outcome.and(finished).map_err(String::from)
}

pub(crate) fn parse<C: DeserializeOwned>(config: &str) -> Result<C> {
    // A bundle without a configuration means an empty one.
    let config = if matches!(config.trim(), "" | "null") { "{}" } else { config };
    let mut deserializer = serde_json::Deserializer::from_str(config);
    serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().to_string();
        let text = error.inner().to_string();
        // The position is one in the JSON that the host made, which nobody has seen.
        let text = text.rfind(" at line ").map_or(text.as_str(), |end| &text[..end]);
        Error::new(if path == "." { format!("config: {text}") } else { format!("config.{path}: {text}") })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Config {
        #[expect(dead_code, reason = "only its presence is of interest")]
        endpoints: Vec<Endpoint>,
    }

    #[derive(Debug, serde::Deserialize)]
    struct Endpoint {
        #[expect(dead_code, reason = "only its presence is of interest")]
        path: String,
    }

    #[test]
    fn an_error_names_the_field() {
        let error = parse::<Config>(r#"{"endpoints": [{"path": "/"}, {"path": 7}]}"#).expect_err("a number is no path");
        assert_eq!(error.to_string(), "config.endpoints[1].path: invalid type: integer `7`, expected a string");
    }

    #[test]
    fn an_error_names_what_is_missing_or_unknown() {
        assert_eq!(parse::<Config>("").expect_err("empty").to_string(), "config: missing field `endpoints`");
        let error = parse::<Config>(r#"{"endpoint": []}"#).expect_err("misspelt").to_string();
        assert_eq!(error, "config.endpoint: unknown field `endpoint`, expected `endpoints`");
    }
}
