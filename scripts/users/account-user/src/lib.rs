//! A virtual user of a system that knows people by names and passwords: it opens an account of its own, writes something and reads it back.
//!
//! ```toml
//! [user.config]
//! service = "backend"
//! think = "500ms"                                        # the longest pause between two requests
//! [user.config.account]                                  # opened with PUT, by nobody
//! path = "/api/accounts/{name}"
//! json = { password = "{password}" }
//! close = true                                           # with DELETE, when it has ended
//! arrive = "20s"                                         # within this time, at most 20s: passwords take a server long to keep
//! [user.config.item]                                     # written with PUT, read with GET
//! path = "/api/notes/note"
//! json = { text = "{text}" }
//! text = "/text"                                         # where the text stands in what is read, as in RFC 6901
//! ```
//! Its name is its canary, its password is drawn by chance, and both go with each request (`authorization: Basic …`). What it writes holds its canary, and
//! what it reads must be what it has written. Whoever gets no account ends.

mod config;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use holdpoint::prelude::*;
use holdpoint::{Me, VirtualUser, granted};

pub use config::Config;
use config::{filled, placed};

/// How often a password is drawn for: eight characters each time, so that nobody guesses it.
const DRAWN: usize = 4;

pub struct Holder {
    config: Config,
    authorization: String,
    written: u32,
}

#[holdpoint::user]
impl VirtualUser for Holder {
    type Config = Config;

    fn start(me: &Me, config: Config) -> Result<Self> {
        config.check()?;
        pause(me, config.account.arrive);
        let password: String = (0..DRAWN).map(|_| format!("{:08x}", me.random(u32::MAX))).collect();
        let opened = me.send(
            me.service(&config.service).request("PUT", placed(&config.account.path, me.canary())).json(&filled(
                &config.account.json,
                "{password}",
                &password,
            )),
        )?;
        let is_open = (200..300).contains(&opened.status());
        me.check("an account is opened", is_open);
        if !is_open {
            return Err(Error::new(format!("no account is opened: {}", opened.status())));
        }
        let authorization = format!("Basic {}", STANDARD.encode(format!("{}:{password}", me.canary())));
        Ok(Self { config, authorization, written: 0 })
    }

    fn iterate(&mut self, me: &Me) -> Result<()> {
        self.written += 1;
        let text = format!("{} {}", me.canary(), self.written);
        let put =
            self.request(me, "PUT", &self.config.item.path).json(&filled(&self.config.item.json, "{text}", &text));
        let Some(written) = granted(me.send(put))? else { return Ok(()) };
        let is_written = (200..300).contains(&written.status());
        me.check("the item is written", is_written);
        if !is_written {
            // What stands there now is the last one, and no sign of anybody else.
            return Ok(());
        }
        pause(me, self.config.think);
        if let Some(answer) = granted(me.send(self.request(me, "GET", &self.config.item.path)))? {
            let body = answer.json::<Value>().unwrap_or_default();
            let is_mine = body.pointer(&self.config.item.text).and_then(Value::as_str) == Some(text.as_str());
            me.check("the item is as I wrote it", answer.status() == 200 && is_mine);
        }
        pause(me, self.config.think);
        Ok(())
    }

    fn stop(&mut self, me: &Me) {
        if self.config.account.close {
            // One that stays is nobody's, for nobody knows its password any more.
            let _ = me.send(self.request(me, "DELETE", &placed(&self.config.account.path, me.canary())));
        }
    }
}

impl Holder {
    fn request(&self, me: &Me, method: &str, path: &str) -> Request {
        me.service(&self.config.service).request(method, path).header("authorization", &self.authorization)
    }
}

/// A pause of any length up to this one.
fn pause(me: &Me, longest: Millis) {
    if longest > Millis(0) {
        // One that is cut off ends with the iteration.
        let _ = me.sleep(Millis(me.random(longest.0)));
    }
}

#[cfg(test)]
mod tests;
