//! The stage that lives as long as the program: it starts it, reaps what it leaves behind, counts, and obeys the host. In a namespace of
//! processes it is the first, and the kernel ends all others with it. Without one it ends them itself.

use std::{
    ffi::OsString,
    io::{self, Read as _},
    os::{
        fd::{AsFd as _, OwnedFd},
        unix::net::UnixStream,
    },
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use nix::{
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::{
        prctl,
        signal::{Signal, kill, killpg},
        wait::{WaitStatus, waitpid},
    },
    unistd::Pid,
};

use super::{
    frame,
    plan::{DROP, END, Plan, TERMINATE, Word},
    stage, tree,
};
use crate::{Confinement, Layer};

/// How often processes are counted, in milliseconds.
const COUNTED_EVERY: u8 = 20;

/// What the stage before has applied, as an argument.
pub(super) fn argument(confinement: &Confinement) -> Result<String, String> {
    serde_json::to_string(&Word::Entered(confinement.clone())).map_err(|error| error.to_string())
}

fn entered(argument: Option<OsString>) -> Result<Confinement, String> {
    let word = argument.and_then(|argument| serde_json::from_str(argument.to_str()?).ok());
    match word {
        Some(Word::Entered(confinement)) => Ok(confinement),
        _ => Err("the stage `init` was started by somebody else".into()),
    }
}

pub(super) fn run(host: &UnixStream, argument: Option<OsString>) -> Result<(), String> {
    let mut confinement = entered(argument)?;
    nix::unistd::setsid().map_err(|error| format!("no session of its own: {error}"))?;
    let alone = confinement.has(Layer::Processes);
    if alone {
        prctl::set_pdeathsig(Signal::SIGKILL).map_err(|error| error.to_string())?;
    } else {
        // Whoever loses its parent becomes a child of this process.
        prctl::set_child_subreaper(true).map_err(|error| error.to_string())?;
    }
    let Some(mut plan) = frame::receive::<Plan>(host)? else { return Ok(()) };
    let stdin = frame::receive_bytes(host).map_err(|error| error.to_string())?;
    let Some(stdin) = stdin else { return Ok(()) };
    let most = plan.program.bounds.as_ref().map(|bounds| bounds.processes);
    if most.is_some() {
        let counted = tree::count().map(|_| ()).ok_or_else(|| "the kernel does not list children".to_owned());
        confinement.note(Layer::Count, counted);
    }
    plan.confinement = confinement;

    let (socket, theirs) = UnixStream::pair().map_err(|error| error.to_string())?;
    let child = stage("program").stdin(OwnedFd::from(theirs)).spawn();
    let child = child.map_err(|error| format!("the process of the program can't be started: {error}"))?;
    let program = i32::try_from(child.id()).map(Pid::from_raw).map_err(|error| error.to_string())?;
    let crowded = Arc::new(AtomicBool::new(false));
    let watch =
        Watch { host: host.try_clone().map_err(|error| error.to_string())?, program, alone, crowded: crowded.clone() };
    std::thread::spawn(move || watch.run(most));

    let ready = hand_over(&socket, &plan, &stdin);
    if ready.is_err() {
        end(program, alone);
    }
    frame::send(host, &Word::Ready(ready?)).map_err(|error| error.to_string())?;
    let ended = reap(program)?;
    if !alone {
        tree::end_all();
    }
    let (code, signal) = match ended {
        WaitStatus::Exited(_, code) => (Some(code), None),
        WaitStatus::Signaled(_, signal, _) => (None, Some(signal as i32)),
        _ => (None, None),
    };
    let word = Word::Ended { code, signal, crowded: crowded.load(Ordering::SeqCst) };
    frame::send(host, &word).map_err(|error| error.to_string())
}

/// Gives the plan to the process and waits until it has become the program.
fn hand_over(socket: &UnixStream, plan: &Plan, stdin: &[u8]) -> Result<Confinement, String> {
    let sent = frame::send(socket, plan).and_then(|()| frame::send_bytes(socket, stdin));
    let first = frame::receive(socket)?;
    sent.map_err(|error| error.to_string())?;
    match (first, frame::receive(socket)?) {
        (Some(Word::Ready(confinement)), None) => Ok(confinement),
        (Some(Word::Failed(why)), _) | (_, Some(Word::Failed(why))) => Err(why),
        _ => Err("the process of the program ended before it was the program".into()),
    }
}

/// Waits for children until the program is among those that ended.
fn reap(program: Pid) -> Result<WaitStatus, String> {
    loop {
        match waitpid(None, None) {
            Ok(status) if status.pid() == Some(program) => return Ok(status),
            Ok(_) | Err(nix::Error::EINTR) => {}
            Err(error) => return Err(format!("the program can't be waited for: {error}")),
        }
    }
}

/// Ends the program and all that came of it.
fn end(program: Pid, alone: bool) {
    // It leads its group once it is the program; before that it is alone.
    let _ = killpg(program, Signal::SIGKILL);
    let _ = kill(program, Signal::SIGKILL);
    if !alone {
        tree::end_all();
    }
}

/// A thread beside the one that reaps.
struct Watch {
    host: UnixStream,
    program: Pid,
    alone: bool,
    crowded: Arc<AtomicBool>,
}

impl Watch {
    /// Obeys, and counts if there is a bound of processes.
    fn run(&self, most: Option<u32>) {
        let patience = most.map_or(PollTimeout::NONE, |_| PollTimeout::from(COUNTED_EVERY));
        loop {
            match self.order(patience) {
                Ok(None) => {}
                Ok(Some(TERMINATE)) => {
                    let _ = killpg(self.program, Signal::SIGTERM);
                }
                Ok(Some(END)) => self.end_program(),
                Ok(Some(DROP | _)) | Err(_) => self.end_everything(),
            }
            // This process is not one of the program's.
            if most.is_some_and(|most| tree::count().is_some_and(|count| count > most as usize)) {
                self.crowded.store(true, Ordering::SeqCst);
                self.end_program();
            }
        }
    }

    /// What the host wants, if it wants something now. An error is the end of the host.
    fn order(&self, patience: PollTimeout) -> io::Result<Option<u8>> {
        let mut ready = [PollFd::new(self.host.as_fd(), PollFlags::POLLIN)];
        match poll(&mut ready, patience) {
            Ok(0) | Err(nix::Error::EINTR) => return Ok(None),
            polled => polled.map_err(io::Error::from)?,
        };
        let mut order = [0];
        (&self.host).read_exact(&mut order)?;
        Ok(Some(order[0]))
    }

    fn end_program(&self) {
        let _ = killpg(self.program, Signal::SIGKILL);
        let _ = kill(self.program, Signal::SIGKILL);
    }

    fn end_everything(&self) -> ! {
        end(self.program, self.alone);
        std::process::exit(1)
    }
}
