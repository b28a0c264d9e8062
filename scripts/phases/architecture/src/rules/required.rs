//! Files that have to be there, of any kind.

use holdpoint::prelude::*;

use crate::globs::Globs;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Required {
    /// Paths or patterns; each must match at least one file.
    files: Globs,
}

impl Required {
    /// Asks for each; the answer of the listing is the evidence.
    pub(crate) fn judge(&self, cx: &Context, directory: &str) {
        let (mut missing, mut refused, mut found, mut calls) = (Vec::new(), Vec::new(), 0, Vec::new());
        for pattern in self.files.texts() {
            match cx.files().glob(directory, pattern) {
                Ok(listing) => {
                    calls.extend(listing.calls());
                    found += listing.len();
                    if listing.is_empty() {
                        missing.push(pattern.as_str());
                    }
                }
                Err(error) => {
                    calls.extend(error.calls());
                    refused.push(format!("{pattern}: {error}"));
                }
            }
        }
        let wanted = expected(format!("a file for each of {}", self.files));
        let check = cx.check(["P1.1"], "required files are there").expecting(wanted.clone());
        if !missing.is_empty() {
            check.fail(wanted, observed(format!("missing: {}", missing.join(", "))), calls);
        } else if !refused.is_empty() {
            check.inconclusive(observed(refused.join("; ")), calls);
        } else {
            check.pass(observed(format!("all are there, {found} files")), calls);
        }
    }
}
