//! What the operator allows at most, and whether an ask stays within it.
//!
//! Containment is decided piece by piece: each destination with each method below each path of an ask must be covered whole by one
//! entry of the ceiling. What is missing comes back as the lines that would allow it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::data;
use super::exec;
use super::gcloud;
use super::grants::absolute;
use super::load;
use super::metrics;
use super::websocket;
use super::{
    DataGrant, ExecGrant, FilesGrant, GcloudGrant, GrantError, Grants, HostPattern, HttpAuth, HttpGrant, LimitCeiling,
    Limits, LoadGrant, Method, MetricsGrant, PathPrefix, SecretName, UrlPattern, WebsocketGrant,
};
use super::{format_duration, format_size};
use crate::{Class, ServiceName};

/// What the operator allows a bundle at most. The default allows no call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ceiling {
    pub http: Vec<HttpGrant>,
    /// Where each service may live.
    pub services: BTreeMap<ServiceName, Vec<UrlPattern>>,
    directories: Vec<PathBuf>,
    pub secrets: Vec<SecretName>,
    pub gcloud: Vec<GcloudGrant>,
    pub exec: Vec<ExecGrant>,
    pub load: Option<LoadGrant>,
    pub websocket: Vec<WebsocketGrant>,
    pub metrics: Vec<MetricsGrant>,
    pub data: Vec<DataGrant>,
    pub limits: LimitCeiling,
}

impl Ceiling {
    /// Allows reading a directory and what lies below it. The path is absolute and has no `..`.
    pub fn allow_directory(&mut self, path: &Path) -> Result<(), GrantError> {
        self.directories.push(absolute(path)?);
        Ok(())
    }

    /// The directories that may be read.
    pub fn directories(&self) -> &[PathBuf] {
        &self.directories
    }

    /// Whether a granted directory lies within an allowed one.
    pub fn covers_directory(&self, grant: &FilesGrant) -> bool {
        self.directories.iter().any(|allowed| grant.path().starts_with(allowed))
    }
}

/// Where a bundle says that a service lives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceAsk {
    pub name: ServiceName,
    pub within: Vec<UrlPattern>,
}

/// Something that an ask has and the ceiling has not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// What is asked, in words.
    pub what: String,
    /// The table of the operator's file that the line belongs to: `limits`, `waivers`, `approvals`, or empty for the bundle's own entry.
    pub table: &'static str,
    /// The line that would allow it.
    pub line: String,
}

/// Whether the ceiling covers everything that the grants cover.
pub fn contained(ask: &Grants, ceiling: &Ceiling) -> Result<(), Vec<Missing>> {
    let mut missing: Vec<Missing> = ask.http.iter().flat_map(|grant| missing_http(grant, ceiling)).collect();
    for grant in ask.files.iter().filter(|grant| !ceiling.covers_directory(grant)) {
        let path = grant.path().to_string_lossy();
        missing.push(entry(format!("read files below {path}"), format!("directories = [{}]", quoted(&path))));
    }
    for grant in ask.secrets.iter().filter(|grant| !ceiling.secrets.contains(&grant.name)) {
        missing.push(entry(format!("use the secret {}", grant.name), format!("secrets = [\"{}\"]", grant.name)));
    }
    missing.extend(ask.gcloud.iter().filter_map(|grant| gcloud::missing(grant, &ceiling.gcloud)));
    missing.extend(exec::missing(&ask.exec, &ceiling.exec));
    missing.extend(load::missing(ask.load.as_ref(), ceiling.load.as_ref()));
    missing.extend(websocket::missing(&ask.websocket, &ceiling.websocket));
    missing.extend(metrics::missing(&ask.metrics, &ceiling.metrics));
    missing.extend(data::missing(&ask.data, &ceiling.data));
    missing.extend(limits_contained(&ask.limits, ceiling.limits).err().into_iter().flatten());
    if missing.is_empty() { Ok(()) } else { Err(missing) }
}

