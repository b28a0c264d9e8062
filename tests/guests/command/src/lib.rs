//! A phase that gives gcloud the commands of its configuration, one after the other, and shows what came of each: what it printed, the
//! kind of its failure, or the error. It judges one thing only: that every command ended well.

use std::collections::BTreeMap;

use holdpoint::prelude::*;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    give: Vec<Give>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Give {
    /// Its words, one by one.
    words: Vec<String>,
    #[serde(default)]
    arguments: Vec<String>,
    /// An empty value is a switch.
    #[serde(default)]
    flags: BTreeMap<String, String>,
}

#[holdpoint::phase]
fn run(cx: &Context, config: Config) -> Result<()> {
    for Give { words, arguments, flags } in config.give {
        let command = arguments.into_iter().fold(Command::of(words), Command::argument);
        let command = flags.into_iter().fold(command, |command, (name, value)| match value.as_str() {
            "" => command.switch(&name),
            _ => command.flag(&name, value),
        });
        let done = cx.gcloud().run(&command);
        let (well, seen) = match &done {
            Ok(done) => match done.failure() {
                None => (true, "done".to_owned()),
                Some(failure) => (false, format!("{failure}: {}", done.last_line())),
            },
            Err(error) => (false, error.to_string()),
        };
        let shown: String = command.to_string().chars().filter(|c| !c.is_control()).take(200).collect();
        cx.check(["P3.1"], shown).passes_if(well, expected("done"), observed(seen), done.ok());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use holdpoint::prelude::*;
    use holdpoint::testing::{fails, prints};
    use holdpoint::{Command, Failure};

    use super::run;

    #[test]
    fn shows_what_came_of_each_command() {
        let config = json!({ "give": [
            { "words": ["run", "services", "list"] },
            { "words": ["run", "services", "describe"], "arguments": ["x"], "flags": { "quick": "" } },
        ] });
        let describe = Command::new("run services describe").argument("x").switch("quick");
        let t = holdpoint::test(run).config(config);
        let t = t.command(Command::new("run services list"), prints(&json!([])));
        let t = t.command(describe, fails(Failure::NotFound, "ERROR: Cannot find service [x]\n"));
        let seen: Vec<_> = t.checks().iter().map(|check| (check.name.as_str(), check.observed.as_str())).collect();
        assert_eq!(
            seen,
            [
                ("gcloud run services list", "done"),
                ("gcloud run services describe x --quick", "not found: ERROR: Cannot find service [x]"),
            ]
        );
    }
}
