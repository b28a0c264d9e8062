//! Whom gcloud acts as, and where, before anything is changed (PRE-1).
//!
//! ```toml
//! [phase.config]
//! project = "${env.project}"
//! lasts = "5m"                                                   # optional: the token holds so long; at most 10m
//! kinds = ["service-account", "workload-identity", "metadata"]   # optional: none other
//! principals = ["*@netra-staging.iam.gserviceaccount.com"]       # optional: with one `*` each, none other
//! [phase.grants]
//! gcloud = [{ command = "identity" }, { command = "projects describe", arguments = ["${env.project}"] }]
//! ```
//! It asks the host for the identity that commands really get, and never looks at `gcloud auth list`, which is empty under a token file or
//! a credential file. PRE-1.project wants three things: commands act in the project, the operator's own gcloud is set to no other, and
//! the platform shows that project to whoever acts. What nobody tells is never clean: a kind, a name or an end that is asked for and not
//! known judges nothing. It changes nothing.

mod config;
mod project;
mod who;

use holdpoint::prelude::*;

use config::Config;

#[holdpoint::phase]
fn run(cx: &Context, config: Config) -> Result<()> {
    config.check()?;
    let identity = who::judge(cx, &config);
    project::judge(cx, &config, identity.as_ref());
    Ok(())
}

#[cfg(test)]
mod tests;
