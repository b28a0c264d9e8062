//! Sockets as they are granted, in `[phase.grants]` and in the entry of a bundle in the operator's file.

use holdpoint_model::ServiceName;
use holdpoint_model::grant::{HostPattern, PathPrefix, WebsocketGrant};
use toml_span::value::Value;

use crate::authored::gcloud::read_class;
use crate::authored::grants::Fill;
use crate::diagnostic::Problems;
use crate::reading::{Fields, Located};

/// One entry of `websocket`.
#[derive(Debug)]
pub(crate) struct AuthoredSockets {
    pub(crate) services: Vec<Located<String>>,
    hosts: Vec<Located<String>>,
    paths: Option<Vec<Located<String>>>,
    class: Option<Located<String>>,
}

impl AuthoredSockets {
    pub(crate) fn read(value: &Value<'_>, problems: &mut Problems<'_>) -> Option<Self> {
        let mut fields = Fields::open(value, "a grant of websocket", problems)?;
        let (services, hosts) = (fields.strings("services", problems), fields.strings("hosts", problems));
        if services.is_none() && hosts.is_none() {
            problems.at(fields.at, "a grant of websocket lacks `services` or `hosts`, e.g. services = [\"backend\"]");
        }
        let sockets = Self {
            services: services.unwrap_or_default(),
            hosts: hosts.unwrap_or_default(),
            paths: fields.strings("paths", problems),
            class: fields.string("class", problems),
        };
        fields.close(problems);
        Some(sockets)
    }

    /// The grant, with every string filled. Mistaken parts are reported and left out.
    pub(crate) fn resolve(&self, fill: &mut Fill<'_, '_>) -> WebsocketGrant {
        WebsocketGrant {
            services: fill.all(&self.services, ServiceName::parse),
            hosts: fill.all(&self.hosts, HostPattern::parse),
            paths: self.paths.as_ref().map(|paths| fill.all(paths, PathPrefix::parse)),
            class: self.class.as_ref().and_then(|text| fill.one(text, read_class)),
        }
    }

    /// Those of the entry of a bundle; an operator's file has no variables.
    pub(crate) fn read_granted(fields: &mut Fields<'_, '_>, problems: &mut Problems<'_>) -> Vec<WebsocketGrant> {
        let list = fields.list("websocket", problems).unwrap_or_default();
        let authored: Vec<Self> = list.iter().filter_map(|item| Self::read(item, problems)).collect();
        let filler = |text: &Located<String>, _: &mut Problems<'_>| Some(text.value.clone());
        let mut fill = Fill { filler: &filler, problems };
        authored.iter().map(|sockets| sockets.resolve(&mut fill)).collect()
    }
}
