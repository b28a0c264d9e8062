//! What failed among many tests, so that it can be told once more at the end, where it is looked for.

use std::{collections::VecDeque, mem};

/// Lines of one test's output that are kept: the first ones, and the last.
const FIRST: usize = 10;
const LAST: usize = 20;
/// Characters of a line that are kept.
const LONGEST: usize = 2_000;
/// Tests whose output is kept.
const TESTS: usize = 50;

/// Follows the output of `cargo test`, line by line.
#[derive(Debug, Default)]
pub(crate) struct Failures {
    tests: Vec<Failure>,
    more: usize,
    reading: bool,
}

#[derive(Debug)]
struct Failure {
    name: String,
    first: Vec<String>,
    last: VecDeque<String>,
}

impl Failures {
    /// The next line. Of a failed test it is what stands between its head, `---- NAME stdout ----`, and the next head or the list of names.
    pub(crate) fn see(&mut self, line: &str) {
        let head = line.strip_prefix("---- ").and_then(|rest| rest.strip_suffix(" ----"));
        if let Some(head) = head {
            let name = head.strip_suffix(" stdout").unwrap_or(head).to_owned();
            self.reading = self.tests.len() < TESTS;
            if self.reading {
                self.tests.push(Failure { name, first: Vec::new(), last: VecDeque::new() });
            } else {
                self.more += 1;
            }
        } else if line == "failures:" || line.starts_with("test result:") {
            self.reading = false;
        } else if self.reading
            && let Some(Failure { first, last, .. }) = self.tests.last_mut()
            && !line.trim().is_empty()
        {
            let line: String = line.chars().take(LONGEST).collect();
            if first.len() < FIRST {
                first.push(line);
            } else {
                last.push_back(line);
                if last.len() > LAST {
                    last.pop_front();
                }
            }
        }
    }

    /// Each failed test with what it printed; empty if none failed.
    pub(crate) fn told(&mut self) -> String {
        let mut text = String::new();
        for Failure { name, first, last } in mem::take(&mut self.tests) {
            text.extend(["\n  ", &name]);
            text.extend(first.iter().chain(&last).flat_map(|line| ["\n      ", line]));
        }
        match self.more {
            0 => text,
            more => format!("{text}\n  and {more} more"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> String {
        let mut failures = Failures::default();
        text.lines().for_each(|line| failures.see(line));
        failures.told()
    }

    #[test]
    fn a_failed_test_is_told_with_what_it_printed() {
        let text = "running 3 tests\ntest a ... ok\ntest b::c ... FAILED\ntest d ... FAILED\n\nfailures:\n\n---- b::c stdout ----\n\nthread 'b::c' panicked at x.rs:1:2:\nwhy\n\n\n---- d stdout ----\nno\n\nfailures:\n    b::c\n    d\n\ntest result: FAILED. 1 passed; 2 failed\n   Doc-tests x\ntest e ... ok\n";
        assert_eq!(told(text), "\n  b::c\n      thread 'b::c' panicked at x.rs:1:2:\n      why\n  d\n      no");
        assert_eq!(told("test a ... ok\ntest result: ok. 1 passed\n"), "");
    }

    #[test]
    fn what_is_kept_has_a_bound() {
        let long = "x".repeat(LONGEST + 1);
        let lines: String = (0..FIRST + LAST + 9).map(|line| format!("line {line} {long}\n")).collect();
        let one = |n: usize| format!("---- t{n} stdout ----\n{lines}why\n");
        let text: String = (0..TESTS + 2).map(one).collect();
        let told = told(&text);
        assert_eq!(told.matches("      line").count(), TESTS * (FIRST + LAST - 1));
        assert_eq!((told.matches("      line 0 ").count(), told.matches("      why").count()), (TESTS, TESTS));
        assert!(told.lines().all(|line| line.len() <= LONGEST + 6));
        assert!(told.ends_with("\n  and 2 more"), "{told}");
    }
}
