//! `holdpoint replay --with`: runs of the past, judged by another policy.

use std::path::PathBuf;

use holdpoint_app::{Backtest, BacktestChoices, Machine, RunRef, backtest};
use holdpoint_model::{Decision, PolicyId};
use holdpoint_report::{Page, Subject, Tone, render};
use serde_json::{Value, json};

use super::Output;
use crate::{exit_code::Exit, terminal};

/// `FILE`, or `POLICY=FILE`.
pub(crate) fn other(text: &str) -> Result<(Option<PolicyId>, PathBuf), String> {
    match text.split_once('=') {
        Some((policy, path)) => Ok((Some(PolicyId::parse(policy).map_err(|e| e.to_string())?), path.into())),
        None => Ok((None, text.into())),
    }
}

/// Which runs, and what judges them.
pub(crate) struct Asked {
    pub(crate) runs: Option<Vec<RunRef>>,
    pub(crate) other: (Option<PolicyId>, PathBuf),
    pub(crate) config: Option<PathBuf>,
    pub(crate) output: Output,
}

pub(crate) fn execute(asked: Asked, machine: &Machine) -> anyhow::Result<Exit> {
    let Asked { runs, other: (policy, module), config, output } = asked;
    let judged = backtest(&BacktestChoices { runs, policy, module, config }, machine)?;
    let told: Vec<&Backtest> = judged.iter().filter_map(|(_, judged)| judged.as_ref().ok()).collect();
    match output {
        Output::Text => text(&told),
        Output::Json => terminal::out(&format!("{:#}", as_json(&told))),
    }
    let mut failed = false;
    for (run, error) in judged.iter().filter_map(|(run, judged)| Some((run, judged.as_ref().err()?))) {
        terminal::say(&format!("run {run} was not judged: {error}"));
        failed = true;
    }
    Ok(if failed {
        Exit::Fault
    } else if told.iter().any(|judged| judged.is_changed()) {
        Exit::Changed
    } else {
        Exit::Done
    })
}

fn text(judged: &[&Backtest]) {
    let mut page = Page::new(terminal::style());
    let changed = judged.iter().filter(|judged| judged.is_changed()).count();
    let runs = if judged.len() == 1 { "1 run".to_owned() } else { format!("{} runs", judged.len()) };
    page.line(&[
        (Tone::Strong, &runs),
        (Tone::Plain, &format!(" · {} unchanged · {changed} changed", judged.len() - changed)),
    ]);
    let unseen = judged.iter().filter(|judged| judged.ticks == 0).count();
    if unseen > 0 {
        page.line(&[(Tone::Doubt, &format!("  {unseen} without a tick, which nothing can be judged at"))]);
    }
    for judged in judged.iter().filter(|judged| !judged.replaces) {
        let said =
            format!("  {} had no policy `{}`, which judges besides those that it had", judged.run, judged.policy);
        page.line(&[(Tone::Doubt, &said)]);
    }
    terminal::out(&page.finish());
    for judged in judged.iter().filter(|judged| judged.is_changed()) {
        terminal::out(&render::differences(&judged.run, &judged.differences, terminal::style()));
        let mut page = Page::new(terminal::style());
        for trigger in judged.triggers.iter().filter(|trigger| !trigger.also_before) {
            let said =
                format!("would have been rolled back at {}: {}: {}", trigger.at.clock(), trigger.row, trigger.rule);
            page.line(&[(Tone::Plain, "    "), (Tone::Bad, &said)]);
        }
        let findings = judged.differences.iter().filter_map(|difference| match &difference.subject {
            Subject::Finding(_, rule) => Some((rule, judged.since.get(rule)?)),
            _ => None,
        });
        for (rule, since) in findings.take(20) {
            page.line(&[(Tone::Faint, &format!("    {rule} says so since {}", since.clock()))]);
        }
        let page = page.finish();
        if !page.is_empty() {
            terminal::out(&page);
        }
    }
}

fn as_json(judged: &[&Backtest]) -> Value {
    let word = |decision: Option<Decision>| decision.map(Decision::word);
    let runs = judged.iter().map(|judged| {
        let differences = judged.differences.iter().map(|difference| {
            let since = match &difference.subject {
                Subject::Finding(_, rule) => judged.since.get(rule).map(ToString::to_string),
                _ => None,
            };
            json!({
                "subject": difference.subject.to_string(),
                "before": difference.before,
                "after": difference.after,
                "detail": difference.detail,
                "since": since,
            })
        });
        json!({
            "run": judged.run.as_str(),
            "started": judged.started.map(|at| at.to_string()),
            "policy": judged.policy.as_str(),
            "replaces": judged.replaces,
            "ticks": judged.ticks,
            "changed": judged.is_changed(),
            "before": word(judged.before),
            "after": word(judged.after),
            "differences": differences.collect::<Vec<_>>(),
            "triggers": judged.triggers.iter().map(|trigger| json!({
                "row": trigger.row.as_str(),
                "rule": trigger.rule,
                "at": trigger.at.to_string(),
                "also_before": trigger.also_before,
            })).collect::<Vec<_>>(),
        })
    });
    json!({ "runs": runs.collect::<Vec<_>>() })
}
