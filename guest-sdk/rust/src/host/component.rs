//! The calls of a component: the SDK's types turned into the contract's, and back.

use crate::bindings::holdpoint as wit;
use crate::check::{Statement, Verdict};
use crate::exec::{Ended, Progress, Started};
use crate::{
    Cause, Command, Completed, Confinement, Counterpart, Counters, Denial, Ending, Entry, Event, Exit, Failure, Frame,
    Handshake, Hop, Identity, IdentityKind, Kind, Level, Millis, Opening, Replacement, ReportFormat, Request, Response,
    SecretFacts, Target, TestCase, TestOutcome, Time, Timings, Tls, Tool,
};

use wit::clock::clock;
use wit::context::context;
use wit::exec::exec;
use wit::files::files;
use wit::gcloud::gcloud;
use wit::http::http;
use wit::report::report;
use wit::secrets::secrets;
use wit::types::types::CallError;
use wit::websocket::websocket;

type Outcome<T> = Result<T, Cause>;

pub(crate) fn services() -> Vec<String> {
    context::services()
}

pub(crate) fn requirements() -> Option<Vec<String>> {
    Some(context::requirements())
}

pub(crate) fn directories() -> Vec<String> {
    context::directories()
}

pub(crate) fn environment() -> String {
    context::environment()
}

pub(crate) fn calls() -> u32 {
    context::calls()
}

pub(crate) fn now() -> f64 {
    clock::now()
}

pub(crate) fn sleep(duration: Millis) -> Outcome<()> {
    clock::sleep(duration.0).map_err(cause)
}

pub(crate) fn sleep_until(time: Time) -> Outcome<()> {
    clock::sleep_until(time.0).map_err(cause)
}

pub(crate) fn send(sent: &Request) -> Outcome<Response> {
    http::send(&request(sent)).map(response).map_err(cause)
}

pub(crate) fn send_all(sent: &[Request], concurrency: u32) -> Vec<Outcome<Response>> {
    let requests: Vec<http::Request> = sent.iter().map(request).collect();
    http::send_all(&requests, concurrency).into_iter().map(|answer| answer.map(response).map_err(cause)).collect()
}

pub(crate) fn read(path: &str) -> Outcome<Vec<u8>> {
    files::read(path).map_err(cause)
}

pub(crate) fn list(path: &str) -> Outcome<Vec<Entry>> {
    files::list(path).map(entries).map_err(cause)
}

pub(crate) fn glob(path: &str, pattern: &str) -> Outcome<Vec<Entry>> {
    files::glob(path, pattern).map(entries).map_err(cause)
}

pub(crate) fn walk(path: &str) -> Outcome<Vec<Entry>> {
    files::walk(path).map(entries).map_err(cause)
}

pub(crate) fn available(name: &str) -> Outcome<SecretFacts> {
    let facts = secrets::available(name).map_err(cause)?;
    Ok(SecretFacts { present: facts.present, stand_in: facts.stand_in, length: facts.length })
}

pub(crate) fn elsewhere(name: &str) -> Outcome<Vec<Counterpart>> {
    let secrets = secrets::elsewhere(name).map_err(cause)?;
    let one =
        |one: secrets::Counterpart| Counterpart { environment: one.environment, name: one.name, alike: one.alike };
    Ok(secrets.into_iter().map(one).collect())
}

pub(crate) fn reference(name: &str) -> Outcome<String> {
    secrets::reference(name).map_err(cause)
}

pub(crate) fn identity() -> Outcome<Identity> {
    let gcloud::Actor { call, principal, kind, ends, project, region, own_project } =
        gcloud::identity().map_err(cause)?;
    let kind = match kind {
        gcloud::IdentityKind::User => IdentityKind::User,
        gcloud::IdentityKind::ServiceAccount => IdentityKind::ServiceAccount,
        gcloud::IdentityKind::WorkloadIdentity => IdentityKind::WorkloadIdentity,
        gcloud::IdentityKind::Metadata => IdentityKind::Metadata,
        gcloud::IdentityKind::Token => IdentityKind::Token,
        gcloud::IdentityKind::Other => IdentityKind::Other,
    };
    Ok(Identity { seq: call, principal, kind, ends, project, region, own_project })
}

