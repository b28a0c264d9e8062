//! A tool that returns 0, and is recent enough where that is asked.

use holdpoint::prelude::*;
use holdpoint::{Exit, Finished};

use crate::version::Version;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Command {
    row: String,
    tool: String,
    #[serde(default)]
    arguments: Vec<String>,
    /// What the check is called; the command without it.
    name: Option<String>,
    /// What its output holds besides; "." is anything at all.
    prints: Option<String>,
    /// The oldest version that will do, of the first that its output tells.
    at_least: Option<String>,
    /// What counts as that tool where it does not return 0.
    #[serde(default)]
    or: Vec<Other>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Other {
    tool: String,
    #[serde(default)]
    arguments: Vec<String>,
}

type Ran = Result<Finished, CallError>;

impl Command {
    pub(crate) fn row(&self) -> &str {
        &self.row
    }

    pub(crate) fn judge(&self, cx: &Context) {
        let tool = Tool::new(&self.tool).arguments(&self.arguments);
        let name = self.name.clone().unwrap_or_else(|| tool.to_string());
        let check = cx.check([&self.row], name).expecting(expected("exit code 0"));
        let done = match self.run(cx, &tool) {
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
        let wanted = expected(self.wanted());
        let Some(least) = self.at_least.as_deref().filter(|_| holds) else {
            return check.passes_if(holds, wanted, observed(shown), &done);
        };
        match (Version::told_in(&text), Version::parse(least)) {
            (Some(has), Some(least)) => check.passes_if(has >= least, wanted, observed(shown), &done),
            _ => {
                let seen = format!("{shown}, which tells no version that can be compared with {least}");
                check.expecting(wanted).inconclusive(observed(seen), &done);
            }
        }
    }

    /// What came of it, or of the first other that returns 0 where it does not. What nobody knows of one is not known of all.
    fn run(&self, cx: &Context, tool: &Tool) -> Ran {
        let mut ran = cx.exec().run(tool);
        for Other { tool, arguments } in &self.or {
            if is_content(&ran) {
                break;
            }
            let other = cx.exec().run(&Tool::new(tool).arguments(arguments));
            if is_content(&other) || (is_unknown(&other) && !is_unknown(&ran)) {
                ran = other;
            }
        }
        ran
    }

    fn wanted(&self) -> String {
        let mut wanted = match self.prints.as_deref() {
            None => "exit code 0".to_owned(),
            Some(".") => "exit code 0 and some output".to_owned(),
            Some(part) => format!("exit code 0 and an output with `{part}`"),
        };
        if let Some(least) = &self.at_least {
            wanted.push_str(&format!(", version {least} or later"));
        }
        wanted
    }
}

fn is_content(ran: &Ran) -> bool {
    ran.as_ref().is_ok_and(|done| matches!(done.exit(), Exit::Code(0)))
}

fn is_unknown(ran: &Ran) -> bool {
    match ran {
        Ok(done) => matches!(done.exit(), Exit::Killed(_)),
        Err(error) => !matches!(error.cause(), Cause::Timeout(_) | Cause::Failed(_)),
    }
}

/// The first line, of a length that a table has room for.
pub(crate) fn cut(text: &str) -> String {
    text.lines().next().unwrap_or_default().chars().take(300).collect()
}
