//! Reading the operator's file, and what follows from it for one bundle.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use holdpoint_model::grant::{
    Ceiling, DataGrant, ExecGrant, GcloudGrant, HostPort, HttpGrant, LimitCeiling, LoadGrant, MetricsGrant, SecretName,
    ToolName, UrlPattern, WebsocketGrant,
};
use holdpoint_model::{ApprovalCeiling, Digest, ServiceName, WaiverCeiling};
use toml_span::value::Value;

use super::gcloud::{self, GcloudBinding};
use super::machine::{self, SecretBinding, SecretSource};
use super::stores::{self, StoreBinding, StoreKey};
use super::tools::{self, ToolBinding};
use crate::authored::data::AuthoredData;
use crate::authored::grants::{AuthoredHttp, Fill};
use crate::authored::load::AuthoredLoad;
use crate::authored::metrics::AuthoredMetrics;
use crate::authored::websocket::AuthoredSockets;
use crate::diagnostic::{Diagnostics, Problems};
use crate::reading::{self, Fields, Located, all_parsed, entries, kind, parsed, plain_name};
use crate::sources::OperatorSource;

/// What an operator allows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Operator {
    /// Only these environments, whatever the entries of bundles say; absent leaves it to the entries.
    pub environments: Option<Vec<String>>,
    /// The environments that may be disturbed on purpose.
    pub disruptive: Vec<String>,
    /// Every run on this machine refuses effects.
    pub dry_run_only: bool,
    /// Requests to hosts that every bundle may send.
    pub http: Vec<HttpGrant>,
    /// Directories that every bundle may read.
    pub directories: Vec<PathBuf>,
    pub service_overrides: Vec<UrlPattern>,
    /// Where connections really go.
    pub connect_to: BTreeMap<HostPort, SocketAddr>,
    /// Certificate authorities that are trusted besides those of the system.
    pub ca_file: Option<PathBuf>,
    pub secrets: Vec<SecretBinding>,
    /// Where the ID token for each service comes from.
    pub id_tokens: BTreeMap<ServiceName, SecretSource>,
    /// How this machine runs gcloud.
    pub gcloud: GcloudBinding,
    /// What the names of tools stand for.
    pub tools: BTreeMap<ToolName, ToolBinding>,
    /// Where the stores of each environment are.
    pub stores: BTreeMap<StoreKey, StoreBinding>,
    pub limits: LimitCeiling,
    /// How many phases run side by side.
    pub parallel: usize,
    /// Who may let a release go on in spite of which rows; absent lets nobody.
    pub waivers: WaiverCeiling,
    /// Who may let which phases start that wait for somebody's word; absent lets nobody.
    pub approvals: ApprovalCeiling,
    /// What was allowed to each bundle in each environment.
    pub bundles: BTreeMap<(String, String), Entry>,
}

/// What was allowed to one bundle in one environment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entry {
    /// The digest of the asks that were allowed.
    pub asks: Option<Digest>,
    pub http: Vec<HttpGrant>,
    pub services: BTreeMap<ServiceName, Vec<UrlPattern>>,
    pub directories: Vec<PathBuf>,
    pub secrets: Vec<SecretName>,
    pub gcloud: Vec<GcloudGrant>,
    pub exec: Vec<ExecGrant>,
    pub websocket: Vec<WebsocketGrant>,
    pub metrics: Vec<MetricsGrant>,
    pub data: Vec<DataGrant>,
    pub load: Option<LoadGrant>,
}

impl Operator {
    /// Reads an operator's file.
    pub fn parse(source: &OperatorSource) -> Result<Self, Diagnostics> {
        let mut problems = Problems::new(&source.file.label, &source.file.text);
        let operator = read(source, &mut problems);
        let found = problems.into_found();
        match operator {
            Some(operator) if found.is_empty() => Ok(operator),
            _ => Err(Diagnostics::new(found)),
        }
    }

    /// What a bundle may do at most in an environment: what its entry says and what the machine allows to all. None if the bundle has
    /// no entry there.
    pub fn ceiling(&self, bundle: &str, environment: &str) -> Option<Ceiling> {
        let entry = self.bundles.get(&(bundle.to_owned(), environment.to_owned()))?;
        let mut ceiling = Ceiling::default();
        ceiling.http = self.http.iter().chain(&entry.http).cloned().collect();
        ceiling.services = entry.services.clone();
        ceiling.secrets = entry.secrets.clone();
        ceiling.gcloud = entry.gcloud.clone();
        ceiling.exec = entry.exec.clone();
        ceiling.websocket = entry.websocket.clone();
        ceiling.metrics = entry.metrics.clone();
        ceiling.data = entry.data.clone();
        ceiling.load = entry.load.clone();
        ceiling.limits = self.limits;
        for directory in self.directories.iter().chain(&entry.directories) {
            ceiling.allow_directory(directory).ok()?;
        }
        Some(ceiling)
    }

    /// The digest of an operator's text; of nothing where there is none.
    pub fn digest(source: Option<&OperatorSource>) -> Digest {
        Digest::of(source.map_or(&[], |source| source.file.text.as_bytes()))
    }
}

