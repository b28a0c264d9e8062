//! A virtual user that chats: it opens a socket, says something, and wants every event of the answer exactly once, in its order and in time.
//! It holds its socket from one iteration to the next, and opens another when that one is of no use any more.
//!
//! A message is an exchange of the load, from when it is sent to its last event. What is wrong with it is said by five checks: `no event is
//! lost`, `no event comes twice`, `events come in order`, `the answer is mine`, and `pings are answered`.

mod chat;
mod config;
mod sequence;

use holdpoint::prelude::*;
use holdpoint::{Me, VirtualUser};

use chat::Chat;
pub use config::Config;

pub struct Talker {
    config: Config,
    chat: Option<Chat>,
    said: u32,
}

#[holdpoint::user]
impl VirtualUser for Talker {
    type Config = Config;

    fn start(_me: &Me, config: Config) -> Result<Self> {
        config.check()?;
        Ok(Self { config, chat: None, said: 0 })
    }

    fn iterate(&mut self, me: &Me) -> Result<()> {
        let chat = match self.chat.take() {
            Some(chat) => Some(chat),
            None => Chat::open(me, &self.config)?,
        };
        let Some(mut chat) = chat else { return Ok(()) };
        for _ in 0..self.config.messages {
            self.think(me);
            self.said += 1;
            let text = format!("{} {}", me.canary(), self.said);
            if !chat.say(me, &self.config, self.said, &text) {
                // Whatever is wrong with this socket, the next iteration has another.
                chat.leave();
                return Ok(());
            }
        }
        self.chat = Some(chat);
        Ok(())
    }

    fn stop(&mut self, _me: &Me) {
        if let Some(chat) = self.chat.take() {
            chat.leave();
        }
    }
}

impl Talker {
    fn think(&self, me: &Me) {
        let Millis(longest) = self.config.think;
        if longest > 0 {
            // A pause that is cut off ends with the iteration.
            let _ = me.sleep(Millis(me.random(longest)));
        }
    }
}

#[cfg(test)]
mod tests;
