//! A transaction is done whole or not at all, and nobody sees it half done: also when its client goes away in its midst (BIZ-4).
//!
//! ```toml
//! [phase.config]
//! service = "backend"
//! breaks = 12                         # how many transfers are broken off
//! settles = "1s"                      # how long what was broken off may still be under way
//! [phase.config.login]                # whose transfers they are; without it they are nobody's
//! service = "auth"
//! start = "/auth/test"
//! issuer = "issuer"
//! [phase.config.transfer]
//! path = "/api/pots/transfers"        # with POST
//! body = { from = "left", to = "right", amount = 1 }
//! back = { from = "right", to = "left", amount = 1 }    # every second time, so that no pot is emptied; never without it
//! [phase.config.invariant]
//! path = "/api/pots"
//! conserved = ["/pots/left", "/pots/right"]   # places within its JSON; the sum of these numbers never changes
//! ```
//! A body may also say what is to stand there, as two writes of one batch; then `back` says the contrary, and the first to be let through is whichever
//! moves something.
//!
//! One transfer is let through: it tells how long one takes, and that it moves something. The others are broken off, each at another moment of that time,
//! and the invariant is read at once while the server may still be at it, and again when all has settled. A sum that is another at any time is a partial
//! write that could be seen. A transfer that is refused ends the trial, and nothing is known. If every transfer was answered before it could be broken off, nothing was exercised; nor is it where nothing is configured.

mod breaks;
mod config;
mod invariant;

use holdpoint::prelude::*;

use config::Config;

const ROW: &str = "BIZ-4";

#[holdpoint::phase]
fn run(cx: &Context, config: Config) -> Result<()> {
    let Some(tried) = config.tried()? else {
        let why = "config.transfer and config.invariant name no transaction that can be broken off here";
        cx.check([ROW], "transactions are atomic").not_exercised(why);
        return Ok(());
    };
    breaks::judge(cx, &tried);
    Ok(())
}

#[cfg(test)]
mod tests;
