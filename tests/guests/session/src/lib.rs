//! A phase that logs in with a secret and goes on with what it was handed: a cookie and a token in a JSON body. It attaches all that it saw.
//!
//! A host lets it see placeholders only, and so does everything that it states.

use holdpoint::prelude::*;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    secret: String,
}

#[derive(Deserialize)]
struct Login {
    access_token: String,
}

#[holdpoint::phase]
fn run(cx: &Context, config: Config) -> Result<()> {
    let backend = cx.service("backend")?;
    let key = cx.secrets().reference(&config.secret)?;
    let login = cx.http().send(backend.get("/login").header("authorization", key.to_string()))?;
    let token = login.json::<Login>().map(|login| login.access_token).unwrap_or_default();
    let cookie = login.header("set-cookie").unwrap_or_default().split(';').next().unwrap_or_default().to_owned();
    let echoed = backend.get("/echo").header("authorization", format!("Bearer {token}")).header("cookie", cookie);
    let echo = cx.http().send(echoed)?;
    cx.attach("seen", "text/plain", format!("{}\n{}", login.text(), echo.text()).as_bytes());
    let passed = login.status() == 200 && echo.status() == 200;
    cx.check(["P3.1"], "a session goes on").passes_if(passed, expected("200 twice"), observed(echo.status()), echo);
    Ok(())
}

#[cfg(test)]
mod tests {
    use holdpoint::prelude::*;

    use super::run;

    #[test]
    fn goes_on_with_what_it_was_handed() {
        let t = holdpoint::test(run)
            .service("backend")
            .secret("API_KEY", true)
            .config(json!({ "secret": "API_KEY" }))
            .answer(get("/login"), ok(json!({ "access_token": "t" })))
            .answer(get("/echo"), ok(json!({})));
        t.expect("P3.1", Pass, "200");
        assert_eq!(t.calls(), ["available API_KEY", "GET backend /login", "GET backend /echo"]);
    }
}
