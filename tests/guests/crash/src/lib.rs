//! A phase that a crash test kills and resumes: reads and effects in turn, each effect carrying a hash of everything seen before.
//!
//! It takes in answers, the clock and random numbers, so that a host that gives other ones on a second execution diverges at once.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, DefaultHasher, Hash, Hasher};

use holdpoint::prelude::*;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    steps: u32,
    #[serde(default = "effects")]
    path: String,
    #[serde(default = "backend")]
    service: String,
}

fn effects() -> String {
    "/effects".to_owned()
}

fn backend() -> String {
    "backend".to_owned()
}

#[holdpoint::phase]
fn run(cx: &Context, config: Config) -> Result<()> {
    let service = cx.service(&config.service)?;
    let mut seen = DefaultHasher::new();
    let mut wrong = Vec::new();
    let mut last = None;
    for step in 0..config.steps {
        cx.progress(step, config.steps, "step");
        let health = cx.http().send(service.get("/health"));
        note(cx, &mut seen, &mut wrong, &health);
        let body = json!({ "step": step, "seen": format!("{:016x}", seen.finish()), "random": random() });
        let effect = cx.http().send(service.post(&config.path).json(&body));
        note(cx, &mut seen, &mut wrong, &effect);
        cx.measure(format!("step {step}"), if effect.is_ok() { 1.0 } else { 0.0 }, "effects");
        last = Some(effect);
    }
    let seen = format!("{} steps, {} not 200 {}", config.steps, wrong.len(), wrong.join(", "));
    let passed = wrong.is_empty() && config.steps > 0;
    cx.check(["P3.1"], "every answer is 200").passes_if(
        passed,
        expected("200 each time"),
        observed(seen.trim_end()),
        last,
    );
    Ok(())
}

fn note(cx: &Context, seen: &mut DefaultHasher, wrong: &mut Vec<String>, answer: &holdpoint::Answer) {
    cx.now().0.to_bits().hash(seen);
    match answer {
        Ok(response) => {
            response.status().hash(seen);
            response.body().hash(seen);
            if response.status() != 200 {
                wrong.push(format!("{}: {}", response.seq(), response.status()));
            }
        }
        Err(error) => {
            error.to_string().hash(seen);
            wrong.push(format!("{}: {error}", error.seq()));
        }
    }
}

/// A random number from the seed of the standard library's hash maps, as far as JSON keeps it exactly.
fn random() -> u64 {
    RandomState::new().hash_one(0_u8) >> 11
}

#[cfg(test)]
mod tests {
    use holdpoint::prelude::*;

    use super::run;

    #[test]
    fn each_step_is_a_read_and_an_effect() {
        let t = holdpoint::test(run)
            .service("backend")
            .config(json!({ "steps": 2 }))
            .answer(get("/health"), ok(json!({ "status": "ok" })))
            .answer(post("/effects"), ok(json!({})));
        t.expect("P3.1", Pass, "2 steps, 0 not 200");
        assert_eq!(t.calls(), ["GET backend /health", "POST backend /effects"].repeat(2));
        assert_eq!(t.measures().len(), 2);
    }

    #[test]
    fn an_answer_that_is_not_200_fails() {
        let t = holdpoint::test(run)
            .service("backend")
            .config(json!({ "steps": 1 }))
            .answer(get("/health"), ok(json!({})))
            .answer(post("/effects"), status(500));
        t.expect("P3.1", Fail, "1 not 200 1: 500");
    }

    #[test]
    fn no_step_is_no_pass() {
        holdpoint::test(run).service("backend").config(json!({ "steps": 0 })).expect("P3.1", Fail, "0 steps");
    }
}
