//! A chat works, for many at once: sockets open and stay open, and every message is answered by its events, exactly once, in their order and
//! in time (BIZ-2). Nobody hears what another has said (P3.2.isolation).
//!
//! ```toml
//! [phase.config]
//! user = "chat-user"     # the id of a [[user]], which the grant of load names too
//! users = 20             # each with a socket, an identity and a canary of its own
//! pace = "2s"            # each begins anew every two seconds
//! ramp = "5s"
//! during = "30s"
//! answered = "2s"        # p95 of a message, from when it is sent to its last event
//! messages = 100         # fewer show nothing
//! ```
//! What a message is, which events answer it and within what time each of them has to come, the users know: it is the `config` of `chat-user`.
//! `tell = { … }` tells them something else than the bundle does. Their messages are those routes of the load that begin with SEND.

mod config;
mod judge;

use holdpoint::load::{Load, Pace as _, Stage};
use holdpoint::prelude::*;

use config::Config;

const CHAT: &str = "BIZ-2";
const ISOLATION: &str = "P3.2.isolation";

#[holdpoint::phase]
fn run(cx: &Context, config: Config) -> Result<()> {
    config.check()?;
    let stage = |duration| Stage { duration, target: config.users };
    let mut load = Load::ramping_arrival_rate(0.per(config.pace), [stage(config.ramp), stage(config.during)])
        .users(config.users, config.users)
        .act_as(&config.user)
        .threshold("leaks", "count==0");
    if !config.tell.is_empty() {
        load = load.telling(config.tell.clone());
    }
    match cx.load().run(&load) {
        Ok(done) => {
            cx.progress(1, 1, done.words());
            judge::all(cx, &config, &done);
        }
        // A load that does not go says nothing of the system.
        Err(error) => {
            cx.check([CHAT], format!("{} chat", config.user)).inconclusive(observed(&error), &error);
            cx.check([ISOLATION], format!("{} chat", config.user)).not_exercised(error.to_string());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
