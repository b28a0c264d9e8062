//! What is handed out: the command line with the modules that ship inside of it, which is one file, and a unit of systemd beside it.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use crate::digests;
use crate::guests::{self, copy_if_changed};
use crate::project::Project;
use crate::sh::{Line, say};

/// What the build of the program reads the folder of its modules from.
const VARIABLE: &str = "HOLDPOINT_BUILTIN";

/// Goes on with what was interrupted, after a boot.
const UNIT: &str = "holdpoint-resume.service";

/// Builds the modules and the program, tries each module of it, and says how large it is and how long it took.
pub(crate) fn run(project: &Project) -> Result<()> {
    let begun = Instant::now();
    guests::build(project)?;
    let modules = gather(project)?;
    let line = project.cargo("dist").args(["build", "--profile", "dist", "-p", "holdpoint-cli", "--bin", "holdpoint"]);
    with_modules(project, line).run()?;
    let program = project.target.join("dist/holdpoint");
    for module in &modules {
        same_inside(project, &program, module)?;
    }
    copy_if_changed(&project.root.join("dist").join(UNIT), &program.with_file_name(UNIT))?;
    let size = |bytes: u64| format!("{}.{} MiB", bytes >> 20, ((bytes % (1 << 20)) * 10) >> 20);
    let length = |path: &PathBuf| fs::metadata(path).map(|facts| facts.len());
    let whole = length(&program).with_context(|| format!("look at {}", program.display()))?;
    let inside: u64 = modules.iter().map(|name| length(&folder(project).join(name)).unwrap_or(0)).sum();
    say(
        "dist",
        &format!(
            "{}: {}, of which {} modules are {}; {} s",
            program.display(),
            size(whole),
            modules.len(),
            size(inside),
            begun.elapsed().as_secs()
        ),
    );
    Ok(())
}

/// A line of cargo that builds the program with the modules that were gathered.
pub(crate) fn with_modules(project: &Project, line: Line) -> Line {
    line.env(VARIABLE, folder(project))
}

fn folder(project: &Project) -> PathBuf {
    project.target.join("builtin")
}

/// Copies the modules that ship into a folder of their own, and nothing else stays there. Gives back their files.
pub(crate) fn gather(project: &Project) -> Result<BTreeSet<String>> {
    let folder = folder(project);
    let shipped = guests::of(&project.packages)?.into_iter().filter(guests::Guest::ships);
    let files: BTreeSet<String> = shipped.map(|guest| format!("{}.wasm", guest.short)).collect();
    for file in &files {
        copy_if_changed(&project.guests().join(file), &folder.join(file))?;
    }
    for entry in fs::read_dir(&folder).with_context(|| format!("list {}", folder.display()))? {
        let path = entry.with_context(|| format!("list {}", folder.display()))?.path();
        let known = path.file_name().is_some_and(|name| files.contains(&*name.to_string_lossy()));
        if !known {
            fs::remove_file(&path).with_context(|| format!("remove {}", path.display()))?;
        }
    }
    Ok(files)
}

/// The program says of the module inside of it what the file beside it says.
fn same_inside(project: &Project, program: &PathBuf, file: &str) -> Result<()> {
    let name = file.trim_end_matches(".wasm");
    let module = format!("builtin:{name}");
    let line = Line::new("dist", program).args(["inspect", &module, "--output", "json"]).folder(&project.root);
    let said: serde_json::Value = serde_json::from_str(&line.text()?).context("read what `inspect` printed")?;
    let outside = digests::of_file(&folder(project).join(file))?;
    ensure!(said["digest"] == outside.as_str(), "{module} has digest {}, and its file has {outside}", said["digest"]);
    Ok(())
}
