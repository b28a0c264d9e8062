//! A phase that means harm: it does, one after the other, what its configuration lists, and says what came of each.
//!
//! What should have been refused and was not fails the phase's rows. What does not return at all is for the host to end. It is built
//! as a component only: without a host there is nobody to harm.

#![cfg(target_family = "wasm")]

mod ask;
mod flood;
mod oversize;
mod resources;
mod seize;
mod wasi;

use holdpoint::{Time, prelude::*};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    acts: Vec<Act>,
}

#[derive(Deserialize)]
#[serde(tag = "act", rename_all = "kebab-case", deny_unknown_fields)]
enum Act {
    // Acts that no guest returns from. They seize what a guest has …
    Spin,
    Allocate,
    Recurse,
    /// A crash with a check open and another one made.
    Panic,
    // … or pour out what it may say.
    CallFlood,
    LogFlood,
    PrintFlood,
    CheckFlood,
    // Acts on WASI that end with a trap: handles that are never given back, and more random bytes than there is memory.
    OutputStreams,
    Pollables,
    Random {
        bytes: u64,
    },
    // Arguments beyond every bound.
    Body {
        bytes: usize,
        times: u32,
    },
    Path {
        bytes: usize,
    },
    Headers {
        count: usize,
    },
    Batch {
        requests: usize,
        path: String,
    },
    Log {
        bytes: usize,
    },
    Attach {
        bytes: usize,
    },
    Requirements {
        count: usize,
    },
    FilePath {
        bytes: usize,
    },
    SecretName {
        bytes: usize,
    },
    // What one ordinary call may ask. All of these should be refused …
    Sleep {
        milliseconds: u32,
    },
    SleepUntilNever,
    Send(ask::Send),
    Read {
        path: String,
    },
    List {
        path: String,
    },
    Secret {
        name: String,
    },
    Claim {
        row: String,
    },
    // … and these should not. What they bring is attached.
    Fetch(ask::Send),
    /// States a text in every place that a statement has.
    State {
        text: String,
    },
    /// Ends with a text as the reason.
    Give {
        up: String,
    },
}

/// What came of an act.
enum Came {
    /// It was refused, with these words.
    Refused(String),
    /// It brought something.
    Through(String),
}

impl<T> From<Result<T, CallError>> for Came {
    fn from(outcome: Result<T, CallError>) -> Self {
        match outcome {
            Ok(_) => Self::Through("it was answered".into()),
            Err(error) => Self::Refused(error.to_string()),
        }
    }
}

#[holdpoint::phase]
fn run(cx: &Context, config: Config) -> Result<()> {
    let mut memory = ask::Memory::default();
    let mut wrong = Vec::new();
    for (place, act) in config.acts.into_iter().enumerate() {
        let granted = matches!(act, Act::Fetch(_) | Act::State { .. });
        let (through, said) = match perform(cx, act, &mut memory)? {
            Came::Refused(said) => (false, said),
            Came::Through(said) => (true, said),
        };
        if through != granted {
            wrong.push(format!("act {place}: {said}"));
        }
        cx.observation(format!("act {place}")).pass(observed(said), ());
    }
    let rows = cx.requirements().to_vec();
    let seen = if wrong.is_empty() { "all as it should be".into() } else { wrong.join("; ") };
    cx.check(rows, "the host refuses what it should").passes_if(
        wrong.is_empty(),
        expected("all as it should be"),
        observed(seen),
        (),
    );
    Ok(())
}

fn perform(cx: &Context, act: Act, memory: &mut ask::Memory) -> Result<Came> {
    Ok(match act {
        Act::Spin => seize::spin(),
        Act::Allocate => seize::allocate(),
        Act::Recurse => Came::Through(format!("{} calls deep", seize::recurse(1))),
        Act::Panic => seize::panic(cx),
        Act::CallFlood => flood::calls(cx),
        Act::LogFlood => flood::log(cx),
        Act::PrintFlood => flood::print(),
        Act::CheckFlood => flood::checks(cx),
        Act::OutputStreams => resources::output_streams(),
        Act::Pollables => resources::pollables(),
        Act::Random { bytes } => resources::random(bytes),
        Act::Body { bytes, times } => oversize::body(cx, bytes, times),
        Act::Path { bytes } => oversize::path(cx, bytes),
        Act::Headers { count } => oversize::headers(cx, count),
        Act::Batch { requests, path } => oversize::batch(cx, requests, &path),
        Act::Log { bytes } => oversize::log(bytes),
        Act::Attach { bytes } => oversize::attach(bytes),
        Act::Requirements { count } => oversize::requirements(cx, count),
        Act::FilePath { bytes } => cx.files().read(&"f".repeat(bytes)).into(),
        Act::SecretName { bytes } => cx.secrets().reference(&"S".repeat(bytes)).into(),
        Act::Sleep { milliseconds } => cx.sleep(Millis(milliseconds)).into(),
        Act::SleepUntilNever => cx.sleep_until(Time(f64::NAN)).into(),
        Act::Send(send) => ask::send(cx, &send, memory),
        Act::Read { path } => cx.files().read(&path).into(),
        Act::List { path } => cx.files().list(&path).into(),
        Act::Secret { name } => cx.secrets().reference(&name).into(),
        Act::Claim { row } => ask::claim(&row),
        Act::Fetch(send) => ask::fetch(cx, &send, memory),
        Act::State { text } => ask::state(cx, &memory.filled(cx, &text)),
        Act::Give { up } => return Err(Error::new(memory.filled(cx, &up))),
    })
}
