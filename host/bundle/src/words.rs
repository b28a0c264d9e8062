//! What a bundle asks for, in words.

use std::collections::BTreeSet;
use std::fmt;

use holdpoint_model::PhaseId;
use holdpoint_model::grant::{
    DataGrant, ExecGrant, GcloudGrant, HttpGrant, Limits, LoadGrant, MetricsGrant, WebsocketGrant, format_duration,
    format_size,
};

use crate::resolved::Resolved;

/// One ask of a bundle, in words.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ask {
    /// The phase that asks; none for the bundle as a whole.
    pub phase: Option<PhaseId>,
    pub what: String,
}

impl fmt::Display for Ask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.phase {
            Some(phase) => write!(f, "{phase}: {}", self.what),
            None => f.write_str(&self.what),
        }
    }
}

/// What a person consents to who allows a bundle: one line for each ask, for people and for comparing with last time.
pub fn asks_in_words(resolved: &Resolved) -> Vec<String> {
    asks(resolved).iter().map(Ask::to_string).collect()
}

/// The same, by who asks.
pub fn asks(resolved: &Resolved) -> Vec<Ask> {
    let whole = |what| Ask { phase: None, what };
    let mut asks = vec![whole(format!("validate the environment {}", resolved.environment.name))];
    for ask in resolved.service_asks() {
        asks.push(whole(format!("reach service {} at {}", ask.name, join(&ask.within))));
    }
    let of_users = |id: &PhaseId| resolved.users.iter().any(|user| user.base.id == *id);
    for phase in resolved.asking() {
        let mut words: Vec<String> = phase.grants.http.iter().map(http).collect();
        for grant in &phase.grants.files {
            words.push(format!("read files below {} as {}", grant.path().display(), grant.directory));
        }
        let secrets: BTreeSet<&str> = phase.grants.secrets.iter().map(|grant| grant.name.as_str()).collect();
        words.extend(secrets.into_iter().map(|name| format!("use the secret {name}")));
        words.extend(phase.grants.gcloud.iter().flat_map(GcloudGrant::words));
        words.extend(phase.grants.exec.iter().map(ExecGrant::words));
        words.extend(phase.grants.websocket.iter().map(WebsocketGrant::words));
        words.extend(phase.grants.metrics.iter().map(MetricsGrant::words));
        words.extend(phase.grants.data.iter().map(DataGrant::words));
        words.extend(phase.grants.load.iter().map(load));
        let bounds = &phase.grants.limits;
        let has_module = !phase.bytes.is_empty();
        words.extend(has_module.then(|| if of_users(&phase.id) { of_each_user(bounds) } else { limits(bounds) }));
        asks.extend(words.into_iter().map(|what| Ask { phase: Some(phase.id.clone()), what }));
    }
    asks
}

/// A grant of load.
pub(crate) fn load(grant: &LoadGrant) -> String {
    format!("put {}", grant.words())
}

/// The bounds of a phase.
pub(crate) fn limits(limits: &Limits) -> String {
    format!(
        "run for {} with {} calls, {} of memory and {} of output",
        format_duration(limits.deadline),
        limits.max_calls,
        format_size(limits.memory),
        format_size(limits.output)
    )
}

/// The bounds of virtual users.
fn of_each_user(limits: &Limits) -> String {
    format!(
        "run for {} with {} calls in each iteration, and {} of memory for each user",
        format_duration(limits.deadline),
        limits.max_calls,
        format_size(limits.memory)
    )
}

/// A grant of requests.
pub(crate) fn http(grant: &HttpGrant) -> String {
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

pub(crate) fn join<T: ToString>(items: &[T]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
