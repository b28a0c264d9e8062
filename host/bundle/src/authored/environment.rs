//! `[environments.NAME]`: where the services of a release live, and the secrets that belong to them.

use holdpoint_model::ServiceName;
use holdpoint_model::grant::{SecretName, StoreKind, StoreName};
use toml_span::value::Value;

use crate::diagnostic::Problems;
use crate::reading::{Fields, Located, kind, parsed, plain_name};

/// One environment.
#[derive(Debug)]
pub(crate) struct Environment {
    pub(crate) name: String,
    pub(crate) project: Option<String>,
    pub(crate) region: Option<String>,
    pub(crate) secrets: Vec<SecretName>,
    pub(crate) public: Vec<SecretName>,
    /// In the order of the text.
    pub(crate) services: Vec<AuthoredService>,
    /// What each of its stores is. Where they are, the operator says.
    pub(crate) stores: Vec<(StoreName, StoreKind)>,
}

/// One service.
#[derive(Debug)]
pub(crate) struct AuthoredService {
    pub(crate) name: ServiceName,
    /// What the platform calls it.
    pub(crate) title: Option<String>,
    pub(crate) url: Option<AuthoredUrl>,
}

/// Where a service lives.
#[derive(Debug)]
pub(crate) enum AuthoredUrl {
    Fixed(Located<String>),
    /// Known only once it is deployed.
    CloudRun {
        within: Vec<Located<String>>,
        /// Not every environment has it.
        optional: bool,
    },
    /// The revision of another service that carries this tag, at a URL of its own.
    Tag {
        of: Located<String>,
        tag: Located<String>,
    },
}

impl Environment {
    pub(crate) fn read(name: &Located<String>, value: &Value<'_>, problems: &mut Problems<'_>) -> Option<Self> {
        parsed(name, plain_name, problems)?;
        let mut fields = Fields::open(value, format!("environment `{}`", name.value), problems)?;
        let project = fields.string("project", problems).map(|p| p.value);
        let region = fields.string("region", problems).map(|r| r.value);
        let mut names = |key, problems: &mut Problems<'_>| {
            let names = fields.strings(key, problems).unwrap_or_default();
            crate::reading::all_parsed(&names, SecretName::parse, problems).into_iter().map(|n| n.value).collect()
        };
        let secrets = names("secrets", problems);
        let public = names("public", problems);
        let services = fields
            .entries("services", problems)
            .into_iter()
            .filter_map(|(name, value)| AuthoredService::read(&name, value, problems))
            .collect();
        let stores = fields
            .entries("stores", problems)
            .into_iter()
            .filter_map(|(name, value)| read_store(&name, value, problems))
            .collect();
        fields.close(problems);
        Some(Self { name: name.value.clone(), project, region, secrets, public, services, stores })
    }
}

impl AuthoredService {
    fn read(name: &Located<String>, value: &Value<'_>, problems: &mut Problems<'_>) -> Option<Self> {
        let id = parsed(name, ServiceName::parse, problems)?.value;
        let mut fields = Fields::open(value, format!("service `{id}`"), problems)?;
        let title = fields.string("name", problems).map(|n| n.value);
        let url = match fields.take("url") {
            Some(url) => AuthoredUrl::read(url, problems),
            None => {
                problems.at(fields.at, format!("service `{id}` lacks `url`"));
                None
            }
        };
        fields.close(problems);
        Some(Self { name: id, title, url })
    }
}

fn read_store(
    name: &Located<String>,
    value: &Value<'_>,
    problems: &mut Problems<'_>,
) -> Option<(StoreName, StoreKind)> {
    let name = parsed(name, StoreName::parse, problems)?.value;
    let mut fields = Fields::open(value, format!("store `{name}`"), problems)?;
    let kind = fields.required("kind", problems).and_then(|kind| parsed(&kind, StoreKind::parse, problems));
    fields.close(problems);
    kind.map(|kind| (name, kind.value))
}

/// Cloud Run's rule for tags of traffic.
fn traffic_tag(text: &str) -> Result<String, &'static str> {
    let ok = (1..=46).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && !text.ends_with('-')
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if ok { Ok(text.to_owned()) } else { Err("a tag has 1 to 46 of a-z, 0-9 and -, a letter first and no - last") }
}

impl AuthoredUrl {
    fn read(value: &Value<'_>, problems: &mut Problems<'_>) -> Option<Self> {
        let at = value.span.start;
        if let Some(text) = value.as_str() {
            return Some(Self::Fixed(Located { value: text.to_owned(), at }));
        }
        if value.as_table().is_none() {
            problems.at(at, format!("`url` is a string or a table, not {}", kind(value)));
            return None;
        }
        let mut fields = Fields::open(value, "`url`", problems)?;
        if let Some(of) = fields.string("of", problems) {
            let tag = fields.required("tag", problems).and_then(|tag| parsed(&tag, traffic_tag, problems));
            fields.known_elsewhere(&["from", "within", "optional"], "a URL `of` another service", problems);
            fields.close(problems);
            return tag.map(|tag| Self::Tag { of, tag });
        }
        fields.known_elsewhere(&["tag"], "a URL without `of`", problems);
        let from = fields.required("from", problems);
        if let Some(from) = from.filter(|from| from.value != "cloud-run") {
            let near = problems.nearest(&from.value, ["cloud-run"]);
            problems
                .at(from.at, format!("`{}` is not where a URL can come from: write \"cloud-run\"{near}", from.value));
        }
        let within = fields.strings("within", problems);
        let optional = fields.boolean("optional", problems).unwrap_or(false);
        fields.close(problems);
        if within.as_ref().is_none_or(Vec::is_empty) {
            problems.at(at, "`url` lacks `within`: the patterns that the URL must match once it is known");
        }
        Some(Self::CloudRun { within: within?, optional })
    }
}