pub(crate) fn invoke(command: &Command) -> Outcome<Completed> {
    gcloud::invoke(&invocation(command)).map(completed).map_err(cause)
}

pub(crate) fn invoke_all(commands: &[Command], concurrency: u32) -> Vec<Outcome<Completed>> {
    let invocations: Vec<gcloud::Invocation> = commands.iter().map(invocation).collect();
    let answers = gcloud::invoke_all(&invocations, concurrency);
    answers.into_iter().map(|answer| answer.map(completed).map_err(cause)).collect()
}

pub(crate) fn start_tool(tool: &Tool) -> Outcome<Started> {
    let started = exec::start(&tool.name, &tool.arguments, &tool.stdin).map_err(cause)?;
    let exec::Confinement { applied, lacking } = started.confinement;
    Ok(Started { job: started.job, confinement: Confinement { applied, lacking } })
}

pub(crate) fn poll_tool(job: u32, wait: Millis) -> Outcome<Progress> {
    let progress = exec::poll(job, wait.0).map_err(cause)?;
    Ok(match progress {
        exec::Progress::Running(_) => Progress::Running,
        exec::Progress::Ended(end) => Progress::Ended(ended(end)),
    })
}

pub(crate) fn stop_tool(job: u32) -> Outcome<Ended> {
    exec::stop(job).map(ended).map_err(cause)
}

pub(crate) fn parse_report(format: ReportFormat, report: &[u8]) -> Result<Vec<TestCase>, String> {
    let format = match format {
        ReportFormat::Junit => exec::ReportFormat::Junit,
        ReportFormat::Tap => exec::ReportFormat::Tap,
        ReportFormat::Json => exec::ReportFormat::Json,
    };
    let cases = exec::parse_report(format, report)?;
    Ok(cases.into_iter().map(test_case).collect())
}

pub(crate) fn open_socket(opening: &Opening) -> Outcome<Handshake> {
    let opening = websocket::Opening {
        target: match &opening.target {
            Target::Service { service, path } => {
                websocket::Target::Service(websocket::ServiceTarget { service: service.clone(), path: path.clone() })
            }
            Target::Url(url) => websocket::Target::Url(url.clone()),
        },
        subprotocols: opening.subprotocols.clone(),
        headers: opening
            .headers
            .iter()
            .map(|(name, value)| websocket::Header { name: name.clone(), value: value.clone() })
            .collect(),
        timeout: opening.timeout.map(|limit| limit.0),
    };
    let shaken = websocket::open(&opening).map_err(cause)?;
    Ok(Handshake {
        call: shaken.socket,
        status: shaken.status,
        headers: shaken.headers.into_iter().map(|header| (header.name, header.value)).collect(),
        subprotocol: shaken.subprotocol,
        timings: Timings {
            dns: shaken.timings.dns,
            connect: shaken.timings.connect,
            tls: shaken.timings.tls,
            first_byte: shaken.timings.first_byte,
            total: shaken.timings.total,
        },
        tls: shaken.tls.map(|tls| Tls {
            version: tls.version,
            cipher: tls.cipher,
            names: tls.names,
            not_after: Time(tls.not_after),
        }),
        peer: shaken.peer,
    })
}

pub(crate) fn send_frame(socket: u32, frame: &Frame) -> Outcome<()> {
    let frame = match frame {
        Frame::Text(text) => websocket::Frame::Text(text.clone()),
        Frame::Binary(bytes) => websocket::Frame::Binary(bytes.clone()),
    };
    websocket::send(socket, &frame).map_err(cause)
}

pub(crate) fn receive(socket: u32, wait: Millis) -> Outcome<(Event, f64)> {
    let websocket::Received { event, age } = websocket::receive(socket, wait.0).map_err(cause)?;
    let event = match event {
        websocket::Event::Text(text) => Event::Text(text),
        websocket::Event::Binary(bytes) => Event::Binary(bytes),
        websocket::Event::Pong(milliseconds) => Event::Pong(milliseconds),
        websocket::Event::Dropped(frames) => Event::Dropped(frames),
        websocket::Event::Closed(end) => Event::Closed(ending(end)),
        websocket::Event::Nothing => Event::Nothing,
    };
    Ok((event, age))
}

