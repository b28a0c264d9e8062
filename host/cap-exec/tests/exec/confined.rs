//! What a tool can't reach. Where this kernel lacks a layer, the test says so and looks at nothing.

use std::{fs, net::TcpListener};

use holdpoint_cap_exec::{Exit, Layer, Network, Tool};
use holdpoint_model::CallError;

use super::phase::{Phase, has, sh};

const PYTHON: &str = "/usr/bin/python3";

/// Python, if the machine has one.
fn python(network: Network) -> Option<Tool> {
    let there = fs::exists(PYTHON).unwrap();
    if !there {
        println!("skipped: there is no {PYTHON}");
    }
    there.then(|| Tool { arguments: vec!["-c".into()], network, ..Tool::new(PYTHON) })
}

#[tokio::test]
async fn says_what_it_is_confined_by() {
    let mut phase = Phase::new(sh());
    let (_, confinement) = phase.try_start(&["true"], b"").await.unwrap();
    println!("{confinement:?}");
    for layer in Layer::ALL {
        let lacking = confinement.lacking.iter().any(|text| text.starts_with(layer.word()));
        assert!(confinement.applied.contains(&layer) || lacking, "{layer:?} {confinement:?}");
    }
    assert!(confinement.applied.contains(&Layer::Limits));
}

#[tokio::test]
async fn files_outside_of_the_grants_do_not_exist() {
    let mut phase = Phase::new(sh());
    let secret = phase.path("outside/secret");
    fs::write(&secret, "hidden").unwrap();
    let script = format!(
        "cat {0}; cat /etc/shadow /root/.bashrc /proc/1/environ; ls /root /tmp /home; echo x > {0}; cp /bin/true /tmp/x-$$; echo done",
        secret.display()
    );
    let (job, confinement) = phase.try_start(&[&script], b"").await.unwrap();
    let ended = phase.end(job).await;
    if has(&confinement, Layer::Landlock) {
        assert_eq!(ended.stdout, "done\n", "{}", ended.stderr);
        assert_eq!(fs::read_to_string(secret).unwrap(), "hidden");
    }
}

#[tokio::test]
async fn without_a_required_layer_nothing_starts() {
    let tool = Tool { require: vec![Layer::Processes], ..sh() };
    let answer = Phase::with(tool.clone(), false).try_start(&["true"], b"").await;
    let Err(CallError::Failed(text)) = answer else { panic!("{answer:?}") };
    assert!(text.contains("requires `processes`"), "{text}");
    if has(&Phase::new(sh()).try_start(&["true"], b"").await.unwrap().1, Layer::Processes) {
        assert_eq!(Phase::new(tool).run(&["true"]).await.exit, Exit::Code(0));
    }
}

#[tokio::test]
async fn what_the_operator_leaves_out_is_named_and_everything_else_holds() {
    let script = "unshare --user true && echo entered";
    let mut strict = Phase::new(sh());
    let (job, usual) = strict.try_start(&[script], b"").await.unwrap();
    let refused = strict.end(job).await;
    let mut phase = Phase::new(Tool { without: vec![Layer::Seccomp], ..sh() });
    let secret = phase.path("outside/secret");
    fs::write(&secret, "hidden").unwrap();
    let read = format!("{script}; cat {}", secret.display());
    let (job, confinement) = phase.try_start(&[&read], b"").await.unwrap();
    let ended = phase.end(job).await;
    let others = |applied: &[Layer]| applied.iter().copied().filter(|layer| *layer != Layer::Seccomp).collect();
    let (with, without): (Vec<Layer>, Vec<Layer>) = (others(&usual.applied), others(&confinement.applied));
    assert_eq!(with, without);
    assert!(!confinement.applied.contains(&Layer::Seccomp), "{confinement:?}");
    assert!(confinement.lacking.contains(&"seccomp: the operator's file leaves it out".to_owned()), "{confinement:?}");
    if has(&usual, Layer::Seccomp) && has(&usual, Layer::Processes) {
        assert!(!refused.stdout.contains("entered"), "{refused:?}");
        assert!(ended.stdout.contains("entered"), "{ended:?}");
    }
    if has(&confinement, Layer::Landlock) {
        assert!(!ended.stdout.contains("hidden"), "{ended:?}");
    }
}

#[tokio::test]
async fn a_tool_without_network_starts_nowhere_where_nothing_keeps_it_from_one() {
    let without = vec![Layer::Processes, Layer::Landlock, Layer::Seccomp];
    let answer = Phase::new(Tool { without: without.clone(), ..sh() }).try_start(&["true"], b"").await;
    assert!(matches!(&answer, Err(CallError::Failed(text)) if text.contains("no network")), "{answer:?}");
    let full = Tool { without, network: Network::Full, ..sh() };
    assert_eq!(Phase::new(full).run(&["true"]).await.exit, Exit::Code(0));
}

