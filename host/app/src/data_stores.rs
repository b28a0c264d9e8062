//! The stores of a bundle, as the operator's file has them, with the passwords that lie on this machine.

use std::{collections::BTreeMap, net::SocketAddr, sync::Arc};

use holdpoint_bundle::{PlacedStore, Verified};
use holdpoint_cap_data::{DataBackend, DataConfig, Password, Store};
use holdpoint_gate::Vault;
use holdpoint_model::grant::{Grants, HostPort, StoreName};

use crate::secrets;

/// Whether the passwords of the stores that these grants name are on this machine.
pub(crate) fn probe(verified: &Verified, grants: &Grants) -> Result<(), String> {
    known(verified, grants).map(drop)
}

/// Asks the stores that a phase is granted.
pub(crate) fn backend(
    verified: &Verified,
    grants: &Grants,
    (connect_to, ca_file): (&BTreeMap<HostPort, SocketAddr>, Option<&[u8]>),
    vault: Arc<dyn Vault>,
) -> Result<DataBackend, String> {
    make(known(verified, grants)?, grants, (connect_to, ca_file), vault)
}

/// Knows no store, for those who are never asked.
pub(crate) fn nowhere(grants: &Grants, vault: Arc<dyn Vault>) -> Result<DataBackend, String> {
    make(BTreeMap::new(), grants, (&BTreeMap::new(), None), vault)
}

fn make(
    stores: BTreeMap<StoreName, Store>,
    grants: &Grants,
    (connect_to, ca_file): (&BTreeMap<HostPort, SocketAddr>, Option<&[u8]>),
    vault: Arc<dyn Vault>,
) -> Result<DataBackend, String> {
    let config = DataConfig {
        phase: grants.phase.clone(),
        stores,
        connect_to: connect_to.clone(),
        ca_file: ca_file.map(<[u8]>::to_vec),
        vault,
    };
    DataBackend::new(config).map_err(|error| error.to_string())
}

fn known(verified: &Verified, grants: &Grants) -> Result<BTreeMap<StoreName, Store>, String> {
    let granted = |name: &StoreName| grants.data.iter().any(|grant| grant.stores.contains(name));
    let stores = verified.stores.iter().filter(|(name, _)| granted(name));
    stores.map(|(name, placed)| Ok((name.clone(), store(verified, name, placed)?))).collect()
}

fn store(verified: &Verified, name: &StoreName, PlacedStore { kind, binding }: &PlacedStore) -> Result<Store, String> {
    let password = match &binding.password {
        None => None,
        Some(secret) => {
            let value = secrets::named(verified, secret).map_err(|error| error.to_string())?;
            let lacking = || {
                let remedy = secrets::remedy(verified, secret);
                format!("the password of the store {name} is the secret {secret}, which has no value here; {remedy}")
            };
            Some(Password::new(value.filter(|value| !value.is_empty()).ok_or_else(lacking)?))
        }
    };
    Ok(Store {
        kind: *kind,
        address: binding.address.clone(),
        database: binding.database.clone(),
        user: binding.user.clone(),
        password,
        tls: binding.tls,
    })
}
