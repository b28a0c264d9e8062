//! Rows as they come, within their bounds. Nothing is cut: more than a bound is an error.

use crate::{
    Response, Rows,
    bounds::{ANSWER_BYTES, MOST_COLUMNS, MOST_ROWS},
    stop::Stop,
};

/// Rows of an answer that is being read.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    rows: Rows,
    bytes: usize,
}

impl Reading {
    /// The names of the columns.
    pub(crate) fn columns(&mut self, columns: Vec<String>) -> Result<(), Stop> {
        if columns.len() > MOST_COLUMNS {
            return Err(too_large(format!("{} columns, of at most {MOST_COLUMNS}", columns.len())));
        }
        self.take(columns.iter().map(String::len).sum())?;
        self.rows.columns = columns;
        Ok(())
    }

    /// One row more.
    pub(crate) fn row(&mut self, cells: Vec<Option<String>>) -> Result<(), Stop> {
        if self.rows.rows.len() == MOST_ROWS {
            return Err(too_large(format!("more than {MOST_ROWS} rows")));
        }
        self.take(cells.iter().flatten().map(String::len).sum())?;
        self.rows.rows.push(cells);
        Ok(())
    }

    /// All of them.
    pub(crate) fn whole(self, changed: Option<u64>) -> Rows {
        Rows { changed: changed.map(|count| u32::try_from(count).unwrap_or(u32::MAX)), ..self.rows }
    }

    fn take(&mut self, bytes: usize) -> Result<(), Stop> {
        self.bytes += bytes;
        if self.bytes > ANSWER_BYTES { Err(too_large("more than 1 MiB of text".to_owned())) } else { Ok(()) }
    }
}

/// The value of an entry.
pub(crate) fn value(value: Option<String>) -> Result<Response, Stop> {
    if value.as_ref().is_some_and(|value| value.len() > ANSWER_BYTES) {
        return Err(too_large("more than 1 MiB of text".to_owned()));
    }
    Ok(Response::Value(value))
}

fn too_large(has: String) -> Stop {
    Stop::TooLarge(format!("the answer has {has}; ask for less"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(outcome: Result<(), Stop>) -> String {
        match outcome {
            Err(Stop::TooLarge(said)) => said,
            other => panic!("it should be too large: {other:?}"),
        }
    }

    #[test]
    fn more_than_a_bound_is_an_error_and_never_cut() {
        let mut reading = Reading::default();
        assert!(reading.columns(vec!["a".into(); MOST_COLUMNS]).is_ok());
        for _ in 0..MOST_ROWS {
            reading.row(vec![None, Some("x".into())]).unwrap();
        }
        assert!(said(reading.row(vec![])).contains("more than 1000 rows"));
        assert!(said(Reading::default().columns(vec![String::new(); MOST_COLUMNS + 1])).contains("101 columns"));
        let mut reading = Reading::default();
        reading.row(vec![Some("x".repeat(ANSWER_BYTES))]).unwrap();
        assert!(said(reading.row(vec![Some("x".into())])).contains("1 MiB"));
        assert!(value(Some("x".repeat(ANSWER_BYTES))).is_ok());
        assert!(said(value(Some("x".repeat(ANSWER_BYTES + 1))).map(drop)).contains("1 MiB"));
    }

    #[test]
    fn a_count_beyond_what_is_told_is_the_most() {
        assert_eq!(Reading::default().whole(Some(u64::MAX)).changed, Some(u32::MAX));
        assert_eq!(Reading::default().whole(None).changed, None);
    }
}
