//! Journals that can't be believed, read or written say so by name.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};

use holdpoint_journal::{Durability, Error, Reader, Row, RowKind, Writer};
use holdpoint_model::PhaseId;

async fn journal(folder: &Path) -> PathBuf {
    let path = folder.join("run.db");
    let writer = Writer::create(&path, Durability::Full, None).unwrap();
    for n in 0..5 {
        let mut row = Row::phase_started(&PhaseId::parse("health").unwrap(), f64::from(n));
        row.summary = format!("summary-{n}");
        row.request.bodies = vec![vec![n as u8; 5_000].into()];
        writer.append(row).await.unwrap();
    }
    writer.close().unwrap();
    path
}

#[tokio::test]
async fn every_flipped_byte_of_a_record_is_found_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = journal(folder.path()).await;
    Reader::open(&path).unwrap().verify().unwrap();
    let clean = std::fs::read(&path).unwrap();
    let at = clean.windows(9).position(|w| w == b"summary-3").unwrap();
    for offset in 0..9 {
        let mut bytes = clean.clone();
        bytes[at + offset] ^= 1;
        std::fs::write(&path, &bytes).unwrap();
        let message = Reader::open(&path).unwrap().verify().unwrap_err().to_string();
        assert!(message.contains("position 4"), "{message}");
    }
    // The file may still have an older copy of the body in a free page, so every copy is altered.
    let bytes: Vec<u8> = (0..clean.len())
        .map(|at| if clean[at.saturating_sub(50)..].starts_with(&[2; 100]) { clean[at] ^ 1 } else { clean[at] })
        .collect();
    std::fs::write(&path, &bytes).unwrap();
    let message = Reader::open(&path).unwrap().verify().unwrap_err().to_string();
    assert!(message.contains("body sha256:") && message.contains("is not what was recorded"), "{message}");
}

#[tokio::test]
async fn a_removed_row_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let path = journal(folder.path()).await;
    rusqlite::Connection::open(&path).unwrap().execute("DELETE FROM event WHERE position = 2", []).unwrap();
    let message = Reader::open(&path).unwrap().verify().unwrap_err().to_string();
    assert_eq!(message, "the journal is damaged at position 2: the row is missing");
}

#[tokio::test]
async fn a_newer_format_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = journal(folder.path()).await;
    rusqlite::Connection::open(&path).unwrap().pragma_update(None, "user_version", 9).unwrap();
    for error in [Reader::open(&path).err(), Writer::open(&path, None).err()] {
        let message = error.unwrap().to_string();
        assert!(message.contains("has format 9, and this holdpoint reads up to format 4"), "{message}");
    }
}

#[tokio::test]
async fn a_journal_of_an_older_format_is_read_as_it_is_and_gone_on_with_as_format_4() {
    for older in [1, 2, 3] {
        gone_on_with(older).await;
    }
}

async fn gone_on_with(older: i64) {
    let folder = tempfile::tempdir().unwrap();
    let path = journal(folder.path()).await;
    let format = |path: &Path| -> i64 {
        let file = rusqlite::Connection::open(path).unwrap();
        file.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap()
    };
    rusqlite::Connection::open(&path).unwrap().pragma_update(None, "user_version", older).unwrap();
    let reader = Reader::open(&path).unwrap();
    reader.verify().unwrap();
    assert_eq!((reader.head().unwrap().0, format(&path)), (5, older), "reading changes nothing");
    let writer = Writer::open(&path, None).unwrap();
    writer.append_whole(vec![Row::new(RowKind::RunResumed, "", 0.0)]).await.unwrap();
    writer.close().unwrap();
    reader.verify().unwrap();
    assert_eq!((reader.head().unwrap().0, format(&path)), (6, 4));
}

#[tokio::test]
async fn rows_that_belong_together_are_there_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let path = journal(folder.path()).await;
    let writer = Writer::open(&path, None).unwrap();
    let rows = |count: usize| -> Vec<Row> {
        let large = |n: usize| {
            let mut row = Row::new(RowKind::RunResumed, "", n as f64);
            // Together they are more than may wait to be written.
            row.request.bodies = vec![vec![n as u8; 1 << 20].into()];
            row
        };
        (0..count).map(large).collect()
    };
    writer.append_whole(rows(40)).await.unwrap();
    writer.append_whole(rows(40)).await.unwrap();
    assert_eq!(Reader::open(&path).unwrap().head().unwrap().0, 85);
    // A row that can't be written takes the others of its group with it.
    let thief = rusqlite::Connection::open(&path).unwrap();
    thief
        .execute_batch(
            "CREATE TRIGGER no BEFORE INSERT ON event WHEN new.at = 2.0 BEGIN SELECT RAISE(ABORT, 'no'); END",
        )
        .unwrap();
    let message = writer.append_whole(rows(3)).await.unwrap_err().to_string();
    assert!(message.contains("can't write the journal: no"), "{message}");
    thief.execute_batch("DROP TRIGGER no").unwrap();
    assert_eq!(Reader::open(&path).unwrap().head().unwrap().0, 85);
}

