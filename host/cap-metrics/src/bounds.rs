//! Bounds of what is asked and of what is read. Bytes of an answer are bounded by `cap-http`.

/// Bytes of an expression in PromQL.
pub(crate) const QUERY_BYTES: usize = 16 << 10;
/// Bytes of a filter of Cloud Monitoring: it stands in a URL, where each may become three.
pub(crate) const FILTER_BYTES: usize = 2 << 10;
/// What a reducer keeps apart.
pub(crate) const MOST_GROUPS: usize = 8;
/// Bytes of one of these, and of the name of an aligner or a reducer.
pub(crate) const WORD_BYTES: usize = 128;
/// Steps of a range. Prometheus has the same.
pub(crate) const MOST_STEPS: f64 = 11_000.0;
/// Series of an answer.
pub(crate) const MOST_SERIES: usize = 10_000;
/// Samples of an answer or a page.
pub(crate) const MOST_SAMPLES: usize = 200_000;
/// Labels of a series.
pub(crate) const MOST_LABELS: usize = 64;
/// Labels of an answer or a page in all: 8 MiB of them would be a million and more, each with two texts of its own.
pub(crate) const MOST_LABELS_IN_ALL: usize = 500_000;
/// Families of a page.
pub(crate) const MOST_FAMILIES: usize = 10_000;
/// Warnings, and infos, of an answer.
pub(crate) const MOST_WARNINGS: usize = 100;
/// The last millisecond that a time may name, that of the year 9999.
pub(crate) const LAST_TIME: f64 = 253_402_300_799_999.0;
