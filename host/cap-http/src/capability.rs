//! What a guest may ask over HTTP. Judged from the request and the grants; no name is resolved.

use std::time::Duration;

use holdpoint_gate::Capability;
use holdpoint_model::{Class, Denial, grant::Grants};

use crate::{Request, Response, Target, ask};

const AUTHORIZATION: &str = "authorization";

/// The capability `http`.
pub enum Http {}

impl Capability for Http {
    const NAME: &'static str = "http";
    const VERSION: u32 = 1;
    type Request = Request;
    type Response = Response;
    type Grants = Grants;

    fn authorize(grants: &Grants, request: &Request) -> Result<Class, Denial> {
        let asked = ask::check(request).map_err(|why| Denial {
            wanted: wanted(request),
            reason: why.reason,
            remedy: why.remedy.into(),
        })?;
        let terms = grants.http(&asked, &shown(&request.target))?;
        if terms.auth.is_some() && request.headers.iter().any(|header| header.name.eq_ignore_ascii_case(AUTHORIZATION))
        {
            return Err(Denial {
                wanted: wanted(request),
                reason: "its grant has `auth`, so the host itself writes the header authorization".into(),
                remedy: "leave the header out, or ask under a grant without `auth`".into(),
            });
        }
        Ok(terms.class)
    }

    fn summary(request: &Request) -> String {
        format!("{} {}", clean(&request.method, 20), shown(&request.target))
    }

    /// The backend ends it at its own limit, so the gate only ends what hangs beyond that.
    fn limit(request: &Request) -> Duration {
        Duration::from_millis(u64::from(request.timeout_ms.min(60_000)) + 2_000)
    }
}

/// What was asked, as a denial says it.
pub(crate) fn wanted(request: &Request) -> String {
    format!("http {}", Http::summary(request))
}

/// The target as people read it.
pub fn shown(target: &Target) -> String {
    match target {
        Target::Service { service, path } => format!("{} {}", clean(service, 64), clean(path, 300)),
        Target::Url(url) => clean(url, 300),
    }
}

fn clean(text: &str, most: usize) -> String {
    text.chars().take(most).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use holdpoint_model::{
        PhaseId, ServiceName,
        grant::{HostPattern, HttpAuth, HttpGrant, Method, PathPrefix},
    };

    use super::*;
    use crate::Header;

    fn grants() -> Grants {
        let grant = |methods: &[&str], class| HttpGrant {
            services: vec![ServiceName::parse("backend").unwrap()],
            hosts: vec![HostPattern::parse("*.example.com").unwrap()],
            methods: methods.iter().map(|m| Method::parse(m).unwrap()).collect(),
            paths: Some(vec![PathPrefix::parse("/v1").unwrap()]),
            class,
            auth: None,
            secret: vec![],
            read_back: None,
        };
        Grants {
            http: vec![grant(&["GET", "POST"], None), grant(&["PUT"], Some(Class::Repeatable))],
            ..Grants::none(PhaseId::parse("health").unwrap())
        }
    }

    fn ask(method: &str, target: Target) -> Result<Class, Denial> {
        Http::authorize(&grants(), &Request { method: method.into(), ..Request::get(target) })
    }

    fn service(path: &str) -> Target {
        Target::Service { service: "backend".into(), path: path.into() }
    }

    #[test]
    fn the_class_follows_from_the_method_and_the_grant() {
        assert_eq!(ask("GET", service("/v1/x")), Ok(Class::Read));
        assert_eq!(ask("POST", service("/v1")), Ok(Class::Effect));
        assert_eq!(ask("PUT", service("/v1")), Ok(Class::Repeatable));
        assert_eq!(ask("GET", Target::Url("https://api.example.com/v1?x=1".into())), Ok(Class::Read));
    }

    #[test]
    fn a_denial_carries_the_line_that_would_allow_it() {
        let denial = ask("GET", Target::Url("https://api.stripe.com/v1/charges".into())).unwrap_err();
        assert_eq!(denial.wanted, "http GET https://api.stripe.com/v1/charges");
        assert!(denial.reason.starts_with("no grant covers host api.stripe.com"), "{}", denial.reason);
        assert!(
            denial.remedy.contains(r#"hosts = ["api.stripe.com"], paths = ["/v1/charges"], methods = ["GET"]"#),
            "{}",
            denial.remedy
        );
    }

    #[test]
    fn denies_what_no_grant_covers() {
        for (method, target) in [
            ("DELETE", service("/v1")),
            ("GET", service("/v10")),
            ("GET", service("/")),
            ("GET", service("/v1/../admin")),
            ("GET", Target::Service { service: "auth".into(), path: "/v1".into() }),
            ("GET", Target::Url("https://example.com/v1".into())),
            ("GET", Target::Url("https://api.example.com.evil.org/v1".into())),
            ("GET", Target::Url("https://api.example.com:8443/v1".into())),
            ("GET", Target::Url("http://127.0.0.1/v1".into())),
        ] {
            assert!(ask(method, target.clone()).is_err(), "{method} {target:?}");
        }
    }

    #[test]
    fn a_guest_writes_no_credential_where_the_host_does() {
        let mut grants = grants();
        let mut request = Request::get(service("/v1"));
        request.headers.push(Header::new("AuthoriZation", "Bearer mine"));
        assert_eq!(Http::authorize(&grants, &request), Ok(Class::Read));
        grants.http[0].auth = Some(HttpAuth::IdToken);
        let denial = Http::authorize(&grants, &request).unwrap_err();
        assert!(denial.reason.contains("the host itself writes the header authorization"), "{denial:?}");
        request.headers.clear();
        assert_eq!(Http::authorize(&grants, &request), Ok(Class::Read));
    }

    #[test]
    fn a_summary_is_one_short_line() {
        let request = Request::get(service(&format!("/\n{}", "a".repeat(9_000))));
        let summary = Http::summary(&request);
        assert!(summary.starts_with("GET backend /\u{fffd}a") && summary.chars().count() < 400, "{summary}");
    }
}
