//! How this machine reaches the world: limits, pinned addresses, and the places of secrets. And who may waive rows and approve phases.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use holdpoint_model::grant::{HostPort, LimitCeiling, Limits, SecretName, parse_duration, parse_size};
use holdpoint_model::{ApprovalCeiling, PhasePattern, RowPattern, ServiceName, WaiverCeiling, parse_name};
use toml_span::value::Value;

use crate::diagnostic::Problems;
use crate::reading::{Fields, Located, all_parsed, parsed, plain_name};

const MAX_PARALLEL: u32 = 64;

/// Where a secret comes from, and where alone it may go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretBinding {
    pub name: SecretName,
    pub from: SecretSource,
    /// The services that it may be sent to; an empty list is none.
    pub services: Vec<ServiceName>,
    /// The header that it may be sent in, in lower case. Without one it is never sent.
    pub header: Option<String>,
    /// What the header then holds, with `{}` for the value.
    pub format: String,
    /// The one environment that it is of; no run of another uses it.
    pub environment: Option<String>,
}

/// Where the value of a secret, or an ID token, lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretSource {
    /// An environment variable of the host.
    Env(String),
    /// A file; absolute.
    File(PathBuf),
}

pub(super) fn read_limits(top: &mut Fields<'_, '_>, problems: &mut Problems<'_>) -> (LimitCeiling, usize) {
    let LimitCeiling(mut limits) = LimitCeiling::default();
    let mut parallel = 16;
    if let Some(mut fields) = top.table("limits", problems) {
        let most = Limits::ABSOLUTE;
        if let Some(deadline) = fields.parsed("max-deadline", parse_duration, problems) {
            limits.deadline = deadline.value.min(most.deadline);
        }
        if let Some(calls) = fields.count("max-calls", problems) {
            limits.max_calls = calls.value.min(most.max_calls);
        }
        if let Some(memory) = fields.parsed("max-memory", parse_size, problems) {
            limits.memory = memory.value.min(most.memory);
        }
        if let Some(output) = fields.parsed("max-output", parse_size, problems) {
            limits.output = output.value.min(most.output);
        }
        if let Some(count) = fields.count("parallel", problems) {
            if count.value > MAX_PARALLEL {
                problems.at(count.at, format!("at most {MAX_PARALLEL} phases run side by side"));
            }
            parallel = count.value.min(MAX_PARALLEL) as usize;
        }
        fields.close(problems);
    }
    (LimitCeiling(limits), parallel)
}

pub(super) fn read_waivers(top: &mut Fields<'_, '_>, problems: &mut Problems<'_>) -> WaiverCeiling {
    let Some(mut fields) = top.table("waivers", problems) else { return WaiverCeiling::default() };
    let rows = fields.strings("rows", problems).unwrap_or_default();
    let by = fields.strings("by", problems).unwrap_or_default();
    let most = fields.parsed("max", parse_duration, problems);
    fields.close(problems);
    WaiverCeiling {
        rows: all_parsed(&rows, RowPattern::parse, problems).into_iter().map(|row| row.value).collect(),
        by: all_parsed(&by, parse_name, problems).into_iter().map(|name| name.value).collect(),
        most: most.map(|most| most.value).unwrap_or_default(),
    }
}

pub(super) fn read_approvals(top: &mut Fields<'_, '_>, problems: &mut Problems<'_>) -> ApprovalCeiling {
    let Some(mut fields) = top.table("approvals", problems) else { return ApprovalCeiling::default() };
    let phases = fields.strings("phases", problems).unwrap_or_default();
    let by = fields.strings("by", problems).unwrap_or_default();
    fields.close(problems);
    ApprovalCeiling {
        phases: all_parsed(&phases, PhasePattern::parse, problems).into_iter().map(|phase| phase.value).collect(),
        by: all_parsed(&by, parse_name, problems).into_iter().map(|name| name.value).collect(),
    }
}

/// `host:port`.
pub(super) fn host_port(text: &str) -> Result<HostPort, String> {
    let (host, port) =
        text.rsplit_once(':').ok_or_else(|| format!("`{text}` lacks a port, as in api.example.com:443"))?;
    let port = port.parse::<u16>().map_err(|_| format!("`{port}` is not a port"))?;
    HostPort::parse(host, port).map_err(|e| e.to_string())
}

