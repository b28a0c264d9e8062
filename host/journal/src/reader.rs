//! Reading a journal: rows, events, bodies, and whether the chain holds.

use std::path::Path;

use holdpoint_gate::Encoded;
use holdpoint_model::{Body, Class, Digest, Event, OutcomeKind, PhaseId};
use rusqlite::{Connection, OptionalExtension as _};

use crate::{Error, Row, RowKind, bodies, chain, record, schema};

const COLUMNS: &str = "position, at, kind, guest, number, capability, version, class, attempt, digest, summary, outcome, \
                       request, answer, bodies, hash";

/// Reads a journal. Whoever writes it is not disturbed.
pub struct Reader {
    connection: Connection,
}

/// A row as it stands in the file.
struct Stored {
    position: u64,
    row: Row,
    bodies: Vec<u8>,
    hash: Vec<u8>,
}

impl Reader {
    /// Opens a journal.
    pub fn open(path: &Path) -> Result<Self, Error> {
        Ok(Self { connection: schema::open_to_read(path)? })
    }

    /// Position and hash of the last row.
    pub fn head(&self) -> Result<(u64, Digest), Error> {
        let last = "SELECT position, hash FROM event ORDER BY position DESC LIMIT 1";
        let head = self.connection.query_row(last, [], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, [u8; 32]>(1)?)));
        Ok(head.optional()?.map_or((0, chain::START), |(position, hash)| (position as u64, Digest(hash))))
    }

    /// Sees every event, in order. Bodies of calls are left where they are.
    pub fn for_each_event(&self, see: impl FnMut(Event)) -> Result<(), Error> {
        self.for_each_event_after(0, u64::MAX, see)
    }

    /// Sees the events after a position, up to and with another one, in order. Bodies of calls are left where they are.
    pub fn for_each_event_after(&self, after: u64, until: u64, mut see: impl FnMut(Event)) -> Result<(), Error> {
        let sql = format!("SELECT {COLUMNS} FROM event WHERE position > ?1 AND position <= ?2 ORDER BY position");
        let [after, until] = [after, until].map(|position| i64::try_from(position).unwrap_or(i64::MAX));
        self.each(&sql, [after, until], |stored| {
            let position = stored.position;
            let row = if stored.row.kind == RowKind::Statement { self.whole(stored)? } else { stored.row };
            see(record::event(position, &row)?);
            Ok(())
        })
    }

    /// Every event, in order.
    pub fn events(&self) -> Result<Vec<Event>, Error> {
        let mut events = Vec::new();
        self.for_each_event(|event| events.push(event))?;
        Ok(events)
    }

    /// One row with its bodies.
    pub fn row(&self, position: u64) -> Result<Option<Row>, Error> {
        let mut found = None;
        self.each(&format!("SELECT {COLUMNS} FROM event WHERE position = ?1"), [position as i64], |stored| {
            found = Some(self.whole(stored)?);
            Ok(())
        })?;
        Ok(found)
    }

    /// The first row of the run: its header, with the modules as bodies.
    pub fn header(&self) -> Result<Row, Error> {
        match self.row(1)? {
            Some(row) if row.kind == RowKind::RunStarted => Ok(row),
            None if self.head()?.0 == 0 => Err(Error::NotBegun),
            _ => Err(Error::Damaged { position: 1, what: "it does not begin with the run's header".into() }),
        }
    }

    /// How often the run came to a machine in a file.
    pub fn imports(&self) -> Result<u32, Error> {
        let count = "SELECT count(*) FROM event WHERE kind = ?1";
        let count = self.connection.query_row(count, [RowKind::RunImported.word()], |row| row.get::<_, i64>(0))?;
        Ok(u32::try_from(count).unwrap_or(u32::MAX))
    }

    /// Whether the run was handed over, and has not come back since.
    pub fn is_handed_over(&self) -> Result<bool, Error> {
        let last = "SELECT kind FROM event WHERE kind IN (?1, ?2) ORDER BY position DESC LIMIT 1";
        let moves = [RowKind::RunHandedOver.word(), RowKind::RunImported.word()];
        let last = self.connection.query_row(last, moves, |row| row.get::<_, String>(0)).optional()?;
        Ok(last.as_deref() == Some(RowKind::RunHandedOver.word()))
    }

    /// The hash of the row at a position.
    pub fn hash_at(&self, position: u64) -> Result<Option<Digest>, Error> {
        let hash = "SELECT hash FROM event WHERE position = ?1";
        let hash = self.connection.query_row(hash, [position as i64], |row| row.get::<_, [u8; 32]>(0)).optional()?;
        Ok(hash.map(Digest))
    }

    /// Sees every row of a phase with its bodies, in order.
    pub fn for_each_row_of(&self, phase: &PhaseId, mut see: impl FnMut(Row) -> Result<(), Error>) -> Result<(), Error> {
        self.each(
            &format!("SELECT {COLUMNS} FROM event WHERE guest = ?1 ORDER BY position"),
            [phase.as_str()],
            |stored| see(self.whole(stored)?),
        )
    }

    /// Sees every row with its bodies, in order.
    pub fn for_each_row(&self, mut see: impl FnMut(u64, Row) -> Result<(), Error>) -> Result<(), Error> {
        self.each(&format!("SELECT {COLUMNS} FROM event ORDER BY position"), [], |stored| {
            see(stored.position, self.whole(stored)?)
        })
    }

    /// Sees every body that stands apart, whether or not a row names it.
    pub fn for_each_body(&self, mut see: impl FnMut(Digest, &[u8])) -> Result<(), Error> {
        let mut statement = self.connection.prepare("SELECT digest, bytes FROM body")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            see(Digest(row.get(0)?), row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?);
        }
        Ok(())
    }

    /// Writes a copy of what the journal holds now into a file that does not exist or is empty: whole, and with nothing in its free
    /// space. Whoever writes the journal is not disturbed.
    pub fn copy_to(&self, path: &Path) -> Result<(), Error> {
        let failed = |reason: String| Error::Copy { path: path.to_owned(), reason };
        let text = path.to_str().ok_or_else(|| failed("its name is not UTF-8".into()))?;
        self.connection.execute("VACUUM INTO ?1", [text]).map_err(|e| failed(e.to_string()))?;
        Ok(())
    }

    /// Rows of one guest after a position, at most `limit`.
    pub(crate) fn rows_of(&self, guest: &str, after: u64, limit: usize) -> Result<Vec<(u64, Row)>, Error> {
        let sql = format!("SELECT {COLUMNS} FROM event WHERE guest = ?1 AND position > ?2 ORDER BY position LIMIT ?3");
        let mut rows = Vec::new();
        self.each(&sql, rusqlite::params![guest, after as i64, limit as i64], |stored| {
            rows.push((stored.position, self.whole(stored)?));
            Ok(())
        })?;
        Ok(rows)
    }

    /// Follows the chain from the first row to the last and hashes every body that stands apart. The error names the place.
    pub fn verify(&self) -> Result<(), Error> {
        let (mut before, mut last) = (chain::START, 0);
        self.each(&format!("SELECT {COLUMNS} FROM event ORDER BY position"), [], |stored| {
            let Stored { position, row, bodies, hash } = &stored;
            if *position != last + 1 {
                return Err(Error::Damaged { position: last + 1, what: "the row is missing".into() });
            }
            let expected = chain::link(&before, *position, row, bodies);
            if expected.0.as_slice() != hash {
                let what = format!("{} `{}` is not what was recorded", row.kind.word(), row.summary);
                return Err(Error::Damaged { position: *position, what });
            }
            (before, last) = (expected, *position);
            bodies::decode(bodies, *position, |digest| self.body(digest))?;
            Ok(())
        })
    }

    fn each(
        &self,
        sql: &str,
        params: impl rusqlite::Params,
        mut see: impl FnMut(Stored) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query(params)?;
        while let Some(row) = rows.next()? {
            see(stored(row)?)?;
        }
        Ok(())
    }

    fn whole(&self, stored: Stored) -> Result<Row, Error> {
        let Stored { position, mut row, bodies, .. } = stored;
        (row.request.bodies, row.answer.bodies) = bodies::decode(&bodies, position, |digest| self.body(digest))?;
        Ok(row)
    }

    fn body(&self, digest: Digest) -> Result<Body, Error> {
        let mut statement = self.connection.prepare_cached("SELECT bytes FROM body WHERE digest = ?1")?;
        let bytes: Option<Vec<u8>> = statement.query_row([digest.0], |row| row.get(0)).optional()?;
        let damaged = |what| Error::DamagedBody { digest: digest.to_string(), what };
        let bytes = bytes.ok_or_else(|| damaged("is missing"))?;
        if Digest::of(&bytes) != digest {
            return Err(damaged("is not what was recorded"));
        }
        Ok(bytes.into())
    }
}

