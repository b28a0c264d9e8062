//! Stores of data: which of them a phase may look at, the texts of SQL that it may run there, and where it may write and read back.
//!
//! A grant of stores alone lets a phase look at them: the handshake, the version, the figures. SQL is granted text by text, as it is sent, so that
//! whoever allows it has read it. An empty list grants nothing.

use super::http::list;
use super::{GrantError, Missing, Place, Sql, StoreName};
use crate::{Class, Denial, PhaseId};

/// What a phase may do with stores, or what the operator allows at most: each of it in each of the stores.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DataGrant {
    /// Stores of the bundle's environment, by name.
    pub stores: Vec<StoreName>,
    /// Where entries may be read.
    pub places: Vec<Place>,
    /// What may be run, as it stands.
    pub sql: Vec<Sql>,
    /// Entries may be written and removed too, and texts of SQL that write may be run.
    pub write: bool,
}

/// What a store is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StoreKind {
    PostgreSql,
    Redis,
    ClickHouse,
}

/// What a guest wants of a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataAsk {
    pub store: StoreName,
    pub piece: DataPiece,
}

/// One thing that can be done with a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DataPiece {
    /// Looking at it.
    Facts,
    /// An entry of a place, to be read or to be written.
    Entry { place: Place, write: bool },
    /// A text of SQL.
    Sql(Sql),
}

impl StoreKind {
    /// Every kind, for parsers.
    pub const ALL: [Self; 3] = [Self::PostgreSql, Self::Redis, Self::ClickHouse];

    /// The word in bundles and journals.
    pub fn word(self) -> &'static str {
        match self {
            Self::PostgreSql => "postgresql",
            Self::Redis => "redis",
            Self::ClickHouse => "clickhouse",
        }
    }

    /// The kind of a word.
    pub fn parse(text: &str) -> Result<Self, GrantError> {
        let found = Self::ALL.into_iter().find(|kind| kind.word() == text);
        found.ok_or_else(|| GrantError::new(text, "a kind of store", "write postgresql, redis or clickhouse"))
    }
}

impl DataAsk {
    /// What it does to the world: writing happens once.
    pub fn class(&self) -> Class {
        match &self.piece {
            DataPiece::Entry { write: true, .. } => Class::Effect,
            DataPiece::Sql(sql) if sql.writes() => Class::Effect,
            _ => Class::Read,
        }
    }
}

impl DataGrant {
    /// Whether this may be done under it.
    pub fn covers(&self, ask: &DataAsk) -> bool {
        self.stores.contains(&ask.store)
            && match &ask.piece {
                DataPiece::Facts => true,
                DataPiece::Entry { place, write } => self.covers_place(place, *write),
                DataPiece::Sql(sql) => self.covers_sql(sql),
            }
    }

    fn covers_place(&self, place: &Place, write: bool) -> bool {
        self.places.contains(place) && (self.write || !write)
    }

    fn covers_sql(&self, sql: &Sql) -> bool {
        self.sql.contains(sql) && (self.write || !sql.writes())
    }

    /// Whether it lets nothing through.
    pub fn is_empty(&self) -> bool {
        self.stores.is_empty()
    }

    /// The most dangerous class of what it lets through.
    pub fn class(&self) -> Class {
        let writes = !self.places.is_empty() || self.sql.iter().any(Sql::writes);
        if self.write && writes { Class::Effect } else { Class::Read }
    }

    /// What it lets through, for a person. Texts of SQL are shown whole.
    pub fn words(&self) -> String {
        if self.is_empty() {
            return "a grant of data that grants nothing".to_owned();
        }
        let stores: Vec<&str> = self.stores.iter().map(StoreName::as_str).collect();
        let mut words = format!("look at the stores {}", stores.join(", "));
        if !self.places.is_empty() {
            let places: Vec<&str> = self.places.iter().map(Place::as_str).collect();
            let verb = if self.write { "read, write and remove" } else { "read" };
            words.push_str(&format!(", {verb} entries of {}", places.join(", ")));
        }
        for sql in &self.sql {
            words.push_str(&format!(", run `{}`", sql.in_one_line()));
        }
        words
    }

    /// The grant as a line of a bundle or an operator's file.
    pub fn to_toml(&self) -> String {
        let mut parts = vec![format!("stores = {}", list(&self.stores))];
        if !self.places.is_empty() {
            parts.push(format!("places = {}", list(&self.places)));
        }
        if !self.sql.is_empty() {
            let sql: Vec<String> = self.sql.iter().map(Sql::to_toml).collect();
            parts.push(format!("sql = [{}]", sql.join(", ")));
        }
        if self.write {
            parts.push("write = true".to_owned());
        }
        format!("{{ {} }}", parts.join(", "))
    }

