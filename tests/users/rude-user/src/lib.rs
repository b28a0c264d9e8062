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
    acts: Vec<Act>,
    /// Who does one of these besides, each the next, in every iteration from the second on.
    #[serde(default)]
    who: Vec<u32>,
}

impl Config {
    /// What somebody does besides; nothing, if it is well-behaved.
    fn act_of(&self, number: u32) -> Option<Act> {
        let place = self.who.iter().position(|who| *who == number)?;
        self.acts.iter().cycle().nth(place).cloned()
    }
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
            && let Some(act) = self.config.act_of(me.number())
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

    use super::{Act, Config, Rude};

    #[test]
    fn harms_from_the_second_iteration_on_and_only_if_it_is_named() {
        let t = |number| {
            let config = json!({ "path": "/a", "acts": [{ "tell": "https://evil.example.com/" }], "who": [3] });
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
    fn those_who_are_named_do_what_there_is_to_do_in_turn() {
        let acts = |who: &[u32]| {
            let config = Config { path: "/a".into(), acts: vec![Act::Spin, Act::Panic], who: who.into() };
            (0..4).map(|number| config.act_of(number)).collect::<Vec<_>>()
        };
        assert!(matches!(acts(&[3, 1, 0])[..], [Some(Act::Spin), Some(Act::Panic), None, Some(Act::Spin)]));
        assert!(acts(&[]).iter().all(Option::is_none));
    }

    #[test]
    #[should_panic(expected = "user 0 has had enough")]
    fn panics_when_it_is_told_to() {
        let config = json!({ "path": "/a", "acts": ["panic"], "who": [0] });
        let _ = user::<Rude>().config(config).answer(get("/a"), ok(json!(1))).iterate(2);
    }
}