/// Whether limits stay within the operator's.
pub fn limits_contained(ask: &Limits, LimitCeiling(most): LimitCeiling) -> Result<(), Vec<Missing>> {
    let mut missing = Vec::new();
    let mut bound = |within: bool, what: String, line: String| {
        if !within {
            missing.push(Missing { what, table: "limits", line });
        }
    };
    let time = format_duration(whole_milliseconds(ask.deadline));
    bound(ask.deadline <= most.deadline, format!("run for {time}"), format!("max-deadline = \"{time}\""));
    bound(
        ask.max_calls <= most.max_calls,
        format!("make {} calls", ask.max_calls),
        format!("max-calls = {}", ask.max_calls),
    );
    let size = format_size(ask.memory);
    bound(ask.memory <= most.memory, format!("use {size} of memory"), format!("max-memory = \"{size}\""));
    let size = format_size(ask.output);
    bound(ask.output <= most.output, format!("state {size}"), format!("max-output = \"{size}\""));
    if missing.is_empty() { Ok(()) } else { Err(missing) }
}

/// Rounds up, so that the line that is shown is enough.
fn whole_milliseconds(duration: Duration) -> Duration {
    Duration::from_millis(u64::try_from(duration.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX))
}

/// Whether the services may live where the bundle says.
pub fn services_contained(asks: &[ServiceAsk], ceiling: &Ceiling) -> Result<(), Vec<Missing>> {
    let mut missing = Vec::new();
    for ask in asks {
        let allowed = ceiling.services.get(&ask.name).map_or(&[][..], Vec::as_slice);
        let lacking: Vec<String> = ask
            .within
            .iter()
            .filter(|pattern| !allowed.iter().any(|a| a.contains(pattern)))
            .map(|pattern| format!("\"{pattern}\""))
            .collect();
        if !lacking.is_empty() {
            let what = format!("reach service {} at {}", ask.name, lacking.join(", "));
            missing.push(entry(what, format!("services.{} = [{}]", ask.name, lacking.join(", "))));
        }
    }
    if missing.is_empty() { Ok(()) } else { Err(missing) }
}

fn entry(what: String, line: String) -> Missing {
    Missing { what, table: "", line }
}

/// One destination of a grant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum To {
    Service(ServiceName),
    Host(HostPattern),
}

/// One piece of a grant: a method below a path.
type Piece = (Method, PathPrefix);

fn missing_http(ask: &HttpGrant, ceiling: &Ceiling) -> Vec<Missing> {
    let all = [PathPrefix::root()];
    let paths = ask.paths.as_deref().unwrap_or(&all);
    let services = ask.services.iter().cloned().map(To::Service);
    let mut groups: BTreeMap<(BTreeSet<Piece>, bool), Vec<To>> = BTreeMap::new();
    for to in services.chain(ask.hosts.iter().cloned().map(To::Host)) {
        let pieces: BTreeSet<Piece> = ask
            .methods
            .iter()
            .flat_map(|method| paths.iter().map(move |path| (method.clone(), path.clone())))
            .filter(|piece| !ceiling.http.iter().any(|e| covers_piece(e, &to, piece, ask.class_of(&piece.0), ask.auth)))
            .collect();
        let read_back = ask.read_back.is_some() && !ceiling.http.iter().any(|e| covers_read_back(e, &to, ask));
        if !pieces.is_empty() || read_back {
            groups.entry((pieces, read_back)).or_default().push(to);
        }
    }
    groups.into_iter().map(|((pieces, read_back), to)| lacking(ask, &pieces, read_back, to)).collect()
}

fn covers_piece(entry: &HttpGrant, to: &To, (method, path): &Piece, class: Class, auth: Option<HttpAuth>) -> bool {
    covers_to(entry, to)
        && entry.methods.contains(method)
        && entry.paths.as_ref().is_none_or(|paths| paths.iter().any(|prefix| prefix.contains(path)))
        // A request may be called more dangerous than the operator has it, never less.
        && entry.class_of(method) <= class
        && covers_auth(entry, auth)
}

/// Who may send a credential may also send none.
fn covers_auth(entry: &HttpGrant, auth: Option<HttpAuth>) -> bool {
    auth.is_none() || entry.auth == auth
}

