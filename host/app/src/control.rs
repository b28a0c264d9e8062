//! The control socket of a run that is being worked on: how another process of the same user asks for something.
//!
//! A request is one line of JSON, at most [`LINE`] bytes, and so is the answer. The connection then stays open until the host is done
//! with the run, so that whoever asked is told by its end. Only the user of the host, and root, are listened to; nothing of a run is
//! given out here.

use std::{
    fs::{File, Permissions},
    io,
    os::{fd::AsRawFd as _, unix::fs::PermissionsExt as _},
    path::{Path, PathBuf},
    time::Duration,
};

use holdpoint_journal::RunFolder;
use holdpoint_model::{ApprovalAnswer, Cancellation, PhaseId, parse_name, parse_reason};
use serde::{Deserialize, Serialize};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{UnixListener, UnixStream},
    sync::{mpsc, oneshot},
    task::JoinSet,
    time::{Instant, timeout},
};

use crate::user;

/// Most bytes of a request or an answer.
const LINE: u64 = 4_096;
/// How long a request may take to come, and the answer to a cancellation.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long after a host has its run it can be asked, at the latest.
const OPENS_WITHIN: Duration = Duration::from_secs(3);
/// How long the host may take to write down what somebody said: it may be waiting for effects to end.
const WRITTEN_WITHIN: Duration = Duration::from_secs(120);
/// Most connections at once.
const CONNECTIONS: usize = 8;
/// Longest path that every system takes as the name of a socket.
const LONGEST_NAME: usize = 100;

/// A request, version 1.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, tag = "request")]
enum RequestV1 {
    Cancel { reason: String },
    Approve { phase: String, approved: bool, by: String, reason: String },
}

/// An answer, version 1.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "answer")]
enum AnswerV1 {
    /// It is being done; the connection ends when it is.
    Taken,
    /// It is written down.
    Recorded,
    Refused {
        why: String,
    },
}

/// What somebody asks of the host.
pub(crate) enum Request {
    Cancel(Cancellation),
    /// Somebody answers for a phase that waits. The host says whether it is written down, or why it is refused.
    Approve(ApprovalAnswer, oneshot::Sender<Result<(), String>>),
}

/// Where requests go.
#[derive(Clone)]
struct Desk {
    cancellations: mpsc::Sender<Cancellation>,
    approvals: mpsc::Sender<(ApprovalAnswer, oneshot::Sender<Result<(), String>>)>,
}

/// The side of the host.
pub(crate) struct Control {
    path: PathBuf,
    cancellations: mpsc::Receiver<Cancellation>,
    approvals: mpsc::Receiver<(ApprovalAnswer, oneshot::Sender<Result<(), String>>)>,
    /// Ends with this value, and every connection with it.
    _server: JoinSet<()>,
}

impl Control {
    /// Takes requests for a run whose lock is held. Where no socket can be made the run goes on without one.
    pub(crate) fn open(folder: &RunFolder) -> Self {
        let path = folder.control();
        let (send, cancellations) = mpsc::channel(1);
        let (approve, approvals) = mpsc::channel(CONNECTIONS);
        let desk = Desk { cancellations: send, approvals: approve };
        let mut server = JoinSet::new();
        if let Ok(listener) = listen(&path) {
            server.spawn(serve(listener, desk));
        }
        Self { path, cancellations, approvals, _server: server }
    }

