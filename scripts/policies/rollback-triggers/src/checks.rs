//! What phases have found, where a trigger follows from their checks.

use holdpoint::policy::prelude::*;
use holdpoint::policy::{Names, SeenCheck, said};

use crate::{ROLLBACK, is_seen};

/// Checks of some rows.
pub(crate) struct Judged {
    passed: Vec<SeenCheck>,
    failed: Vec<SeenCheck>,
    /// Those that say neither.
    others: usize,
}

/// What follows of checks and series for one trigger.
pub(crate) struct Followed {
    name: &'static str,
    expected: &'static str,
    observed: String,
    /// Since when it is so.
    fires_since: Option<Time>,
    /// It could have fired.
    seen: bool,
}

impl Judged {
    pub(crate) fn of(cx: &Context, rows: &[String]) -> Self {
        let about = |check: &SeenCheck| check.requirements.iter().any(|row| rows.contains(row));
        let mut judged = Self { passed: Vec::new(), failed: Vec::new(), others: 0 };
        for check in cx.checks().into_iter().filter(about) {
            match check.verdict {
                Pass => judged.passed.push(check),
                Fail => judged.failed.push(check),
                _ => judged.others += 1,
            }
        }
        judged
    }

    fn count(&self) -> String {
        let Self { passed, failed, others } = self;
        let all = passed.len() + failed.len() + others;
        let first = failed.first().map(|check| format!(", first `{}`", check.name)).unwrap_or_default();
        format!("{} of {all} checks failed{first}", failed.len())
    }
}

/// RB-T3: one failed check, or one leak, is enough.
pub(crate) fn isolation(cx: &Context, judged: &Judged, series: &Names) -> Result<Followed> {
    let selector = Selector::new(&series.leaks);
    let evidence = cx.evidence([Ask::whole(selector.clone(), cx.now())])?;
    let counted = || evidence.select(&selector).flat_map(|series| evidence.samples(series, Time(i64::MIN), cx.now()));
    let all: f64 = counted().map(|sample| sample.value).sum();
    let first = counted().filter(|sample| sample.value > 0.0).map(|sample| sample.at).min();
    let failed = judged.failed.iter().map(|check| check.at).min();
    let any = counted().next().is_some();
    let told = if any { format!("{} leaks; ", said(all, Unit::Number)) } else { String::new() };
    Ok(Followed {
        name: "Isolation Failure",
        expected: "no user is shown what is another's",
        observed: format!("{told}{}", judged.count()),
        fires_since: first.into_iter().chain(failed).min(),
        // A check that says neither may have been the one that fails. Where nobody saw even what is their own, no leak would have been seen.
        seen: judged.others == 0 && (is_seen(cx, &series.isolation)? || !judged.passed.is_empty()),
    })
}

/// RB-T5: all of them have failed, and for so long no other has come; at the end there is none to come. `None` without any check.
pub(crate) fn authentication(cx: &Context, judged: &Judged, lasting: Span) -> Option<Followed> {
    let Judged { passed, failed, others } = judged;
    if passed.is_empty() && failed.is_empty() && *others == 0 {
        return None;
    }
    let latest = failed.iter().map(|check| check.at).max().filter(|_| passed.is_empty() && *others == 0);
    Some(Followed {
        name: "Authentication Broken in Every Check",
        expected: "somebody can log in",
        observed: judged.count(),
        fires_since: latest.filter(|at| cx.is_last() || cx.now() - *at >= lasting),
        seen: !passed.is_empty(),
    })
}

/// What does not fire is good news at the end, if it could have fired.
pub(crate) fn told(cx: &Context, followed: Followed, row: &str) -> Finding {
    let Followed { name, expected, observed, fires_since, seen } = followed;
    let verdict = match (fires_since, cx.is_last()) {
        (Some(_), _) => Fail,
        (None, false) => Pending,
        (None, true) if seen => Pass,
        (None, true) => Inconclusive,
    };
    let finding = Finding::new(name, verdict).rows([row]).expected(expected).observed(observed);
    Finding {
        severity: Some(Severity::Critical),
        since: fires_since,
        firing: fires_since.is_some(),
        action: Some(ROLLBACK.to_owned()),
        ..finding
    }
}
