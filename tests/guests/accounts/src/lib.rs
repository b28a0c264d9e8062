//! A phase that logs in as many test accounts as its configuration says, and passes their sessions on to virtual users. `forged` is passed on as well.

use holdpoint::CookieJar;
use holdpoint::prelude::*;
use url::Url;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    accounts: u32,
    /// The cookie that a session is.
    session: String,
    #[serde(default)]
    forged: Vec<String>,
}

#[holdpoint::phase]
fn run(cx: &Context, config: Config) -> Result<()> {
    let (auth, issuer) = (cx.service("auth")?, cx.service("issuer")?);
    let mut sessions = config.forged;
    for account in 1..=config.accounts {
        let jar = log_in(cx, &auth, &issuer, account)?;
        sessions.extend(jar.get(&config.session).map(str::to_owned));
    }
    cx.identities(&sessions);
    let all = sessions.len() >= config.accounts as usize;
    cx.check(["P3.1"], "accounts are logged in").passes_if(
        all,
        expected(config.accounts),
        observed(sessions.len()),
        (),
    );
    Ok(())
}

/// From the start of a login to its session, as the browser of an account.
fn log_in(cx: &Context, auth: &Service, issuer: &Service, account: u32) -> Result<CookieJar> {
    let mut jar = CookieJar::new();
    let started = cx.http().send(auth.get("/auth/test"))?;
    jar.keep(&started);
    let consented = cx.http().send(issuer.get(format!("{}&login_hint=test-account-{account}", below(&started)?)))?;
    let entered = cx.http().send(auth.get(below(&consented)?).cookies(&jar))?;
    jar.keep(&entered);
    Ok(jar)
}

/// The path that an answer leads to.
fn below(response: &Response) -> Result<String> {
    let to = response.header("location").and_then(|to| Url::parse(to).ok());
    let to = to.ok_or_else(|| Error::new(format!("{} leads nowhere", response.status())))?;
    Ok(format!("{}?{}", to.path(), to.query().unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use holdpoint::prelude::*;

    use super::run;

    #[test]
    fn passes_sessions_on() {
        let t = holdpoint::test(run)
            .service("auth")
            .service("issuer")
            .config(json!({ "accounts": 1, "session": "sid" }))
            .answer(get("/auth/test"), status(302).header("location", "https://i/authorize?state=s"))
            .answer(
                get("/authorize?state=s&login_hint=test-account-1"),
                status(302).header("location", "https://a/cb?code=c"),
            )
            .answer(get("/cb?code=c"), status(302).header("set-cookie", "sid=session-of-one; Path=/"));
        t.expect("P3.1", Pass, "1");
    }
}
