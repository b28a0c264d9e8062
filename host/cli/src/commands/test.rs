//! `holdpoint test`

use std::{path::PathBuf, time::Duration};

use holdpoint_app::{Came, Case, Machine, RunRef, TestChoices, Tested};
use holdpoint_model::{Verdict, grant::parse_duration};
use holdpoint_report::{Page, Tone};
use serde_json::{Value, json};

use super::Output;
use crate::{exit_code::Exit, terminal};

/// Tries the fixtures of a module on the real engine, without a network
///
/// A fixture is a file of JSON with what a phase finds and what must come of it, or with a recorded run; docs/first-phase.md has the format. The gate decides and
/// bounds as in a run, and there is no network. A fixture of a policy has series as promtool writes them and what must be found when; docs/policies.md has the format. Exits with 0 if all come out as they say, with 1
/// if one does not, with 2 if one can't be read.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  holdpoint test .                                   the phase in this folder, with its fixtures/
  holdpoint test policies/alerts                     a policy that was built, with its series and findings
  holdpoint test hello.wasm --fixtures cases --filter slow
  holdpoint test . --record last hello > fixtures/as-it-was.json")]
pub(crate) struct Arguments {
    /// The module: builtin:NAME, a .wasm file, or the folder of a phase or policy that was built
    #[arg(value_name = "MODULE")]
    module: PathBuf,

    /// Where the fixtures are [default: fixtures/ of its folder, or beside the module]
    #[arg(long, value_name = "DIR")]
    fixtures: Option<PathBuf>,

    /// Only fixtures with this in their names
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,

    /// How long the phase may compute for one fixture
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = duration)]
    deadline: Duration,

    /// Prints a phase of a run as a fixture, and tries the module with it
    #[arg(long, num_args = 2, value_names = ["RUN", "PHASE"], conflicts_with_all = ["fixtures", "filter"])]
    record: Option<Vec<String>>,

    /// What stdout gets
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

fn duration(text: &str) -> Result<Duration, String> {
    parse_duration(text).map_err(|e| e.to_string())
}

pub(crate) async fn execute(arguments: Arguments, machine: &Machine) -> anyhow::Result<Exit> {
    let Arguments { module, fixtures, filter, deadline, record, output } = arguments;
    let choices = TestChoices { module, fixtures, filter, deadline };
    let (tested, shown) = match record.as_deref() {
        Some([run, phase]) => {
            let run: RunRef = run.parse().unwrap_or_default();
            let text = holdpoint_app::fixture_of(&run, phase, machine)?;
            let tested = holdpoint_app::test_text(&text, &choices, machine).await?;
            terminal::out(&text);
            (tested, None)
        }
        _ => (holdpoint_app::test(&choices, machine).await?, Some(output)),
    };
    if let Some(newer) = &tested.newer {
        let (newer, module) = (newer.display(), tested.module.display());
        terminal::say(&format!("warning: {newer} was changed after {module} was built; build it again"));
    }
    match shown {
        Some(Output::Text) => terminal::out(&text(&tested)),
        Some(Output::Json) => terminal::out(&format!("{:#}", as_json(&tested))),
        // stdout has the fixture; people hear of what the module makes of it only if that is something else.
        None if tested.failed() > 0 => terminal::say(&text(&tested)),
        None => {}
    }
    Ok(if tested.cases.iter().any(|case| case.outcome.is_err()) {
        // A mistake in what was written says nothing of the module.
        Exit::Usage
    } else if tested.failed() > 0 {
        Exit::Changed
    } else {
        Exit::Done
    })
}

fn text(tested: &Tested) -> String {
    let mut page = Page::new(terminal::style());
    page.line(&[(Tone::Faint, &format!("{} · {}", tested.module.display(), tested.digest))]);
    page.blank();
    for case in &tested.cases {
        one(&mut page, case, tested.what);
    }
    page.blank();
    let (all, failed) = (tested.cases.len(), tested.failed());
    let fixtures = if all == 1 { "1 fixture".to_owned() } else { format!("{all} fixtures") };
    if failed == 0 {
        page.line(&[(Tone::Good, &fixtures), (Tone::Plain, " as they say")]);
    } else {
        page.line(&[(Tone::Bad, &format!("{failed} of {fixtures}")), (Tone::Plain, " came out otherwise")]);
    }
    page.finish()
}

