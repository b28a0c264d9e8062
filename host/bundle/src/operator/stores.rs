//! Where the stores of an environment are, and who asks there. A bundle knows their names and kinds alone.

use std::collections::BTreeMap;

use holdpoint_model::grant::{HostPort, SecretName, StoreName};
use toml_span::value::Value;

use super::machine::host_port;
use crate::diagnostic::Problems;
use crate::reading::{Fields, entries, parsed, plain_name};

/// A store by its environment and its name.
pub type StoreKey = (String, StoreName);

/// A store as this machine reaches it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreBinding {
    /// To write an address down is to allow it; where a name leads is checked.
    pub address: HostPort,
    /// The server's own if absent.
    pub database: Option<String>,
    pub user: Option<String>,
    /// The secret that is the password.
    pub password: Option<SecretName>,
    /// Whether connections are encrypted, and the server's certificate is checked.
    pub tls: bool,
}

pub(super) fn read_stores(top: &mut Fields<'_, '_>, problems: &mut Problems<'_>) -> BTreeMap<StoreKey, StoreBinding> {
    let mut stores = BTreeMap::new();
    for (environment, value) in top.entries("stores", problems) {
        let environment = parsed(&environment, plain_name, problems);
        for (name, value) in entries(value, "stores", problems) {
            let name = parsed(&name, StoreName::parse, problems);
            let store = name.as_ref().and_then(|name| read_store(&name.value, value, problems));
            if let (Some(environment), Some(name), Some(store)) = (&environment, name, store) {
                stores.insert((environment.value.clone(), name.value), store);
            }
        }
    }
    stores
}

fn read_store(name: &StoreName, value: &Value<'_>, problems: &mut Problems<'_>) -> Option<StoreBinding> {
    let mut fields = Fields::open(value, format!("store `{name}`"), problems)?;
    let address = fields.required("address", problems).and_then(|address| parsed(&address, host_port, problems));
    let database = fields.parsed("database", identity, problems).map(|database| database.value);
    let user = fields.parsed("user", identity, problems).map(|user| user.value);
    let password = fields.parsed("password", SecretName::parse, problems).map(|password| password.value);
    let tls = fields.boolean("tls", problems).unwrap_or(true);
    fields.close(problems);
    Some(StoreBinding { address: address?.value, database, user, password, tls })
}

/// The name of a database or a user, which may stand in a header.
fn identity(text: &str) -> Result<String, String> {
    let ok = (1..=128).contains(&text.len()) && text.chars().all(|c| ('!'..='~').contains(&c));
    if ok { Ok(text.to_owned()) } else { Err(format!("`{text}` is not a name of 1 to 128 visible characters")) }
}
