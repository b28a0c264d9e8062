//! Packages of Python: each can be imported, and is recent enough.

use std::collections::BTreeMap;

use holdpoint::prelude::*;
use holdpoint::{Exit, Finished};

use crate::command::cut;
use crate::version::Version;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Python {
    row: String,
    tool: String,
    /// The module that is imported, by the name of what is installed.
    pub(crate) packages: BTreeMap<String, String>,
    /// The oldest version that will do.
    #[serde(default)]
    at_least: BTreeMap<String, String>,
}

/// Imports what is asked for, one after the other, and tells the versions as JSON. Whatever an import prints goes elsewhere.
pub(crate) const SCRIPT: &str = "\
import contextlib, importlib, importlib.metadata, json, sys
found = {}
with contextlib.redirect_stdout(sys.stderr):
    for name, module in json.load(sys.stdin).items():
        try:
            importlib.import_module(module)
            found[name] = {'version': importlib.metadata.version(name)}
        except BaseException as error:
            found[name] = {'error': type(error).__name__ + ': ' + str(error)}
print(json.dumps(found))
";

#[derive(Deserialize)]
struct Found {
    version: Option<String>,
    error: Option<String>,
}

impl Python {
    pub(crate) fn row(&self) -> &str {
        &self.row
    }

    /// What asks for the packages.
    pub(crate) fn command(&self) -> Tool {
        Tool::new(&self.tool).argument("-c").argument(SCRIPT).stdin(json!(self.packages).to_string())
    }

    /// A check for each package, in the order of their names.
    pub(crate) fn judge(&self, cx: &Context) {
        let done = match cx.exec().run(&self.command()) {
            Ok(done) => done,
            Err(error) => return self.each(cx, |check| check.from_error(&error)),
        };
        if let exit @ Exit::Killed(_) = done.exit() {
            return self.each(cx, |check| check.inconclusive(observed(exit), &done));
        }
        match answer(&done) {
            Ok(found) => {
                for name in self.packages.keys() {
                    self.package(cx, name, found.get(name), &done);
                }
            }
            Err(why) => self.each(cx, |check| check.fail(expected("an answer"), observed(&why), &done)),
        }
    }

    fn each(&self, cx: &Context, judge: impl Fn(Check<'_>)) {
        self.packages.keys().for_each(|name| judge(self.check(cx, name)));
    }

    fn check<'c>(&self, cx: &'c Context, name: &str) -> Check<'c> {
        cx.check([&self.row], format!("{name} can be imported"))
    }

    fn package(&self, cx: &Context, name: &str, found: Option<&Found>, done: &Finished) {
        let least = self.at_least.get(name);
        let wanted = match least {
            Some(least) => expected(format!("{name} {least} or later")),
            None => expected(name),
        };
        let check = self.check(cx, name).expecting(wanted.clone());
        let version = match found {
            Some(Found { version: Some(version), .. }) => version,
            Some(Found { error: Some(error), .. }) => {
                let seen = format!("{}; pip install {name}", cut(error));
                return check.fail(wanted, observed(seen), done);
            }
            _ => return check.inconclusive(observed("nothing is told of it"), done),
        };
        let Some(least) = least else { return check.pass(observed(version), done) };
        match (Version::parse(version), Version::parse(least)) {
            (Some(has), Some(least)) => check.passes_if(has >= least, wanted, observed(has), done),
            _ => check.inconclusive(observed(format!("{version}, which can't be compared with {least}")), done),
        }
    }
}

fn answer(done: &Finished) -> Result<BTreeMap<String, Found>, String> {
    if !done.is_success() {
        return Err(format!("{}: {}", done.exit(), cut(&done.last_line())));
    }
    serde_json::from_slice(done.stdout()).map_err(|error| format!("its answer can't be read: {error}"))
}
