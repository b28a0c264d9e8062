//! The program: what it prints, and that it ends when it is told to.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

#[test]
fn the_program_lists_its_faults() {
    let listed = Command::new(env!("CARGO_BIN_EXE_gcp-emulator")).arg("--list-faults").output().unwrap();
    let text = String::from_utf8(listed.stdout).unwrap();
    assert!(text.lines().any(|line| line.starts_with("half-applied ")), "{text}");
}

#[test]
fn an_unknown_fault_is_said() {
    let refused = Command::new(env!("CARGO_BIN_EXE_gcp-emulator")).args(["--fault", "nothing"]).output().unwrap();
    assert!(!refused.status.success());
    assert!(String::from_utf8(refused.stderr).unwrap().contains("no fault is named nothing"));
}

#[test]
fn the_program_prints_the_environment_and_ends_on_sigterm() {
    let folder = tempfile::tempdir().unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_gcp-emulator"))
        .args(["--service", "backend", "--fault", "slow", "--folder"])
        .arg(folder.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(program.stdout.take().unwrap()).lines().map(Result::unwrap);
    let printed: Vec<String> = lines.take_while(|line| line != "# ready").collect();
    for name in ["CLOUDSDK_PROXY_PORT", "CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE", "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE"] {
        assert!(printed.iter().any(|line| line.starts_with(&format!("export {name}='"))), "{printed:?}");
    }
    assert!(folder.path().join("ca.pem").is_file());
    let told = Command::new("kill").args(["-TERM", &program.id().to_string()]).status().unwrap();
    assert!(told.success() && program.wait().unwrap().success());
}
