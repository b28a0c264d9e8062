//! A tool that returns 0.

use holdpoint::Exit;
use holdpoint::prelude::*;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Command {
    row: String,
    tool: String,
    #[serde(default)]
    arguments: Vec<String>,
    /// What the check is called; the command without it.
    name: Option<String>,
    /// What its output holds besides; "." is anything at all.
    prints: Option<String>,
}

impl Command {
    pub(crate) fn judge(&self, cx: &Context) {
        let tool = Tool::new(&self.tool).arguments(&self.arguments);
        let name = self.name.clone().unwrap_or_else(|| tool.to_string());
        let check = cx.check([&self.row], name).expecting(expected("exit code 0"));
        let done = match cx.exec().run(&tool) {
            Ok(done) => done,
            Err(error) => return check.from_error(error),
        };
        match done.exit() {
            Exit::Code(0) => {}
            exit @ Exit::Killed(_) => return check.inconclusive(observed(exit), &done),
            exit => {
                let seen = format!("{exit}: {}", cut(&done.last_line()));
                return check.fail(expected("exit code 0"), observed(seen), &done);
            }
        }
        let text = done.text();
        let first = cut(text.trim());
        let holds = match self.prints.as_deref() {
            None => true,
            Some(".") => !text.trim().is_empty(),
            Some(part) => text.contains(part),
        };
        let shown = if first.is_empty() { "exit code 0".to_owned() } else { first };
        if !holds && done.is_truncated() {
            return check.inconclusive(observed("its output is longer than is kept"), &done);
        }
        let wanted = match self.prints.as_deref() {
            None => expected("exit code 0"),
            Some(".") => expected("exit code 0 and some output"),
            Some(part) => expected(format!("exit code 0 and an output with `{part}`")),
        };
        check.passes_if(holds, wanted, observed(shown), &done);
    }
}

/// The first line, of a length that a table has room for.
pub(crate) fn cut(text: &str) -> String {
    text.lines().next().unwrap_or_default().chars().take(300).collect()
}
