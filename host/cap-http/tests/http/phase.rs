//! A phase in front of a gate that remembers nothing, with a service that `connect-to` leads to a test's server.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use holdpoint_cap_http::{
    Http, HttpBackend, HttpConfig, IdToken, IdTokens, Network, NoIdTokens, Request, Response, Target,
};
use holdpoint_gate::{Boxed, Destination, Gate, Guest, Halt, Limits, Rules, Scrubbed, Scrubber, Unrevealed, Vault};
use holdpoint_model::{
    Answer, Denial, Digest, PhaseId, ServiceName, Timestamp,
    grant::{Grants, HostPattern, HostPort, HttpAuth, HttpGrant, JsonPath, Method, ReadBack},
};
use holdpoint_testkit::Forgetful;
use url::Url;

/// Knows one secret, `$KEY`, for the header `authorization` of the service, and stars out what it keeps.
#[derive(Default)]
pub(crate) struct TestVault(pub(crate) Mutex<Vec<String>>);

impl Scrubber for TestVault {
    fn scrub(&self, bytes: &[u8]) -> Option<Scrubbed> {
        let text = std::str::from_utf8(bytes).ok()?;
        let scrubbed = self.0.lock().unwrap().iter().fold(text.to_owned(), |text, token| text.replace(token, "***"));
        (scrubbed != text).then(|| Scrubbed { bytes: scrubbed.into_bytes(), replaced: vec![] })
    }
}

impl Vault for TestVault {
    fn reveal(&self, text: &str, to: &Destination<'_>) -> Result<String, Unrevealed> {
        if text.contains("$LOST") {
            return Err(Unrevealed::Lost("log in again".into()));
        }
        if text.contains("$KEY") && (to.header != Some("authorization") || to.service.is_none()) {
            let denial = Denial {
                wanted: "secret KEY".into(),
                reason: format!("not for {}", to.host),
                remedy: "bind it".into(),
            };
            return Err(Unrevealed::Denied(denial));
        }
        Ok(text.replace("$KEY", "the-real-key"))
    }

    fn keep(&self, _: &PhaseId, value: &str) -> String {
        self.0.lock().unwrap().push(value.to_owned());
        "***".into()
    }

    fn hide(&self, _: &str, value: &str) {
        self.0.lock().unwrap().push(value.to_owned());
    }
}

/// Has a token for every service, which says which and for what URL.
pub(crate) struct TestTokens;

impl IdTokens for TestTokens {
    fn token<'a>(&'a self, service: &'a ServiceName, audience: &'a Url) -> Boxed<'a, Result<IdToken, String>> {
        let token = IdToken::parse(&format!("token-of-{service}.{}", audience.host_str().unwrap()));
        Box::pin(async { token.map_err(str::to_owned) })
    }
}

pub(crate) struct Phase {
    backend: Arc<HttpBackend>,
    grants: Grants,
    vault: Arc<TestVault>,
    settles: bool,
}

/// What a phase is given, before it starts.
pub(crate) struct Terms {
    pub(crate) url: &'static str,
    pub(crate) connect_to: Vec<(&'static str, SocketAddr)>,
    pub(crate) ca_file: Option<String>,
    pub(crate) read_back: Option<&'static str>,
    pub(crate) settles: bool,
    /// The grant of the service has an ID token sent, from here.
    pub(crate) id_tokens: Option<Arc<dyn IdTokens>>,
    /// Not this machine's.
    pub(crate) network: Option<Arc<dyn Network>>,
}

impl Terms {
    /// The service `backend` at `http://backend.test`, which is this address.
    pub(crate) fn at(address: SocketAddr) -> Self {
        Self {
            url: "http://backend.test",
            connect_to: vec![("backend.test:80", address)],
            ca_file: None,
            read_back: None,
            settles: false,
            id_tokens: None,
            network: None,
        }
    }
}

impl Phase {
    pub(crate) fn at(address: SocketAddr) -> Self {
        Self::new(Terms::at(address))
    }

