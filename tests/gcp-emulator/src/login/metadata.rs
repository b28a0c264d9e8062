//! The metadata server of a machine in the cloud: its account, its tokens, its project. Plain HTTP, as the real one,
//! and only for callers that say `Metadata-Flavor: Google`.

use serde_json::json;

use super::Tokens;
use crate::clock::Moment;
use crate::exchange::{Answer, Call};

const INSTANCE: &str = "/computeMetadata/v1/instance/";
const ACCOUNTS: &str = "service-accounts/";
const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";

/// Answers a call to the metadata server.
pub(crate) fn answer(tokens: &mut Tokens, call: &Call, region: &str, now: Moment) -> Answer {
    if !call.path.is_empty() && call.path != "/" && !call.metadata_flavor {
        return Answer::refuse(403, "the header Metadata-Flavor: Google is missing");
    }
    let text = |text: &str| Answer::text(text.to_owned());
    let Some(email) = tokens.accounts.first().map(|account| account.email.clone()) else {
        return Answer::refuse(404, "this machine has no account");
    };
    match call.path.as_str() {
        "" | "/" | "/computeMetadata/v1/" => text("computeMetadata/\n"),
        "/computeMetadata/v1/project/project-id" => text(&tokens.project),
        "/computeMetadata/v1/project/numeric-project-id" => Answer::text(tokens.project_number.to_string()),
        "/computeMetadata/v1/universe/universe-domain" => text("googleapis.com"),
        path => match path.strip_prefix(INSTANCE) {
            Some("zone") => Answer::text(format!("projects/{}/zones/{region}-a", tokens.project_number)),
            Some("service-accounts" | "service-accounts/") => Answer::text(format!("default/\n{email}/\n")),
            Some(rest) => account(tokens, call, rest, &email, now),
            None => Answer::refuse(404, "the metadata server has no such entry"),
        },
    }
}

fn account(tokens: &mut Tokens, call: &Call, rest: &str, email: &str, now: Moment) -> Answer {
    let of_account = rest.strip_prefix(ACCOUNTS).and_then(|rest| rest.split_once('/'));
    let Some((_, entry)) = of_account.filter(|(name, _)| *name == "default" || *name == email) else {
        return Answer::refuse(404, "the metadata server has no such account");
    };
    match entry {
        "" if call.parameter("recursive").is_some() => {
            Answer::json(&json!({"aliases": ["default"], "email": email, "scopes": [SCOPE]}))
        }
        "" => Answer::text("aliases\nemail\nidentity\nscopes\ntoken\n".to_owned()),
        "email" => Answer::text(email.to_owned()),
        "aliases" => Answer::text("default".to_owned()),
        "scopes" => Answer::text(format!("{SCOPE}\n")),
        "token" => {
            let lifetime = tokens.lifetime;
            let value = tokens.issue(email, now.after(lifetime));
            Answer::json(&json!({"access_token": value, "expires_in": lifetime.as_secs(), "token_type": "Bearer"}))
        }
        _ => Answer::refuse(404, "the metadata server has no such entry"),
    }
}
