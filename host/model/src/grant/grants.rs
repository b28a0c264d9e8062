//! Everything that one phase may do, and the decisions about its calls.

use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use super::{
    CommandGrant, DataAsk, DataGrant, Destination, DirectoryName, ExecGrant, FlagGrant, GcloudAsk, GcloudGrant,
    GcloudTerms, GrantError, HostPattern, HttpAsk, HttpAuth, HttpGrant, JsonPath, Limits, LoadAsk, LoadGrant,
    MetricsAsk, MetricsGrant, PathPrefix, ReadBack, SecretName, ValuePattern, WebsocketAsk, WebsocketGrant,
};
use crate::{Class, Denial, PhaseId};

/// What one phase may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grants {
    /// Whose grants they are, for the text of denials.
    pub phase: PhaseId,
    pub http: Vec<HttpGrant>,
    pub files: Vec<FilesGrant>,
    pub secrets: Vec<SecretsGrant>,
    pub gcloud: Option<GcloudGrant>,
    pub exec: Vec<ExecGrant>,
    pub load: Option<LoadGrant>,
    pub websocket: Vec<WebsocketGrant>,
    pub metrics: Vec<MetricsGrant>,
    pub data: Vec<DataGrant>,
    pub limits: Limits,
}

/// A directory that a phase may read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilesGrant {
    /// What the guest calls it.
    pub directory: DirectoryName,
    path: PathBuf,
}

impl FilesGrant {
    /// Takes an absolute path without `..`, so that containment can be seen from the text.
    pub fn new(directory: DirectoryName, path: &Path) -> Result<Self, GrantError> {
        Ok(Self { directory, path: absolute(path)? })
    }

    /// Where it lies on this machine.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// A path from the root in its shortest form. `..` is refused: where it leads depends on links.
pub(super) fn absolute(path: &Path) -> Result<PathBuf, GrantError> {
    let refuse = |why: &str| Err(GrantError::new(&path.to_string_lossy(), "a directory", why));
    if !path.is_absolute() {
        return refuse("its path must be absolute");
    }
    if path.to_str().is_none_or(|text| text.chars().any(char::is_control)) {
        return refuse("its path must be UTF-8 without control characters");
    }
    if path.components().any(|part| part == Component::ParentDir) {
        return refuse("its path must not contain `..`");
    }
    Ok(path.components().collect())
}

/// A secret whose placeholder a phase may hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretsGrant {
    pub name: SecretName,
}

/// Under what terms a granted request is sent. Where several grants cover it, the most dangerous class and all marks of secrets count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpTerms {
    pub class: Class,
    /// What the host puts in to prove that it may ask, if one of the grants says so.
    pub auth: Option<HttpAuth>,
    pub secret: Vec<JsonPath>,
    pub read_back: Option<ReadBack>,
}

impl Grants {
    /// None at all, with the limits of a phase that asks for no others.
    pub fn none(phase: PhaseId) -> Self {
        Self {
            phase,
            http: vec![],
            files: vec![],
            secrets: vec![],
            gcloud: None,
            exec: vec![],
            load: None,
            websocket: vec![],
            metrics: vec![],
            data: vec![],
            limits: Limits::default(),
        }
    }

    /// Decides about a request. `shown` is the destination as people read it, e.g. `backend /health`.
    pub fn http(&self, ask: &HttpAsk, shown: &str) -> Result<HttpTerms, Denial> {
        let covering: Vec<&HttpGrant> = self.http.iter().filter(|grant| grant.covers(ask)).collect();
        let Some(class) = covering.iter().map(|grant| grant.class_of(&ask.method)).max() else {
            return Err(self.http_denial(ask, shown));
        };
        Ok(HttpTerms {
            class,
            auth: match ask.destination {
                Destination::Service(_) => covering.iter().find_map(|grant| grant.auth),
                Destination::Host(_) => None,
            },
            secret: covering.iter().flat_map(|grant| grant.secret.iter().cloned()).collect(),
            read_back: covering.iter().find_map(|grant| grant.read_back.clone()),
        })
    }

