//! `[[user]]`: the virtual users of a load. What they have in common with phases is read as a phase's.

use holdpoint_model::HttpVersions;
use toml_span::value::Value;

use super::phase::Phase;
use crate::diagnostic::Problems;
use crate::module::USER;
use crate::reading::{Fields, Located};

/// A user as it is written.
#[derive(Debug)]
pub(crate) struct User {
    /// Id, module, config and grants.
    pub(crate) base: Phase,
    pub(crate) identities: Option<Identities>,
    pub(crate) shared: Vec<Located<String>>,
    pub(crate) http: HttpVersions,
}

/// Where the identities of users come from.
#[derive(Debug)]
pub(crate) enum Identities {
    /// The name of a secret, which is a signing key.
    Mint(Located<String>),
    /// The path of a file.
    File(Located<String>),
    /// The id of a phase that logs in.
    Login(Located<String>),
}

impl User {
    pub(crate) fn read(value: &Value<'_>, problems: &mut Problems<'_>) -> Option<Self> {
        let mut fields = Fields::open(value, "a user", problems)?;
        let identities = fields.table("identities", problems).and_then(|table| Identities::read(table, problems));
        let shared = fields.strings("shared", problems).unwrap_or_default();
        let http =
            fields.parsed("http-version", HttpVersions::parse, problems).map_or(HttpVersions::Any, |http| http.value);
        let base = Phase::read_common(&mut fields, &USER, problems);
        fields.close(problems);
        Some(Self { base: base?, identities, shared, http })
    }
}

impl Identities {
    fn read(mut table: Fields<'_, '_>, problems: &mut Problems<'_>) -> Option<Self> {
        let at = table.at;
        let (mint, file) = (table.string("mint", problems), table.string("file", problems));
        let login = table.string("login", problems);
        table.close(problems);
        match (mint, file, login) {
            (Some(secret), None, None) => Some(Self::Mint(secret)),
            (None, Some(path), None) => Some(Self::File(path)),
            (None, None, Some(phase)) => Some(Self::Login(phase)),
            _ => {
                let hint = "write identities = { mint = \"NAME_OF_A_SECRET\" }, { file = \"tokens.jsonl\" } or { login = \"a-phase\" }";
                problems.at_with(
                    at,
                    "users have identities minted with a key, from a file, or from a phase that logs in",
                    hint,
                );
                None
            }
        }
    }
}