fn covers_to(entry: &HttpGrant, to: &To) -> bool {
    match to {
        To::Service(name) => entry.services.contains(name),
        To::Host(pattern) => entry.hosts.iter().any(|mine| mine.contains(pattern)),
    }
}

/// Reading back is a GET of its own.
fn covers_read_back(entry: &HttpGrant, to: &To, ask: &HttpGrant) -> bool {
    let Some(read_back) = &ask.read_back else { return true };
    let get = Method::parse("GET").expect("GET is a method");
    covers_to(entry, to)
        && ((entry.read_back.as_ref() == Some(read_back) && covers_auth(entry, ask.auth))
            || covers_piece(entry, to, &(get, read_back.prefix()), Class::Read, ask.auth))
}

fn lacking(ask: &HttpGrant, pieces: &BTreeSet<Piece>, read_back: bool, to: Vec<To>) -> Missing {
    let mut line = HttpGrant {
        services: vec![],
        hosts: vec![],
        methods: unique(pieces.iter().map(|(method, _)| method)),
        paths: Some(unique(pieces.iter().map(|(_, path)| path))),
        class: ask.class,
        auth: ask.auth,
        secret: vec![],
        read_back: ask.read_back.clone().filter(|_| read_back),
    };
    if line.paths.as_ref().is_some_and(|paths| paths.contains(&PathPrefix::root())) {
        line.paths = None;
    }
    let mut names = Vec::new();
    for to in to {
        match to {
            To::Service(name) => {
                names.push(format!("service {name}"));
                line.services.push(name);
            }
            To::Host(pattern) => {
                names.push(format!("host {pattern}"));
                line.hosts.push(pattern);
            }
        }
    }
    let methods: Vec<&str> = line.methods.iter().map(Method::as_str).collect();
    let verb = if methods.is_empty() { "read back".to_owned() } else { format!("send {}", methods.join(", ")) };
    let below: Vec<&str> = line.paths.iter().flatten().map(PathPrefix::as_str).collect();
    let below = if below.is_empty() { String::new() } else { format!(" below {}", below.join(", ")) };
    let auth = line.auth.map_or(String::new(), |auth| format!(", {}", auth.words()));
    entry(format!("{verb} to {}{below}{auth}", names.join(", ")), format!("http = [{}]", line.to_toml()))
}

fn unique<'a, T: Clone + Ord + 'a>(items: impl Iterator<Item = &'a T>) -> Vec<T> {
    items.cloned().collect::<BTreeSet<T>>().into_iter().collect()
}

