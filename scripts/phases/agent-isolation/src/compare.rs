//! Those who did nothing wrong, beside the control group.

use holdpoint::load::{Beside, Stopped};
use holdpoint::prelude::*;

use crate::config::Config;
use crate::{BIZ, FAILURES};

pub(crate) fn judge(cx: &Context, config: &Config, control: &Stopped, disturbed: &Stopped) {
    let touched = cx.check([BIZ], "the failing agents of some do not touch the others");
    let none = cx.check([FAILURES], "nobody fails because somebody else does");
    let beside = Beside { control, disturbed, slowdown: config.slowdown };
    if let Some(why) = beside.unproven("no agent failed") {
        touched.inconclusive(observed(&why), disturbed);
        none.inconclusive(observed(&why), disturbed);
        return;
    }
    let seen = format!("{} agents failed, and {}", disturbed.deliberate(), beside.others());
    touched.passes_if(beside.is_untouched(), expected(beside.expected()), observed(seen), disturbed);
    let seen = beside.failures();
    if control.failed() > 0 {
        let why = format!("{seen}; {} failed in the control group too, so nobody can tell why", control.failed());
        return none.inconclusive(observed(why), control);
    }
    none.passes_if(disturbed.failed() == 0, expected("no failure"), observed(seen), disturbed);
}
