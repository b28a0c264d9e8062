//! The tables of a journal, format 4, and opening them.
//!
//! Format 2 has the tables of format 1 and more kinds of rows: `phase-taken-over`, `run-cancelled`, `row-waived`,
//! `waiver-withdrawn`, the end `cancelled` of a phase, and `retry` in the header. Format 3 has `tick` and `found`, the statement
//! `sample`, and `policies` in the header. Format 4 has `phase-scheduled`, `approval-asked`, `approval-answered`, `notice-intended`, `notice-ended`,
//! `run-handed-over` and `run-imported`. This version reads 1 to 4 and writes 4: a
//! journal of an older format becomes one of format 4 when it is gone on with. Older versions refuse a newer format by name.

use std::path::Path;

use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::Error;

/// `HPJ1`, so that `file` and we know a journal from any other database.
const APPLICATION: i64 = 0x4850_4a31;

/// The format that this version writes.
pub(crate) const FORMAT: i64 = 4;
/// The oldest that it reads.
const OLDEST: i64 = 1;

const TABLES: &str = "
    CREATE TABLE event (
        position   INTEGER PRIMARY KEY,
        at         REAL NOT NULL,
        kind       TEXT NOT NULL,
        guest      TEXT NOT NULL,
        number     INTEGER NOT NULL,
        capability TEXT NOT NULL,
        version    INTEGER NOT NULL,
        class      TEXT NOT NULL,
        attempt    INTEGER NOT NULL,
        digest     BLOB NOT NULL,
        summary    TEXT NOT NULL,
        outcome    TEXT NOT NULL,
        request    TEXT NOT NULL,
        answer     TEXT NOT NULL,
        bodies     BLOB NOT NULL,
        hash       BLOB NOT NULL
    ) STRICT;
    CREATE TABLE body (
        digest BLOB PRIMARY KEY,
        bytes  BLOB NOT NULL
    ) STRICT, WITHOUT ROWID;
";

/// Makes a new journal for writing.
pub(crate) fn create(path: &Path) -> Result<Connection, Error> {
    let open = |source| Error::Open { path: path.to_owned(), source };
    let connection = Connection::open(path).map_err(open)?;
    // An empty journal need not survive a loss of power; the first row that must takes it along.
    connection.pragma_update(None, "synchronous", "OFF").map_err(open)?;
    // Rows come in groups, and a large page takes a group with few writes.
    connection.pragma_update(None, "page_size", 16_384).map_err(open)?;
    connection.pragma_update(None, "journal_mode", "WAL").map_err(open)?;
    let identity = format!("PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {FORMAT};");
    connection.execute_batch(&format!("BEGIN; {identity} {TABLES} COMMIT;")).map_err(open)?;
    prepare(&connection).map_err(open)?;
    Ok(connection)
}

/// Opens a journal for writing.
pub(crate) fn open(path: &Path) -> Result<Connection, Error> {
    let open = |source| Error::Open { path: path.to_owned(), source };
    let connection =
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)
            .map_err(open)?;
    let found = known(&connection, path)?;
    connection.pragma_update(None, "journal_mode", "WAL").map_err(open)?;
    if found != FORMAT {
        // Before the first row that an older version could not read.
        connection.pragma_update(None, "user_version", FORMAT).map_err(open)?;
    }
    prepare(&connection).map_err(open)?;
    Ok(connection)
}

/// Opens a journal for reading.
pub(crate) fn open_to_read(path: &Path) -> Result<Connection, Error> {
    match read_only(path) {
        // A process was killed while it folded the log in, and left a change half done. Whoever may write undoes it.
        Err(Error::Open { source, .. }) if source.sqlite_error_code() == Some(ErrorCode::ReadOnly) => {
            undo(path).map_err(|source| Error::Open { path: path.to_owned(), source })?;
            read_only(path)
        }
        opened => opened,
    }
}

fn read_only(path: &Path) -> Result<Connection, Error> {
    if !path.exists() {
        return Err(Error::Missing(path.to_owned()));
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection =
        Connection::open_with_flags(path, flags).map_err(|source| Error::Open { path: path.to_owned(), source })?;
    // A journal is locked against readers only for the moment in which its log is folded in.
    connection
        .busy_timeout(std::time::Duration::from_secs(5))
        .map_err(|source| Error::Open { path: path.to_owned(), source })?;
    known(&connection, path)?;
    connection.set_prepared_statement_cache_capacity(16);
    Ok(connection)
}

/// SQLite undoes what is half done at the first look of a connection that may write.
fn undo(path: &Path) -> rusqlite::Result<()> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(path, flags)?.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))
}

fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    // 2 MiB of pages. Rows are added at the end, and what is read again the machine has in its own cache; a larger one would only go on
    // filling for the first hour of a run.
    connection.pragma_update(None, "cache_size", -2_048)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    Ok(())
}

/// The format of a journal. Refuses what is not one, journals of a newer format, and tables that are not what they seem.
fn known(connection: &Connection, path: &Path) -> Result<i64, Error> {
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let foreign = |source: rusqlite::Error| match source.sqlite_error_code() {
        Some(rusqlite::ErrorCode::NotADatabase) => Error::Foreign(path.to_owned()),
        _ => Error::Open { path: path.to_owned(), source },
    };
    if pragma("application_id").map_err(foreign)? != APPLICATION {
        return Err(Error::Foreign(path.to_owned()));
    }
    let found = pragma("user_version").map_err(foreign)?;
    if !(OLDEST..=FORMAT).contains(&found) {
        return Err(Error::Newer { path: path.to_owned(), found, known: FORMAT });
    }
    // A view in the place of a table could go on for ever, and a trigger would act when a run is resumed.
    if tables(connection).map_err(foreign)? == tables_of_the_format().map_err(foreign)? {
        Ok(found)
    } else {
        Err(Error::Foreign(path.to_owned()))
    }
}

/// Everything that a database defines, in the words that define it.
fn tables(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection.prepare("SELECT type, name, sql FROM sqlite_schema ORDER BY name, type LIMIT 16")?;
    let words = |row: &rusqlite::Row<'_>| {
        let [kind, name, sql] = [0, 1, 2].map(|column| row.get::<_, Option<String>>(column));
        let whole = format!("{} {} {}", kind?.unwrap_or_default(), name?.unwrap_or_default(), sql?.unwrap_or_default());
        Ok(whole.split_whitespace().collect::<Vec<_>>().join(" "))
    };
    statement.query_map([], words)?.collect()
}

/// What a journal of this format defines.
fn tables_of_the_format() -> rusqlite::Result<Vec<String>> {
    let empty = Connection::open_in_memory()?;
    empty.execute_batch(TABLES)?;
    tables(&empty)
}
