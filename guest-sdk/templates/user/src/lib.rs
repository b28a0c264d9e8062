//! A virtual user that asks for a page, again and again.
use holdpoint::prelude::*;
use holdpoint::{Me, VirtualUser};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    path: String,
    /// The longest pause between two requests; each is drawn anew.
    #[serde(default = "one_second")]
    think: Millis,
}

fn one_second() -> Millis {
    Millis(1_000)
}

/// What it keeps from one iteration to the next is its alone.
struct User {
    config: Config,
}

#[holdpoint::user]
impl VirtualUser for User {
    type Config = Config;

    fn start(_me: &Me, config: Config) -> Result<Self> {
        Ok(Self { config })
    }

    fn iterate(&mut self, me: &Me) -> Result<()> {
        // Whatever it writes should hold its canary: where that is shown to another user, the host finds it.
        let page = me.service("backend").get(&self.config.path).header("x-request-id", me.canary());
        // Without an answer the exchange has failed, and the user goes on.
        if let Ok(answer) = me.send(page) {
            me.check("the page is there", answer.status() == 200);
        }
        let Millis(longest) = self.config.think;
        me.sleep(Millis(me.random(longest.max(1))))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use holdpoint::prelude::*;
    use holdpoint::testing::user;

    use super::User;

    #[test]
    fn a_page_that_is_not_there_is_a_wrong_answer_and_ends_nobody() {
        let t = || user::<User>().config(json!({ "path": "/health" }));
        t().answer(get("/health"), ok(json!({}))).iterate(3).expect_good("the page is there", 3);
        let outcome = t().answer(get("/health"), status(404)).iterate(1);
        outcome.expect_wrong("the page is there");
        assert_eq!(outcome.returned(), Ok(()));
    }
}