    /// Waits until somebody asks for something.
    pub(crate) async fn request(&mut self) -> Request {
        tokio::select! {
            Some(cancellation) = self.cancellations.recv() => Request::Cancel(cancellation),
            Some((answer, reply)) = self.approvals.recv() => Request::Approve(answer, reply),
            else => std::future::pending().await,
        }
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        // The lock is still held, so the socket is ours. One that stays is no obstacle to the next host.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// A socket that its owner alone may use. One that a killed host left behind gives way: the lock says that nobody listens there.
fn listen(path: &Path) -> io::Result<UnixListener> {
    match std::fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
        _ => {}
    }
    let name = Name::of(path)?;
    let listener = UnixListener::bind(&name.path)?;
    std::fs::set_permissions(path, Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// A path that is short enough for a socket: through the open folder where the folder's own is too long.
struct Name {
    path: PathBuf,
    _folder: Option<File>,
}

impl Name {
    fn of(path: &Path) -> io::Result<Self> {
        let (Some(folder), Some(file)) = (path.parent(), path.file_name()) else {
            return Err(io::ErrorKind::InvalidInput.into());
        };
        if path.as_os_str().len() <= LONGEST_NAME {
            return Ok(Self { path: path.to_owned(), _folder: None });
        }
        let folder = File::open(folder)?;
        let path = PathBuf::from(format!("/proc/self/fd/{}", folder.as_raw_fd())).join(file);
        Ok(Self { path, _folder: Some(folder) })
    }
}

async fn serve(listener: UnixListener, desk: Desk) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            Ok((stream, _)) = listener.accept(), if connections.len() < CONNECTIONS => {
                connections.spawn(answer(stream, desk.clone()));
            }
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
            else => return,
        }
    }
}

async fn answer(stream: UnixStream, desk: Desk) {
    // Whoever breaks off, or is no user of ours, gets no answer.
    let (Ok(peer), Ok(own)) = (stream.peer_cred(), user::own()) else { return };
    if peer.uid() != own && peer.uid() != 0 {
        return;
    }
    let mut stream = BufReader::new(stream);
    let answer = match timeout(PATIENCE, line(&mut stream)).await {
        Ok(Ok(line)) => take(&line, peer.uid(), &desk).await,
        Ok(Err(_)) | Err(_) => AnswerV1::Refused { why: format!("a request is one line of at most {LINE} bytes") },
    };
    let taken = answer == AnswerV1::Taken;
    let mut text = serde_json::to_string(&answer).expect("an answer of words always encodes");
    text.push('\n');
    if stream.get_mut().write_all(text.as_bytes()).await.is_ok() && taken {
        // Until the host is done, or whoever asked does not want to know any more.
        let _ = stream.read_u8().await;
    }
}

async fn take(line: &str, uid: u32, desk: &Desk) -> AnswerV1 {
    match serde_json::from_str(line) {
        Ok(RequestV1::Cancel { reason }) => cancel(reason, uid, desk),
        Ok(RequestV1::Approve { phase, approved, by, reason }) => match parse_answer(&phase, approved, &by, &reason) {
            Ok(answer) => approve(answer, desk).await,
            Err(why) => AnswerV1::Refused { why },
        },
        Err(_) => {
            let why = "this host knows the requests `cancel` with a `reason`, and `approve` with `phase`, `approved`, `by` and `reason`";
            AnswerV1::Refused { why: why.to_owned() }
        }
    }
}

fn cancel(reason: String, uid: u32, desk: &Desk) -> AnswerV1 {
    let refused = |why: &str| AnswerV1::Refused { why: why.to_owned() };
    let reason = match reason.as_str() {
        "" => reason,
        text => match parse_reason(text) {
            Ok(reason) => reason,
            Err(e) => return refused(&e.to_string()),
        },
    };
    match desk.cancellations.try_send(Cancellation { by: user::name_of(uid), reason }) {
        Ok(()) => AnswerV1::Taken,
        Err(mpsc::error::TrySendError::Full(_)) => refused("it is being cancelled already"),
        Err(mpsc::error::TrySendError::Closed(_)) => refused("the run is about to end"),
    }
}

fn parse_answer(phase: &str, approved: bool, by: &str, reason: &str) -> Result<ApprovalAnswer, String> {
    Ok(ApprovalAnswer {
        phase: PhaseId::parse(phase).map_err(|e| e.to_string())?,
        approved,
        by: parse_name(by).map_err(|e| e.to_string())?,
        reason: parse_reason(reason).map_err(|e| e.to_string())?,
    })
}

