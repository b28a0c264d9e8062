//! `holdpoint plan`

use std::time::Duration;

use holdpoint_app::{
    Machine, OperatorChoice, Plan, PlannedPhase, PlannedPolicy, PlannedRow, PlannedUsers, RollbackMode,
};
use holdpoint_model::{
    Class, Level,
    grant::{format_duration, format_size},
};
use holdpoint_report::{Page, Tone};
use serde_json::{Value, json};

use super::Output;
use crate::{bundle_args::BundleArguments, exit_code::Exit, terminal};

/// Shows what a run of a bundle would do, without doing any of it
///
/// The order, grants, effects, rows that nobody judges, and the line that runs it. Nothing is contacted. It needs no consent: what the operator's file does not allow yet is told.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  holdpoint plan my-bundle
  holdpoint plan . --output json | jq -r '.effects[].what'")]
pub(crate) struct Arguments {
    #[command(flatten)]
    bundle: BundleArguments,

    /// What stdout gets
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

pub(crate) fn execute(arguments: Arguments, machine: &Machine) -> anyhow::Result<Exit> {
    let line = run_line(&arguments.bundle, machine);
    let plan = holdpoint_app::plan(&arguments.bundle.choices(machine), machine)?;
    terminal::out(&match arguments.output {
        Output::Text => text(&plan, &line),
        Output::Json => format!("{:#}", as_json(&plan, &line)),
    });
    for refusal in &plan.refusals {
        terminal::say(&format!("warning: {refusal}"));
    }
    Ok(Exit::Done)
}

/// The line that runs what is planned, for a shell.
fn run_line(bundle: &BundleArguments, machine: &Machine) -> String {
    let mut words = vec!["holdpoint".to_owned(), "run".to_owned()];
    words.extend(bundle.typed());
    if let OperatorChoice::File(path) = &machine.operator {
        words.extend(["--operator".to_owned(), path.display().to_string()]);
    }
    words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,@%+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

fn text(plan: &Plan, line: &str) -> String {
    let mut page = Page::new(terminal::style());
    let (name, version, environment) = (&plan.name, &plan.version, &plan.environment);
    page.line(&[
        (Tone::Strong, &format!("{name} {version}")),
        (Tone::Plain, &format!(" · environment {}", environment.name)),
    ]);
    page.copyable(&[(Tone::Faint, &plan.digest.to_string())]);
    let longest = plan.services.iter().map(|service| service.name.as_str().len()).max().unwrap_or(0).max(10);
    for service in &plan.services {
        let place = if service.known {
            service.place.clone()
        } else {
            format!("asked of Cloud Run when the run begins, within {}", service.place)
        };
        let led = service.connect_to.as_ref().map_or(String::new(), |to| format!(", connected to {to}"));
        wrapped(&mut page, &format!("  {:<longest$}  ", service.name.as_str()), &format!("{place}{led}"), Tone::Plain);
    }
    let mut level = 0;
    for phase in &plan.phases {
        if phase.level != level {
            level = phase.level;
            let beside = plan.phases.iter().filter(|other| other.level == level).count();
            let order = if level == 1 { "first".to_owned() } else { format!("step {level}") };
            let beside =
                if beside > 1 { format!(", {} side by side", beside.min(plan.parallel)) } else { String::new() };
            page.blank();
            page.line(&[(Tone::Faint, &format!("{order}{beside}"))]);
        }
        one(&mut page, phase);
    }
    users(&mut page, plan);
    policies(&mut page, plan);
    rollback(&mut page, plan);
    grants(&mut page, plan);
    rows(&mut page, "judged by nobody, so never passed", &plan.unjudged);
    if !plan.off.is_empty() {
        let off = if plan.off.len() == 1 { "1 row".to_owned() } else { format!("{} rows", plan.off.len()) };
        page.blank();
        page.line(&[(Tone::Faint, &format!("off: {off}, which a person judges or nobody"))]);
    }
    page.blank();
    let dry = if plan.dry_run_only { "every effect is refused by this machine's operator; " } else { "" };
    page.line(&[(Tone::Faint, dry), (Tone::Faint, "to run it")]);
    page.copyable(&[(Tone::Plain, "  "), (Tone::Strong, line)]);
    page.finish()
}

/// What would call for the rollback, and what it would go back to.
fn rollback(page: &mut Page, plan: &Plan) {
    let Some(rollback) = &plan.rollback else { return };
    let names =
        |ids: &[holdpoint_model::PhaseId]| ids.iter().map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", ");
    let undoes = names(&rollback.undoes);
    page.blank();
    page.line(&[(Tone::Faint, "rollback")]);
    let when: Vec<&str> = rollback.when.iter().map(|row| row.as_str()).collect();
    let called = format!("if {undoes} has changed something and then breaks off, or one of {} fails", when.join(", "));
    let phase = &rollback.phase;
    let text = match rollback.mode {
        RollbackMode::Auto => format!("`{phase}` runs {called}; otherwise it is left out"),
        RollbackMode::Ask { within } => {
            let within = format_duration(within);
            format!("`{phase}` waits up to {within} for somebody to approve it {called}; otherwise it is left out")
        }
        RollbackMode::Never => {
            format!("`{phase}` never runs by itself; to take back what {undoes} has changed, pass --only {phase}")
        }
    };
    wrapped(page, "  ", &text, Tone::Doubt);
    let text =
        "it goes back to what serves before the first effect; a service that nothing served has nothing to go back to";
    wrapped(page, "  ", text, Tone::Plain);
}

fn one(page: &mut Page, phase: &PlannedPhase) {
    let needs: Vec<&str> = phase.needs.iter().map(|id| id.as_str()).collect();
    let needs = if needs.is_empty() { String::new() } else { format!("  after {}", needs.join(", ")) };
    page.line(&[(Tone::Strong, &format!("  {}", phase.id)), (Tone::Faint, &needs)]);
    wrapped(page, "    module    ", &format!("{} {}", phase.module, phase.digest), Tone::Plain);
    wrapped(page, "    judges    ", &names(&phase.rows), Tone::Plain);
    if let Some(stage) = &phase.stage {
        let text = format!("stage {stage}: holdpoint resume, or --through {stage}, if what comes before is a release");
        wrapped(page, "    waits for ", &text, Tone::Doubt);
    }
    if let Some(approval) = &phase.approval {
        let nobody = if phase.unapprovable {
            ", which nobody may give on this machine: see [approvals] in docs/operator.md"
        } else {
            ""
        };
        wrapped(page, "    waits for ", &format!("{approval}{nobody}"), Tone::Doubt);
    }
    if let Some(schedule) = &phase.schedule {
        wrapped(page, "    starts at ", &schedule.to_string(), Tone::Doubt);
    }
    if phase.tolerates_disruption {
        wrapped(page, "    beside    ", "phases that disturb on purpose", Tone::Doubt);
    }
    for grant in &phase.grants {
        wrapped(page, "    may       ", &format!("{} ({})", grant.what, grant.class), tone(grant.class));
    }
    for secret in &phase.secrets {
        let goes =
            secret.goes_to.as_deref().unwrap_or("nowhere: the operator's file binds it to no service and header");
        wrapped(page, "    secret    ", &format!("{} to {goes}", secret.name), Tone::Doubt);
    }
    let limits = &phase.limits;
    let limits = format!(
        "{}, {} calls, {} of memory, {} of output",
        format_duration(limits.deadline),
        limits.max_calls,
        format_size(limits.memory),
        format_size(limits.output)
    );
    wrapped(page, "    at most   ", &limits, Tone::Faint);
}

/// Who acts in loads.
fn users(page: &mut Page, plan: &Plan) {
    if plan.users.is_empty() {
        return;
    }
    page.blank();
    page.line(&[(Tone::Faint, "users, by the loads that name them")]);
    for PlannedUsers { id, module, digest, grants, identities, limits } in &plan.users {
        page.line(&[(Tone::Strong, &format!("  {id}"))]);
        wrapped(page, "    module    ", &format!("{module} {digest}"), Tone::Plain);
        wrapped(page, "    identity  ", identities.as_deref().unwrap_or("none"), Tone::Plain);
        for grant in grants {
            wrapped(page, "    may       ", &format!("{} ({})", grant.what, grant.class), tone(grant.class));
        }
        let (time, memory) = (format_duration(limits.deadline), format_size(limits.memory));
        let limits = format!("{time} and {} calls an iteration, {memory} of memory a user", limits.max_calls);
        wrapped(page, "    at most   ", &limits, Tone::Faint);
    }
}

fn policies(page: &mut Page, plan: &Plan) {
    if plan.policies.is_empty() {
        return;
    }
    page.blank();
    let each = format_duration(plan.tick);
    page.line(&[(Tone::Faint, &format!("policies, which judge at the end of each phase and every {each}"))]);
    for PlannedPolicy { id, module, digest, stage, rows } in &plan.policies {
        page.line(&[(Tone::Strong, &format!("  {id}"))]);
        wrapped(page, "    module    ", &format!("{module} {digest}"), Tone::Plain);
        wrapped(page, "    judges    ", &names(rows), Tone::Plain);
        if let Some(stage) = stage {
            wrapped(page, "    until     ", &format!("the end of stage {stage}"), Tone::Plain);
        }
    }
}

/// The ids of rows, with the level of those that are not required.
fn names(rows: &[PlannedRow]) -> String {
    let name = |row: &PlannedRow| match row.level {
        Level::Required => row.id.to_string(),
        level => format!("{} ({level})", row.id),
    };
    if rows.is_empty() { "none".to_owned() } else { rows.iter().map(name).collect::<Vec<_>>().join(", ") }
}

fn tone(class: Class) -> Tone {
    match class {
        Class::Read => Tone::Plain,
        Class::Repeatable => Tone::Doubt,
        Class::Effect | Class::Disruptive => Tone::Bad,
    }
}

/// What changes something, apart from the rest.
fn grants(page: &mut Page, plan: &Plan) {
    let classes = [
        (Class::Repeatable, "changes that may be sent again"),
        (Class::Effect, "effects"),
        (Class::Disruptive, "disruptions"),
    ];
    let mut none = true;
    for (class, title) in classes {
        let found: Vec<_> = plan.of_class(class).collect();
        if found.is_empty() {
            continue;
        }
        none = false;
        page.blank();
        page.line(&[(Tone::Faint, title)]);
        for (phase, what) in found {
            wrapped(page, &format!("  {phase}: "), what, tone(class));
        }
    }
    if none {
        page.blank();
        page.line(&[(Tone::Plain, "it changes nothing: every call that it may make is a read")]);
    }
}

fn rows(page: &mut Page, title: &str, rows: &[PlannedRow]) {
    if rows.is_empty() {
        return;
    }
    page.blank();
    page.line(&[(Tone::Doubt, title)]);
    for PlannedRow { id, title, level } in rows {
        page.line(&[
            (Tone::Plain, &format!("  {:<16}  ", id.as_str())),
            (Tone::Faint, &format!("{:<9}  ", level.word())),
            (Tone::Plain, title),
        ]);
    }
}

/// A text behind a label, broken between words at the edge of the terminal.
fn wrapped(page: &mut Page, label: &str, text: &str, tone: Tone) {
    let room = terminal::style().width.max(60) - label.chars().count();
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let line = lines.last().map_or(0, |line| line.chars().count());
        if line > 0 && line + 1 + word.chars().count() > room {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    let indent = " ".repeat(label.chars().count());
    for (number, line) in lines.iter().enumerate() {
        let label = if number == 0 { label } else { &indent };
        page.copyable(&[(Tone::Faint, label), (tone, line)]);
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn as_json(plan: &Plan, line: &str) -> Value {
    let row = |row: &PlannedRow| json!({ "id": row.id.to_string(), "title": row.title, "level": row.level.word() });
    let of = |class: Class| -> Vec<Value> {
        plan.of_class(class).map(|(phase, what)| json!({ "phase": phase.to_string(), "what": what })).collect()
    };
    let phase = |phase: &PlannedPhase| {
        let limits = &phase.limits;
        json!({
            "id": phase.id.to_string(),
            "level": phase.level,
            "module": phase.module,
            "digest": phase.digest.to_string(),
            "stage": phase.stage,
            "unapprovable": phase.unapprovable,
            "tolerates_disruption": phase.tolerates_disruption,
            "schedule": phase.schedule.as_ref().map(|schedule| json!({
                "at": schedule.at.to_string(),
                "within_ms": milliseconds(schedule.within),
                "missed": schedule.missed.word(),
            })),
            "approval": phase.approval.as_ref().map(|approval| json!({
                "by": approval.by,
                "not_before_ms": milliseconds(approval.not_before),
                "within_ms": milliseconds(approval.within),
            })),
            "needs": phase.needs.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "rows": phase.rows.iter().map(row).collect::<Vec<_>>(),
            "services": phase.services.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "grants": phase.grants.iter().map(|g| json!({ "what": g.what, "class": g.class.word() })).collect::<Vec<_>>(),
            "secrets": phase.secrets.iter().map(|s| json!({ "name": s.name.to_string(), "goes_to": s.goes_to })).collect::<Vec<_>>(),
            "limits": {
                "deadline_ms": milliseconds(limits.deadline),
                "calls": limits.max_calls,
                "memory_bytes": limits.memory,
                "output_bytes": limits.output,
            },
        })
    };
    let users = |users: &PlannedUsers| {
        json!({
            "id": users.id.to_string(),
            "module": users.module,
            "digest": users.digest.to_string(),
            "identities": users.identities,
            "grants": users.grants.iter().map(|g| json!({ "what": g.what, "class": g.class.word() })).collect::<Vec<_>>(),
            "limits": {
                "iteration_ms": milliseconds(users.limits.deadline),
                "calls": users.limits.max_calls,
                "memory_bytes": users.limits.memory,
            },
        })
    };
    let service = |s: &holdpoint_app::PlannedService| json!({ "name": s.name.to_string(), "title": s.title, "place": s.place, "known": s.known, "connect_to": s.connect_to });
    json!({
        "bundle": plan.name,
        "version": plan.version,
        "digest": plan.digest.to_string(),
        "environment": plan.environment.name,
        "parallel": plan.parallel,
        "rollback": plan.rollback.as_ref().map(|rollback| json!({
            "phase": rollback.phase.to_string(),
            "phases": rollback.phases.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "undoes": rollback.undoes.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "when": rollback.when.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "automatic": rollback.mode == RollbackMode::Auto,
            "mode": rollback.mode.word(),
        })),
        "dry_run_only": plan.dry_run_only,
        "phases": plan.phases.iter().map(phase).collect::<Vec<_>>(),
        "users": plan.users.iter().map(users).collect::<Vec<_>>(),
        "policies": plan.policies.iter().map(|policy| json!({
            "id": policy.id.as_str(),
            "module": policy.module,
            "digest": policy.digest.to_string(),
            "stage": policy.stage,
            "rows": policy.rows.iter().map(row).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
        "tick_seconds": plan.tick.as_secs_f64(),
        "services": plan.services.iter().map(service).collect::<Vec<_>>(),
        "repeatables": of(Class::Repeatable),
        "effects": of(Class::Effect),
        "disruptions": of(Class::Disruptive),
        "unjudged": plan.unjudged.iter().map(row).collect::<Vec<_>>(),
        "off": plan.off.iter().map(row).collect::<Vec<_>>(),
        "refusals": plan.refusals.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "run": line,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_for_a_shell_stays_one_word() {
        assert_eq!(quoted("--set"), "--set");
        assert_eq!(quoted("a=b c"), "'a=b c'");
        assert_eq!(quoted("it's"), "'it'\\''s'");
        assert_eq!(quoted(""), "''");
    }
}
