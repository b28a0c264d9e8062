//! Where a run goes on, if not where it was begun. Since format 4.

use crate::{Row, RowKind};

/// Rows of moves. They say nothing but their moment.
impl Row {
    /// The run leaves this machine in a file.
    pub fn run_handed_over(at: f64) -> Self {
        Self::new(RowKind::RunHandedOver, "", at)
    }

    /// The run has come to this machine in a file.
    pub fn run_imported(at: f64) -> Self {
        Self::new(RowKind::RunImported, "", at)
    }
}

#[cfg(test)]
mod tests {
    use holdpoint_model::EventKind;

    use super::*;
    use crate::{Durability, Reader, Writer};

    #[test]
    fn a_move_survives_and_is_nothing_else() {
        let moves =
            [(Row::run_handed_over(5.0), EventKind::RunHandedOver), (Row::run_imported(6.0), EventKind::RunImported)];
        for (row, kind) in moves {
            assert_eq!((row.event(7).unwrap().kind, RowKind::parse(row.kind.word())), (kind, Some(row.kind)));
            assert!(row.kind.is_move() && !row.kind.is_notice() && !row.kind.is_call());
        }
        assert!(!Row::run_resumed(5.0).kind.is_move());
    }

    #[tokio::test]
    async fn the_last_move_says_where_a_run_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.db");
        let writer = Writer::create(&path, Durability::Scratch, None).unwrap();
        let reader = Reader::open(&path).unwrap();
        for (row, imports, is_handed_over) in [
            (Row::run_resumed(1.0), 0, false),
            (Row::run_handed_over(2.0), 0, true),
            (Row::run_imported(3.0), 1, false),
            (Row::run_resumed(4.0), 1, false),
            (Row::run_handed_over(5.0), 1, true),
            (Row::run_imported(6.0), 2, false),
        ] {
            writer.append_committed(row).await.unwrap();
            assert_eq!((reader.imports().unwrap(), reader.is_handed_over().unwrap()), (imports, is_handed_over));
        }
        let (last, head) = reader.head().unwrap();
        assert_eq!((reader.hash_at(last).unwrap(), reader.hash_at(last + 1).unwrap()), (Some(head), None));
    }
}
