//! From a host to checked addresses, once. What comes out of here is what is connected to.

use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
};

use holdpoint_gate::BackendError;
use holdpoint_model::{Denial, grant::HostPort};
use tokio::time::Instant;

use crate::{Network, address, meter::millis, route::Origin};

/// Addresses that may be connected to, and how long a look-up took if there was one.
#[derive(Debug, Clone)]
pub(crate) struct Resolved {
    pub(crate) addresses: Vec<SocketAddr>,
    pub(crate) dns: Option<f64>,
}

/// Where the operator has an origin connected to.
pub(crate) fn pinned(connect_to: &BTreeMap<HostPort, SocketAddr>, origin: &Origin) -> Option<SocketAddr> {
    connect_to.get(&HostPort::parse(&origin.host, origin.port).ok()?).copied()
}

/// Finds the addresses of an origin. `wanted` is what the guest asked, for a denial.
pub(crate) async fn resolve(
    network: &dyn Network,
    connect_to: &BTreeMap<HostPort, SocketAddr>,
    origin: &Origin,
    wanted: impl FnOnce() -> String,
) -> Result<Resolved, BackendError> {
    let authority = origin.authority();
    if let Some(address) = pinned(connect_to, origin) {
        return Ok(Resolved { addresses: vec![address], dns: None });
    }
    let (addresses, dns) = match origin.bare_host().parse::<IpAddr>() {
        Ok(address) => (vec![SocketAddr::new(address, origin.port)], None),
        Err(_) => {
            let start = Instant::now();
            let found = network.resolve(origin.bare_host(), origin.port).await;
            let found = found.map_err(|error| BackendError::NotSent(format!("can't resolve {authority}: {error}")))?;
            (found, Some(millis(start.elapsed())))
        }
    };
    if addresses.is_empty() {
        return Err(BackendError::NotSent(format!("can't resolve {authority}: it has no address")));
    }
    // One bad address among good ones is no accident either.
    match addresses.iter().find_map(|address| Some((address, address::guarded(address.ip())?))) {
        Some((address, kind)) => Err(BackendError::Denied(Denial {
            wanted: wanted(),
            reason: format!("{authority} leads to {}, {kind}", address.ip()),
            remedy: format!(
                "to allow it, add below [connect-to] in the operator's file:\n    \"{authority}\" = \"{address}\""
            ),
        })),
        None => Ok(Resolved { addresses, dns }),
    }
}
