//! Does with a store what was permitted, and reads back what is in doubt.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use holdpoint_cap_http::{DialConfig, Dialer, Error, HttpBackend, HttpConfig, NoIdTokens};
use holdpoint_gate::{Backend, BackendError, Capability as _, Doubt, Permit, Settlement, Vault};
use holdpoint_model::{
    ServiceName,
    grant::{Grants, HostPort, StoreKind, StoreName},
};
use url::Url;

use crate::{
    Act, Data, DataConfig, Facts, Request, Response, Store, Trouble, TroubleKind, clickhouse, link::Heard, postgresql,
    redis, stop::Stop, trouble::told,
};

/// How long reading back may take, in milliseconds.
const READ_BACK_MS: u32 = 10_000;

/// The stores of one phase. Each call has a connection of its own; ClickHouse is asked over those of this phase's HTTP.
pub struct DataBackend {
    stores: BTreeMap<StoreName, Store>,
    dialer: Dialer,
    http: HttpBackend,
    vault: Arc<dyn Vault>,
}

/// What one call is about.
pub(crate) struct Call<'c> {
    pub(crate) name: &'c str,
    pub(crate) store: &'c Store,
    /// Milliseconds.
    pub(crate) limit: u32,
    /// What the guest asked, for a denial.
    pub(crate) wanted: String,
    pub(crate) sent: &'c Sent,
    pub(crate) heard: Heard,
}

/// Whether something that may change the world was sent.
#[derive(Default)]
pub(crate) struct Sent(AtomicBool);

