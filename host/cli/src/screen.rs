//! Where people see runs go on: a terminal, on which every phase that is under way has a line at the end, or plain lines. Several runs share it.

use std::{
    fs::File,
    io::{self, IsTerminal as _},
    os::{fd::AsFd, unix::fs::MetadataExt as _},
};

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
        Self::with(io::stderr().is_terminal().then(MultiProgress::new))
    }

    /// A terminal that can't move its cursor has no lines at the end; what was said above them would be lost with them.
    fn with(bars: Option<MultiProgress>) -> Self {
        Self { bars: bars.filter(|bars| !bars.is_hidden()), name: String::new() }
    }

    /// For one of several runs.
    pub(crate) fn named(&self, name: &str) -> Self {
        Self { bars: self.bars.clone(), name: format!("{name} ") }
    }

    /// The lines at the end; none where there is no terminal.
    pub(crate) fn bars(&self) -> Option<&MultiProgress> {
        self.bars.as_ref()
    }

    /// A text of one line behind the name of its run.
    pub(crate) fn line(&self, text: &str) -> String {
        format!("{}{text}", self.name)
    }

    /// The same of a text that may have several lines, each of which may stand between those of other runs.
    fn lines(&self, text: &str) -> String {
        let lines: Vec<String> = text.lines().map(|line| self.line(line)).collect();
        lines.join("\n")
    }

    /// Writes what stays, above the lines at the end.
    pub(crate) fn say(&self, text: &str) {
        let lines = self.lines(text);
        match &self.bars {
            // A terminal that can't be written to has nobody to tell.
            Some(bars) => {
                let _ = bars.println(lines);
            }
            None => terminal::say(&lines),
        }
    }

    /// Writes data as a whole: nobody says anything in the middle of it where both can be seen. Where data goes elsewhere, whoever reads it slowly must
    /// not keep other runs from saying something.
    pub(crate) fn out(&self, text: &str) {
        if !is_same(io::stdout(), io::stderr()) {
            return terminal::out(text);
        }
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

/// Whether two descriptors lead to the same place; not, if nobody can tell.
fn is_same(one: impl AsFd, other: impl AsFd) -> bool {
    let place = |descriptor: &dyn AsFd| -> io::Result<(u64, u64)> {
        let file = File::from(descriptor.as_fd().try_clone_to_owned()?).metadata()?;
        Ok((file.dev(), file.ino()))
    };
    matches!((place(&one), place(&other)), (Ok(one), Ok(other)) if one == other)
}

#[cfg(test)]
mod tests {
    use indicatif::ProgressDrawTarget;

    use super::*;

    #[test]
    fn a_line_begins_with_the_name_of_its_run_if_there_are_several() {
        let screen = Screen::new();
        assert_eq!(screen.line("health: started"), "health: started");
        assert_eq!(screen.named("1R6V0X").line("health: started"), "1R6V0X health: started");
    }

    #[test]
    fn every_line_of_a_text_begins_with_the_name_of_its_run() {
        let screen = Screen::with(None);
        assert_eq!(
            screen.named("1R6V0X").lines("a.toml  one\n    mend it\n"),
            "1R6V0X a.toml  one\n1R6V0X     mend it"
        );
        assert_eq!(screen.lines("one\ntwo"), "one\ntwo");
    }

    #[test]
    fn a_terminal_that_shows_no_bars_is_told_in_lines() {
        let hidden = MultiProgress::with_draw_target(ProgressDrawTarget::hidden());
        assert!(Screen::with(Some(hidden)).bars().is_none());
    }

    #[test]
    fn data_waits_for_what_is_said_only_where_both_go_to_one_place() {
        let open = |path| File::open(path).unwrap();
        assert!(is_same(open("/dev/null"), open("/dev/null")));
        assert!(!is_same(open("/dev/null"), open("/dev/zero")));
    }
}
