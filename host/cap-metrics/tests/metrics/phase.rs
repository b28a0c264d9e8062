//! A phase in front of a gate that remembers nothing. The service `prometheus` is a server of the test; the secret `KEY` is for its header
//! `authorization`, `OTHER` is for nobody, and of `LOST` there is no value.

use std::{collections::BTreeMap, net::SocketAddr, sync::Arc};

use holdpoint_cap_http::{HttpBackend, HttpConfig, NoIdTokens};
use holdpoint_cap_metrics::{Metrics, MetricsBackend, Question, Request, Response, Source};
use holdpoint_gate::{Destination, Gate, Guest, Limits, Rules, Scrubbed, Scrubber, Unrevealed, Vault};
use holdpoint_model::{
    Answer, Denial, Digest, PhaseId, ServiceName, Timestamp,
    grant::{Grants, HostPort, MetricsGrant, PathPrefix, ProjectId, SecretName, SecretsGrant},
};
use holdpoint_testkit::{Forgetful, SimulatedClock};
use url::Url;

/// When every answer is there.
pub(crate) const NOW: f64 = 1_767_225_600_000.0;

struct TestVault;

impl Scrubber for TestVault {
    fn scrub(&self, bytes: &[u8]) -> Option<Scrubbed> {
        let text = std::str::from_utf8(bytes).ok().filter(|text| text.contains("the-real-key"))?;
        Some(Scrubbed { bytes: text.replace("the-real-key", "$KEY").into_bytes(), replaced: vec![] })
    }
}

impl Vault for TestVault {
    fn reveal(&self, text: &str, to: &Destination<'_>) -> Result<String, Unrevealed> {
        if text.contains("$OTHER") || (text.contains("$KEY") && to.header != Some("authorization")) {
            let denial =
                Denial { wanted: "secret".into(), reason: format!("not for {}", to.host), remedy: "bind it".into() };
            return Err(Unrevealed::Denied(denial));
        }
        Ok(text.replace("$KEY", "Bearer the-real-key"))
    }

    fn keep(&self, _: &PhaseId, _: &str) -> String {
        "***".into()
    }

    fn hide(&self, _: &str, _: &str) {}
}

pub(crate) fn source() -> Source {
    Source::of("prometheus")
}

pub(crate) fn query() -> Question {
    Question::Query { promql: "up".into(), at: None }
}

pub(crate) fn scrape() -> Question {
    Question::Scrape { path: "/metrics".into() }
}

/// Asks a server, under a grant of everything that the tests ask.
pub(crate) async fn ask(address: SocketAddr, source: Source, question: Question) -> Answer<Response> {
    let service = ServiceName::parse("prometheus").unwrap();
    let metrics = vec![MetricsGrant {
        services: vec![service.clone()],
        queries: true,
        scrape: vec![PathPrefix::parse("/metrics").unwrap()],
        projects: vec![ProjectId::parse("acme-staging").unwrap()],
    }];
    let secrets = ["KEY", "OTHER", "LOST"].map(|name| SecretsGrant { name: SecretName::parse(name).unwrap() }).to_vec();
    let grants = Grants { metrics, secrets, ..Grants::none(PhaseId::parse("watch").unwrap()) };
    let (url, vault) = (Url::parse("http://prometheus.test/base").unwrap(), Arc::new(TestVault));
    let http = HttpBackend::new(HttpConfig {
        services: BTreeMap::from([(service, url)]),
        connect_to: BTreeMap::from([(HostPort::parse("prometheus.test", 80).unwrap(), address)]),
        ca_file: None,
        grants: grants.clone(),
        vault: vault.clone(),
        id_tokens: Arc::new(NoIdTokens),
    });
    let clock = Arc::new(SimulatedClock::at(NOW as u64));
    let placeholders = Box::new(|name: &str| (name != "LOST").then(|| format!("${name}")));
    let backend = Arc::new(MetricsBackend::new(Arc::new(http.unwrap()), clock, placeholders));
    let rules = Rules { run: "RUN".into(), seed: Digest::of(b""), dry_run: true, may_disrupt: false };
    let gate = Gate::new(Arc::new(Forgetful::acting()), vault, rules);
    let mut guest = Guest::new(gate, grants.phase.clone(), Timestamp(0.0), Limits::default());
    guest.call::<Metrics, _>(&backend, &grants, Request { source, question }).await.unwrap()
}
