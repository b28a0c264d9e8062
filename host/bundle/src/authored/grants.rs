//! Grants as they are written, in `[phase.grants]` and in the operator's file.

use std::fmt::Display;

use holdpoint_model::ServiceName;
use holdpoint_model::grant::{HostPattern, HttpAuth, HttpGrant, JsonPath, Method, PathPrefix, ReadBack, parse_size};
use toml_span::value::Value;

use crate::authored::data::AuthoredData;
use crate::authored::exec::AuthoredTools;
use crate::authored::gcloud::{AuthoredCommand, read_class};
use crate::authored::load::AuthoredLoad;
use crate::authored::metrics::AuthoredMetrics;
use crate::authored::websocket::AuthoredSockets;
use crate::diagnostic::Problems;
use crate::reading::{Fields, Located, parsed};

/// What a phase asks for, before variables are filled.
#[derive(Debug, Default)]
pub(crate) struct AuthoredGrants {
    pub(crate) http: Vec<AuthoredHttp>,
    pub(crate) files: Vec<AuthoredFiles>,
    pub(crate) secrets: Vec<Located<String>>,
    pub(crate) gcloud: Vec<AuthoredCommand>,
    pub(crate) exec: Vec<AuthoredTools>,
    pub(crate) websocket: Vec<AuthoredSockets>,
    pub(crate) metrics: Vec<AuthoredMetrics>,
    pub(crate) data: Vec<AuthoredData>,
    /// Bounds have no variables.
    pub(crate) load: Option<AuthoredLoad>,
    pub(crate) calls: Option<Located<u32>>,
    pub(crate) memory: Option<Located<u64>>,
    pub(crate) output: Option<Located<u64>>,
    /// Where they stand.
    at: usize,
}

/// One entry of `http`.
#[derive(Debug)]
pub(crate) struct AuthoredHttp {
    pub(crate) services: Vec<Located<String>>,
    hosts: Vec<Located<String>>,
    methods: Vec<Located<String>>,
    paths: Option<Vec<Located<String>>>,
    class: Option<Located<String>>,
    auth: Option<HttpAuth>,
    at: usize,
    secret: Vec<Located<String>>,
    read_back: Option<Located<String>>,
}

/// One entry of `files`.
#[derive(Debug)]
pub(crate) struct AuthoredFiles {
    pub(crate) directory: Located<String>,
    pub(crate) path: Located<String>,
}

impl AuthoredGrants {
    pub(crate) fn read(mut fields: Fields<'_, '_>, problems: &mut Problems<'_>) -> Self {
        let mut grants = Self { at: fields.at, ..Self::default() };
        for item in fields.list("http", problems).unwrap_or_default() {
            grants.http.extend(AuthoredHttp::read(item, problems));
        }
        for item in fields.list("files", problems).unwrap_or_default() {
            let Some(mut entry) = Fields::open(item, "a grant of files", problems) else { continue };
            let (directory, path) = (entry.required("directory", problems), entry.required("path", problems));
            entry.close(problems);
            grants.files.extend(directory.zip(path).map(|(directory, path)| AuthoredFiles { directory, path }));
        }
        grants.secrets = fields.strings("secrets", problems).unwrap_or_default();
        for item in fields.list("gcloud", problems).unwrap_or_default() {
            grants.gcloud.extend(AuthoredCommand::read(item, problems));
        }
        for item in fields.list("exec", problems).unwrap_or_default() {
            grants.exec.extend(AuthoredTools::read(item, problems));
        }
        for item in fields.list("websocket", problems).unwrap_or_default() {
            grants.websocket.extend(AuthoredSockets::read(item, problems));
        }
        for item in fields.list("metrics", problems).unwrap_or_default() {
            grants.metrics.extend(AuthoredMetrics::read(item, problems));
        }
        for item in fields.list("data", problems).unwrap_or_default() {
            grants.data.extend(AuthoredData::read(item, problems));
        }
        grants.load = AuthoredLoad::read(&mut fields, problems);
        if let Some(mut limits) = fields.table("limits", problems) {
            grants.calls = limits.count("calls", problems);
            grants.memory = limits.parsed("memory", parse_size, problems);
            grants.output = limits.parsed("output", parse_size, problems);
            limits.close(problems);
        }
        fields.close(problems);
        grants
    }
}

