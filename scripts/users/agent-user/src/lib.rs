//! A virtual user that starts an agent, lets it work, and ends it. One in so many lets its agents fail on purpose, so that the others show
//! whether that is any business of theirs.

use holdpoint::prelude::*;
use holdpoint::{Me, Service, VirtualUser, granted};

/// What the bundle says.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    #[serde(default = "backend")]
    service: String,
    /// Where agents live: a POST of `{"name": …, "prompt": …}` starts one and tells its `id` and its `prompt`, a POST of
    /// `{"input": …, "fail": …}` to `ID/run` lets it work, a DELETE of `ID` ends it.
    #[serde(default = "agents")]
    agents: String,
    /// Of so many users one lets its agents fail; 0 is nobody.
    #[serde(default)]
    fail_one_in: u32,
    /// The longest pause between two requests; each is drawn anew.
    #[serde(default)]
    think: Millis,
}

fn backend() -> String {
    "backend".to_owned()
}

fn agents() -> String {
    "/api/agents".to_owned()
}

pub struct Operator {
    config: Config,
    started: u32,
    /// Agents that live, by their ids.
    living: Vec<String>,
}

#[derive(Deserialize)]
struct Agent {
    id: String,
    prompt: String,
}

#[holdpoint::user]
impl VirtualUser for Operator {
    type Config = Config;

    fn start(_me: &Me, config: Config) -> Result<Self> {
        Ok(Self { config, started: 0, living: Vec::new() })
    }

    fn iterate(&mut self, me: &Me) -> Result<()> {
        let service = me.service(&self.config.service);
        self.started += 1;
        let words = format!("{} {}", me.canary(), self.started);
        if let Some(id) = self.begin(me, &service, &words)? {
            self.think(me);
            self.work(me, &service, &id, &words)?;
            self.think(me);
        }
        self.end_all(me, &service)
    }

    fn stop(&mut self, me: &Me) {
        let service = me.service(&self.config.service);
        // Nobody asks why a farewell did not succeed.
        let _ = self.end_all(me, &service);
    }
}

impl Operator {
    /// Starts an agent. Its id comes back if it is the one that was asked for.
    fn begin(&mut self, me: &Me, service: &Service, words: &str) -> Result<Option<String>> {
        let agent = json!({ "name": format!("agent {}", self.started), "prompt": words });
        let begin = service.request("POST", &self.config.agents).json(&agent);
        let Some(answer) = granted(me.send(begin))? else { return Ok(None) };
        let agent = answer.json::<Agent>().ok().filter(|agent| is_id(&agent.id));
        let is_mine = agent.as_ref().is_some_and(|agent| agent.prompt == words);
        me.check("the agent is mine", (200..300).contains(&answer.status()) && is_mine);
        let id = agent.filter(|_| is_mine).map(|agent| agent.id);
        self.living.extend(id.clone());
        Ok(id)
    }

    /// Lets it work, or fail.
    fn work(&self, me: &Me, service: &Service, id: &str, words: &str) -> Result<()> {
        let every = self.config.fail_one_in;
        let fails = every > 0 && me.number().is_multiple_of(every);
        let run = service.request("POST", format!("{}/{id}/run", self.config.agents));
        let run = run.json(&json!({ "input": words, "fail": fails }));
        if fails {
            me.deliberate();
        }
        if let Some(answer) = granted(me.send(run))?
            && !fails
        {
            me.check("the agent has done what I said", answer.status() == 200 && answer.text().contains(words));
        }
        Ok(())
    }

    /// Ends every agent that lives. One that can't be ended now is tried again.
    fn end_all(&mut self, me: &Me, service: &Service) -> Result<()> {
        for id in std::mem::take(&mut self.living) {
            let answer = granted(me.send(service.request("DELETE", format!("{}/{id}", self.config.agents))))?;
            let is_ended = answer.is_some_and(|answer| matches!(answer.status(), 200..300 | 404));
            me.check("the agent is ended", is_ended);
            self.living.extend((!is_ended).then_some(id));
        }
        Ok(())
    }

