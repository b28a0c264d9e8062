//! SEC-3: pages of the team may read answers, and pages of nobody else.

use holdpoint::Answer;
use holdpoint::prelude::*;
use url::Url;

use crate::asking::Asker;
use crate::config::{Route, bounded};
use crate::tokens::{Tokens, with};

const ROW: &str = "SEC-3";
/// The most requests that a matrix comes to.
const MOST_ASKED: usize = 1_000;
/// A host that is nobody's.
const EVIL: &str = "evil.example";

/// Which origins may read what.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Cors {
    /// Origins of the team's pages.
    allowed: Vec<String>,
    /// What those pages ask.
    routes: Vec<Route>,
    /// Headers that they set.
    #[serde(default = "usual_headers")]
    headers: Vec<String>,
    /// Whether they send cookies.
    #[serde(default)]
    credentials: bool,
    /// Whether everybody may read, without cookies.
    #[serde(default)]
    public: bool,
    /// Origins that must not read, besides those that are made of the allowed ones.
    #[serde(default)]
    hostile: Vec<String>,
}

impl Cors {
    pub(crate) fn check(&self) -> Result<()> {
        bounded("cors.allowed", &self.allowed, 1)?;
        bounded("cors.routes", &self.routes, 1)?;
        bounded("cors.headers", &self.headers, 0)?;
        bounded("cors.hostile", &self.hostile, 0)?;
        self.routes.iter().try_for_each(|route| route.check("cors.routes"))?;
        for origin in &self.allowed {
            let url = Url::parse(origin);
            if !url.is_ok_and(|url| url.has_host() && url.origin().ascii_serialization() == *origin) {
                return Err(Error::new(format!(
                    "config.cors.allowed: `{origin}` is no origin; write https:// and a host, without a slash at the end"
                )));
            }
        }
        if self.public && self.credentials {
            return Err(Error::new(
                "config.cors: what is `public` is read without cookies; leave out one of public and credentials",
            ));
        }
        let asked = self.routes.len() * (self.allowed.len() + self.hostiles().len()) * 2;
        if asked > MOST_ASKED {
            return Err(Error::new(format!("config.cors comes to {asked} requests, of at most {MOST_ASKED}")));
        }
        Ok(())
    }

    /// Origins that a careless comparison takes for allowed ones, and some that are simply others.
    fn hostiles(&self) -> Vec<String> {
        let mut hostile = vec![format!("https://{EVIL}"), "null".to_owned()];
        for origin in &self.allowed {
            let (scheme, rest) = origin.split_once("://").unwrap_or(("https", origin.as_str()));
            hostile.push(format!("{origin}.{EVIL}"));
            hostile.push(format!("{scheme}://{EVIL}.{rest}"));
            hostile.push(format!("{scheme}://evil{rest}"));
            if scheme == "https" {
                hostile.push(format!("http://{rest}"));
            }
        }
        hostile.extend(self.hostile.iter().cloned());
        hostile.retain(|origin| !self.allowed.contains(origin));
        hostile.sort();
        hostile.dedup();
        hostile
    }
}

pub(crate) fn judge(asker: &Asker<'_>, cors: &Cors, tokens: &Tokens) -> Result<()> {
    let user = tokens.user.as_deref().ok();
    for route in &cors.routes {
        let mut needed = None;
        for origin in &cors.allowed {
            needed = judge_allowed(asker, cors, (route, origin), user)?.or(needed);
        }
        judge_hostile(asker, cors, route, needed)?;
    }
    Ok(())
}

fn preflight(asker: &Asker<'_>, cors: &Cors, route: &Route, origin: &str) -> Result<Request> {
    let request = asker.cx.service(&route.service)?.request("OPTIONS", &route.path);
    let request = request.header("origin", origin).header("access-control-request-method", &route.method);
    Ok(if cors.headers.is_empty() {
        request
    } else {
        request.header("access-control-request-headers", cors.headers.join(","))
    })
}

