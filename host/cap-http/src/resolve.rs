//! From a host to checked addresses, once. What comes out of here is what is connected to.

use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
};

use holdpoint_gate::BackendError;
use holdpoint_model::Denial;
use tokio::time::Instant;

use crate::{address, meter::millis, route::Origin};

/// Addresses that may be connected to, and how long a look-up took if there was one.
#[derive(Debug)]
pub(crate) struct Resolved {
    pub(crate) addresses: Vec<SocketAddr>,
    pub(crate) dns: Option<f64>,
}

/// Finds the addresses of an origin. `wanted` is what the guest asked, for a denial.
pub(crate) async fn resolve(
    connect_to: &BTreeMap<String, SocketAddr>,
    origin: &Origin,
    wanted: impl FnOnce() -> String,
) -> Result<Resolved, BackendError> {
    let authority = origin.authority();
    if let Some(address) = connect_to.get(&authority) {
        return Ok(Resolved { addresses: vec![*address], dns: None });
    }
    let (addresses, dns) = match origin.bare_host().parse::<IpAddr>() {
        Ok(address) => (vec![SocketAddr::new(address, origin.port)], None),
        Err(_) => {
            let start = Instant::now();
            let found = tokio::net::lookup_host((origin.bare_host(), origin.port)).await;
            let found: Vec<SocketAddr> =
                found.map_err(|error| BackendError::NotSent(format!("can't resolve {authority}: {error}")))?.collect();
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
                "to allow it, add to holdpoint.toml:\n    connect-to = {{ \"{authority}\" = \"{address}\" }}"
            ),
        })),
        None => Ok(Resolved { addresses, dns }),
    }
}
