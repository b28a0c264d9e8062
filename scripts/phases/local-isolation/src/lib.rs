//! The tests of the release pass on their own, without the services around it (P1.2).
//!
//! ```toml
//! [phase.config]
//! tool = "pytest"                       # a tool of the operator's file, granted under `exec`
//! arguments = ["tests/isolation"]
//! format = "junit"                      # what it writes to its standard output; the default
//! least = 20                            # optional: fewer executed tests are not enough
//! ```
//! The tool writes its report, and nothing else, to standard output (docs/operator.md has a pin of pytest that does). So a report that an
//! earlier run has left is never read. A runner that skips everything has shown nothing, and one that
//! collects nothing and complains fails. What the exit code says counts too: it must be 0, whatever the report has.

mod judge;

use holdpoint::ReportFormat;
use holdpoint::prelude::*;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    /// Its name in the operator's file.
    tool: String,
    /// What stands behind the arguments of the operator's file.
    #[serde(default)]
    arguments: Vec<String>,
    #[serde(default = "junit")]
    format: ReportFormat,
    /// How many tests are executed at least.
    #[serde(default = "one")]
    least: usize,
}

fn junit() -> ReportFormat {
    ReportFormat::Junit
}

fn one() -> usize {
    1
}

#[holdpoint::phase]
fn run(cx: &Context, config: Config) -> Result<()> {
    if config.least == 0 {
        return Err(Error::new("config.least is 0, and no test is no pass"));
    }
    let tool = Tool::new(&config.tool).arguments(&config.arguments);
    match cx.exec().run(&tool) {
        Ok(finished) => judge::finished(cx, &tool, &finished, &config),
        // What can't be started shows nothing of the release, good or bad.
        Err(error) => judge::whole(cx, &tool).inconclusive(observed(&error), &error),
    }
    Ok(())
}

#[cfg(test)]
mod tests;