    /// What of it no single entry of the operator lets through, for one of its stores; none if all of it is.
    fn lacking(&self, store: &StoreName, ceiling: &[Self]) -> Option<Self> {
        let entries = || ceiling.iter().filter(|entry| entry.stores.contains(store));
        let place = |place: &&Place| !entries().any(|entry| entry.covers_place(place, self.write));
        let places: Vec<Place> = self.places.iter().filter(place).cloned().collect();
        // What writes is denied under a grant without `write`, so it is no ask.
        let asked = self.sql.iter().filter(|sql| self.covers_sql(sql));
        let sql: Vec<Sql> = asked.filter(|sql| !entries().any(|entry| entry.covers_sql(sql))).cloned().collect();
        if places.is_empty() && sql.is_empty() && entries().next().is_some() {
            return None;
        }
        let write = self.write && (!places.is_empty() || sql.iter().any(Sql::writes));
        Some(Self { stores: vec![store.clone()], places, sql, write })
    }
}

/// Decides about a call, or says why it is denied. `shown` is the call as people read it.
pub(super) fn judge(phase: &PhaseId, grants: &[DataGrant], ask: &DataAsk, shown: &str) -> Result<Class, Denial> {
    if grants.iter().any(|grant| grant.covers(ask)) {
        return Ok(ask.class());
    }
    let mut line =
        DataGrant { stores: vec![ask.store.clone()], write: ask.class() == Class::Effect, ..DataGrant::default() };
    let what = match &ask.piece {
        DataPiece::Facts => "looking at".to_owned(),
        DataPiece::Entry { place, write } => {
            line.places.push(place.clone());
            format!("{} entries of {place} in", if *write { "writing" } else { "reading" })
        }
        DataPiece::Sql(sql) => {
            line.sql.push(sql.clone());
            "this text of SQL in".to_owned()
        }
    };
    let granted: Vec<String> = grants.iter().filter(|grant| !grant.is_empty()).map(DataGrant::words).collect();
    let granted = if granted.is_empty() { "nothing".to_owned() } else { granted.join("; ") };
    Err(Denial {
        wanted: format!("data {shown}"),
        reason: format!("no grant covers {what} store {}; granted: {granted}", ask.store),
        remedy: format!(
            "to allow it, add to [phase.grants] of '{phase}' in bundle.toml:\n    data = [{}]\nand to the operator's file, which bounds every bundle on this machine",
            line.to_toml()
        ),
    })
}

/// What the grants let through and the operator does not allow.
pub(super) fn missing(ask: &[DataGrant], ceiling: &[DataGrant]) -> Vec<Missing> {
    let mut missing = Vec::new();
    for grant in ask {
        let mut lines: Vec<DataGrant> = Vec::new();
        for store in &grant.stores {
            let Some(lacking) = grant.lacking(store, ceiling) else { continue };
            let alike = |line: &&mut DataGrant| {
                (&line.places, &line.sql, line.write) == (&lacking.places, &lacking.sql, lacking.write)
            };
            match lines.iter_mut().find(alike) {
                Some(line) => line.stores.push(store.clone()),
                None => lines.push(lacking),
            }
        }
        missing.extend(lines.into_iter().map(|line| Missing {
            what: line.words(),
            table: "",
            line: format!("data = [{}]", line.to_toml()),
        }));
    }
    missing
}

#[cfg(test)]
mod tests {
    use super::*;

    const COUNT: &str = "select count(*) from users";
    const PURGE: &str = "delete from holdpoint where age > $1";

    fn grant(stores: &[&str], places: &[&str], sql: &[&str], write: bool) -> DataGrant {
        DataGrant {
            stores: stores.iter().map(|s| StoreName::parse(s).unwrap()).collect(),
            places: places.iter().map(|p| Place::parse(p).unwrap()).collect(),
            sql: sql.iter().map(|s| Sql::parse(s).unwrap()).collect(),
            write,
        }
    }

    fn facts(store: &str) -> DataAsk {
        DataAsk { store: StoreName::parse(store).unwrap(), piece: DataPiece::Facts }
    }

    fn entry(store: &str, place: &str, write: bool) -> DataAsk {
        DataAsk { piece: DataPiece::Entry { place: Place::parse(place).unwrap(), write }, ..facts(store) }
    }

    fn sql(store: &str, text: &str) -> DataAsk {
        DataAsk { piece: DataPiece::Sql(Sql::parse(text).unwrap()), ..facts(store) }
    }