fn one(page: &mut Page, case: &Case, what: &str) {
    match &case.outcome {
        Ok(came) if came.differences.is_empty() => {
            let (checks, unit) = (came.kept.checks.len(), if what == "policy" { "finding" } else { "check" });
            let checks = format!("{checks} {unit}{}", if checks == 1 { "" } else { "s" });
            page.line(&[(Tone::Good, "  ✓ "), (Tone::Plain, &format!("{:<30}  ", case.name)), (Tone::Faint, &checks)]);
        }
        Ok(came) => {
            page.line(&[(Tone::Bad, "  ✗ "), (Tone::Strong, &case.name)]);
            otherwise(page, came, what);
        }
        Err(mistake) => {
            page.line(&[(Tone::Bad, "  ✗ "), (Tone::Strong, &case.name)]);
            page.copyable(&[(Tone::Plain, &format!("      {}:{mistake}", case.path.display()))]);
        }
    }
}

/// What came out otherwise, and all that the phase stated, or the policy found at last.
fn otherwise(page: &mut Page, came: &Came, what: &str) {
    for difference in &came.differences {
        page.line(&[(Tone::Plain, "      "), (Tone::Plain, &difference.what)]);
        page.block(Tone::Good, "        expected  ", &difference.expected);
        page.block(Tone::Bad, "        observed  ", &difference.observed);
    }
    page.line(&[(Tone::Faint, &format!("      the {what} was {}", came.end.word()))]);
    for check in &came.kept.checks {
        let rows: Vec<&str> = check.requirements.iter().map(|id| id.as_str()).collect();
        let head = format!("{:<13} [{}] {}", check.verdict.word(), rows.join(", "), check.name);
        page.line(&[(Tone::Faint, "        "), (tone(check.verdict), &head)]);
        page.block(Tone::Faint, "          expected  ", &check.expected);
        page.block(Tone::Faint, "          observed  ", &check.observed);
    }
    for call in came.kept.calls.iter().take(SHOWN) {
        page.line(&[(Tone::Faint, "        call "), (Tone::Faint, call)]);
    }
    for (level, message) in came.kept.log.iter().take(SHOWN) {
        page.line(&[(Tone::Faint, &format!("        {level} ")), (Tone::Faint, message)]);
    }
}

/// Calls and lines of the log that are shown.
const SHOWN: usize = 20;

fn tone(verdict: Verdict) -> Tone {
    match verdict {
        Verdict::Pass => Tone::Good,
        Verdict::Fail => Tone::Bad,
        Verdict::Inconclusive => Tone::Doubt,
        Verdict::NotExercised | Verdict::Pending => Tone::Faint,
    }
}

fn as_json(tested: &Tested) -> Value {
    json!({
        "module": tested.module.display().to_string(),
        "digest": tested.digest.to_string(),
        "failed": tested.failed(),
        "fixtures": tested.cases.iter().map(case_json).collect::<Vec<_>>(),
    })
}

fn case_json(case: &Case) -> Value {
    let mut json = json!({ "name": case.name, "passed": case.passed() });
    match &case.outcome {
        Err(mistake) => {
            json["mistake"] = json!({ "line": mistake.line, "column": mistake.column, "what": mistake.what });
        }
        Ok(came) => {
            let difference = |d: &holdpoint_app::FixtureDifference| json!({ "what": d.what, "expected": d.expected, "observed": d.observed });
            let check = |check: &holdpoint_model::Check| {
                let rows: Vec<&str> = check.requirements.iter().map(|id| id.as_str()).collect();
                json!({
                    "name": check.name,
                    "rows": rows,
                    "verdict": check.verdict.word(),
                    "expected": check.expected,
                    "observed": check.observed,
                })
            };
            json["end"] = json!({ "word": came.end.word(), "reason": came.end.reason() });
            json["differences"] = came.differences.iter().map(difference).collect();
            json["checks"] = came.kept.checks.iter().map(check).collect();
            json["calls"] = json!(came.kept.calls);
        }
    }
    json
}
