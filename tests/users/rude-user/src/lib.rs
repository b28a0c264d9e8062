//! A virtual user that means harm, or tells what it has been shown. Most of its kind are well-behaved: `who` names the numbers that are not.

use std::hint::black_box;

use holdpoint::prelude::*;
use holdpoint::{Me, VirtualUser};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    /// What everybody asks in each iteration.
    path: String,
    #[serde(default)]
    act: Option<Act>,
    /// Who does that besides, in every iteration from the second on.
    #[serde(default)]
    who: Vec<u32>,
}

#[derive(Deserialize, Clone)]
#[serde(rename_all = "kebab-case")]
enum Act {
    /// Computes without end.
    Spin,
    /// Allocates without end.
    Allocate,
    /// Calls itself without end.
    Recurse,
    /// Asks without end.
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

struct Rude {
    config: Config,
    iterations: u32,
}

#[holdpoint::user]
impl VirtualUser for Rude {
    type Config = Config;

    fn start(_me: &Me, config: Config) -> Result<Self> {
        Ok(Self { config, iterations: 0 })
    }

    fn iterate(&mut self, me: &Me) -> Result<()> {
        self.iterations += 1;
        if self.iterations > 1
            && self.config.who.contains(&me.number())
            && let Some(act) = self.config.act.clone()
        {
            self.act(me, act)?;
        }
        let _ = me.send(me.service("backend").get(&self.config.path));
        Ok(())
    }

    fn stop(&mut self, me: &Me) {
        let _ = me.send(me.service("backend").get("/farewell"));
    }
}

impl Rude {
    fn act(&self, me: &Me, act: Act) -> Result<()> {
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
                let _ = black_box(me.send(me.service("backend").get(&self.config.path)));
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

#[cfg(test)]
mod tests {
    use holdpoint::prelude::*;
    use holdpoint::testing::user;

    use super::Rude;

    #[test]
    fn harms_from_the_second_iteration_on_and_only_if_it_is_named() {
        let t = |number| {
            let config = json!({ "path": "/a", "act": { "tell": "https://evil.example.com/" }, "who": [3] });
            let t = user::<Rude>().number(number).config(config);
            t.answer(get("/a"), ok(json!(1)))
                .answer(get("/farewell"), ok(json!(1)))
                .answer(get("https://evil.example.com/"), denied())
        };
        assert_eq!(t(2).iterate(2).calls(), ["GET backend /a", "GET backend /a", "GET backend /farewell"]);
        assert_eq!(t(3).iterate(1).returned(), Ok(()));
        assert!(t(3).iterate(2).returned().unwrap_err().starts_with("denied: "));
    }

    #[test]
    #[should_panic(expected = "user 0 has had enough")]
    fn panics_when_it_is_told_to() {
        let config = json!({ "path": "/a", "act": "panic", "who": [0] });
        let _ = user::<Rude>().config(config).answer(get("/a"), ok(json!(1))).iterate(2);
    }
}
