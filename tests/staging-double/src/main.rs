//! The staging double as a program: starts it, prints one line when it serves, and runs
//! until it is told to end.

use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;
use holdpoint_staging_double::{Double, Fault, FaultSetting, Options, PerService, Service};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

/// A double of the staging system on 127.0.0.1.
///
/// Prints `ready backend=ADDRESS auth=ADDRESS frontend=ADDRESS issuer=ADDRESS` when it serves,
/// and runs until SIGTERM or ctrl-c.
#[derive(Debug, Parser)]
#[command(name = "staging-double")]
struct Arguments {
    /// Port of the backend; 0 takes a free one
    #[arg(long, default_value_t = 0)]
    backend_port: u16,
    /// Port of the auth service; 0 takes a free one
    #[arg(long, default_value_t = 0)]
    auth_port: u16,
    /// Port of the frontend; 0 takes a free one
    #[arg(long, default_value_t = 0)]
    frontend_port: u16,
    /// Port of the test issuer; 0 takes a free one
    #[arg(long, default_value_t = 0)]
    issuer_port: u16,
    /// Serve HTTPS, and write ca.pem into this directory
    #[arg(long, value_name = "DIR")]
    tls: Option<PathBuf>,
    /// A fault that stands from the start; may be given more than once
    #[arg(long = "fault", value_name = "NAME")]
    faults: Vec<String>,
    /// What the parameters of faults are drawn from
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Write the files under judgement below this directory
    #[arg(long, value_name = "DIR")]
    files: Option<PathBuf>,
    /// Append a line for each effect to this file
    #[arg(long, value_name = "FILE")]
    effect_log: Option<PathBuf>,
    /// Apply an effect again when its idempotency key comes again
    #[arg(long)]
    no_dedupe: bool,
    /// Milliseconds between receiving an effect and applying it
    #[arg(long, default_value_t = 0, value_name = "MS")]
    effect_before_ms: u64,
    /// Milliseconds between applying an effect and answering
    #[arg(long, default_value_t = 0, value_name = "MS")]
    effect_after_ms: u64,
    /// End when standard input closes, as it does when the parent dies
    #[arg(long)]
    with_parent: bool,
    /// Print the faults (NAME REQUIREMENT EXIT description) and end
    #[arg(long)]
    list_faults: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody is left to tell if standard error is closed.
            let _ = writeln!(io::stderr(), "staging-double: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> anyhow::Result<()> {
    if arguments.list_faults {
        return list_faults();
    }
    // Before the line `ready`: whoever reads it may send the signal at once.
    let mut terminated = signal(SignalKind::terminate()).context("listen for SIGTERM")?;
    let mut interrupted = signal(SignalKind::interrupt()).context("listen for ctrl-c")?;

    let faults = settled(&arguments)?;
    for setting in &faults {
        writeln!(io::stderr(), "fault {setting} (seed {})", setting.seed).context("print the fault")?;
    }
    let with_parent = arguments.with_parent;
    let double = Double::start(options(arguments, faults)).await?;
    let address = |service| double.address(service);
    writeln!(
        io::stdout(),
        "ready backend={} auth={} frontend={} issuer={}",
        address(Service::Backend),
        address(Service::Auth),
        address(Service::Frontend),
        address(Service::Issuer)
    )
    .and_then(|()| io::stdout().flush())
    .context("print the addresses")?;

    tokio::select! {
        _ = terminated.recv() => {}
        _ = interrupted.recv() => {}
        _ = input_closed(with_parent) => {}
    }
    double.stop().await;
    Ok(())
}

fn list_faults() -> anyhow::Result<()> {
    for fault in Fault::everywhere() {
        writeln!(io::stdout(), "{} {} {} {}", fault.name, fault.requirement, fault.exit, fault.description)
            .context("print the faults")?;
    }
    Ok(())
}

fn settled(arguments: &Arguments) -> anyhow::Result<Vec<FaultSetting>> {
    let settle = |name: &String| {
        let fault =
            Fault::named(name).with_context(|| format!("no fault is named {name}; --list-faults shows them"))?;
        Ok(fault.settle(arguments.seed))
    };
    arguments.faults.iter().map(settle).collect()
}

fn options(arguments: Arguments, faults: Vec<FaultSetting>) -> Options {
    Options {
        ports: PerService {
            backend: arguments.backend_port,
            auth: arguments.auth_port,
            frontend: arguments.frontend_port,
            issuer: arguments.issuer_port,
        },
        tls: arguments.tls,
        faults,
        files: arguments.files,
        effect_log: arguments.effect_log,
        dedupe: !arguments.no_dedupe,
        effect_before_ms: arguments.effect_before_ms,
        effect_after_ms: arguments.effect_after_ms,
        ..Options::default()
    }
}

/// Waits for the end of standard input, or for ever if nobody asked. The reading thread is
/// a plain one: the runtime would wait for its own at the end of the program.
async fn input_closed(with_parent: bool) {
    if !with_parent {
        return std::future::pending().await;
    }
    let (closed, wait) = oneshot::channel::<()>();
    std::thread::spawn(move || {
        let mut buffer = [0; 256];
        while matches!(io::stdin().read(&mut buffer), Ok(1..)) {}
        drop(closed);
    });
    let _ = wait.await;
}
