//! A WebSocket lasts: held past the time-out of whatever balances before it, by a heartbeat; and where one ends, another opens (CRIT-6, KI-3).
//!
//! ```toml
//! [phase.config]
//! service = "backend"
//! path = "/ws/chat"
//! subprotocols = ["chat.v1"]
//! hold = "6m"           # longer than `past`, or it shows nothing
//! past = "5m"           # the balancer's time-out; Cloud Run's is 5 minutes if nobody says otherwise
//! heartbeat = "20s"     # a ping and a message each time
//! within = "5s"         # a ping and all events of a message are answered
//! [phase.config.login]  # whose socket it is; without it it is nobody's
//! service = "auth"
//! start = "/auth/test"
//! issuer = "issuer"
//! ```
//! How a message is written and which events answer it is said as to the user `chat-user`: `message`, `events`, `kind`, `id`.
//!
//! Two sockets are open side by side. One has a heartbeat: it has to live all the time, answer every ping, and every message by its events, once, in order
//! and in time. The other is silent: it may be ended, but then its end is told, and whoever opens another is answered. A socket that is neither ended nor
//! answers is half open, and that is the fault. A socket that ends is replaced, so that one end hides no other fault. What is none of the `events` may come
//! at any time: hellos, signs of life.

mod beat;
mod config;
mod held;
mod judge;
mod line;

use holdpoint::prelude::*;

use config::Config;

const STABLE: &str = "CRIT-6";
const DROPS: &str = "KI-3";

#[holdpoint::phase]
fn run(cx: &Context, config: Config) -> Result<()> {
    config.check()?;
    let service = cx.service(&config.service)?;
    judge::all(cx, &config, service);
    Ok(())
}

#[cfg(test)]
mod tests;
