//! How a service answers otherwise than a healthy one. Only names it: what each change does stands
//! with the routes that it changes.

mod breach;
mod page;

use std::fmt;
use std::time::Duration;

pub use self::breach::{Breach, Mishandled, Told, Unchecked, WrongCors, WrongLimit};
pub use self::page::{PageFault, PagePart, Thrown};
use crate::crowd::Crowd;
use crate::load::{ChatFault, Leak};
use crate::resources::Resource;

/// How a service answers otherwise than a healthy one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Health answers say, with status 200, that this dependency is down.
    DependencyDown(&'static str),
    /// Every answer is 503.
    Unavailable,
    /// Every answer comes this much later.
    Slow(Duration),
    /// Health answers are 200 with a body that does not say healthy.
    WrongBody(WrongBody),
    /// The port is closed.
    Refused,
    /// JSON bodies end after this many percent of their bytes.
    TruncatedJson(u8),
    /// A login with Google starts at this host.
    WrongHost(&'static str),
    /// A login with Google has no state that guards it.
    NoState(NoState),
    /// A login with Google has no proof key that guards it.
    NoPkce(NoPkce),
    /// A parameter of the start decides where people are sent.
    OpenRedirect(OpenRedirect),
    /// The callback takes a state that is not its browser's.
    StateAccepted(StateAccepted),
    /// The callback answers this status, and nobody is logged in.
    CallbackFails(u16),
    /// A session lives on after its logout.
    LogoutLeaves(LogoutLeaves),
    /// Answers carry what another user has sent.
    Leak(Leak),
    /// States and the counter are the same for all users.
    SharedGlobal,
    /// When an agent fails, the other users' requests fail for so long.
    SharedCrash(Duration),
    /// When a request breaks off or is no HTTP, everybody's requests fail for so long.
    SharedBreak(Duration),
    /// Agents that end are not cleaned up.
    Orphans,
    /// Every request takes so many bytes of memory for good, as the metric has it.
    MemoryLeak(u64),
    /// Every look at the metrics finds so many bytes of memory more in use, whatever is asked for.
    MemoryCreep(u64),
    /// Every look at the metrics finds that so many others were served, whatever is asked for.
    Crowd(Crowd),
    /// Every agent that its user ends leaves so many bytes of memory behind, as the metric has it.
    AgentLeak(u64),
    /// The pool of connections goes wrong.
    Pool(PoolFault),
    /// This resource is nearly used up, as the metrics have it.
    Pressed(Resource),
    /// All answers halt for so long, once, from the switch on.
    Stall(Duration),
    /// What comes beyond so many requests a second is answered with 503; health and metrics are not counted.
    Saturated(u32),
    /// One answer in so many comes this much later; health and metrics do not.
    Late { one_in: u32, delay: Duration },
    /// So many percent of the answers are 500, evenly spread; health and metrics are not.
    Errors(u8),
    /// A chat goes wrong.
    Chat(ChatFault),
    /// What protects it does not.
    Breach(Breach),
    /// A session, or what renews it, is good for longer than it should be.
    SessionKept(SessionKept),
    /// A transfer can be seen half done.
    HalfDone(HalfDone),
    /// A file goes wrong.
    File(FileFault),
    /// The description of the API goes wrong.
    Docs(DocsFault),
    /// The page goes wrong.
    Page(PageFault),
}

/// What is wrong with the pool of connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PoolFault {
    /// It is used up soon.
    Small(SmallPool),
    /// One request in so many keeps its connection for good.
    Leaks(u32),
    /// It has so many, which is another number than is configured.
    OtherSize(u16),
}

/// A pool that is used up soon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SmallPool {
    /// So many connections, of which other work has four all the time.
    pub size: u16,
    /// How long a request works with one.
    pub work: Duration,
    /// How long a request waits for one.
    pub patience: Duration,
}

/// What is still good though its time is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionKept {
    /// The old session, after a refresh.
    Session,
    /// What has renewed a session once.
    Renewal,
    /// What renews a session, after its logout.
    LoggedOut,
}

