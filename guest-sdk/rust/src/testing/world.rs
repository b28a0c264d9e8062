//! The world of a native build: one script a thread, which answers the calls and keeps the statements.

use std::cell::RefCell;
use std::collections::BTreeMap;

use globset::GlobBuilder;

use super::answer::denial;
use super::command::is_about;
use super::load::{Going, LoadEnds};
use super::socket::Live;
use super::{Asked, Ends, Measure, Numbers, Sample, Scripted, ScriptedSocket, Stored, ToolEnds};
use crate::check::Statement;
use crate::exec::{Ended, Progress, Started};
use crate::{
    Cause, Command, Completed, Confinement, Counterpart, Counters, Ending, Entry, Event, Exit, Frame, Handshake,
    Identity, Kind, Level, Millis, Opening, ReportFormat, Request, Response, SecretFacts, TestCase, Time, Tool,
};

type Outcome<T> = Result<T, Cause>;

/// What is scripted, and what came of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct World {
    pub(crate) services: Vec<String>,
    /// `None` lets every id be claimed.
    pub(crate) requirements: Option<Vec<String>>,
    pub(crate) directories: Vec<String>,
    pub(crate) environment: String,
    pub(crate) files: BTreeMap<String, Result<Vec<u8>, Cause>>,
    pub(crate) secrets: BTreeMap<String, SecretFacts>,
    pub(crate) elsewhere: BTreeMap<String, Vec<Counterpart>>,
    pub(crate) answers: Vec<(Asked, Scripted)>,
    /// Whether writes may be sent again, so that a batch takes them.
    pub(crate) is_repeatable: bool,
    pub(crate) commands: Vec<(Command, Ends)>,
    pub(crate) tools: Vec<(Tool, ToolEnds)>,
    /// Jobs that run, how each will end, and the milliseconds until it does.
    pub(crate) jobs: BTreeMap<u32, (Ended, u32)>,
    pub(crate) servers: Vec<(String, ScriptedSocket)>,
    /// Sockets that are open.
    pub(crate) sockets: BTreeMap<u32, Live>,
    pub(crate) loads: Vec<(String, LoadEnds)>,
    pub(crate) numbers: Vec<(String, Numbers)>,
    pub(crate) stores: Vec<(String, Stored)>,
    /// What was put into stores, by store, place and key.
    pub(crate) entries: BTreeMap<String, String>,
    /// Loads that go on.
    pub(crate) going: BTreeMap<u32, Going>,
    pub(crate) asked: BTreeMap<String, usize>,
    /// Milliseconds since the start of the test.
    pub(crate) elapsed: f64,
    pub(crate) calls: Vec<String>,
    pub(crate) statements: Vec<Statement>,
    pub(crate) measures: Vec<Measure>,
    pub(crate) samples: Vec<Sample>,
    pub(crate) attachments: Vec<String>,
    pub(crate) log: Vec<String>,
    /// Of a virtual user: its number, how many random numbers it has drawn, what it said of its answers, and its notes.
    pub(crate) user_number: u32,
    pub(crate) drawn: u32,
    pub(crate) judged: Vec<(String, bool)>,
    pub(crate) notes: Vec<String>,
}

/// Where the simulated time begins: 2026-01-01T00:00:00Z.
const START: f64 = 1_767_225_600_000.0;

thread_local! {
    static WORLD: RefCell<Option<World>> = const { RefCell::new(None) };
}

/// Puts a script in place for `work` and gives back what came of it.
pub(crate) fn within<T>(world: World, work: impl FnOnce() -> T) -> (T, World) {
    WORLD.set(Some(world));
    let result = work();
    let world = WORLD.take().expect("nothing else takes the script away");
    (result, world)
}

pub(super) fn with<T>(act: impl FnOnce(&mut World) -> T) -> T {
    WORLD.with_borrow_mut(|world| match world {
        Some(world) => act(world),
        None => panic!("there is no host in a native build; run the phase through holdpoint::test"),
    })
}