    fn http_denial(&self, ask: &HttpAsk, shown: &str) -> Denial {
        let destination = match &ask.destination {
            Destination::Service(name) => format!("service {name}"),
            Destination::Host(host) => format!("host {host}"),
        };
        let near: Vec<&HttpGrant> =
            self.http.iter().filter(|grant| grant.covers_destination(&ask.destination)).collect();
        let why = if near.is_empty() {
            format!("no grant covers {destination}")
        } else if near.iter().any(|grant| grant.methods.contains(&ask.method)) {
            format!("no grant of {destination} covers {} {}", ask.method, ask.path)
        } else {
            format!("no grant of {destination} covers the method {}", ask.method)
        };
        let (services, hosts) = match &ask.destination {
            Destination::Service(name) => (vec![name.clone()], vec![]),
            Destination::Host(host) => (vec![], vec![HostPattern::exactly(host)]),
        };
        let line = HttpGrant {
            services,
            hosts,
            methods: vec![ask.method.clone()],
            paths: PathPrefix::parse(ask.path.as_str()).ok().map(|prefix| vec![prefix]),
            class: None,
            auth: None,
            secret: vec![],
            read_back: None,
        };
        Denial {
            wanted: format!("http {} {shown}", ask.method),
            reason: format!("{why}; granted: {}", self.http_in_words()),
            remedy: self.remedy(&format!("http = [{}]", line.to_toml())),
        }
    }

    fn http_in_words(&self) -> String {
        let words = |grant: &HttpGrant| {
            let mut to = Vec::new();
            if !grant.services.is_empty() {
                to.push(format!("services {}", join(&grant.services)));
            }
            if !grant.hosts.is_empty() {
                to.push(format!("hosts {}", join(&grant.hosts)));
            }
            let below = grant.paths.as_ref().map_or(String::new(), |paths| format!(" below {}", join(paths)));
            format!("{}{below} ({})", to.join(" and "), join(&grant.methods))
        };
        if self.http.is_empty() {
            "nothing".to_owned()
        } else {
            self.http.iter().map(words).collect::<Vec<_>>().join("; ")
        }
    }

    /// Decides about a granted directory by the first part of a path. `path` is what the guest asked for.
    pub fn directory(&self, name: &str, path: &str) -> Result<&FilesGrant, Denial> {
        self.files.iter().find(|grant| grant.directory.as_str() == name).ok_or_else(|| {
            let granted: Vec<_> = self.files.iter().map(|grant| &grant.directory).collect();
            let granted = if granted.is_empty() { "nothing".to_owned() } else { join(&granted) };
            Denial {
                wanted: format!("files {path}"),
                reason: format!("no grant covers directory {name:?}; granted: {granted}"),
                remedy: match DirectoryName::parse(name) {
                    Ok(name) => self.remedy(&format!("files = [{{ directory = \"{name}\", path = \"…\" }}]")),
                    Err(_) => "begin the path with the name of a granted directory".to_owned(),
                },
            }
        })
    }

    /// Decides about a secret.
    pub fn secret(&self, name: &str) -> Result<&SecretsGrant, Denial> {
        self.secrets.iter().find(|grant| grant.name.as_str() == name).ok_or_else(|| {
            let granted: Vec<_> = self.secrets.iter().map(|grant| &grant.name).collect();
            let granted = if granted.is_empty() { "nothing".to_owned() } else { join(&granted) };
            Denial {
                wanted: format!("secret {name}"),
                reason: format!("no grant covers secret {name:?}; granted: {granted}"),
                remedy: match SecretName::parse(name) {
                    Ok(name) => self.remedy(&format!("secrets = [\"{name}\"]")),
                    Err(_) => "ask for a secret by its name in the bundle".to_owned(),
                },
            }
        })
    }

    /// Decides about a command of gcloud.
    pub fn gcloud(&self, ask: &GcloudAsk, shown: &str) -> Result<GcloudTerms, Denial> {
        if let Some(terms) = self.gcloud.as_ref().and_then(|grant| grant.terms(ask)) {
            return Ok(terms);
        }
        let granted = self.gcloud.iter().flat_map(GcloudGrant::words).collect::<Vec<_>>().join("; ");
        let exactly = |value: &String| ValuePattern::parse(value).ok();
        let flag = |value: &Option<String>| match value {
            None => Some(FlagGrant::Switch),
            Some(value) => exactly(value).map(FlagGrant::Value),
        };
        let line = CommandGrant {
            command: ask.command().clone(),
            arguments: ask.arguments().iter().filter_map(exactly).collect(),
            flags: ask.flags().iter().filter_map(|(name, value)| Some((name.clone(), flag(value)?))).collect(),
            class: None,
        };
        Err(Denial {
            wanted: format!("gcloud {shown}"),
            reason: format!("no grant covers it; granted: {}", if granted.is_empty() { "nothing" } else { &granted }),
            remedy: self.remedy(&format!("gcloud = [{}]", line.to_toml())),
        })
    }

