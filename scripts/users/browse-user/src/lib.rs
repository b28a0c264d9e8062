//! A virtual user that looks at its profile, writes an item of its own and reads it back. What it writes holds its canary, and what it reads
//! must be what it has written: an answer that is somebody else's is wrong even where no text of a user leaks.

use holdpoint::prelude::*;
use holdpoint::{Me, VirtualUser, granted};

/// What the bundle says.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    #[serde(default = "backend")]
    service: String,
    #[serde(default = "profile")]
    profile: String,
    /// Where the item lives: a PUT of `{"value": …}` writes it, a GET reads it.
    #[serde(default = "item")]
    item: String,
    /// The longest pause between two requests; each is drawn anew.
    #[serde(default)]
    think: Millis,
}

fn backend() -> String {
    "backend".to_owned()
}

fn profile() -> String {
    "/api/me".to_owned()
}

fn item() -> String {
    "/api/state/note".to_owned()
}

pub struct Browser {
    config: Config,
    written: u32,
}

#[derive(Deserialize)]
struct Item {
    value: String,
}

#[holdpoint::user]
impl VirtualUser for Browser {
    type Config = Config;

    fn start(_me: &Me, config: Config) -> Result<Self> {
        Ok(Self { config, written: 0 })
    }

    fn iterate(&mut self, me: &Me) -> Result<()> {
        let service = me.service(&self.config.service);
        if let Some(profile) = granted(me.send(service.get(&self.config.profile)))? {
            me.check("the profile is mine", profile.status() == 200 && profile.text().contains(me.canary()));
        }
        self.think(me);
        self.written += 1;
        let value = format!("{} {}", me.canary(), self.written);
        let put = service.request("PUT", &self.config.item).json(&json!({ "value": value }));
        let Some(written) = granted(me.send(put))? else { return Ok(()) };
        let is_written = (200..300).contains(&written.status());
        me.check("the item is written", is_written);
        if !is_written {
            // What stands there now is the last one, and no sign of anybody else.
            return Ok(());
        }
        self.think(me);
        if let Some(answer) = granted(me.send(service.get(&self.config.item)))? {
            let is_mine = answer.json::<Item>().is_ok_and(|item| item.value == value);
            me.check("the item is as I wrote it", answer.status() == 200 && is_mine);
        }
        self.think(me);
        Ok(())
    }
}

impl Browser {
    fn think(&self, me: &Me) {
        let Millis(longest) = self.config.think;
        if longest > 0 {
            // A pause that is cut off ends with the iteration.
            let _ = me.sleep(Millis(me.random(longest)));
        }
    }
}

#[cfg(test)]
mod tests {
    use holdpoint::prelude::*;
    use holdpoint::testing::{CANARY, request, user};

    use super::Browser;

    const ITEM: &str = "/api/state/note";

    #[test]
    fn reads_back_what_it_has_written() {
        let t = user::<Browser>()
            .config(json!({ "think": "5ms" }))
            .answer(get("/api/me"), ok(json!({ "name": format!("Virtual User {CANARY}") })))
            .answer(request("PUT", ITEM), ok(json!({ "version": 1 })))
            .answer(get(ITEM), ok(json!({ "value": format!("{CANARY} 1") })));
        let outcome = t.iterate(1);
        for name in ["the profile is mine", "the item is written", "the item is as I wrote it"] {
            outcome.expect_good(name, 1);
        }
        // The second item is another one.
        t.iterate(2).expect_wrong("the item is as I wrote it");
    }

    #[test]
    fn what_is_anothers_is_wrong() {
        let t = user::<Browser>()
            .answer(get("/api/me"), ok(json!({ "name": "Virtual User somebody" })))
            .answer(request("PUT", ITEM), ok(json!({ "version": 1 })))
            .answer(get(ITEM), ok(json!({ "value": "somebody else's" })));
        let outcome = t.iterate(1);
        for name in ["the profile is mine", "the item is as I wrote it"] {
            outcome.expect_wrong(name);
        }
        assert_eq!(outcome.returned(), Ok(()), "a wrong answer ends nobody");
    }

    #[test]
    fn what_was_not_written_is_not_read_back() {
        let t = user::<Browser>()
            .answer(get("/api/me"), ok(json!({ "name": CANARY })))
            .answer(request("PUT", ITEM), status(500));
        let outcome = t.iterate(1);
        outcome.expect_good("the profile is mine", 1);
        outcome.expect_wrong("the item is written");
        assert_eq!(outcome.returned(), Ok(()));
    }

    #[test]
    fn goes_on_when_nobody_answers() {
        let t = user::<Browser>().answer(get("/api/me"), timeout()).answer(request("PUT", ITEM), refused());
        assert_eq!(t.iterate(3).returned(), Ok(()));
    }

    #[test]
    fn what_the_bundle_does_not_grant_ends_it_and_says_what_that_is() {
        let t = user::<Browser>().answer(get("/api/me"), denied());
        assert!(t.iterate(3).returned().is_err_and(|why| why.starts_with("denied ")));
    }
}
