//! The modules, evaluated once. Only this file and what builds and reads its values know the interpreter.

use holdpoint::policy::prelude::{Error, Result};
use regorus::{Engine, Value};

use crate::answer::{self, Denial, short};
use crate::config::Config;

/// What is denied. `None`: the rule is undefined.
///
/// A function that is given what it can't take is an error, as in OPA with `--strict-builtin-errors`: a denial that can't be evaluated must not read as
/// none.
pub(crate) fn denied(config: &Config, input: Value) -> Result<Option<Vec<Denial>>> {
    let mut engine = Engine::new();
    engine.set_rego_v0(config.v0);
    engine.set_strict_builtin_errors(true);
    for (at, text) in config.module.texts().iter().enumerate() {
        let name = format!("module {}", at + 1);
        engine.add_policy(name.clone(), text.clone()).map_err(|error| mistake(&name, &error.to_string()))?;
    }
    let data = serde_json::to_string(&config.data)?;
    let data = Value::from_json_str(&data).and_then(|data| engine.add_data(data));
    data.map_err(|error| mistake("data", &error.to_string()))?;
    engine.set_input(input);
    let asked = format!("query `{}`", config.query);
    let value = engine.eval_rule(config.query.clone()).map_err(|error| mistake(&asked, &error.to_string()))?;
    answer::of(config, &value)
}

/// An error of the interpreter as one line. It draws the place: `--> module 1:3:5`, the line, a caret, and `error: …` below.
fn mistake(about: &str, drawn: &str) -> Error {
    let place = drawn.split_once("--> ").and_then(|(_, place)| {
        let (place, column) = place.lines().next()?.trim().rsplit_once(':')?;
        let (module, line) = place.rsplit_once(':')?;
        Some(format!("{module}, line {line}, column {column}"))
    });
    let what = drawn.rsplit_once("error: ").map_or(drawn, |(_, what)| what);
    Error::new(format!("{}: {}", place.as_deref().unwrap_or(about), short(what)))
}