    /// Decides about the start of a tool.
    pub fn exec(&self, tool: &str) -> Result<Class, Denial> {
        super::exec::class(&self.phase, &self.exec, tool)
    }

    /// Decides about a plan of a load. Its requests need a grant of `http` besides.
    pub fn load(&self, ask: &LoadAsk) -> Result<LoadGrant, Denial> {
        super::load::judge(&self.phase, self.load.as_ref(), ask)
    }

    /// Decides about faults on purpose within a load.
    pub fn load_disturbance(&self) -> Result<(), Denial> {
        super::load::judge_disturbance(&self.phase, self.load.as_ref())
    }

    /// Decides about users of the bundle as the work of a load.
    pub fn load_user(&self, name: &str) -> Result<(), Denial> {
        super::load::judge_user(&self.phase, self.load.as_ref(), name)
    }

    /// Decides about opening a socket. `shown` is the destination as people read it, e.g. `backend /ws`.
    pub fn websocket(&self, ask: &WebsocketAsk, shown: &str) -> Result<Class, Denial> {
        super::websocket::opening(&self.phase, &self.websocket, ask, shown)
    }

    /// Decides about a frame over a socket that was opened, whichever it is. `wanted` is the call as people read it.
    pub fn websocket_frame(&self, wanted: &str) -> Result<Class, Denial> {
        super::websocket::frame(&self.phase, &self.websocket, wanted)
    }

    /// Decides about asking for metrics. `shown` is the call as people read it, e.g. `query prometheus`.
    pub fn metrics(&self, ask: &MetricsAsk, shown: &str) -> Result<(), Denial> {
        super::metrics::judge(&self.phase, &self.metrics, ask, shown)
    }

    /// Decides about a call on a store. `shown` is the call as people read it, e.g. `look at database`.
    pub fn data(&self, ask: &DataAsk, shown: &str) -> Result<Class, Denial> {
        super::data::judge(&self.phase, &self.data, ask, shown)
    }

    /// Decides about a wait. Every phase may wait, up to its deadline.
    pub fn sleep(&self, wait: Duration) -> Result<(), Denial> {
        let deadline = self.limits.deadline;
        if wait <= deadline {
            return Ok(());
        }
        let shown = super::format_duration(wait);
        Err(Denial {
            wanted: format!("clock sleep {shown}"),
            reason: format!("the phase ends after {}", super::format_duration(deadline)),
            remedy: format!("to allow it, give phase '{}' in bundle.toml a longer deadline than {shown}", self.phase),
        })
    }

    fn remedy(&self, line: &str) -> String {
        format!(
            "to allow it, add to [phase.grants] of '{}' in bundle.toml:\n    {line}\nand to the operator's file, which bounds every bundle on this machine",
            self.phase
        )
    }
}

