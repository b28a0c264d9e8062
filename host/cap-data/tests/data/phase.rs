//! A phase in front of a gate that remembers nothing, with one store `store`, whose password is known to the vault.

use std::{collections::BTreeMap, sync::Arc};

use holdpoint_cap_data::{Act, Data, DataBackend, DataConfig, Password, Request, Response, Store, TroubleKind};
use holdpoint_gate::{Destination, Gate, Guest, Limits, Rules, Scrubbed, Scrubber, Unrevealed, Vault};
use holdpoint_model::{
    Answer, CallError, Digest, PhaseId, Timestamp,
    grant::{DataGrant, Grants, HostPort, Place, Sql, StoreKind, StoreName},
};
use holdpoint_testkit::Forgetful;

struct TestVault(String);

impl Scrubber for TestVault {
    fn scrub(&self, bytes: &[u8]) -> Option<Scrubbed> {
        let text = std::str::from_utf8(bytes).ok().filter(|text| text.contains(&self.0))?;
        Some(Scrubbed { bytes: text.replace(&self.0, "***").into_bytes(), replaced: vec![] })
    }
}

impl Vault for TestVault {
    fn reveal(&self, text: &str, _: &Destination<'_>) -> Result<String, Unrevealed> {
        Ok(text.to_owned())
    }

    fn keep(&self, _: &PhaseId, _: &str) -> String {
        "***".into()
    }

    fn hide(&self, _: &str, _: &str) {}
}

/// A store that is asked by a phase.
#[derive(Clone)]
pub(crate) struct Asked {
    pub(crate) store: Store,
    pub(crate) ca_file: Option<Vec<u8>>,
    pub(crate) timeout_ms: u32,
    settling: bool,
}

pub(crate) fn get(key: &str) -> Act {
    Act::Get { place: "holdpoint".into(), key: key.into() }
}

pub(crate) fn put(key: &str, value: &str) -> Act {
    Act::Put { place: "holdpoint".into(), key: key.into(), value: value.into() }
}

pub(crate) fn remove(key: &str) -> Act {
    Act::Remove { place: "holdpoint".into(), key: key.into() }
}

pub(crate) fn query(sql: &str, parameters: &[Option<&str>]) -> Act {
    Act::Query { sql: sql.into(), parameters: parameters.iter().map(|text| text.map(str::to_owned)).collect() }
}

impl Asked {
    /// Without TLS, as a user with this password.
    pub(crate) fn at(kind: StoreKind, address: &str, user: &str, password: &str) -> Self {
        let (host, port) = address.rsplit_once(':').unwrap();
        let store = Store {
            kind,
            address: HostPort::parse(host, port.parse().unwrap()).unwrap(),
            database: None,
            user: Some(user.into()),
            password: Some(Password::new(password)),
            tls: false,
        };
        Self { store, ca_file: None, timeout_ms: 10_000, settling: false }
    }

    /// What is in doubt is settled, and not done.
    pub(crate) fn settling(&self) -> Self {
        Self { settling: true, ..self.clone() }
    }

    /// The answer to a call that is granted.
    pub(crate) async fn ask(&self, act: Act) -> Answer<Response> {
        let name = StoreName::parse("store").unwrap();
        let sql = match &act {
            Act::Query { sql, .. } => vec![Sql::parse(sql).unwrap()],
            _ => vec![],
        };
        let places = vec![Place::parse("holdpoint").unwrap()];
        let data = vec![DataGrant { stores: vec![name.clone()], places, sql, write: true }];
        let grants = Grants { data, ..Grants::none(PhaseId::parse("stores").unwrap()) };
        // A secret that a store knows itself, so that it can be told.
        let vault = Arc::new(TestVault("the-secret-in-the-store".into()));
        let backend = DataBackend::new(DataConfig {
            phase: grants.phase.clone(),
            stores: BTreeMap::from([(name, self.store.clone())]),
            connect_to: BTreeMap::new(),
            ca_file: self.ca_file.clone(),
            vault: vault.clone(),
        });
        let rules = Rules { run: "RUN".into(), seed: Digest::of(b""), dry_run: false, may_disrupt: false };
        let recorder = if self.settling { Forgetful::settling() } else { Forgetful::acting() };
        let gate = Gate::new(Arc::new(recorder), vault, rules);
        let mut guest = Guest::new(gate, grants.phase.clone(), Timestamp(0.0), Limits::default());
        let request = Request { store: "store".into(), timeout_ms: self.timeout_ms, act };
        guest.call::<Data, _>(&Arc::new(backend.unwrap()), &grants, request).await.unwrap()
    }

    /// Which trouble it is, and what is said of it.
    pub(crate) async fn trouble(&self, act: Act) -> (TroubleKind, String) {
        match self.ask(act).await {
            Ok(Response::Trouble(trouble)) => (trouble.kind, trouble.said),
            other => panic!("it should be a trouble: {other:?}"),
        }
    }

    /// What is too large.
    pub(crate) async fn exhausted(&self, act: Act) -> String {
        match self.ask(act).await {
            Err(CallError::Exhausted(said)) => said,
            other => panic!("it should be too large: {other:?}"),
        }
    }

    /// The cells of the rows.
    pub(crate) async fn cells(&self, act: Act) -> Vec<Vec<Option<String>>> {
        match self.ask(act).await {
            Ok(Response::Rows(rows)) => rows.rows,
            other => panic!("it should have rows: {other:?}"),
        }
    }

    /// An entry is written, read, written over and removed.
    pub(crate) async fn keeps_entries(&self) {
        assert_eq!(self.ask(get("a")).await, Ok(Response::Value(None)));
        assert_eq!(self.ask(put("a", "b'\"\\\n")).await, Ok(Response::Done));
        assert_eq!(self.ask(get("a")).await, Ok(Response::Value(Some("b'\"\\\n".into()))));
        assert_eq!(self.ask(put("a", "c")).await, Ok(Response::Done));
        assert_eq!(self.ask(get("a")).await, Ok(Response::Value(Some("c".into()))));
        assert_eq!(self.settling().ask(put("a", "c")).await, Ok(Response::Done), "it is seen to have happened");
        assert_eq!(self.ask(remove("a")).await, Ok(Response::Done));
        assert_eq!(self.ask(get("a")).await, Ok(Response::Value(None)));
        assert_eq!(self.settling().ask(remove("a")).await, Ok(Response::Done));
    }
}
