//! One run of the command line as a child: its output passes through or is kept, and signals that we get are handed on, so that
//! nothing lives longer than we do.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Command, ExitStatus, Stdio};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::sh::{Line, say};

/// What becomes of the child's standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stdout {
    /// The child has ours, terminal and all.
    Ours,
    /// Each line is printed, and the last one kept.
    Pass,
    /// Only the last line is kept.
    Keep,
    /// All is kept, and what it says on standard error too, to be told when whatever is shown meanwhile has ended.
    Hold,
}

/// How a child ended.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) exit: u8,
    pub(super) last_line: Option<String>,
    pub(super) held: Held,
}

/// What a child has printed and said, if it was not shown at once.
#[derive(Debug, Default)]
pub(crate) struct Held {
    pub(super) printed: Vec<String>,
    pub(super) said: Vec<String>,
}

impl Held {
    /// Shows it where it belongs: what was said first, for the report comes at the end of a run.
    pub(super) fn tell(&self) {
        self.said.iter().for_each(|line| eprintln!("{line}"));
        self.printed.iter().for_each(|line| println!("{line}"));
    }
}

/// A child that was asked to end has this long to write down where it stopped.
const GRACE: Duration = Duration::from_secs(10);
/// Longer lines than this are not the one that is wanted.
const LONGEST_LINE: u64 = 8 * 1024 * 1024;

/// Runs the child to its end. A signal that came since it was listened for is handed on at once.
pub(super) async fn run(mut command: Command, stdout: Stdout, mut signals: Signals) -> Result<Ended> {
    // A group of its own: a terminal's Ctrl-C reaches the child once, through us, together with what it has started.
    command.process_group(0).stdin(Stdio::null());
    if stdout != Stdout::Ours {
        command.stdout(Stdio::piped());
    }
    if stdout == Stdout::Hold {
        command.stderr(Stdio::piped());
    }
    let mut child = command.spawn().context("start holdpoint")?;
    let reader = child.stdout.take().map(|pipe| read_lines(pipe, stdout));
    let listener = child.stderr.take().map(|pipe| read_lines(pipe, stdout));
    let pid = child.id();
    let mut waiting = tokio::task::spawn_blocking(move || child.wait());
    let status = tokio::select! {
        status = &mut waiting => status,
        name = signals.next() => {
            say("demo", &format!("got SIG{name}, ending holdpoint"));
            send(name, pid);
            match tokio::time::timeout(GRACE, &mut waiting).await {
                Ok(status) => status,
                Err(_) => {
                    say("demo", "holdpoint did not end, killing it");
                    send("KILL", pid);
                    waiting.await
                }
            }
        }
    };
    let status = status.context("wait for holdpoint")?.context("wait for holdpoint")?;
    let (last_line, printed) = read(reader);
    let (_, said) = read(listener);
    Ok(Ended { exit: exit_code(status), last_line, held: Held { printed, said } })
}

/// The last line of a pipe, and all of them where they are held.
type Lines = (Option<String>, Vec<String>);

fn read_lines(pipe: impl Read + Send + 'static, stdout: Stdout) -> JoinHandle<Lines> {
    std::thread::spawn(move || {
        let mut held = Vec::new();
        let last = last_line(pipe, |line| match stdout {
            Stdout::Pass => println!("{line}"),
            Stdout::Hold => held.push(line.to_owned()),
            Stdout::Ours | Stdout::Keep => {}
        });
        (last, held)
    })
}

fn read(reader: Option<JoinHandle<Lines>>) -> Lines {
    reader.and_then(|reader| reader.join().ok()).unwrap_or_default()
}

/// Shows each line and gives back the last that is not empty.
fn last_line(pipe: impl Read, mut show: impl FnMut(&str)) -> Option<String> {
    let (mut reader, mut last) = (BufReader::new(pipe), None);
    loop {
        let mut bytes = Vec::new();
        match reader.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut bytes) {
            Ok(0) | Err(_) => return last,
            Ok(_) => {
                let line = String::from_utf8_lossy(&bytes).trim_end_matches(['\r', '\n']).to_owned();
                show(&line);
                if !line.trim().is_empty() {
                    last = Some(line);
                }
            }
        }
    }
}

/// As shells count: a signal is 128 and its number.
fn exit_code(status: ExitStatus) -> u8 {
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(255);
    u8::try_from(code).unwrap_or(255)
}

/// Signals the child's whole group. It may be gone already, which is as good.
fn send(name: &str, pid: u32) {
    let line = Line::new("demo", "sh").args(["-c", "kill -s \"$0\" -- \"-$1\"", name, &pid.to_string()]);
    if let Err(error) = line.output() {
        say("demo", &format!("{error:#}"));
    }
}

/// The signals that end us.
#[derive(Debug)]
pub(crate) struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
}

impl Signals {
    pub(crate) fn listen() -> Result<Self> {
        let listen = |kind| signal(kind).context("listen for signals");
        Ok(Self {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
            hangup: listen(SignalKind::hangup())?,
        })
    }

    /// The name of the next one.
    pub(crate) async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.interrupt.recv() => "INT",
            _ = self.terminate.recv() => "TERM",
            _ = self.hangup.recv() => "HUP",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn keeps_the_last_line_and_the_exit_code() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo one; echo '{\"decision\":\"hold\"}'; echo; exit 3"]);
        let ended = run(command, Stdout::Keep, Signals::listen().unwrap()).await.unwrap();
        assert_eq!((ended.exit, ended.last_line.as_deref()), (3, Some("{\"decision\":\"hold\"}")));
    }

    #[tokio::test]
    async fn what_is_held_is_all_of_both_streams() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo one; echo told >&2; echo two"]);
        let ended = run(command, Stdout::Hold, Signals::listen().unwrap()).await.unwrap();
        assert_eq!(
            (ended.held.printed, ended.held.said),
            (vec!["one".to_owned(), "two".to_owned()], vec!["told".to_owned()])
        );
        assert_eq!(ended.last_line.as_deref(), Some("two"));
    }

    #[tokio::test]
    async fn a_killed_child_counts_as_shells_do() {
        let mut command = Command::new("sh");
        command.args(["-c", "kill -9 $$"]);
        let signals = Signals::listen().unwrap();
        assert_eq!(run(command, Stdout::Keep, signals).await.unwrap().exit, 137);
    }

    #[test]
    fn a_signal_reaches_what_the_child_has_started() {
        let mut command = Command::new("sh");
        command.args(["-c", "sleep 600 & echo started; wait"]).process_group(0).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        lines.read_line(&mut String::new()).unwrap();
        send("TERM", child.id());
        assert_eq!(exit_code(child.wait().unwrap()), 143);
        // The pipe ends when nobody holds it any more, the grandchild included.
        assert_eq!(lines.read_line(&mut String::new()).unwrap(), 0);
    }
}
