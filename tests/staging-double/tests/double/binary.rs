use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use anyhow::Context;
use axum::body::Body;
use axum::http::Request;
use holdpoint_staging_double::Fault;

use crate::client::send;

fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_staging-double"));
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// The addresses in the line `ready`.
fn addresses(child: &mut Child) -> anyhow::Result<Vec<SocketAddr>> {
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().context("standard output")?).read_line(&mut line)?;
    let rest = line.trim_end().strip_prefix("ready ").with_context(|| format!("unexpected {line:?}"))?;
    let parts = rest.split(' ').zip(["backend=", "auth=", "frontend=", "issuer="]);
    parts.map(|(part, name)| Ok(part.strip_prefix(name).context("a service's name")?.parse()?)).collect()
}

#[tokio::test]
async fn says_ready_serves_and_ends_with_its_parent() -> anyhow::Result<()> {
    let mut child = program(&["--with-parent", "--fault", "unavailable", "--seed", "5"]).spawn()?;
    let addresses = addresses(&mut child)?;
    let mut refused = 0;
    for address in &addresses {
        let answer = send(*address, Request::get("/health").body(Body::empty())?).await?;
        refused += usize::from(answer.status == 503);
    }
    assert_eq!((addresses.len(), refused), (4, 1));

    drop(child.stdin.take());
    assert!(child.wait()?.success());
    let mut told = String::new();
    child.stderr.take().context("standard error")?.read_to_string(&mut told)?;
    let setting = Fault::named("unavailable").context("a fault")?.settle(5);
    assert_eq!(told, format!("fault {setting} (seed 5)\n"));
    Ok(())
}

#[test]
fn ends_cleanly_on_sigterm() -> anyhow::Result<()> {
    let mut child = program(&[]).spawn()?;
    addresses(&mut child)?;
    assert!(Command::new("kill").arg(child.id().to_string()).status()?.success());
    assert!(child.wait()?.success());
    Ok(())
}

#[test]
fn lists_its_faults_and_refuses_unknown_ones() -> anyhow::Result<()> {
    let listed = program(&["--list-faults"]).output()?;
    let text = String::from_utf8(listed.stdout)?;
    assert_eq!(text.lines().count(), Fault::everywhere().count());
    assert!(text.contains("slow P3.1 1 a service answers after 2.6 seconds\n"), "{text}");

    let refused = program(&["--fault", "nothing"]).output()?;
    assert_eq!(refused.status.code(), Some(1));
    assert_eq!(
        String::from_utf8(refused.stderr)?,
        "staging-double: no fault is named nothing; --list-faults shows them\n"
    );
    Ok(())
}
