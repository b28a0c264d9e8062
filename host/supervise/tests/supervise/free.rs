//! A program without bounds may do what its host may: the same files, the same network, the same limits.

use std::{fs, net::TcpListener, os::unix::fs::PermissionsExt as _};

use holdpoint_supervise::{End, Layer};

use super::machine::{run, sh, supervisor};

#[tokio::test]
async fn it_reads_and_writes_what_the_host_does() {
    for namespaces in [true, false] {
        let folder = tempfile::tempdir().unwrap();
        let own = folder.path().join("own");
        fs::write(&own, "content").unwrap();
        fs::set_permissions(&own, fs::Permissions::from_mode(0o600)).unwrap();
        let script = format!("cat {0}; echo more >> {0}; id -u; id -g", own.display());
        let (end, out, err) = run(namespaces, &sh(&script, None), b"").await;
        let status = fs::read_to_string("/proc/self/status").unwrap();
        let id = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
            line.split_whitespace().nth(1).unwrap().to_owned()
        };
        assert_eq!((end, out), (End::Code(0), format!("content{}\n{}\n", id("Uid:"), id("Gid:"))), "{err}");
        assert_eq!(fs::read_to_string(&own).unwrap(), "contentmore\n");
    }
}

#[tokio::test]
async fn it_has_the_network_the_limits_and_the_rights_of_the_host() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let link = |name: &str| fs::read_link(format!("/proc/self/ns/{name}")).unwrap().display().to_string();
    for namespaces in [true, false] {
        let script = "readlink /proc/self/ns/net /proc/self/ns/mnt /proc/self/ns/ipc; cat /proc/self/limits";
        let (_, out, err) = run(namespaces, &sh(script, None), b"").await;
        let same =
            ["net", "mnt", "ipc"].map(link).join("\n") + "\n" + &fs::read_to_string("/proc/self/limits").unwrap();
        assert_eq!(out, same, "{err}");
        let (_, status, _) = run(namespaces, &sh("cat /proc/self/status", None), b"").await;
        assert!(status.contains("NoNewPrivs:\t0\n") && status.contains("Seccomp:\t0\n"), "{status}");
        let connect = super::machine::sh(&format!("exec 3<>/dev/tcp/127.0.0.1/{port} && echo connected"), None);
        let connect = holdpoint_supervise::Program { path: "/bin/bash".into(), ..connect };
        assert_eq!(run(namespaces, &connect, b"").await.1, "connected\n");
    }
}

#[tokio::test]
async fn it_says_what_sees_to_its_end() {
    for namespaces in [true, false] {
        let process = supervisor(namespaces).start(&sh("true", None), b"").await.unwrap();
        let confinement = process.confinement().clone();
        let lacks = confinement.lacking.iter().any(|text| text.starts_with("processes: "));
        assert_eq!(confinement.applied.contains(&Layer::Processes), !lacks, "{confinement:?}");
        assert!(namespaces || lacks, "{confinement:?}");
        assert!(confinement.applied.iter().all(|layer| *layer == Layer::Processes), "{confinement:?}");
    }
}
