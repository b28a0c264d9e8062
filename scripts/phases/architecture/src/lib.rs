//! The source tree is built as its architecture says (P1.1): rules over what real parsers see in Python, TypeScript and Rust.
//!
//! ```toml
//! [phase.config]
//! include = ["backend/**/*.py", "frontend/src/**/*.{ts,tsx}", "worker/src/**/*.rs"]
//! required = { files = ["README.md", "backend/tests/test_*.py"] }
//! size = { file_lines = 400, function_lines = 60 }
//! layers = { domain = ["backend/app/domain/**"], api = ["backend/app/api/**"] }
//! imports = [{ layer = "domain", must_not_import = ["api"] }]
//! types = { exceptions = [{ name = "Config", reason = "each service has its own" }] }
//! forbidden = [{ name = "code is not made from text", calls = ["eval"], why = "it runs whatever it is given" }]
//! ```
//! Every rule is a check of its own. Paths are those below the granted directory. A file that does not parse fails; one that cannot be
//! read, is too long or is no text is inconclusive, and so is every rule that it belongs to: what was not seen is never clean. A rule
//! that met nothing to judge is inconclusive, no rule at all an error. It judges names and places and follows no types, so what a
//! program only decides while it runs is not found here.

mod config;
mod exceptions;
mod findings;
mod globs;
mod languages;
mod resolve;
mod rules;
mod source;
mod tree;

use holdpoint::prelude::*;

use config::Config;
use resolve::Resolver;
use rules::File;
use tree::{Read, Tree};

/// After how many files a watcher is told.
const FILES_A_STEP: u32 = 100;

#[holdpoint::phase]
fn run(cx: &Context, config: Config) -> Result<()> {
    config.validate()?;
    let directory = config.directory(&cx.directories())?;
    if let Some(required) = &config.required {
        required.judge(cx, &directory);
    }
    let mut rules = config.rules();
    if rules.is_empty() {
        return Ok(());
    }
    let tree = Tree::find(cx, &directory, &config)?;
    let resolver = Resolver { tree: &tree, roots: &config.roots };
    let crates = config.roots.crates();
    let mut read = Read::default();
    for (entry, done) in tree.judged.iter().zip(0..) {
        if done % FILES_A_STEP == 0 {
            cx.progress(done, u32::try_from(tree.judged.len()).unwrap_or(0), &entry.path);
        }
        let concerned = rules.iter_mut().filter(|rule| rule.concerns(&entry.path, entry.language));
        match read.file(cx, &directory, entry, &crates) {
            Some((source, seq)) => {
                let (path, language) = (entry.path.as_str(), entry.language);
                let file = File { path, language, seq, source: &source, resolver: &resolver };
                concerned.for_each(|rule| rule.look(&file));
            }
            None => concerned.for_each(|rule| rule.unseen()),
        }
    }
    read.state(cx);
    rules.into_iter().for_each(|rule| rule.state(cx));
    config.log_unused(cx);
    Ok(())
}

/// A count as the report takes it.
fn count(number: usize) -> f64 {
    u32::try_from(number).map_or(f64::MAX, f64::from)
}

#[cfg(test)]
mod tests;
