//! A login from its start to its end: it gives a session, only to its own browser, and a logout ends it.

use holdpoint::CookieJar;
use holdpoint::prelude::*;

use crate::LOGIN;
use crate::authorization::status_seen;
use crate::config::Validated;
use crate::hostile;
use crate::login::{Entered, Flow, Returning, Trouble};

/// How a session refuses whoever is not logged in.
const REFUSED: &str = "401 or 403";

/// A change of what the issuer sent back, after which no login may be.
struct Forgery {
    name: &'static str,
    /// Another browser than the one that began.
    elsewhere: bool,
    state: fn(&str) -> Option<String>,
}

const FORGERIES: [Forgery; 3] = [
    Forgery { name: "a callback with another state is refused", elsewhere: false, state: |state| Some(altered(state)) },
    Forgery { name: "a callback without a state is refused", elsewhere: false, state: |_| None },
    Forgery {
        name: "a callback in another browser is refused",
        elsewhere: true,
        state: |state| Some(state.to_owned()),
    },
];

/// Drives logins, if the bundle says how and the issuer is there.
pub(crate) fn judge(cx: &Context, auth: &Service, config: &Validated) -> Result<()> {
    let name = "a test account logs in";
    let Some(login) = &config.login else {
        let reason =
            "no login of a test account is configured, and the provider's own can't be driven without a browser";
        cx.check([LOGIN], name).not_exercised(reason);
        return Ok(());
    };
    let Some(issuer) = cx.services().find(|service| service.name() == login.issuer) else {
        let reason = format!(
            "no test issuer is given (--service {}=URL), and the provider's own login can't be driven without a browser",
            login.issuer
        );
        cx.check([LOGIN], name).not_exercised(reason);
        return Ok(());
    };
    let flow = match Flow::discover(cx, auth, issuer, config, login) {
        Ok(flow) => flow,
        Err(trouble) => {
            // The issuer is a tool of this check, not what is validated.
            let check = cx.check([LOGIN], "the test issuer says where logins begin");
            match trouble {
                Trouble::Call(error) => check.inconclusive(observed(&error), &error),
                Trouble::Wrong { expected: wanted, observed: seen, calls }
                | Trouble::Unseen { expected: wanted, observed: seen, calls } => {
                    check.expecting(expected(wanted)).inconclusive(observed(seen), calls);
                }
            }
            return Ok(());
        }
    };
    judge_stranger(cx, &flow);
    let Some(entered) = judge_login(cx, &flow) else { return Ok(()) };
    judge_logout(cx, &flow, &entered.jar);
    for forgery in &FORGERIES {
        judge_forgery(cx, &flow, forgery);
    }
    judge_repetition(cx, &flow);
    hostile::judge_login(cx, &flow, config);
    Ok(())
}

/// Without a login nobody is known; otherwise all that follows would show nothing.
fn judge_stranger(cx: &Context, flow: &Flow<'_>) {
    let check = cx.check([LOGIN], "without a login nobody is known").expecting(expected(REFUSED));
    match flow.session(&CookieJar::new()) {
        Ok(response) => check.passes_if(refuses(&response), expected(REFUSED), observed(response.status()), &response),
        Err(error) => check.from_error(error),
    }
}

/// The session of a login, if there is one.
fn judge_login(cx: &Context, flow: &Flow<'_>) -> Option<Entered> {
    let wanted = "a session that answers 200";
    let check = cx.check([LOGIN], "a test account logs in").expecting(expected(wanted));
    let entered = match flow.log_in(str::to_owned) {
        Ok(entered) => entered,
        Err(trouble) => {
            conclude_trouble(check, trouble);
            return None;
        }
    };
    if entered.response.status() >= 400 {
        let seen = format!("the callback answers {}", status_seen(&entered.response));
        check.fail(expected(wanted), observed(seen), &entered.response);
        return None;
    }
    match flow.session(&entered.jar) {
        Ok(session) if session.status() == 200 => {
            check.pass(observed("a session that answers 200"), (&entered.response, &session));
            Some(entered)
        }
        Ok(session) => {
            let seen = format!("the session answers {}", status_seen(&session));
            check.fail(expected(wanted), observed(seen), (&entered.response, &session));
            None
        }
        Err(error) => {
            check.from_error(error);
            None
        }
    }
}

