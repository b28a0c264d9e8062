//! Namespaces: a process tree that ends as a whole, and a network without a way out. What comes after this process lives in them.

use std::{fs, os::fd::AsRawFd as _};

use nix::{
    sched::{CloneFlags, unshare},
    sys::socket::{AddressFamily, MsgFlags, SockFlag, SockProtocol, SockType, send, socket},
    unistd::{Gid, Uid, getegid, geteuid},
};

use crate::{Confinement, Layer, Network};

/// Takes what the kernel gives; without a network to keep, a process tree alone. The error says that something was taken which can't be
/// used.
pub(super) fn enter(network: Option<Network>) -> Result<Confinement, String> {
    match network {
        Some(network) => apart(network),
        None => tree(),
    }
}

/// For a program that is trusted: the same files, the same network, and an end that takes all along.
fn tree() -> Result<Confinement, String> {
    let mut confinement = Confinement::default();
    let (user, group) = (geteuid(), getegid());
    // Who may take one without a namespace of users keeps every right to files of others.
    if unshare(CloneFlags::CLONE_NEWPID).is_ok() {
        confinement.note(Layer::Processes, Ok(()));
        return Ok(confinement);
    }
    match unshare(CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWPID) {
        Ok(()) => {
            stay(user, group)?;
            confinement.note(Layer::Processes, Ok(()));
        }
        Err(error) => confinement.note(Layer::Processes, Err(format!("the kernel gives no namespaces: {error}"))),
    }
    Ok(confinement)
}

/// Everybody stays who they are: what the program writes belongs to the operator.
fn stay(user: Uid, group: Gid) -> Result<(), String> {
    let map = |file: &str, text: String| {
        fs::write(file, text).map_err(|error| format!("{file} can't be written in a new namespace of users: {error}"))
    };
    map("/proc/self/setgroups", "deny".into())?;
    map("/proc/self/uid_map", format!("{user} {user} 1"))?;
    map("/proc/self/gid_map", format!("{group} {group} 1"))
}

fn apart(network: Network) -> Result<Confinement, String> {
    let mut confinement = Confinement::default();
    let (user, group) = (geteuid(), getegid());
    let own = CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWPID | CloneFlags::CLONE_NEWIPC;
    let apart = if network == Network::Full { CloneFlags::empty() } else { CloneFlags::CLONE_NEWNET };
    if let Err(error) = unshare(own | apart) {
        confinement.note(Layer::Processes, Err(format!("the kernel gives no namespaces: {error}")));
        if network != Network::Full {
            confinement.note(Layer::Network, Err(format!("the kernel gives no namespaces: {error}")));
        }
        return Ok(confinement);
    }
    stay(user, group)?;
    confinement.note(Layer::Processes, Ok(()));
    if network != Network::Full {
        confinement.note(Layer::Network, Ok(()));
    }
    if network == Network::Loopback {
        loopback_up().map_err(|error| format!("the loopback of a new network can't be switched on: {error}"))?;
    }
    Ok(confinement)
}

/// Switches the loopback of a new network on, which is always its first link.
fn loopback_up() -> nix::Result<()> {
    let link = socket(AddressFamily::Netlink, SockType::Raw, SockFlag::SOCK_CLOEXEC, SockProtocol::NetlinkRoute)?;
    let up = libc::IFF_UP as u32;
    let mut message = Vec::with_capacity(32);
    // The header: length, type, flags, number, sender. Then the link: family, padding, kind, index, flags, and which flags change.
    message.extend(32_u32.to_ne_bytes());
    message.extend(libc::RTM_NEWLINK.to_ne_bytes());
    message.extend((libc::NLM_F_REQUEST as u16).to_ne_bytes());
    message.extend([0; 8]);
    message.extend([0; 4]);
    message.extend(1_i32.to_ne_bytes());
    message.extend(up.to_ne_bytes());
    message.extend(up.to_ne_bytes());
    // The kernel acts before `send` returns.
    send(link.as_raw_fd(), &message, MsgFlags::empty()).map(|_| ())
}
