//! What a tool gets, and what a phase gets of it.

use std::{fs, os::unix::fs::PermissionsExt as _};

use holdpoint_cap_exec::{Exit, Request, Response, Tool};
use holdpoint_model::{Answer, Body, CallError, Class, Digest, grant::DirectoryName};

use super::phase::{Phase, sh};

fn failed<T: std::fmt::Debug>(answer: Answer<T>, part: &str) {
    match answer {
        Err(CallError::Failed(text)) => assert!(text.contains(part), "{text}"),
        other => panic!("should fail with {part:?}: {other:?}"),
    }
}

#[tokio::test]
async fn gives_code_and_both_streams() {
    let ended = Phase::new(sh()).run(&["echo out; echo err >&2; exit 3"]).await;
    assert_eq!(ended.exit, Exit::Code(3));
    assert_eq!((ended.stdout.as_str(), ended.stderr.as_str(), ended.truncated), ("out\n", "err\n", false));
    assert_eq!(ended.stdout_bytes, 4.0);
    assert!(ended.milliseconds < 60_000);
}

#[tokio::test]
async fn gives_the_signal_that_ended_it() {
    let mut phase = Phase::new(sh());
    assert_eq!(phase.run(&["kill -SEGV $$"]).await.exit, Exit::Signal(11));
    assert_eq!(phase.run(&["kill -KILL $$"]).await.exit, Exit::Signal(9));
}

#[tokio::test]
async fn the_input_arrives_whole() {
    let mut phase = Phase::new(sh());
    assert_eq!(phase.run_with(&["cat"], b"a\0b\n").await.stdout, "a\0b\n");
    assert_eq!(phase.run_with(&["cat /dev/stdin"], b"again").await.stdout, "again");
    assert_eq!(phase.run_with(&["wc -c"], &vec![b'x'; 4 << 20]).await.stdout.trim(), "4194304");
    assert_eq!(phase.run(&["cat; echo end"]).await.stdout, "end\n");
}

#[tokio::test]
async fn the_environment_is_what_the_operator_gives() {
    let tool = Tool { environment: vec![("MODE".into(), "in {scratch}".into())], ..Tool::new("/usr/bin/env") };
    let stdout = Phase::new(tool).run(&[]).await.stdout;
    assert!(stdout.starts_with("MODE=in /") && stdout.lines().count() == 1, "{stdout}");
    assert_eq!(Phase::new(Tool::new("/usr/bin/env")).run(&[]).await.stdout, "");
}

#[tokio::test]
async fn no_shell_reads_the_arguments() {
    let args = ["%s|", "$(id)", "`id`", "; id", "*", "a b", "\"", "'", "\n", "", "-n", "{directory}"];
    let stdout = Phase::new(Tool::new("/usr/bin/printf")).run(&args).await.stdout;
    assert_eq!(stdout, args[1..].iter().map(|arg| format!("{arg}|")).collect::<String>());
}

#[tokio::test]
async fn works_in_the_granted_directory_and_cannot_change_it() {
    let tool = Tool {
        directory: Some(DirectoryName::parse("source").unwrap()),
        arguments: vec!["-c".into(), "cat a; pwd; cd {directory} && echo same; eval \"$0\"".into()],
        ..Tool::new("/bin/sh")
    };
    let mut phase = Phase::new(tool);
    fs::write(phase.path("granted/a"), "content\n").unwrap();
    let granted = phase.path("granted");
    let ended = phase.run(&["echo x > b; rm a; mv a c; chmod 0 a"]).await;
    assert_eq!(ended.stdout, format!("content\n{}\nsame\n", granted.display()));
    assert!(!phase.path("granted/b").exists() && phase.path("granted/a").exists(), "{}", ended.stderr);
}

