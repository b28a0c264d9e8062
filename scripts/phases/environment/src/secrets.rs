//! Secrets beside those of other environments.

use holdpoint::prelude::*;

use crate::ROW;

/// A check for each secret.
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
        } else if !different.is_empty() {
            let rest = if unknown.is_empty() { String::new() } else { format!("; not here: {}", unknown.join(", ")) };
            check.pass(observed(format!("others have {}{rest}", different.join(", "))), ());
        } else if unknown.is_empty() {
            let why =
                "the operator's file has no secret of another environment (`environment = \"…\"` below [secrets.NAME])";
            check.not_exercised(why);
        } else {
            check.not_exercised(format!("this machine has no value to compare with: {}", unknown.join(", ")));
        }
    }
}
