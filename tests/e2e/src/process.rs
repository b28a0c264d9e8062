//! Processes under test. Nothing is waited for without a bound, and nothing is left behind.

use std::{
    io::Read,
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc::{Receiver, channel},
    time::{Duration, Instant},
};

use crate::Outcome;

/// How long anything in these tests may take. A deployment of three services gives some thirty commands to gcloud, each of which
/// needs a second of a whole processor.
pub const LIMIT: Duration = Duration::from_secs(180);

/// How long nothing is looked at between two looks. Of a process, what it held at the most is kept by the system, so that only what it takes
/// just before its end can be missed.
const BETWEEN_LOOKS: Duration = Duration::from_millis(2);

/// A process that goes on beside the test. Dropped, it is killed.
#[derive(Debug)]
pub struct Live {
    /// None once it was waited for.
    child: Option<Child>,
    /// Known once somebody asked whether it still runs and it did not.
    ended: Option<ExitStatus>,
    stdout: Receiver<Vec<u8>>,
    stderr: Receiver<Vec<u8>>,
}

impl Live {
    /// Starts a command with nothing on its standard input.
    pub fn start(command: &mut Command) -> Self {
        let command = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|e| panic!("{command:?}: {e}"));
        let stdout = read(child.stdout.take().expect("it is piped"));
        let stderr = read(child.stderr.take().expect("it is piped"));
        Self { child: Some(child), ended: None, stdout, stderr }
    }

    fn child(&mut self) -> &mut Child {
        self.child.as_mut().expect("it was not waited for")
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.as_ref().expect("it was not waited for").id()
    }

    /// Whether it goes on.
    pub fn is_running(&mut self) -> bool {
        self.ended = self.child().try_wait().expect("a child can be asked");
        self.ended.is_none()
    }

    /// How much memory it holds now, in bytes; none once it has ended.
    pub fn memory(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id())).ok()?;
        bytes_of(&status, "VmRSS:")
    }

    /// Interrupts it as Ctrl-C does.
    pub fn interrupt(&self) {
        let sent = Command::new("kill").args(["-INT", &self.id().to_string()]).status();
        assert!(sent.expect("kill can be started").success(), "process {} can't be interrupted", self.id());
    }

    /// Interrupts its whole process group, as a terminal does. It must have been started as the first of one.
    pub fn interrupt_group(&self) {
        let sent = Command::new("kill").args(["-INT", "--", &format!("-{}", self.id())]).status();
        assert!(sent.expect("kill can be started").success(), "the group {} can't be interrupted", self.id());
    }

    /// Waits for its end.
    pub fn finish(mut self) -> Outcome {
        let until = Instant::now() + LIMIT;
        let rest = |stream: &Receiver<Vec<u8>>| {
            let left = until.saturating_duration_since(Instant::now());
            stream.recv_timeout(left).map_err(|e| format!("process {} did not end within {LIMIT:?}: {e}", self.id()))
        };
        let (stdout, stderr) = (rest(&self.stdout), rest(&self.stderr));
        // Both streams are closed, so it has ended or is about to.
        let (stdout, stderr) = (stdout.expect("stdout ends"), stderr.expect("stderr ends"));
        let mut child = self.child.take().expect("it was not waited for");
        let status = self.ended.unwrap_or_else(|| child.wait().expect("a child can be waited for"));
        std::process::Output { status, stdout, stderr }.into()
    }

    /// Waits for its end, and watches how much memory it holds at the most.
    ///
    /// What the system says of a child that has ended won't do: it counts what this process held when it started the child.
    pub fn finish_watched(self) -> Outcome {
        let status = format!("/proc/{}/status", self.id());
        let watcher = std::thread::spawn(move || {
            let mut peak = 0;
            // A process that has ended has no memory in its status until it is waited for, and then no status.
            while let Some(now) = std::fs::read_to_string(&status).ok().and_then(|status| bytes_of(&status, "VmHWM:")) {
                peak = now.max(peak);
                std::thread::sleep(BETWEEN_LOOKS);
            }
            peak
        });
        let outcome = self.finish();
        Outcome { peak: watcher.join().expect("the watcher ends with the process"), ..outcome }
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            // One that has ended can't be killed, and needs not be.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// A line of a process's status, in bytes: `VmRSS:` is the memory that it holds, `VmHWM:` the most that it has held.
fn bytes_of(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().strip_suffix(" kB")?.parse::<u64>().ok().map(|kibibytes| kibibytes << 10)
}

fn read(mut stream: impl Read + Send + 'static) -> Receiver<Vec<u8>> {
    let (whole, receiver) = channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        // What could be read is shown; a test that misses the rest will say so.
        let _ = stream.read_to_end(&mut bytes);
        let _ = whole.send(bytes);
    });
    receiver
}

/// The same command, started by another: `unshare -rn`, a shell that sets limits.
pub fn inside(wrapper: &[&str], command: &Command) -> Command {
    let mut outer = Command::new(wrapper[0]);
    outer.args(&wrapper[1..]).arg(command.get_program()).args(command.get_args());
    if let Some(folder) = command.get_current_dir() {
        outer.current_dir(folder);
    }
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => outer.env(name, value),
            None => outer.env_remove(name),
        };
    }
    outer
}

/// Waits until something is so that nobody tells of.
#[track_caller]
pub fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < LIMIT, "waited for {LIMIT:?} until {what}");
        std::thread::sleep(BETWEEN_LOOKS);
    }
}
