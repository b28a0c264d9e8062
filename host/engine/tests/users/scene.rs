//! Users of a module with everything that they need, towards one service on loopback.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use holdpoint_canary::{Canaries, Index, Key};
use holdpoint_cap_http::user::{Crowd, CrowdConfig, Disturbance};
use holdpoint_engine::user::{UserEngine, UserLimits, UsersConfig, VirtualUsers};
use holdpoint_gate::{Act, Boxed, Gate, Halt, Performed, Recorder, Rules, StatementEntry, Unscrubbed};
use holdpoint_identity::Identities;
use holdpoint_model::{
    Digest, PhaseId, ServiceName, Timestamp,
    grant::{Grants, HostPort, HttpGrant, Method, PathPrefix, WebsocketGrant},
};
use serde_json::Value;
use url::Url;

/// What tests change.
pub(crate) struct Scene {
    pub(crate) module: &'static str,
    pub(crate) config: Value,
    pub(crate) users: u32,
    /// Where the service `backend` is.
    pub(crate) url: String,
    pub(crate) address: SocketAddr,
    pub(crate) ca_file: Option<Vec<u8>>,
    pub(crate) identities: Option<Identities>,
    pub(crate) shared: Vec<PathPrefix>,
    pub(crate) disturbance: Option<Disturbance>,
    pub(crate) limits: UserLimits,
}

/// A journal that must not be asked.
struct Closed;

impl Recorder for Closed {
    fn perform<'a>(&'a self, _: Vec<Box<dyn Act + 'a>>, _: usize) -> Boxed<'a, Result<Vec<Performed>, Halt>> {
        Box::pin(async { Err(Halt::Journal("a user's call is never recorded".into())) })
    }

    fn state(&self, _: StatementEntry) -> Boxed<'_, Result<(), Halt>> {
        Box::pin(async { Err(Halt::Journal("a user states nothing".into())) })
    }

    fn finish(&self, _: &PhaseId) -> Result<(), Halt> {
        Ok(())
    }
}

/// The canaries of every scene.
pub(crate) fn canaries() -> Canaries {
    Canaries::new(&Key::of_run(&[7; 32], "01JDC"), "load", 0)
}

impl Scene {
    pub(crate) fn new(module: &'static str, url: String, address: SocketAddr, config: Value) -> Self {
        Self {
            module,
            config,
            users: 50,
            url,
            address,
            ca_file: None,
            identities: None,
            shared: vec![],
            disturbance: None,
            limits: UserLimits::default(),
        }
    }

    pub(crate) fn start(self) -> VirtualUsers {
        let name = PhaseId::parse("browser-0").unwrap();
        let backend = ServiceName::parse("backend").unwrap();
        let url = Url::parse(&self.url).unwrap();
        let place = HostPort::parse(url.host_str().unwrap(), url.port_or_known_default().unwrap()).unwrap();
        let grant = HttpGrant {
            services: vec![backend.clone()],
            hosts: vec![],
            methods: ["GET", "PUT", "POST", "DELETE"].map(|method| Method::parse(method).unwrap()).into(),
            paths: None,
            class: None,
            auth: None,
            secret: vec![],
            read_back: None,
        };
        let websocket = WebsocketGrant {
            services: vec![backend.clone()],
            hosts: vec![],
            paths: Some(vec![PathPrefix::parse("/ws").unwrap()]),
            class: None,
        };
        let canaries = canaries();
        let crowd = Crowd::new(CrowdConfig {
            services: BTreeMap::from([(backend, url)]),
            connect_to: BTreeMap::from([(place, self.address)]),
            ca_file: self.ca_file,
            grants: Grants { http: vec![grant], websocket: vec![websocket], ..Grants::none(name.clone()) },
            index: Arc::new(Index::new([(&canaries, self.users)]).unwrap()),
            set: 0,
            shared: self.shared,
        });
        let bytes = module(self.module);
        let rules = Rules { run: "R".into(), seed: Digest::of(b"seed"), dry_run: false, may_disrupt: false };
        let (engine, module) =
            UserEngine::new(Digest::of(&bytes), &bytes, self.users, self.limits.memory, None).unwrap();
        let config = UsersConfig {
            name,
            config: self.config.to_string(),
            crowd: Arc::new(crowd.unwrap().disturbed(self.disturbance)),
            gate: Gate::new(Arc::new(Closed), Arc::new(Unscrubbed), rules),
            canaries,
            sets: vec![],
            identities: self.identities,
            seed: Digest::of(b"seed"),
            now: now(),
            limits: self.limits,
        };
        VirtualUsers::new(engine, module, config)
    }
}

#[expect(clippy::disallowed_methods, reason = "the server compares the times of tokens with the machine's")]
fn now() -> Timestamp {
    Timestamp(std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs_f64() * 1_000.0)
}

/// A built guest.
#[expect(clippy::disallowed_methods, reason = "the commands of the project say where the built guests are")]
fn module(name: &str) -> Vec<u8> {
    let guests = std::env::var_os("HOLDPOINT_GUESTS")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/guests"), PathBuf::from);
    let path = guests.join(name);
    std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}; run the tests with `cargo xtask test`", path.display()))
}