impl AuthoredGrants {
    /// What is granted besides http and websocket, and where the first of each stands.
    pub(crate) fn kinds_beyond_the_web(&self) -> Vec<(&'static str, usize)> {
        let firsts = [
            ("files", self.files.first().map(|grant| grant.directory.at)),
            ("secrets", self.secrets.first().map(|name| name.at)),
            ("gcloud", self.gcloud.first().map(|command| command.command.at)),
        ];
        let mut kinds: Vec<_> = firsts.into_iter().filter_map(|(kind, at)| Some((kind, at?))).collect();
        let unplaced = [
            ("exec", self.exec.is_empty()),
            ("load", self.load.is_none()),
            ("metrics", self.metrics.is_empty()),
            ("data", self.data.is_empty()),
        ];
        kinds.extend(unplaced.into_iter().filter(|(_, none)| !none).map(|(kind, _)| (kind, self.at)));
        kinds
    }
}

impl AuthoredHttp {
    pub(crate) fn read(value: &Value<'_>, problems: &mut Problems<'_>) -> Option<Self> {
        let mut fields = Fields::open(value, "a grant of http", problems)?;
        let services = fields.strings("services", problems).unwrap_or_default();
        let hosts = fields.strings("hosts", problems).unwrap_or_default();
        let methods = fields.strings("methods", problems);
        if methods.is_none() {
            problems.at(fields.at, "a grant of http lacks `methods`, e.g. methods = [\"GET\"]");
        }
        let auth = read_auth(&mut fields, &hosts, problems);
        let http = Self {
            services,
            hosts,
            methods: methods.unwrap_or_default(),
            paths: fields.strings("paths", problems),
            class: fields.string("class", problems),
            auth,
            at: fields.at,
            secret: fields.strings("secret", problems).unwrap_or_default(),
            read_back: fields.string("read-back", problems),
        };
        fields.close(problems);
        Some(http)
    }

    /// Where the grant stands, if it has the host prove that it may ask.
    pub(crate) fn auth_at(&self) -> Option<usize> {
        self.auth.map(|_| self.at)
    }

    /// The grant, with every string filled. Mistaken parts are reported and left out.
    pub(crate) fn resolve(&self, fill: &mut Fill<'_, '_>) -> HttpGrant {
        HttpGrant {
            services: fill.all(&self.services, ServiceName::parse),
            hosts: fill.all(&self.hosts, HostPattern::parse),
            methods: fill.all(&self.methods, Method::parse),
            paths: self.paths.as_ref().map(|paths| fill.all(paths, PathPrefix::parse)),
            class: self.class.as_ref().and_then(|text| fill.one(text, read_class)),
            auth: self.auth,
            secret: fill.all(&self.secret, JsonPath::parse),
            read_back: self.read_back.as_ref().and_then(|text| fill.one(text, ReadBack::parse)),
        }
    }
}

/// A token is made for the URL of a service, and a host that is named in a URL has none.
fn read_auth(fields: &mut Fields<'_, '_>, hosts: &[Located<String>], problems: &mut Problems<'_>) -> Option<HttpAuth> {
    let mut auth = fields.table("auth", problems)?;
    let at = auth.at;
    let audience = auth.required(HttpAuth::ID_TOKEN, problems);
    auth.close(problems);
    if !hosts.is_empty() {
        problems.at_with(
            at,
            "`auth` goes with services only, and this grant names hosts too",
            "give the hosts a grant of their own, or make them services of the environment",
        );
    }
    parsed(&audience?, HttpAuth::id_token, problems).map(|auth| auth.value)
}

/// Fills variables into a text, or says at its place why not.
pub(crate) type Filler<'f> = &'f dyn Fn(&Located<String>, &mut Problems<'_>) -> Option<String>;

/// Fills variables into strings and parses them.
pub(crate) struct Fill<'f, 't> {
    pub(crate) filler: Filler<'f>,
    pub(crate) problems: &'f mut Problems<'t>,
}

impl Fill<'_, '_> {
    pub(crate) fn one<T, E: Display>(
        &mut self,
        text: &Located<String>,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Option<T> {
        let filled = (self.filler)(text, self.problems)?;
        match parse(&filled) {
            Ok(value) => Some(value),
            Err(e) => {
                self.problems.at(text.at, e.to_string());
                None
            }
        }
    }

    pub(crate) fn all<T, E: Display>(
        &mut self,
        texts: &[Located<String>],
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Vec<T> {
        texts.iter().filter_map(|text| self.one(text, &parse)).collect()
    }
}