fn judge_logout(cx: &Context, flow: &Flow<'_>, jar: &CookieJar) {
    let check = || cx.check([LOGIN], "a logout is answered").expecting(expected("200 to 399"));
    match flow.log_out(jar) {
        Ok(response) => {
            let is_answered = (200..400).contains(&response.status());
            check().passes_if(is_answered, expected("200 to 399"), observed(status_seen(&response)), &response);
        }
        // Whether it happened is seen in the session, which is asked next.
        Err(error) if matches!(error.cause(), Cause::InDoubt(_)) => {
            cx.log(Level::Warn, format!("the logout is read back from its session: {error}"));
        }
        Err(error) => check().from_error(error),
    }
    let check = cx.check([LOGIN], "after the logout its session is refused").expecting(expected(REFUSED));
    match flow.session(jar) {
        Ok(response) => {
            check.passes_if(refuses(&response), expected(REFUSED), observed(status_seen(&response)), &response)
        }
        Err(error) => check.from_error(error),
    }
}

/// A callback that the login did not end in must not give a session.
fn judge_forgery(cx: &Context, flow: &Flow<'_>, forgery: &Forgery) {
    let check = cx.check([LOGIN], forgery.name);
    let mut returning = match flow.begin() {
        Ok(returning) => returning,
        Err(trouble) => return conclude_trouble(check, trouble),
    };
    if forgery.elsewhere {
        returning.jar = CookieJar::new();
    }
    let state = (forgery.state)(&returning.state);
    let mut query = vec![("code", returning.code.as_str())];
    query.extend(state.as_deref().map(|state| ("state", state)));
    conclude_refusal(check, flow, flow.enter(&returning, &query));
}

/// A callback is good once: who reads it from a history or a log gets nothing.
fn judge_repetition(cx: &Context, flow: &Flow<'_>) {
    let check = cx.check([LOGIN], "a callback is good once");
    let returning: Returning = match flow.begin() {
        Ok(returning) => returning,
        Err(trouble) => return conclude_trouble(check, trouble),
    };
    let query = [("code", returning.code.as_str()), ("state", returning.state.as_str())];
    let entered = match flow.enter(&returning, &query) {
        Ok(entered) => entered,
        Err(error) => return check.from_error(error),
    };
    conclude_refusal(check, flow, flow.enter(&returning, &query));
    flow.leave(&entered);
}

/// Passes if no session came of a callback: by its own answer, or because what it set is refused.
fn conclude_refusal(check: Check<'_>, flow: &Flow<'_>, entered: Result<Entered, CallError>) {
    let wanted = "no session";
    let check = check.expecting(expected(wanted));
    let entered = match entered {
        Ok(entered) => entered,
        Err(error) => return check.from_error(error),
    };
    let status = entered.response.status();
    if status >= 500 {
        return check.fail(expected(wanted), observed(status_seen(&entered.response)), &entered.response);
    }
    match flow.session(&entered.jar) {
        Ok(session) if refuses(&session) => {
            check.pass(observed(format!("{status}, and no session")), (&entered.response, &session))
        }
        Ok(session) => {
            let seen = format!("the callback answers {status}, and the session {}", session.status());
            check.fail(expected(wanted), observed(seen), (&entered.response, &session));
        }
        Err(error) => check.from_error(error),
    }
}

fn conclude_trouble(check: Check<'_>, trouble: Trouble) {
    match trouble {
        Trouble::Call(error) => check.from_error(error),
        Trouble::Wrong { expected: wanted, observed: seen, calls } => {
            check.fail(expected(wanted), observed(seen), calls)
        }
        Trouble::Unseen { expected: wanted, observed: seen, calls } => {
            check.expecting(expected(wanted)).inconclusive(observed(seen), calls);
        }
    }
}

fn refuses(response: &Response) -> bool {
    matches!(response.status(), 401 | 403)
}

/// Another state of the same length.
fn altered(state: &str) -> String {
    let mut chars: Vec<char> = state.chars().collect();
    if let Some(last) = chars.last_mut() {
        *last = if *last == 'A' { 'B' } else { 'A' };
    }
    chars.into_iter().collect()
}
