//! The stores of a bundle, as the operator's file has them, with the passwords that lie on this machine.

use std::{collections::BTreeMap, net::SocketAddr, sync::Arc};

use holdpoint_bundle::{PlacedStore, Verified};
use holdpoint_cap_data::{DataBackend, DataConfig, Password, Store};
use holdpoint_gate::Vault;
use holdpoint_model::grant::{Grants, HostPort, StoreName};

use crate::{Error, secrets};

/// The stores whose password has no value here. Of a secret that can't be read, or is bound nowhere, others tell.
pub(crate) fn lacking(verified: &Verified) -> Vec<Error> {
    let lacks = verified.stores.iter().filter_map(|(name, placed)| password(verified, name, placed).err());
    lacks.filter(|lack| !matches!(lack, Error::Secret { .. })).collect()
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

fn store(verified: &Verified, name: &StoreName, placed: &PlacedStore) -> Result<Store, String> {
    let password = password(verified, name, placed).map_err(|error| error.to_string())?;
    let PlacedStore { kind, binding } = placed;
    Ok(Store {
        kind: *kind,
        address: binding.address.clone(),
        database: binding.database.clone(),
        user: binding.user.clone(),
        password,
        tls: binding.tls,
    })
}

/// The password of a store; none if it is asked without.
fn password(verified: &Verified, name: &StoreName, placed: &PlacedStore) -> Result<Option<Password>, Error> {
    let Some(secret) = &placed.binding.password else { return Ok(None) };
    let value = secrets::named(verified, secret)?.filter(|value| !value.is_empty());
    let lacking = || {
        let remedy = secrets::remedy(verified, secret);
        Error::Usage(format!(
            "the password of the store {name} is the secret {secret}, which has no value here; {remedy}"
        ))
    };
    value.ok_or_else(lacking).map(|value| Some(Password::new(value)))
}