/// A basic string of TOML.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PhaseId;

    fn http(hosts: &[&str], methods: &[&str], paths: Option<&[&str]>, class: Option<Class>) -> HttpGrant {
        HttpGrant {
            services: vec![],
            hosts: hosts.iter().map(|h| HostPattern::parse(h).unwrap()).collect(),
            methods: methods.iter().map(|m| Method::parse(m).unwrap()).collect(),
            paths: paths.map(|paths| paths.iter().map(|p| PathPrefix::parse(p).unwrap()).collect()),
            class,
            auth: None,
            secret: vec![],
            read_back: None,
        }
    }

    fn lines(ask: HttpGrant, ceiling: Vec<HttpGrant>) -> Vec<String> {
        let ask = Grants { http: vec![ask], ..Grants::none(PhaseId::parse("p").unwrap()) };
        let ceiling = Ceiling { http: ceiling, ..Ceiling::default() };
        contained(&ask, &ceiling).err().into_iter().flatten().map(|missing| missing.line).collect()
    }

    #[test]
    fn asks_for_the_difference_only() {
        let ceiling = vec![http(&["*.example.com"], &["GET"], Some(&["/health"]), None)];
        assert_eq!(
            lines(http(&["api.example.com"], &["GET"], Some(&["/health/ready"]), None), ceiling.clone()),
            [""; 0]
        );
        assert_eq!(
            lines(http(&["api.example.com", "b.org"], &["GET", "POST"], Some(&["/health"]), None), ceiling.clone()),
            [
                "http = [{ hosts = [\"b.org\"], paths = [\"/health\"], methods = [\"GET\", \"POST\"] }]",
                "http = [{ hosts = [\"api.example.com\"], paths = [\"/health\"], methods = [\"POST\"] }]",
            ]
        );
        assert_eq!(
            lines(http(&["api.example.com"], &["GET"], None, None), ceiling),
            ["http = [{ hosts = [\"api.example.com\"], methods = [\"GET\"] }]"]
        );
    }

    #[test]
    fn an_effect_is_not_called_a_read_behind_the_operators_back() {
        let ceiling = vec![http(&["a.example.com"], &["GET", "POST"], None, None)];
        let ask = |method: &str, class| lines(http(&["a.example.com"], &[method], None, Some(class)), ceiling.clone());
        assert_eq!(
            ask("POST", Class::Read),
            ["http = [{ hosts = [\"a.example.com\"], methods = [\"POST\"], class = \"read\" }]"]
        );
        assert_eq!(ask("GET", Class::Effect), [""; 0]);
        let wider = vec![http(&["a.example.com"], &["POST"], None, Some(Class::Read))];
        assert_eq!(lines(http(&["a.example.com"], &["POST"], None, Some(Class::Read)), wider), [""; 0]);
    }

    #[test]
    fn a_credential_is_not_sent_behind_the_operators_back() {
        let of = |auth| HttpGrant {
            services: vec![ServiceName::parse("a").unwrap()],
            auth,
            ..http(&[], &["GET"], None, None)
        };
        let (plain, with) = (of(None), of(Some(HttpAuth::IdToken)));
        let line = "http = [{ services = [\"a\"], methods = [\"GET\"], auth = { id-token = \"service\" } }]";
        assert_eq!(lines(with.clone(), vec![plain.clone()]), [line]);
        assert_eq!(lines(with.clone(), vec![plain.clone(), with.clone()]), [""; 0]);
        assert_eq!(lines(plain, vec![with.clone()]), [""; 0]);
        // Reading back is sent with the same credential, so it is covered with it only.
        let read_back = Some(super::super::ReadBack::parse("/x/{key}").unwrap());
        let ask = HttpGrant { read_back: read_back.clone(), ..with.clone() };
        assert_eq!(lines(ask.clone(), vec![with]), [""; 0]);
        let other = HttpGrant { methods: vec![], read_back, ..of(None) };
        assert_eq!(lines(HttpGrant { methods: vec![], ..ask }, vec![other]).len(), 1);
    }

    #[test]
    fn an_empty_ceiling_allows_no_call() {
        let mut ask = Grants {
            files: vec![
                FilesGrant::new(super::super::DirectoryName::parse("config").unwrap(), Path::new("/srv/config"))
                    .unwrap(),
            ],
            secrets: vec![super::super::SecretsGrant { name: SecretName::parse("KEY").unwrap() }],
            limits: Limits { deadline: Duration::from_secs(86_400), ..Limits::default() },
            ..Grants::none(PhaseId::parse("p").unwrap())
        };
        let missing = contained(&ask, &Ceiling::default()).unwrap_err();
        let lines: Vec<(&str, &str)> = missing.iter().map(|m| (m.table, m.line.as_str())).collect();
        assert_eq!(
            lines,
            [("", "directories = [\"/srv/config\"]"), ("", "secrets = [\"KEY\"]"), ("limits", "max-deadline = \"1d\"")]
        );
        let mut ceiling = Ceiling { secrets: vec![SecretName::parse("KEY").unwrap()], ..Ceiling::default() };
        ceiling.allow_directory(Path::new("/srv/conf")).unwrap();
        ask.limits = Limits::default();
        assert!(contained(&ask, &ceiling).is_err(), "a directory is not contained in one whose name it begins with");
        ceiling.allow_directory(Path::new("/srv")).unwrap();
        assert_eq!(contained(&ask, &ceiling), Ok(()));
    }
}
