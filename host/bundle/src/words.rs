//! What a bundle asks for, in words.

use std::collections::BTreeSet;

use holdpoint_model::grant::{HttpGrant, format_duration, format_size};

use crate::resolved::Resolved;

/// What a person consents to who allows a bundle: one line for each ask, for people and for comparing with last time.
pub fn asks_in_words(resolved: &Resolved) -> Vec<String> {
    let mut words = vec![format!("validate the environment {}", resolved.environment.name)];
    for ask in resolved.service_asks() {
        words.push(format!("reach service {} at {}", ask.name, join(&ask.within)));
    }
    for phase in &resolved.phases {
        let who = &phase.id;
        words.extend(phase.grants.http.iter().map(|grant| format!("{who}: {}", http(grant))));
        for grant in &phase.grants.files {
            words.push(format!("{who}: read files below {} as {}", grant.path().display(), grant.directory));
        }
        let secrets: BTreeSet<&str> = phase.grants.secrets.iter().map(|grant| grant.name.as_str()).collect();
        words.extend(secrets.into_iter().map(|name| format!("{who}: use the secret {name}")));
        let limits = phase.grants.limits;
        words.push(format!(
            "{who}: run for {} with {} calls, {} of memory and {} of output",
            format_duration(limits.deadline),
            limits.max_calls,
            format_size(limits.memory),
            format_size(limits.output)
        ));
    }
    words
}

fn http(grant: &HttpGrant) -> String {
    let mut to = Vec::new();
    if !grant.services.is_empty() {
        to.push(format!("services {}", join(&grant.services)));
    }
    if !grant.hosts.is_empty() {
        to.push(format!("hosts {}", join(&grant.hosts)));
    }
    if to.is_empty() || grant.methods.is_empty() || grant.paths.as_ref().is_some_and(Vec::is_empty) {
        return "a grant of http that grants nothing".to_owned();
    }
    let below = grant.paths.as_ref().map_or(String::new(), |paths| format!(" below {}", join(paths)));
    let class = grant.class.map_or(String::new(), |class| format!(", as {class}"));
    let auth = grant.auth.map_or(String::new(), |auth| format!(", {}", auth.words()));
    let read_back = grant.read_back.as_ref().map_or(String::new(), |path| format!(", read back at {}", path.as_str()));
    format!("send {} to {}{below}{class}{auth}{read_back}", join(&grant.methods), to.join(" and "))
}

fn join<T: ToString>(items: &[T]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
