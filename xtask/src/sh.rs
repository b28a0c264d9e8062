//! Running other programs: says the line, runs it, and turns a bad end into an error that names the line.
//!
//! Refuses shells: a line is a program and its arguments.

use std::ffi::OsString;
use std::io::{self, BufRead, BufReader};
use std::path::Path;
use std::process::{Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};

/// How long nothing is printed before it is looked whether a program still runs.
const LOOK: Duration = Duration::from_millis(500);

/// Says what is about to be done, for people.
pub(crate) fn say(part: &str, what: &str) {
    eprintln!("==> {part}: {what}");
}

/// One line to run, for one part of the work.
#[derive(Debug)]
pub(crate) struct Line {
    part: &'static str,
    shown: String,
    command: Command,
}

impl Line {
    /// A program; arguments follow.
    pub(crate) fn new(part: &'static str, program: impl AsRef<Path>) -> Self {
        let program = program.as_ref();
        Self { part, shown: program.display().to_string(), command: Command::new(program) }
    }

    /// The cargo that runs us.
    pub(crate) fn cargo(part: &'static str) -> Self {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
        Self { part, shown: "cargo".to_owned(), command: Command::new(cargo) }
    }

    pub(crate) fn arg(mut self, arg: impl AsRef<Path>) -> Self {
        let arg = arg.as_ref();
        self.shown.push(' ');
        self.shown.push_str(&arg.display().to_string());
        self.command.arg(arg);
        self
    }

    pub(crate) fn args<A: AsRef<Path>>(self, args: impl IntoIterator<Item = A>) -> Self {
        args.into_iter().fold(self, Self::arg)
    }

    pub(crate) fn env(mut self, key: &str, value: impl AsRef<Path>) -> Self {
        self.command.env(key, value.as_ref());
        self
    }

    /// Leaves out a variable that we may have.
    pub(crate) fn without_env(mut self, key: &str) -> Self {
        self.command.env_remove(key);
        self
    }

    /// Without this process's environment; what is set afterwards stays.
    pub(crate) fn bare(mut self) -> Self {
        self.command.env_clear();
        self
    }

    pub(crate) fn folder(mut self, folder: &Path) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// The line as it is shown.
    pub(crate) fn shown(&self) -> &str {
        &self.shown
    }

    /// Says the line and runs it. What it prints is for people, so both its streams go to standard error.
    pub(crate) fn run(self) -> Result<()> {
        let shown = self.shown.clone();
        let status = self.status()?;
        if !status.success() {
            bail!("`{shown}` ended with {status}");
        }
        Ok(())
    }

    /// As `run`, for lines whose end is a result.
    pub(crate) fn status(mut self) -> Result<ExitStatus> {
        say(self.part, &self.shown);
        self.command.stdout(Stdio::from(io::stderr())).status().with_context(|| format!("start `{}`", self.shown))
    }

    /// As `run`; every line of its standard output is passed on, and shown to `see`.
    pub(crate) fn run_seen(mut self, mut see: impl FnMut(&str)) -> Result<()> {
        say(self.part, &self.shown);
        let shown = self.shown;
        let mut child = self.command.stdout(Stdio::piped()).spawn().with_context(|| format!("start `{shown}`"))?;
        let output = child.stdout.take().context("its standard output is piped")?;
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(output).split(b'\n') {
                if sender.send(line.map(|line| String::from_utf8_lossy(&line).into_owned())).is_err() {
                    break;
                }
            }
        });
        loop {
            match lines.recv_timeout(LOOK) {
                Ok(line) => {
                    let line = line.with_context(|| format!("read what `{shown}` prints"))?;
                    eprintln!("{line}");
                    see(&line);
                }
                // What it has left behind may hold its output open for ever.
                Err(RecvTimeoutError::Timeout) if child.try_wait()?.is_none() => {}
                Err(_) => break,
            }
        }
        let status = child.wait().with_context(|| format!("wait for `{shown}`"))?;
        if !status.success() {
            bail!("`{shown}` ended with {status}");
        }
        Ok(())
    }

    /// Runs the line quietly and gives back what it printed and how it ended.
    pub(crate) fn output(mut self) -> Result<Output> {
        self.command.stdin(Stdio::null()).output().with_context(|| format!("start `{}`", self.shown))
    }

    /// Runs the line quietly and gives back its standard output.
    pub(crate) fn text(self) -> Result<String> {
        let shown = self.shown.clone();
        let output = self.output()?;
        if !output.status.success() {
            let why = String::from_utf8_lossy(&output.stderr);
            bail!("`{shown}` ended with {}: {}", output.status, why.trim());
        }
        String::from_utf8(output.stdout).with_context(|| format!("`{shown}` printed something that is not text"))
    }

    /// The line for a caller with wishes about its streams.
    pub(crate) fn into_command(self) -> Command {
        self.command
    }
}

/// Whether a program can be started at all.
pub(crate) fn exists(program: &str) -> bool {
    // Servers are often installed where only root looks.
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/usr/local/sbin".into()]);
    folders.map(|folder| folder.join(program)).any(|file| file.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_end_names_the_line() {
        let error = Line::new("x", "sh").args(["-c", "echo why >&2; exit 3"]).text().unwrap_err().to_string();
        assert!(error.starts_with("`sh -c echo why >&2; exit 3` ended with") && error.ends_with("why"), "{error}");
    }

    #[test]
    fn what_a_line_prints_is_seen_as_it_comes() {
        let mut seen = Vec::new();
        let line = Line::new("x", "sh").args(["-c", "echo a; printf 'b\\377'; exit 2"]);
        let error = line.run_seen(|line| seen.push(line.to_owned())).unwrap_err().to_string();
        assert_eq!(seen, ["a", "b\u{fffd}"]);
        assert!(error.contains("ended with"), "{error}");
    }

    #[test]
    fn finds_programs_and_misses_others() {
        assert!(exists("sh"));
        assert!(!exists("no-such-program-of-holdpoint"));
    }
}