#[tokio::test]
async fn writes_into_a_folder_that_is_gone_afterwards() {
    let tool = Tool { directory: Some(DirectoryName::parse("source").unwrap()), writes: true, ..sh() };
    let mut phase = Phase::new(tool);
    fs::write(phase.path("granted/a"), "content").unwrap();
    let granted = phase.path("granted");
    let script = format!("mkdir x && echo hi > x/y && cat x/y && ls && pwd; echo no > {}/b", granted.display());
    let ended = phase.run(&[&script]).await;
    let lines: Vec<&str> = ended.stdout.lines().collect();
    assert_eq!(lines[..2], ["hi", "x"], "{ended:?}");
    assert!(!granted.join("b").exists());
    for _ in 0..1_000 {
        if !std::path::Path::new(lines[2]).exists() {
            return;
        }
        tokio::task::yield_now().await;
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    panic!("{} is still there", lines[2]);
}

#[tokio::test]
async fn reads_and_writes_where_the_operator_says() {
    let folder = tempfile::tempdir().unwrap();
    let (read, write) = (folder.path().join("read"), folder.path().join("write"));
    fs::create_dir(&write).unwrap();
    fs::write(&read, "content\n").unwrap();
    let tool = Tool { read: vec![read.clone()], write: vec![write.clone()], ..sh() };
    let (read, write) = (read.display(), write.display());
    let ended = Phase::new(tool).run(&[&format!("cat {read}; echo new > {write}/a; echo no > {read}")]).await;
    assert_eq!(ended.stdout, "content\n");
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    assert_eq!((read("write/a"), read("read")), ("new\n".into(), "content\n".into()), "{}", ended.stderr);
}

#[tokio::test]
async fn a_flood_is_counted_and_thrown_away() {
    let tool = Tool { output: 1_000, ..sh() };
    let ended = Phase::new(tool).run(&["head -c 100000000 /dev/zero; echo end >&2"]).await;
    assert_eq!((ended.stdout.len(), ended.stdout_bytes, ended.truncated), (1_000, 1e8, true));
    assert_eq!((ended.stderr.as_str(), ended.exit), ("end\n", Exit::Code(0)));
}

#[tokio::test]
async fn a_job_runs_until_it_ends_and_its_end_is_given_once() {
    let mut phase = Phase::new(sh());
    let job = phase.start_and_hear(&["echo working; exec sleep 600"], 8.0).await;
    match phase.call(Request::Stop { job }).await.unwrap() {
        Response::Ended { exit: Exit::Killed(why), stdout, .. } => {
            assert_eq!((why.as_str(), stdout.bytes()), ("the phase stopped it", b"working\n".as_slice()));
        }
        other => panic!("it should have ended: {other:?}"),
    }
    failed(phase.call(Request::Poll { job, wait_ms: 0 }).await, "there is no such job");
    failed(phase.call(Request::Stop { job: 77 }).await, "job 77: there is no such job");
}

#[tokio::test]
async fn what_is_not_pinned_or_not_there_is_not_started() {
    let unpinned = Request::Start { tool: "unpinned".into(), args: vec![], stdin: Body::default() };
    failed(Phase::new(sh()).call(unpinned).await, "pin it under [tools.unpinned] in the operator's file");
    let mut nowhere = Phase::new(Tool::new("/usr/bin/no-such-tool"));
    failed(
        nowhere.try_start(&[], b"").await,
        "tool was not started: /usr/bin/no-such-tool can't be started: No such file",
    );
    let elsewhere = Tool { directory: Some(DirectoryName::parse("other").unwrap()), ..sh() };
    failed(Phase::new(elsewhere).try_start(&["true"], b"").await, "`other`, which this phase was not granted");
}

#[tokio::test]
async fn a_program_that_was_replaced_is_not_started() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("check");
    let write = |text: &str| {
        fs::write(&program, text).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    };
    write("#!/bin/sh\necho checked\n");
    let sha256 = Some(Digest::of(&fs::read(&program).unwrap()));
    let mut phase = Phase::new(Tool { sha256, ..Tool::new(&program) });
    assert_eq!(phase.run(&[]).await.stdout, "checked\n");
    write("#!/bin/sh\necho passed\n");
    failed(phase.try_start(&[], b"").await, "is not the program that is pinned");
}

#[tokio::test]
async fn a_phase_has_a_bounded_number_of_jobs() {
    let mut phase = Phase::new(sh());
    let mut jobs = Vec::new();
    for _ in 0..8 {
        jobs.push(phase.start(&["exec sleep 600"]).await);
    }
    failed(phase.try_start(&["true"], b"").await, "the phase has 8 jobs");
    phase.call(Request::Stop { job: jobs[0] }).await.unwrap();
    assert_eq!(phase.run(&["true"]).await.exit, Exit::Code(0));

    phase.grants.exec[0].class = Some(Class::Read);
    let starts = (0..12).map(|_| Request::Start {
        tool: "tool".into(),
        args: vec!["exec sleep 600".into()],
        stdin: Body::default(),
    });
    let answers = phase.call_all(starts.collect()).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "one was left");
}
