//! No configuration file names an address that means "this machine" (P1.3).
//!
//! ```toml
//! config = { directories = ["config"], exceptions = [{ path = "config/dev.yaml", reason = "not deployed" }] }
//! ```
//! YAML, JSON, TOML and `.env` files are parsed, and every value in them is searched: URLs, DSNs, lists, JSON inside of strings.
//! Comments do not count. Private addresses are advisory: they are measured and logged. 0.0.0.0 is what a server binds to, and a
//! fault only where it is a destination. A file that cannot be read or parsed is inconclusive, and no file at all is an error: what
//! was not seen is never clean. It resolves no names, so a public name that points to loopback is not found here.

mod address;
mod config;
mod file;
mod key;
mod value;

use std::collections::BTreeMap;

use holdpoint::prelude::*;
use holdpoint::{Entry, Kind};

use config::Config;

/// The most files that one run reads.
const MOST_FILES: usize = 5_000;

#[holdpoint::phase]
fn run(cx: &Context, config: Config) -> Result<()> {
    config.validate()?;
    let directories = if config.directories.is_empty() { cx.directories() } else { config.directories.clone() };
    let files = find(cx, &config, &directories)?;
    let mut private = 0;
    let mut used = vec![false; config.exceptions.len()];
    for (entry, done) in files.iter().zip(0..) {
        cx.progress(done, u32::try_from(files.len()).unwrap_or(0), &entry.path);
        private += file::judge(cx, &config, entry, &mut used);
    }
    for (exception, _) in config.exceptions.iter().zip(&used).filter(|(_, used)| !**used) {
        cx.log(Level::Warn, format!("the exception for {exception} excuses nothing and can go"));
    }
    cx.measure("files", count(files.len()), "files");
    cx.measure("private addresses", count(private), "addresses");
    Ok(())
}

/// The files to judge, each once, in the order of their paths.
fn find(cx: &Context, config: &Config, directories: &[String]) -> Result<Vec<Entry>> {
    if directories.is_empty() {
        return Err(Error::new(
            "no directory is granted to this phase, so there is nothing to scan; grant files for at least one",
        ));
    }
    let mut files = BTreeMap::new();
    for directory in directories {
        for pattern in &config.include {
            match cx.files().glob(directory, pattern) {
                Ok(listing) => {
                    files.extend(listing.into_iter().filter(|e| e.kind == Kind::File).map(|e| (e.path.clone(), e)))
                }
                Err(error) => {
                    let check = cx.check(["P1.3"], format!("{directory}/{pattern} can be listed"));
                    check.expecting(expected("the files to scan")).inconclusive(observed(&error), &error);
                }
            }
        }
    }
    if files.is_empty() {
        return Err(Error::new(format!(
            "no file in {} matches {}, and nothing scanned is nothing passed; see config.directories and config.include",
            directories.join(", "),
            config.include.join(", ")
        )));
    }
    if files.len() > MOST_FILES {
        return Err(Error::new(format!("{} files match, of at most {MOST_FILES}; narrow config.include", files.len())));
    }
    Ok(files.into_values().collect())
}

fn count(number: usize) -> f64 {
    u32::try_from(number).map_or(f64::MAX, f64::from)
}

#[cfg(test)]
mod tests;
