//! The Test Anything Protocol. Only the outermost cases count: each stands for what lies within it.

use super::report::{Outcome, ParseError, TestCase, TestReport, append};

pub(super) fn parse(text: &str) -> Result<TestReport, ParseError> {
    let mut tap = Tap::default();
    for (number, line) in (1..).zip(text.lines()) {
        let wrong = |why: &str| ParseError::Malformed(format!("line {number}: {why}"));
        if tap.block {
            tap.fact(line)?;
        } else if line.trim() == "---" && line.starts_with("  ") && !line.starts_with("    ") {
            tap.block = true;
        } else if let Some(reason) = line.strip_prefix("Bail out!") {
            return Err(ParseError::Incomplete(format!("the runner gave up: {}", short(reason))));
        } else if let Some(planned) = line.strip_prefix("1..") {
            let planned = planned.split('#').next().unwrap_or_default().trim();
            let planned = planned.parse().map_err(|_| wrong("a plan is 1.. and a number"))?;
            if tap.planned.replace(planned).is_some() {
                return Err(wrong("there is a second plan"));
            }
        } else if let Some(case) = case(line) {
            tap.finish()?;
            tap.case = Some(case.map_err(wrong)?);
        } else if let (Some(remark), Some(case)) = (line.strip_prefix("# "), &mut tap.case)
            && case.outcome == Outcome::Fail
            && tap.remarks
        {
            append(case.message.get_or_insert_default(), &format!("{remark}\n"));
        }
    }
    tap.finish()?;
    if tap.block {
        return Err(ParseError::Incomplete("it ends within a block of facts".into()));
    }
    let found = tap.report.cases.len();
    match tap.planned {
        Some(planned) if planned == found => Ok(tap.report),
        Some(planned) => Err(ParseError::Incomplete(format!("it plans {planned} cases and has {found}"))),
        None => Err(ParseError::Incomplete("it has no plan".into())),
    }
}

#[derive(Default)]
struct Tap {
    planned: Option<usize>,
    case: Option<TestCase>,
    /// Within the lines of facts after a case.
    block: bool,
    /// Remarks after a case belong to it, until its facts have been given.
    remarks: bool,
    report: TestReport,
}

impl Tap {
    fn finish(&mut self) -> Result<(), ParseError> {
        self.remarks = true;
        self.case.take().map_or(Ok(()), |case| self.report.push(case))
    }

    /// A line of the facts after a case. Of their YAML only plain keys of the first level are of use.
    fn fact(&mut self, line: &str) -> Result<(), ParseError> {
        if line.trim() == "..." {
            (self.block, self.remarks) = (false, false);
            return Ok(());
        }
        let (Some(case), Some(fact)) = (&mut self.case, line.strip_prefix("  ")) else { return Ok(()) };
        match fact.split_once(": ") {
            Some(("duration_ms", value)) => {
                case.seconds = value.trim().parse::<f64>().ok().map(|milliseconds| milliseconds / 1_000.0);
            }
            Some(("message" | "error", value)) if case.outcome != Outcome::Pass => {
                append(case.message.get_or_insert_default(), value.trim_matches(['\'', '"']));
            }
            _ => {}
        }
        Ok(())
    }
}

/// Reads `ok 1 - name # SKIP reason`; none if the line is no case.
fn case(line: &str) -> Option<Result<TestCase, &'static str>> {
    let (passed, rest) = match line.strip_prefix("not ok") {
        Some(rest) => (false, rest),
        None => (true, line.strip_prefix("ok")?),
    };
    if !rest.is_empty() && !rest.starts_with(' ') {
        return None;
    }
    let rest = rest.trim_start();
    let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    if digits > 9 {
        return Some(Err("the number of a case is too large"));
    }
    let rest = rest[digits..].trim_start();
    let rest = rest.strip_prefix("- ").unwrap_or(rest);
    let (name, directive) = directive(rest);
    let outcome = match (directive, passed) {
        (Some(_), _) => Outcome::Skipped,
        (None, true) => Outcome::Pass,
        (None, false) => Outcome::Fail,
    };
    let message = directive.map(|reason| {
        let mut message = String::new();
        append(&mut message, reason);
        message
    });
    Some(Ok(TestCase { suite: String::new(), name: name.replace("\\#", "#"), outcome, seconds: None, message }))
}

/// The name of a case, and why it does not count, if it does not: it was skipped, or is known not to be done.
fn directive(text: &str) -> (&str, Option<&str>) {
    for (at, _) in text.match_indices('#') {
        let words = text[at + 1..].trim_start();
        let word = words.get(..4).unwrap_or_default();
        let counts = !word.eq_ignore_ascii_case("skip") && !word.eq_ignore_ascii_case("todo");
        if text[..at].ends_with('\\') || counts {
            continue;
        }
        let reason = words[4..].trim_start_matches(|c: char| c.is_alphabetic() || c == ':');
        return (text[..at].trim_end(), Some(reason.trim()));
    }
    (text.trim_end(), None)
}

fn short(text: &str) -> String {
    text.trim().chars().take(200).collect()
}