/// The request itself, which only reads: what a browser sends after a preflight, or without one.
fn simple(asker: &Asker<'_>, route: &Route, origin: &str, token: Option<&str>) -> Result<Request> {
    let request = asker.cx.service(&route.service)?.get(&route.path).header("origin", origin);
    Ok(match token {
        Some(token) => with(request, token),
        None => request,
    })
}

/// An error that says nothing of pages: many services refuse before they think of them.
fn is_bare(response: &Response) -> bool {
    response.status() >= 400 && response.header("access-control-allow-origin").is_none()
}

/// Gives back the user's token if the route says nothing of pages without it.
fn judge_allowed<'t>(
    asker: &Asker<'_>,
    cors: &Cors,
    (route, origin): (&Route, &str),
    user: Option<&'t str>,
) -> Result<Option<&'t str>> {
    let requests = [preflight(asker, cors, route, origin)?, simple(asker, route, origin, None)?];
    let mut answers: Vec<Answer> = asker.send_all(requests).into_iter().map(|(_, answer)| answer).collect();
    let wanted = || {
        let headers =
            if cors.headers.is_empty() { String::new() } else { format!(" with {}", cors.headers.join(", ")) };
        expected(format!("{}{headers} allowed for {origin}", route.method))
    };
    let (Some(actual), Some(asked)) = (answers.pop(), answers.pop()) else {
        return Err(Error::new("a batch of two requests has fewer answers"));
    };
    let check = asker.check(ROW, format!("{origin} may use {route}")).expecting(wanted());
    match asked {
        Ok(response) => match lacks(&response, cors, route, origin) {
            None => check.pass(observed(format!("{}, allowed", response.status())), &response),
            Some(why) => check.fail(wanted(), observed(why), &response),
        },
        Err(error) => check.from_error(error),
    }

    let needed = user.filter(|_| matches!(&actual, Ok(response) if is_bare(response)));
    let actual = match needed {
        Some(token) => asker.send(simple(asker, route, origin, Some(token))?),
        None => actual,
    };
    let wanted = || expected(format!("access-control-allow-origin: {origin}"));
    let check = asker.check(ROW, format!("{origin} may read what {route} answers")).expecting(wanted());
    match actual {
        Ok(response) => match opens(&response, cors, origin) {
            None => check.pass(observed(format!("{}, allowed", response.status())), &response),
            // Only a page's own request, sent as its user, shows by an error what the page gets.
            Some(why) if is_bare(&response) && !(route.is_read() && needed.is_some()) => {
                let why = format!("{why}; name a route that answers the user of config.tokens with GET");
                check.inconclusive(observed(why), &response);
            }
            Some(why) => check.fail(wanted(), observed(why), &response),
        },
        Err(error) => check.from_error(error),
    }
    Ok(needed)
}

/// What a preflight does not allow, if a browser would go no further.
fn lacks(response: &Response, cors: &Cors, route: &Route, origin: &str) -> Option<String> {
    if !(200..300).contains(&response.status()) {
        return Some(format!("the preflight answers {}", response.status()));
    }
    if let Some(why) = opens(response, cors, origin) {
        return Some(why);
    }
    // These a browser sends without asking.
    let is_simple = matches!(route.method.as_str(), "GET" | "HEAD" | "POST");
    if !is_simple && !lists(response, "access-control-allow-methods", &route.method, cors) {
        return Some(format!("it allows the methods {}", said(response, "access-control-allow-methods")));
    }
    let lacking = cors.headers.iter().find(|name| !lists(response, "access-control-allow-headers", name, cors))?;
    Some(format!("it allows the headers {}, without {lacking}", said(response, "access-control-allow-headers")))
}

/// What keeps a page of an allowed origin from reading.
fn opens(response: &Response, cors: &Cors, origin: &str) -> Option<String> {
    let allowed = response.header("access-control-allow-origin");
    let is_allowed = allowed == Some(origin) || (cors.public && allowed == Some("*"));
    if !is_allowed {
        return Some(format!("{}, access-control-allow-origin: {}", response.status(), allowed.unwrap_or("not there")));
    }
    let takes_cookies = response.header("access-control-allow-credentials") == Some("true");
    (cors.credentials && !takes_cookies).then(|| "no access-control-allow-credentials: true".to_owned())
}

