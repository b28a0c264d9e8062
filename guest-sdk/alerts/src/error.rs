//! Why alerts can't be read, or not be written for others.

/// What is wrong, where, and what would do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The file is none of alerts.
    #[error("{0}")]
    File(String),
    /// Conditions, durations or severities are not understood, or a rule can't be evaluated.
    #[error("{0}")]
    Alert(String),
    /// No alert reads a series of this name.
    #[error("`{name}` is none of the series that alerts read; they are {known}")]
    Unknown {
        /// As it was given.
        name: String,
        /// Those that there are.
        known: String,
    },
    /// One series would have two names, and the later one would count in silence.
    #[error("`{name}` is `{metric}` in a run, which has a name already; name each series once")]
    Twice {
        /// As it was given.
        name: String,
        /// What it is called in a run.
        metric: String,
    },
    /// A share of two series of which only one was named.
    #[error(
        "`{named}` is named and `{lacking}` is not, and a share of both would be one of nothing; name `{lacking}` too"
    )]
    Half {
        /// The one.
        named: &'static str,
        /// The other.
        lacking: &'static str,
    },
    /// Its rows and its action are too much.
    #[error("alert {alert:?} says more of itself than {most} bytes; shorten its action or its rows")]
    Long {
        /// The alert.
        alert: String,
        /// In bytes.
        most: usize,
    },
    /// PromQL can't say what a series is called.
    #[error(
        "alert {alert:?}: `{metric}` can't be the name of a metric in PromQL; name `{series}` as it is called there"
    )]
    Unwritable {
        /// The alert that reads it.
        alert: String,
        /// What it is called now.
        metric: String,
        /// Its name among the series that alerts read.
        series: &'static str,
    },
}