impl Sent {
    pub(crate) fn note(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// What was sent is undone: it has not happened, and does not happen any more.
    pub(crate) fn take_back(&self) {
        self.0.store(false, Ordering::Relaxed);
    }

    fn is(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// By whose leave something is sent.
pub(crate) enum Leave<'l> {
    Permit(&'l Permit<Data>),
    Doubt(&'l Doubt<Data>),
}

impl Leave<'_> {
    /// The value of an entry that is read back, to see whether it was written.
    pub(crate) fn wanted(&self) -> Option<&str> {
        match self {
            Self::Doubt(doubt) => match &doubt.request().act {
                Act::Put { value, .. } => Some(value.as_str()),
                _ => None,
            },
            Self::Permit(_) => None,
        }
    }
}

impl DataBackend {
    /// Checks the configuration. Nothing is resolved, read or connected to yet.
    pub fn new(config: DataConfig) -> Result<Self, Error> {
        let DataConfig { phase, stores, mut connect_to, ca_file, vault } = config;
        // The operator who writes an address down has named it.
        let literal = |to: &HostPort| Some((to.clone(), std::net::SocketAddr::new(to.host().parse().ok()?, to.port())));
        let named: Vec<_> = stores.values().filter_map(|store| literal(&store.address)).collect();
        for (to, address) in named {
            connect_to.entry(to).or_insert(address);
        }
        let http = HttpBackend::new(HttpConfig {
            services: stores.iter().filter_map(|(name, store)| Some((service(name)?, url(store)?))).collect(),
            connect_to: connect_to.clone(),
            ca_file: ca_file.clone(),
            grants: Grants::none(phase),
            vault: vault.clone(),
            id_tokens: Arc::new(NoIdTokens),
        })?;
        Ok(Self { stores, dialer: Dialer::new(DialConfig { connect_to, ca_file })?, http, vault })
    }

    /// Does it within its limit.
    async fn within(&self, leave: Leave<'_>, request: &Request, limit: u32, sent: &Sent) -> Result<Response, Stop> {
        let found = StoreName::parse(&request.store).ok().and_then(|name| self.stores.get(&name));
        let Some(store) = found else {
            let said = format!("this machine does not know where the store {} is", request.store);
            return Err(Stop::trouble(TroubleKind::Refused, said));
        };
        let wanted = format!("data {}", Data::summary(request));
        let call = Call { name: &request.store, store, limit, wanted, sent, heard: Heard::default() };
        let asking = self.ask(&leave, &call, &request.act);
        let limit = Duration::from_millis(u64::from(limit));
        let outcome = tokio::time::timeout(limit, asking).await.unwrap_or(Err(Stop::Late));
        outcome.map_err(|stop| call.heard.judge(stop))
    }

    async fn ask(&self, leave: &Leave<'_>, call: &Call<'_>, act: &Act) -> Result<Response, Stop> {
        match call.store.kind {
            StoreKind::PostgreSql => postgresql::act(&self.dialer, call, act).await,
            StoreKind::Redis => redis::act(&self.dialer, call, act).await,
            StoreKind::ClickHouse => clickhouse::act(&self.http, leave, call, act).await,
        }
    }

    /// What the gate is told. `in_doubt`: something was sent that must happen once.
    fn told(&self, outcome: Result<Response, Stop>, limit: u32, in_doubt: bool) -> Result<Response, BackendError> {
        let trouble = |trouble: Trouble| Ok(Response::Trouble(trouble.told(&*self.vault)));
        match outcome {
            Ok(Response::Facts(facts)) => {
                Ok(Response::Facts(Facts { version: told(facts.version, &*self.vault), ..facts }))
            }
            Ok(response) => Ok(response),
            Err(Stop::Trouble(said)) => trouble(said),
            Err(Stop::Late) if in_doubt => Err(BackendError::Timeout(limit)),
            Err(Stop::Late) => trouble(Trouble::late(limit)),
            Err(Stop::Lost(said)) if in_doubt => Err(BackendError::Unknown(told(said, &*self.vault))),
            Err(Stop::Lost(said)) => trouble(Trouble::new(TroubleKind::Broken, said)),
            Err(Stop::TooLarge(said)) => Err(BackendError::Exhausted(said)),
            Err(Stop::Denied(denial)) => Err(BackendError::Denied(denial)),
        }
    }
}

impl Backend<Data> for DataBackend {
    async fn act(&self, permit: Permit<Data>) -> Result<Response, BackendError> {
        let (sent, limit) = (Sent::default(), permit.request().timeout_ms);
        let outcome = self.within(Leave::Permit(&permit), permit.request(), limit, &sent).await;
        let once = permit.class().happens_once();
        match outcome {
            // However large an answer is, nothing has happened.
            Err(Stop::TooLarge(said)) if once && !sent.is() => Err(BackendError::NotSent(said)),
            outcome => self.told(outcome, limit, once && sent.is()),
        }
    }

    /// An entry says itself whether it was written or removed. To do so again does no harm.
    async fn settle(&self, doubt: Doubt<Data>) -> Settlement<Response> {
        let request = doubt.request();
        let (place, key, wanted) = match &request.act {
            Act::Put { place, key, value } => (place, key, Some(value)),
            Act::Remove { place, key } => (place, key, None),
            _ => return Settlement::Unknown("what a text of SQL has done is not read back".into()),
        };
        let limit = request.timeout_ms.min(READ_BACK_MS);
        let act = Act::Get { place: place.clone(), key: key.clone() };
        let get = Request { store: request.store.clone(), timeout_ms: limit, act };
        let outcome = self.within(Leave::Doubt(&doubt), &get, limit, &Sent::default()).await;
        match self.told(outcome, limit, false) {
            Ok(Response::Value(found)) if found.as_ref() == wanted => Settlement::Happened(Response::Done),
            Ok(Response::Value(_)) => Settlement::NotHappened,
            Ok(Response::Trouble(trouble)) => Settlement::Unknown(format!("reading back failed: {trouble}")),
            Ok(_) => Settlement::Unknown("reading back gave something else".into()),
            Err(error) => Settlement::Unknown(format!("reading back failed: {error}")),
        }
    }
}

/// The name of a store where a service is meant: they have the same characters.
fn service(name: &StoreName) -> Option<ServiceName> {
    ServiceName::parse(name.as_str()).ok()
}

/// Where a ClickHouse is asked.
fn url(store: &Store) -> Option<Url> {
    let scheme = if store.tls { "https" } else { "http" };
    let host = store.address.host();
    let host = if host.contains(':') { format!("[{host}]") } else { host };
    let url = format!("{scheme}://{host}:{}/", store.address.port());
    Some(url).filter(|_| store.kind == StoreKind::ClickHouse).and_then(|url| Url::parse(&url).ok())
}
