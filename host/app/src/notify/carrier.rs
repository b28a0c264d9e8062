//! One attempt to deliver a notification. It goes through the gate as a request of a phase does: the bundle's ask bounds it, and what the
//! operator's file does not allow was refused before the run. The URL of a webhook is a secret, and no text that leaves here has it.

use std::{sync::Arc, time::Duration};

use holdpoint_bundle::Verified;
use holdpoint_cap_exec::{Exec, ExecBackend, Exit, Request as Start, Response as Job};
use holdpoint_cap_http::{Header, Http, HttpBackend, HttpConfig, NoIdTokens, Request, Target};
use holdpoint_cap_secret::RunVault;
use holdpoint_gate::{
    Act, Boxed, Destination, Gate, Halt, Limits, Performed, Recorder, Rules, Scrubbed, Scrubber, StatementEntry,
    Unrevealed, Unscrubbed, Vault,
};
use holdpoint_model::{
    Body, CallError, Carrier, Digest, PhaseId, RunId,
    grant::{Grants, HostPort},
};
use url::Url;

use super::{
    notices::Open,
    patience::{Attempt, of_status},
};
use crate::{backends::Network, secrets, tools};

/// How long one attempt of a webhook may take.
const WEBHOOK_MS: u32 = 10_000;
/// The same for a tool; its pin may say less.
const TOOL_MS: u32 = 20_000;

/// What notifications of a run are sent with.
pub(crate) struct Carriers {
    verified: Arc<Verified>,
    run: RunId,
    grants: Grants,
    gate: Arc<Gate>,
}

impl Carriers {
    /// None where the bundle tells nobody anything.
    pub(crate) fn of(verified: &Arc<Verified>, run: &RunId) -> Option<Self> {
        let grants = verified.notifier.clone()?;
        let seed = Digest::of_parts(&[b"notify", run.as_str().as_bytes()]);
        let rules = Rules { run: run.clone().into(), seed, dry_run: false, may_disrupt: false };
        let gate = Gate::new(Arc::new(Nobody), Arc::new(Unscrubbed), rules);
        Some(Self { verified: verified.clone(), run: run.clone(), grants, gate })
    }

    /// Tries once. The key is the same every time: it is that of the first call of a sender of its own.
    pub(crate) async fn attempt(&self, open: &Open, sender: &PhaseId) -> Attempt {
        let Some(target) = self.verified.notify.get(open.target) else {
            return Attempt::Refused("the bundle has no such target".to_owned());
        };
        match &target.to {
            Carrier::Webhook { secret, .. } => match secrets::named(&self.verified, secret) {
                Ok(Some(url)) if !url.trim().is_empty() => self.post(url.trim(), &open.notice.body, sender).await,
                Ok(_) => Attempt::Refused(format!("secret {secret} has no value on this machine")),
                Err(error) => Attempt::Refused(error.to_string()),
            },
            Carrier::Command(tool) => self.start(tool.as_str(), &open.notice.body, sender).await,
        }
    }

    async fn post(&self, url: &str, body: &str, sender: &PhaseId) -> Attempt {
        if let Err(why) = self.place(url) {
            return Attempt::Refused(why);
        }
        let network = match Network::of(&self.verified) {
            Ok(network) => network,
            Err(error) => return Attempt::Refused(error.to_string()),
        };
        let backend = HttpBackend::new(HttpConfig {
            services: Default::default(),
            connect_to: network.connect_to,
            ca_file: network.ca_file,
            grants: self.grants.clone(),
            vault: Arc::new(AsWritten),
            id_tokens: Arc::new(NoIdTokens),
        });
        let backend = match backend {
            Ok(backend) => backend,
            Err(error) => return Attempt::Refused(error.to_string()),
        };
        let request = Request {
            target: Target::Url(url.to_owned()),
            method: "POST".to_owned(),
            headers: vec![Header::new("content-type", "application/json")],
            body: Body::from(body.as_bytes().to_vec()),
            timeout_ms: WEBHOOK_MS,
        };
        let mut gate = self.gate.unrecorded(sender.clone(), Limits::default());
        match gate.call::<Http, _>(&backend, &self.grants, request).await {
            Ok(Ok(response)) => {
                let after = response.headers.iter().find(|header| header.name == "retry-after");
                of_status(response.status, after.map(|header| header.value.as_str()))
            }
            Ok(Err(CallError::Denied(_))) => Attempt::Refused("its host may not be asked for this".to_owned()),
            Ok(Err(CallError::Timeout(ms))) => failed(format!("it was not answered within {ms} ms")),
            Ok(Err(error)) => failed(without(&error.to_string(), url)),
            Err(halt) => failed(without(&halt.to_string(), url)),
        }
    }

