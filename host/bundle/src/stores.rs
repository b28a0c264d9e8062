//! The stores that phases ask, and what this machine has of them.

use std::collections::{BTreeMap, BTreeSet};

use holdpoint_model::grant::{SecretName, StoreKind, StoreName};

use crate::diagnostic::Diagnostic;
use crate::operator::{Operator, StoreBinding};
use crate::resolved::Resolved;
use crate::verified::{is_of, whole};

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

/// Every store that is asked has a place on this machine, and can be asked as its place says.
pub(crate) fn check(resolved: &Resolved, operator: &Operator, label: &str) -> Vec<Diagnostic> {
    let environment = &resolved.environment.name;
    let lacking = |name: &StoreName| {
        let table = format!("[stores.{environment}.{name}]");
        let Some(binding) = operator.stores.get(&(environment.clone(), name.clone())) else {
            let message = format!("a phase asks the store `{name}`, and this machine does not know where it is");
            let lines = format!("{table}\n    address = \"HOST:PORT\"\n    user = \"…\"\n    password = \"SECRET\"");
            return Some(whole(label, &message, Some(format!("to say where, add to {label}:\n    {lines}"))));
        };
        if let Some(password) = &binding.password {
            return check_password(name, password, resolved, operator, label);
        }
        // It knows nobody by a name alone, and would be asked as `default`.
        let redis = resolved.environment.stores.contains(&(name.clone(), StoreKind::Redis));
        let message = format!("the store `{name}` has a user and no password, and a user of Redis needs a password");
        let hint = format!("write password = \"SECRET\" in {table} in {label}, or take its user out");
        (redis && binding.user.is_some()).then(|| whole(label, &message, Some(hint)))
    };
    asked(resolved).into_iter().filter_map(lacking).collect()
}

/// A password is a secret that this machine has, of no other environment, and none that the bundle calls public.
fn check_password(
    name: &StoreName,
    password: &SecretName,
    resolved: &Resolved,
    operator: &Operator,
    label: &str,
) -> Option<Diagnostic> {
    let environment = &resolved.environment;
    if environment.public.contains(password) {
        // What a bundle calls public is not searched for in answers.
        let message = format!("the password of the store `{name}` is {password}, which the bundle calls public");
        let hint = format!("take {password} out of public in [environments.{}]", environment.name);
        return Some(whole(&resolved.label, &message, Some(hint)));
    }
    let Some(bound) = operator.secrets.iter().find(|secret| secret.name == *password) else {
        let message = format!("the password of the store `{name}` is the secret {password}, which this machine lacks");
        let lines = format!("[secrets.{password}]\n    from = {{ env = \"{password}\" }}");
        return Some(whole(label, &message, Some(format!("to bind it, add to {label}:\n    {lines}"))));
    };
    if is_of(bound, &environment.name) {
        return None;
    }
    let (here, of) = (&environment.name, bound.environment.as_deref().unwrap_or_default());
    let message = format!(
        "the password of the store `{name}` is secret `{password}`, which is of environment `{of}`, not of `{here}`"
    );
    let hint = format!("give `{here}` a password of its own; [secrets.{password}] in {label} says whose this is");
    Some(whole(label, &message, Some(hint)))
}
