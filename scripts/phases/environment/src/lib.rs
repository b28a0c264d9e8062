//! What is of an environment stays in it: no secret has the same value in another one, and no configuration names what is another's (NOTE-1).
//!
//! ```toml
//! [phase.config]
//! secrets = ["GOOGLE_STAGING_CLIENT_SECRET"]   # each beside those that the operator's file says are of another environment
//! include = ["**/*.{yaml,yml,json,toml,env}", "**/.env*"]
//! [phase.config.foreign]                       # by granted directory: what must not stand in its files, in any case
//! config = ["netra-production", "netra-*-production", "PRODUCTION_"]
//! ```
//! No value is seen here: the host compares keyed hashes and says yes, no, or that this machine does not have one of the two. Then, and where the operator's
//! file binds no secret to another environment, nothing is known: the row is inconclusive. A `*` stands for what may be within one word. That no phase is granted a secret of another environment needs no look: such a bundle is refused before it begins.

mod config;
mod files;
mod secrets;

use holdpoint::prelude::*;

use config::Config;

const ROW: &str = "NOTE-1";

#[holdpoint::phase]
fn run(cx: &Context, config: Config) -> Result<()> {
    config.check()?;
    secrets::judge(cx, &config.secrets);
    for (directory, foreign) in &config.foreign {
        files::judge(cx, &config, directory, foreign);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