pub(crate) fn services() -> Vec<String> {
    with(|world| world.services.clone())
}

/// `None` lets every id be claimed.
pub(crate) fn requirements() -> Option<Vec<String>> {
    with(|world| world.requirements.clone())
}

pub(crate) fn directories() -> Vec<String> {
    with(|world| world.directories.clone())
}

pub(crate) fn environment() -> String {
    with(|world| world.environment.clone())
}

/// How many calls were made, which is the number of the next one.
pub(crate) fn calls() -> u32 {
    with(|world| world.next_call())
}

pub(crate) fn now() -> f64 {
    with(|world| START + world.elapsed)
}

pub(crate) fn sleep(duration: Millis) -> Outcome<()> {
    with(|world| {
        world.calls.push(format!("sleep {duration}"));
        world.elapsed += duration.as_f64();
    });
    Ok(())
}

pub(crate) fn sleep_until(time: Time) -> Outcome<()> {
    sleep(time.since(Time(now())))
}

pub(crate) fn user_number() -> u32 {
    with(|world| world.user_number)
}

pub(crate) fn user_canary() -> String {
    super::CANARY.to_owned()
}

pub(crate) fn user_identity() -> Option<String> {
    Some("hp-user.identity".to_owned())
}

/// Spread over all numbers, and the same in every test.
pub(crate) fn user_random() -> u32 {
    with(|world| {
        world.drawn = world.drawn.wrapping_add(0x9e37_79b9);
        world.drawn
    })
}

pub(crate) fn user_check(name: &str, good: bool) {
    with(|world| world.judged.push((name.to_owned(), good)));
}

pub(crate) fn user_deliberate() {}

pub(crate) fn user_note(text: &str) {
    with(|world| world.notes.push(text.to_owned()));
}

pub(crate) fn send(request: &Request) -> Outcome<Response> {
    let (took, outcome) = with(|world| world.answer(request));
    with(|world| world.elapsed += took.as_f64());
    outcome
}

/// Side by side: the slowest says how long all of them took.
pub(crate) fn send_all(requests: &[Request], _concurrency: u32) -> Vec<Outcome<Response>> {
    let played: Vec<_> = requests.iter().map(|request| with(|world| world.answer_in_batch(request))).collect();
    let slowest = played.iter().map(|(took, _)| *took).max().unwrap_or_default();
    with(|world| world.elapsed += slowest.as_f64());
    played.into_iter().map(|(_, outcome)| outcome).collect()
}

pub(crate) fn read(path: &str) -> Outcome<Vec<u8>> {
    with(|world| {
        world.calls.push(format!("read {path}"));
        world.granted(path)?;
        world.files.get(path).cloned().unwrap_or_else(|| Err(Cause::Failed(format!("{path}: no such file"))))
    })
}

pub(crate) fn list(path: &str) -> Outcome<Vec<Entry>> {
    let all = entries("list", path)?;
    Ok(all.into_iter().filter(|entry| !below(&entry.path, path).is_some_and(|rest| rest.contains('/'))).collect())
}

pub(crate) fn walk(path: &str) -> Outcome<Vec<Entry>> {
    entries("walk", path)
}

pub(crate) fn glob(path: &str, pattern: &str) -> Outcome<Vec<Entry>> {
    let matcher = GlobBuilder::new(pattern)
        .literal_separator(true)
        .build()
        .map_err(|error| Cause::Failed(format!("pattern `{pattern}`: {error}")))?
        .compile_matcher();
    let all = entries("glob", path)?;
    let matches =
        |entry: &Entry| entry.kind == Kind::File && below(&entry.path, path).is_some_and(|rest| matcher.is_match(rest));
    Ok(all.into_iter().filter(matches).collect())
}

pub(crate) fn available(name: &str) -> Outcome<SecretFacts> {
    with(|world| {
        world.calls.push(format!("available {name}"));
        match world.secrets.get(name) {
            Some(&facts) => Ok(facts),
            None => Err(Cause::Denied(denial(&format!("secret {name}")))),
        }
    })
}

