//! What a guest may ask for metrics. Judged from the request and the grants; no name is resolved.

use std::time::Duration;

use holdpoint_gate::Capability;
use holdpoint_model::{Class, Denial, grant::Grants};

use crate::{Question, Request, Response, ask};

/// The capability `metrics`.
pub enum Metrics {}

impl Capability for Metrics {
    const NAME: &'static str = "metrics";
    const VERSION: u32 = 1;
    type Request = Request;
    type Response = Response;
    type Grants = Grants;

    fn authorize(grants: &Grants, request: &Request) -> Result<Class, Denial> {
        let summary = Self::summary(request);
        let (asked, _) = ask::check(request).map_err(|why| Denial {
            wanted: format!("metrics {summary}"),
            reason: why.reason,
            remedy: why.remedy.into(),
        })?;
        if let Some(name) = &request.source.secret {
            grants.secret(name)?;
        }
        grants.metrics(&asked, &summary).map(|()| Class::Read)
    }

    fn summary(request: &Request) -> String {
        let service = clean(&request.source.service, 64);
        match &request.question {
            Question::Query { promql, .. } => format!("query {service} {}", clean(promql, 300)),
            Question::Range { promql, .. } => format!("query-range {service} {}", clean(promql, 300)),
            Question::Scrape { path } => format!("scrape {service} {}", clean(path, 300)),
            Question::Series(query) => {
                format!("time-series {service} {} {}", clean(&query.project, 64), clean(&query.filter, 300))
            }
        }
    }

    /// The backend ends it at its own limit, so the gate only ends what hangs beyond that.
    fn limit(request: &Request) -> Duration {
        Duration::from_millis(u64::from(request.source.timeout_ms.min(60_000)) + 2_000)
    }
}

fn clean(text: &str, most: usize) -> String {
    text.chars().take(most).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use holdpoint_model::{
        PhaseId, ServiceName,
        grant::{MetricsGrant, PathPrefix, SecretName, SecretsGrant},
    };

    use super::*;
    use crate::Source;

    fn grants() -> Grants {
        let metrics = vec![
            MetricsGrant {
                services: vec![ServiceName::parse("prometheus").unwrap()],
                queries: true,
                ..MetricsGrant::default()
            },
            MetricsGrant {
                services: vec![ServiceName::parse("backend").unwrap()],
                scrape: vec![PathPrefix::parse("/metrics").unwrap()],
                ..MetricsGrant::default()
            },
        ];
        Grants { metrics, ..Grants::none(PhaseId::parse("watch").unwrap()) }
    }

    fn ask(service: &str, question: Question) -> Result<Class, Denial> {
        Metrics::authorize(&grants(), &Request { source: Source::of(service), question })
    }

    fn query(promql: &str) -> Question {
        Question::Query { promql: promql.into(), at: None }
    }

    #[test]
    fn everything_is_a_read_of_what_is_granted() {
        let range = || Question::Range { promql: "up".into(), from: 0.0, to: 1.0, step_ms: 1 };
        let page = |path: &str| Question::Scrape { path: path.into() };
        for (service, question) in [("prometheus", query("up")), ("prometheus", range()), ("backend", page("/metrics"))]
        {
            assert_eq!(ask(service, question), Ok(Class::Read));
        }
        for (service, question) in [
            ("backend", query("up")),
            ("backend", range()),
            ("prometheus", page("/metrics")),
            ("backend", page("/admin")),
        ] {
            assert!(ask(service, question).unwrap_err().reason.starts_with("no grant covers"));
        }
    }

    #[test]
    fn a_secret_is_one_that_the_phase_is_granted() {
        let source = Source { secret: Some("KEY".into()), ..Source::of("prometheus") };
        let request = Request { source, question: query("up") };
        let denial = Metrics::authorize(&grants(), &request).unwrap_err();
        assert!(denial.reason.contains("no grant covers secret \"KEY\""), "{denial:?}");
        let secrets = vec![SecretsGrant { name: SecretName::parse("KEY").unwrap() }];
        assert_eq!(Metrics::authorize(&Grants { secrets, ..grants() }, &request), Ok(Class::Read));
    }

    #[test]
    fn a_denial_says_what_was_asked() {
        let denial = ask("backend", query("up\x1b[2J")).unwrap_err();
        assert_eq!(denial.wanted, "metrics query backend up\u{fffd}[2J");
        let denial = ask("prometheus", query("")).unwrap_err();
        assert_eq!(
            (denial.wanted.as_str(), denial.reason.as_str()),
            ("metrics query prometheus ", "the query is empty")
        );
    }
}
