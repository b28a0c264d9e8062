//! What a process uses, as the kernel counts it: looked at while it runs, for the last time just before it ends.

use std::fs;
use std::io::Read as _;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::sh::Line;

/// How often it is looked at. What is used after the last time is not counted.
const STEP: Duration = Duration::from_millis(10);
/// Every so many times the kernel is asked what is in memory, each page once. It takes a while to answer.
const STEPS_A_ROLLUP: u32 = 100;
/// Of the counters in `/proc`; a constant of Linux' interface.
const TICKS_A_SECOND: u64 = 100;

/// Processor time and memory.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Usage {
    /// Of all threads, in the program and in the kernel for it.
    pub(super) cpu: Duration,
    /// The most bytes that it was seen to have in memory, a page that it shows to itself many times being there once: once a second, or, of what
    /// lasts less than that, the peak by the kernel.
    pub(super) peak: u64,
}

/// Runs a line to its end, which must be good. Its standard output comes with what it has used.
pub(super) fn of(line: Line) -> Result<(Usage, String)> {
    of_either(line, &[0])
}

/// As `of`, for lines that may end with any of these codes.
pub(super) fn of_either(line: Line, codes: &[i32]) -> Result<(Usage, String)> {
    let shown = line.shown().to_owned();
    let mut command = line.into_command();
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().with_context(|| format!("start `{shown}`"))?;
    let mut stdout = child.stdout.take().context("it is piped")?;
    let reading = thread::spawn(move || {
        let mut text = String::new();
        stdout.read_to_string(&mut text).map(|_| text)
    });
    let (mut usage, mut seen, mut steps) = (Usage::default(), None, 0);
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        steps += 1;
        if steps % STEPS_A_ROLLUP == 0 {
            let rollup = fs::read_to_string(format!("/proc/{}/smaps_rollup", child.id()));
            seen = seen.max(rollup.ok().and_then(|rollup| bytes(&rollup, "Pss:")));
        }
        usage = now(child.id()).unwrap_or(usage);
        thread::sleep(STEP);
    };
    usage.peak = seen.unwrap_or(usage.peak);
    ensure!(status.code().is_some_and(|code| codes.contains(&code)), "`{shown}` ended with {status}");
    let text = reading.join().ok().context("read its output")?.with_context(|| format!("read `{shown}`"))?;
    Ok((usage, text))
}

fn now(process: u32) -> Option<Usage> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    Some(Usage { cpu: cpu(&stat)?, peak: peak(&status)? })
}

/// The 14th and 15th field. The second is in parentheses, and may hold anything.
fn cpu(stat: &str) -> Option<Duration> {
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let ticks = fields.next()?.parse::<u64>().ok()? + fields.next()?.parse::<u64>().ok()?;
    Some(Duration::from_millis(ticks * 1_000 / TICKS_A_SECOND))
}

/// A process that has ended has none any more.
fn peak(status: &str) -> Option<u64> {
    bytes(status, "VmHWM:")
}

fn bytes(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    Some(line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()? << 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_linux_says() {
        let stat = "42 (a) b) S 1 1 1 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 3 0 100 0 0";
        assert_eq!(cpu(stat), Some(Duration::from_secs(3)));
        assert_eq!(peak("Name:\tk6\nVmHWM:\t  2048 kB\nVmRSS:\t 1 kB\n"), Some(2 << 20));
        assert_eq!((cpu("42 (a"), peak("Name:\tk6\n")), (None, None));
        let rollup = "5581-7ffc ---p 00000000 00:00 0 [rollup]\nRss:   300 kB\nPss:   120 kB\nPss_Dirty:  90 kB\n";
        assert_eq!((bytes(rollup, "Pss:"), bytes("Rss: 1 kB\n", "Pss:")), (Some(120 << 10), None));
    }

    #[test]
    fn a_process_that_works_has_used_something() {
        let words = ["-c", "i=0; while [ $i -lt 400000 ]; do i=$((i+1)); done; echo done"];
        let (usage, text) = of(Line::new("bench", "sh").args(words)).unwrap();
        assert!(usage.cpu >= Duration::from_millis(50) && usage.peak > 100 << 10, "{usage:?}");
        assert_eq!(text, "done\n");
        assert!(of(Line::new("bench", "false")).is_err());
        assert!(of_either(Line::new("bench", "false"), &[0, 1]).is_ok());
    }
}
