//! The stores that phases ask, and what this machine has of them.

use std::collections::{BTreeMap, BTreeSet};

use holdpoint_model::grant::{StoreKind, StoreName};

use crate::diagnostic::Diagnostic;
use crate::operator::{Operator, StoreBinding};
use crate::resolved::Resolved;
use crate::verified::whole;

/// A store with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacedStore {
    pub kind: StoreKind,
    pub binding: StoreBinding,
}

/// The stores that grants name, each once.
fn asked(resolved: &Resolved) -> BTreeSet<&StoreName> {
    resolved.askers().flat_map(|phase| &phase.grants.data).flat_map(|grant| &grant.stores).collect()
}

/// What this machine has of the stores that are asked.
pub(crate) fn placed(resolved: &Resolved, operator: &Operator) -> BTreeMap<StoreName, PlacedStore> {
    let asked = asked(resolved);
    let environment = &resolved.environment;
    let placed = |(name, kind): &(StoreName, StoreKind)| {
        let binding = operator.stores.get(&(environment.name.clone(), name.clone()))?;
        Some((name.clone(), PlacedStore { kind: *kind, binding: binding.clone() }))
    };
    environment.stores.iter().filter(|(name, _)| asked.contains(name)).filter_map(placed).collect()
}

/// Every store that is asked has a place on this machine, and its password is a secret that this machine has.
pub(crate) fn check(resolved: &Resolved, operator: &Operator, label: &str) -> Vec<Diagnostic> {
    let environment = &resolved.environment;
    let lacking = |name: &StoreName| {
        let table = format!("[stores.{}.{name}]", environment.name);
        let Some(binding) = operator.stores.get(&(environment.name.clone(), name.clone())) else {
            let message = format!("a phase asks the store `{name}`, and this machine does not know where it is");
            let lines = format!("{table}\n    address = \"HOST:PORT\"\n    user = \"…\"\n    password = \"SECRET\"");
            return Some(whole(label, &message, Some(format!("to say where, add to {label}:\n    {lines}"))));
        };
        let password = binding.password.as_ref()?;
        if environment.public.contains(password) {
            // What a bundle calls public is not searched for in answers.
            let message = format!("the password of the store `{name}` is {password}, which the bundle calls public");
            let hint = format!("take {password} out of public in [environments.{}]", environment.name);
            return Some(whole(&resolved.label, &message, Some(hint)));
        }
        let bound = operator.secrets.iter().any(|secret| secret.name == *password);
        let message = format!("the password of the store `{name}` is the secret {password}, which this machine lacks");
        let lines = format!("[secrets.{password}]\n    from = {{ env = \"{password}\" }}");
        (!bound).then(|| whole(label, &message, Some(format!("to bind it, add to {label}:\n    {lines}"))))
    };
    asked(resolved).into_iter().filter_map(lacking).collect()
}