async fn approve(answer: ApprovalAnswer, desk: &Desk) -> AnswerV1 {
    let (reply, told) = oneshot::channel();
    let refused = |why: &str| AnswerV1::Refused { why: why.to_owned() };
    if desk.approvals.try_send((answer, reply)).is_err() {
        return refused("too many answers come at once, or the run is about to end");
    }
    match told.await {
        Ok(Ok(())) => AnswerV1::Recorded,
        Ok(Err(why)) => AnswerV1::Refused { why },
        Err(_) => refused("the run has ended or was stopped meanwhile"),
    }
}

/// One line, without its end. A longer one, or none, is an error.
async fn line(stream: &mut BufReader<UnixStream>) -> io::Result<String> {
    let mut line = String::new();
    let mut bounded = stream.take(LINE);
    bounded.read_line(&mut line).await?;
    match line.pop() {
        Some('\n') => Ok(line),
        _ => Err(io::ErrorKind::InvalidData.into()),
    }
}

/// What came of asking a host.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// It took the request, and is done with it.
    Done,
    Refused(String),
    /// Nobody answers there.
    Nobody,
}

/// Asks the host that works on a run to cancel it, and waits until it is done.
pub(crate) async fn ask_to_cancel(folder: &RunFolder, reason: &str) -> Asked {
    ask(folder, &RequestV1::Cancel { reason: reason.to_owned() }, PATIENCE).await.unwrap_or(Asked::Nobody)
}

/// Tells the host that works on a run what somebody answered, and waits until it is written down.
pub(crate) async fn tell_answer(folder: &RunFolder, answer: &ApprovalAnswer) -> Asked {
    let ApprovalAnswer { phase, approved, by, reason } = answer.clone();
    let request = RequestV1::Approve { phase: phase.to_string(), approved, by, reason };
    ask(folder, &request, WRITTEN_WITHIN).await.unwrap_or(Asked::Nobody)
}

async fn ask(folder: &RunFolder, request: &RequestV1, within: Duration) -> io::Result<Asked> {
    let name = Name::of(&folder.control())?;
    let mut stream = BufReader::new(reached(&name).await?);
    let mut request = serde_json::to_string(request)?;
    request.push('\n');
    stream.get_mut().write_all(request.as_bytes()).await?;
    let line = timeout(within, line(&mut stream)).await??;
    match serde_json::from_str(&line)? {
        AnswerV1::Refused { why } => Ok(Asked::Refused(why)),
        AnswerV1::Recorded => Ok(Asked::Done),
        AnswerV1::Taken => {
            // The end of the connection is what is waited for, however it comes.
            let _ = stream.read_u8().await;
            Ok(Asked::Done)
        }
    }
}

