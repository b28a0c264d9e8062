//! A phase that may start tools, in front of a gate that remembers nothing.

use std::{collections::BTreeMap, fs, path::PathBuf, sync::Arc, time::Duration};

use holdpoint_cap_exec::{Confinement, Exec, ExecBackend, Exit, Layer, Machine, Request, Response, Tool};
use holdpoint_gate::{Guest, Limits, Unscrubbed};
use holdpoint_model::{
    Answer, Body, PhaseId, Timestamp,
    grant::{DirectoryName, ExecGrant, FilesGrant, Grants, ToolName},
};
use holdpoint_supervise::Supervisor;
use holdpoint_testkit::Forgetful;
use tempfile::TempDir;

/// How long anything may take here before it counts as hanging.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

pub(super) struct Phase {
    folder: TempDir,
    pub(super) grants: Grants,
    pub(super) backend: Option<Arc<ExecBackend>>,
    guest: Guest,
}

/// The end of a job, as text.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) exit: Exit,
    pub(super) stdout: String,
    pub(super) stderr: String,
    pub(super) stdout_bytes: f64,
    pub(super) truncated: bool,
    pub(super) milliseconds: u32,
}

/// `/bin/sh -c`, so that a test can say in one line what a program does.
pub(super) fn sh() -> Tool {
    Tool { arguments: vec!["-c".into()], ..Tool::new("/bin/sh") }
}

impl Phase {
    /// One that may start this tool, by the name `tool`.
    pub(super) fn new(tool: Tool) -> Self {
        Self::with(tool, true)
    }

    pub(super) fn with(tool: Tool, namespaces: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for part in ["granted", "scratch", "outside"] {
            fs::create_dir(folder.path().join(part)).unwrap();
        }
        let id = PhaseId::parse("unit").unwrap();
        let name = ToolName::parse("tool").unwrap();
        let exec = ["tool", "unpinned"].map(|name| ToolName::parse(name).unwrap()).to_vec();
        let supervisor = Supervisor::with(env!("CARGO_BIN_EXE_holdpoint-stage-of-exec"));
        let machine = Machine {
            supervisor: if namespaces { supervisor } else { supervisor.without_namespaces() },
            scratch: folder.path().join("scratch"),
            scrubber: Arc::new(Unscrubbed),
        };
        let granted = FilesGrant::new(DirectoryName::parse("source").unwrap(), &folder.path().join("granted")).unwrap();
        let backend = ExecBackend::new(machine, BTreeMap::from([(name, tool)]), &[granted]).unwrap();
        Self {
            folder,
            grants: Grants { exec: vec![ExecGrant { tools: exec, class: None }], ..Grants::none(id.clone()) },
            backend: Some(Arc::new(backend)),
            guest: Guest::new(Forgetful::acting().gate(), id, Timestamp(0.0), Limits::default()),
        }
    }

    pub(super) fn path(&self, part: &str) -> PathBuf {
        self.folder.path().join(part)
    }

    pub(super) async fn call(&mut self, request: Request) -> Answer<Response> {
        let backend = self.backend.as_ref().unwrap();
        let call = self.guest.call::<Exec, _>(backend, &self.grants, request);
        tokio::time::timeout(PATIENCE, call).await.expect("no call takes a minute").unwrap()
    }

    /// Calls side by side.
    pub(super) async fn call_all(&mut self, requests: Vec<Request>) -> Vec<Answer<Response>> {
        let backend = self.backend.as_ref().unwrap();
        self.guest.call_all::<Exec, _>(backend, &self.grants, requests, 100).await.unwrap()
    }

    pub(super) async fn try_start(&mut self, args: &[&str], stdin: &[u8]) -> Answer<(u32, Confinement)> {
        let args = args.iter().map(|arg| (*arg).to_owned()).collect();
        let response = self.call(Request::Start { tool: "tool".into(), args, stdin: Body::from(stdin) }).await?;
        match response {
            Response::Started { job, confinement } => Ok((job, confinement)),
            other => panic!("a start gives a job: {other:?}"),
        }
    }

    pub(super) async fn start(&mut self, args: &[&str]) -> u32 {
        self.try_start(args, b"").await.unwrap().0
    }

    /// Polls to the end.
    pub(super) async fn end(&mut self, job: u32) -> Ended {
        match self.call(Request::Poll { job, wait_ms: 50_000 }).await.unwrap() {
            response @ Response::Ended { .. } => response.into(),
            other => panic!("the job should have ended: {other:?}"),
        }
    }

    /// Starts and polls to the end.
    pub(super) async fn run(&mut self, args: &[&str]) -> Ended {
        self.run_with(args, b"").await
    }

    pub(super) async fn run_with(&mut self, args: &[&str], stdin: &[u8]) -> Ended {
        let (job, _) = self.try_start(args, stdin).await.unwrap();
        self.end(job).await
    }

    /// Starts, and stops when so much was written.
    pub(super) async fn start_and_hear(&mut self, args: &[&str], bytes: f64) -> u32 {
        let job = self.start(args).await;
        for _ in 0..6_000 {
            match self.call(Request::Poll { job, wait_ms: 10 }).await.unwrap() {
                Response::Running { stdout_bytes, .. } if stdout_bytes < bytes => {}
                Response::Running { .. } => return job,
                other => panic!("the job should run: {other:?}"),
            }
        }
        panic!("the job writes nothing");
    }
}

impl From<Response> for Ended {
    fn from(response: Response) -> Self {
        let Response::Ended { exit, stdout, stderr, stdout_bytes, truncated, milliseconds, .. } = response else {
            panic!("it is no end: {response:?}")
        };
        let text = |body: Body| String::from_utf8_lossy(body.bytes()).into_owned();
        Self { exit, stdout: text(stdout), stderr: text(stderr), stdout_bytes, truncated, milliseconds }
    }
}

/// Whether this kernel applied a layer. If not, it is said, and the test has nothing to look at.
pub(super) fn has(confinement: &Confinement, layer: Layer) -> bool {
    let has = confinement.applied.contains(&layer);
    if !has {
        println!("skipped: this kernel lacks {}: {:?}", layer.word(), confinement.lacking);
    }
    has
}
