//! `[[notify]]`: who is told what of a run.

use holdpoint_model::grant::{HostPattern, SecretName, ToolName};
use holdpoint_model::{Carrier, NoticeKind, NoticeTarget};
use toml_span::value::Value;

use crate::diagnostic::Problems;
use crate::reading::{Fields, Located, all_parsed, parsed};

/// Where webhooks are if a bundle does not say it.
const HOST: &str = "hooks.slack.com";

/// A target with the place of its secret, which the environment must have.
#[derive(Debug)]
pub(crate) struct Notify {
    pub(crate) target: NoticeTarget,
    pub(crate) at: usize,
}

impl Notify {
    pub(crate) fn read(value: &Value<'_>, problems: &mut Problems<'_>) -> Option<Self> {
        let mut fields = Fields::open(value, "`notify`", problems)?;
        let written = fields.strings("on", problems).unwrap_or_default();
        let is_missing = written.is_empty();
        let on: Vec<NoticeKind> = all_parsed(&written, kind, problems).into_iter().map(|kind| kind.value).collect();
        let (has_webhook, at) = (fields.absent(&["webhook"]).is_empty(), fields.at);
        let webhook = fields.table("webhook", problems).and_then(|fields| webhook(fields, problems));
        let command = fields.parsed("command", ToolName::parse, problems);
        let has_command = fields.absent(&["command"]).is_empty();
        fields.close(problems);
        if is_missing {
            problems.at(at, "`notify` lacks `on`: what it tells, e.g. on = [\"hold\", \"rollback\"]");
        }
        if has_webhook == has_command {
            let what = if has_webhook {
                "has either `webhook` or `command`, not both"
            } else {
                "needs `webhook` or `command`"
            };
            problems.at(at, format!("`notify` {what}, e.g. webhook = {{ secret = \"SLACK_WEBHOOK\" }}"));
            return None;
        }
        let (to, at) = match (webhook, command) {
            (Some((to, at)), _) => (to, at),
            (None, Some(tool)) => (Carrier::Command(tool.value), tool.at),
            (None, None) => return None,
        };
        Some(Self { target: NoticeTarget { on, to }, at })
    }
}

fn webhook(mut fields: Fields<'_, '_>, problems: &mut Problems<'_>) -> Option<(Carrier, usize)> {
    let secret = fields.required("secret", problems).and_then(|name| parsed(&name, SecretName::parse, problems));
    let hosts = fields.strings("hosts", problems);
    fields.close(problems);
    let Located { value: secret, at } = secret?;
    let hosts = hosts.unwrap_or_else(|| vec![Located { value: HOST.to_owned(), at }]);
    let hosts = all_parsed(&hosts, HostPattern::parse, problems).into_iter().map(|host| host.value).collect();
    Some((Carrier::Webhook { secret, hosts }, at))
}

fn kind(word: &str) -> Result<NoticeKind, String> {
    NoticeKind::parse(word).ok_or_else(|| {
        let words: Vec<&str> = NoticeKind::ALL.into_iter().map(NoticeKind::word).collect();
        let all = words.join(", ");
        match word {
            "rolled-back" | "rollback-failed" => format!("`{word}` is told by `rollback`; write some of {all}"),
            _ => format!("`{word}` is nothing that is told: write some of {all}"),
        }
    })
}
