//! What failed among many tests, so that it can be told once more at the end, where it is looked for.

use std::mem;

/// Lines of one test's output that are kept.
const LINES: usize = 30;
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
    lines: Vec<String>,
}

impl Failures {
    /// The next line. Of a failed test it is what stands between its head, `---- NAME stdout ----`, and the next head or the list of names.
    pub(crate) fn see(&mut self, line: &str) {
        let head = line.strip_prefix("---- ").and_then(|rest| rest.strip_suffix(" ----"));
        if let Some(head) = head {
            let name = head.strip_suffix(" stdout").unwrap_or(head).to_owned();
            self.reading = self.tests.len() < TESTS;
            if self.reading {
                self.tests.push(Failure { name, lines: Vec::new() });
            } else {
                self.more += 1;
            }
        } else if line == "failures:" || line.starts_with("test result:") {
            self.reading = false;
        } else if self.reading
            && let Some(Failure { lines, .. }) = self.tests.last_mut()
            && !line.trim().is_empty()
            && lines.len() < LINES
        {
            lines.push(line.to_owned());
        }
    }

    /// Each failed test with what it printed; empty if none failed.
    pub(crate) fn told(&mut self) -> String {
        let mut text = String::new();
        for Failure { name, lines } in mem::take(&mut self.tests) {
            text.extend(["\n  ", &name]);
            text.extend(lines.iter().flat_map(|line| ["\n      ", line]));
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
        let one = |n: usize| format!("---- t{n} stdout ----\n{}", "line\n".repeat(LINES + 9));
        let text: String = (0..TESTS + 2).map(one).collect();
        let told = told(&text);
        assert_eq!(told.matches("      line").count(), TESTS * LINES);
        assert!(told.ends_with("\n  and 2 more"), "{told}");
    }
}
