//! What all users of a load share: where services are, what is granted, who may be whose. No connection, session or credential is among it.

use std::{
    collections::{BTreeMap, HashMap},
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use holdpoint_canary::{Index, Owner};
use holdpoint_gate::BackendError;
use holdpoint_model::{
    HttpVersions, ServiceName,
    grant::{Grants, HostPort, PathPrefix, RequestPath},
};
use tokio::{sync::OnceCell, time::Instant};
use url::Url;

use super::{client::UserClient, disturb::Disturbance, routes::Routes};
use crate::{
    Error, IdToken, Network, Request, SystemNetwork, Target, capability, resolve,
    route::{Origin, Services},
    tls::Tls,
};

/// How long the addresses of a name are used.
const ADDRESSES_LAST: Duration = Duration::from_secs(30);
/// Places whose addresses are known.
const MOST_PLACES: usize = 1_000;

/// What users' requests need besides themselves.
pub struct CrowdConfig {
    /// Where the services of the environment live.
    pub services: BTreeMap<ServiceName, Url>,
    /// Where to connect instead. The request and the certificate's name stay as they are.
    pub connect_to: BTreeMap<HostPort, SocketAddr>,
    /// Certificates in PEM that are trusted besides the machine's.
    pub ca_file: Option<Vec<u8>>,
    /// The users' grants.
    pub grants: Grants,
    /// The canaries of everybody who could be shown to somebody else.
    pub index: Arc<Index>,
    /// Which set of the index these users are.
    pub set: u32,
    /// Paths of services below which everybody's texts are shown on purpose.
    pub shared: Vec<PathPrefix>,
}

/// When somebody first wanted the addresses of a place, and what was found.
type Places = HashMap<Origin, (Instant, Arc<OnceCell<Vec<SocketAddr>>>)>;

/// The users of a load.
pub struct Crowd {
    pub(super) services: Services,
    connect_to: BTreeMap<HostPort, SocketAddr>,
    pub(super) grants: Grants,
    /// Whether any grant marks places of tokens in answers.
    pub(super) marks: bool,
    pub(super) network: Arc<dyn Network>,
    pub(super) tls: Tls,
    pub(super) versions: HttpVersions,
    pub(super) index: Arc<Index>,
    set: u32,
    shared: Vec<PathPrefix>,
    pub(super) routes: Routes,
    disturbance: Option<Disturbance>,
    addresses: Mutex<Places>,
}

impl Crowd {
    /// Checks the configuration. Nothing is resolved, read or connected to yet.
    pub fn new(config: CrowdConfig) -> Result<Self, Error> {
        let CrowdConfig { services, connect_to, ca_file, grants, index, set, shared } = config;
        Ok(Self {
            services: Services::new(&services)?,
            connect_to,
            marks: grants.http.iter().any(|grant| !grant.secret.is_empty()),
            grants,
            network: Arc::new(SystemNetwork),
            tls: Tls::new(ca_file.as_deref())?,
            versions: HttpVersions::Any,
            index,
            set,
            shared,
            routes: Routes::default(),
            disturbance: None,
            addresses: Mutex::default(),
        })
    }

    /// Reaches the world through another network than this machine's.
    pub fn over(self, network: Arc<dyn Network>) -> Self {
        Self { network, ..self }
    }

    /// Offers these versions of HTTP to servers.
    pub fn speaking(self, versions: HttpVersions) -> Self {
        Self { versions, ..self }
    }

    /// Makes some of these users misbehave, by a plan.
    pub fn disturbed(self, disturbance: Option<Disturbance>) -> Self {
        Self { disturbance, ..self }
    }

    /// By which plan some of these users misbehave.
    pub fn disturbance(&self) -> Option<&Disturbance> {
        self.disturbance.as_ref()
    }

    /// What these users may ask.
    pub fn grants(&self) -> &Grants {
        &self.grants
    }

    /// Whether somebody is one of these users.
    pub fn is_ours(&self, owner: Owner) -> bool {
        owner.set == self.set
    }

    /// The client of a user. None for a number that has no canary.
    pub fn client(self: &Arc<Self>, user: u32, identity: Option<IdToken>) -> Option<UserClient> {
        UserClient::new(self.clone(), Owner { set: self.set, user }, identity)
    }

    /// The addresses of an origin, looked up once for everybody.
    pub(super) async fn addresses(&self, origin: &Origin, request: &Request) -> Result<Vec<SocketAddr>, BackendError> {
        if let Some(address) = resolve::pinned(&self.connect_to, origin) {
            return Ok(vec![address]);
        }
        // Whoever comes while somebody looks a name up waits for that, and all of them go on together.
        let place = self.place(origin);
        let found = place.get_or_try_init(|| async {
            let wanted = || capability::wanted(request);
            let resolved = resolve::resolve(&*self.network, &self.connect_to, origin, wanted).await;
            resolved.map(|resolved| resolved.addresses)
        });
        found.await.cloned()
    }

    /// Where the addresses of an origin are kept, or will be when they have been looked up.
    fn place(&self, origin: &Origin) -> Arc<OnceCell<Vec<SocketAddr>>> {
        // Every change is whole before anything can panic.
        let mut known = self.addresses.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, place)) = known.get(origin).filter(|(at, _)| at.elapsed() < ADDRESSES_LAST) {
            return place.clone();
        }
        // A pattern of hosts lets a user name any number of them.
        if known.len() >= MOST_PLACES {
            known.clear();
        }
        let place = Arc::<OnceCell<_>>::default();
        known.insert(origin.clone(), (Instant::now(), place.clone()));
        place
    }

    /// Whether what comes from this target may show what others have written.
    pub(super) fn is_shared(&self, target: &Target) -> bool {
        let Target::Service { path, .. } = target else { return false };
        RequestPath::parse(path).is_ok_and(|path| self.shared.iter().any(|prefix| prefix.covers(&path)))
    }
}
