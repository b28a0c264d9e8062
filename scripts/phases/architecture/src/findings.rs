//! What a rule found, and the verdict that follows: an offence fails, a file that was not seen leaves it open, nothing met is no pass.

use holdpoint::prelude::*;

/// How many offences a check shows.
const SHOWN: usize = 20;

/// How many are kept while there may be worse ones to come.
const KEPT: usize = 1_000;

/// One thing that breaks a rule.
#[derive(Debug)]
pub(crate) struct Offence {
    /// Where: `backend/app/main.py:12`.
    pub(crate) place: String,
    pub(crate) what: String,
    /// How bad it is beside others of its rule.
    pub(crate) weight: usize,
    /// The call that read the file.
    pub(crate) seq: u32,
}

#[derive(Debug, Default)]
pub(crate) struct Findings {
    /// What was judged: files, functions, imports.
    pub(crate) met: usize,
    /// Files of the rule that could not be read.
    pub(crate) unseen: usize,
    pub(crate) excused: usize,
    offences: Vec<Offence>,
    total: usize,
}

impl Findings {
    pub(crate) fn add(&mut self, offence: Offence) {
        self.total += 1;
        self.offences.push(offence);
        if self.offences.len() > KEPT {
            self.keep_the_worst();
        }
    }

    /// Whether no offence was found. It may still be that nothing was met.
    pub(crate) fn is_clean(&self) -> bool {
        self.total == 0
    }

    /// Closes the check. `seen` says what was judged: `none in 12 files`.
    pub(crate) fn state(mut self, check: Check<'_>, wanted: &str, seen: &str) {
        if self.total > 0 {
            self.keep_the_worst();
            let calls: Vec<u32> = self.offences.iter().map(|offence| offence.seq).collect();
            return check.fail(expected(wanted), observed(self.listed()), calls);
        }
        let check = check.expecting(expected(wanted));
        let excused = if self.excused > 0 { format!(", {} excused", self.excused) } else { String::new() };
        if self.unseen > 0 {
            let text = format!("{seen}{excused}; {} files could not be judged", self.unseen);
            check.inconclusive(observed(text), ());
        } else if self.met == 0 {
            check.inconclusive(observed(format!("{seen}: the rule met nothing to judge")), ());
        } else {
            check.pass(observed(format!("{seen}{excused}")), ());
        }
    }

    /// Closes a check of what could not be looked at: anything found leaves it open.
    pub(crate) fn leave_open(mut self, check: Check<'_>, wanted: &str, seen: &str) {
        let check = check.expecting(expected(wanted));
        if self.total == 0 {
            return check.pass(observed(seen), ());
        }
        self.keep_the_worst();
        check.inconclusive(observed(self.listed()), ());
    }

    fn listed(&self) -> String {
        let shown: Vec<String> =
            self.offences.iter().map(|Offence { place, what, .. }| format!("{place} {what}")).collect();
        let more = match self.total - shown.len() {
            0 => String::new(),
            more => format!("; and {more} more"),
        };
        format!("{}{more}", shown.join("; "))
    }

    /// The sort is stable: equals stay in the order of their paths.
    fn keep_the_worst(&mut self) {
        self.offences.sort_by_key(|offence| std::cmp::Reverse(offence.weight));
        self.offences.truncate(SHOWN);
    }
}