    fn think(&self, me: &Me) {
        let Millis(longest) = self.config.think;
        if longest > 0 {
            // A pause that is cut off ends with the iteration.
            let _ = me.sleep(Millis(me.random(longest)));
        }
    }
}

/// Whether an id can stand in a path. It comes from a server.
fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

#[cfg(test)]
mod tests {
    use holdpoint::prelude::*;
    use holdpoint::testing::{CANARY, UserTest, request, user};

    use super::Operator;

    /// A user with an agent that is started well.
    fn with_agent() -> UserTest<Operator> {
        let agent = json!({ "id": "7", "name": "agent 1", "prompt": format!("{CANARY} 1"), "status": "running" });
        user::<Operator>().answer(request("POST", "/api/agents"), ok(agent))
    }

    fn done() -> holdpoint::testing::Scripted {
        ok(json!({ "result": format!("agent 1 has read: {CANARY} 1") }))
    }

    #[test]
    fn an_agent_is_started_works_and_is_ended() {
        let t = with_agent()
            .answer(request("POST", "/api/agents/7/run"), done())
            .answer(request("DELETE", "/api/agents/7"), ok(json!({ "ended": true })));
        let outcome = t.iterate(1);
        for name in ["the agent is mine", "the agent has done what I said", "the agent is ended"] {
            outcome.expect_good(name, 1);
        }
        assert_eq!(outcome.calls().len(), 3, "{:?}", outcome.calls());
    }

    #[test]
    fn one_in_so_many_lets_its_agents_fail_and_says_nothing_of_them() {
        for (number, fails) in [(0, true), (1, false), (2, false), (3, true)] {
            let answer = if fails { status(500) } else { done() };
            let t = with_agent()
                .number(number)
                .config(json!({ "fail-one-in": 3 }))
                .answer(request("POST", "/api/agents/7/run"), answer)
                .answer(request("DELETE", "/api/agents/7"), ok(json!({})));
            t.iterate(1).expect_good("the agent has done what I said", usize::from(!fails));
        }
    }

    #[test]
    fn an_agent_that_can_not_be_ended_is_tried_again() {
        let t = with_agent()
            .answer(request("POST", "/api/agents/7/run"), status(503))
            .answer(request("DELETE", "/api/agents/7"), status(503))
            .answer(request("DELETE", "/api/agents/7"), ok(json!({})));
        let outcome = t.iterate(1);
        outcome.expect_wrong("the agent has done what I said");
        outcome.expect_wrong("the agent is ended");
        let said: Vec<_> = outcome.judged().filter(|(name, _)| *name == "the agent is ended").collect();
        assert_eq!(said.len(), 2, "the farewell tries again: {said:?}");
    }

    #[test]
    fn anothers_agent_and_an_id_that_is_none_are_wrong_and_not_touched() {
        for agent in [
            json!({ "id": "7", "prompt": "somebody else's" }),
            json!({ "id": "../x", "prompt": format!("{CANARY} 1") }),
        ] {
            let outcome = user::<Operator>().answer(request("POST", "/api/agents"), ok(agent)).iterate(1);
            outcome.expect_wrong("the agent is mine");
            assert_eq!(outcome.calls().len(), 1, "{:?}", outcome.calls());
        }
    }

    #[test]
    fn goes_on_when_nobody_answers() {
        let outcome = user::<Operator>().answer(request("POST", "/api/agents"), timeout()).iterate(3);
        assert_eq!((outcome.returned(), outcome.calls().len()), (Ok(()), 3));
    }

    #[test]
    fn what_the_bundle_does_not_grant_ends_it_and_says_what_that_is() {
        let outcome = with_agent().answer(request("POST", "/api/agents/7/run"), denied()).iterate(1);
        assert!(outcome.returned().is_err_and(|why| why.starts_with("denied ")));
    }
}