/// How a transfer can be seen half done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HalfDone {
    /// What is broken off stays half done.
    LeftBehind,
    /// It is done whole whoever breaks off, and others see its first half meanwhile.
    Seen,
}

/// How a file goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileFault {
    /// One byte of what comes back is another, after this many percent.
    Corrupted(u8),
    /// A part of a file begins one byte late.
    Shifted,
    /// What is above the limit is taken.
    NoLimit,
}

/// How the description of the API goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DocsFault {
    /// It is not there.
    Gone,
    /// It is no sound description.
    Invalid(Unsound),
    /// It has a path that nothing answers.
    Stale,
    /// It leaves out a path that is served.
    Incomplete,
}

/// What makes a description unsound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unsound {
    /// It is a web page.
    Page,
    /// It says not which version of the format it is in.
    NoVersion,
    /// It has no paths.
    NoPaths,
    /// It refers to what it does not have.
    Reference,
}

/// What is wrong with a health body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WrongBody {
    /// There is no status.
    NoStatus,
    /// The status is another word.
    Status(&'static str),
}

/// How the state of a login guards nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoState {
    /// It is not sent.
    Missing,
    /// It is sent and empty.
    Empty,
    /// It is the same for every login.
    Constant(&'static str),
    /// It is another each time, of this many characters.
    Short(usize),
}

/// How the proof key of a login guards nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoPkce {
    /// It is not sent.
    Missing,
    /// The challenge is the verifier itself.
    Plain,
    /// The challenge is the same for every login.
    Constant,
}

/// Where a parameter of the start leads to, though it should not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenRedirect {
    /// The parameter that is believed.
    pub parameter: &'static str,
    /// It takes the place of `redirect_uri`; otherwise it is followed after the login.
    pub at_start: bool,
    /// What is believed of it.
    pub laxness: Laxness,
}

/// Which values of a parameter are believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Laxness {
    /// Any.
    Anything,
    /// Whatever begins with a slash, as a path would; so do `//host` and `/\host`.
    AnySlash,
}

/// Which wrong state a callback takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StateAccepted {
    /// None at all.
    Missing,
    /// Any text.
    Any,
    /// The right one from another browser than the one that began.
    OfAnotherBrowser,
}

