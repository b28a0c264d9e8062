//! As much of JSON Schema as docs/schema uses and a reader wants to know. Fields keep the order in which they are written.

use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::Value;

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Schema {
    pub(super) title: Option<String>,
    pub(super) description: Option<String>,
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    pub(super) properties: IndexMap<String, Schema>,
    pub(super) required: Vec<String>,
    /// `false`, or the schema of values below names of the reader's own.
    pub(super) additional_properties: Option<Names>,
    pub(super) items: Option<Box<Schema>>,
    pub(super) any_of: Vec<Schema>,
    #[serde(rename = "enum")]
    pub(super) words: Vec<Value>,
    pub(super) default: Option<Value>,
    pub(super) examples: Vec<Value>,
    pub(super) minimum: Option<u64>,
    pub(super) maximum: Option<u64>,
    #[serde(rename = "$ref")]
    pub(super) reference: Option<String>,
    #[serde(rename = "$defs")]
    pub(super) defs: IndexMap<String, Schema>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Names {
    Known(#[expect(dead_code, reason = "what counts is that it is no schema")] bool),
    Free(Box<Schema>),
}

impl Schema {
    /// The schema of values below names of the reader's own.
    pub(super) fn free(&self) -> Option<&Schema> {
        match &self.additional_properties {
            Some(Names::Free(schema)) => Some(schema),
            Some(Names::Known(_)) | None => None,
        }
    }
}
