//! The report for a job of GitHub Actions: annotations, which are commands to the runner, and the summary of the step in Markdown.
//!
//! It refuses to let a text of a guest, a bundle or a server become a command, a link, a mention or markup. In annotations such
//! texts are data, escaped as the runner wants it; in the summary they stand in code spans, or have every sign of Markdown escaped.

mod annotations;
mod summary;

use crate::Report;

/// What a job shows of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GitHub {
    /// Commands to the runner, one a line; for standard output.
    pub annotations: String,
    /// Markdown below the runner's limit of 1 MiB; for the file that `GITHUB_STEP_SUMMARY` names.
    pub summary: String,
}

/// Renders a report for a job.
pub fn github(report: &Report) -> GitHub {
    GitHub { annotations: annotations::annotations(report), summary: summary::summary(report) }
}

impl GitHub {
    /// Both for standard output. The runner takes no command out of the summary: they are stopped around it, by a word that no text
    /// in it can hold.
    pub fn whole(&self) -> String {
        let word = holdpoint_model::Digest::of(self.summary.as_bytes()).to_string().replace(':', "-");
        format!("{}::stop-commands::{word}\n{}::{word}::\n", self.annotations, self.summary)
    }
}

#[cfg(test)]
mod tests;
