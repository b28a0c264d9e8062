//! Installs what the other commands need. They do it themselves too; this is for people who want it done before.

use anyhow::Result;

use crate::project::Project;
use crate::sh::say;
use crate::{guests, servers, tools};

/// What hurl is built with.
const PACKAGES_OF_HURL: &[&str] = &["libxml2-dev", "libcurl4-openssl-dev", "libclang-dev", "pkg-config"];

/// Load generators of the distribution.
const PEERS: &[&str] = &["hey", "wrk"];

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Also build the peers that `bench` measures beside, at pinned versions
    #[arg(long)]
    bench: bool,
}

pub(crate) fn run(project: &Project, arguments: &Arguments) -> Result<()> {
    guests::add_targets(project)?;
    let mut missing = servers::ensure()?;
    missing.extend(servers::ensure_kinto(project)?);
    if !missing.is_empty() {
        say("setup", &format!("without {}, tests with that in their names are left out", servers::names(&missing)));
    }
    if arguments.bench && tools::HURL.find(project).is_none() {
        servers::install("setup", PACKAGES_OF_HURL)?;
        tools::HURL.ensure(project, "setup")?;
    }
    if arguments.bench {
        servers::install("setup", PEERS)?;
        tools::OHA.ensure(project, "setup")?;
        tools::K6.ensure(project, "setup")?;
    }
    say("setup", "done");
    Ok(())
}