/// A host has its run before it can be asked.
async fn reached(name: &Name) -> io::Result<UnixStream> {
    let begun = Instant::now();
    loop {
        match UnixStream::connect(&name.path).await {
            Err(_) if begun.elapsed() < OPENS_WITHIN => tokio::time::sleep(Duration::from_millis(50)).await,
            other => return other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdpoint_model::RunId;

    fn folder(below: &str) -> (tempfile::TempDir, RunFolder) {
        let runs = tempfile::tempdir().expect("a folder");
        let run = RunId::parse("R1").expect("a run");
        let folder = RunFolder::create(&runs.path().join(below), &run).expect("its folder");
        (runs, folder)
    }

    async fn say(folder: &RunFolder, text: &str) -> String {
        let mut stream = UnixStream::connect(folder.control()).await.expect("somebody listens");
        // A host that has heard enough may close before all is said.
        let _ = stream.write_all(text.as_bytes()).await;
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer).await;
        answer
    }

    #[tokio::test]
    async fn a_request_reaches_the_host_with_the_name_of_who_asked() {
        let (_runs, folder) = folder("runs");
        let mut control = Control::open(&folder);
        let mode = std::fs::metadata(folder.control()).expect("a socket").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let (asked, request) = tokio::join!(ask_to_cancel(&folder, "wrong bundle"), async {
            let request = control.request().await;
            drop(control);
            request
        });
        let Request::Cancel(cancellation) = request else { panic!("it was asked to cancel") };
        assert_eq!(asked, Asked::Done);
        assert_eq!(
            cancellation,
            Cancellation { by: user::name_of(user::own().expect("a user")), reason: "wrong bundle".into() }
        );
        assert!(!folder.control().exists());
        assert_eq!(ask_to_cancel(&folder, "").await, Asked::Nobody);
    }

    #[tokio::test]
    async fn a_second_request_is_told_that_there_was_one() {
        let (_runs, folder) = folder("runs");
        let control = Control::open(&folder);
        let first = UnixStream::connect(folder.control()).await.expect("somebody listens");
        let mut first = BufReader::new(first);
        first.get_mut().write_all(b"{\"request\":\"cancel\",\"reason\":\"\"}\n").await.expect("it is sent");
        assert_eq!(line(&mut first).await.expect("an answer"), r#"{"answer":"taken"}"#);
        assert_eq!(ask_to_cancel(&folder, "").await, Asked::Refused("it is being cancelled already".into()));
        drop(control);
    }

    #[tokio::test]
    async fn what_is_no_request_is_refused_and_bounded() {
        let (_runs, folder) = folder("runs");
        let mut control = Control::open(&folder);
        let long = format!("{{\"request\":\"cancel\",\"reason\":\"{}\"}}\n", "x".repeat(501));
        let nameless =
            "{\"request\":\"approve\",\"phase\":\"a\",\"approved\":true,\"by\":\"\",\"reason\":\"r\"}\n".to_owned();
        for (text, said) in [
            ("{\"request\":\"release\"}\n", "this host knows the requests `cancel`"),
            ("{\"request\":\"approve\"}\n", "this host knows the requests `cancel`"),
            ("no json\n", "this host knows the requests `cancel`"),
            (nameless.as_str(), "a name is one line of 1 to 64 characters"),
            (long.as_str(), "a reason is one line of 1 to 500 characters"),
            (&"x".repeat(10_000), "a request is one line of at most 4096 bytes"),
        ] {
            let answer = say(&folder, text).await;
            // With more than the bound unread, some systems throw the answer away with the connection.
            assert!(answer.contains(said) || (answer.is_empty() && text.len() > LINE as usize), "{answer}");
        }
        assert!(control.cancellations.try_recv().is_err() && control.approvals.try_recv().is_err());
    }

    #[tokio::test]
    async fn a_socket_that_was_left_behind_and_a_long_path_are_no_obstacle() {
        let (_runs, folder) = folder(&["long"; 30].join("/"));
        std::fs::write(folder.control(), "left behind").expect("a file");
        let control = Control::open(&folder);
        let (asked, ()) = tokio::join!(ask_to_cancel(&folder, ""), async {
            let mut control = control;
            control.request().await;
        });
        assert_eq!(asked, Asked::Done);
    }

    #[tokio::test]
    async fn what_somebody_answers_is_written_down_or_refused_before_they_are_told() {
        let (_runs, folder) = folder("runs");
        let mut control = Control::open(&folder);
        let phase = PhaseId::parse("deploy").expect("a phase");
        let answer = ApprovalAnswer { phase, approved: true, by: "alice".into(), reason: "x".repeat(500) };
        for (said, expected) in
            [(Ok(()), Asked::Done), (Err("too early".to_owned()), Asked::Refused("too early".into()))]
        {
            let (asked, heard) = tokio::join!(tell_answer(&folder, &answer), async {
                let Request::Approve(heard, reply) = control.request().await else { panic!("it is an answer") };
                reply.send(said).expect("somebody waits");
                heard
            });
            assert_eq!((asked, heard), (expected, answer.clone()));
        }
        drop(control);
        assert_eq!(tell_answer(&folder, &answer).await, Asked::Nobody);
    }
}
