//! The emulator as a program: starts it, prints the environment in which gcloud knows it alone, and runs until it is
//! told to end. Starts no gcloud itself.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;
use holdpoint_gcp_emulator::{Emulator, Fault, InitialService, Named, Options};
use tokio::signal::unix::{SignalKind, signal};

/// An emulator of Google Cloud on 127.0.0.1, as far as gcloud needs it for Cloud Run.
///
/// Prints `export NAME='VALUE'` for each variable that gcloud needs, then `# ready`, and runs until SIGTERM or ctrl-c.
#[derive(Debug, Parser)]
#[command(name = "gcp-emulator")]
struct Arguments {
    /// The project's id
    #[arg(long, default_value = "netra-staging")]
    project: String,
    /// Where services are
    #[arg(long, default_value = "us-central1")]
    region: String,
    /// A service that is there from the start, with its image if that matters; may be given more than once
    #[arg(long = "service", value_name = "NAME[=IMAGE]")]
    services: Vec<String>,
    /// An image that can be deployed; with one, no other can; may be given more than once
    #[arg(long = "image", value_name = "IMAGE")]
    images: Vec<String>,
    /// A fault that stands from the start; may be given more than once
    #[arg(long = "fault", value_name = "NAME")]
    faults: Vec<String>,
    /// What names follow from
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Polls of a service after a change until it is ready
    #[arg(long, default_value_t = 1, value_name = "POLLS")]
    ready_after: u32,
    /// Port of the proxy; 0 takes a free one
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Where what gcloud reads is written
    #[arg(long, value_name = "FOLDER", default_value = "target/gcp-emulator")]
    folder: PathBuf,
    /// Print the faults (NAME description) and end
    #[arg(long)]
    list_faults: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody is left to tell if standard error is closed.
            let _ = writeln!(io::stderr(), "gcp-emulator: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> anyhow::Result<()> {
    if arguments.list_faults {
        for named in Named::all() {
            writeln!(io::stdout(), "{} {}", named.name, named.description).context("print the faults")?;
        }
        return Ok(());
    }
    // Before the line `ready`: whoever reads it may send the signal at once.
    let mut terminated = signal(SignalKind::terminate()).context("listen for SIGTERM")?;
    let mut interrupted = signal(SignalKind::interrupt()).context("listen for ctrl-c")?;

    let folder = std::fs::create_dir_all(&arguments.folder).and_then(|()| arguments.folder.canonicalize());
    let folder = folder.with_context(|| format!("create {}", arguments.folder.display()))?;
    let emulator = Emulator::start(options(&arguments)?).await?;
    let mut out = io::stdout().lock();
    for (name, value) in emulator.environment(&folder)? {
        // A quote within quotes ends them, is one itself, and begins them again.
        writeln!(out, "export {name}='{}'", value.replace('\'', "'\\''")).context("print the environment")?;
    }
    writeln!(out, "# ready").and_then(|()| out.flush()).context("print that it is ready")?;
    drop(out);

    tokio::select! {
        _ = terminated.recv() => {}
        _ = interrupted.recv() => {}
    }
    emulator.stop().await;
    Ok(())
}

fn options(arguments: &Arguments) -> anyhow::Result<Options> {
    let fault = |name: &String| -> anyhow::Result<Fault> {
        let named = Named::find(name);
        let named = named.with_context(|| format!("no fault is named {name}; --list-faults shows them"))?;
        Ok(named.fault())
    };
    let service = |text: &String| match text.split_once('=') {
        Some((name, image)) => InitialService::new(name, image),
        None => {
            let (region, project) = (&arguments.region, &arguments.project);
            InitialService::new(text, &format!("{region}-docker.pkg.dev/{project}/app/{text}:first"))
        }
    };
    Ok(Options {
        project: arguments.project.clone(),
        region: arguments.region.clone(),
        services: arguments.services.iter().map(service).collect(),
        images: (!arguments.images.is_empty()).then(|| arguments.images.iter().cloned().collect()),
        faults: arguments.faults.iter().map(fault).collect::<anyhow::Result<_>>()?,
        seed: arguments.seed,
        ready_after_polls: arguments.ready_after,
        port: arguments.port,
        ..Options::default()
    })
}