    pub(crate) fn new(terms: Terms) -> Self {
        let grants = Grants {
            http: vec![HttpGrant {
                services: vec![ServiceName::parse("backend").unwrap()],
                hosts: [
                    "*.test.example",
                    "127.0.0.1:8080",
                    "169.254.169.254",
                    "[::1]",
                    "[64:ff9b::7f00:1]",
                    "localhost:8080",
                ]
                .map(|h| HostPattern::parse(h).unwrap())
                .to_vec(),
                methods: ["GET", "HEAD", "POST", "PUT"].map(|m| Method::parse(m).unwrap()).to_vec(),
                paths: None,
                class: None,
                auth: terms.id_tokens.is_some().then_some(HttpAuth::IdToken),
                secret: vec![JsonPath::parse("$.access_token").unwrap()],
                read_back: terms.read_back.map(|path| ReadBack::parse(path).unwrap()),
            }],
            ..Grants::none(PhaseId::parse("health").unwrap())
        };
        let vault = Arc::new(TestVault::default());
        let backend = HttpBackend::new(HttpConfig {
            services: BTreeMap::from([(ServiceName::parse("backend").unwrap(), Url::parse(terms.url).unwrap())]),
            connect_to: terms.connect_to.into_iter().map(|(from, to)| (host_port(from), to)).collect(),
            ca_file: terms.ca_file.map(String::into_bytes),
            grants: grants.clone(),
            vault: vault.clone(),
            id_tokens: terms.id_tokens.unwrap_or_else(|| Arc::new(NoIdTokens)),
        });
        let backend = match terms.network {
            Some(network) => backend.unwrap().over(network),
            None => backend.unwrap(),
        };
        Self { backend: Arc::new(backend), grants, vault, settles: terms.settles }
    }

    pub(crate) fn backend(&self) -> &Arc<HttpBackend> {
        &self.backend
    }

    pub(crate) fn id(&self) -> PhaseId {
        self.grants.phase.clone()
    }

    /// What the vault was given to keep.
    pub(crate) fn kept(&self) -> Vec<String> {
        self.vault.0.lock().unwrap().clone()
    }

    pub(crate) async fn try_send(&self, request: Request) -> Result<Answer<Response>, Halt> {
        let rules = Rules { run: "RUN".into(), seed: Digest::of(b""), dry_run: false, may_disrupt: false };
        let recorder = if self.settles { Forgetful::settling() } else { Forgetful::acting() };
        let gate = Gate::new(Arc::new(recorder), self.vault.clone(), rules);
        let mut guest = Guest::new(gate, self.grants.phase.clone(), Timestamp(0.0), Limits::default());
        guest.call::<Http, _>(&self.backend, &self.grants, request).await
    }

    pub(crate) async fn send(&self, request: Request) -> Answer<Response> {
        self.try_send(request).await.unwrap()
    }

    /// Sends a request and follows every redirect as the engine does: each a call of its own through the gate.
    pub(crate) async fn follow(&self, mut request: Request) -> Answer<Response> {
        loop {
            let response = self.send(request.clone()).await?;
            match self.backend.next_hop(&request, &response) {
                Some(next) => request = next,
                None => return Ok(response),
            }
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer<Response> {
        self.send(to(path)).await
    }
}

fn host_port(text: &str) -> HostPort {
    let (host, port) = text.rsplit_once(':').unwrap();
    HostPort::parse(host, port.parse().unwrap()).unwrap()
}

/// A GET of a path of the service.
pub(crate) fn to(path: &str) -> Request {
    Request::get(Target::Service { service: "backend".into(), path: path.into() })
}

/// A POST of a path of the service.
pub(crate) fn post(path: &str, body: &str) -> Request {
    Request { method: "POST".into(), body: body.as_bytes().into(), ..to(path) }
}
