//! The compiler for fuzzing. Coverage and sanitizers are flags of nightly compilers; a stable one takes them when it is told to pass for
//! one, which is for fuzzing alone: nothing that is built here is shipped or tested with.

use std::fs;
use std::path::Path;

use anyhow::Result;

use crate::project::Project;
use crate::sh::{self, Line, say};

/// Which compiler is used, and what it can find.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Toolchain {
    nightly: bool,
    /// With the library of the address sanitizer, also misuse of memory by C libraries is found.
    address: bool,
}

impl Toolchain {
    /// Looks for a nightly, and says what is used.
    pub(super) fn find(project: &Project) -> Result<Self> {
        let nightly = sh::exists("rustup")
            && Line::new("fuzz", "rustup").args(["run", "nightly", "rustc", "--version"]).text().is_ok();
        say(
            "fuzz",
            match nightly {
                true => "built with the nightly compiler that rustup has",
                false => {
                    "there is no nightly compiler, so the stable one is told to pass for one (RUSTC_BOOTSTRAP=1), for fuzzing only"
                }
            },
        );
        let found = Self { nightly, address: false };
        let line =
            found.with_environment(Line::new("fuzz", "rustc").args(["--print", "sysroot"]).folder(&project.root));
        let address = has_address_sanitizer(Path::new(line.text()?.trim()));
        if !address {
            say("fuzz", "this compiler has no address sanitizer, so misuse of memory by C libraries is not looked for");
        }
        Ok(Self { address, ..found })
    }

    /// What cargo-fuzz is told about sanitizers.
    pub(super) fn sanitizer(self) -> &'static str {
        if self.address { "address" } else { "none" }
    }

    /// Makes a line use the compiler.
    pub(super) fn with_environment(self, line: Line) -> Line {
        if self.nightly { line.env("RUSTUP_TOOLCHAIN", "nightly") } else { line.env("RUSTC_BOOTSTRAP", "1") }
    }
}

/// The library is beside the standard library: `lib/rustlib/<platform>/lib/librustc-<channel>_rt.asan.a`.
fn has_address_sanitizer(sysroot: &Path) -> bool {
    let files = |folder: &Path| fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    files(&sysroot.join("lib/rustlib"))
        .flat_map(|platform| files(&platform.join("lib")).collect::<Vec<_>>())
        .any(|file| file.file_name().is_some_and(|name| name.to_string_lossy().contains("_rt.asan")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_library_of_the_sanitizer() {
        let sysroot = tempfile::tempdir().unwrap();
        assert!(!has_address_sanitizer(sysroot.path()));
        let lib = sysroot.path().join("lib/rustlib/x86_64-unknown-linux-gnu/lib");
        fs::create_dir_all(&lib).unwrap();
        fs::write(lib.join("libstd.rlib"), "").unwrap();
        assert!(!has_address_sanitizer(sysroot.path()));
        fs::write(lib.join("librustc-nightly_rt.asan.a"), "").unwrap();
        assert!(has_address_sanitizer(sysroot.path()));
    }
}
