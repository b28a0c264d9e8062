//! Writing for people: what stdout and stderr are, and whether they take colour.

use std::io::{self, IsTerminal, Write};

use holdpoint_report::Style;

/// How a report looks on stdout.
pub(crate) fn style() -> Style {
    style_of(io::stdout().is_terminal())
}

fn style_of(terminal: bool) -> Style {
    if !terminal {
        return Style::PLAIN;
    }
    let (_, width) = console::Term::stdout().size();
    Style { colour: !no_colour(), width: usize::from(width) }
}

/// <https://no-color.org>: set and not empty.
#[expect(clippy::disallowed_methods, reason = "a convention of terminals, read where terminals are known")]
fn no_colour() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
}

/// Writes data. A reader that has gone away is no error.
pub(crate) fn out(text: &str) {
    let mut stdout = io::stdout().lock();
    let line = if text.ends_with('\n') { "" } else { "\n" };
    let _ = write!(stdout, "{text}{line}").and_then(|()| stdout.flush());
}

/// Writes for people.
pub(crate) fn say(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Writes warnings for people, each with what would mend it.
pub(crate) fn warn(warnings: &[String]) {
    for warning in warnings {
        say(&format!("warning: {warning}"));
    }
}

/// Writes an error for people.
pub(crate) fn error(error: &anyhow::Error) {
    say(&told(error));
}

/// An error as people are told of it.
pub(crate) fn told(error: &anyhow::Error) -> String {
    let bundle = error.downcast_ref::<holdpoint_app::Error>();
    match bundle {
        // Mistakes in files begin with their place, so that editors find it.
        Some(holdpoint_app::Error::Bundle(diagnostics)) => diagnostics.to_string(),
        _ => format!("error: {error}"),
    }
}