#[tokio::test]
async fn what_was_appended_without_waiting_can_be_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.db");
    let writer = Writer::create(&path, Durability::Full, None).unwrap();
    writer.committed().await.unwrap();
    for n in 0..100 {
        writer.append(Row::new(RowKind::RunResumed, "", f64::from(n))).await.unwrap();
    }
    writer.committed().await.unwrap();
    assert_eq!(Reader::open(&path).unwrap().head().unwrap().0, 100);
    writer.close().unwrap();
    assert!(writer.committed().await.is_err());
}

#[tokio::test]
async fn a_copy_holds_the_same_chain_and_nothing_of_what_was_there_before() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.db");
    // The copy is made while the journal is being written, and its log is beside it.
    let writer = Writer::create(&path, Durability::Full, None).unwrap();
    let mut row = Row::new(RowKind::RunResumed, "", 0.0);
    row.request.bodies = vec![vec![7; 5_000].into()];
    writer.append_durable(row).await.unwrap();
    let reader = Reader::open(&path).unwrap();
    let copy = folder.path().join("copy.db");
    std::fs::write(&copy, "").unwrap();
    reader.copy_to(&copy).unwrap();
    writer.append_durable(Row::new(RowKind::RunResumed, "", 1.0)).await.unwrap();
    let copied = Reader::open(&copy).unwrap();
    copied.verify().unwrap();
    assert_eq!(copied.head().unwrap().0, 1);
    assert_eq!(copied.row(1).unwrap(), reader.row(1).unwrap());
    let mut sizes = Vec::new();
    copied.for_each_body(|_, bytes| sizes.push(bytes.len())).unwrap();
    assert_eq!(sizes, [5_000]);
    assert!(!folder.path().join("copy.db-wal").exists());
    let message = reader.copy_to(&path).unwrap_err().to_string();
    assert!(message.starts_with("can't copy the journal to "), "{message}");
}

#[test]
fn other_files_are_no_journals() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("text");
    std::fs::write(&text, "hello, this is no database at all").unwrap();
    assert!(matches!(Reader::open(&text), Err(Error::Foreign(_))));
    let other = folder.path().join("other.db");
    rusqlite::Connection::open(&other).unwrap().execute("CREATE TABLE t (x)", []).unwrap();
    assert!(matches!(Reader::open(&other), Err(Error::Foreign(_))));
    assert!(matches!(Reader::open(&folder.path().join("none")), Err(Error::Missing(_))));
}

#[tokio::test]
async fn tables_that_are_not_what_they_seem_are_refused() {
    for alteration in [
        // Its rows have no end.
        "ALTER TABLE event RENAME TO rows;
         CREATE VIEW event AS WITH RECURSIVE n(i) AS (VALUES (0) UNION ALL SELECT i FROM n)
         SELECT rows.* FROM n, rows WHERE position = 0",
        "CREATE TRIGGER t AFTER INSERT ON event BEGIN DELETE FROM event; END",
        "CREATE INDEX i ON event (guest)",
        "CREATE TABLE more (x)",
        "ALTER TABLE event ADD COLUMN large BLOB AS (zeroblob(1000000000))",
        "DROP TABLE body",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = journal(folder.path()).await;
        rusqlite::Connection::open(&path).unwrap().execute_batch(alteration).unwrap();
        assert!(matches!(Reader::open(&path), Err(Error::Foreign(_))), "{alteration}");
        assert!(matches!(Writer::open(&path, None), Err(Error::Foreign(_))), "{alteration}");
    }
}

#[tokio::test]
async fn a_journal_that_can_not_grow_says_so_to_everyone_who_waits() {
    let folder = tempfile::tempdir().unwrap();
    let path = journal(folder.path()).await;
    let writer = Writer::open(&path, None).unwrap();
    // Another process that holds the database is one way in which a commit fails.
    let thief = rusqlite::Connection::open(&path).unwrap();
    thief.execute_batch("DROP TABLE event").unwrap();
    let row = || Row::new(RowKind::RunResumed, "", 0.0);
    let message = writer.append_durable(row()).await.unwrap_err().to_string();
    assert!(message.contains("what was to be recorded next was not done"), "{message}");
    assert!(writer.append(row()).await.is_err(), "nothing is appended after it");
    assert!(writer.close().is_err());
}

#[tokio::test]
async fn a_journal_without_a_row_is_a_run_that_never_began() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.db");
    Writer::create(&path, Durability::Full, None).unwrap().close().unwrap();
    assert!(matches!(Reader::open(&path).unwrap().header(), Err(Error::NotBegun)));
}

#[tokio::test]
async fn a_change_that_a_killed_process_left_half_done_is_undone_by_the_reader() {
    let folder = tempfile::tempdir().unwrap();
    let path = journal(folder.path()).await;
    let killed = rusqlite::Connection::open(&path).unwrap();
    // A cache this small writes pages before the end of the transaction, as a kill in the midst of a commit leaves them.
    killed.execute_batch("PRAGMA cache_size = 1; BEGIN; UPDATE event SET summary = 'half'; DELETE FROM body;").unwrap();
    let copy = folder.path().join("copy.db");
    std::fs::copy(&path, &copy).unwrap();
    std::fs::copy(folder.path().join("run.db-journal"), folder.path().join("copy.db-journal")).unwrap();
    Reader::open(&copy).unwrap().verify().unwrap();
    assert!(!folder.path().join("copy.db-journal").exists(), "it is undone for good");
}