pub(crate) fn elsewhere(name: &str) -> Outcome<Vec<Counterpart>> {
    with(|world| {
        world.calls.push(format!("elsewhere {name}"));
        match world.secrets.contains_key(name) {
            true => Ok(world.elsewhere.get(name).cloned().unwrap_or_default()),
            false => Err(Cause::Denied(denial(&format!("secret {name}")))),
        }
    })
}

pub(crate) fn reference(name: &str) -> Outcome<String> {
    available(name).map(|_| format!("secret.{name}"))
}

/// As the host does it: the answer to the command `identity`, which a script gives as JSON.
pub(crate) fn identity() -> Outcome<Identity> {
    let told = invoke(&Command::new("identity"))?;
    if told.failure.is_some() {
        return Err(Cause::Failed(told.stderr.trim().to_owned()));
    }
    let identity = serde_json::from_slice(&told.stdout);
    let identity: Identity = identity.unwrap_or_else(|error| panic!("the scripted identity can't be read: {error}"));
    Ok(Identity { seq: told.seq, ..identity })
}

pub(crate) fn invoke(command: &Command) -> Outcome<Completed> {
    with(|world| world.invoke(command))
}

pub(crate) fn invoke_all(commands: &[Command], _concurrency: u32) -> Vec<Outcome<Completed>> {
    commands.iter().map(invoke).collect()
}

pub(crate) fn start_tool(tool: &Tool) -> Outcome<Started> {
    with(|world| world.start(tool))
}

pub(crate) fn poll_tool(job: u32, wait: Millis) -> Outcome<Progress> {
    with(|world| {
        world.calls.push(format!("poll {job}"));
        let (ended, left) = world.job(job)?;
        let waited = left.min(wait.0);
        world.elapsed += f64::from(waited);
        if left > waited {
            world.jobs.insert(job, (ended, left - waited));
            return Ok(Progress::Running);
        }
        Ok(Progress::Ended(ended))
    })
}

pub(crate) fn stop_tool(job: u32) -> Outcome<Ended> {
    with(|world| {
        world.calls.push(format!("stop {job}"));
        let (ended, left) = world.job(job)?;
        let exit = if left > 0 { Exit::Killed("it was stopped".to_owned()) } else { ended.exit.clone() };
        Ok(Ended { exit, ..ended })
    })
}

pub(crate) fn open_socket(opening: &Opening) -> Outcome<Handshake> {
    with(|world| world.open(opening))
}

pub(crate) fn send_frame(socket: u32, frame: &Frame) -> Outcome<()> {
    with(|world| world.over(socket, format!("send {socket} {frame}"), |live, _| live.hear(frame)))
}

pub(crate) fn receive(socket: u32, wait: Millis) -> Outcome<(Event, f64)> {
    let received = with(|world| {
        world.over(socket, format!("receive {socket}"), |live, elapsed| {
            let (took, event) = live.say(wait);
            *elapsed += took.as_f64();
            event
        })
    })?;
    if matches!(received, Event::Closed(_)) {
        with(|world| world.sockets.remove(&socket));
    }
    Ok((received, 0.0))
}

pub(crate) fn ping(socket: u32) -> Outcome<()> {
    with(|world| world.over(socket, format!("ping {socket}"), |live, _| live.ping()))
}

pub(crate) fn close_socket(socket: u32, code: u16, reason: &str) -> Outcome<Ending> {
    with(|world| {
        let ending = world.over(socket, format!("close {socket} with {code}"), |live, _| live.close(code, reason))?;
        world.sockets.remove(&socket);
        Ok(ending)
    })
}

pub(crate) fn count(socket: u32) -> Outcome<Counters> {
    with(|world| world.over(socket, format!("count {socket}"), |live, _| live.counters()))
}

