//! A phase that does what ordinary programs do through WASI, and says what it got: output, environment, clocks, sleep, hash order,
//! sockets, files. A host lets the first ones be, deterministically, and refuses the last two without a trap.
//!
//! The values go into observations, so that two executions can be compared by what they saw.

#![cfg_attr(
    not(test),
    expect(clippy::print_stdout, clippy::print_stderr, reason = "that a guest prints is what is tried here")
)]

use std::collections::HashSet;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use std::{env, fs, io, net, thread};

use holdpoint::prelude::*;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    behaviour: Behaviour,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Behaviour {
    All,
    Print,
    Environment,
    Clocks,
    Sleep,
    HashOrder,
    Connect,
    ReadFile,
}

#[holdpoint::phase]
fn run(cx: &Context, config: Config) -> Result<()> {
    match config.behaviour {
        Behaviour::All => {
            print(cx);
            environment(cx);
            clocks(cx);
            sleep(cx);
            hash_order(cx);
            connect(cx);
            read_file(cx);
        }
        Behaviour::Print => print(cx),
        Behaviour::Environment => environment(cx),
        Behaviour::Clocks => clocks(cx),
        Behaviour::Sleep => sleep(cx),
        Behaviour::HashOrder => hash_order(cx),
        Behaviour::Connect => connect(cx),
        Behaviour::ReadFile => read_file(cx),
    }
    Ok(())
}

#[cfg(not(test))]
fn print(cx: &Context) {
    println!("a line to stdout");
    eprintln!("a line to stderr");
    cx.observation("printing works").pass(observed("one line each"), ());
}

/// A native test prints nothing.
#[cfg(test)]
fn print(cx: &Context) {
    cx.observation("printing works").pass(observed("one line each"), ());
}

fn environment(cx: &Context) {
    let (variables, arguments) = (env::vars_os().count(), env::args_os().count());
    let seen = format!("{variables} variables, {arguments} arguments");
    cx.observation("nothing of the host's environment is seen").passes_if(
        variables == 0,
        expected("0 variables"),
        observed(seen),
        (),
    );
}

fn clocks(cx: &Context) {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |time| time.as_secs_f64() * 1_000.0);
    let start = Instant::now();
    let forward = Instant::now() > start;
    cx.measure("wall clock", since, "ms");
    let near = (since - cx.now().0).abs() < 60_000.0;
    let seen = format!("{since:.3} ms since 1970, monotonic clock moves: {forward}");
    cx.observation("the clocks are those of the run").passes_if(
        near && forward,
        expected("cx.now(), moving"),
        observed(seen),
        (),
    );
}

fn sleep(cx: &Context) {
    let start = Instant::now();
    thread::sleep(Duration::from_millis(20));
    let slept = start.elapsed();
    let long = slept >= Duration::from_millis(20);
    cx.observation("thread::sleep waits").passes_if(
        long,
        expected("20 ms or more"),
        observed(format!("{slept:?}")),
        (),
    );
}

fn hash_order(cx: &Context) {
    let set: HashSet<u32> = (0..32).collect();
    let order: Vec<String> = set.iter().map(u32::to_string).collect();
    cx.observation("a hash map has an order").pass(observed(order.join(" ")), ());
}

fn connect(cx: &Context) {
    refused(cx, "a socket is refused", net::TcpStream::connect("127.0.0.1:80").map(|_| ()));
}

fn read_file(cx: &Context) {
    refused(cx, "a file of the host is refused", fs::read("/etc/passwd").map(|_| ()));
}

fn refused(cx: &Context, name: &str, outcome: io::Result<()>) {
    let check = cx.observation(name).expecting(expected("an error"));
    match outcome {
        Ok(()) => check.fail(expected("an error"), observed("it worked"), ()),
        Err(error) => check.pass(observed(format!("{:?}: {error}", error.kind())), ()),
    }
}

#[cfg(test)]
mod tests {
    use holdpoint::prelude::*;

    use super::run;

    #[test]
    fn states_what_it_saw() {
        let t = holdpoint::test(run).config(json!({ "behaviour": "hash-order" }));
        assert_eq!(t.checks()[0].observed.split(' ').count(), 32);
    }

    #[test]
    fn names_the_behaviours_that_it_knows() {
        let t = holdpoint::test(run).config(json!({ "behaviour": "fly" }));
        assert!(t.returned().expect_err("unknown").contains("unknown variant `fly`, expected one of `all`, `print`"));
    }
}
