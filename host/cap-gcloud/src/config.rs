//! How this machine runs gcloud.

use std::collections::BTreeMap;
use std::path::PathBuf;

use holdpoint_supervise::Supervisor;

/// What the operator says, and what the host found.
#[derive(Debug, Clone, Default)]
pub struct GcloudConfig {
    /// What starts it. The default one starts nothing.
    pub supervisor: Supervisor,
    /// The program.
    pub program: PathBuf,
    /// The account whose token is taken; none is the active one.
    pub account: Option<String>,
    /// A file with an access token, which something else renews. Then gcloud is not asked for one.
    pub token_file: Option<PathBuf>,
    /// Certificate authorities for gcloud.
    pub ca_file: Option<PathBuf>,
    /// Variables that gcloud gets besides those that the host sets.
    pub added: BTreeMap<String, String>,
    /// The operator's own environment, in which gcloud is asked for a token and nothing else.
    pub own: BTreeMap<String, String>,
}