/// The host reads reports, and a native build has none: it knows those of its script.
pub(crate) fn parse_report(_format: ReportFormat, report: &[u8]) -> Result<Vec<TestCase>, String> {
    with(|world| {
        let of = |ends: &ToolEnds| {
            let ended = ends.play().ok().filter(|ended| ended.stdout == report)?;
            ends.report.clone().filter(|_| !ended.stdout.is_empty())
        };
        let found = world.tools.iter().find_map(|(_, ends)| of(ends));
        found.ok_or_else(|| "the report can't be read: it is none of the script's".to_owned())
    })
}

pub(crate) fn check(statement: &Statement) -> Outcome<()> {
    with(|world| world.statements.push(statement.clone()));
    Ok(())
}

pub(crate) fn measure(name: &str, value: f64, unit: &str) -> Outcome<()> {
    with(|world| world.measures.push(Measure { name: name.to_owned(), value, unit: unit.to_owned() }));
    Ok(())
}

pub(crate) fn sample(name: &str, labels: &[(String, String)], value: f64) -> Outcome<()> {
    with(|world| {
        let at = world.elapsed;
        world.samples.push(Sample { name: name.to_owned(), labels: labels.iter().cloned().collect(), at, value });
    });
    Ok(())
}

pub(crate) fn attach(name: &str, _media_type: &str, _content: &[u8]) -> Outcome<()> {
    with(|world| world.attachments.push(name.to_owned()));
    Ok(())
}

pub(crate) fn progress(_done: u32, _total: u32, _message: &str) -> Outcome<()> {
    Ok(())
}

pub(crate) fn log(level: Level, message: &str) -> Outcome<()> {
    with(|world| world.log.push(format!("{level:?}: {message}")));
    Ok(())
}

fn entries(call: &str, path: &str) -> Outcome<Vec<Entry>> {
    with(|world| {
        world.calls.push(format!("{call} {path}"));
        world.granted(path)?;
        Ok(world.below(path))
    })
}

fn below<'a>(path: &'a str, directory: &str) -> Option<&'a str> {
    path.strip_prefix(directory.trim_end_matches('/'))?.strip_prefix('/')
}

impl World {
    pub(super) fn next_call(&self) -> u32 {
        u32::try_from(self.calls.len()).unwrap_or(u32::MAX)
    }

    fn granted(&self, path: &str) -> Outcome<()> {
        let directory = path.split('/').next().unwrap_or_default();
        if self.directories.iter().any(|granted| granted == directory) {
            Ok(())
        } else {
            Err(Cause::Denied(denial(&format!("files {path}"))))
        }
    }

    /// Directories are implied by the files below them.
    fn below(&self, directory: &str) -> Vec<Entry> {
        let mut found: BTreeMap<&str, Entry> = BTreeMap::new();
        for (path, content) in &self.files {
            let Some(rest) = below(path, directory) else { continue };
            for (at, _) in rest.match_indices('/') {
                let parent = &path[..path.len() - rest.len() + at];
                found.insert(parent, Entry { path: parent.to_owned(), kind: Kind::Directory, size: 0.0 });
            }
            let bytes = content.as_ref().map_or(0, Vec::len);
            let size = u32::try_from(bytes).map_or(f64::MAX, f64::from);
            found.insert(path, Entry { path: path.clone(), kind: Kind::File, size });
        }
        found.into_values().collect()
    }

    fn answer_in_batch(&mut self, request: &Request) -> (Millis, Outcome<Response>) {
        if request.is_read() || self.is_repeatable {
            return self.answer(request);
        }
        self.calls.push(request.to_string());
        (Millis(0), Err(Cause::Denied(denial(&format!("http {request} in a batch, which takes reads only")))))
    }

