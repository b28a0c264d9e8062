//! The stores that phases ask, and what this machine has of them.

use std::collections::{BTreeMap, BTreeSet};

use holdpoint_model::grant::{SecretName, StoreKind, StoreName};

use crate::diagnostic::Diagnostic;
use crate::operator::{Operator, StoreBinding};
use crate::resolved::{EnvironmentFacts, Resolved};
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
    let lacking = |name: &StoreName| match operator.stores.get(&(environment.clone(), name.clone())) {
        Some(StoreBinding { password: Some(password), .. }) => {
            check_password(name, password, resolved, operator, label)
        }
        Some(binding) => check_user(name, binding, resolved, label).into_iter().collect(),
        None => vec![unplaced(name, &resolved.environment, operator, label)],
    };
    asked(resolved).into_iter().flat_map(lacking).collect()
}

/// Where the store is and with which password it is asked: all that there is to write, so that nobody is told of the rest afterwards.
fn unplaced(name: &StoreName, environment: &EnvironmentFacts, operator: &Operator, label: &str) -> Diagnostic {
    let message = format!("a phase asks the store `{name}`, and this machine does not know where it is");
    let upper = |text: &str| text.to_uppercase().replace('-', "_");
    let known = |password: &str| operator.secrets.iter().find(|secret| secret.name.as_str() == password);
    let short = format!("{}_PASSWORD", upper(name.as_str()));
    // One that can't be used here would only be told next.
    let foreign = known(&short).is_some_and(|secret| !is_of(secret, &environment.name));
    let public = environment.public.iter().any(|secret| secret.as_str() == short);
    let password = if foreign || public { format!("{}_{short}", upper(&environment.name)) } else { short };
    let lines = format!(
        "[stores.{}.{name}]\n    address = \"HOST:PORT\"\n    user = \"…\"\n    password = \"{password}\"",
        environment.name
    );
    // A table that stood there twice would be a mistake.
    let secret = if known(&password).is_some() { String::new() } else { format!("\n    {}", bound(&password)) };
    whole(label, &message, Some(format!("to say where, add to {label}:\n    {lines}{secret}")))
}

/// The lines that take a secret from a variable, which has to be set too.
fn bound(secret: &str) -> String {
    format!("[secrets.{secret}]\n    from = {{ env = \"{secret}\" }}\nand set the variable {secret}")
}

/// It knows nobody by a name alone, and would be asked as `default`.
fn check_user(name: &StoreName, binding: &StoreBinding, resolved: &Resolved, label: &str) -> Option<Diagnostic> {
    let environment = &resolved.environment;
    let redis = environment.stores.contains(&(name.clone(), StoreKind::Redis));
    let message = format!("the store `{name}` has a user and no password, and a user of Redis needs a password");
    let table = format!("[stores.{}.{name}]", environment.name);
    let hint = format!("write password = \"SECRET\" in {table} in {label}, or take its user out");
    (redis && binding.user.is_some()).then(|| whole(label, &message, Some(hint)))
}

/// A password is a secret that this machine has, of no other environment, and none that the bundle calls public.
fn check_password(
    name: &StoreName,
    password: &SecretName,
    resolved: &Resolved,
    operator: &Operator,
    label: &str,
) -> Vec<Diagnostic> {
    let environment = &resolved.environment;
    let public = environment.public.contains(password).then(|| {
        // What a bundle calls public is not searched for in answers.
        let message = format!("the password of the store `{name}` is {password}, which the bundle calls public");
        let hint = format!("take {password} out of public in [environments.{}]", environment.name);
        whole(&resolved.label, &message, Some(hint))
    });
    let (here, known) = (&environment.name, operator.secrets.iter().find(|secret| secret.name == *password));
    let unusable = match known {
        Some(known) if is_of(known, here) => None,
        Some(foreign) => {
            let of = foreign.environment.as_deref().unwrap_or_default();
            let message = format!(
                "the password of the store `{name}` is secret `{password}`, which is of environment `{of}`, not of `{here}`"
            );
            let hint =
                format!("give `{here}` a password of its own; [secrets.{password}] in {label} says whose this is");
            Some(whole(label, &message, Some(hint)))
        }
        None => {
            let message =
                format!("the password of the store `{name}` is the secret {password}, which this machine lacks");
            let lines = bound(password.as_str());
            Some(whole(label, &message, Some(format!("to bind it, add to {label}:\n    {lines}"))))
        }
    };
    public.into_iter().chain(unusable).collect()
}
