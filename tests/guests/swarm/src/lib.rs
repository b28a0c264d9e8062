//! A phase that reads often, one call after the other, and measures each with its number: many of them at once show the order.

use holdpoint::prelude::*;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    calls: u32,
}

#[holdpoint::phase]
fn run(cx: &Context, config: Config) -> Result<()> {
    let backend = cx.service("backend")?;
    let mut well = 0;
    let mut last = None;
    for call in 0..config.calls {
        let response = cx.http().send(backend.get("/health"))?;
        cx.measure(format!("call {call}"), f64::from(response.seq()), "number");
        well += u32::from(response.status() == 200);
        last = Some(response);
    }
    let passed = well == config.calls && well > 0;
    cx.check(["P3.1"], "every call answers 200").passes_if(passed, expected(config.calls), observed(well), last);
    Ok(())
}

#[cfg(test)]
mod tests {
    use holdpoint::prelude::*;

    use super::run;

    #[test]
    fn measures_each_call_with_its_number() {
        let t =
            holdpoint::test(run).service("backend").config(json!({ "calls": 3 })).answer(get("/health"), ok(json!({})));
        t.expect("P3.1", Pass, "3");
        let numbers: Vec<_> = t.measures().iter().map(|m| (m.name.as_str(), m.value)).collect();
        assert_eq!(numbers, [("call 0", 0.0), ("call 1", 1.0), ("call 2", 2.0)]);
    }
}
