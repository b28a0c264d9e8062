//! A virtual user that means harm, or tells what it has been shown. Most of its kind are well-behaved: `who` names the numbers that are not.

mod act;

use holdpoint::prelude::*;
use holdpoint::{Me, VirtualUser};

use act::Act;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// What everybody asks in each iteration.
    path: String,
    #[serde(default)]
    act: Option<Act>,
    /// Who does that besides, in every iteration from the second on.
    #[serde(default)]
    who: Vec<u32>,
}

pub struct Rude {
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
        assert!(t(3).iterate(2).returned().unwrap_err().starts_with("denied "));
    }

    #[test]
    #[should_panic(expected = "user 0 has had enough")]
    fn panics_when_it_is_told_to() {
        let config = json!({ "path": "/a", "act": "panic", "who": [0] });
        let _ = user::<Rude>().config(config).answer(get("/a"), ok(json!(1))).iterate(2);
    }
}
