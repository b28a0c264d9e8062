//! Secrets by name: there is a value, and it is not one that stands in a guide.

use std::collections::BTreeMap;

use holdpoint::prelude::*;

/// A check for each secret, in the order of their names.
pub(crate) fn judge(cx: &Context, rows: &BTreeMap<String, String>) {
    for (name, row) in rows {
        let wanted = expected(format!("a real value for {name}"));
        let check = cx.check([row], format!("{name} is set")).expecting(wanted.clone());
        let facts = match cx.secrets().available(name) {
            Ok(facts) => facts,
            Err(error) => {
                check.from_error(error);
                continue;
            }
        };
        if !facts.present {
            check.fail(wanted, observed(format!("no value; {}", remedy(name))), ());
        } else if facts.stand_in {
            let seen = format!("a text of {} bytes that only stands for a value; {}", facts.length, remedy(name));
            check.fail(wanted, observed(seen), ());
        } else {
            check.pass(observed("set"), ());
        }
    }
}

/// What to do. Where the value comes from is written in a file that no phase sees.
fn remedy(name: &str) -> String {
    format!("set it where [secrets.{name}] of the operator's file takes it from, and run again")
}
