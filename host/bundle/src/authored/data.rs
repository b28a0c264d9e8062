//! Stores as they are granted, in `[phase.grants]` and in the entry of a bundle in the operator's file.

use holdpoint_model::grant::{DataGrant, Place, Sql, StoreName};
use toml_span::value::Value;

use crate::authored::grants::Fill;
use crate::diagnostic::Problems;
use crate::reading::{Fields, Located};

/// One entry of `data`.
#[derive(Debug)]
pub(crate) struct AuthoredData {
    pub(crate) stores: Vec<Located<String>>,
    places: Vec<Located<String>>,
    sql: Vec<Located<String>>,
    write: bool,
}

impl AuthoredData {
    pub(crate) fn read(value: &Value<'_>, problems: &mut Problems<'_>) -> Option<Self> {
        let mut fields = Fields::open(value, "a grant of data", problems)?;
        let stores = fields.strings("stores", problems);
        if stores.is_none() {
            problems.at(fields.at, "a grant of data lacks `stores`, e.g. stores = [\"database\"]");
        }
        let (places, sql) = (fields.strings("places", problems), fields.strings("sql", problems));
        let write = fields.boolean("write", problems).unwrap_or(false);
        fields.close(problems);
        Some(Self {
            stores: stores.unwrap_or_default(),
            places: places.unwrap_or_default(),
            sql: sql.unwrap_or_default(),
            write,
        })
    }

    /// The grant, with every string filled. Mistaken parts are reported and left out.
    pub(crate) fn resolve(&self, fill: &mut Fill<'_, '_>) -> DataGrant {
        let sql = |text: &str| match Sql::parse(text) {
            Ok(sql) if sql.writes() && !self.write => {
                Err(format!("`{}` writes, and the grant has no write = true", sql.in_one_line()))
            }

            parsed => parsed.map_err(|error| error.to_string()),
        };
        DataGrant {
            stores: fill.all(&self.stores, StoreName::parse),
            places: fill.all(&self.places, Place::parse),
            sql: fill.all(&self.sql, sql),
            write: self.write,
        }
    }

    /// Those of the entry of a bundle; an operator's file has no variables.
    pub(crate) fn read_granted(fields: &mut Fields<'_, '_>, problems: &mut Problems<'_>) -> Vec<DataGrant> {
        let list = fields.list("data", problems).unwrap_or_default();
        let authored: Vec<Self> = list.iter().filter_map(|item| Self::read(item, problems)).collect();
        let filler = |text: &Located<String>, _: &mut Problems<'_>| Some(text.value.clone());
        let mut fill = Fill { filler: &filler, problems };
        authored.iter().map(|data| data.resolve(&mut fill)).collect()
    }
}
