//! Secrets beside those of other environments.

use holdpoint::prelude::*;

use crate::ROW;

/// What to do about one that can't be compared.
const REMEDY: &str = "bind the other environment's secret in the operator's file, with its value and `environment = \"production\"`, or leave this one out of `secrets`";

/// A check for each secret. One that is not compared with all of the others is never good news.
pub(crate) fn judge(cx: &Context, names: &[String]) {
    for name in names {
        let wanted = expected("a value that no other environment has");
        let check = cx.check([ROW], format!("{name} is of this environment alone")).expecting(wanted.clone());
        let others = match cx.secrets().elsewhere(name) {
            Ok(others) => others,
            Err(error) => {
                check.from_error(error);
                continue;
            }
        };
        let of = |alike: Option<bool>| -> Vec<String> {
            let those = others.iter().filter(|other| other.alike == alike);
            those.map(|other| format!("{} of {}", other.name, other.environment)).collect()
        };
        let (same, different, unknown) = (of(Some(true)), of(Some(false)), of(None));
        if !same.is_empty() {
            let seen = format!("{} has the same value; give each environment its own", same.join(", "));
            check.fail(wanted, observed(seen), ());
        } else if !unknown.is_empty() {
            let seen = format!("this machine has no value to compare with: {}; {REMEDY}", unknown.join(", "));
            check.inconclusive(observed(seen), ());
        } else if different.is_empty() {
            let seen = format!("the operator's file has no secret of another environment; {REMEDY}");
            check.inconclusive(observed(seen), ());
        } else {
            check.pass(observed(format!("others have {}", different.join(", "))), ());
        }
    }
}