pub(crate) fn ping(socket: u32) -> Outcome<()> {
    websocket::ping(socket).map_err(cause)
}

pub(crate) fn close_socket(socket: u32, code: u16, reason: &str) -> Outcome<Ending> {
    websocket::close(socket, code, reason).map(ending).map_err(cause)
}

pub(crate) fn count(socket: u32) -> Outcome<Counters> {
    let counted = websocket::count(socket).map_err(cause)?;
    Ok(Counters {
        frames_sent: counted.frames_sent,
        frames_received: counted.frames_received,
        bytes_sent: counted.bytes_sent,
        bytes_received: counted.bytes_received,
        pings_sent: counted.pings_sent,
        pings_received: counted.pings_received,
        pongs_received: counted.pongs_received,
        dropped: counted.dropped,
        waiting: counted.waiting,
    })
}

fn ending(end: websocket::Ending) -> Ending {
    Ending { code: end.code, reason: end.reason, clean: end.clean }
}

pub(crate) fn check(statement: &Statement) -> Outcome<()> {
    report::check(&report::Outcome {
        requirements: statement.requirements.clone(),
        name: statement.name.clone(),
        verdict: match statement.verdict {
            Verdict::Pass => report::Verdict::Pass,
            Verdict::Fail => report::Verdict::Fail,
            Verdict::Inconclusive => report::Verdict::Inconclusive,
            Verdict::NotExercised => report::Verdict::NotExercised,
        },
        expected: statement.expected.clone(),
        observed: statement.observed.clone(),
        evidence: statement.evidence.clone(),
    })
    .map_err(cause)
}

pub(crate) fn measure(name: &str, value: f64, unit: &str) -> Outcome<()> {
    report::measure(name, value, unit).map_err(cause)
}

pub(crate) fn sample(name: &str, labels: &[(String, String)], value: f64) -> Outcome<()> {
    let labels = labels.iter().map(|(name, value)| report::Label { name: name.clone(), value: value.clone() });
    report::sample(name, &labels.collect::<Vec<_>>(), value).map_err(cause)
}

pub(crate) fn attach(name: &str, media_type: &str, content: &[u8]) -> Outcome<()> {
    report::attach(name, media_type, content).map_err(cause)
}

pub(crate) fn progress(done: u32, total: u32, message: &str) -> Outcome<()> {
    report::progress(done, total, message).map_err(cause)
}

pub(crate) fn log(level: Level, message: &str) -> Outcome<()> {
    let level = match level {
        Level::Debug => report::Level::Debug,
        Level::Info => report::Level::Info,
        Level::Warn => report::Level::Warn,
        Level::Error => report::Level::Error,
    };
    report::log(level, message).map_err(cause)
}

fn invocation(command: &Command) -> gcloud::Invocation {
    gcloud::Invocation {
        command: command.words.clone(),
        arguments: command.arguments.clone(),
        flags: command
            .flags
            .iter()
            .map(|(name, value)| gcloud::Flag { name: name.clone(), value: value.clone() })
            .collect(),
        stdin: command.stdin.clone(),
        timeout: command.timeout.map(|limit| limit.0),
    }
}

fn completed(done: gcloud::Completed) -> Completed {
    let failure = |failure| match failure {
        gcloud::Failure::Unauthenticated => Failure::Unauthenticated,
        gcloud::Failure::PermissionDenied => Failure::PermissionDenied,
        gcloud::Failure::ApiDisabled => Failure::ApiDisabled,
        gcloud::Failure::NotFound => Failure::NotFound,
        gcloud::Failure::AlreadyExists => Failure::AlreadyExists,
        gcloud::Failure::Conflict => Failure::Conflict,
        gcloud::Failure::ResourceExhausted => Failure::ResourceExhausted,
        gcloud::Failure::InvalidArgument => Failure::InvalidArgument,
        gcloud::Failure::Unavailable => Failure::Unavailable,
        gcloud::Failure::Usage => Failure::Usage,
        gcloud::Failure::Other => Failure::Other,
    };
    Completed {
        seq: done.call,
        exit: done.exit,
        failure: done.failure.map(failure),
        stdout: done.stdout,
        stderr: done.stderr,
        truncated: done.truncated,
        milliseconds: done.milliseconds,
    }
}