    /// Whether the URL leads to a host that the bundle states, over TLS or to where the operator leads it.
    fn place(&self, url: &str) -> Result<(), String> {
        let url = Url::parse(url).map_err(|_| "the secret holds no URL".to_owned())?;
        let port = url.port_or_known_default().unwrap_or_default();
        let host = HostPort::parse(url.host_str().unwrap_or_default(), port)
            .map_err(|_| "the secret's URL has no host".to_owned())?;
        if !self.grants.http.iter().any(|grant| grant.hosts.iter().any(|pattern| pattern.covers(&host))) {
            return Err(format!("its host {host} is none of those that `notify` of the bundle states"));
        }
        if url.scheme() != "https" && !self.verified.connect_to.contains_key(&host) {
            return Err(format!("the URL at {host} is sent to with https only"));
        }
        Ok(())
    }

    async fn start(&self, tool: &str, body: &str, sender: &PhaseId) -> Attempt {
        let vault = RunVault::new(&self.run, Vec::new(), None).map(Arc::new);
        let backend =
            vault.map_err(|e| e.to_string()).and_then(|vault| tools::backend(&self.verified, &self.grants, &vault));
        let backend = match backend {
            Ok(backend) => backend,
            Err(why) => return Attempt::Refused(why),
        };
        let stdin = Body::from(body.as_bytes().to_vec());
        let start = Start::Start { tool: tool.to_owned(), args: Vec::new(), stdin };
        let mut gate = self.gate.unrecorded(sender.clone(), Limits::default());
        let mut call =
            async |backend: &ExecBackend, request| gate.call::<Exec, _>(backend, &self.grants, request).await;
        let job = match call(&backend, start).await {
            Ok(Ok(Job::Started { job, .. })) => job,
            Ok(Err(CallError::Denied(denial))) => return Attempt::Refused(denial.reason),
            Ok(Ok(_)) => return failed("the tool did not start".to_owned()),
            Ok(Err(error)) => return failed(error.to_string()),
            Err(halt) => return failed(halt.to_string()),
        };
        match call(&backend, Start::Poll { job, wait_ms: TOOL_MS }).await {
            Ok(Ok(Job::Ended { exit: Exit::Code(0), .. })) => Attempt::Delivered,
            Ok(Ok(Job::Ended { exit, .. })) => failed(format!("tool `{tool}` ended with {exit:?}")),
            // The backend ends it with itself.
            Ok(Ok(_)) => failed(format!("tool `{tool}` did not end within {TOOL_MS} ms")),
            Ok(Err(error)) => failed(error.to_string()),
            Err(halt) => failed(halt.to_string()),
        }
    }
}

fn failed(why: String) -> Attempt {
    Attempt::Failed { why, after: None::<Duration> }
}

/// A text without the URL, and without its path.
fn without(text: &str, url: &str) -> String {
    let path = Url::parse(url).map(|url| url.path().to_owned()).unwrap_or_default();
    let text = text.replace(url, "the webhook");
    if path.len() > 1 { text.replace(&path, "/…") } else { text }
}

/// Notifications are recorded by whoever sends them, as rows of their own.
struct Nobody;

impl Recorder for Nobody {
    fn perform<'a>(&'a self, _: Vec<Box<dyn Act + 'a>>, _: usize) -> Boxed<'a, Result<Vec<Performed>, Halt>> {
        Box::pin(async { Err(Halt::Journal("notifications are no calls of a phase".into())) })
    }

    fn state(&self, _: StatementEntry) -> Boxed<'_, Result<(), Halt>> {
        Box::pin(async { Err(Halt::Journal("notifications state nothing".into())) })
    }

    fn finish(&self, _: &PhaseId) -> Result<(), Halt> {
        Ok(())
    }
}

/// A body holds no placeholder that stands for anything.
struct AsWritten;

impl Scrubber for AsWritten {
    fn scrub(&self, _: &[u8]) -> Option<Scrubbed> {
        None
    }
}

impl Vault for AsWritten {
    fn reveal(&self, text: &str, _: &Destination<'_>) -> Result<String, Unrevealed> {
        Ok(text.to_owned())
    }

    fn keep(&self, _: &PhaseId, value: &str) -> String {
        value.to_owned()
    }

    fn hide(&self, _: &str, _: &str) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_keeps_the_url_of_a_webhook() {
        let url = "https://hooks.example.com/services/T0/B0/very-secret";
        let text = without(&format!("POST {url} failed at /services/T0/B0/very-secret"), url);
        assert_eq!(text, "POST the webhook failed at /…");
    }
}