/// What a logout does while it leaves the session alive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogoutLeaves {
    /// It takes the cookie away from the browser, and that is all.
    TakesTheCookie,
    /// It says that it is done.
    SaysSo,
    /// It sends people to the page.
    Redirects,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Change::DependencyDown(dependency) => write!(f, ", dependency {dependency}"),
            Change::Unavailable | Change::Refused => Ok(()),
            Change::Slow(delay) => write!(f, ", delay {} ms", delay.as_millis()),
            Change::WrongBody(WrongBody::NoStatus) => f.write_str(", body without status"),
            Change::WrongBody(WrongBody::Status(status)) => write!(f, ", status \"{status}\""),
            Change::TruncatedJson(percent) => write!(f, ", cut after {percent} %"),
            Change::WrongHost(host) => write!(f, ", login starts at {host}"),
            Change::NoState(NoState::Missing) => f.write_str(", no state"),
            Change::NoState(NoState::Empty) => f.write_str(", state empty"),
            Change::NoState(NoState::Constant(state)) => write!(f, ", state always \"{state}\""),
            Change::NoState(NoState::Short(length)) => write!(f, ", state of {length} characters"),
            Change::NoPkce(NoPkce::Missing) => f.write_str(", no code_challenge"),
            Change::NoPkce(NoPkce::Plain) => f.write_str(", code_challenge_method plain"),
            Change::NoPkce(NoPkce::Constant) => f.write_str(", code_challenge always the same"),
            Change::OpenRedirect(OpenRedirect { parameter, at_start, laxness }) => {
                let place = if *at_start { "becomes redirect_uri" } else { "is followed after the login" };
                let what = match laxness {
                    Laxness::Anything => "whatever it is",
                    Laxness::AnySlash => "if it begins with a slash",
                };
                write!(f, ", {parameter} {place}, {what}")
            }
            Change::StateAccepted(StateAccepted::Missing) => f.write_str(", callback without a state is taken"),
            Change::StateAccepted(StateAccepted::Any) => f.write_str(", callback with any state is taken"),
            Change::StateAccepted(StateAccepted::OfAnotherBrowser) => {
                f.write_str(", callback from another browser is taken")
            }
            Change::CallbackFails(status) => write!(f, ", callback answers {status}"),
            Change::LogoutLeaves(LogoutLeaves::TakesTheCookie) => f.write_str(", logout only takes the cookie away"),
            Change::LogoutLeaves(LogoutLeaves::SaysSo) => f.write_str(", logout only says so"),
            Change::LogoutLeaves(LogoutLeaves::Redirects) => f.write_str(", logout only redirects"),
            Change::Leak(leak) => leak.fmt(f),
            Change::SharedGlobal | Change::Orphans => Ok(()),
            Change::SharedCrash(lasts) | Change::SharedBreak(lasts) => {
                write!(f, ", others fail for {} ms", lasts.as_millis())
            }
            Change::MemoryLeak(bytes) => write!(f, ", {bytes} bytes a request"),
            Change::MemoryCreep(bytes) => write!(f, ", {bytes} bytes a look"),
            Change::Crowd(crowd) => crowd.fmt(f),
            Change::AgentLeak(bytes) => write!(f, ", {bytes} bytes an agent"),
            Change::Pool(PoolFault::Small(SmallPool { size, work, patience })) => {
                let [work, patience] = [work, patience].map(Duration::as_millis);
                write!(f, ", {size} connections, each request has one for {work} ms or gives up after {patience} ms")
            }
            Change::Pool(PoolFault::Leaks(one_in)) => write!(f, ", one request in {one_in} keeps its connection"),
            Change::Pool(PoolFault::OtherSize(size)) => write!(f, ", {size} connections"),
            Change::Pressed(resource) => write!(f, ", {resource} nearly used up"),
            Change::Stall(lasts) => write!(f, ", for {} ms", lasts.as_millis()),
            Change::Saturated(most) => write!(f, ", at most {most} requests a second"),
            Change::Late { one_in, delay } => write!(f, ", one answer in {one_in} {} ms late", delay.as_millis()),
            Change::Errors(percent) => write!(f, ", {percent} % of the answers"),
            Change::Chat(fault) => fault.fmt(f),
            Change::Breach(breach) => breach.fmt(f),
            Change::Page(fault) => fault.fmt(f),
            Change::SessionKept(SessionKept::Session) => f.write_str(", a refresh leaves the old session alive"),
            Change::SessionKept(SessionKept::Renewal) => f.write_str(", a refresh is good twice"),
            Change::SessionKept(SessionKept::LoggedOut) => f.write_str(", a refresh is good after the logout"),
            Change::HalfDone(HalfDone::LeftBehind) => f.write_str(", what is broken off stays half done"),
            Change::HalfDone(HalfDone::Seen) => f.write_str(", others see a transfer half done"),
            Change::File(FileFault::Corrupted(percent)) => write!(f, ", a byte is another after {percent} %"),
            Change::File(FileFault::Shifted) => f.write_str(", a part begins one byte late"),
            Change::File(FileFault::NoLimit) => f.write_str(", files above the limit are taken"),
            Change::Docs(DocsFault::Gone) => f.write_str(", no description of the API"),
            Change::Docs(DocsFault::Invalid(unsound)) => {
                let what = match unsound {
                    Unsound::Page => "is a web page",
                    Unsound::NoVersion => "has no version",
                    Unsound::NoPaths => "has no paths",
                    Unsound::Reference => "refers to what is not there",
                };
                write!(f, ", the description of the API {what}")
            }
            Change::Docs(DocsFault::Stale) => f.write_str(", a path is described and not served"),
            Change::Docs(DocsFault::Incomplete) => f.write_str(", a path is served and not described"),
        }
    }
}
