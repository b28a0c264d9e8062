//! A user in front of a gate that records nothing, with a service that `connect-to` leads to a test's server.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use holdpoint_canary::{Canaries, Index, Key};
use holdpoint_cap_http::{
    Header, Http, IdToken, Request, Response, Target, Unanswered,
    user::{Crowd, CrowdConfig, Exchanged, Shown, Told, UserClient},
};
use holdpoint_gate::{Gate, Limits, Rules, Unrecorded, Unscrubbed};
use holdpoint_model::{
    Answer, Digest, HttpVersions, PhaseId, ServiceName,
    grant::{Grants, HostPort, HttpGrant, Method},
};
use holdpoint_testkit::Forgetful;
use url::Url;

/// One user, number 0 of two.
pub(crate) struct User {
    crowd: Arc<Crowd>,
    client: UserClient,
    guest: Unrecorded,
}

impl User {
    /// One that trusts this authority, and finds the service `https://backend.test` at this address.
    pub(crate) fn towards((address, authority): (SocketAddr, &str)) -> Self {
        Self::speaking((address, authority), HttpVersions::Any)
    }

    pub(crate) fn speaking((address, authority): (SocketAddr, &str), versions: HttpVersions) -> Self {
        let id = PhaseId::parse("browser-0").unwrap();
        let backend = ServiceName::parse("backend").unwrap();
        let grant = HttpGrant {
            services: vec![backend.clone()],
            hosts: vec![],
            methods: ["GET", "HEAD", "POST"].map(|method| Method::parse(method).unwrap()).into(),
            paths: None,
            class: None,
            auth: None,
            secret: vec![],
            read_back: None,
        };
        let crowd = Crowd::new(CrowdConfig {
            services: BTreeMap::from([(backend, Url::parse("https://backend.test").unwrap())]),
            connect_to: BTreeMap::from([(HostPort::parse("backend.test", 443).unwrap(), address)]),
            ca_file: Some(authority.as_bytes().to_vec()),
            grants: Grants { http: vec![grant], ..Grants::none(id.clone()) },
            index: Arc::new(Index::new([(&canaries(), 2)]).unwrap()),
            set: 0,
            shared: vec![],
        });
        let crowd = Arc::new(crowd.unwrap().speaking(versions));
        let client = crowd.client(0, Some(IdToken::parse("token-of-user-0").unwrap())).unwrap();
        let rules = Rules { run: "RUN".into(), seed: Digest::of(b""), dry_run: false, may_disrupt: false };
        let gate = Gate::new(Arc::new(Forgetful::acting()), Arc::new(Unscrubbed), rules);
        Self { crowd, client, guest: gate.unrecorded(id, Limits::default()) }
    }

    pub(crate) async fn send(&mut self, request: Request) -> Answer<Response> {
        let grants = self.crowd.grants().clone();
        self.guest.call::<Http, _>(&self.client, &grants, request).await.unwrap()
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer<Response> {
        self.send(to(path)).await
    }

    /// What its exchanges came to since this was asked for the last time.
    pub(crate) fn exchanged(&self) -> Vec<Exchanged> {
        self.told().0
    }

    /// The same, with what it was shown of others.
    pub(crate) fn told(&self) -> (Vec<Exchanged>, Vec<Shown>) {
        self.client.settle();
        let (mut exchanged, mut shown) = (vec![], vec![]);
        self.client.drain(|told| match told {
            Told::Exchanged(one) => exchanged.push(one),
            Told::Shown(one) => shown.push(one),
            Told::Judged(_) | Told::Harmed(_) => {}
        });
        (exchanged, shown)
    }

    /// Why its only exchange since the last time had no answer, and the status of what began to come.
    pub(crate) fn unanswered(&self) -> (Option<Unanswered>, Option<u16>) {
        let told = self.exchanged();
        let [one] = &told[..] else { panic!("one exchange: {told:?}") };
        (one.unanswered, one.status)
    }
}

fn canaries() -> Canaries {
    Canaries::new(&Key::of_run(&[7; 32], "01JDC"), "load", 0)
}

/// The canary of the user that is not asking.
pub(crate) fn foreign() -> String {
    canaries().canary(1).text()
}

/// A GET of a path of the service. A test that hangs ends soon.
pub(crate) fn to(path: &str) -> Request {
    let target = Target::Service { service: "backend".into(), path: path.into() };
    Request { timeout_ms: 20_000, ..Request::get(target) }
}

/// A POST to a path of the service.
pub(crate) fn post(path: &str, body: &[u8]) -> Request {
    Request {
        method: "POST".into(),
        body: body.into(),
        headers: vec![Header::new("content-type", "text/plain")],
        ..to(path)
    }
}

/// What the server of a test saw, in its order.
pub(crate) type Seen = Arc<Mutex<Vec<String>>>;
