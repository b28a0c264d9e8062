//! A virtual user that asks more of sockets than it may, or tells what it hears over one.

use holdpoint::prelude::*;
use holdpoint::{Event, Me, VirtualUser};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    path: String,
    act: Act,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Act {
    /// Opens sockets until there is an error, and ends with that.
    Hoard,
    /// Opens a socket that it shows its token, says everything that it knows of itself, and ends with what comes back.
    Whisper,
}

pub struct Talker(Config);

#[holdpoint::user]
impl VirtualUser for Talker {
    type Config = Config;

    fn start(_me: &Me, config: Config) -> Result<Self> {
        Ok(Self(config))
    }

    fn iterate(&mut self, me: &Me) -> Result<()> {
        let Self(Config { path, act }) = self;
        let opening = me.service("backend").socket(&*path).subprotocol("chat.v1");
        match act {
            Act::Hoard => loop {
                me.open(&opening)?;
            },
            Act::Whisper => {
                let token = me.identity().unwrap_or_default();
                let shaken = me.open(&opening.subprotocol(format!("bearer.{token}")))?;
                let mut heard = format!("{} {:?} ", shaken.status(), shaken.subprotocol());
                if let Some(socket) = me.socket(&shaken) {
                    socket.send(json!({ "type": "message", "id": 1, "text": token }).to_string())?;
                    while let Event::Text(text) = socket.receive(Millis(100))? {
                        heard.push_str(&text);
                    }
                }
                Err(Error::new(heard))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use holdpoint::prelude::*;
    use holdpoint::testing::{opens, user};

    use super::Talker;

    #[test]
    fn tells_what_it_hears() {
        let said = json!({ "type": "message", "id": 1, "text": "hp-user.identity" }).to_string();
        let server = opens().subprotocol("chat.v1").hears(said).says("heard");
        let t = user::<Talker>().config(json!({ "path": "/ws", "act": "whisper" })).socket("/ws", server);
        assert_eq!(t.iterate(1).returned(), Err("101 Some(\"chat.v1\") heard"));
    }
}
