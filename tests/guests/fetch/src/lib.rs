//! A phase that asks what its configuration says, one request after the other, and shows what came of each: the status and the body, or
//! the error. It judges one thing only: that every answer is 200.

use std::collections::BTreeMap;

use holdpoint::prelude::*;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    ask: Vec<Ask>,
    /// States the status of each answer as a sample of this series, too.
    sample: Option<String>,
}

/// A path of the service `backend`, or an absolute URL.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ask {
    get: String,
    #[serde(default)]
    follow: u32,
    #[serde(default)]
    headers: BTreeMap<String, String>,
}

#[holdpoint::phase]
fn run(cx: &Context, config: Config) -> Result<()> {
    let backend = cx.service("backend")?;
    let Config { ask, sample } = config;
    for Ask { get, follow, headers } in ask {
        let request = if get.starts_with('/') { backend.get(&get) } else { Request::get(&get) };
        let request =
            headers.into_iter().fold(request.follow(follow), |request, (name, value)| request.header(name, value));
        let answer = cx.http().send(request);
        if let (Some(name), Ok(response)) = (&sample, &answer) {
            cx.sample(name, [("path", get.as_str())], f64::from(response.status()));
        }
        let (well, seen) = match &answer {
            Ok(response) => (response.status() == 200, format!("{} {}", response.status(), response.text())),
            Err(error) => (false, error.to_string()),
        };
        cx.check(["P3.1"], format!("GET {get}")).passes_if(well, expected(200), observed(seen), answer.ok());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use holdpoint::prelude::*;

    use super::run;

    #[test]
    fn shows_what_came_of_each_request() {
        let config = json!({ "ask": [{ "get": "/whoami" }, { "get": "/gone", "headers": { "x-a": "1" } }] });
        let t = holdpoint::test(run).service("backend").config(config);
        let t = t.answer(get("/whoami"), ok(json!("me"))).answer(get("/gone"), status(404));
        let seen: Vec<_> = t.checks().iter().map(|check| (check.name.as_str(), check.observed.as_str())).collect();
        assert_eq!(seen, [("GET /whoami", "200 \"me\""), ("GET /gone", "404 ")]);
        t.expect("P3.1", Fail, "404");
        assert!(t.samples().is_empty());
    }

    #[test]
    fn states_what_came_as_samples_if_it_is_told_to() {
        let config = json!({ "ask": [{ "get": "/whoami" }], "sample": "status" });
        let t = holdpoint::test(run).service("backend").config(config).answer(get("/whoami"), ok(json!("me")));
        let [sample] = t.samples() else { panic!("one sample: {:?}", t.samples()) };
        assert_eq!((sample.name.as_str(), sample.value), ("status", 200.0));
        assert_eq!(sample.labels["path"], "/whoami");
    }
}
