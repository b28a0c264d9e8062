//! Few of the exchanges fail, at any time (TEMPLATE-1).
use holdpoint::policy::Names;
use holdpoint::policy::prelude::*;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    /// The share of exchanges that may fail.
    limit: f64,
    #[serde(default = "five_minutes")]
    lasting: Millis,
    /// What series are called, where a bundle calls them otherwise.
    #[serde(default)]
    series: Names,
}

fn five_minutes() -> Millis {
    Millis(300_000)
}

#[holdpoint::policy]
fn judge(cx: &mut Context, config: Config) -> Result<()> {
    let above = Condition { compare: Compare::Above, limit: config.limit };
    let rule = Rule::new("Many Errors", Severity::Critical, config.series.errors(Span::minutes(1)), above);
    let rule = rule.lasting(config.lasting.into());
    cx.watch(&[Alarm::of(rule).measured("error_rate", Unit::Share).rows(["TEMPLATE-1"])])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_saw_passes_nothing() {
        let t = holdpoint::testing::policy(judge).config(json!({ "limit": 0.02 })).judged_each("1m", "10m");
        t.expect("Many Errors", Inconclusive, "there was never any data");
    }

    #[test]
    fn fixtures_come_out_as_they_say() {
        holdpoint::testing::policy_fixtures(judge, "fixtures");
    }
}
