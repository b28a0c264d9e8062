//! A file comes back as it was sent, whole and in parts, and what is above the limit is refused (BIZ-5).
//!
//! ```toml
//! [phase.config]
//! service = "backend"
//! sizes = [1, 65536, 1048576]           # bytes
//! limit = 1048576                       # the largest that is taken; one byte more is refused
//! refusals = [413]                      # by one of these
//! ranges = true                         # parts can be asked for, with the header `range`
//! [phase.config.login]                  # whose files they are; without it they are nobody's
//! service = "auth"
//! start = "/auth/test"
//! issuer = "issuer"
//! [phase.config.upload]
//! path = "/api/files?name={name}"       # with POST, the content as body
//! id = "/id"                            # where its JSON answer says how to ask for it
//! hash = "/sha256"                      # where it says SHA-256 in hexadecimal digits, if it does
//! [phase.config.download]
//! path = "/api/files/{id}"
//! [phase.config.delete]                 # with DELETE, in the end, for all that was taken; without it files stay where they are
//! path = "/api/files/{id}"
//! ```
//! Contents are bytes of all values, others in every run, under other names, so that nothing old comes back; they are compared byte by byte, and the hash is
//! computed here and compared with what the server says.

mod config;
mod content;
mod judge;

use holdpoint::prelude::*;

use config::Config;

const ROW: &str = "BIZ-5";

#[holdpoint::phase]
fn run(cx: &Context, config: Config) -> Result<()> {
    config.check()?;
    let service = cx.service(&config.service)?;
    judge::all(cx, &config, service);
    Ok(())
}

#[cfg(test)]
mod tests;
