//! What an operator says of gcloud: which commands a bundle may give, and how this machine runs it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use holdpoint_model::grant::{GcloudGrant, ProjectId, Region};
use toml_span::value::Value;

use crate::authored::gcloud::AuthoredCommand;
use crate::authored::grants::Fill;
use crate::diagnostic::Problems;
use crate::reading::{Fields, Located, kind};

/// How this machine runs gcloud. The default runs the `gcloud` of the path, as whom it is logged in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GcloudBinding {
    /// Absent: the first `gcloud` on the path.
    pub program: Option<PathBuf>,
    /// The account whose token is taken; absent: the active one.
    pub account: Option<String>,
    /// A file with an access token, which something else renews. Then gcloud is not asked for one.
    pub token_file: Option<PathBuf>,
    /// Certificate authorities for gcloud, e.g. those of a proxy.
    pub ca_file: Option<PathBuf>,
    /// Variables that gcloud gets besides those that the host sets.
    pub environment: BTreeMap<String, String>,
}

pub(super) fn read_binding(top: &mut Fields<'_, '_>, folder: &Path, problems: &mut Problems<'_>) -> GcloudBinding {
    let Some(mut fields) = top.table("gcloud", problems) else { return GcloudBinding::default() };
    let mut path = |key, problems: &mut Problems<'_>| fields.string(key, problems).map(|file| folder.join(file.value));
    let program = path("program", problems);
    let token_file = path("token-file", problems);
    let ca_file = path("ca-file", problems);
    let account = fields.parsed("account", account, problems).map(|account| account.value);
    let environment = environment(&mut fields, problems);
    fields.close(problems);
    GcloudBinding { program, account, token_file, ca_file, environment }
}

/// Variables with their values.
pub(super) fn environment(fields: &mut Fields<'_, '_>, problems: &mut Problems<'_>) -> BTreeMap<String, String> {
    let mut environment = BTreeMap::new();
    for (name, value) in fields.entries("environment", problems) {
        match value.as_str() {
            Some(value) if is_variable(&name.value) && !value.contains('\0') => {
                environment.insert(name.value, value.to_owned());
            }
            Some(_) => problems.at(name.at, format!("`{}` is not a variable with a value", name.value)),
            None => problems.at(value.span.start, format!("a variable is a string, not {}", kind(value))),
        }
    }
    environment
}

fn account(text: &str) -> Result<String, String> {
    let ok = (3..=254).contains(&text.len())
        && text.matches('@').count() == 1
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"@.-_+".contains(&b));
    if ok { Ok(text.to_owned()) } else { Err(format!("`{text}` is not an account, as in deployer@example.com")) }
}

pub(super) fn is_variable(name: &str) -> bool {
    !name.is_empty() && name.len() <= 128 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// One entry of `gcloud` in the entry of a bundle.
pub(super) fn read_grant(value: &Value<'_>, problems: &mut Problems<'_>) -> Option<GcloudGrant> {
    let mut fields = Fields::open(value, "an entry of gcloud", problems)?;
    let project = fields.parsed("project", ProjectId::parse, problems);
    if project.is_none() {
        problems.at(fields.at, "an entry of gcloud lacks `project`");
    }
    let region = fields.parsed("region", Region::parse, problems).map(|region| region.value);
    let list = fields.list("commands", problems).unwrap_or_default();
    let commands: Vec<AuthoredCommand> = list.iter().filter_map(|item| AuthoredCommand::read(item, problems)).collect();
    fields.close(problems);
    // An operator's file has no variables.
    let filler = |text: &Located<String>, _: &mut Problems<'_>| Some(text.value.clone());
    let mut fill = Fill { filler: &filler, problems };
    let commands = commands.iter().map(|command| command.resolve(&mut fill)).collect();
    Some(GcloudGrant { project: project?.value, region, commands })
}
