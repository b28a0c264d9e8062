//! Licences, banned crates and sources of crates, as `deny.toml` has them.
//!
//! Known vulnerabilities are not looked up: their database lies on a network that a build must not need.

use anyhow::Result;

use crate::project::Project;
use crate::sh::{Line, say};
use crate::tools::CARGO_DENY;

pub(super) fn run(project: &Project) -> Result<()> {
    let program = CARGO_DENY.ensure(project, "deny")?;
    say(
        "deny",
        "advisories are skipped, because their database needs a network: run `cargo deny check advisories` where there is one",
    );
    // Cargo's own locks and paths are found from the folder.
    Line::new("deny", program).folder(&project.root).args(["--locked", "check", "licenses", "bans", "sources"]).run()
}