fn read(source: &OperatorSource, problems: &mut Problems<'_>) -> Option<Operator> {
    let value = reading::parse(&source.file.text, problems)?;
    let mut top = Fields::open(&value, "an operator's file", problems)?;
    let names = |texts: Vec<Located<String>>, problems: &mut Problems<'_>| -> Vec<String> {
        all_parsed(&texts, plain_name, problems).into_iter().map(|name| name.value).collect()
    };
    let environments = top.strings("environments", problems).map(|texts| names(texts, problems));
    let disruptive = top.strings("disruptive", problems).map(|texts| names(texts, problems)).unwrap_or_default();
    let dry_run_only = top.boolean("dry-run-only", problems).unwrap_or(false);
    let http = read_http(&mut top, problems);
    for grant in http.iter().filter(|grant| !grant.services.is_empty()) {
        let name = &grant.services[0];
        problems.whole(
            format!("service `{name}` stands outside of the entry of a bundle, and only bundles have services"),
            None,
        );
    }
    let directories = read_directories(&mut top, &source.folder, problems);
    let overrides = top.strings("service-overrides", problems).unwrap_or_default();
    let service_overrides = all_parsed(&overrides, UrlPattern::parse, problems).into_iter().map(|p| p.value).collect();
    let connect_to = machine::read_connect_to(&mut top, problems);
    let ca_file = top.string("ca-file", problems).map(|file| source.folder.join(file.value));
    let (limits, parallel) = machine::read_limits(&mut top, problems);
    let secrets = machine::read_secrets(&mut top, &source.folder, problems);
    let id_tokens = machine::read_id_tokens(&mut top, &source.folder, problems);
    let gcloud = gcloud::read_binding(&mut top, &source.folder, problems);
    let tools = tools::read_tools(&mut top, &source.folder, problems);
    let stores = stores::read_stores(&mut top, problems);
    let waivers = machine::read_waivers(&mut top, problems);
    let approvals = machine::read_approvals(&mut top, problems);
    let mut bundles = BTreeMap::new();
    for (bundle, value) in top.entries("bundles", problems) {
        let bundle = parsed(&bundle, plain_name, problems);
        for (environment, value) in entries(value, "bundles", problems) {
            let environment = parsed(&environment, plain_name, problems);
            let entry = read_entry(value, &source.folder, problems);
            if let (Some(bundle), Some(environment), Some(entry)) = (&bundle, environment, entry) {
                bundles.insert((bundle.value.clone(), environment.value), entry);
            }
        }
    }
    top.close(problems);
    Some(Operator {
        environments,
        disruptive,
        dry_run_only,
        http,
        directories,
        service_overrides,
        connect_to,
        ca_file,
        secrets,
        id_tokens,
        gcloud,
        tools,
        stores,
        limits,
        parallel,
        waivers,
        approvals,
        bundles,
    })
}

fn read_entry(value: &Value<'_>, folder: &Path, problems: &mut Problems<'_>) -> Option<Entry> {
    let mut fields = Fields::open(value, "the entry of a bundle", problems)?;
    let asks = fields.parsed("asks", Digest::parse, problems).map(|asks| asks.value);
    let http = read_http(&mut fields, problems);
    let mut services = BTreeMap::new();
    for (name, value) in fields.entries("services", problems) {
        let Some(name) = parsed(&name, ServiceName::parse, problems) else { continue };
        let mut patterns = Vec::new();
        let list = value.as_array().map(Vec::as_slice);
        if list.is_none() {
            problems.at(value.span.start, format!("`services` holds lists of patterns, not {}", kind(value)));
        }
        for item in list.unwrap_or_default() {
            let text = Located { value: item.as_str().unwrap_or_default().to_owned(), at: item.span.start };
            patterns.extend(parsed(&text, UrlPattern::parse, problems).map(|pattern| pattern.value));
        }
        services.insert(name.value, patterns);
    }
    let directories = read_directories(&mut fields, folder, problems);
    let list = fields.list("gcloud", problems).unwrap_or_default();
    let gcloud = list.iter().filter_map(|item| gcloud::read_grant(item, problems)).collect();
    let exec = tools::read_grants(&mut fields, problems);
    let websocket = AuthoredSockets::read_granted(&mut fields, problems);
    let metrics = AuthoredMetrics::read_granted(&mut fields, problems);
    let data = AuthoredData::read_granted(&mut fields, problems);
    let load = AuthoredLoad::read_allowed(&mut fields, problems);
    let secrets = fields.strings("secrets", problems).unwrap_or_default();
    let secrets = all_parsed(&secrets, SecretName::parse, problems).into_iter().map(|name| name.value).collect();
    fields.close(problems);
    Some(Entry { asks, http, services, directories, secrets, gcloud, exec, websocket, metrics, data, load })
}

fn read_http(fields: &mut Fields<'_, '_>, problems: &mut Problems<'_>) -> Vec<HttpGrant> {
    let list = fields.list("http", problems).unwrap_or_default();
    let authored: Vec<AuthoredHttp> = list.iter().filter_map(|item| AuthoredHttp::read(item, problems)).collect();
    // An operator's file has no variables.
    let filler = |text: &Located<String>, _: &mut Problems<'_>| Some(text.value.clone());
    let mut fill = Fill { filler: &filler, problems };
    authored.iter().map(|http| http.resolve(&mut fill)).collect()
}

/// A path of the operator's, from the folder of the operator's file. It may begin with `..`: that folder is a real place, so where they lead is
/// seen from the text.
pub(super) fn from(folder: &Path, text: &str) -> PathBuf {
    let (mut folder, mut rest) = (folder, Path::new(text));
    while let Ok(after) = rest.strip_prefix("..") {
        (folder, rest) = (folder.parent().unwrap_or(folder), after);
    }
    folder.join(rest)
}

fn read_directories(fields: &mut Fields<'_, '_>, folder: &Path, problems: &mut Problems<'_>) -> Vec<PathBuf> {
    let mut directories = Vec::new();
    for text in fields.strings("directories", problems).unwrap_or_default() {
        let path = from(folder, &text.value);
        let mut probe = Ceiling::default();
        match probe.allow_directory(&path) {
            Ok(()) => directories.extend(probe.directories().iter().cloned()),
            Err(e) => problems.at(text.at, e.to_string()),
        }
    }
    directories
}