pub(super) fn read_connect_to(top: &mut Fields<'_, '_>, problems: &mut Problems<'_>) -> BTreeMap<HostPort, SocketAddr> {
    let mut map = BTreeMap::new();
    for (from, to) in top.entries("connect-to", problems) {
        let from = parsed(&from, host_port, problems);
        let text = Located { value: to.as_str().unwrap_or_default().to_owned(), at: to.span.start };
        let address = |text: &str| {
            text.parse::<SocketAddr>()
                .map_err(|_| format!("`{text}` is not an address and a port, as in \"127.0.0.1:8443\""))
        };
        if let Some((from, to)) = from.zip(parsed(&text, address, problems)) {
            map.insert(from.value, to.value);
        }
    }
    map
}

pub(super) fn read_secrets(top: &mut Fields<'_, '_>, folder: &Path, problems: &mut Problems<'_>) -> Vec<SecretBinding> {
    let entries = top.entries("secrets", problems);
    entries.into_iter().filter_map(|(name, value)| read_secret(&name, value, folder, problems)).collect()
}

fn read_secret(
    name: &Located<String>,
    value: &Value<'_>,
    folder: &Path,
    problems: &mut Problems<'_>,
) -> Option<SecretBinding> {
    let name = parsed(name, SecretName::parse, problems)?.value;
    let mut fields = Fields::open(value, format!("secret `{name}`"), problems)?;
    let source = read_source(&mut fields, &format!("secret `{name}`"), folder, problems);
    let services = fields.strings("services", problems).unwrap_or_default();
    let services = all_parsed(&services, ServiceName::parse, problems).into_iter().map(|name| name.value).collect();
    let header = fields.parsed("header", header_name, problems).map(|header| header.value);
    let format =
        fields.parsed("format", header_format, problems).map_or_else(|| "{}".to_owned(), |format| format.value);
    let environment = fields.parsed("environment", plain_name, problems).map(|environment| environment.value);
    fields.close(problems);
    Some(SecretBinding { name, from: source?, services, header, format, environment })
}

/// Where an ID token for each service comes from.
pub(super) fn read_id_tokens(
    top: &mut Fields<'_, '_>,
    folder: &Path,
    problems: &mut Problems<'_>,
) -> BTreeMap<ServiceName, SecretSource> {
    let mut tokens = BTreeMap::new();
    for (name, value) in top.entries("id-tokens", problems) {
        let Some(service) = parsed(&name, ServiceName::parse, problems) else { continue };
        let what = format!("the ID token for service `{}`", service.value);
        let Some(mut fields) = Fields::open(value, what.clone(), problems) else { continue };
        let source = read_source(&mut fields, &what, folder, problems);
        fields.close(problems);
        tokens.extend(source.map(|source| (service.value, source)));
    }
    tokens
}

fn read_source(
    fields: &mut Fields<'_, '_>,
    what: &str,
    folder: &Path,
    problems: &mut Problems<'_>,
) -> Option<SecretSource> {
    let at = fields.at;
    let source = fields.table("from", problems).and_then(|mut from| {
        let (env, file) = (from.string("env", problems), from.string("file", problems));
        from.close(problems);
        match (env, file) {
            (Some(env), None) => Some(SecretSource::Env(env.value)),
            (None, Some(file)) => Some(SecretSource::File(folder.join(file.value))),
            _ => None,
        }
    });
    if source.is_none() {
        problems.at(at, format!("{what} lacks from = {{ env = \"…\" }} or from = {{ file = \"…\" }}"));
    }
    source
}

fn header_name(text: &str) -> Result<String, String> {
    let ok = !text.is_empty()
        && text.len() <= 64
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    let framing =
        ["host", "connection", "content-length", "transfer-encoding", "te", "trailer", "upgrade", "keep-alive"];
    if ok && !framing.contains(&text) {
        return Ok(text.to_owned());
    }
    Err(format!(
        "`{text}` is not the name of a header that may carry a secret; write it in lower case, as in \"authorization\""
    ))
}

fn header_format(text: &str) -> Result<String, String> {
    let ok = text.matches("{}").count() == 1 && text.len() <= 256 && text.chars().all(|c| (' '..='~').contains(&c));
    if ok {
        Ok(text.to_owned())
    } else {
        Err(format!("`{text}` lacks the place `{{}}` of the value, as in \"Bearer {{}}\""))
    }
}
