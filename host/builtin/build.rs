//! Puts the modules of the folder that `HOLDPOINT_BUILTIN` names into the program. Without it there are none.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

const VARIABLE: &str = "HOLDPOINT_BUILTIN";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-env-changed={VARIABLE}");
    println!("cargo::rerun-if-changed=build.rs");
    let mut modules: Vec<PathBuf> = Vec::new();
    if let Some(folder) = variable(VARIABLE).filter(|folder| !folder.as_os_str().is_empty()) {
        println!("cargo::rerun-if-changed={}", folder.display());
        for entry in std::fs::read_dir(&folder).map_err(|error| format!("{VARIABLE}={}: {error}", folder.display()))? {
            modules.push(entry?.path().canonicalize()?);
        }
    }
    modules.retain(|path| path.extension().is_some_and(|ending| ending == "wasm"));
    // Sorted, so that the same modules make the same program.
    modules.sort();
    let mut table = String::from("&[");
    for path in &modules {
        println!("cargo::rerun-if-changed={}", path.display());
        let name = path.file_stem().ok_or("a module has a name")?.to_string_lossy();
        write!(table, "({name:?}, include_bytes!({path:?})),")?;
    }
    table.push(']');
    let out = variable("OUT_DIR").ok_or("OUT_DIR is set by Cargo")?;
    std::fs::write(Path::new(&out).join("modules.rs"), table)?;
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "a build script is told by its environment what to do")]
fn variable(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).map(PathBuf::from)
}