    /// Several answers for one request are given in order; the last one stays.
    fn answer(&mut self, request: &Request) -> (Millis, Outcome<Response>) {
        let shown = request.to_string();
        let call = self.next_call();
        self.calls.push(shown.clone());
        let matching: Vec<&(Asked, Scripted)> =
            self.answers.iter().filter(|(asked, _)| asked.matches(request)).collect();
        let exact = matching.iter().any(|(asked, _)| asked.is_for_one_service());
        let matching: Vec<&Scripted> = matching
            .into_iter()
            .filter(|(asked, _)| asked.is_for_one_service() == exact)
            .map(|(_, answer)| answer)
            .collect();
        let turn = self.asked.entry(shown.clone()).or_default();
        let Some(answer) = matching.get(*turn).or(matching.last()) else {
            panic!("the phase asked `{shown}`, for which no answer is scripted; scripted:{}", self.scripted());
        };
        *turn += 1;
        answer.play(request, call)
    }

    fn invoke(&mut self, command: &Command) -> Outcome<Completed> {
        let shown = command.to_string();
        let call = self.next_call();
        self.calls.push(shown.clone());
        let matching: Vec<&Ends> =
            self.commands.iter().filter(|(scripted, _)| is_about(scripted, command)).map(|(_, ends)| ends).collect();
        let turn = self.asked.entry(shown.clone()).or_default();
        let Some(ends) = matching.get(*turn).or(matching.last()) else {
            let scripted: String = self.commands.iter().map(|(command, _)| format!("\n  {command}")).collect();
            panic!("the phase gave `{shown}`, for which no answer is scripted; scripted:{scripted}");
        };
        *turn += 1;
        ends.play(call)
    }

    fn start(&mut self, tool: &Tool) -> Outcome<Started> {
        let shown = format!("exec {tool}");
        let job = self.next_call();
        self.calls.push(shown.clone());
        let matching: Vec<&ToolEnds> =
            self.tools.iter().filter(|(scripted, _)| scripted == tool).map(|(_, ends)| ends).collect();
        let turn = self.asked.entry(shown.clone()).or_default();
        let Some(ends) = matching.get(*turn).or(matching.last()) else {
            let scripted: String = self.tools.iter().map(|(tool, _)| format!("\n  exec {tool}")).collect();
            panic!("the phase started `{shown}`, for which no end is scripted; scripted:{scripted}");
        };
        *turn += 1;
        let ended = ends.play()?;
        let left = ended.milliseconds;
        self.jobs.insert(job, (ended, left));
        Ok(Started { job, confinement: Confinement::default() })
    }

    fn open(&mut self, opening: &Opening) -> Outcome<Handshake> {
        let shown = opening.to_string();
        let call = self.next_call();
        self.calls.push(shown.clone());
        let matching: Vec<&ScriptedSocket> =
            self.servers.iter().filter(|(place, _)| place == opening.path()).map(|(_, server)| server).collect();
        let turn = self.asked.entry(shown.clone()).or_default();
        let Some(server) = matching.get(*turn).or(matching.last()) else {
            let scripted: String = self.servers.iter().map(|(place, _)| format!("\n  {place}")).collect();
            panic!("the phase opened `{shown}`, for which no socket is scripted; scripted:{scripted}");
        };
        *turn += 1;
        let (handshake, live) = server.play(opening, call)?;
        if let Some(live) = live {
            self.sockets.insert(call, live);
        }
        Ok(handshake)
    }

    /// A call on a socket, which is given how long the test has taken.
    fn over<T>(&mut self, socket: u32, shown: String, act: impl FnOnce(&mut Live, &mut f64) -> T) -> Outcome<T> {
        self.calls.push(shown);
        match self.sockets.get_mut(&socket) {
            Some(live) => Ok(act(live, &mut self.elapsed)),
            None => Err(Cause::Failed(format!("socket {socket}: there is no such socket"))),
        }
    }

    /// Takes a job away. Its end is given once.
    fn job(&mut self, job: u32) -> Outcome<(Ended, u32)> {
        self.jobs.remove(&job).ok_or_else(|| Cause::Failed(format!("job {job}: there is no such job")))
    }

    fn scripted(&self) -> String {
        if self.answers.is_empty() {
            return " nothing".to_owned();
        }
        self.answers.iter().map(|(asked, _)| format!("\n  {asked}")).collect()
    }
}