fn ended(end: exec::Ended) -> Ended {
    Ended {
        exit: match end.exit {
            exec::Exit::Code(code) => Exit::Code(code),
            exec::Exit::Signal(signal) => Exit::Signal(signal),
            exec::Exit::Deadline => Exit::Deadline,
            exec::Exit::Killed(reason) => Exit::Killed(reason),
        },
        stdout: end.stdout,
        stderr: end.stderr,
        written: (end.stdout_bytes, end.stderr_bytes),
        truncated: end.truncated,
        milliseconds: end.milliseconds,
    }
}

fn test_case(case: exec::TestCase) -> TestCase {
    TestCase {
        suite: case.suite,
        name: case.name,
        outcome: match case.outcome {
            exec::Outcome::Pass => TestOutcome::Pass,
            exec::Outcome::Skipped => TestOutcome::Skipped,
            exec::Outcome::Fail => TestOutcome::Fail,
            exec::Outcome::Error => TestOutcome::Error,
        },
        seconds: case.seconds,
        message: case.message,
    }
}

pub(super) fn request(sent: &Request) -> http::Request {
    http::Request {
        target: match &sent.target {
            Target::Service { service, path } => {
                http::Target::Service(http::ServiceTarget { service: service.clone(), path: path.clone() })
            }
            Target::Url(url) => http::Target::Url(url.clone()),
        },
        method: sent.method.clone(),
        headers: sent
            .headers
            .iter()
            .map(|(name, value)| http::Header { name: name.clone(), value: value.clone() })
            .collect(),
        body: sent.body.clone(),
        timeout: sent.timeout.map(|limit| limit.0),
        follow: sent.follow,
    }
}

fn response(answer: http::Response) -> Response {
    Response {
        status: answer.status,
        headers: answer.headers.into_iter().map(|header| (header.name, header.value)).collect(),
        body: answer.body,
        truncated: answer.truncated,
        length: answer.length,
        sha256: answer.sha256,
        replaced: answer
            .replaced
            .into_iter()
            .map(|r| Replacement { placeholder: r.placeholder, encoding: r.encoding, count: r.count })
            .collect(),
        hops: answer
            .hops
            .into_iter()
            .map(|hop| Hop { status: hop.status, url: hop.url, location: hop.location })
            .collect(),
        timings: Timings {
            dns: answer.timings.dns,
            connect: answer.timings.connect,
            tls: answer.timings.tls,
            first_byte: answer.timings.first_byte,
            total: answer.timings.total,
        },
        tls: answer.tls.map(|tls| Tls {
            version: tls.version,
            cipher: tls.cipher,
            names: tls.names,
            not_after: Time(tls.not_after),
        }),
        peer: answer.peer,
        calls: vec![answer.call],
    }
}

fn entries(listing: Vec<files::Entry>) -> Vec<Entry> {
    let kind = |kind| match kind {
        files::Kind::File => Kind::File,
        files::Kind::Directory => Kind::Directory,
        files::Kind::Other => Kind::Other,
    };
    listing.into_iter().map(|entry| Entry { path: entry.path, kind: kind(entry.kind), size: entry.size }).collect()
}

pub(super) fn cause(error: CallError) -> Cause {
    match error {
        CallError::Denied(denial) => {
            Cause::Denied(Denial { wanted: denial.wanted, reason: denial.reason, remedy: denial.remedy })
        }
        CallError::Timeout(limit) => Cause::Timeout(Millis(limit)),
        CallError::Failed(text) => Cause::Failed(text),
        CallError::InDoubt(text) => Cause::InDoubt(text),
        CallError::Interrupted(text) => Cause::Interrupted(text),
        CallError::Exhausted(text) => Cause::Exhausted(text),
    }
}