    fn allows(grants: &[DataGrant], ask: &DataAsk) -> Result<Class, Denial> {
        judge(&PhaseId::parse("stores").unwrap(), grants, ask, "look at db")
    }

    #[test]
    fn an_empty_list_grants_nothing() {
        for grants in [vec![], vec![grant(&[], &["t"], &[COUNT], true)]] {
            for ask in [facts("db"), entry("db", "t", false), entry("db", "t", true), sql("db", COUNT)] {
                assert!(allows(&grants, &ask).is_err(), "{grants:?} {ask:?}");
            }
            assert_eq!(missing(&grants, &[]), []);
        }
        let looks = [grant(&["db"], &[], &[], true)];
        assert_eq!(allows(&looks, &facts("db")), Ok(Class::Read));
        for ask in [entry("db", "t", false), sql("db", COUNT), facts("other")] {
            assert!(allows(&looks, &ask).is_err(), "{ask:?}");
        }
    }

    #[test]
    fn reading_is_what_is_granted_unless_writing_is_too() {
        let reads = [grant(&["db"], &["t"], &[COUNT, PURGE], false)];
        for ask in [facts("db"), entry("db", "t", false), sql("db", COUNT)] {
            assert_eq!(allows(&reads, &ask), Ok(Class::Read));
        }
        for ask in [entry("db", "t", true), sql("db", PURGE), entry("db", "other", false), entry("cache", "t", false)] {
            assert!(allows(&reads, &ask).is_err(), "{ask:?}");
        }
        let writes = [grant(&["db"], &["t"], &[COUNT, PURGE], true)];
        assert_eq!(allows(&writes, &entry("db", "t", true)), Ok(Class::Effect));
        assert_eq!(allows(&writes, &sql("db", PURGE)), Ok(Class::Effect));
        assert_eq!(allows(&writes, &sql("db", COUNT)), Ok(Class::Read), "what reads is a read wherever it stands");
        assert_eq!(allows(&writes, &entry("db", "t", false)), Ok(Class::Read));
    }

    #[test]
    fn a_text_of_sql_is_granted_as_it_stands() {
        let grants = [grant(&["db"], &[], &[COUNT], false)];
        for other in
            ["select count(*) from  users", "select count(*) from users where true", "SELECT count(*) from users"]
        {
            assert!(allows(&grants, &sql("db", other)).is_err(), "{other}");
        }
    }

    #[test]
    fn a_denial_names_the_line_that_would_allow_it() {
        let denial = allows(&[grant(&["cache"], &["hp"], &[], true)], &entry("db", "hp", true)).unwrap_err();
        assert_eq!(denial.wanted, "data look at db");
        assert_eq!(
            denial.reason,
            "no grant covers writing entries of hp in store db; granted: look at the stores cache, read, write and remove entries of hp"
        );
        assert!(
            denial.remedy.contains("data = [{ stores = [\"db\"], places = [\"hp\"], write = true }]\nand to"),
            "{denial:?}"
        );
        let denial = allows(&[], &sql("db", "select \"a\\b\" from t")).unwrap_err();
        assert!(
            denial.remedy.contains(r#"data = [{ stores = ["db"], sql = ["select \"a\\b\" from t"] }]"#),
            "{denial:?}"
        );
        assert!(allows(&[], &facts("db")).unwrap_err().remedy.contains("data = [{ stores = [\"db\"] }]"));
    }

    #[test]
    fn asks_for_the_difference_only() {
        let ceiling = [grant(&["a", "b"], &["t"], &[COUNT], false), grant(&["a"], &["w"], &[PURGE], true)];
        let lines = |ask| -> Vec<String> { missing(&[ask], &ceiling).into_iter().map(|m| m.line).collect() };
        assert_eq!(lines(grant(&["a"], &["t", "w"], &[COUNT], false)), [""; 0]);
        assert_eq!(lines(grant(&["a"], &["w"], &[PURGE], true)), [""; 0]);
        assert_eq!(lines(grant(&["c"], &[], &[], false)), ["data = [{ stores = [\"c\"] }]"]);
        assert_eq!(
            lines(grant(&["a", "b"], &["t"], &[COUNT], true)),
            ["data = [{ stores = [\"a\", \"b\"], places = [\"t\"], write = true }]"],
            "what may be read is not written behind the operator's back"
        );
        assert_eq!(
            lines(grant(&["b"], &[], &[PURGE], true)),
            [format!("data = [{{ stores = [\"b\"], sql = [\"{PURGE}\"], write = true }}]")]
        );
    }
}
