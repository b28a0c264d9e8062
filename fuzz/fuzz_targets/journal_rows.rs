//! A journal whose rows were altered by somebody who knows SQL, with or without the chain made anew.
//!
//! - a row with any column altered, a row that was removed or added in the midst, a body altered or removed: the chain does not hold, and
//!   the message names a place;
//! - a row that was altered and linked again, with all that follow it: nothing panics, and what a reader makes of the row is bounded.
#![no_main]

use arbitrary::Arbitrary;
use holdpoint_fuzz::journals;
use holdpoint_journal::{Reader, chain};
use libfuzzer_sys::fuzz_target;
use rusqlite::{Connection, types::Value};

#[derive(Debug, Arbitrary)]
struct Input<'a> {
    changes: Vec<(u8, Change<'a>)>,
    linked: bool,
}

#[derive(Debug, Arbitrary)]
enum Change<'a> {
    Column(u8, Stored<'a>),
    Text(u8, &'a str),
    Bodies(Vec<Part<'a>>),
    Remove,
    Position(i64),
    Body(&'a [u8]),
    RemoveBody,
}

#[derive(Debug, Arbitrary)]
enum Part<'a> {
    Inline(bool, &'a [u8]),
    Stored(bool, u8),
    Any(&'a [u8]),
}

#[derive(Debug, Arbitrary)]
enum Stored<'a> {
    Integer(i64),
    Real(f64),
    Text(&'a str),
    /// Bytes that are called a text.
    Cast(&'a [u8]),
    Blob(&'a [u8]),
    Word(u8),
}

const COLUMNS: [&str; 15] = [
    "at",
    "kind",
    "guest",
    "number",
    "capability",
    "version",
    "class",
    "attempt",
    "digest",
    "summary",
    "outcome",
    "request",
    "answer",
    "bodies",
    "hash",
];
const WORDS: [&str; 16] = [
    "run-started",
    "run-resumed",
    "phase-started",
    "call",
    "intent",
    "outcome",
    "statement",
    "phase-ended",
    "run-ended",
    "read",
    "repeatable",
    "effect",
    "disruptive",
    "answered",
    "in-doubt",
    "",
];

fuzz_target!(|input: Input<'_>| {
    let path = journals::place(journals::bytes());
    let file = Connection::open(&path).expect("it is a database");
    file.execute_batch("PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; BEGIN; CREATE TEMP TABLE before AS SELECT * FROM event; CREATE TEMP TABLE bodies AS SELECT * FROM body;").expect("it is a journal");
    for (row, change) in input.changes.iter().take(6) {
        // What the tables refuse is no change.
        let _ = apply(&file, row % 9 + 1, change);
    }
    let last: i64 =
        file.query_row("SELECT coalesce(max(position), 0) FROM event", [], |row| row.get(0)).expect("a number");
    let differs = |sql: &str| file.query_row(sql, [last], |row| row.get::<_, bool>(0)).expect("a truth");
    // The end may be missing: nobody can tell from the file alone.
    let altered = differs(
        "SELECT EXISTS (SELECT * FROM before WHERE position <= ?1 EXCEPT SELECT * FROM event) OR EXISTS (SELECT * FROM event EXCEPT SELECT * FROM before)",
    ) || differs("SELECT EXISTS (SELECT * FROM temp.bodies EXCEPT SELECT * FROM body) AND ?1 = 9");
    if input.linked {
        let _ = link(&file);
    }
    file.execute_batch("COMMIT").expect("it can be written");
    drop(file);

    let reader = Reader::open(&path).expect("the tables are those of a journal");
    let _ = (reader.events(), reader.header(), reader.head(), journals::all(&reader));
    let verified = reader.verify();
    if altered && !input.linked {
        let message = verified.expect_err("an altered row is not believed").to_string();
        assert!(
            message.contains("position ") || message.contains("body sha256:") || message.contains("can't read"),
            "{message}"
        );
    }
});

fn apply(file: &Connection, row: u8, change: &Change<'_>) -> rusqlite::Result<usize> {
    let column = |index: &u8| COLUMNS[usize::from(*index) % COLUMNS.len()];
    let stored = "(SELECT digest FROM body ORDER BY digest LIMIT 1 OFFSET ?1 % 3)";
    match change {
        Change::Column(index, value) => {
            let place = if matches!(value, Stored::Cast(_)) { "CAST(?1 AS TEXT)" } else { "?1" };
            let value = match value {
                Stored::Integer(number) => Value::Integer(*number),
                Stored::Real(number) => Value::Real(*number),
                Stored::Text(text) => Value::Text((*text).to_owned()),
                Stored::Cast(bytes) | Stored::Blob(bytes) => Value::Blob(bytes.to_vec()),
                Stored::Word(word) => Value::Text(WORDS[usize::from(*word) % WORDS.len()].to_owned()),
            };
            file.execute(&format!("UPDATE event SET {} = {place} WHERE position = ?2", column(index)), (value, row))
        }
        Change::Text(index, text) => {
            let sql = format!("UPDATE event SET {0} = {0} || ?1 WHERE position = ?2", column(index));
            file.execute(&sql, (text, row))
        }
        Change::Bodies(parts) => {
            file.execute("UPDATE event SET bodies = ?1 WHERE position = ?2", (blob(file, parts), row))
        }
        Change::Remove => file.execute("DELETE FROM event WHERE position = ?1", [row]),
        Change::Position(to) => file.execute("UPDATE event SET position = ?1 WHERE position = ?2", (to, row)),
        Change::Body(bytes) => file.execute(
            &format!("UPDATE body SET bytes = ?2 WHERE digest = {stored}"),
            (row, Value::Blob(bytes.to_vec())),
        ),
        Change::RemoveBody => file.execute(&format!("DELETE FROM body WHERE digest = {stored}"), [row]),
    }
}

/// Bodies as a row holds them.
fn blob(file: &Connection, parts: &[Part<'_>]) -> Vec<u8> {
    let mut blob = Vec::new();
    for part in parts {
        match part {
            Part::Inline(answer, bytes) => {
                blob.extend([u8::from(*answer), 0]);
                blob.extend((bytes.len() as u32).to_le_bytes());
                blob.extend_from_slice(bytes);
            }
            Part::Stored(answer, which) => {
                blob.extend([u8::from(*answer), 1]);
                let sql = "SELECT digest FROM body ORDER BY digest LIMIT 1 OFFSET ?1 % 3";
                blob.extend(file.query_row(sql, [which], |row| row.get::<_, Vec<u8>>(0)).unwrap_or_default());
            }
            Part::Any(bytes) => blob.extend_from_slice(bytes),
        }
    }
    blob
}

/// Makes the chain anew, as far as the rows are rows.
fn link(file: &Connection) -> Result<(), Box<dyn std::error::Error>> {
    let path = journals::folder().join("run.db");
    let mut before = chain::START;
    let positions: Vec<i64> = file
        .prepare("SELECT position FROM event ORDER BY position")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for position in positions {
        // Rows are read through the journal's own reader, so they are written down first.
        file.execute_batch("COMMIT; BEGIN")?;
        let Some(row) = Reader::open(&path)?.row(position as u64)? else { continue };
        let blob: Vec<u8> =
            file.query_row("SELECT bodies FROM event WHERE position = ?1", [position], |row| row.get(0))?;
        before = chain::link(&before, position as u64, &row, &blob);
        file.execute("UPDATE event SET hash = ?1 WHERE position = ?2", (before.0, position))?;
    }
    Ok(())
}