fn join<T: ToString>(items: &[T]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ServiceName;
    use crate::grant::{HostPort, Method, RequestPath};

    fn grants(http: Vec<HttpGrant>) -> Grants {
        let files = vec![FilesGrant::new(DirectoryName::parse("config").unwrap(), Path::new("/srv/config")).unwrap()];
        Grants { http, files, ..Grants::none(PhaseId::parse("health").unwrap()) }
    }

    fn grant(methods: &[&str], paths: Option<&[&str]>) -> HttpGrant {
        HttpGrant {
            services: vec![ServiceName::parse("backend").unwrap()],
            hosts: vec![],
            methods: methods.iter().map(|m| Method::parse(m).unwrap()).collect(),
            paths: paths.map(|paths| paths.iter().map(|p| PathPrefix::parse(p).unwrap()).collect()),
            class: None,
            auth: None,
            secret: vec![],
            read_back: None,
        }
    }

    fn ask(destination: Destination, method: &str, path: &str) -> HttpAsk {
        HttpAsk { destination, method: Method::parse(method).unwrap(), path: RequestPath::parse(path).unwrap() }
    }

    fn backend() -> Destination {
        Destination::Service(ServiceName::parse("backend").unwrap())
    }

    #[test]
    fn a_denial_names_the_line_that_would_allow_it() {
        let host = Destination::Host(HostPort::parse("api.stripe.com", 443).unwrap());
        let denial = grants(vec![grant(&["GET"], None)])
            .http(&ask(host, "GET", "/v1/charges"), "https://api.stripe.com/v1/charges")
            .unwrap_err();
        assert_eq!(denial.wanted, "http GET https://api.stripe.com/v1/charges");
        assert_eq!(denial.reason, "no grant covers host api.stripe.com; granted: services backend (GET)");
        assert_eq!(
            denial.remedy,
            "to allow it, add to [phase.grants] of 'health' in bundle.toml:\n    \
             http = [{ hosts = [\"api.stripe.com\"], paths = [\"/v1/charges\"], methods = [\"GET\"] }]\n\
             and to the operator's file, which bounds every bundle on this machine"
        );
    }

    #[test]
    fn an_empty_list_grants_nothing() {
        let ask = ask(backend(), "GET", "/health");
        for http in [vec![], vec![grant(&[], None)], vec![grant(&["GET"], Some(&[]))]] {
            assert!(grants(http).http(&ask, "backend /health").is_err());
        }
        assert!(grants(vec![grant(&["GET"], None)]).http(&ask, "backend /health").is_ok());
    }

    #[test]
    fn the_most_dangerous_class_counts() {
        let callback = HttpGrant { class: Some(Class::Effect), ..grant(&["GET"], Some(&["/callback"])) };
        let grants = grants(vec![grant(&["GET"], None), callback]);
        let class = |path| grants.http(&ask(backend(), "GET", path), path).unwrap().class;
        assert_eq!(class("/health"), Class::Read);
        assert_eq!(class("/callback"), Class::Effect);
    }

    #[test]
    fn one_grant_with_a_credential_is_enough_and_a_named_host_gets_none() {
        let with = HttpGrant {
            hosts: vec![HostPattern::parse("api.example.com").unwrap()],
            auth: Some(HttpAuth::IdToken),
            ..grant(&["GET"], Some(&["/private"]))
        };
        let grants = grants(vec![grant(&["GET"], None), with]);
        let auth = |to, path| grants.http(&ask(to, "GET", path), path).unwrap().auth;
        assert_eq!(auth(backend(), "/private/x"), Some(HttpAuth::IdToken));
        assert_eq!(auth(backend(), "/health"), None);
        let host = Destination::Host(HostPort::parse("api.example.com", 443).unwrap());
        assert_eq!(auth(host, "/private/x"), None);
    }

    #[test]
    fn says_whether_method_or_path_is_missing() {
        let grants = grants(vec![grant(&["GET"], Some(&["/health"]))]);
        let reason = |method, path| grants.http(&ask(backend(), method, path), path).unwrap_err().reason;
        assert_eq!(
            reason("POST", "/health"),
            "no grant of service backend covers the method POST; granted: services backend below /health (GET)"
        );
        assert_eq!(
            reason("GET", "/chat"),
            "no grant of service backend covers GET /chat; granted: services backend below /health (GET)"
        );
    }

    #[test]
    fn denies_other_directories_secrets_and_long_waits() {
        let grants = grants(vec![]);
        assert!(grants.directory("config", "config/a").is_ok());
        assert_eq!(
            grants.directory("etc", "etc/passwd").unwrap_err().reason,
            "no grant covers directory \"etc\"; granted: config"
        );
        assert_eq!(grants.secret("KEY").unwrap_err().reason, "no grant covers secret \"KEY\"; granted: nothing");
        assert!(grants.sleep(Duration::from_secs(300)).is_ok());
        assert_eq!(grants.sleep(Duration::from_secs(301)).unwrap_err().reason, "the phase ends after 5m");
    }

    #[test]
    fn a_directory_is_absolute_and_goes_nowhere_else() {
        let name = DirectoryName::parse("config").unwrap();
        for bad in ["config", "/srv/../etc", "/a\nb"] {
            assert!(FilesGrant::new(name.clone(), Path::new(bad)).is_err(), "{bad:?} should be refused");
        }
        assert_eq!(FilesGrant::new(name, Path::new("/srv//config/./")).unwrap().path(), Path::new("/srv/config"));
    }
}
