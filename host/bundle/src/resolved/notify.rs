//! Who is told of a run, and what that asks of the operator.

use std::sync::Arc;

use holdpoint_model::grant::{ExecGrant, Grants, HttpGrant, Method, SecretsGrant};
use holdpoint_model::{Carrier, Digest, NoticeTarget, PhaseId};

use super::ResolvedPhase;
use crate::authored::Authored;
use crate::authored::environment::Environment;
use crate::diagnostic::Problems;

/// What messages and consent call whoever sends notifications.
const NAME: &str = "notify";

/// The targets, and their asks as those of a phase; no module is behind it. None where nobody is told anything.
pub(crate) fn resolve(
    authored: &Authored,
    environment: Option<&Environment>,
    problems: &mut Problems<'_>,
) -> (Vec<NoticeTarget>, Option<ResolvedPhase>) {
    let targets: Vec<NoticeTarget> = authored.notify.iter().map(|notify| notify.target.clone()).collect();
    let (Ok(id), Ok(post)) = (PhaseId::parse(NAME), Method::parse("POST")) else { return (targets, None) };
    let mut grants = Grants::none(id.clone());
    for notify in &authored.notify {
        match &notify.target.to {
            Carrier::Webhook { secret, hosts } => {
                if let Some(environment) = environment.filter(|environment| !environment.secrets.contains(secret)) {
                    let message = format!("secret `{secret}` is not bound to the environment");
                    let hint = format!("add to [environments.{}]: secrets = [\"{secret}\"]", environment.name);
                    problems.at_with(notify.at, message, hint);
                }
                grants.http.push(HttpGrant {
                    services: vec![],
                    hosts: hosts.clone(),
                    methods: vec![post.clone()],
                    paths: None,
                    class: None,
                    auth: None,
                    secret: vec![],
                    read_back: None,
                });
                if grants.secrets.iter().all(|known| known.name != *secret) {
                    grants.secrets.push(SecretsGrant { name: secret.clone() });
                }
            }
            Carrier::Command(tool) => grants.exec.push(ExecGrant { tools: vec![tool.clone()], class: None }),
        }
    }
    let asks = (!targets.is_empty()).then(|| ResolvedPhase {
        id,
        module: String::new(),
        bytes: Arc::from([]),
        digest: Digest::of(b""),
        imports: vec![],
        config: String::new(),
        stage: String::new(),
        approval: None,
        schedule: None,
        tolerates_disruption: false,
        needs: vec![],
        requirements: vec![],
        services: vec![],
        grants,
    });
    (targets, asks)
}
