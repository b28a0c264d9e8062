//! The operator's file: what this machine allows at most, and how it reaches the world.
//!
//! ```toml
//! environments = ["staging"]                       # optional: only these, whatever the entries below say
//! directories = ["/srv/release"]                   # any bundle may read below them
//! http = [{ hosts = ["status.example.com"], methods = ["GET"] }]   # any bundle may send these
//! service-overrides = ["http://127.0.0.1:*"]       # where --service may point besides what a bundle states
//! connect-to = { "api.example.com:443" = "127.0.0.1:8443" }
//! ca-file = "ca.pem"
//! dry-run-only = false
//! disruptive = []
//!
//! [limits]
//! max-deadline = "1h"
//! parallel = 16
//!
//! [waivers]                                        # absent: no row can be waived
//! rows = ["KI-1", "P1.*"]
//! by = ["alice"]
//! max = "7d"
//!
//! [approvals]                                      # absent: no phase can be approved
//! phases = ["deploy-*", "rollback"]
//! by = ["alice"]
//!
//! [secrets.OPENAI_API_KEY]
//! from = { env = "OPENAI_API_KEY" }
//! services = ["backend"]
//! header = "authorization"
//! format = "Bearer {}"
//!
//! [gcloud]                                         # absent: the gcloud of the path, as whom it is logged in
//! account = "deployer@example.com"
//! environment = { HTTPS_PROXY = "http://proxy.example.com:3128" }
//!
//! [tools.pytest]                                   # what a bundle may name in `exec`
//! program = "/usr/bin/python3"
//! arguments = ["-m", "pytest"]
//! directory = "source"
//!
//! [stores.staging.database]                        # what a bundle may name in `data`
//! address = "10.0.0.5:5432"
//! user = "holdpoint"
//! password = "DATABASE_PASSWORD"
//!
//! [bundles.netra-staging.staging]                  # written by `holdpoint allow`
//! asks = "sha256:…"
//! http = [{ services = ["backend"], methods = ["GET"] }]
//! services.backend = ["https://netra-backend-staging-*.run.app"]
//! ```
//!
//! Relative paths start from the folder of the file. Without a file nothing is allowed.

mod allow;
mod file;
mod gcloud;
mod machine;
mod stores;
mod tools;

pub use allow::allow;
pub(crate) use allow::asks_digest;
pub use file::{Entry, Operator};
pub use gcloud::GcloudBinding;
pub use machine::{SecretBinding, SecretSource};
pub use stores::{StoreBinding, StoreKey};
pub use tools::{ToolBinding, ToolLayer, ToolNetwork};
