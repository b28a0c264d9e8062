//! Those who did nothing wrong, beside the control group.

use holdpoint::load::{Beside, Harm, Stopped};
use holdpoint::prelude::*;

use crate::config::Config;
use crate::{BIZ, FAILURES};

pub(crate) fn judge(cx: &Context, config: &Config, control: &Stopped, disturbed: &Stopped) {
    let touched = cx.check([BIZ], "what some do wrong does not touch the others");
    let none = cx.check([FAILURES], "nobody fails because somebody else does");
    let beside = Beside { control, disturbed, slowdown: config.slowdown };
    let harms = disturbed.disturbed.as_ref().filter(|disturbed| disturbed.harmed() > 0);
    let nothing = "nothing went wrong on purpose";
    let unproven = match harms {
        Some(_) => beside.unproven(nothing),
        None => Some(format!("{nothing}, so nothing could have touched anybody; {}", disturbed.words())),
    };
    if let Some(why) = unproven {
        touched.inconclusive(observed(&why), disturbed);
        none.inconclusive(observed(&why), disturbed);
        return;
    }
    let done = harms.map_or_else(String::new, ToString::to_string);
    let seen = format!("{done}{}, and {}", never(config, disturbed), beside.others());
    touched.passes_if(beside.is_untouched(), expected(beside.expected()), observed(seen), disturbed);
    let seen = beside.failures();
    if control.failed() > 0 {
        let why = format!("{seen}; {} failed in the control group too, so nobody can tell why", control.failed());
        return none.inconclusive(observed(why), control);
    }
    none.passes_if(disturbed.failed() == 0, expected("no failure"), observed(seen), disturbed);
}

/// The kinds whose turn did not come. Nobody shall take them for borne.
fn never(config: &Config, disturbed: &Stopped) -> String {
    let came = |harm: &Harm| {
        disturbed.disturbed.iter().flat_map(|told| &told.harms).any(|(done, times)| done == harm && *times > 0)
    };
    let never: Vec<String> = config.harms.iter().filter(|harm| !came(harm)).map(ToString::to_string).collect();
    if never.is_empty() { String::new() } else { format!(", never {}", never.join(", ")) }
}
