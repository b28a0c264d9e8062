//! A small journal with every kind of row, and a place for altered copies of it.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use holdpoint_gate::Encoded;
use holdpoint_journal::{Durability, HeaderRecord, Reader, Row, RowKind, Writer};
use holdpoint_model::{Class, Decision, Digest, OutcomeKind, PhaseEnd, PhaseId};

/// A folder in memory, where there is one, that goes with the process.
pub fn folder() -> &'static Path {
    static FOLDER: OnceLock<tempfile::TempDir> = OnceLock::new();
    let make = || {
        let memory = Path::new("/dev/shm");
        if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }
    };
    FOLDER.get_or_init(|| make().expect("a folder")).path()
}

/// Writes a file for one execution, and sees to it that nothing of the one before is left beside it.
pub fn place(bytes: &[u8]) -> PathBuf {
    let path = folder().join("run.db");
    for beside in ["run.db-journal", "run.db-wal", "run.db-shm"] {
        let _ = std::fs::remove_file(folder().join(beside));
    }
    std::fs::write(&path, bytes).expect("the folder can be written");
    path
}

/// The bytes of the journal.
pub fn bytes() -> &'static [u8] {
    static BYTES: OnceLock<Vec<u8>> = OnceLock::new();
    BYTES.get_or_init(|| {
        let path = folder().join("original.db");
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let writer = Writer::create(&path, Durability::Scratch, None).expect("a journal");
        for row in rows() {
            runtime.block_on(writer.append(row)).expect("it is open");
        }
        writer.close().expect("it was written");
        std::fs::read(&path).expect("it is there")
    })
}

/// The rows of the journal as they are read.
pub fn read() -> Vec<Row> {
    thread_local! {
        static ROWS: RefCell<Vec<Row>> = const { RefCell::new(Vec::new()) };
    }
    ROWS.with_borrow_mut(|rows| {
        if rows.is_empty() {
            let path = folder().join("original.db");
            bytes();
            *rows = all(&Reader::open(&path).expect("it is a journal")).expect("it can be read");
        }
        rows.clone()
    })
}

/// Every row with its bodies, from the first position to the last.
pub fn all(reader: &Reader) -> Result<Vec<Row>, holdpoint_journal::Error> {
    let (last, _) = reader.head()?;
    let mut rows = Vec::new();
    for position in 1..=last.min(1_000) {
        rows.extend(reader.row(position)?);
    }
    Ok(rows)
}

fn rows() -> Vec<Row> {
    let phase = PhaseId::parse("health").expect("an id");
    let digest = Digest::of(b"module").to_string();
    let header = HeaderRecord {
        retry: None,
        holdpoint: "0.1.0".into(),
        run: "01JDCRUN".into(),
        bundle: "netra-staging".into(),
        bundle_version: "1".into(),
        bundle_digest: digest.clone(),
        operator_digest: digest.clone(),
        environment: "staging".into(),
        only: None,
        dry_run: false,
        modules: [("health".to_owned(), digest)].into(),
        policies: Default::default(),
        sources: serde_json::json!({ "bundle": "[bundle]" }),
    };
    let call = |kind: RowKind, number: u32, outcome: Option<OutcomeKind>| Row {
        number,
        capability: "http".into(),
        version: 1,
        class: Some(Class::Effect),
        attempt: 1,
        digest: Some(Digest::of(&number.to_le_bytes())),
        summary: format!("POST backend /{number}"),
        outcome,
        request: Encoded { json: r#"{"method":"POST"}"#.into(), bodies: vec![b"small".as_slice().into()] },
        answer: Encoded {
            json: outcome.map_or("", |_| r#"{"status":200}"#).into(),
            bodies: vec![vec![number as u8; 5_000].into()],
        },
        ..Row::new(kind, "health", f64::from(number) + 0.5)
    };
    let stated = Row {
        digest: Some(Digest::of(b"statement")),
        summary: "log info".into(),
        request: Encoded { json: r#"{"statement":"log","level":"info","message":"m"}"#.into(), bodies: vec![] },
        ..Row::new(RowKind::Statement, "health", 3.0)
    };
    vec![
        Row::run_started(&header, vec![vec![7; 6_000].into()], 1.0),
        Row::phase_started(&phase, 2.0),
        call(RowKind::Call, 0, Some(OutcomeKind::Answered)),
        call(RowKind::Intent, 1, None),
        Row::run_resumed(4.0),
        call(RowKind::Outcome, 1, Some(OutcomeKind::Failed)),
        stated,
        Row::phase_ended(&phase, &PhaseEnd::Completed, 5.0),
        Row::run_ended(Decision::Release, 6.0),
    ]
}