const CONNECT: &str = "
import socket, sys
try:
    socket.create_connection(('127.0.0.1', int(sys.argv[1])), 5); print('connected')
except Exception as error:
    print(type(error).__name__)
";
const OWN_SERVER: &str = "
import socket
try: socket.socket(socket.AF_UNIX); print('a socket of files')
except PermissionError: pass
a = socket.create_server(('127.0.0.1', 0)); b = socket.create_connection(a.getsockname(), 5); print('connected')
";

#[tokio::test]
async fn the_network_is_what_the_operator_gives() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    for (network, script, expected) in [
        (Network::None, CONNECT, "PermissionError\n"),
        (Network::Loopback, CONNECT, "ConnectionRefusedError\n"),
        (Network::Loopback, OWN_SERVER, "connected\n"),
        (Network::Full, CONNECT, "connected\n"),
    ] {
        let Some(tool) = python(network) else { return };
        let mut phase = Phase::new(tool);
        match phase.try_start(&[script, &port], b"").await {
            Ok((job, _)) => {
                let ended = phase.end(job).await;
                assert_eq!(ended.stdout, expected, "{network:?} {ended:?}");
            }
            Err(CallError::Failed(text)) if network == Network::Loopback => println!("skipped: {text}"),
            Err(error) => panic!("{error}"),
        }
    }
}

#[tokio::test]
async fn without_namespaces_there_is_no_network_either_and_no_loopback() {
    let Some(tool) = python(Network::None) else { return };
    let mut phase = Phase::with(tool, false);
    let script = "
import socket
for family in (socket.AF_INET, socket.AF_INET6, socket.AF_UNIX, socket.AF_NETLINK):
    try: socket.socket(family); print('made')
    except PermissionError: pass
socket.socketpair(); print('end')";
    assert_eq!(phase.run(&[script]).await.stdout, "end\n");
    let loopback = Tool { network: Network::Loopback, ..sh() };
    let answer = Phase::with(loopback, false).try_start(&["true"], b"").await;
    assert!(matches!(&answer, Err(CallError::Failed(text)) if text.contains("loopback")), "{answer:?}");
}

#[tokio::test]
async fn memory_is_bounded() {
    let Some(tool) = python(Network::None) else { return };
    let ended = Phase::new(Tool { memory: 256 << 20, ..tool }).run(&["x = bytearray(1 << 30)"]).await;
    assert!(ended.stderr.contains("MemoryError"), "{ended:?}");
}

#[tokio::test]
async fn others_can_neither_be_signalled_nor_looked_into() {
    for namespaces in [true, false] {
        let mut phase = Phase::with(sh(), namespaces);
        let own = std::process::id();
        let script = format!("kill -0 {own} && echo signalled; cat /proc/{own}/environ /proc/{own}/cmdline; echo end");
        let (job, confinement) = phase.try_start(&[&script], b"").await.unwrap();
        let ended = phase.end(job).await;
        if has(&confinement, Layer::Landlock) {
            assert_eq!(ended.stdout, "end\n", "{ended:?}");
        }
    }
}

#[tokio::test]
async fn calls_that_reach_beyond_a_tool_are_refused() {
    let mut phase = Phase::new(sh());
    let script = "unshare -U true && echo users; unshare -m true && echo mounts; chroot / true && echo root; \
                  mount -t tmpfs none /mnt && echo mounted; hostname x && echo named; echo end";
    let (job, confinement) = phase.try_start(&[script], b"").await.unwrap();
    let ended = phase.end(job).await;
    if has(&confinement, Layer::Seccomp) {
        assert_eq!(ended.stdout, "end\n", "{ended:?}");
    }
}

#[tokio::test]
async fn no_open_file_of_the_host_is_inherited() {
    let folder = tempfile::tempdir().unwrap();
    let file = fs::File::create(folder.path().join("open")).unwrap();
    let flags = nix::fcntl::FcntlArg::F_SETFD(nix::fcntl::FdFlag::empty());
    nix::fcntl::fcntl(&file, flags).unwrap();
    let stdout = Phase::new(Tool::new("/bin/ls")).run(&["/proc/self/fd"]).await.stdout;
    // The fourth is the directory that it lists.
    assert_eq!(stdout, "0\n1\n2\n3\n");
}

#[tokio::test]
async fn programs_gain_no_rights() {
    let status = Phase::new(Tool::new("/bin/cat")).run(&["/proc/self/status"]).await.stdout;
    assert!(status.contains("NoNewPrivs:\t1\n"), "{status}");
    let (job, confinement) = Phase::new(sh()).try_start(&["ulimit -c"], b"").await.unwrap();
    assert_eq!(job, 0);
    if has(&confinement, Layer::Seccomp) {
        assert!(status.contains("Seccomp:\t2\n"), "{status}");
    }
}