fn stored(row: &rusqlite::Row<'_>) -> Result<Stored, Error> {
    let position = row.get::<_, i64>(0)? as u64;
    let damaged = |what: &str| Error::Damaged { position, what: what.into() };
    let text = |index| row.get_ref(index).map_err(Error::from)?.as_str().map_err(|_| damaged("a text is not UTF-8"));
    let digest = row.get_ref(9)?.as_blob().map_err(|_| damaged("its digest is no digest"))?;
    let digest = match digest {
        [] => None,
        bytes => Some(Digest(bytes.try_into().map_err(|_| damaged("its digest is no digest"))?)),
    };
    let word = |index| text(index).map(|word| (!word.is_empty()).then_some(word));
    Ok(Stored {
        position,
        row: Row {
            at: row.get(1)?,
            kind: RowKind::parse(text(2)?).ok_or_else(|| damaged("its kind is unknown"))?,
            guest: text(3)?.into(),
            number: row.get(4)?,
            capability: text(5)?.to_owned().into(),
            version: row.get(6)?,
            class: word(7)?
                .map(|word| Class::parse(word).ok_or_else(|| damaged("its class is unknown")))
                .transpose()?,
            attempt: row.get(8)?,
            digest,
            summary: text(10)?.to_owned(),
            outcome: word(11)?
                .map(|word| OutcomeKind::parse(word).ok_or_else(|| damaged("its outcome is unknown")))
                .transpose()?,
            request: Encoded { json: text(12)?.to_owned(), bodies: Vec::new() },
            answer: Encoded { json: text(13)?.to_owned(), bodies: Vec::new() },
        },
        bodies: row.get_ref(14)?.as_blob().map_err(|_| damaged("its bodies can't be read"))?.to_vec(),
        hash: row.get_ref(15)?.as_blob().map_err(|_| damaged("its hash can't be read"))?.to_vec(),
    })
}
