//! What it does when it is not well-behaved.

use std::hint::black_box;

use holdpoint::Me;
use holdpoint::prelude::*;

use crate::Rude;

#[derive(Deserialize, Clone)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Act {
    /// Computes without end.
    Spin,
    /// Allocates without end.
    Allocate,
    /// Calls itself without end.
    Recurse,
    /// Asks without end, and nothing that others ask.
    Flood,
    /// Reads its clock without end, which is a call that reaches nobody.
    Tick,
    Panic,
    /// Waits for longer than an iteration lasts.
    Sleep,
    /// Asks a URL and ends with what it was told.
    Tell(String),
    /// Sends everything that it knows of itself to a path, in a body and a header, and ends with what comes back.
    Confess(String),
    /// Makes the next request go wrong.
    Deliberate(String),
    /// Says that the answer was wrong.
    Doubt,
}

impl Rude {
    pub(crate) fn act(&self, me: &Me, act: Act) -> Result<()> {
        match act {
            Act::Spin => loop {
                black_box(self.iterations);
            },
            Act::Allocate => {
                let mut held = Vec::new();
                loop {
                    held.push(black_box(vec![1_u8; 64 << 10]));
                }
            }
            Act::Recurse => {
                let deep = recurse(1);
                me.note(&format!("{deep} calls deep"));
            }
            Act::Flood => loop {
                let _ = black_box(me.send(me.service("backend").get("/flood")));
            },
            Act::Tick => loop {
                black_box(me.now());
            },
            Act::Panic => panic!("user {} has had enough", me.number()),
            Act::Sleep => loop {
                let _ = me.sleep(Millis(60_000));
            },
            Act::Tell(url) => {
                let answer = me.send(Request::get(url));
                return Err(Error::new(
                    answer.map_or_else(|e| e.to_string(), |r| format!("{} {}", r.status(), r.text())),
                ));
            }
            Act::Confess(path) => {
                let known = format!("{} {}", me.canary(), me.identity().unwrap_or_default());
                let ask = me.service("backend").post(path).header("x-known", known.clone()).body("text/plain", known);
                let answer = me.send(ask)?;
                let headers: Vec<String> =
                    answer.headers().iter().map(|(name, value)| format!("{name}: {value}")).collect();
                return Err(Error::new(format!("{} {} {}", answer.status(), headers.join("; "), answer.text())));
            }
            Act::Deliberate(path) => {
                me.deliberate();
                let _ = me.send(me.service("backend").get(path));
            }
            Act::Doubt => {
                let _ = me.send(me.service("backend").get(&self.config.path));
                me.check("the answer is what it should be", false);
            }
        }
        Ok(())
    }
}

fn recurse(depth: u64) -> u64 {
    let frame = black_box([depth; 64]);
    if black_box(true) { recurse(depth + 1) + frame[1] } else { depth }
}