/// A `*` stands for everything but where cookies are sent, and never for `authorization`.
fn lists(response: &Response, header: &str, wanted: &str, cors: &Cors) -> bool {
    let star = !cors.credentials && !wanted.eq_ignore_ascii_case("authorization");
    let mut names = response.header(header).unwrap_or_default().split(',').map(str::trim);
    names.any(|name| name.eq_ignore_ascii_case(wanted) || (star && name == "*"))
}

fn said<'a>(response: &'a Response, header: &str) -> &'a str {
    response.header(header).filter(|value| !value.is_empty()).unwrap_or("none")
}

fn judge_hostile(asker: &Asker<'_>, cors: &Cors, route: &Route, token: Option<&str>) -> Result<()> {
    let hostile = cors.hostiles();
    let wanted = "no access for any other origin";
    let check = asker.check(ROW, format!("nobody else may read what {route} answers")).expecting(expected(wanted));
    let mut requests = Vec::new();
    for origin in &hostile {
        requests.push(preflight(asker, cors, route, origin)?);
        requests.push(simple(asker, route, origin, token)?);
    }
    let (mut wrong, mut unknown, mut calls) = (Vec::new(), Vec::new(), Vec::new());
    let origins = hostile.iter().flat_map(|origin| [origin, origin]);
    for ((request, answer), origin) in asker.send_all(requests).into_iter().zip(origins) {
        match &answer {
            Ok(response) => match access(response, origin, cors.public) {
                Some(access) => wrong.push(format!("{origin} ({}) → {access}", request.method())),
                None if matches!(response.status(), 429 | 500..) => {
                    let status = response.status();
                    unknown.push(format!("{origin} ({}) → {status}, which says nothing of it", request.method()));
                }
                None => continue,
            },
            Err(error) => unknown.push(format!("{origin} ({}) → {error}", request.method())),
        }
        calls.extend(answer.calls());
    }
    if !wrong.is_empty() {
        check.fail(expected(wanted), observed(wrong.join("; ")), calls);
    } else if !unknown.is_empty() {
        check.inconclusive(observed(unknown.join("; ")), calls);
    } else {
        check.pass(observed(format!("so for {}", hostile.join(", "))), ());
    }
    Ok(())
}

/// What lets a page of a hostile origin read. A wildcard with cookies is one that no browser takes, and whoever wrote it meant everybody.
fn access(response: &Response, origin: &str, public: bool) -> Option<String> {
    let allowed = response.header("access-control-allow-origin")?;
    let takes_cookies = response.header("access-control-allow-credentials") == Some("true");
    let with = if takes_cookies { " with cookies" } else { "" };
    match allowed {
        "*" if public && !takes_cookies => None,
        "*" => Some(format!("any origin{with}")),
        allowed if allowed == origin => Some(format!("its own origin{with}")),
        _ => None,
    }
}

fn usual_headers() -> Vec<String> {
    ["authorization", "content-type"].map(String::from).into()
}

#[cfg(test)]
mod tests {
    use super::Cors;

    #[test]
    fn hostile_origins_are_made_of_the_allowed_ones_and_are_none_of_them() {
        let cors: Cors = serde_json::from_value(serde_json::json!({
            "allowed": ["https://app.example.com", "http://app.example.com"],
            "routes": [{ "service": "backend", "path": "/" }],
        }))
        .unwrap();
        cors.check().unwrap();
        let hostile = cors.hostiles();
        for origin in ["null", "https://app.example.com.evil.example", "https://evilapp.example.com"] {
            assert!(hostile.iter().any(|known| known == origin), "{hostile:?}");
        }
        assert!(cors.allowed.iter().all(|origin| !hostile.contains(origin)), "{hostile:?}");
    }
}
