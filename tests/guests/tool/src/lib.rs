//! A phase that starts the tools of its configuration, one after the other, and shows what came of each: how it ended, how much it wrote,
//! what it wrote, what it said, and what confined it. It judges one thing only: that every tool returned 0.

use holdpoint::prelude::*;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    start: Vec<Start>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Start {
    tool: String,
    #[serde(default)]
    arguments: Vec<String>,
    #[serde(default)]
    stdin: String,
    /// It is stopped after this.
    stop: Option<Millis>,
}

#[holdpoint::phase]
fn run(cx: &Context, config: Config) -> Result<()> {
    for Start { tool, arguments, stdin, stop } in config.start {
        let tool = Tool::new(tool).arguments(arguments).stdin(stdin);
        let done = match stop {
            None => cx.exec().run(&tool),
            Some(after) => cx.exec().run_for(&tool, after),
        };
        let seen = match &done {
            Ok(done) => {
                let text: String = done.text().chars().take(200).collect();
                let (out, err) = done.written();
                let confinement = done.confinement();
                format!(
                    "{}; wrote {out} and {err} bytes{}; stdout {text:?}; stderr {:?}; applied {}; lacking {}",
                    done.exit(),
                    if done.is_truncated() {
                        format!(", of which {} are kept", done.stdout().len())
                    } else {
                        String::new()
                    },
                    done.last_line(),
                    confinement.applied.join(" "),
                    confinement.lacking.join(", "),
                )
            }
            Err(error) => error.to_string(),
        };
        let well = done.as_ref().is_ok_and(|done| done.is_success());
        let shown: String = tool.to_string().chars().filter(|c| !c.is_control()).take(200).collect();
        cx.check(["P3.1"], shown).passes_if(well, expected("exit code 0"), observed(seen), done);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use holdpoint::prelude::*;
    use holdpoint::testing::{denied_tool, exits};

    use super::run;

    #[test]
    fn shows_what_came_of_each_tool() {
        let config = json!({ "start": [{ "tool": "echo", "arguments": ["a"] }, { "tool": "sh", "stop": "1s" }] });
        let t = holdpoint::test(run).config(config);
        let t = t.tool(Tool::new("echo").argument("a"), exits(3, "a\n")).tool(Tool::new("sh"), denied_tool());
        t.expect("P3.1", Fail, "exit code 3; wrote 2 and 0 bytes; stdout \"a\\n\"");
        t.expect("P3.1", Fail, "denied exec");
    }
}
