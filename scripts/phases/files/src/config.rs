//! What the bundle says of files.

use holdpoint::Login;
use holdpoint::prelude::*;

const MOST_SIZES: usize = 8;
/// The longest body that a phase is shown whole.
const LARGEST: u32 = 8 * 1024 * 1024;
/// A byte less than the longest body that a phase may send.
const LARGEST_LIMIT: u32 = 16 * 1024 * 1024 - 1;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    pub(crate) service: String,
    pub(crate) login: Option<Login>,
    pub(crate) upload: Upload,
    pub(crate) download: Place,
    pub(crate) delete: Option<Place>,
    #[serde(default = "usual_sizes")]
    pub(crate) sizes: Vec<u32>,
    pub(crate) limit: Option<u32>,
    #[serde(default = "too_large")]
    pub(crate) refusals: Vec<u16>,
    #[serde(default = "yes")]
    pub(crate) ranges: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Upload {
    pub(crate) path: String,
    pub(crate) id: String,
    pub(crate) hash: Option<String>,
}

/// Where a file is, by its `{id}`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Place {
    path: String,
}

impl Place {
    pub(crate) fn of(&self, id: &str) -> String {
        self.path.replace("{id}", id)
    }
}

fn usual_sizes() -> Vec<u32> {
    vec![1, 64 * 1024]
}

fn too_large() -> Vec<u16> {
    vec![413]
}

fn yes() -> bool {
    true
}

impl Config {
    pub(crate) fn check(&self) -> Result<()> {
        if !(1..=MOST_SIZES).contains(&self.sizes.len()) {
            return Err(Error::new(format!(
                "config.sizes names 1 to {MOST_SIZES} sizes; without any nothing comes back"
            )));
        }
        if let Some(size) = self.sizes.iter().find(|size| !(1..=LARGEST).contains(*size)) {
            return Err(Error::new(format!("config.sizes: {size} is not from 1 to {LARGEST} bytes")));
        }
        if let Some(limit) = self.limit.filter(|limit| !(1..=LARGEST_LIMIT).contains(limit)) {
            return Err(Error::new(format!("config.limit is 1 to {LARGEST_LIMIT} bytes, not {limit}")));
        }
        if let (Some(limit), Some(size)) =
            (self.limit, self.sizes.iter().max().filter(|size| Some(**size) > self.limit))
        {
            return Err(Error::new(format!("config.sizes: {size} is above config.limit, which is {limit}")));
        }
        if self.refusals.is_empty() || self.refusals.iter().any(|status| !(400..500).contains(status)) {
            return Err(Error::new("config.refusals names statuses from 400 to 499"));
        }
        let places = [("download", Some(&self.download)), ("delete", self.delete.as_ref())];
        let places = || places.iter().filter_map(|(field, place)| Some((*field, &place.as_ref()?.path)));
        for (field, path) in places().chain([("upload", &self.upload.path)]) {
            if !path.starts_with('/') {
                return Err(Error::new(format!("config.{field}.path `{path}` must begin with `/`")));
            }
        }
        if let Some((field, _)) = places().find(|(_, path)| !path.contains("{id}")) {
            return Err(Error::new(format!(
                "config.{field}.path has no {{id}}, so it would be the same for every file"
            )));
        }
        for (field, place) in [("id", Some(&self.upload.id)), ("hash", self.upload.hash.as_ref())] {
            if place.is_some_and(|place| !place.starts_with('/')) {
                return Err(Error::new(format!("config.upload.{field} is a place within JSON, as in \"/id\"")));
            }
        }
        Ok(())
    }
}
