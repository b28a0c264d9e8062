//! What differs between dashboards and alert policies: a row, a word for people, and commands.

use holdpoint::Command;
use serde_json::Value;

pub(crate) struct Kind {
    pub(crate) row: &'static str,
    /// What one of them is called.
    pub(crate) noun: &'static str,
    /// The words before the verb.
    words: &'static str,
    /// The flag that takes a definition.
    flag: &'static str,
    /// An update must name the version that it was made from.
    versioned: bool,
}

pub(crate) const DASHBOARDS: Kind = Kind {
    row: "P4.2.dashboards",
    noun: "dashboard",
    words: "monitoring dashboards",
    flag: "config-from-file",
    versioned: true,
};

pub(crate) const ALERTS: Kind = Kind {
    row: "P4.2.alerts",
    noun: "alert policy",
    words: "alpha monitoring policies",
    flag: "policy-from-file",
    versioned: false,
};

impl Kind {
    pub(crate) fn list(&self) -> Command {
        Command::new(&format!("{} list", self.words))
    }

    pub(crate) fn create(&self, body: &Value) -> Command {
        Command::new(&format!("{} create", self.words)).flag(self.flag, "-").stdin(body.to_string())
    }

    /// None if what was found has no name to call it by.
    pub(crate) fn update(&self, found: &Value, body: &Value) -> Option<Command> {
        let id = found.get("name")?.as_str()?.rsplit('/').next().filter(|id| !id.is_empty())?;
        let mut body = body.clone();
        if let Some(etag) = found.get("etag").filter(|_| self.versioned) {
            body.as_object_mut()?.insert("etag".to_owned(), etag.clone());
        }
        let command = Command::new(&format!("{} update", self.words)).argument(id);
        Some(command.flag(self.flag, "-").stdin(body.to_string()))
    }
}
