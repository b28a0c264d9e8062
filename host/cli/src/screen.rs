//! Where people see runs go on: a terminal, on which every phase that is under way has a line at the end, or plain lines. Several runs share it.

use std::io::{self, IsTerminal as _};

use indicatif::MultiProgress;

use crate::terminal;

/// Standard error, for all runs of this process or for one of them.
#[derive(Clone)]
pub(crate) struct Screen {
    /// The lines at the end; none where there is no terminal.
    bars: Option<MultiProgress>,
    /// What lines begin with.
    name: String,
}

impl Screen {
    /// For one run, whose lines need no name.
    pub(crate) fn new() -> Self {
        Self { bars: io::stderr().is_terminal().then(MultiProgress::new), name: String::new() }
    }

    /// For one of several runs.
    pub(crate) fn named(&self, name: &str) -> Self {
        Self { bars: self.bars.clone(), name: format!("{name} ") }
    }

    /// The lines at the end; none where there is no terminal.
    pub(crate) fn bars(&self) -> Option<&MultiProgress> {
        self.bars.as_ref()
    }

    /// A text behind the name of its run.
    pub(crate) fn line(&self, text: &str) -> String {
        format!("{}{text}", self.name)
    }

    /// Writes what stays, above the lines at the end.
    pub(crate) fn say(&self, text: &str) {
        let line = self.line(text);
        match &self.bars {
            // A terminal that can't be written to has nobody to tell.
            Some(bars) => {
                let _ = bars.println(line);
            }
            None => terminal::say(&line),
        }
    }

    /// Writes data as a whole: nobody says anything in the middle of it.
    pub(crate) fn out(&self, text: &str) {
        let write = || {
            let _others_wait = io::stderr().lock();
            terminal::out(text);
        };
        match &self.bars {
            // Setting them aside would panic on a terminal that can't be written to.
            Some(bars) if bars.clear().is_ok() => bars.suspend(write),
            _ => write(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_begins_with_the_name_of_its_run_if_there_are_several() {
        let screen = Screen::new();
        assert_eq!(screen.line("health: started"), "health: started");
        assert_eq!(screen.named("1R6V0X").line("health: started"), "1R6V0X health: started");
    }
}
