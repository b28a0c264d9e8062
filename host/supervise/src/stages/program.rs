//! The last stage: it takes rights away from itself and becomes the program. It has one thread, and what it takes it can't give back.

use std::{
    fs::File,
    io::{self, Read as _, Seek as _, Write as _},
    os::{fd::AsRawFd as _, unix::net::UnixStream, unix::process::CommandExt as _},
    path::Path,
};

use holdpoint_model::Hasher;
use nix::sys::{memfd, prctl, signal::Signal};

use super::{calls, fds, files, frame, limits, plan::Plan, plan::Word};
use crate::{Bounds, Confinement, Layer, Network, Program};

pub(super) fn run(init: &UnixStream) -> Result<(), String> {
    let Some(Plan { program, mut confinement }) = frame::receive(init)? else { return Ok(()) };
    let stdin = frame::receive_bytes(init).map_err(|error| error.to_string())?.unwrap_or_default();
    nix::unistd::setsid().map_err(|error| format!("no session of its own: {error}"))?;
    prctl::set_pdeathsig(Signal::SIGKILL).map_err(|error| error.to_string())?;
    fds::close_all_but(init.as_raw_fd())?;
    input(&stdin).map_err(|error| format!("the input can't be given to the program: {error}"))?;
    let shown = program.directory.display();
    std::env::set_current_dir(&program.directory).map_err(|error| format!("{shown} can't be entered: {error}"))?;
    if let Some(pinned) = &program.sha256 {
        check(&program.path, pinned)?;
    }
    if let Some(bounds) = &program.bounds {
        confine(bounds, &mut confinement)?;
    }
    frame::send(init, &Word::Ready(confinement)).map_err(|error| error.to_string())?;
    Err(become_program(&program))
}

/// The input becomes the standard input: a file in memory that the program alone has.
fn input(bytes: &[u8]) -> io::Result<()> {
    let input = if bytes.is_empty() {
        File::open("/dev/null")?
    } else {
        let mut input = File::from(memfd::memfd_create("stdin", memfd::MFdFlags::MFD_CLOEXEC)?);
        input.write_all(bytes)?;
        input.rewind()?;
        input
    };
    nix::unistd::dup2_stdin(&input)?;
    Ok(())
}

/// Whether the program is the one that was pinned.
fn check(program: &Path, pinned: &str) -> Result<(), String> {
    let shown = program.display();
    let unreadable = |error: io::Error| format!("{shown} can't be read: {error}");
    let mut file = File::open(program).map_err(unreadable)?;
    let mut hasher = Hasher::default();
    let mut buffer = vec![0; 64 << 10];
    loop {
        match file.read(&mut buffer).map_err(unreadable)? {
            0 => break,
            bytes => hasher.update(&buffer[..bytes]),
        }
    }
    let found = hasher.digest();
    if found.hex() == pinned {
        return Ok(());
    }
    Err(format!(
        "{shown} is not the program that is pinned: it has {found}, not sha256:{pinned}; if the change is wanted, pin the new one"
    ))
}

fn confine(bounds: &Bounds, confinement: &mut Confinement) -> Result<(), String> {
    let apart = confinement.has(Layer::Processes);
    let given_up = |layer: Layer| match bounds.without.contains(&layer) {
        true => Err("the operator's file leaves it out".to_owned()),
        false => Ok(()),
    };
    let limits = given_up(Layer::Limits).and_then(|()| limits::apply(bounds.memory, bounds.processes, apart));
    confinement.note(Layer::Limits, limits);
    prctl::set_no_new_privs().map_err(|error| format!("programs could give rights back: {error}"))?;
    match given_up(Layer::Landlock).and_then(|()| files::apply(&bounds.read, &bounds.write, bounds.network)) {
        Ok(remark) => {
            confinement.note(Layer::Landlock, Ok(()));
            confinement.lacking.extend(remark.map(|remark| format!("{}: {remark}", Layer::Landlock.word())));
        }
        Err(why) => confinement.note(Layer::Landlock, Err(why)),
    }
    let seccomp = given_up(Layer::Seccomp).and_then(|()| calls::apply(bounds.network));
    confinement.note(Layer::Seccomp, seccomp);
    if bounds.network == Network::None && !confinement.has(Layer::Network) && !confinement.has(Layer::Seccomp) {
        return Err("the program is to have no network, and nothing keeps it from one".into());
    }
    confinement.meets(&bounds.require)
}

/// Returns only why it did not.
#[expect(clippy::disallowed_methods, reason = "this is where a program starts")]
fn become_program(program: &Program) -> String {
    let mut command = std::process::Command::new(&program.path);
    command.args(&program.arguments).env_clear().envs(program.environment.iter().map(|(name, value)| (name, value)));
    let error = command.exec();
    format!("{} can't be started: {error}", program.path.display())
}
