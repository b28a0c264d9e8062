//! What `fuzz` builds and runs. Everything that it makes lies in `target/fuzz`: programs, inputs that were found, logs.

use std::fs::{self, File};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Mutex;
use std::sync::PoisonError;

use anyhow::{Context, Result, bail};

use super::figures::Figures;
use super::targets::{self, Target};
use super::toolchain::Toolchain;
use crate::project::Project;
use crate::sh::{Line, say};
use crate::tools;

/// What one execution may take: megabytes, seconds, and bytes of input.
const BOUNDS: [&str; 3] = ["-rss_limit_mb=2048", "-timeout=20", "-max_len=65536"];

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The targets to run, all of them if none is named
    targets: Vec<String>,
    /// Only say which targets there are
    #[arg(long)]
    list: bool,
    /// How long each target runs; 0 runs what is there already and looks for nothing new
    #[arg(long, value_name = "N", default_value_t = 1)]
    minutes: u32,
    /// How many targets run side by side
    #[arg(long, value_name = "N", default_value = "1")]
    jobs: NonZero<usize>,
}

pub(crate) fn run(project: &Project, arguments: &Arguments) -> Result<()> {
    let fuzz = project.root.join("fuzz");
    let targets = targets::chosen(targets::all(&fuzz)?, &arguments.targets)?;
    if arguments.list {
        for target in targets {
            println!("{:<14}{}", target.name, target.about);
        }
        return Ok(());
    }
    let fuzzing = Fuzzing {
        toolchain: Toolchain::find(project)?,
        program: tools::CARGO_FUZZ.ensure(project, "fuzz")?,
        work: project.target.join("fuzz"),
        seconds: arguments.minutes * 60,
        fuzz,
    };
    for target in &targets {
        fuzzing.line("build", target).run()?;
    }
    let left = Mutex::new(targets.iter());
    let failed = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..arguments.jobs.get().min(targets.len()) {
            scope.spawn(|| {
                let next = || left.lock().unwrap_or_else(PoisonError::into_inner).next();
                while let Some(target) = next() {
                    if let Err(why) = fuzzing.run(target) {
                        say("fuzz", &format!("{}: {why:#}", target.name));
                        failed.lock().unwrap_or_else(PoisonError::into_inner).push(target.name.clone());
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap_or_else(PoisonError::into_inner);
    if failed.is_empty() { Ok(()) } else { bail!("{} found something; see docs/fuzzing.md", failed.join(", ")) }
}

/// What is the same for all targets.
struct Fuzzing {
    toolchain: Toolchain,
    program: PathBuf,
    fuzz: PathBuf,
    work: PathBuf,
    seconds: u32,
}

impl Fuzzing {
    /// A line of cargo-fuzz about a target.
    fn line(&self, verb: &str, target: &Target) -> Line {
        let line = Line::new("fuzz", &self.program).arg(verb).args(["--sanitizer", self.toolchain.sanitizer()]);
        let line = line.arg("--target-dir").arg(self.work.join("build")).arg(&target.name);
        self.toolchain.with_environment(line).folder(&self.fuzz)
    }

    fn run(&self, target: &Target) -> Result<()> {
        let corpus = self.folder("corpus", target)?;
        let artifacts = self.folder("artifacts", target)?;
        let log = self.work.join(format!("{}.log", target.name));
        let mut line = self.line("run", target).arg(&corpus);
        if let Some(seeds) = target.seeds(&self.fuzz) {
            line = line.arg(seeds);
        }
        line = line.arg("--").args(BOUNDS).arg("-print_final_stats=1");
        line = line.arg(format!("-artifact_prefix={}/", artifacts.display()));
        if let Some(dictionary) = target.dictionary(&self.fuzz) {
            line = line.arg(format!("-dict={}", dictionary.display()));
        }
        line = line.arg(if self.seconds == 0 {
            "-runs=0".to_owned()
        } else {
            format!("-max_total_time={}", self.seconds)
        });
        say("fuzz", &format!("{}: {} s, log in {}", target.name, self.seconds, log.display()));
        let file = File::create(&log).with_context(|| format!("create {}", log.display()))?;
        let mut command = line.into_command();
        let streams = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(file);
        let status = streams.status().with_context(|| format!("start {}", self.program.display()))?;
        let text =
            String::from_utf8_lossy(&fs::read(&log).with_context(|| format!("read {}", log.display()))?).into_owned();
        let figures = Figures::of(&text);
        if !status.success() {
            bail!(
                "ended with {status} after {figures}; the input is in {}, the reason in {}",
                artifacts.display(),
                log.display()
            );
        }
        say("fuzz", &format!("{}: {figures}, nothing found", target.name));
        Ok(())
    }

    fn folder(&self, kind: &str, target: &Target) -> Result<PathBuf> {
        let folder = self.work.join(kind).join(&target.name);
        fs::create_dir_all(&folder).with_context(|| format!("create {}", Path::new(&folder).display()))?;
        Ok(folder)
    }
}
